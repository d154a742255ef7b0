"""Files that are either whole or as they were."""

from __future__ import annotations

import os

from ..paths import CLOSED, NO_LINK, make_private

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOSED | NO_LINK
SHARED = "__pycache__"
SECOND = 1_000_000_000
COARSE = 5
"""CLOCK_REALTIME_COARSE (clock_gettime(2)), by which Linux stamps files."""
UNKNOWN_TICK = 20_000_000
"""Nanoseconds between two stamps where the system doesn't tell."""


def is_settled(newest: int, began: int) -> bool:
    """Whether another change after `began` would give a file another stamp than
    `newest`, its mtime or ctime; both in ns since the epoch.
    """
    if newest % SECOND == 0:
        return began - newest >= 2 * SECOND  # a file system that counts seconds
    return began - newest >= _tick()


def _tick() -> int:
    """Nanoseconds between two stamps of the system's clock for files."""
    import time

    try:
        return int(time.clock_getres(COARSE) * SECOND) or UNKNOWN_TICK
    except (AttributeError, OSError):
        return UNKNOWN_TICK


def replace(path: str, content: bytes, mode: int) -> bool:
    """Write a file of a cache, its directory made when missing; False: it can't be.

    A `__pycache__` has the mode that the process gives (umask), as Python makes it, so
    that whoever may write beside it may write there. Any other is this user's.
    """
    directory = os.path.dirname(path)
    try:
        if directory.endswith(f"/{SHARED}") and not os.path.isdir(directory):
            os.mkdir(directory)
        else:
            make_private(directory)
        write_whole(path, f"{path}.{os.getpid()}", content, mode)
    except OSError:
        return False
    return True


def write_whole(path: str, temporary: str, content: bytes, mode: int) -> None:
    """Write a file by way of a new one beside it. Raises OSError."""
    descriptor = os.open(temporary, CREATE, mode | 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        remove(temporary)
        raise


def remove(path: str) -> None:
    """Unlink a file that may be gone."""
    try:
        os.unlink(path)
    except OSError:
        return
