"""Runs of the history, as text and as JSON."""

from __future__ import annotations

from time import localtime, strftime, time_ns

from ..errors import MASK
from ..logs.encode import utc
from ..logs.summary import duration
from ..records.rows import FAILED, LOST, REFUSED, RUNNING
from ..render.text import BOLD, CYAN, DIM, RED, YELLOW, escaped, shortened
from ..render.visible import quoted, visible
from .output import rows
from .table import ID, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..records.query import Sums
    from ..records.rows import Run
    from ..render.text import Style
    from ..spec.plain import Json

LOOKS = {FAILED: RED, REFUSED: YELLOW, LOST: YELLOW, RUNNING: CYAN}
SOURCES = {
    "cli": "the command line",
    "prompt": "a prompt",
    "env": "the environment",
    "runspec_env": "the env file",
    "config": "the config file",
    "spec_default": "the default",
    "not_set": "not given",
}
VIA = {
    "parse": "the program itself",
    "run": "runspec run",
    "serve": "runspec serve",
    "launch": "runspec launch",
    "jump": "runspec jump",
}
STOPPED = {
    "cancelled": "cancelled",
    "timeout": "timed out",
    "not-started": "not started",
}
ENDINGS = {**STOPPED, "exception": "an uncaught exception"}
UNKNOWN = "-"
LONGEST = 60
"""Characters of a call that a list shows."""


def listed(runs: Sequence[Run], style: Style) -> str:
    """A line for each."""
    head = ("began", "runnable", "status", "took", "by", "id")
    cells = [
        [
            (_short_time(run.number("began")), ""),
            (_call_text(run), ""),
            (_outcome(run), LOOKS.get(run.state, "")),
            (_took(run), ""),
            (_by(run), ""),
            (escaped(run.id[-ID:]), DIM),
        ]
        for run in runs
    ]
    return table([[(title, BOLD) for title in head], *cells], style, wide=1)


def summed(sums: Sequence[Sums], style: Style) -> str:
    """A line for each runnable."""
    head = ("runnable", "runs", "failed", "refused", "lost", "median", "95 %", "last")
    cells = [
        [
            (escaped(each.runnable) or UNKNOWN, ""),
            (str(each.runs), ""),
            (str(each.failed), RED if each.failed else ""),
            (str(each.refused), YELLOW if each.refused else ""),
            (str(each.lost), YELLOW if each.lost else ""),
            (_seconds(each.median), ""),
            (_seconds(each.p95), ""),
            (_short_time(each.last), ""),
        ]
        for each in sums
    ]
    return table([[(title, BOLD) for title in head], *cells], style, wide=0)


def shown(run: Run, style: Style) -> str:
    """All that is known of one."""
    look = LOOKS.get(run.state, "")
    head = f"{style.paint(_name(run), BOLD)}  {style.paint(_outcome(run), look)}"
    facts = [(name, text) for name, text in _facts(run) if text]
    lines = [head, "", *rows(facts)]
    if run.values:
        values = [
            (escaped(name), SOURCES.get(source, escaped(source)), _value(text))
            for name, source, text in run.values
        ]
        lines += ["", "Values, and where each comes from:", *rows(values)]
    return "\n".join(lines)


def plain(run: Run) -> Json:
    """One run as JSON; times in UTC (RFC 3339)."""
    return {
        "run": run.id,
        "parent": run.text("parent") or None,
        "via": run.text("via"),
        "runnable": run.text("runnable"),
        "command": [*run.command],
        "spec": run.text("spec"),
        "state": run.state,
        "status": run.number("status"),
        "ending": run.text("ending") or None,
        "code": run.text("code") or None,
        "detail": run.text("detail") or None,
        "began": _utc(run.number("began")),
        "ended": None if run.state == RUNNING else _utc(run.number("ended")),
        "noticed": _utc(run.number("noticed")),
        "seconds": run.seconds,
        "counts": {**run.counts},
        "agent": bool(run.number("agent")),
        "autonomy": run.text("autonomy"),
        "values": [
            {"name": name, "source": source, "value": text}
            for name, source, text in run.values
        ],
        "label": run.text("label") or None,
        "principal": run.text("principal") or None,
        "operator": _plain_operator(run),
        "claims": {**run.claims},
        "host": run.text("host"),
        "pid": run.number("pid"),
        "cwd": run.text("cwd"),
    }


def plain_sums(sums: Sums) -> Json:
    """What the runs of a runnable come to, as JSON."""
    return {
        "runnable": sums.runnable,
        "runs": sums.runs,
        "ok": sums.ok,
        "failed": sums.failed,
        "refused": sums.refused,
        "lost": sums.lost,
        "running": sums.running,
        "median_seconds": sums.median,
        "p95_seconds": sums.p95,
        "last": _utc(sums.last),
    }


