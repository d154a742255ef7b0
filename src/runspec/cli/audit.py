"""`runspec audit`: read the ledger, and find what was done to it (AUD)."""

from __future__ import annotations

import os
from collections import deque

from ..audit.verify import examined, signed_head
from ..errors import Fault, RunspecError
from ..render.text import BOLD, CYAN, RED, YELLOW, Style, escaped
from ..specfile import environment_directory
from . import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..audit.entry import Entry
    from ..audit.verify import Report
    from ..call import Args
    from ..record import Plain
    from ..spec.plain import Json

LAST = 50
LOOKS = {"refusal": RED, "denial": RED, "torn": YELLOW, "grant": CYAN, "approval": CYAN}
SHOWN = ("seq", "at", "up", "kind", "runnable", "principal", "host", "run")
"""Members that have a column, or are of no use to who reads it."""
HIDDEN = (*SHOWN, "uid", "login", "prev", "mac")
MOST_VALUE = 60
MOST_ANCHOR = 65_536


def run(args: Args) -> int:
    """Show, verify or sign; 1 where the ledger isn't as it was written."""
    verb = (*args.runspec_command_path[1:], "show")[0]
    verbs = {"show": _show, "record": _record, "verify": _verify, "head": _head}
    return verbs[verb](args)


def _record(args: Args) -> int:
    """Add what a script has done; 1 where it must be recorded and can't be."""
    from ..audit.event import AuditError, record_event

    try:
        found = record_event(
            args.event.value,
            args.outcome.value,
            target=_pairs(args.target.value),
            detail=_pairs(args.detail.value),
            strict=args.strict.value,
        )
    except AuditError as error:
        output.note(str(error))
        return 1
    if found is not None and args.format.value == "json":
        output.show_json(found)  # type: ignore[arg-type]
    return 0


def _pairs(texts: list[str] | None) -> dict[str, str]:
    return {name: value for name, _, value in (t.partition("=") for t in texts or ())}


def _directory() -> str:
    directory = environment_directory(os.environ)
    if not directory:
        detail = "this user has no home directory"
        raise RunspecError(Fault("unreadable", "audit.jsonl", detail=detail))
    return directory


def _show(args: Args) -> int:
    """The last records that the filters let through, oldest first."""
    count = _argument(args, "last")
    last: deque[Entry] = deque(maxlen=count if isinstance(count, int) else LAST)
    wanted = _filter(args)

    def each(entry: Entry) -> None:
        if wanted(entry):
            last.append(entry)

    report = examined(_directory(), each=each)
    if args.format.value == "json":
        output.show_json([_plain(entry) for entry in last])
    else:
        output.show(_listed(list(last), report))
    if not report.is_whole:
        output.note("the ledger was changed; `runspec audit verify` says where")
    return 0 if report.is_whole else 1


def _argument(args: Args, name: str) -> Any:
    """The value of an argument of `show`, which may not have been named."""
    found = args.get(name)
    return None if found is None else found.value


def _filter(args: Args) -> Callable[[Entry], bool]:
    from fnmatch import fnmatchcase
    from time import time

    from ..audit.entry import moment
    from .moment import before

    since = _argument(args, "since")
    start = moment(before(str(since), "since", time())) if since else ""
    kinds = _argument(args, "kind") or ()
    runnable = str(_argument(args, "runnable") or "*")

    def wanted(entry: Entry) -> bool:
        members = entry.members
        return (
            str(members["at"]) >= start
            and (not kinds or members["kind"] in kinds)
            and fnmatchcase(str(members["runnable"]), runnable)
        )

    return wanted


def _plain(entry: Entry) -> Json:
    return entry.members  # type: ignore[return-value]


def _listed(entries: list[Entry], report: Report) -> str:
    if not entries:
        count = output.counted(report.records, "record")
        return f"No record to show; the ledger has {count}." if report.records else NONE
    style = output.style()
    head = ("no", "at (UTC)", "kind", "runnable", "by", "host", "what")
    title, *rows = output.rows([head, *map(_cells, entries)], indent=0)
    return "\n".join([style.paint(title, BOLD), *map(_painter(style), entries, rows)])


