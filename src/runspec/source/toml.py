"""TOML 1.0 with places, which goes on after a fault (FILE-01 to FILE-05).

`tomllib` stops at the first fault, keeps no places and its imports alone take
longer than a whole cold start may.
"""

from __future__ import annotations

from ..errors import Fault
from .document import Document
from .recovery import resume
from .toml_values import BARE, IMPLICIT, MOST_LEVELS, Reader, TomlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .file import Judge

MOST_FAULTS = 100
"""Reading stops after so many, so that no text takes long or fills the memory."""

MOST_DIGITS = 18
"""Numbers of fewer digits need no look at how large they are."""

_HEADER = -1
_CONTROLS = [chr(code) for code in (*range(9), *range(11, 32), 127)]
_TO_SPACES = dict.fromkeys(map(ord, _CONTROLS), " ")


def parse_toml(
    text: str,
    path: str = "<string>",
    *,
    line_offset: int = 0,
    margin: str = "",
) -> Document:
    """Read a TOML text; what is wrong with it is in the document's `faults`.

    One leading byte order mark is passed over (FILE-02). `path`, `line_offset` and
    `margin` are for places only; see `Document`.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    document = Document(path, text, line_offset=line_offset, margin=margin)
    parser = _Parser(text)
    parser.run()
    document.tables = parser.tables
    document.keys = parser.reader.keys
    document.items = parser.reader.items
    document.faults = list(parser.faults(document))
    return document


def read_toml(path: str, judge: Judge | None = None) -> Document:
    """Read a file; one that can't be read is a document with that fault only.

    `judge` is that of `read_text`.
    """
    from .file import read_text

    text = read_text(path, judge)
    if isinstance(text, str):
        return parse_toml(text, path)
    document = Document(path)
    document.faults.append(text)
    return document


class _Parser:
    """Reads statements, one after the other, into tables.

    `states` has the open tables by id: `IMPLICIT`, `_HEADER`, or the number of the
    section whose dotted keys made them; `arrays` the arrays of tables by id.
    `apart` keeps what follows a faulty header out of the tables, and alive, so
    that no id is used twice. `sections` are the offsets of the headers with the
    names of their runnables.
    """

    def __init__(self, text: str) -> None:
        self.size = len(text)
        self.controls = list(_control_characters(text))
        self.reader = Reader(text.translate(_TO_SPACES) if self.controls else text)
        self.tables: dict[str, object] = {}
        self.table = self.tables
        self.path: list[str] = []
        self.depth = 0
        self.states = {id(self.tables): _HEADER}
        self.arrays: set[int] = set()
        self.apart: list[dict[str, object]] = []
        self.repeated: list[str] = []
        self.sections: list[tuple[int, str | None]] = []
        self.reader.keys[id(self.tables)] = {}

    def run(self) -> None:
        """Read all statements."""
        source, found = self.reader.source, self.reader.found
        at = 0
        while at < self.size:
            first = source[at]
            if first in "\n \t":
                at += 1
            elif first == "#":
                at = source.index("\n", at)
            elif len(found) < MOST_FAULTS:
                at = self._plain(at) or self._statement(at, first)
            else:
                self.sections.append((at, None))
                found.append(TomlError(at, "the rest is not read: too many faults"))
                return

    def _plain(self, at: int) -> int:
        """Read a line that is no more than `key = "text"` or `key = 8`.

        The offset of the next line. 0 where it is anything else or could be wrong;
        nothing is read then.
        """
        source = self.reader.source
        end = source.index("\n", at)
        name, _, word = source[at:end].partition(" = ")
        if not word or name in self.table or name.strip(BARE) or not name:
            return 0
        value: str | int
        if word[0] == '"' and word.find('"', 1) == len(word) - 1 > 0:
            if "\\" in word:
                return 0
            value = word[1:-1]
        elif word[0] in "123456789" and len(word) < MOST_DIGITS and _all_digits(word):
            value = int(word)
        else:
            return 0
        self.table[name] = value
        self.reader.keys[id(self.table)][name] = (at, at + len(name) + 3)
        return end + 1

    def _statement(self, at: int, first: str) -> int:
        """Read a header or a pair and its line's end; the offset to go on at."""
        found = self.reader.found
        before = len(found)
        names: list[str] = []
        try:
            end = self._header(at, names) if first == "[" else self._pair(at, names)
            at = self._end_of_line(end)
        except TomlError as error:
            fault, at = resume(self.reader.source, error, self.reader.open)
            found.append(fault)
            self.reader.open.clear()
        if len(found) > before:
            subject = ".".join(names if first == "[" else self.path + names)
            for fault in found[before:]:
                fault.subject = subject
        return at

    def _end_of_line(self, at: int) -> int:
        at = self.reader.blank(at)
        source = self.reader.source
        if source[at] == "\n":
            return at + 1
        if source[at] == "#":
            return source.index("\n", at)
        raise TomlError(at, "expected the end of the line", self.reader.word(at))

    def _pair(self, at: int, names: list[str]) -> int:
        offsets: list[int] = []
        value, where, end = self.reader.pair(at, self.depth, names, offsets)
        section = len(self.sections) + 1
        self.reader.put(self.table, names, offsets, value, where, self.states, section)
        return end

    def _header(self, start: int, names: list[str]) -> int:
        """std-table = "[" key "]", array-table = "[[" key "]]" """
        reader = self.reader
        end = self._plain_header(start, names)
        if end:
            return end
        brackets = "]]" if reader.source.startswith("[[", start) else "]"
        at = reader.blank(start + len(brackets))
        offsets: list[int] = []
        try:
            end = reader.key(at, names, offsets)
        finally:
            self._begin_section(start, names)
        if not reader.source.startswith(brackets, end):
            detail = f"expected '{brackets}' after a table's name"
            raise TomlError(end, detail, reader.word(end), expected=(brackets,))
        if len(names) > MOST_LEVELS:
            raise reader.too_deep(at)
        self._open(names, offsets, brackets == "]]")
        return end + len(brackets)

    def _plain_header(self, start: int, names: list[str]) -> int:
        """Read a line that is no more than `[a.b]`; its end, or 0."""
        end = self.reader.source.index("\n", start)
        line = self.reader.source[start + 1 : end]
        if line[-1:] != "]" or line[:-1].strip(BARE + "."):
            return 0
        parts = line[:-1].split(".")
        if "" in parts or len(parts) > MOST_LEVELS:
            return 0
        names += parts
        self._begin_section(start, names)
        offsets: list[int] = []
        for name in names:
            offsets.append(start + 1)
            start += len(name) + 1
        self._open(names, offsets, many=False)
        return end

    def _begin_section(self, start: int, names: list[str]) -> None:
        """Until its header proves right, a section is kept apart."""
        self.path = names
        self.sections.append((start, names[0] if names else None))
        self.table = {}
        self.apart.append(self.table)
        self.reader.keys[id(self.table)] = {}
        self.depth = 1

    def _open(self, names: list[str], offsets: list[int], many: bool) -> None:
        """Make the table of a header the one that pairs are put into."""
        try:
            parent = self._parent(names, offsets)
            add = self._add_item if many else self._add_table
            table = add(parent, names[-1], offsets[-1])
        except TomlError as error:
            self._report_repeated(names, error)
            return
        self.states[id(table)] = _HEADER
        self.table = table
        self.apart.pop()
        self.depth = len(names) + many
        self.repeated = []

    def _report_repeated(self, names: list[str], error: TomlError) -> None:
        """A table that is there twice is one fault, with all that is below it."""
        if not self.repeated or names[: len(self.repeated)] != self.repeated:
            self.reader.found.append(error)
            self.repeated = names

    def _parent(self, names: list[str], offsets: list[int]) -> dict[str, object]:
        table = self.tables
        for name, offset in zip(names[:-1], offsets, strict=False):
            child = table.get(name)
            if child is None:
                child = self.reader.new_table(table, name, offset)
                self.states[id(child)] = IMPLICIT
            elif isinstance(child, list) and id(child) in self.arrays:
                child = child[-1]
            if not isinstance(child, dict) or id(child) not in self.states:
                raise self.reader.twice(table, name, offset)
            table = child
        return table

    def _add_table(
        self, parent: dict[str, object], name: str, offset: int
    ) -> dict[str, object]:
        table = parent.get(name)
        if table is None:
            return self.reader.new_table(parent, name, offset)
        if not isinstance(table, dict) or self.states.get(id(table)) != IMPLICIT:
            raise self.reader.twice(parent, name, offset)
        self.reader.keys[id(parent)][name] = (offset, offset)
        return table

    def _add_item(
        self, parent: dict[str, object], name: str, offset: int
    ) -> dict[str, object]:
        tables = parent.get(name)
        if tables is None:
            parent[name] = tables = []
            self.arrays.add(id(tables))
            self.reader.items[id(tables)] = []
            self.reader.keys[id(parent)][name] = (offset, offset)
        if not isinstance(tables, list) or id(tables) not in self.arrays:
            raise self.reader.twice(parent, name, offset)
        table: dict[str, object] = {}
        tables.append(table)
        self.reader.items[id(tables)].append(offset)
        self.reader.keys[id(table)] = {}
        return table

    def faults(self, document: Document) -> Iterator[Fault]:
        """What was found, in the order of places, each with its runnable."""
        runnable: str | None = None
        sections = iter((*self.sections, (self.size + 2, None)))
        start, name = next(sections)
        found = self.reader.found + self.controls
        for error in sorted(found, key=lambda error: error.offset):
            while start <= error.offset:
                runnable = name
                start, name = next(sections)
            yield _fault(error, document, runnable)


def _all_digits(word: str) -> bool:
    return word.isascii() and word.isdecimal()


def _control_characters(text: str) -> Iterator[TomlError]:
    """The first of each kind on each line: TOML allows none but tab and newline."""
    if text.replace("\n", "").isprintable():
        return
    for control in _CONTROLS:
        at = text.find(control)
        count = 0
        while at >= 0 and count < MOST_FAULTS:
            count += 1
            yield TomlError(at, f"a control character, U+{ord(control):04X}")
            line = text.find("\n", at)
            at = text.find(control, line) if line >= 0 else -1


def _fault(error: TomlError, document: Document, runnable: str | None) -> Fault:
    related = error.related
    return Fault(
        error.code,
        error.subject,
        document.at(error.offset, len(error.received)),
        runnable=runnable,
        received=error.received or None,
        expected=error.expected,
        detail=error.detail,
        related=None if related is None else document.at(related, len(error.received)),
    )
