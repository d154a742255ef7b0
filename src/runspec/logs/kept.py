"""The logs there are in a folder, and getting rid of what is old."""

from __future__ import annotations

import os
from fcntl import LOCK_EX, LOCK_NB, flock
from stat import S_ISREG
from time import monotonic, sleep

from .place import DIRECTORY, READ
from .reader import files_of
from .rotation import numbered
from .runfile import SUFFIX, run_files, runnable_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 5.0
PAUSE = 0.002


class Kept:
    """One log: its `size` in bytes, how many `files`, when it was `written` (seconds).

    `name` is that of the runnable, `path` that of the log or of its last run's.
    """

    __slots__ = ("files", "folder", "name", "path", "size", "written")

    def __init__(self, folder: str, name: str) -> None:
        self.folder = folder
        self.name = name
        self.files = 0
        self.size = 0
        self.written = 0.0
        self.path = f"{folder}/{name}{SUFFIX}"
        runs = run_files(folder, name)
        for file in (*files_of(folder, name + SUFFIX), *runs):
            self._add(f"{folder}/{file}")
        if runs and not os.path.lexists(self.path):
            self.path = f"{folder}/{runs[0]}"

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
    found = sorted(set(filter(None, map(_runnable_of, names))))
    return [kept for kept in (Kept(folder, name) for name in found) if kept.files]


def _runnable_of(name: str) -> str:
    """Whose log a file is of; "" where it is none."""
    top = name.rstrip("0123456789").removesuffix(".")
    if top.endswith(SUFFIX):
        return runnable_of(name) or top.removesuffix(SUFFIX)
    return ""


def prune(
    kept: Kept, before: float | None, most: int | None, *, dry_run: bool = False
) -> tuple[int, int]:
    """Remove old files of a log: how many, and their bytes. Raises OSError.

    Those last written to before `before` (seconds), and all but the `most` newest.
    With `dry_run` nothing is removed.
    """
    folder = os.open(kept.folder, DIRECTORY | os.O_NOFOLLOW)
    try:
        lock = _locked(folder, kept.name + SUFFIX)
        try:
            sizes = [
                _remove(folder, name, dry_run=dry_run)
                for name in _old_files(kept, folder, before, most)
            ]
        finally:
            if lock >= 0:
                os.close(lock)
    finally:
        os.close(folder)
    return len(sizes), sum(sizes)


def _old_files(
    kept: Kept, folder: int, before: float | None, most: int | None
) -> Iterator[str]:
    """What was put aside of the log of all runs, and the files of single runs."""
    log = kept.name + SUFFIX
    numbers = {f"{log}.{number}": number for number in numbered(folder, log)}
    runs = run_files(kept.folder, kept.name)
    places = numbers | {name: number for number, name in enumerate(runs, 1)}
    for name, number in places.items():
        written = os.lstat(name, dir_fd=folder).st_mtime
        is_old = before is not None and written < before
        if is_old or (most is not None and number > most):
            yield name


def _remove(folder: int, name: str, *, dry_run: bool) -> int:
    """The bytes of a file that is no longer there, or wouldn't be."""
    size = os.lstat(name, dir_fd=folder).st_size
    if not dry_run:
        os.unlink(name, dir_fd=folder)
    return size


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