NONE = "Nothing is recorded here yet."


def _painter(style: Style) -> Callable[[Entry, str], str]:
    def painted(entry: Entry, row: str) -> str:
        return style.paint(row, LOOKS.get(str(entry.members["kind"]), ""))

    return painted


def _cells(entry: Entry) -> tuple[str, ...]:
    members = entry.members
    texts = (members[name] for name in ("kind", "runnable", "principal", "host"))
    shown = (escaped(str(text)) or "-" for text in texts)
    return (str(entry.seq), _clock(str(members["at"])), *shown, _details(members))


def _clock(at: str) -> str:
    return at[:19].replace("T", " ")


def _details(members: dict[str, Plain]) -> str:
    """The other members, as `name=value`; the run by its last characters."""
    import json

    shown = [f"run={str(members['run'])[-8:]}"] if members["run"] else []
    for name, value in members.items():
        if name in HIDDEN or value in ("", None, [], {}):
            continue
        plain = value if isinstance(value, str) else json.dumps(value)
        cut = plain if len(plain) <= MOST_VALUE else f"{plain[:MOST_VALUE]}…"
        shown.append(f"{name}={cut}")
    return escaped(" ".join(shown))


def _verify(args: Args) -> int:
    """Hold the whole ledger against its head, and against an older one."""
    anchor = args.anchor.value
    kept = None if anchor is None else (str(anchor), _anchor(str(anchor)))
    report = examined(_directory(), kept)
    if args.format.value == "json":
        output.show_json(_report(report, str(anchor) if anchor else None))
    else:
        output.show(_said(report, str(anchor) if anchor else None))
    return 0 if report.is_whole else 1


def _anchor(path: str) -> bytes:
    from ..source.file import read_text

    found = read_text(path)
    if isinstance(found, Fault):
        raise RunspecError(found)
    return found.encode()[:MOST_ANCHOR]


def _report(report: Report, anchor: str | None) -> Json:
    from ..render.fault import faults_json

    found: list[Json] = faults_json(report.faults)  # type: ignore[assignment]
    return {**report.plain(), "anchor": anchor, "problems": found}


def _said(report: Report, anchor: str | None) -> str:
    style = output.style()
    parts = [output.faults(report.faults)] if report.faults else []
    lines = [_verdict(report, style), *output.rows(_facts(report, anchor))]
    return "\n\n".join([*parts, "\n".join(lines)])


def _verdict(report: Report, style: Style) -> str:
    if not report.is_whole:
        tally = ", ".join(output.tally(report.faults))
        verdict = style.paint("The ledger is not as it was written", RED)
        return f"{verdict}: {tally}."
    if not report.records:
        return NONE
    count = output.counted(report.records, "record")
    return f"{style.paint('The ledger is whole', BOLD)}: {count}."


def _facts(report: Report, anchor: str | None) -> list[tuple[str, ...]]:
    size = output.counted(report.size, "byte")
    found: list[tuple[str, ...]] = [("file", f"{escaped(report.path)} ({size})")]
    if report.first:
        found.append(("from", f"{_clock(report.first)} UTC"))
        found.append(("to", f"{_clock(report.last)} UTC"))
    if report.head is not None and report.head.count:
        counted = output.counted(report.head.count, "record")
        found.append(("head", f"signed for {counted}"))
    if not report.is_whole:
        first = f"the first {output.counted(report.sound, 'record')}"
        found.append(("right", first if report.sound else "none of it"))
    if report.torn:
        found.append(
            ("torn", f"{output.counted(report.torn, 'line')}, by killed writers")
        )
    if anchor is not None and report.is_whole:
        found.append(("anchor", f"{escaped(anchor)} is a part of it"))
    return found


def _head(_: Args) -> int:
    """The signed head as it is kept, to be kept elsewhere, too."""
    head = signed_head(_directory())
    if not head:
        output.note("nothing is recorded here yet")
        return 1
    output.show_utf8(head)
    return 0
