"""A TOML text as it was read: its tables, its faults and where everything stands."""

from __future__ import annotations

from ..errors import FilePlace
from .toml_values import Reader, TomlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..errors import Fault

RECIPE = ("tool", "runspec")
"""The table of a script's block that is a runnable."""
_WHOLE_FILE = -1


class Document:
    """What one text declares.

    `text` is without byte order mark and with `\\n` at the ends of lines; `tables`
    has plain values and must not be changed, for places are kept by identity.
    `faults` are in the order of their places. A text that stands in a script has
    `line_offset` lines before it and `margin` before each of its lines. `recipe` is
    then the name of the runnable that the script declares (RCP-04), and "" elsewhere.
    """

    __slots__ = (
        "_reader",
        "_starts",
        "faults",
        "items",
        "keys",
        "line_offset",
        "margin",
        "path",
        "recipe",
        "tables",
        "text",
    )

    def __init__(
        self, path: str, text: str = "", *, line_offset: int = 0, margin: str = ""
    ) -> None:
        self.path = path
        self.text = text
        self.line_offset = line_offset
        self.margin = margin
        self.recipe = ""
        self.tables: dict[str, object] = {}
        self.faults: list[Fault] = []
        self.keys: dict[int, dict[str, tuple[int, int]]] = {}
        self.items: dict[int, list[int]] = {}
        self._reader: Reader | None = None
        self._starts: list[int] = []

    def section(self, runnable: str) -> tuple[str, ...]:
        """The keys of the table that declares a runnable."""
        return RECIPE if self.recipe else (runnable,)

    def place(self, keys: tuple[str | int, ...], value: bool = False) -> FilePlace:
        """Where the last of `keys` stands, or its value.

        A table that a header declares is at the last key of that header, an item
        of an array at its value. What isn't there is at the nearest key above it
        that is, and at the whole file (line 0) when there is none.
        """
        offset, is_key = self._find(keys, value)
        if offset == _WHOLE_FILE:
            return FilePlace(self.path, 0, 0)
        return self.at(offset, self._length(offset, is_key))

    def _length(self, offset: int, is_key: bool) -> int:
        """Characters of the key or value at an offset."""
        reader = self._reader = self._reader or Reader(self.text)
        if not is_key:
            try:
                return reader.value(offset, 0)[1] - offset
            except TomlError:
                pass  # an item of an array of tables stands at the key of its header
        return reader.name(offset)[1] - offset

    def _find(self, keys: tuple[str | int, ...], value: bool) -> tuple[int, bool]:
        """The offset of the last of `keys` that is there, and whether of a key."""
        container: object = self.tables
        found, of_value = (_WHOLE_FILE, _WHOLE_FILE), False
        for index, key in enumerate(keys, 1):
            marks = self._marks(container, key)
            if marks is None:
                break
            found, of_value = marks, value and index == len(keys)
            container = container[key]  # type: ignore[index]
        offset = found[of_value or found[0] < 0]
        return offset, offset == found[0]

    def _marks(self, container: object, key: str | int) -> tuple[int, int] | None:
        """The offsets of a key, -1 where an item has none, and of its value."""
        if isinstance(container, dict) and isinstance(key, str):
            return self.keys.get(id(container), {}).get(key)
        if isinstance(container, list) and isinstance(key, int):
            offsets = self.items.get(id(container), [])
            if 0 <= key < len(offsets):
                return -1, offsets[key]
        return None

    def at(self, offset: int, length: int = 1) -> FilePlace:
        """The place of `length` characters at `offset`, cut at the end of the line."""
        line = self._line_of(offset)
        start = self._starts[line]
        text = self.text[start : self._starts[line + 1] - 1]
        length = max(1, min(length, start + len(text) - offset))
        return FilePlace(
            self.path,
            line + 1 + self.line_offset,
            offset - start + 1 + len(self.margin),
            (self.margin + text).rstrip() if self.margin else text,
            length,
        )

    def _line_of(self, offset: int) -> int:
        """The index of the line, by bisection."""
        if not self._starts:
            self._starts = _line_starts(self.text)
        low, high = 0, len(self._starts) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._starts[middle] <= offset:
                low = middle
            else:
                high = middle
        return low


def _line_starts(text: str) -> list[int]:
    """The offset of each line and, last, of the one that isn't there any more."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts
