"""Write the compiled form of a spec, for `runspec.specfile` to read."""

from __future__ import annotations

import marshal
import os
import sys
import time

from ..model import Record
from ..source.replace import RACY_NS, replace
from ..specfile import MAGIC, STAMP, checksum, identity, places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def keep(
    spec: str,
    seen: os.stat_result,
    config: object,
    entries: Mapping[str, tuple[object, object]],
    only: str | None,
) -> None:
    """Keep the compiled runnables of `spec`, read when its status was `seen`.

    `only` names the runnable of a file that declares just one. Nothing is said
    where the file can't be written, or where Python was told to write none.
    """
    if sys.dont_write_bytecode or time.time_ns() - seen.st_mtime_ns < RACY_NS:
        return
    content = _content(spec, seen, config, entries, only)
    for path in places(spec):
        if replace(path, content, seen.st_mode & 0o644):
            return


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
    seen: os.stat_result,
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
        (STAMP, spec, identity(seen), config, index, only)  # type: ignore[arg-type]
    )
    tail = len(head).to_bytes(4, "little") + head
    return b"".join((MAGIC, checksum(tail), tail, *bodies))
