"""Write the compiled form of a spec, for `runspec.specfile` to read."""

from __future__ import annotations

import marshal
import os

from ..model import Record
from ..paths import IS_POSIX
from ..source.replace import is_settled, replace
from ..specfile import MAGIC, STAMP, checksum, identity, places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..specfile import Identity


def keep(
    spec: str,
    seen: os.stat_result,
    began: int,
    config: object,
    entries: Mapping[str, tuple[object, object]],
    only: str | None,
) -> None:
    """Keep the compiled runnables of `spec`, whose status was `seen` at `began` (ns).

    `only` names the runnable of a file that declares just one. Nothing is said where
    the file can't be written. It is no bytecode, so PYTHONDONTWRITEBYTECODE doesn't
    count.
    """
    newest = max(seen.st_mtime_ns, seen.st_ctime_ns)
    if IS_POSIX and is_settled(newest, began):
        keep_from(spec, identity(seen), seen.st_mode, config, entries, only)


def keep_from(
    spec: str,
    origin: Identity | bytes,
    mode: int,
    config: object,
    entries: Mapping[str, tuple[object, object]],
    only: str | None,
) -> str | None:
    """Keep what was compiled from a state of `spec`, or from content of that checksum.

    Returns the path of the file; None where none can be written.
    """
    content = _content(spec, origin, config, entries, only)
    for path in places(spec):
        if replace(path, content, mode & 0o644):
            return path
    return None


def dump(value: object) -> object:
    """A record as data that marshal can hold, for `model.revive`.

    An Ellipsis marks it, because no TOML value can be one.
    """
    if isinstance(value, Record):
        now = {key: getattr(value, key) for key in value.declared()}
        values = {key: dump(each) for key, each in now.items()}
        nested = tuple(key for key, each in now.items() if _holds_records(each))
        return (..., value.table, values, nested)
    if isinstance(value, dict):
        return {key: dump(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(dump(each) for each in value)
    return value


def _holds_records(value: object) -> bool:
    if isinstance(value, dict):
        return any(isinstance(each, Record) for each in value.values())
    if isinstance(value, tuple):
        return any(isinstance(each, Record) for each in value)
    return isinstance(value, Record)


def _content(
    spec: str,
    origin: Identity | bytes,
    config: object,
    entries: Mapping[str, tuple[object, object]],
    only: str | None,
) -> bytes:
    bodies: list[bytes] = []
    index: dict[str, tuple[int, int, bytes]] = {}
    offset = 0
    for name, entry in entries.items():
        try:
            body = marshal.dumps(entry)  # type: ignore[arg-type]
        except ValueError:  # a date in `meta`: this runnable is built anew each time
            continue
        index[name] = (offset, len(body), checksum(body))
        bodies.append(body)
        offset += len(body)
    only = only if only in index else None
    head = marshal.dumps(
        (STAMP, spec, origin, config, index, only)  # type: ignore[arg-type]
    )
    tail = len(head).to_bytes(4, "little") + head
    return b"".join((MAGIC, checksum(tail), tail, *bodies))
