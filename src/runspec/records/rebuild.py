"""Making the database anew from what there is."""

from __future__ import annotations

import os
from contextlib import closing

from . import database, schema
from .database import FILE, NEW
from .rows import LOST, RUNNING, keep
from .summaries import events_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

    from ..record import Event
    from ..source.folder import Folder
    from .archive import Archive


def rebuild(folder: Folder, archive: Archive, logs: Iterable[str]) -> str:
    """Replace the database by one of its own rows, the archive and the logs.

    The path of the old one where not all of it could be read, else "". The lock of
    the folder must be held. Raises as `database` does, and OSError.
    """
    database.discard(folder, NEW)
    with closing(database.opened(folder, NEW, journal="MEMORY")) as new:
        new.execute("BEGIN IMMEDIATE")
        with new:
            is_whole = _copy(folder, new)
            for event in archive.events():
                keep(new, event)
            for begin, end in events_of((*logs, *_places(new))):
                _complete(new, begin, end)
    aside = "" if is_whole else folder.place(database.set_aside(folder, FILE))
    database.discard_beside(folder, FILE)
    os.replace(folder.place(NEW), folder.place(FILE))
    return aside


def _copy(folder: Folder, new: Connection) -> bool:
    """Take over the rows of the database there is; whether those were all."""
    from sqlite3 import Error

    if database.is_missing(folder):
        return True
    try:
        old = database.read_only(folder)
    except (database.DamagedError, Error):
        return False
    with closing(old):
        if _copied(old, new, schema.READ_FIRST):
            new.executemany(schema.TAKEN, map(tuple, old.execute(schema.READ_JOURNALS)))
            return True
        _copied(old, new, schema.READ_LAST)
    return False


def _copied(old: Connection, new: Connection, query: str) -> bool:
    """Copy the rows of a query up to where the database is damaged; False: it is."""
    from sqlite3 import Error

    try:
        new.executemany(schema.COPY, map(tuple, old.execute(query)))
    except Error as error:
        if not database.is_damage(error):
            raise
        return False
    return True


def _places(connection: Connection) -> list[str]:
    """The directories of the specs that ran."""
    query = "SELECT DISTINCT spec FROM runs WHERE spec LIKE '/%'"
    return [os.path.dirname(row["spec"]) for row in connection.execute(query)]


def _complete(connection: Connection, begin: Event, end: Event) -> None:
    """Add the run that a log tells of, or its end where that isn't known."""
    query = "SELECT state FROM runs WHERE run = ?"
    row = connection.execute(query, (str(begin.get("run")),)).fetchone()
    if row is None:
        keep(connection, begin)
    if row is None or row["state"] in (LOST, RUNNING):
        keep(connection, end)
