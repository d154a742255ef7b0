"""Which runs are still running."""

from __future__ import annotations

import os

from ..record import started
from . import schema
from .rows import RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Connection


def gone(connection: Connection) -> list[str]:
    """The runs without an end whose process isn't there any more.

    Those of another machine that keeps its records here can't be told.
    """
    query = """
        SELECT run, pid, start FROM runs
        WHERE state = ? AND coalesce(host, '') IN (?, '')
    """
    rows = connection.execute(query, (RUNNING, os.uname().nodename))
    return [row["run"] for row in rows if not runs(row["pid"], row["start"])]


def mark_lost(connection: Connection, runs: list[str], noticed: int) -> None:
    """Mark them as lost, unless their end has come in since."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for run in runs:
            connection.execute(schema.LOST, {"run": run, "noticed": noticed})


def runs(pid: int | None, start: str | None) -> bool:
    """Whether a process is the one that began then (record.started), and not ended."""
    if not pid or pid < 0:
        return False
    if start:
        return started(pid) == start and not _is_zombie(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def _is_zombie(pid: int) -> bool:
    """Whether it has ended and only its parent hasn't noticed (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[:1] in ([b"Z"], [b"X"])
    except OSError:
        return True
