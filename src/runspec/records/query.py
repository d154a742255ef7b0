"""Finding runs, and sums of them.

Statements are joined from the texts in this module; every value is bound.
"""

from __future__ import annotations

from ..errors import Fault, RunspecError
from .rows import REFUSED, Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Connection, Cursor

    from .rows import Cell

GLOB = "*?["
MOST_CANDIDATES = 5

_NEWEST = "ORDER BY run DESC LIMIT ?"
_STATS = """
    SELECT runnable, count(*) AS runs, max(began) AS last, sum(state = 'failed') AS
        failed, sum(state = 'refused') AS refused, sum(state = 'lost') AS lost,
        sum(state = 'running') AS running, sum(state = 'ok') AS ok,
        max(CASE WHEN rank = (timed + 1) / 2 THEN took END) AS median,
        max(CASE WHEN rank = (timed * 95 + 99) / 100 THEN took END) AS p95
    FROM (
        SELECT *,
            row_number() OVER (PARTITION BY runnable, took IS NULL ORDER BY took)
                AS rank,
            count(took) OVER (PARTITION BY runnable) AS timed
        FROM (
            SELECT runnable, state, began, CASE
                WHEN state IN ('ok', 'failed') THEN max(0, ended - began)
            END AS took
            FROM runs WHERE
"""
_BY_RUNNABLE = ")) GROUP BY runnable ORDER BY runnable"


class Filter:
    """Which runs are meant; None: any.

    `runnable` is a glob, `status` one of rows.STATES or an exit status, `user` a uid,
    `since` nanoseconds since the epoch.
    """

    __slots__ = ("_cells", "_tests")

    def __init__(
        self,
        *,
        runnable: str | None = None,
        status: str | int | None = None,
        user: int | None = None,
        since: int | None = None,
        label: str | None = None,
    ) -> None:
        self._tests = ["1"]
        self._cells: list[Cell] = []
        if runnable is not None:
            is_glob = any(each in runnable for each in GLOB)
            self._add("is_match(runnable, ?)" if is_glob else "runnable = ?", runnable)
        if status is not None:
            self._add("state = ?" if isinstance(status, str) else "status = ?", status)
        if user is not None:
            self._add("(uid = ? OR login = ?)", user, user)
        if since is not None:
            self._add("began >= ?", since)
        if label is not None:
            self._add("label = ?", label)

    def without_refused(self) -> None:
        """Leave out the calls that never began."""
        self._add("state != ?", REFUSED)

    def _add(self, test: str, *cells: Cell) -> None:
        self._tests.append(test)
        self._cells += cells

    def execute(
        self, connection: Connection, start: str, end: str, *cells: Cell
    ) -> Cursor:
        """Run a statement whose condition this is; `cells` are bound in `end`."""
        from fnmatch import fnmatchcase

        connection.create_function("is_match", 2, fnmatchcase, deterministic=True)
        statement = f"{start} {' AND '.join(self._tests)} {end}"
        return connection.execute(statement, [*self._cells, *cells])


class Sums:
    """What the runs of one runnable come to; times in seconds, `last` as it began."""

    __slots__ = (
        "failed",
        "last",
        "lost",
        "median",
        "ok",
        "p95",
        "refused",
        "runnable",
        "running",
        "runs",
    )

    def __init__(self, row: Run) -> None:
        self.runnable = row.text("runnable")
        self.runs = row.number("runs") or 0
        self.ok = row.number("ok") or 0
        self.failed = row.number("failed") or 0
        self.refused = row.number("refused") or 0
        self.lost = row.number("lost") or 0
        self.running = row.number("running") or 0
        self.last = row.number("last")
        self.median = _seconds(row.number("median"))
        self.p95 = _seconds(row.number("p95"))


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def find(
    connection: Connection, wanted: Filter, most: int = 0, *, running: bool = False
) -> list[Run]:
    """The newest runs first, at most so many of them; 0: all."""
    end = f"AND state = 'running' {_NEWEST}" if running else _NEWEST
    rows = wanted.execute(connection, "SELECT * FROM runs WHERE", end, most or -1)
    return [Run(row) for row in rows]


def find_one(connection: Connection, part: str) -> Run:
    """The run whose id begins, or else ends, with a text.

    Raises RunspecError: `run-not-found`, `run-ambiguous`.
    """
    begins = "SELECT * FROM runs WHERE run BETWEEN ? AND ? ORDER BY run LIMIT ?"
    ends = "SELECT * FROM runs WHERE substr(run, ?) = ? ORDER BY run LIMIT ?"
    for query, cells in (
        (begins, (part, f"{part}\U0010ffff")),
        (ends, (-len(part), part)),
    ):
        rows = connection.execute(query, (*cells, MOST_CANDIDATES)).fetchall()
        found = [Run(row) for row in rows]
        if found and (len(found) == 1 or found[0].id == part):
            return found[0]
        if found:
            ids = tuple(run.id for run in found)
            fault = Fault("run-ambiguous", part, received=part, expected=ids)
            raise RunspecError(fault)
    raise RunspecError(Fault("run-not-found", part, received=part))


def count(connection: Connection, wanted: Filter, *, running: bool = False) -> int:
    """How many runs are meant."""
    end = "AND state = 'running'" if running else ""
    rows = wanted.execute(connection, "SELECT count(*) FROM runs WHERE", end)
    return int(rows.fetchone()[0])


def is_empty(connection: Connection) -> bool:
    """Whether no run is known at all."""
    return connection.execute("SELECT 1 FROM runs LIMIT 1").fetchone() is None


def stats(connection: Connection, wanted: Filter) -> list[Sums]:
    """What the runs of each runnable come to."""
    rows = wanted.execute(connection, _STATS, _BY_RUNNABLE)
    return [Sums(Run(row)) for row in rows]


def prune(
    connection: Connection,
    wanted: Filter,
    *,
    before: int | None = None,
    most: int | None = None,
) -> int:
    """Remove those that began before a time, and all but the newest; how many.

    What is still running stays, and counts among the newest.
    """
    end = "AND state != 'running' AND (coalesce(began, 0) < ? OR run <= ?)"
    last = _first_to_go(connection, wanted, most)
    start = "DELETE FROM runs WHERE"
    return wanted.execute(connection, start, end, before or 0, last).rowcount


def _first_to_go(connection: Connection, wanted: Filter, most: int | None) -> str:
    """The newest run that is one too many; "" where there is none."""
    if most is None:
        return ""
    start, end = "SELECT run FROM runs WHERE", f"{_NEWEST} OFFSET ?"
    row = wanted.execute(connection, start, end, 1, most).fetchone()
    return str(row["run"]) if row else ""
