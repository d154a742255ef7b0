"""Opening `history.db`, which may be anything by now (HIS).

Every function raises RunspecError (`history-untrusted`, `history-newer`,
`unwritable`), DamagedError, OSError, or what sqlite3 raises.
"""

from __future__ import annotations

import os
from stat import S_ISREG
from time import strftime

from ..errors import Fault, FilePlace, RunspecError
from ..source.folder import failed
from ..source.replace import CREATE, remove
from . import schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Connection, Error

    from ..source.folder import Folder

FILE = "history.db"
NEW = "history.db.new"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database."""
DAMAGE = (11, 26)
"""SQLITE_CORRUPT, SQLITE_NOTADB."""
PATIENCE = 10.0
"""Seconds to wait for another program that writes to the database."""
MOST_WAL = 1 << 20
"""Bytes of the write-ahead log that stay on disk."""


class DamagedError(Exception):
    """It is no database, or not one of the history."""


def is_damage(error: Error) -> bool:
    """Whether it says that the database is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in DAMAGE


def is_missing(folder: Folder) -> bool:
    """Whether there is no database, or an empty file in its place."""
    try:
        status = os.lstat(folder.place(FILE))
    except FileNotFoundError:
        return True
    return S_ISREG(status.st_mode) and not status.st_size


def opened(folder: Folder, file: str = FILE, *, journal: str = "WAL") -> Connection:
    """The database to write to, made (0600) when there is none."""
    path = folder.place(file)
    try:
        os.close(os.open(path, CREATE, 0o600))
    except FileExistsError:
        _require_own(folder, path)
    except OSError as error:
        raise failed("unwritable", path, error) from None
    connection = _connected(path, "rw")
    try:
        _prepare(connection, path, journal)
    except BaseException:
        connection.close()
        raise
    return connection


def read_only(folder: Folder, file: str = FILE) -> Connection:
    """The database to read from, also where nothing can be written."""
    from sqlite3 import OperationalError

    path = folder.place(file)
    _require_own(folder, path)
    for mode in ("ro", "ro&immutable=1"):
        connection = _connected(path, mode)
        try:
            _require_current(connection, path)
        except OperationalError:  # a directory in which SQLite can't make its files
            connection.close()
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise DamagedError("it can't be read")


def temporary() -> Connection:
    """An empty history that nobody else sees and that goes when it is closed."""
    connection = _connected("", "rw")
    _create(connection)
    return connection


def _connected(path: str, mode: str) -> Connection:
    from sqlite3 import Row, connect
    from urllib.parse import quote

    uri = f"file:{quote(path)}?mode={mode}" if path else ""
    connection = connect(uri, timeout=PATIENCE, uri=True, isolation_level=None)
    connection.row_factory = Row
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _prepare(connection: Connection, path: str, journal: str) -> None:
    for pragma in ("synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")
    if _is_empty(connection):
        connection.execute(f"PRAGMA journal_mode = {journal}")
        _create(connection)
    _require_current(connection, path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute(f"PRAGMA journal_size_limit = {MOST_WAL}")


def _is_empty(connection: Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not tables and not _pragma(connection, "user_version")


def _create(connection: Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for statement in schema.CREATE:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION}")
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")


def _require_current(connection: Connection, path: str) -> None:
    from sqlite3 import OperationalError

    if _pragma(connection, "application_id") != schema.APPLICATION:
        raise DamagedError("it is another program's database")
    version = _pragma(connection, "user_version")
    if version > schema.VERSION:
        place = FilePlace(path, 0, 0)
        fault = Fault("history-newer", path, place, received=version)
        raise RunspecError(fault)
    try:
        connection.execute("SELECT run, counts, noticed FROM runs LIMIT 0")
    except OperationalError as error:
        if "no such" not in str(error):
            raise
        raise DamagedError("its tables are others") from None


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _require_own(folder: Folder, path: str) -> None:
    """Raises Damaged for what is no file, RunspecError for another user's."""
    status = os.lstat(path)
    if not S_ISREG(status.st_mode):
        raise DamagedError("it is no regular file")
    folder.require_private(path, status)
    for ending in BESIDE:
        if not _is_regular(path + ending):
            raise DamagedError(f"{FILE}{ending} is no regular file")


def _is_regular(path: str) -> bool:
    try:
        return S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return True


def set_aside(folder: Folder, name: str) -> str:
    """Rename a file and what SQLite has beside it; the new name. Raises OSError."""
    new = f"aside-{strftime('%Y%m%dT%H%M%S')}-{os.urandom(2).hex()}-{name}"
    for ending in ("", *BESIDE):
        if os.path.lexists(folder.place(name + ending)):
            os.rename(folder.place(name + ending), folder.place(new + ending))
    return new


def discard(folder: Folder, name: str) -> None:
    """Remove a database."""
    discard_beside(folder, name)
    remove(folder.place(name))


def discard_beside(folder: Folder, name: str) -> None:
    """Remove what SQLite has beside a database that nobody has open."""
    for ending in BESIDE:
        remove(folder.place(name + ending))
