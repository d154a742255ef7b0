"""When a log is full or old enough, and what becomes of it (CFG-05).

    NAME.log      is written to
    NAME.log.1    was before, and so on; the highest number is the oldest

A number is given away only from the oldest to the newest, each to one that is free,
so a process that is killed in between loses nothing.
"""

import os
from time import localtime, mktime

from ..spec.rotate import size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..model_more import Logging

HEAD = 40
"""Bytes of a line that its time is in."""
BEFORE = b'{"time": "'


class Rotation:
    """What `[config.logging]` says: by bytes (`limit`) or by days, `keep` old files."""

    __slots__ = ("_bounds", "_days", "_is_run", "_of", "keep", "limit")

    def __init__(self, logging: "Logging") -> None:
        self.limit = size_of(logging.rotate)
        self.keep = logging.keep
        self._is_run = logging.store == "per-run"
        self._days = 7 if logging.rotate == "weekly" else 1
        self._of: float | None = None
        self._bounds = (0.0, 0.0)

    def is_due(self, size: int, more: int, began: "float | None", now: float) -> bool:
        """Whether a log of `size` bytes is closed before `more` are written.

        `began` is when its first record was made, in seconds. A clock that goes back
        a little changes nothing; one that goes back by more than a whole period shows
        that the log began with a wrong one.
        """
        if not size or self._is_run:
            return False
        if self.limit is not None:
            return size + more > self.limit
        if began is None:
            return False
        if began != self._of:
            self._of, self._bounds = began, _period(began, self._days)
        start, end = self._bounds
        return not start - (end - start) <= now < end

    def turn(self, folder: int, name: str) -> None:
        """Put a log aside under the first number; OSError. It must be locked."""
        taken = numbered(folder, name)
        for number in taken:
            if number >= self.keep:
                os.unlink(f"{name}.{number}", dir_fd=folder)
        if not self.keep:
            os.unlink(name, dir_fd=folder)
            return
        for number in _until_gap(taken, self.keep):
            _rename(folder, f"{name}.{number}", f"{name}.{number + 1}")
        _rename(folder, name, f"{name}.1")


def numbered(folder: int, name: str) -> "list[int]":
    """The numbers of a log's old files, oldest first."""
    ends = (
        entry[len(name) + 1 :]
        for entry in os.listdir(folder)
        if entry.startswith(f"{name}.")
    )
    own = (end for end in ends if end.isascii() and end.isdigit() and end[0] != "0")
    return sorted(map(int, own), reverse=True)


def _until_gap(taken: "list[int]", keep: int) -> "list[int]":
    """The numbers that must move to free the first: 1 to the first free one."""
    last = 0
    while last + 1 in taken and last + 1 < keep:
        last += 1
    return list(range(last, 0, -1))


def _rename(folder: int, old: str, new: str) -> None:
    os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)


def _period(moment: float, days: int) -> "tuple[float, float]":
    """The local day or week (from Monday) that a moment is in, in seconds."""
    try:
        now = localtime(moment)
        day = now.tm_mday - (now.tm_wday if days == 7 else 0)
        rest = (0, 0, 0, 0, 0, -1)
        start = mktime((now.tm_year, now.tm_mon, day, *rest))
        return start, mktime((now.tm_year, now.tm_mon, day + days, *rest))
    except (OverflowError, ValueError, OSError):
        return moment, moment + days * 86_400


def began_at(head: bytes) -> "float | None":
    """When a log's first record was made, from its first bytes; None: not told."""
    if not head.startswith(BEFORE):
        return None
    digits = head[len(BEFORE) : HEAD].replace(b"T", b"-").replace(b":", b"-")
    try:
        year, month, day, hour, minute, second = map(int, digits[:19].split(b"-"))
        days = _days_before(year, month) + day
        return ((days * 24 + hour) * 60 + minute) * 60.0 + second
    except (ValueError, IndexError):
        return None


def _days_before(year: int, month: int) -> int:
    """Days from 31 December 1969 to the end of the month before (Gregorian)."""
    year, month = (year - 1, month + 12) if month < 3 else (year, month)
    days = 365 * year + year // 4 - year // 100 + year // 400
    return days + (153 * (month - 3) + 2) // 5 - 719_469
