"""`runspec deny`: the kill switch of this environment (DNY)."""

from __future__ import annotations

import os
import sys
from itertools import product
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
FOREIGN = "runspec_denylist.toml"
"""Where another implementation keeps its rules."""


def run(args: Args) -> int:
    """List or change what is denied; 1 where a file isn't right."""
    verb = (*args.runspec_command_path[1:], "list")[0]
    return VERBS[verb](args)


def _add(args: Args) -> int:
    """A rule for each combination of what was named."""
    scopes = product(args.runnable.value, args.user.value, args.host.value)
    about = {"by": person(), "until": _until(args)}
    reason = args.reason.value
    return _add_rules(
        args,
        *(
            Rule(reason, runnable=runnable, user=user, host=host, **about)
            for runnable, user, host in scopes
        ),
    )


def _all(args: Args) -> int:
    return _add_rules(args, Rule(args.reason.value, by=person(), until=_until(args)))


def _until(args: Args) -> str:
    from .moment import after

    text = args.until.value
    return "" if text is None else stamp(after(text, "until", time()))


def _add_rules(args: Args, *rules: Rule) -> int:
    path = writable(files(os.environ))
    for rule in rules:
        add(path, rule)
        _record("deny", rule, path)
    if args.format.value == "json":
        for rule in rules:
            output.show_json({"file": path, **rule.plain()})
        return 0
    output.show("\n\n".join(_describe(rule, path) for rule in rules))
    return 0


def _describe(rule: Rule, path: str) -> str:
    until = f" until {_clock(rule.until)}" if rule.until else ""
    lines = [
        f"{output.style().paint('Denied', BOLD)}{until}: {_scope(rule)}.",
        *output.rows([("rule", rule.id), ("file", escaped(path))]),
        "",
        f"To let it run again: runspec deny remove {rule.id}",
    ]
    return "\n".join(lines)


def _rules() -> list[tuple[str, Rule]]:
    """Each with its file, in the order in which they are listed."""
    return [(path, rule) for path in files(os.environ) for rule in read(path)]


def _remove(args: Args) -> int:
    """Take a rule out of the file that it is in, or those for a runnable."""
    found = _rules()
    globs, wanted = args.runnable.value, args.id.value
    if globs:
        chosen = [each for each in found if each[1].runnable in globs]
        missing = [
            each for each in globs if each not in {rule.runnable for _, rule in chosen}
        ]
        if missing:
            raise _not_found(missing[0], [rule.runnable for _, rule in found])
        return _take_rules(args, chosen)
    known = [rule.id for _, rule in found]
    if wanted in known:
        return _take_rules(args, [found[known.index(wanted)]])
    if wanted.isascii() and wanted.isdecimal() and 0 < int(wanted[:9]) <= len(found):
        return _take_rules(args, [found[int(wanted) - 1]])
    raise _not_found(wanted, known)


def _not_found(wanted: str, known: list[str]) -> RunspecError:
    from ..nearest import nearest

    near = tuple(nearest(wanted, known))
    fault = Fault("deny-not-found", wanted, received=wanted, candidates=near)
    return RunspecError(fault)


def _enable(args: Args) -> int:
    """Take away what denies everything."""
    everything = ("*", "*", "*")
    scopes = [
        (each, (each[1].runnable, each[1].user, each[1].host)) for each in _rules()
    ]
    return _take_rules(args, [each for each, scope in scopes if scope == everything])


def _clear(args: Args) -> int:
    return _take_rules(args, _rules())


def _mode(args: Args) -> int:
    """There is one."""
    del args
    return 0


def _take_rules(args: Args, chosen: list[tuple[str, Rule]]) -> int:
    """Take rules away; those that somebody else has taken meanwhile are gone."""
    taken: list[tuple[str, Rule]] = []
    for path, rule in chosen:
        if take(path, rule.id) is not None:
            _record("allow", rule, path)
            taken.append((path, rule))
    if args.format.value == "json":
        for path, rule in taken:
            output.show_json({"file": path, **rule.plain()})
        return 0
    removed = output.style().paint("No longer denied", BOLD)
    lines = [f"{removed}: {_scope(rule)}." for _, rule in taken]
    output.show("\n".join(lines) or NOTHING)
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
    foreign = os.path.join(sys.prefix, FOREIGN)
    if os.path.lexists(foreign):
        output.note(f"{escaped(foreign)} isn't read: add its rules here")
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


VERBS = {
    "list": _list,
    "add": _add,
    "all": _all,
    "remove": _remove,
    "enable": _enable,
    "clear": _clear,
    "mode": _mode,
}
