"""The audit ledger: who let what run, kept so that no change of it goes unseen (AUD).

audit.jsonl   one record a line, each marked and chained to the one before
audit.head    how many there are, and the mark of the last one; marked, too
audit.key     32 random bytes; who can read it can write a ledger anew
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..errors import RunspecError
    from ..record import Plain

_warned = False


def audited(directory: str, level: str, kind: str, fields: Mapping[str, Plain]) -> None:
    """Add a record to the ledger of a directory (AUD-02).

    `level` is that of the spec: "off" does nothing, "on" says once on stderr that it
    can't be written, "required" raises RunspecError then and waits for the disk.
    `fields` hold no secrets.
    """
    if level == "off":
        return
    from ..errors import RunspecError
    from .ledger import Ledger

    try:
        Ledger(directory).append(kind, fields, sync=level == "required")
    except RunspecError as error:
        if level == "required":
            raise
        warn_of(f"{kind} {fields.get('runnable', '')}".rstrip(), error)


def warn_of(record: str, error: RunspecError) -> None:
    """Say on stderr, once in a process, that a record isn't kept."""
    global _warned
    if _warned:
        return
    _warned = True
    import os

    from ..errors import Fault
    from ..render.fault import render_faults
    from ..render.text import Style, show
    from ..render.words import Names, say

    why = say(error.faults[0], Names()).message
    warning = Fault("audit-skipped", record, severity="warning", detail=why)
    style = Style.for_stream(sys.stderr, os.environ)
    show(render_faults([warning], style=style), sys.stderr)


class _Module(type(sys)):  # type: ignore[misc]
    """This package, which is the documented function `runspec.audit` as well."""

    def __call__(self, *args: Any, **options: Any) -> dict[str, Plain] | None:
        from .event import record_event

        return record_event(*args, **options)


sys.modules[__name__].__class__ = _Module
