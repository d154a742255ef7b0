"""`runspec history`: what ran here, and how it ended (HIS)."""

from __future__ import annotations

import os
from importlib.util import find_spec
from time import time

from ..errors import CallError, Fault, RunspecError
from ..records import query
from ..records.query import Filter
from ..records.rows import STATES
from ..records.store import NOT_KEPT, Store
from ..render.text import DIM
from ..specfile import environment_directory
from . import output, runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from sqlite3 import Connection

    from ..call import Args
    from ..records.query import Sums
    from ..records.rows import Run

    Show = Callable[[], None]

DAY = 86_400
NOTHING = """\
Nothing is recorded here yet.

A program that calls runspec's parse() is recorded each time it runs, and so is what
`runspec run` and `runspec serve` start, unless [config] says history = false."""


def run(args: Args) -> int:
    """Show or prune what ran; 1 where something isn't there or can't be kept."""
    directory = environment_directory(os.environ)
    if not directory:
        raise _unreadable("this user has no home directory")
    if not find_spec("_sqlite3"):
        raise _unreadable("this Python was built without sqlite3")
    verb = (*args.runspec_command_path[1:], "list")[0]
    store = Store(directory)
    try:
        show = VERBS[verb](store, args)
    finally:
        if store.notes:
            output.complain(store.notes)
    show()
    return int(any(note.code == NOT_KEPT for note in store.notes))


def _unreadable(why: str) -> RunspecError:
    return RunspecError(Fault("unreadable", "history.db", detail=why))


def _list(store: Store, args: Args, *, running: bool = False) -> Show:
    wanted, most = _filter(args), args.limit.value

    def question(connection: Connection) -> tuple[list[Run], int, bool]:
        found = query.find(connection, wanted, most, running=running)
        total = query.count(connection, wanted, running=running)
        return found, total, query.is_empty(connection)

    found, total, nothing = store.ask(question)
    if args.format.value == "json":
        return lambda: output.show_json([runs.plain(each) for each in found])
    return lambda: output.show(_listed(found, total, nothing=nothing))


def _listed(found: list[Run], total: int, *, nothing: bool) -> str:
    if not found:
        return NOTHING if nothing else "No run is like that."
    style = output.style()
    text = runs.listed(found, style)
    if total == len(found):
        return text
    more = f"The newest {len(found)} of {total}; --limit 0 shows all."
    return f"{text}\n\n{style.paint(more, DIM)}"


def _running(store: Store, args: Args) -> Show:
    return _list(store, args, running=True)


def _show(store: Store, args: Args) -> Show:
    part = str(args.id.value).lower()
    found = store.ask(lambda connection: query.find_one(connection, part))
    if args.format.value == "json":
        return lambda: output.show_json(runs.plain(found))
    return lambda: output.show(runs.shown(found, output.style()))


def _stats(store: Store, args: Args) -> Show:
    wanted = _filter(args)

    def question(connection: Connection) -> tuple[list[Sums], bool]:
        return query.stats(connection, wanted), query.is_empty(connection)

    found, nothing = store.ask(question)
    if args.format.value == "json":
        return lambda: output.show_json([runs.plain_sums(each) for each in found])
    if not found:
        return lambda: output.show(_listed([], 0, nothing=nothing))
    return lambda: output.show(runs.summed(found, output.style()))


def _prune(store: Store, args: Args) -> Show:
    wanted, days, most = _filter(args), args.keep_days.value, args.max.value
    before = None if days is None else int((time() - days * DAY) * 1e9)

    def delete(connection: Connection) -> int:
        return query.prune(connection, wanted, before=before, most=most)

    removed, left = store.prune(delete)
    if args.format.value == "json":
        return lambda: output.show_json({"removed": removed, "left": left})
    return lambda: output.show(output.removed(removed, left))


def _reindex(store: Store, args: Args) -> Show:
    found = store.reindex()
    if args.format.value == "json":
        return lambda: output.show_json({"runs": found})
    counted = output.counted(found, "run")
    return lambda: output.show(f"Rebuilt the history: it has {counted}.")


VERBS: dict[str, Callable[[Store, Args], Show]] = {
    "list": _list,
    "running": _running,
    "show": _show,
    "stats": _stats,
    "prune": _prune,
    "reindex": _reindex,
}


def _filter(args: Args) -> Filter:
    """What the options name. Raises CallError."""
    from .moment import before

    since = args.since.value
    return Filter(
        runnable=args.runnable.value,
        status=_status(args.status.value),
        user=_user(args.user.value),
        since=None if since is None else int(before(since, "since", time()) * 1e9),
        label=args.label.value,
    )


def _status(text: str | None) -> str | int | None:
    if text is None or text in STATES:
        return text
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) < 10:
        return int(text)
    words = (*STATES, "a number")
    raise CallError(Fault("not-an-option", "status", received=text, expected=words))


def _user(text: str | None) -> int | None:
    """A uid, of which the system may know a name."""
    from pwd import getpwnam

    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) < 11:
        return int(text)
    try:
        return getpwnam(text).pw_uid
    except (KeyError, ValueError):
        detail = "this machine has no such user"
        fault = Fault("not-valid", "user", received=text, detail=detail)
        raise CallError(fault) from None
