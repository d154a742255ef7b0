"""Making the database anew from its own readable rows (HIS-04)."""

from __future__ import annotations

import os
from contextlib import closing

from . import database, schema
from .database import FILE, NEW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Connection

    from ..source.folder import Folder


def rebuild(folder: Folder) -> str:
    """Replace the database by one of its own rows.

    The path of the old one where not all of it could be read, else "". The lock of
    the folder must be held. Raises as `database` does, and OSError.
    """
    database.discard(folder, NEW)
    with closing(database.opened(folder, NEW, journal="MEMORY")) as new:
        new.execute("BEGIN IMMEDIATE")
        with new:
            is_whole = _copy(folder, new)
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
