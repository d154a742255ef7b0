"""What stages produce: where it will be, whether it is there, whether it changed."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def content_hash(path: str) -> str | None:
    """SHA-256 of a file, or of all files below a folder; None where it isn't there."""
    from hashlib import file_digest, sha256

    try:
        if not os.path.isdir(path):
            with open(path, "rb") as file:
                return file_digest(file, "sha256").hexdigest()
        total = sha256()
        for below in _files(path):
            with open(below, "rb") as file:
                digest = file_digest(file, "sha256").digest()
            name = os.fsencode(os.path.relpath(below, path))
            total.update(len(name).to_bytes(8, "little") + name + digest)
    except OSError:
        return None
    return total.hexdigest()


def _files(folder: str) -> Iterator[str]:
    for directory, folders, files in os.walk(folder):
        folders.sort()
        yield from (os.path.join(directory, name) for name in sorted(files))
