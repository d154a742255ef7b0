"""A second copy of the newest events, from which a lost database is made anew.

archive     what was taken over last, as frames
archive.1   what was before
"""

from __future__ import annotations

import os
from contextlib import suppress
from stat import S_ISREG

from ..record import frame
from ..source.replace import CREATE, remove
from . import schema
from .frames import CHUNK, Frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

    from ..record import Event
    from ..source.folder import Folder

FILE = "archive"
OLDER = "archive.1"
MOST = 32 << 20
"""Bytes of each of the two."""
APPEND = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | os.O_CLOEXEC
    | os.O_NOFOLLOW
    | os.O_NONBLOCK
)
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Archive:
    """The archive in a folder. Methods raise OSError, and RunspecError
    (`history-untrusted`) for what is no private file."""

    __slots__ = ("_folder",)

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def add(self, journal: int, connection: Connection) -> None:
        """Append what an open journal has of runs that are known; of a long one the
        end."""
        size = os.fstat(journal).st_size
        frames = Frames(journal, max(0, size - MOST))
        self._make_room(min(size, MOST))
        descriptor = self._opened(FILE, APPEND)
        try:
            _append(descriptor, _kept(frames, connection))
        finally:
            os.close(descriptor)

    def events(self) -> Iterator[Event]:
        """All that it has, oldest first."""
        for frames in self._all():
            while (event := frames.next()) is not None:
                yield event

    def forget(self, connection: Connection) -> None:
        """Drop the events of runs that aren't known any more."""
        temporary = self._folder.place(f"{FILE}.new")
        remove(temporary)
        descriptor = os.open(temporary, CREATE | os.O_APPEND, 0o600)
        try:
            for frames in self._all():
                _append(descriptor, _kept(frames, connection))
        finally:
            os.close(descriptor)
        os.replace(temporary, self._folder.place(FILE))
        remove(self._folder.place(OLDER))

    def unusable(self) -> list[str]:
        """The names at which there is something else than a file."""
        found = []
        for name in (OLDER, FILE):
            with suppress(FileNotFoundError):
                if not S_ISREG(os.lstat(self._folder.place(name)).st_mode):
                    found.append(name)
        return found

    def _make_room(self, size: int) -> None:
        path = self._folder.place(FILE)
        try:
            if os.lstat(path).st_size + size > MOST:
                os.rename(path, self._folder.place(OLDER))
        except FileNotFoundError:
            return

    def _all(self) -> Iterator[Frames]:
        for name in (OLDER, FILE):
            try:
                descriptor = self._opened(name, READ)
            except FileNotFoundError:
                continue
            try:
                yield Frames(descriptor)
            finally:
                os.close(descriptor)

    def _opened(self, name: str, flags: int) -> int:
        path = self._folder.place(name)
        descriptor = os.open(path, flags, 0o600)
        try:
            self._folder.require_private(path, os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _kept(frames: Frames, connection: Connection) -> Iterator[bytes]:
    """The frames of runs that the database has."""
    while (event := frames.next()) is not None:
        run = str(event.get("run"))
        if connection.execute(schema.IS_KEPT, (run,)).fetchone():
            yield frame(event)


def _append(descriptor: int, frames: Iterator[bytes]) -> None:
    """Write all of them or none."""
    before = os.fstat(descriptor).st_size
    waiting = bytearray()
    try:
        for each in frames:
            waiting += each
            if len(waiting) > CHUNK:
                _write(descriptor, waiting)
        while waiting:
            _write(descriptor, waiting)
    except OSError:
        os.ftruncate(descriptor, before)
        raise


def _write(descriptor: int, waiting: bytearray) -> None:
    del waiting[: os.write(descriptor, waiting)]
