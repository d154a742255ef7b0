"""Specs of programs that are in a zip archive (PEP 441, PEP 273)."""

from __future__ import annotations

import os
import zipimport


def find_in_archive(path: str, name: str) -> str | None:
    """The first file of that name in the directories above `path`, in its archive."""
    archive = archive_of(path)
    folder = os.path.dirname(path)
    while archive and len(folder) >= len(archive):
        found = os.path.join(folder, name)
        if read_member(found) is not None:
            return found
        folder = os.path.dirname(folder)
    return None


def archive_of(path: str) -> str:
    """The file that stands where `path` has a directory; "" where there is none."""
    above = os.path.dirname(path)
    while above != os.path.dirname(above):
        if os.path.lexists(above):
            return above if os.path.isfile(above) else ""
        above = os.path.dirname(above)
    return ""


def read_member(path: str) -> bytes | None:
    """What a file in an archive holds; None where there is no such file."""
    archive = archive_of(path)
    if not archive:
        return None
    try:
        return zipimport.zipimporter(archive).get_data(path)
    except (OSError, zipimport.ZipImportError):
        return None
