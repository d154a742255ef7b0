"""The file of one run, where each has its own: RUNNABLE.UTC.RUN.log (LOG-11)."""

from __future__ import annotations

import os
from stat import S_ISREG
from time import gmtime, strftime

from .place import DIRECTORY, READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".log"
STAMP = "%Y%m%dT%H%M%SZ"
STAMP_LENGTH = len("20300131T180000Z")
HEXADECIMAL = "0123456789abcdef"
CHUNK = 1 << 16


def file_name(runnable: str, at: int, run: str) -> str:
    """The name of the file of a run that began `at` (nanoseconds)."""
    return f"{runnable}.{strftime(STAMP, gmtime(at // 10**9))}.{run}{SUFFIX}"


def runnable_of(name: str) -> str:
    """Whose run a file is of; "" for any other file."""
    parts = name.removesuffix(SUFFIX).rsplit(".", 2)
    if len(parts) < 3 or not name.endswith(SUFFIX):
        return ""
    runnable, stamp, run = parts
    digits = stamp[:8] + stamp[9:15]
    is_stamp = len(stamp) == STAMP_LENGTH and stamp[8::7] == "TZ" and digits.isdigit()
    return runnable if is_stamp and run and not run.strip(HEXADECIMAL) else ""


def run_files(folder: str, runnable: str) -> list[str]:
    """The files of a runnable's runs, the newest first; none without a folder."""
    try:
        descriptor = os.open(folder, DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return []
    try:
        names = os.listdir(descriptor)
    except OSError:
        return []
    finally:
        os.close(descriptor)
    return sorted((n for n in names if runnable_of(n) == runnable), reverse=True)


class RunReader:
    """The lines of a runnable's runs, one run after the other, the oldest first.

    `since` leaves out files that were last written to before (seconds).
    """

    __slots__ = ("_folder", "_offsets", "_runnable", "_since")

    def __init__(self, folder: str, runnable: str, since: float = 0.0) -> None:
        self._folder = folder
        self._runnable = runnable
        self._since = since
        self._offsets: dict[str, int] = {}

    def lines(self) -> Iterator[bytes]:
        """Every whole line that wasn't read yet, without its newline."""
        for name in reversed(run_files(self._folder, self._runnable)):
            try:
                descriptor = os.open(f"{self._folder}/{name}", READ)
            except OSError:
                continue
            try:
                yield from self._lines_of(name, descriptor)
            finally:
                os.close(descriptor)

    def _lines_of(self, name: str, descriptor: int) -> Iterator[bytes]:
        status = os.fstat(descriptor)
        if not S_ISREG(status.st_mode) or status.st_mtime < self._since:
            return
        offset, rest = self._offsets.get(name, 0), b""
        while chunk := os.pread(descriptor, CHUNK, offset + len(rest)):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                offset += len(line) + 1
                yield line
        self._offsets[name] = offset
