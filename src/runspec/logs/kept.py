"""The logs there are in a folder, and getting rid of what is old."""

from __future__ import annotations

import os
from fcntl import LOCK_EX, LOCK_NB, flock
from stat import S_ISREG
from time import monotonic, sleep

from .place import DIRECTORY, READ
from .reader import files_of
from .rotation import numbered

SUFFIX = ".log"
PATIENCE = 5.0
PAUSE = 0.002


class Kept:
    """One log: its `size` in bytes, how many `files`, when it was `written` (seconds).

    `name` is that of the runnable.
    """

    __slots__ = ("files", "folder", "name", "size", "written")

    def __init__(self, folder: str, name: str) -> None:
        self.folder = folder
        self.name = name
        self.files = 0
        self.size = 0
        self.written = 0.0
        for file in files_of(folder, name + SUFFIX):
            self._add(f"{folder}/{file}")

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}{SUFFIX}"

    def _add(self, path: str) -> None:
        try:
            status = os.lstat(path)
        except OSError:
            return
        if S_ISREG(status.st_mode):
            self.files += 1
            self.size += status.st_size
            self.written = max(self.written, status.st_mtime)


def logs_in(folder: str) -> list[Kept]:
    """The logs of a folder, by name; none where it can't be read."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    tops = {name.rstrip("0123456789").removesuffix(".") for name in names}
    found = sorted(name.removesuffix(SUFFIX) for name in tops if name.endswith(SUFFIX))
    return [kept for kept in (Kept(folder, name) for name in found) if kept.files]


def prune(kept: Kept, before: float | None, most: int | None) -> tuple[int, int]:
    """Remove old files of a log: how many, and their bytes. Raises OSError.

    Those last written to before `before` (seconds), and all but the `most` newest.
    """
    folder = os.open(kept.folder, DIRECTORY | os.O_NOFOLLOW)
    try:
        lock = _locked(folder, kept.name + SUFFIX)
        try:
            return _removed(folder, kept.name + SUFFIX, before, most)
        finally:
            if lock >= 0:
                os.close(lock)
    finally:
        os.close(folder)


def _removed(
    folder: int, name: str, before: float | None, most: int | None
) -> tuple[int, int]:
    files = size = 0
    for number in numbered(folder, name):
        file = f"{name}.{number}"
        status = os.lstat(file, dir_fd=folder)
        is_old = before is not None and status.st_mtime < before
        if is_old or (most is not None and number > most):
            os.unlink(file, dir_fd=folder)
            files, size = files + 1, size + status.st_size
    return files, size


def _locked(folder: int, name: str) -> int:
    """Keep the log from being rotated; -1 where there is none, or it is never free."""
    try:
        descriptor = os.open(name, READ, dir_fd=folder)
    except OSError:
        return -1
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            sleep(PAUSE)
        else:
            return descriptor
    os.close(descriptor)
    raise TimeoutError(None, "another process holds it")
