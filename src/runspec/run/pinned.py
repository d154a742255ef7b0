"""What a program is, so that it can be told later whether it is still the same."""

from __future__ import annotations

import os

from ..source.distributions import distribution_of, is_editable, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .program import Program

LARGEST = 256 << 20
"""Bytes of a file that are read; of a larger one its size and times count."""
CHUNK = 1 << 20
GENERATED = (".pyc", "/RECORD", "/INSTALLER", "/REQUESTED")
"""What an installer or an interpreter writes anew without any change."""
EDITABLE = "its distribution is installed as editable, and can change at any time"
UNKNOWN = "which files it imports isn't known"
LAUNCHED = "what it launches is looked for when it runs"


class Pin:
    """A program's path, and one digest of all that belongs to it, in hex.

    `files` are digests of files by path. `loose` says why more could change than the
    digest covers; "" where it covers the code.
    """

    __slots__ = ("digest", "files", "loose", "path")

    def __init__(
        self, path: str, digest: str, files: dict[str, str], loose: str
    ) -> None:
        self.path = path
        self.digest = digest
        self.files = files
        self.loose = loose


def pin(program: Program, spec_path: str, distribution: str, *, launched: bool) -> Pin:
    """What is started now for a runnable of a spec, of a distribution if it is one's.

    A file that can't be read counts as empty: nothing can be started of it either.
    """
    from hashlib import sha256

    argv = program.argv
    script = argv[1] if len(argv) > 1 and argv[1][:1] != "-" else argv[0]
    files = {
        path: file_digest(path)
        for path in dict.fromkeys((os.path.realpath(argv[0]), script))
    }
    whole = sha256(repr((argv, sorted(files.items()))).encode("utf-8", "replace"))
    loose = LAUNCHED if launched else ""
    if _is_console_script(script):
        info = distribution_of(spec_path, distribution) if distribution else ""
        if not info:
            loose = EDITABLE if distribution else UNKNOWN
        elif is_editable(info):
            loose = EDITABLE
        else:
            for line in _installation(info):
                whole.update(line.encode("utf-8", "replace"))
    return Pin(script, whole.hexdigest(), files, loose)


def file_digest(path: str) -> str:
    """SHA-256 of a file in hex; "" where it can't be read."""
    from hashlib import sha256

    found = sha256()
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size > LARGEST:
                return sha256(_identity(status).encode()).hexdigest()
            while chunk := file.read(CHUNK):
                found.update(chunk)
    except OSError:
        return ""
    return found.hexdigest()


def _identity(status: os.stat_result) -> str:
    """What can't stay the same where the content changes, without reading it."""
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _is_console_script(path: str) -> bool:
    from .warm import LARGEST as LONGEST
    from .warm import module_of

    try:
        with open(path, "rb") as file:
            return module_of(file.read(LONGEST).decode(errors="replace")) is not None
    except OSError:
        return False


def _installation(info: str) -> Iterator[str]:
    """What pip recorded of a distribution, and the state of each file it lists."""
    from ..source.distributions import recorded_paths

    site = os.path.dirname(info)
    record = read_text(info, "RECORD")
    yield f"{os.path.basename(info)}\n{record}\n"
    for path in recorded_paths(record):
        if path.endswith(GENERATED):
            continue
        try:
            yield f"{path} {_identity(os.stat(os.path.join(site, path)))}\n"
        except OSError:
            yield f"{path} gone\n"
