"""Taking over what runs wrote to the journal (record.append).

    journal              runs append to it
    journal-ID           was the journal; ID begins with when it was renamed

A run that had opened the journal before may still write to it. So what is renamed
stays, and how much of it was taken over is in the database, until nobody has it open
to write. At every point at which this may be killed, the next one goes on: what is
taken over twice changes nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EACCES, ELOOP, ENXIO
from stat import S_ISREG
from time import time

from ..record import JOURNAL, run_id
from . import schema
from .frames import Frames
from .rows import keep, time_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Connection

    from ..source.folder import Folder

NO_FILE_OF_MINE = (EACCES, ELOOP, ENXIO)
"""What opening another user's file, a symbolic link or a socket fails with."""
RENAMED = f"{JOURNAL}-"
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
YOUNGEST = 1.0
"""Seconds for which a process may have found the journal, but not opened it yet."""
OLDEST = 3600.0
"""Seconds after which nobody writes to it, where the system can't tell."""


class Journals:
    """The journals of a folder. Methods raise OSError and what sqlite3 raises.

    `damaged` counts what was no event, `unusable` are the names of what is no file of
    this user.
    """

    __slots__ = ("_folder", "damaged", "unusable")

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.damaged = 0
        self.unusable: list[str] = []

    def take_over(self, connection: Connection) -> None:
        """Move what they have into the database."""
        with suppress(FileNotFoundError):
            renamed = self._folder.place(f"{RENAMED}{run_id()}")
            os.rename(self._folder.place(JOURNAL), renamed)
        for name in self._names():
            descriptor = self._opened(name)
            if descriptor is None:
                self.unusable.append(name)
                continue
            try:
                self._take(descriptor, name, connection)
            finally:
                os.close(descriptor)

    def look_into(self, connection: Connection) -> None:
        """Copy what they have into a database, and leave all of it where it is."""
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            for name in (*self._names(), JOURNAL):
                with suppress(FileNotFoundError):
                    self._look(name, connection)

    def _look(self, name: str, connection: Connection) -> None:
        descriptor = self._opened(name)
        if descriptor is not None:
            try:
                self._keep(Frames(descriptor), connection)
            finally:
                os.close(descriptor)

    def _names(self) -> list[str]:
        return [name for name in self._folder.names() if name.startswith(RENAMED)]

    def _opened(self, name: str) -> int | None:
        """A descriptor of a journal of this user; None for anything else."""
        try:
            descriptor = os.open(self._folder.place(name), READ)
        except OSError as error:
            if error.errno in NO_FILE_OF_MINE:
                return None
            raise
        status = os.fstat(descriptor)
        if S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
            return descriptor
        os.close(descriptor)
        return None

    def _take(self, descriptor: int, name: str, connection: Connection) -> None:
        is_done = _is_old(name) and not _is_open(descriptor, name)
        row = connection.execute(schema.HOW_MUCH, (name,)).fetchone()
        frames = Frames(descriptor, row["taken"] if row else 0)
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            self._keep(frames, connection)
            connection.execute(schema.TAKEN, (name, frames.offset))
        if is_done:
            self.damaged += not frames.is_at_end
            os.unlink(self._folder.place(name))
            connection.execute(schema.GONE, (name,))

    def _keep(self, frames: Frames, connection: Connection) -> None:
        while (event := frames.next()) is not None:
            if not keep(connection, event):
                self.damaged += 1
        self.damaged += frames.damaged


def _is_old(name: str) -> bool:
    return _age(name) > YOUNGEST


def _age(name: str) -> float:
    """Seconds since it was renamed, or until then by a clock that was set back."""
    renamed = time_of(name.removeprefix(RENAMED)) or 0
    return abs(time() - renamed / 1e9)


def _is_open(descriptor: int, name: str) -> bool:
    """Whether somebody may have it open to write: then there is no lease (fcntl(2))."""
    import fcntl

    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except (AttributeError, OSError):  # a system or a file system without leases
        return _age(name) < OLDEST
    return False
