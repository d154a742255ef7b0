"""`runspec deny`: the kill switch of this environment (DNY)."""

from __future__ import annotations

import os
from time import time

from ..audit import audited
from ..deny import files
from ..deny.file import read
from ..deny.rule import Rule, stamp
from ..deny.switch import add, take, writable
from ..deny.who import person
from ..errors import Fault, RunspecError
from ..render.text import BOLD, DIM, Style, escaped
from ..specfile import environment_directory
from . import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Args
    from ..spec.plain import Json

NOTHING = "Nothing is denied here."


def run(args: Args) -> int:
    """List or change what is denied; 1 where a file isn't right."""
    verb = (*args.runspec_command_path[1:], "list")[0]
    verbs = {"list": _list, "add": _add, "all": _all, "remove": _remove}
    return verbs[verb](args)


def _add(args: Args) -> int:
    rule = Rule(
        args.reason.value,
        runnable=args.runnable.value,
        user=args.user.value,
        host=args.host.value,
        by=person(),
        until=_until(args),
    )
    return _added(args, rule)


def _all(args: Args) -> int:
    return _added(args, Rule(args.reason.value, by=person(), until=_until(args)))


def _until(args: Args) -> str:
    from .moment import after

    text = args.until.value
    return "" if text is None else stamp(after(text, "until", time()))


def _added(args: Args, rule: Rule) -> int:
    path = writable(files(os.environ))
    add(path, rule)
    _record("deny", rule, path)
    if args.format.value == "json":
        output.show_json({"file": path, **rule.plain()})
        return 0
    style = output.style()
    until = f" until {_clock(rule.until)}" if rule.until else ""
    lines = [
        f"{style.paint('Denied', BOLD)}{until}: {_scope(rule)}.",
        *output.rows([("rule", rule.id), ("file", escaped(path))]),
        "",
        f"To let it run again: runspec deny remove {rule.id}",
    ]
    output.show("\n".join(lines))
    return 0


def _remove(args: Args) -> int:
    """Take a rule out of the file that it is in."""
    wanted: str = args.id.value
    known: list[str] = []
    for path in files(os.environ):
        rules = read(path)
        known += [rule.id for rule in rules]
        if wanted in known:
            taken = take(path, wanted)
            if taken is not None:
                return _removed(args, taken, path)
    from ..nearest import nearest

    near = tuple(nearest(wanted, known))
    raise RunspecError(
        Fault("deny-not-found", wanted, received=wanted, candidates=near)
    )


def _removed(args: Args, rule: Rule, path: str) -> int:
    _record("allow", rule, path)
    if args.format.value == "json":
        output.show_json({"file": path, **rule.plain()})
    else:
        removed = output.style().paint("No longer denied", BOLD)
        output.show(f"{removed}: {_scope(rule)}.")
    return 0


def _record(kind: str, rule: Rule, path: str) -> None:
    """Who changes the switch stands in the ledger, whatever the specs say."""
    directory = environment_directory(os.environ)
    details = {"rule": rule.id, "user": rule.user, "on": rule.host, "until": rule.until}
    fields = {"runnable": rule.runnable, "reason": rule.reason, "file": path, **details}
    audited(directory, "on", kind, dict(fields))


def _scope(rule: Rule) -> str:
    """`deploy* for ops on web-*`."""
    what = "everything" if rule.runnable == "*" else escaped(rule.runnable)
    who = "" if rule.user == "*" else f" for {escaped(rule.user)}"
    where = "" if rule.host == "*" else f" on {escaped(rule.host)}"
    return f"{what}{who}{where}"


def _clock(at: str) -> str:
    return f"{at[:16].replace('T', ' ')} UTC"


def _list(args: Args) -> int:
    """Every rule of both files; a file that isn't right denies everything."""
    found: list[tuple[str, Rule]] = []
    faults: list[Fault] = []
    for path in files(os.environ):
        try:
            found += [(path, rule) for rule in read(path)]
        except RunspecError as error:
            faults += error.faults
    if faults:
        output.complain(faults)
    if args.format.value == "json":
        output.show_json([_plain(path, rule) for path, rule in found])
    elif found:
        output.show(_listed(found, output.style()))
    elif not faults:
        output.show(NOTHING)
    return 1 if faults else 0


def _plain(path: str, rule: Rule) -> Json:
    return {**rule.plain(), "over": rule.is_over(time()), "file": path}


def _listed(found: list[tuple[str, Rule]], style: Style) -> str:
    lines = []
    for path in dict.fromkeys(path for path, _ in found):
        rules = [rule for place, rule in found if place == path]
        head = ("id", "runnable", "user", "host", "by", "until", "reason")
        title, *rows = output.rows([head, *map(_cells, rules)])
        lines += ["", style.paint(escaped(path), DIM), style.paint(title, BOLD), *rows]
    return "\n".join(lines[1:])


def _cells(rule: Rule) -> tuple[str, ...]:
    until = _clock(rule.until) if rule.until else "removed"
    over = " (over)" if rule.is_over(time()) else ""
    texts = (rule.id, rule.runnable, rule.user, rule.host, rule.by or "-")
    return (*map(escaped, texts), until + over, escaped(rule.reason))
