"""Records that a program makes of what it does itself: `runspec.audit(…)` (AUD-02)."""

from __future__ import annotations

import os

from ..errors import RunspecError
from ..specfile import environment_directory
from .journal import SOCKET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..record import Plain


class AuditError(Exception):
    """A record that must be made and can't be; its text says why."""


def record_event(
    event: str,
    outcome: str = "",
    *,
    target: Mapping[str, object] | None = None,
    detail: Mapping[str, object] | None = None,
    strict: bool = False,
    ledger_dir: str | os.PathLike[str] | None = None,
    syslog: bool | None = None,
) -> dict[str, Plain] | None:
    """Add a record of the kind `event` to the ledger; its own members, as kept.

    Where it can't be written, None and once a warning on stderr; with `strict` raises
    AuditError. `ledger_dir` is another directory of a ledger (AUD-03); with `syslog`
    false the system's journal isn't told (AUD-07).
    """
    from . import warn_of
    from .ledger import Ledger

    fields: dict[str, Plain] = {
        "event": event,
        "outcome": outcome,
        "target": _plain(dict(target or {})),
        "detail": _plain(dict(detail or {})),
        "runnable": os.environ.get("RUNSPEC_RUNNABLE", ""),
        "run": os.environ.get("RUNSPEC_RUN_ID", ""),
    }
    directory = os.fspath(ledger_dir or environment_directory(os.environ))
    journal = "" if syslog is False else SOCKET
    try:
        Ledger(directory, journal).append("event", fields, sync=strict)
    except RunspecError as error:
        if strict:
            raise AuditError(str(error)) from None
        warn_of(f"event {event}", error)
        return None
    return fields


def _plain(value: object) -> Plain:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
