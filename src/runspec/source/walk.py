"""Directories below one, each once."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def directories(
    root: str, enter: Callable[[str], bool], most: int | None = None
) -> Iterator[tuple[str, list[str]]]:
    """`root` and what is below it, as (directory, names of its files), sorted.

    `enter` says by its path whether a directory is gone into. Links are followed,
    but no directory is visited twice, so that loops end; one that can't be read
    is passed over. `most` bounds the number of directories.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting and (most is None or len(seen) < most):
        directory = waiting.pop()
        try:
            status = os.stat(directory)
            if (status.st_dev, status.st_ino) in seen:
                continue
            with os.scandir(directory) as entries:
                below, files = _sorted_out(entries)
        except OSError:
            continue
        seen.add((status.st_dev, status.st_ino))
        yield directory, files
        paths = (os.path.join(directory, name) for name in reversed(below))
        waiting += [path for path in paths if enter(path)]


def _sorted_out(entries: Iterator[os.DirEntry[str]]) -> tuple[list[str], list[str]]:
    below: list[str] = []
    files: list[str] = []
    for entry in entries:
        (below if _is_directory(entry) else files).append(entry.name)
    return sorted(below), sorted(files)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
