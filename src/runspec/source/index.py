"""The index of what is installed: one file of the user's cache, plain data.

It holds the spec files of one environment, the status of every path they depend
on, and what readers worked out about each spec ("memos"), so that listing an
environment again is one read and a few `stat` calls. It is trusted like a compiled
spec (CMP-02); one that can't be used is made anew, one that can't be written is
not an error.
"""

from __future__ import annotations

import marshal
import os
import sys

from ..paths import IS_POSIX, cache_dir
from ..specfile import READ, STAMP, checksum, identity, trusted

Key = tuple[str, ...]
"""`sys.prefix` and the directories that are searched."""

Stamp = tuple[int, int, int, int] | None
"""(mtime and ctime in ns, size, inode) of a path; None where nothing is."""

Row = tuple[str, str, str, dict[str, str]]
"""(distribution, version, path of the spec, its console scripts)."""


class Index:
    """`watched` are the paths it depends on, `rows` the specs, `memos` by spec path."""

    __slots__ = ("memos", "rows", "watched")

    def __init__(
        self,
        watched: dict[str, Stamp],
        rows: tuple[Row, ...],
        memos: dict[str, tuple[Stamp, dict[str, object]]],
    ) -> None:
        self.watched = watched
        self.rows = rows
        self.memos = memos


def stamp(path: str) -> Stamp:
    """The status of `path` as it is now."""
    try:
        return identity(os.stat(path))
    except (OSError, ValueError):
        return None


def read(key: Key) -> Index | None:
    """The index of an environment, if there is one and nothing it watches changed."""
    place = _place(key)
    if place is None:
        return None
    try:
        content = _content(place)
        if content is None or checksum(content[8:]) != content[:8]:
            return None
        data = marshal.loads(content[8:])  # noqa: S302  the sum holds
        made_by, made_for, watched, rows, memos = data
    except (OSError, ValueError, EOFError, TypeError):
        return None
    if (made_by, made_for) != (STAMP, key):
        return None
    if any(stamp(path) != seen for path, seen in watched.items()):
        return None
    return Index(watched, rows, memos)


def write(key: Key, index: Index, began: int) -> None:
    """Keep `index`, whose making began at `began` (ns since the epoch).

    Nothing is kept while a path it depends on is so new that another change might
    leave the same status.
    """
    from .replace import is_settled, replace

    place = _place(key)
    stamps = [*index.watched.values(), *(memo[0] for memo in index.memos.values())]
    settled = all(is_settled(max(seen[:2]), began) for seen in stamps if seen)
    if place is None or not (settled and IS_POSIX):
        return
    try:
        body = marshal.dumps((STAMP, key, index.watched, index.rows, index.memos))
    except ValueError:
        return
    replace(place, checksum(body) + body, 0o600)


def _place(key: Key) -> str | None:
    cache = cache_dir(os.environ)
    if not cache:
        return None
    name = checksum(os.fsencode("\0".join(key))).hex()
    tag = sys.implementation.cache_tag
    return f"{cache}/runspec/installed-{name}.{tag}.bin"


def _content(path: str) -> bytes | None:
    with open(os.open(path, READ), "rb") as file:
        return file.read() if trusted(os.fstat(file.fileno())) else None
