"""Reading a log that others write to and rotate meanwhile."""

from __future__ import annotations

import os
from stat import S_ISREG

from .place import DIRECTORY, READ
from .rotation import numbered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Found = tuple[int, str]

CHUNK = 1 << 16


class Reader:
    """The lines of NAME.log in a folder and of its old files, oldest first.

    `since` leaves out files that were last written to before (seconds). Which file
    comes next is told by inodes, for the names go to other files.
    """

    __slots__ = (
        "_descriptor",
        "_folder",
        "_inode",
        "_name",
        "_offset",
        "_rest",
        "_since",
    )

    def __init__(self, folder: str, name: str, since: float = 0.0) -> None:
        self._folder = folder
        self._name = name
        self._since = since
        self._descriptor = -1
        self._inode = 0
        self._offset = 0
        self._rest = b""

    def lines(self) -> Iterator[bytes]:
        """Every line there is by now and that wasn't read yet, without its newline."""
        while True:
            yield from self._available()
            following = self._following()
            if following is None:
                return
            yield from self._available()  # what came in before it was put aside
            if self._rest:
                yield self._rest
            self._turn_to(following)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _available(self) -> Iterator[bytes]:
        if self._descriptor < 0:
            return
        size = os.fstat(self._descriptor).st_size
        if size < self._offset:  # a torn line was cut off, or all of it
            self._offset, self._rest = size, b""
        while chunk := os.pread(self._descriptor, CHUNK, self._offset):
            self._offset += len(chunk)
            *whole, self._rest = (self._rest + chunk).split(b"\n")
            yield from whole

    def _turn_to(self, following: Found) -> None:
        """Go on in a file, if it still has that name."""
        inode, name = following
        self._rest, self._offset = b"", 0
        self.close()
        self._inode = inode
        try:
            descriptor = os.open(f"{self._folder}/{name}", READ)
        except OSError:
            return
        status = os.fstat(descriptor)
        if status.st_ino == inode and S_ISREG(status.st_mode):
            self._descriptor = descriptor
        else:
            os.close(descriptor)

    def _following(self) -> Found | None:
        """The file after this one; the oldest where this one is gone."""
        order = self._order()
        inodes = [inode for inode, _ in order]
        if self._inode not in inodes:
            return order[0] if order else None
        at = inodes.index(self._inode)
        if self._descriptor < 0:  # it had another name when it was opened
            return order[at]
        return order[at + 1] if at + 1 < len(order) else None

    def _order(self) -> list[Found]:
        """Oldest first. Looked at newest first: what moves meanwhile is seen twice."""
        seen: dict[int, str] = {}
        for name in files_of(self._folder, self._name):
            try:
                status = os.lstat(f"{self._folder}/{name}")
            except OSError:
                continue
            if S_ISREG(status.st_mode) and status.st_mtime >= self._since:
                seen.setdefault(status.st_ino, name)
        return list(reversed(seen.items()))


def files_of(folder: str, name: str) -> list[str]:
    """The log and its old files, newest first; none where there is no folder."""
    try:
        descriptor = os.open(folder, DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return []
    try:
        return [name, *(f"{name}.{n}" for n in reversed(numbered(descriptor, name)))]
    except OSError:
        return []
    finally:
        os.close(descriptor)
