"""The code of a launch, packed for a place that unpacks it itself."""

from __future__ import annotations

from .pack import NONE, packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .plan import Plan

DATED = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can tell."""
REGULAR = 0o100000
UNIX = 3


def gzipped(plan: Plan) -> bytes | None:
    """A gzipped tar, the same bytes for the same files; None where none goes along.

    Raises RunspecError as `pack` does.
    """
    import gzip

    if plan.settings.packager == NONE:
        return None
    archive = packed(plan).file
    with archive:
        return gzip.compress(archive.read(), mtime=0)


def zipped(plan: Plan) -> bytes | None:
    """The same as a zip."""
    import tarfile

    if plan.settings.packager == NONE:
        return None
    files: dict[str, tuple[bytes, int]] = {}
    links: dict[str, str] = {}
    with packed(plan).file as file, tarfile.open(fileobj=file) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name] = content.read(), member.mode
            elif member.issym():
                links[member.name] = member.linkname
    return zip_of(files | _followed(links, files))


def zip_of(files: dict[str, tuple[bytes, int]]) -> bytes:
    """A zip of files, name → content and mode, with nothing of the time in it."""
    import io
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, (content, mode) in sorted(files.items()):
            member = ZipInfo(name, DATED)
            member.create_system = UNIX
            member.external_attr = (REGULAR | mode) << 16
            archive.writestr(member, content, ZIP_DEFLATED)
    return stream.getvalue()


def _followed(
    links: dict[str, str], files: dict[str, tuple[bytes, int]]
) -> dict[str, tuple[bytes, int]]:
    """What links to packed files come to, as a zip is unpacked without links."""
    import os

    found = {}
    for name, target in links.items():
        path = os.path.normpath(os.path.join(os.path.dirname(name), target))
        if path in files:
            found[name] = files[path]
    return found
