"""`runspec history`: what ran here, and how it ended (HIS)."""

from __future__ import annotations

import os
from importlib.util import find_spec
from time import time

from ..errors import CallError, Fault, RunspecError
from ..record import JOURNAL
from ..records import query
from ..records.database import FILE
from ..records.query import Filter
from ..records.rows import STATES
from ..records.store import NOT_KEPT, Store
from ..render.text import DIM, escaped, listed
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
RECORDS = (JOURNAL, FILE)
MOST_NAMES = 5
ELSEWHERE = """\
Each environment has a history of its own, and others have one: {}.
`runspec history --all` shows the runs of all of them."""
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
    if args.all.value and verb in ("list", "running"):
        return _list_all(directory, args, running=verb == "running")
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


class Listing:
    """The newest runs of one environment or of several.

    `total` is how many there are, `refused` how many calls that never began are left
    out of them; `is_empty`: nothing is recorded at all.
    """

    __slots__ = ("is_empty", "refused", "runs", "total")

    def __init__(
        self, found: list[Run], total: int, refused: int, *, is_empty: bool
    ) -> None:
        self.runs = found
        self.total = total
        self.refused = refused
        self.is_empty = is_empty

    def add(self, other: Listing, most: int) -> None:
        """Take in those of another environment; `most` runs stay, 0: all."""
        self.runs.extend(other.runs)
        self.runs.sort(key=lambda run: run.id, reverse=True)
        del self.runs[most or len(self.runs) :]
        self.total += other.total
        self.refused += other.refused
        self.is_empty = self.is_empty and other.is_empty


def _list(store: Store, args: Args, *, running: bool = False) -> Show:
    listing = _listing(store, args, running=running)
    return lambda: _show_listing(listing, args)


def _listing(store: Store, args: Args, *, running: bool) -> Listing:
    """What `args` ask for; in text, refused calls are listed only on demand."""
    whole = wanted = _filter(args)
    most = args.limit.value
    if args.format.value == "text" and args.status.value is None:
        wanted = _filter(args)
        wanted.without_refused()

    def question(connection: Connection) -> Listing:
        found = query.find(connection, wanted, most, running=running)
        total = query.count(connection, wanted, running=running)
        refused = 0
        if wanted is not whole:
            refused = query.count(connection, whole, running=running) - total
        nothing = query.is_empty(connection)
        return Listing(found, total, refused, is_empty=nothing)

    return store.ask(question)


def _list_all(directory: str, args: Args, *, running: bool) -> int:
    """The runs of every environment of this user; 1 where some can't be kept."""
    listing = Listing([], 0, 0, is_empty=True)
    notes = []
    for each in (directory, *_others(directory)):
        store = Store(each)
        try:
            listing.add(_listing(store, args, running=running), args.limit.value)
        finally:
            notes += store.notes
    if notes:
        output.complain(notes)
    _show_listing(listing, args)
    return int(any(note.code == NOT_KEPT for note in notes))


def _others(directory: str) -> list[str]:
    """The directories of this user's other environments that have records."""
    above = os.path.dirname(directory)
    try:
        names = sorted(os.listdir(above))
    except OSError:
        return []
    paths = [os.path.join(above, name) for name in names]
    return [
        path
        for path in paths
        if path != directory
        and any(os.path.lexists(os.path.join(path, each)) for each in RECORDS)
    ]


def _show_listing(listing: Listing, args: Args) -> None:
    if args.format.value == "json":
        output.show_json([runs.plain(each) for each in listing.runs])
    else:
        output.show(_text(listing))


def _text(listing: Listing) -> str:
    style = output.style()
    notes = []
    if len(listing.runs) < listing.total:
        notes.append(
            f"The newest {len(listing.runs)} of {listing.total}; --limit 0 shows all."
        )
    if listing.refused:
        calls = output.counted(listing.refused, "refused call")
        notes.append(f"{calls} left out; --status refused shows them.")
    if listing.runs:
        text = runs.listed(listing.runs, style)
    else:
        text = _nothing() if listing.is_empty else "No run is like that."
    if not notes:
        return text
    painted = [style.paint(note, DIM) for note in notes]
    return text + "\n\n" + "\n".join(painted)


def _nothing() -> str:
    """That nothing is recorded, with the environments in which something is."""
    others = _others(environment_directory(os.environ))
    if not others:
        return NOTHING
    names = [os.path.basename(each).rpartition("-")[0] for each in others]
    named = listed(dict.fromkeys(map(escaped, names[:MOST_NAMES])), "and")
    more = len(names) - MOST_NAMES
    named += f" and {more} more" if more > 0 else ""
    return f"{NOTHING}\n\n{ELSEWHERE.format(named)}"


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
        return lambda: output.show(_nothing() if nothing else "No run is like that.")
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


ALIASES = {"completed": "ok", "crashed": "lost"}
"""Other words for how a run ended."""


def _status(text: str | None) -> str | int | None:
    text = ALIASES.get(text or "", text)
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
