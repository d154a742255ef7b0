"""The code of a stage: its script, and what that imports from beside it (PIP-07).

Only import statements are looked at, of the script and of what they lead to; modules
are found beside the script, in the root of its code and in `src` there. What is
installed doesn't count, nor does what a script finds in another way.
"""

from __future__ import annotations

import os

from ..code import root_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Sequence

MOST_FILES = 10_000
INIT = "__init__.py"


def code_hash(script: str) -> str:
    """SHA-256 of the files, and of their paths in the root of the code."""
    from hashlib import sha256

    root = os.path.realpath(root_of(script))
    folders = (os.path.dirname(os.path.realpath(script)), root, f"{root}/src")
    found: dict[str, bytes] = {}
    left = [os.path.realpath(script)]
    while left and len(found) < MOST_FILES:
        path = left.pop()
        if path not in found:
            found[path] = _content(path)
            left += _imported(path, found[path], folders)
    total = sha256()
    for path, content in sorted(found.items()):
        for part in (os.fsencode(os.path.relpath(path, root)), content):
            total.update(len(part).to_bytes(8, "little") + part)
    return total.hexdigest()


def _content(path: str) -> bytes:
    """Nothing of one that can't be read; its launch will say so."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _imported(path: str, content: bytes, folders: Sequence[str]) -> list[str]:
    """The files that its import statements stand for, as far as they are here."""
    import ast

    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        file
        for node in ast.walk(tree)
        for name, level in _names(node)
        for file in _files(name, _places(path, level, folders))
    ]


def _names(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Dotted names, and how many dots stand before each."""
    import ast

    if isinstance(node, ast.Import):
        yield from ((each.name, 0) for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        lead = f"{node.module}." if node.module else ""
        yield from ((lead + each.name, node.level) for each in node.names)


def _places(path: str, level: int, folders: Sequence[str]) -> Sequence[str]:
    """Where the first part of a name is looked for."""
    if not level:
        return folders
    folder = path
    for _ in range(level):
        folder = os.path.dirname(folder)
    return (folder,)


def _files(name: str, places: Sequence[str]) -> list[str]:
    """The module, and the packages above it, of the first place that has any."""
    found = (list(_below(place, name.split("."))) for place in places)
    return next(filter(None, found), [])


def _below(folder: str, parts: Sequence[str]) -> Iterator[str]:
    """A name in a module is no file, and ends it."""
    for part in parts:
        folder = f"{folder}/{part}"
        if os.path.isfile(f"{folder}.py"):
            yield f"{folder}.py"
            return
        if os.path.isfile(f"{folder}/{INIT}"):
            yield f"{folder}/{INIT}"
