"""A record of stdlib logging as it is kept and as it is shown, without secrets."""

import os
from logging import Formatter, makeLogRecord
from time import time

from .encode import json_of, line_of, plain, quoted, text, utc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from logging import LogRecord

    from ..redact import Redactor
    from ..spec.plain import Json

STANDARD = frozenset(
    (*vars(makeLogRecord({})), "message", "asctime", "taskName", "exc_text")
)
"""Attributes of every record; any other was given by `extra`."""
OWN = frozenset(
    (
        "time",
        "level",
        "logger",
        "message",
        "run",
        "runnable",
        "pid",
        "thread",
        "module",
        "line",
        "event",
        "exception",
        "stack",
    )
)
"""Names that mean something in a line; `extra` with such a name gets a prefix."""
PREFIX = "extra_"
TRACEBACK = Formatter()


class Entries:
    """Makes lines of records of one run of one runnable."""

    __slots__ = ("_of_run", "_redactor", "_run", "_runnable")

    def __init__(self, run: str, runnable: str, redactor: "Redactor") -> None:
        self._run = run
        self._runnable = runnable
        self._redactor = redactor
        self._of_run = f'"run": {quoted(run)}, "runnable": {quoted(runnable)}'

    def line(self, record: "LogRecord") -> bytes:
        """One record as a line of JSON."""
        own = (
            f'"time": "{utc(record.created)}", "level": {quoted(record.levelname)}'
            f', "logger": {quoted(record.name)}'
            f', "message": {quoted(self.message(record))}, {self._of_run}'
            f', "pid": {record.process or 0}'
            f', "thread": {quoted(record.threadName or "")}'
            f', "module": {quoted(record.module)}, "line": {record.lineno}'
        )
        given: Mapping[str, Json] = self.given(record)
        more = {_own_name(name, given): given[name] for name in given}
        more.update(self.traces(record))
        rest = [f", {quoted(name)}: {json_of(more[name])}" for name in more]
        return line_of(f"{{{own}{''.join(rest)}}}")

    def event(self, message: str, event: str, fields: "Mapping[str, object]") -> bytes:
        """A line of runspec's own, at this moment; `fields` are redacted, too."""
        first: dict[str, Json] = {
            "time": utc(time()),
            "level": "INFO",
            "logger": "runspec",
            "message": self._redactor.text(message),
            "event": event,
            "run": self._run,
            "runnable": self._runnable,
            "pid": os.getpid(),
        }
        rest = self._redacted(fields)
        more = {name: rest[name] for name in rest if name not in first}
        return line_of(json_of({**first, **more}))

    def message(self, record: "LogRecord") -> str:
        """The message; where its arguments don't fit it, they stand behind it."""
        try:
            found = record.getMessage()
        except Exception as error:  # noqa: BLE001  any argument raises anything
            found = text(record.msg)
            if record.args:
                found += f" {text(record.args)} ({type(error).__name__})"
        return self._redactor.text(found)

    def given(self, record: "LogRecord") -> "dict[str, Json]":
        """What `extra=` gave."""
        given = vars(record)
        if len(given) <= len(STANDARD) and given.keys() <= STANDARD:
            return {}
        return self._redacted(
            {name: value for name, value in given.items() if name not in STANDARD}
        )

    def traces(self, record: "LogRecord") -> "dict[str, str]":
        """The traceback of an exception and the stack, where they were asked for."""
        found = {}
        if record.exc_info and record.exc_info[0] is not None:
            found["exception"] = TRACEBACK.formatException(record.exc_info)
        elif record.exc_text:
            found["exception"] = record.exc_text
        if record.stack_info:
            found["stack"] = str(record.stack_info)
        return {name: self._redactor.text(each) for name, each in found.items()}

    def _redacted(self, fields: "Mapping[str, object]") -> "dict[str, Json]":
        found = self._redactor.data({text(k): plain(v) for k, v in fields.items()})
        return found if isinstance(found, dict) else {"lost": found}


def _own_name(name: str, given: "Mapping[str, Json]") -> str:
    """A field's name that nothing else has."""
    found = name
    while found in OWN or (found != name and found in given):
        found = PREFIX + found
    return found
