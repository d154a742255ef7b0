"""The runs that logs tell of, for a history that was lost (LOG)."""

from __future__ import annotations

import os
from json import loads
from stat import S_ISREG

from .archive import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..record import Event

FOLDER = "logs"
MARK = b'"event": "run"'
LONGEST = 1 << 24
"""Bytes of a line that is looked at."""


def events_of(directories: Iterable[str]) -> Iterator[tuple[Event, Event]]:
    """Begin and end of each run that a log in one of the directories sums up.

    A directory has the logs of its runnables in `logs`. What can't be read, or isn't
    this user's, is left out.
    """
    for directory in dict.fromkeys(directories):
        for path in _logs(os.path.join(directory, FOLDER)):
            yield from _summaries(path)


def _logs(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [
        os.path.join(folder, name)
        for name in names
        if name.rstrip("0123456789.").endswith(".log")
    ]


def _summaries(path: str) -> Iterator[tuple[Event, Event]]:
    try:
        descriptor = os.open(path, READ)
    except OSError:
        return
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return
        try:
            while line := file.readline(LONGEST):
                found = _events(line) if MARK in line else None
                if found is not None:
                    yield found
        except OSError:
            return


def _events(line: bytes) -> tuple[Event, Event] | None:
    try:
        fields = loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or fields.get("logger") != "runspec":
        return None
    if fields.get("history") is False:  # its spec says that it isn't recorded
        return None
    began, seconds = fields.get("at"), fields.get("seconds")
    if not isinstance(began, int) or not isinstance(seconds, int | float):
        return None
    try:
        ended = began + int(seconds * 1e9)
    except (ValueError, OverflowError):  # NaN and Infinity, which loads() accepts
        return None
    return {**fields, "event": "begin"}, {**fields, "event": "end", "at": ended}