def _plain_operator(run: Run) -> Json:
    found: dict[str, Json] = {}
    for column in ("uid", "euid", "login"):
        number = run.number(column)
        found[column] = number
        found[f"{column}_name"] = None if number is None else _account(number)
    return {**found, "ssh": run.text("ssh") or None}


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    yield "id", escaped(run.id)
    yield "began", _long_time(run.number("began"))
    yield "ended", "" if run.state == RUNNING else _long_time(run.number("ended"))
    yield "noticed", _noticed(run)
    yield "took", _took(run).removeprefix(UNKNOWN)
    yield "ending", _ending(run)
    yield "logged", ", ".join(f"{n} {escaped(each)}" for each, n in run.counts.items())
    yield "by", _operator(run)
    yield "asked by", visible(run.text("principal"))
    yield "claimed", _claims(run)
    yield "autonomy", escaped(run.text("autonomy"))
    yield "recorded by", VIA.get(run.text("via"), escaped(run.text("via")))
    yield "part of", escaped(run.text("parent"))
    yield "label", visible(run.text("label"))
    yield "host", escaped(run.text("host"))
    yield "process", str(run.number("pid") or "")
    yield "directory", escaped(run.text("cwd"))
    yield "declared in", escaped(run.text("spec"))


def _name(run: Run) -> str:
    return escaped(" ".join((run.text("runnable") or UNKNOWN, *run.command)))


def _call_text(run: Run) -> str:
    """The call as it was typed, as far as it fits into a line."""
    if run.state == REFUSED:
        given = [run.text("detail")]
    else:
        given = [
            f"{name}={','.join((text or '').split(chr(10)))}"
            for name, source, text in run.values
            if source == "cli"
        ]
    return shortened(" ".join((_name(run), *map(visible, given))).strip(), LONGEST)


def _outcome(run: Run) -> str:
    """`ok`, `failed 7`, `SIGTERM`, `timed out`, or its state."""
    status = run.number("status")
    if run.state != FAILED:
        return run.state
    if run.text("ending") in STOPPED:
        return STOPPED[run.text("ending")]
    if run.text("ending") == "signal" or (status or 0) < 0:
        return _signal(run)
    return FAILED if status is None else f"{FAILED} {status}"


def _signal(run: Run) -> str:
    from signal import Signals

    try:
        return Signals(-(run.number("status") or 0)).name
    except ValueError:
        return escaped(run.text("detail")) or FAILED


def _ending(run: Run) -> str:
    """Why it ended as it did, where there is more to say than its status."""
    status = run.number("status")
    if run.state == REFUSED:
        return visible(": ".join(filter(None, (run.text("code"), run.text("detail")))))
    if run.state == LOST:
        return "its process was gone, without a word of how it ended"
    parts = [ENDINGS.get(run.text("ending"), ""), visible(run.text("detail"))]
    if status is not None:
        parts.append(f"exit status {status}" if status >= 0 else _signal(run))
    return ", ".join(filter(None, parts))


def _noticed(run: Run) -> str:
    noticed = _long_time(run.number("noticed"))
    return f"{noticed}, that it was lost" if noticed else ""


def _by(run: Run) -> str:
    """Who ran it, by the kernel's word, in few words."""
    uid, euid, login = (run.number(each) for each in ("uid", "euid", "login"))
    if uid is None:
        return UNKNOWN
    first = uid if login is None else login
    now = uid if euid in (None, uid) else euid
    name = _account(first) if now == first else f"{_account(first)} as {_account(now)}"
    return f"{name}, agent" if run.number("agent") else name


def _operator(run: Run) -> str:
    """The same, whole."""
    uid, euid, login = (run.number(each) for each in ("uid", "euid", "login"))
    if uid is None:
        return ""
    parts = ["an agent, as " * (run.number("agent") or 0) + _numbered(uid)]
    if euid not in (None, uid):
        parts.append(f"with the rights of {_numbered(euid)}")
    if login not in (None, uid):
        parts.append(f"logged in as {_numbered(login)}")
    return ", ".join(parts)


def _claims(run: Run) -> str:
    """What the environment said, which anybody can set."""
    found = [f"{visible(name)}={quoted(text)}" for name, text in run.claims.items()]
    return " ".join(found)


def _numbered(uid: int) -> str:
    name = _account(uid)
    return name if name.startswith("uid ") else f"{name} (uid {uid})"


def _account(uid: int) -> str:
    from pwd import getpwuid

    try:
        return escaped(getpwuid(uid).pw_name)
    except (KeyError, OverflowError):
        return f"uid {uid}"


def _took(run: Run) -> str:
    began = run.number("began")
    if run.state == RUNNING and began is not None:
        return duration(max(0, time_ns() - began) / 1e9)
    return _seconds(run.seconds)


def _seconds(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else duration(seconds)


def _value(text: str | None) -> str:
    if text is None:
        return "nothing"
    return text if text == MASK else ", ".join(map(quoted, text.split("\n")))


def _long_time(nanoseconds: int | None) -> str:
    return _clock(nanoseconds, "%Y-%m-%d %H:%M:%S %Z")


def _short_time(nanoseconds: int | None) -> str:
    """The time of a day today, the day before that."""
    if _clock(nanoseconds, "%Y%j") == strftime("%Y%j"):
        return _clock(nanoseconds, "%H:%M:%S")
    if _clock(nanoseconds, "%Y") == strftime("%Y"):
        return _clock(nanoseconds, "%m-%d %H:%M")
    return _clock(nanoseconds, "%Y-%m-%d")


def _clock(nanoseconds: int | None, form: str) -> str:
    if nanoseconds is None:
        return ""
    try:
        return strftime(form, localtime(nanoseconds // 1_000_000_000))
    except (OverflowError, ValueError, OSError):
        return UNKNOWN


def _utc(nanoseconds: int | None) -> str | None:
    try:
        return None if nanoseconds is None else utc(nanoseconds / 1e9)
    except (OverflowError, ValueError, OSError):
        return None
