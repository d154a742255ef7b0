"""A configuration as a tree in which every value knows where it came from."""

from __future__ import annotations

import os

from ...errors import FilePlace
from ..yamltext import PlainKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from ...errors import Place
    from ...spec.plain import Json
    from .overrides import Override

    Path: TypeAlias = tuple[str | int, ...]
    Scalar: TypeAlias = bool | int | float | str | None

UNSET = "???"
"""What OmegaConf has for a value that another file or the command line gives."""
__all__ = ["UNSET", "File", "Node", "PlainKey", "Said", "Typed"]


class File:
    """A file that values stand in; `shown` is its path from here where it is below."""

    __slots__ = ("_lines", "path", "shown", "text")

    def __init__(self, path: str, text: str = "") -> None:
        self.path = path
        self.text = text
        self.shown = shown_path(path)
        self._lines: list[str] = []

    def place(self, line: int, column: int) -> Place | None:
        """Of line 0: the whole file."""
        self._lines = self._lines or self.text.split("\n")
        known = 0 < line <= len(self._lines)
        text = self._lines[line - 1].rstrip("\r") if known else ""
        return FilePlace(self.shown, line, column, text)

    def words(self, line: int) -> str:
        return f"config {self.shown}:{line}" if line else f"config {self.shown}"


class Typed:
    """An override on the command line."""

    __slots__ = ("override",)

    def __init__(self, override: Override) -> None:
        self.override = override

    def place(self, _line: int, _column: int) -> Place | None:
        return self.override.place

    def words(self, _line: int) -> str:
        from .overrides import masked

        return f"override {masked(self.override.token)}"


class Said:
    """Something else, in words."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def place(self, _line: int, _column: int) -> Place | None:
        return None

    def words(self, _line: int) -> str:
        return self.text


Origin = File | Typed | Said


class Node:
    """One value: a scalar, a list of nodes, or nodes by key; at `line` of `origin`.

    `template` is the text with `${…}` that it came from, where it came from one.
    """

    __slots__ = ("column", "line", "origin", "template", "value")

    def __init__(
        self,
        value: Scalar | list[Node] | dict[str, Node],
        origin: Origin,
        line: int = 0,
        column: int = 0,
    ) -> None:
        self.value = value
        self.origin = origin
        self.line = line
        self.column = column
        self.template = ""

    @property
    def place(self) -> Place | None:
        return self.origin.place(self.line, self.column)

    @property
    def words(self) -> str:
        """Where it came from, for people."""
        return self.origin.words(self.line)

    def plain(self) -> Json:
        """The value without its origins."""
        if isinstance(self.value, dict):
            return {key: each.plain() for key, each in self.value.items()}
        if isinstance(self.value, list):
            return [each.plain() for each in self.value]
        return self.value

    def below(self, key: str | int) -> Node | None:
        """The node under a key or an index, from the end where that is negative."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int):
            there = -len(self.value) <= key < len(self.value)
            return self.value[key] if there else None
        return None

    def find(self, path: Path) -> Node | None:
        found: Node | None = self
        for key in path:
            found = found.below(key) if found is not None else None
        return found


def node_of(value: Json, origin: Origin, line: int = 0, column: int = 0) -> Node:
    """A plain value as a tree, all of it from one place."""
    if isinstance(value, dict):
        below = {key: node_of(v, origin, line, column) for key, v in value.items()}
        return Node(below, origin, line, column)
    if isinstance(value, list):
        items = [node_of(each, origin, line, column) for each in value]
        return Node(items, origin, line, column)
    return Node(value, origin, line, column)


def overlay(below: Node, above: Node, unset: str = "") -> Node:
    """`above` over `below`: mappings key by key, all else replaced; both may change.

    A scalar `unset` above something leaves that as it is.
    """
    if unset and above.value == unset:
        return below
    if not isinstance(below.value, dict) or not isinstance(above.value, dict):
        return above
    for key, each in above.value.items():
        old = below.value.get(key)
        below.value[key] = each if old is None else overlay(old, each, unset)
    return below


def shown_path(path: str) -> str:
    """The path from the working directory where it is below that."""
    try:
        here = os.getcwd().rstrip("/") + "/"
    except OSError:
        return path
    return path.removeprefix(here)
