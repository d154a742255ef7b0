"""The history of one environment, for one user (HIS)."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from time import time_ns

from ..errors import Fault, FilePlace, RunspecError
from ..source.folder import Folder, acquire, failed
from . import database, processes
from .ingest import Journals
from .rebuild import rebuild

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from sqlite3 import Connection
    from typing import TypeVar

    T = TypeVar("T")

UNTRUSTED, NOT_KEPT = "history-untrusted", "history-not-kept"
LOCK = "history.lock"
"""Held by the one process that takes journals over or replaces the database."""
_LOCK = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Store:
    """What runs left behind in `directory` (specfile.environment_directory).

    `notes` are faults of what could not be kept or had to be mended. Methods raise
    RunspecError: `history-untrusted`, `history-newer`, and `history-not-kept` where
    something had to be written and couldn't be.
    """

    __slots__ = ("_folder", "notes")

    def __init__(self, directory: str) -> None:
        self._folder = Folder(directory, UNTRUSTED)
        self.notes: list[Fault] = []

    def ask(self, question: Callable[[Connection], T]) -> T:
        """What `question` reads, once all that is new has been taken over.

        Where nothing can be written, what is new is read all the same, and stays.
        """
        from sqlite3 import Error

        if not self._folder.exists():
            with closing(database.temporary()) as nothing:
                return question(nothing)
        try:
            return self._locked(lambda: self._mended(question))
        except (Error, OSError, RunspecError) as error:
            self.notes.append(self._not_kept(error))
        try:
            return self._looked(question)
        except (Error, OSError) as error:
            fault = self._not_kept(error)
            fault.code = "unreadable"
            raise RunspecError(fault) from None

    def prune(self, delete: Callable[[Connection], int]) -> tuple[int, int]:
        """Let `delete` remove rows; how many were removed, and how many are left."""
        from sqlite3 import Error

        def pruned(connection: Connection) -> tuple[int, int]:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                removed = delete(connection)
            with suppress(Error):  # without room for it, free pages stay in the file
                connection.execute("VACUUM")
            return removed, _count(connection)

        return self._written(lambda: self._mended(pruned))

    def reindex(self) -> int:
        """Make the database anew; how many runs it has."""

        def reindexed() -> int:
            self._mended(_count)
            self._rebuild("not all of it can be read")
            return self._used(_count)

        return self._written(reindexed)

    def _written(self, use: Callable[[], T]) -> T:
        from sqlite3 import Error

        try:
            return self._locked(use)
        except (Error, OSError, RunspecError) as error:
            raise RunspecError(self._not_kept(error)) from None

    def _locked(self, use: Callable[[], T]) -> T:
        self._folder.make()
        path = self._folder.place(LOCK)
        try:
            descriptor = os.open(path, _LOCK, 0o600)
        except OSError as error:
            raise failed("unwritable", path, error) from None
        try:
            acquire(descriptor, path)
            return use()
        finally:
            os.close(descriptor)

    def _mended(self, use: Callable[[Connection], T]) -> T:
        from sqlite3 import Error

        try:
            return self._used(use)
        except database.DamagedError as error:
            reason = str(error)
        except Error as error:
            if not database.is_damage(error):
                raise
            reason = str(error)
        self._rebuild(reason)
        return self._used(use)

    def _used(self, use: Callable[[Connection], T]) -> T:
        with closing(database.opened(self._folder)) as connection:
            self._take_over(connection)
            return use(connection)

    def _take_over(self, connection: Connection) -> None:
        """A run that has just ended isn't lost: its end may have come in since."""
        journals = Journals(self._folder)
        journals.take_over(connection)
        lost = processes.gone(connection)
        if lost:
            journals.take_over(connection)
            processes.mark_lost(connection, lost, time_ns())
        for name in dict.fromkeys(journals.unusable):
            aside = database.set_aside(self._folder, name)
            self._set_aside(name, aside, "it is no file of yours")
        if journals.damaged:
            path = self._folder.path
            self._note("history-damaged", path, received=journals.damaged)

    def _rebuild(self, reason: str) -> None:
        aside = rebuild(self._folder)
        if aside:
            self._set_aside(database.FILE, aside, reason)

    def _looked(self, question: Callable[[Connection], T]) -> T:
        """Ask a copy, where others don't see it change."""
        with closing(self._copied()) as copy:
            Journals(self._folder).look_into(copy)
            processes.mark_lost(copy, processes.gone(copy), time_ns())
            return question(copy)

    def _copied(self) -> Connection:
        from sqlite3 import Error

        copy = database.temporary()
        try:
            with closing(database.read_only(self._folder)) as kept:
                kept.backup(copy)
        except (FileNotFoundError, database.DamagedError, Error):
            copy.close()
            return database.temporary()
        return copy

    def _set_aside(self, name: str, aside: str, reason: str) -> None:
        path = self._folder.place(name)
        self._note("history-set-aside", path, received=aside, detail=reason)

    def _not_kept(self, error: Exception) -> Fault:
        """Why nothing could be written; what is no reason for that is raised."""
        from sqlite3 import Error

        path, reason = self._folder.path, str(error)
        if isinstance(error, RunspecError):
            fault = error.faults[0]
            if fault.code not in ("unwritable", "unreadable"):
                raise error
            path, reason = fault.subject, fault.detail
        elif isinstance(error, OSError):
            reason = error.strerror or reason
        elif isinstance(error, Error):
            path = self._folder.place(database.FILE)
        return Fault(NOT_KEPT, path, FilePlace(path, 0, 0), detail=reason)

    def _note(
        self, code: str, path: str, received: str | int, detail: str = ""
    ) -> None:
        place = FilePlace(path, 0, 0)
        fault = Fault(
            code, path, place, severity="warning", received=received, detail=detail
        )
        self.notes.append(fault)


def _count(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
