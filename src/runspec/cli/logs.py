"""`runspec logs`: what runnables have logged (LOG)."""

from __future__ import annotations

import os
from time import localtime, sleep, strftime, time

from ..errors import Fault, FilePlace, RunspecError, SpecError
from ..logs.kept import Kept, logs_in, prune
from ..logs.line import Line, Wanted
from ..logs.place import FOLDER, home_of
from ..logs.reader import Reader
from ..logs.runfile import RunReader
from ..render.text import BOLD, DIM, escaped
from ..specfile import environment_directory
from . import output
from .lookup import locate, spec_from_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..call import Args
    from ..spec.plain import Json

DAY = 86_400
PAUSE = 0.2
"""Seconds between two looks at a log that is followed."""
BATCH = 500
"""Lines that are written at once."""
UNITS = ("bytes", "kB", "MB", "GB", "TB")
NOTHING = "There are no logs yet: a spec with [config.logging] makes its runnables log."


def run(args: Args) -> int:
    """Show, list or prune logs; 1 where there is none of a runnable."""
    verb = (*args.runspec_command_path[1:], "")[0]
    name = args.name.value
    if verb:
        name = args.log.value or name
    if verb == "prune":
        return _prune(name, args)
    if verb == "status" or name is None:
        return _status(name, as_json=args.json.value)
    return _show(name, args)


def _show(name: str, args: Args) -> int:
    folders = _folders_of(name)
    since = _since(args.since.value)
    wanted = Wanted(args.run.value or "", _utc(since), args.level.value or "")
    readers = [
        reader
        for folder in folders
        for reader in (
            Reader(folder, f"{name}.log", since),
            RunReader(folder, name, since),
        )
    ]
    found: Iterator[Line] = filter(wanted.has, _merge(readers))
    if args.last.value is not None:
        from collections import deque

        found = iter(deque(found, maxlen=args.last.value))
    _write(found, as_json=args.json.value)
    while args.follow.value:
        sleep(PAUSE)
        _write(filter(wanted.has, _merge(readers)), as_json=args.json.value)
    if any(kept.name == name for folder in folders for kept in logs_in(folder)):
        return 0
    output.note(f"{escaped(name)} has logged nothing yet")
    return 1


def _merge(readers: Iterable[Reader | RunReader]) -> Iterator[Line]:
    """The lines of several logs by their time."""
    from heapq import merge

    logs = [map(Line, reader.lines()) for reader in readers]
    return merge(*logs, key=lambda line: line.time)


def _write(lines: Iterable[Line], *, as_json: bool) -> None:
    """Write lines as they come, some at a time."""
    batch: list[str] = []
    style = output.style()
    show = output.show_utf8 if as_json else output.show
    for line in lines:
        batch.append(_plain(line) if as_json else line.shown(style))
        if len(batch) == BATCH:
            show("\n".join(batch))
            batch.clear()
    if batch:
        show("\n".join(batch))


def _plain(line: Line) -> str:
    """A line of JSON, also of what isn't."""
    text = line.raw.decode("utf-8", "replace")
    if line.fields is not None:
        return text
    import json

    return json.dumps({"malformed": text}, ensure_ascii=False)


def _since(text: str | None) -> float:
    if text is None:
        return 0.0
    from .moment import before

    return before(text, "since", time())


def _utc(seconds: float) -> str:
    from ..logs.encode import utc

    return utc(seconds) if seconds > 0 else ""


def _folders_of(name: str) -> list[str]:
    """Where a runnable's log may be. Raises SpecError where nothing is called that."""
    own = _own_folder()
    try:
        found = [f"{home_of(locate(name).path)}/{FOLDER}"]
    except SpecError:
        if not any(kept.name == name for kept in logs_in(own)):
            raise
        found = []
    return [*found, own] if own else found


def _own_folder() -> str:
    """The folder of what can't be kept beside its spec; "" without a home."""
    own = environment_directory(os.environ)
    return own and f"{own}/{FOLDER}"


def _all() -> list[Kept]:
    """The logs of what is installed, of the spec here and of this user."""
    from ..spec.catalogue import Catalogue

    catalogue = Catalogue()
    catalogue.environment.save()
    paths = [*catalogue.summaries, *filter(None, [spec_from_here()])]
    folders = [f"{home_of(path)}/{FOLDER}" for path in paths]
    unique = dict.fromkeys([*folders, *filter(None, [_own_folder()])])
    return [kept for folder in unique for kept in logs_in(folder)]


def _chosen(name: str | None) -> list[Kept]:
    if name is None:
        return _all()
    folders = _folders_of(name)
    return [kept for each in folders for kept in logs_in(each) if kept.name == name]


def _status(name: str | None, *, as_json: bool) -> int:
    found = _chosen(name)
    if as_json:
        output.show_json([_row(kept) for kept in found])
    elif found:
        output.show(_listed(found))
    elif name is None:
        output.show(NOTHING)
    else:
        output.show(f"{escaped(name)} has logged nothing yet.")
    return 0


def _row(kept: Kept) -> Json:
    return {
        "runnable": kept.name,
        "path": kept.path,
        "files": kept.files,
        "bytes": kept.size,
        "written": kept.written,
    }


def _listed(found: list[Kept]) -> str:
    style = output.style()
    head = ("runnable", "size", "files", "last written", "log")
    cells = [
        (
            escaped(kept.name),
            _size(kept.size),
            str(kept.files),
            strftime("%Y-%m-%d %H:%M", localtime(kept.written)),
            escaped(kept.path),
        )
        for kept in found
    ]
    title, *rows = output.rows([head, *cells], indent=0)
    more = style.paint("To read one: runspec logs RUNNABLE", DIM)
    return "\n".join([style.paint(title, BOLD), *rows, "", more])


def _size(count: int) -> str:
    """`512 bytes`, `1.5 MB`."""
    size, unit = float(count), 0
    while size >= 999.5 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{count} {UNITS[0]}" if not unit else f"{size:.3g} {UNITS[unit]}"


def _prune(name: str | None, args: Args) -> int:
    days, most = args.keep_days.value, args.max.value
    before = None if days is None else time() - days * DAY
    files = size = 0
    for kept in _chosen(name):
        try:
            removed = prune(kept, before, most, dry_run=args.dry_run.value)
        except OSError as error:
            place = FilePlace(kept.path, 0, 0)
            detail = error.strerror or ""
            fault = Fault("unwritable", kept.path, place, detail=detail)
            raise RunspecError(fault) from None
        files, size = files + removed[0], size + removed[1]
    if args.json.value:
        output.show_json({"removed": files, "bytes": size})
    else:
        verb = "Would remove" if args.dry_run.value else "Removed"
        output.show(f"{verb} {output.counted(files, 'old file')}, {_size(size)}.")
    return 0
