"""Events as rows of the database, and rows as what is known of a run."""

from __future__ import annotations

from json import dumps, loads

from . import schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from sqlite3 import Connection, Row
    from typing import TypeAlias

    from ..spec.plain import Json

    Cell: TypeAlias = str | int | None
    Readers: TypeAlias = dict[str, tuple[str, Callable[[object], Cell]]]

RUNNING, OK, FAILED, REFUSED = "running", "ok", "failed", "refused"
LOST = "lost"
"""Its process is gone, and its end isn't known."""
UNKNOWN = "unknown"
"""It ended, but the system didn't tell with which status."""
STATES = (OK, FAILED, REFUSED, RUNNING, LOST, UNKNOWN)
NOBODY = 4_294_967_295
"""The login uid of a process that nobody has logged in for (audit(8))."""
LONGEST = 10_000
"""Characters of a text that are kept."""
LONGEST_ID = 100
MOST = 1_000
"""Items of a list that are kept."""
INTEGERS = 1 << 63


def text(value: object) -> str:
    """A text as it can be stored; "" for anything else."""
    if not isinstance(value, str):
        return ""
    kept = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return kept.encode("utf-8", "backslashreplace").decode("utf-8")


def whole(value: object) -> int | None:
    """A whole number of 64 bits."""
    if isinstance(value, int) and -INTEGERS <= value < INTEGERS:
        return int(value)
    return None


def _flag(value: object) -> int:
    return 1 if value is True else 0


def _login(value: object) -> int | None:
    digits = text(value)[:20]
    number = int(digits) if digits.isascii() and digits.isdecimal() else NOBODY
    return number if number < NOBODY else None


def _texts(value: object) -> str:
    items = value[:MOST] if isinstance(value, list) else []
    return dumps([text(item) for item in items])


def _values(value: object) -> str:
    items = value[:MOST] if isinstance(value, list) else []
    found = [
        [text(item[0]), text(item[1]), None if item[2] is None else text(item[2])]
        for item in items
        if isinstance(item, list) and len(item) == 3
    ]
    return dumps(found)


def _table(value: object) -> str:
    items = list(value.items())[:MOST] if isinstance(value, dict) else []
    return dumps({text(key): _cell(each) for key, each in items})


def _cell(value: object) -> Cell:
    return text(value) if isinstance(value, str) else whole(value)


BEGINS: Readers = {
    "parent": ("parent", text),
    "via": ("via", text),
    "runnable": ("runnable", text),
    "command": ("command", _texts),
    "spec": ("spec", text),
    "agent": ("agent", _flag),
    "autonomy": ("autonomy", text),
    "arguments": ("values", _values),
    "label": ("label", text),
    "cwd": ("cwd", text),
    "pid": ("pid", whole),
    "start": ("start", text),
    "uid": ("uid", whole),
    "euid": ("euid", whole),
    "login": ("login", _login),
    "ssh": ("ssh", text),
    "host": ("host", text),
    "claims": ("claims", _table),
    "principal": ("principal", text),
}
"""Columns of what a run begins with: the key in its event, how that is read."""
ENDS: Readers = {
    "status": ("status", whole),
    "ending": ("ending", text),
    "code": ("code", text),
    "detail": ("detail", text),
    "counts": ("counts", _table),
}
"""Those of what it ends with."""


def keep(connection: Connection, event: Mapping[str, object]) -> bool:
    """Write an event into the row of its run; False where it is none.

    Events may come in any order, and again.
    """
    kind, run = event.get("event"), text(event.get("run"))
    if kind not in ("begin", "end", "refused") or not 0 < len(run) <= LONGEST_ID:
        return False
    at = whole(event.get("at"))
    at = time_of(run) if at is None else at
    if kind == "begin" or (kind == "refused" and "runnable" in event):
        begins = {name: read(event.get(key)) for name, (key, read) in BEGINS.items()}
        connection.execute(schema.BEGIN, {"run": run, "began": at, **begins})
    if kind != "begin":
        ends = {name: read(event.get(key)) for name, (key, read) in ENDS.items()}
        state = REFUSED if kind == "refused" else _state(ends)
        began = at if kind == "refused" else time_of(run)
        cells = {"run": run, "state": state, "began": began, "ended": at, **ends}
        connection.execute(schema.END, cells)
    return True


def _state(ends: Mapping[str, Cell]) -> str:
    """Of a run that ended."""
    status, is_plain = ends["status"], ends["ending"] in ("exit", "unknown")
    if status is None and is_plain:
        return UNKNOWN
    return OK if status == 0 and is_plain else FAILED


def time_of(run: str) -> int | None:
    """When the id of a run was made, in nanoseconds (record.run_id)."""
    try:
        return whole(int(run[:12], 16) * 1_000_000)
    except ValueError:
        return None


class Run:
    """What is known of one run: the columns of its row."""

    __slots__ = ("_row",)

    def __init__(self, row: Row) -> None:
        self._row = row

    def text(self, column: str) -> str:
        """A column of text; "" where it isn't known."""
        value = self._row[column]
        return "" if value is None else str(value)

    def number(self, column: str) -> int | None:
        """A column with a whole number; None where it isn't known."""
        return whole(self._row[column])

    @property
    def id(self) -> str:
        return self.text("run")

    @property
    def state(self) -> str:
        return self.text("state")

    @property
    def command(self) -> list[str]:
        """The commands below its runnable."""
        return [str(each) for each in self._list("command")]

    @property
    def values(self) -> list[tuple[str, str, str | None]]:
        """Name, source and text of each argument."""
        return [
            (str(each[0]), str(each[1]), None if each[2] is None else str(each[2]))
            for each in self._list("arguments")
            if isinstance(each, list) and len(each) == 3
        ]

    @property
    def claims(self) -> dict[str, str]:
        """What its environment said of who runs it."""
        return {name: str(each) for name, each in self._table("claims").items()}

    @property
    def counts(self) -> dict[str, int]:
        """Messages that it logged, by level."""
        found = self._table("counts")
        return {name: each for name, each in found.items() if isinstance(each, int)}

    @property
    def seconds(self) -> float | None:
        """How long it ran, never less than nothing; None where it has no end."""
        began, ended = self.number("began"), self.number("ended")
        if began is None or ended is None or self.state in (RUNNING, REFUSED):
            return None
        return max(0, ended - began) / 1e9

    def _json(self, column: str) -> Json:
        try:
            found: Json = loads(self.text(column) or "null")
        except ValueError:
            return None
        return found

    def _list(self, column: str) -> list[Json]:
        found = self._json(column)
        return found if isinstance(found, list) else []

    def _table(self, column: str) -> dict[str, Json]:
        found = self._json(column)
        return found if isinstance(found, dict) else {}
