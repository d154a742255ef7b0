"""Write the compiled form of a spec, for `runspec.specfile` to read."""

from __future__ import annotations

import marshal
import os
import sys
import time
from _imp import source_hash

from ..model import Record
from ..specfile import MAGIC, STAMP, SUM_KEY, identity, places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
RACY_NS = 20_000_000
"""A spec changed within this time may change again under the same mtime."""


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
        if _replace(path, content, seen.st_mode & 0o644):
            return


def dump(value: object) -> object:
    """A record as data that marshal can hold, for `model.revive`.

    An Ellipsis marks it, because no TOML value can be one.
    """
    if isinstance(value, Record):
        values = {key: dump(each) for key, each in value.__dict__.items()}
        nested = tuple(k for k, v in value.__dict__.items() if _holds_records(v))
        return (..., type(value).__name__, values, nested)
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
        index[name] = (offset, len(body), source_hash(SUM_KEY, body))
        bodies.append(body)
        offset += len(body)
    only = only if only in index else None
    head = marshal.dumps(
        (STAMP, spec, identity(seen), config, index, only)  # type: ignore[arg-type]
    )
    tail = len(head).to_bytes(4, "little") + head
    return b"".join((MAGIC, source_hash(SUM_KEY, tail), tail, *bodies))


def _replace(path: str, content: bytes, mode: int) -> bool:
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = os.open(temporary, CREATE, mode | 0o600)
    except OSError:
        return False
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        _remove(temporary)
        return False
    return True


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
