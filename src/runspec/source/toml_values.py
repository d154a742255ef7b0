"""Keys and values of a TOML 1.0 text, read at given offsets."""

from __future__ import annotations

from .toml_scalars import WORD, escape, scalar

BARE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
MOST_LEVELS = 64
"""Levels of tables and arrays a document may have (FILE-04)."""

IMPLICIT = 0
"""State of a table that exists only because a deeper header names it."""

_WINDOW = 64


class TomlError(Exception):
    """One fault at `offset`; `stood` is where reading can be taken up again.

    `related` is the offset of a second place, `endless` says that what was opened
    at `offset` goes on to the end of the text.
    """

    def __init__(
        self,
        offset: int,
        detail: str,
        received: str = "",
        *,
        code: str = "toml-syntax",
        expected: tuple[str | int, ...] = (),
        related: int | None = None,
        stood: int | None = None,
        endless: bool = False,
    ) -> None:
        super().__init__(detail)
        self.offset = offset
        self.detail = detail
        self.received = received
        self.code = code
        self.subject = ""
        self.expected = expected
        self.related = related
        self.stood = offset if stood is None else stood
        self.endless = endless


class Reader:
    """Reads keys and values; `source` ends with a newline and a NUL.

    `keys` has, by the id of each table, the offsets of every key and its value;
    `items`, by the id of each array, the offsets of its items. `found` collects
    the faults that reading passes over, `open` the offsets of the brackets that
    are not closed yet.
    """

    __slots__ = ("found", "items", "keys", "open", "source")

    def __init__(self, text: str) -> None:
        self.source = text + "\n\0"
        self.keys: dict[int, dict[str, tuple[int, int]]] = {}
        self.items: dict[int, list[int]] = {}
        self.found: list[TomlError] = []
        self.open: list[int] = []

    def blank(self, at: int) -> int:
        """The offset behind spaces and tabs."""
        source = self.source
        while source[at] in " \t":
            at += 1
        return at

    def word(self, at: int) -> str:
        """The word at an offset, or the one character that is none."""
        source = self.source
        end = self._run(at, WORD)
        return source[at:end] or source[at].strip("\n\0")

    def _run(self, at: int, characters: str) -> int:
        """The offset behind the characters from `at` that are in a set."""
        source = self.source
        while True:
            window = source[at : at + _WINDOW]
            rest = window.lstrip(characters)
            at += len(window) - len(rest)
            if rest:
                return at

    def key(self, at: int, names: list[str], offsets: list[int]) -> int:
        """key = simple-key *( ws "." ws simple-key ) ws

        Adds to `names` and `offsets` as far as it can be read; returns the end.
        """
        while True:
            name, end = self.name(at)
            names.append(name)
            offsets.append(at)
            at = self.blank(end)
            if self.source[at] != ".":
                return at
            at = self.blank(at + 1)

    def name(self, at: int) -> tuple[str, int]:
        """simple-key = quoted-key / unquoted-key"""
        source = self.source
        if source[at] in "\"'":
            if source.startswith((3 * '"', 3 * "'"), at):
                raise TomlError(at, "a key must be on one line", source[at] * 3)
            return self.string(at)
        end = self._run(at, BARE)
        if end == at:
            raise TomlError(at, "expected a key", self.word(at))
        return source[at:end], end

    def pair(
        self, at: int, depth: int, names: list[str], offsets: list[int]
    ) -> tuple[object, int, int]:
        """keyval = key "=" ws val: the value, its offset and the end.

        `names` and `offsets` are filled as by `key`. `depth` is the level of the
        table the pair stands in.
        """
        end = self.key(at, names, offsets)
        if self.source[end] != "=":
            raise self._no_equals(end)
        if depth + len(names) > MOST_LEVELS + 1:
            raise self.too_deep(at)
        start = self.blank(end + 1)
        value, end = self.value(start, depth + len(names))
        return value, start, end

    def _no_equals(self, at: int) -> TomlError:
        received = self.word(at)
        if received.isalpha() and not received.isascii():
            detail = "a key with this character needs quotes"
        else:
            detail = "expected '=' after a key"
        return TomlError(at, detail, received, expected=("=",))

    def too_deep(self, at: int) -> TomlError:
        """FILE-04"""
        detail = "too many levels of tables and arrays"
        return TomlError(at, detail, code="too-deep", expected=(MOST_LEVELS,))

    def value(self, at: int, depth: int) -> tuple[object, int]:
        """val at an offset, and the offset behind it. Raises TomlError."""
        first = self.source[at]
        if first in "\"'":
            if self.source.startswith(first * 3, at):
                return self._long_string(at, first * 3)
            return self.string(at)
        if first == "[":
            return self._array(at, depth)
        if first == "{":
            return self._inline_table(at, depth)
        word = self.word(at)
        if word[4:5] == "-" and len(word) == 10 and self._time_follows(at + 10):
            word += " " + self.word(at + 11)
        try:
            return scalar(word), at + len(word)
        except ValueError as error:
            raise self._no_value(at, word, str(error)) from None

    def _time_follows(self, at: int) -> bool:
        source = self.source
        return source[at] == " " and "0" <= source[at + 1] <= "9"

    @staticmethod
    def _no_value(at: int, word: str, detail: str) -> TomlError:
        if not word or word[0] not in WORD:
            return TomlError(at, "expected a value", word)
        expected = (word.lower(),) if word.lower() in ("true", "false") else ()
        return TomlError(at, detail, word, expected=expected)

    def string(self, at: int) -> tuple[str, int]:
        """basic-string / literal-string, which end on their own line."""
        source = self.source
        quote = source[at]
        end = source.find(quote, at + 1)
        body = source[at + 1 : end]
        if quote == '"' and "\\" in body:
            end = self._closing(at + 1, quote)
            body = source[at + 1 : end]
        if end < 0 or "\n" in body:
            detail = "this text has no closing quote on its line"
            raise TomlError(at, detail, expected=(quote,))
        if quote == '"' and "\\" in body:
            body = self._unescape(body, at + 1)
        return body, end + 1

    def _long_string(self, at: int, quotes: str) -> tuple[str, int]:
        """ml-basic-string / ml-literal-string; up to two quotes stand at its end."""
        source = self.source
        start = at + 4 if source[at + 3] == "\n" else at + 3
        basic = quotes[0] == '"'
        end = self._closing(start, quotes) if basic else source.find(quotes, start)
        if end < 0:
            detail = "this text is never closed"
            raise TomlError(at, detail, quotes, expected=(quotes,), endless=True)
        for _ in range(2):
            end += source[end + 3] == quotes[0]
        body = source[start:end]
        if basic and "\\" in body:
            body = self._unescape(body, start)
        return body, end + 3

    def _closing(self, start: int, quotes: str) -> int:
        """The first `quotes` that no backslash escapes, or -1."""
        source = self.source
        end = source.find(quotes, start)
        while end >= 0:
            part = source[start:end]
            if (len(part) - len(part.rstrip("\\"))) % 2 == 0:
                return end
            start = end + 1
            end = source.find(quotes, start)
        return -1

    def _unescape(self, body: str, at: int) -> str:
        """`body`, whose offset is `at`, without its escapes.

        Only the first wrong one is reported. A newline can only be in the body of
        a multi-line string.
        """
        pieces = body.split("\\")
        made = [pieces[0]]
        wrong: TomlError | None = None
        at += len(pieces[0])
        rest = iter(pieces[1:])
        for piece in rest:
            text: str | None
            if piece:
                text, size = escape(piece), len(piece) + 1
            else:
                following = next(rest, "")
                text, size = "\\" + following, len(following) + 2
            if text is None:
                wrong = wrong or TomlError(at, "unknown escape", "\\" + piece[0])
            made.append(piece if text is None else text)
            at += size
        if wrong:
            self.found.append(wrong)
        return "".join(made)

    def _enter(self, at: int, depth: int) -> None:
        self.open.append(at)
        if depth > MOST_LEVELS:
            raise self.too_deep(at)

    def _array(self, start: int, depth: int) -> tuple[list[object], int]:
        """array = "[" [ array-values ] ws-comment-newline "]" """
        self._enter(start, depth)
        source = self.source
        values: list[object] = []
        offsets: list[int] = []
        at = self._gap(start + 1)
        while source[at] != "]":
            if source[at] == "\0":
                raise self.never_closed()
            value, end = self.value(at, depth + 1)
            values.append(value)
            offsets.append(at)
            at = self._gap(end)
            if source[at] == ",":
                at = self._gap(at + 1)
            elif source[at] not in "]\0":
                detail = "expected ',' or ']' in an array"
                raise TomlError(at, detail, self.word(at), expected=(",", "]"))
        self.open.pop()
        self.items[id(values)] = offsets
        return values, at + 1

    def never_closed(self) -> TomlError:
        """The innermost open array has no end."""
        detail = "this array is never closed"
        return TomlError(self.open[-1], detail, "[", expected=("]",), endless=True)

    def _gap(self, at: int) -> int:
        """The offset behind spaces, tabs, newlines and comments."""
        source = self.source
        while True:
            if source[at] in " \t\n":
                at += 1
            elif source[at] == "#":
                at = source.index("\n", at)
            else:
                return at

    def _inline_table(self, start: int, depth: int) -> tuple[dict[str, object], int]:
        """inline-table = "{" ws [ keyval *( ws "," ws keyval ) ws ] "}" """
        self._enter(start, depth)
        source = self.source
        table: dict[str, object] = {}
        self.keys[id(table)] = {}
        states: dict[int, int] = {}
        at = self.blank(start + 1)
        while source[at] != "}":
            if source[at] in "\n#":
                detail = "an inline table must be closed on its line"
                raise TomlError(start, detail, "{", expected=("}",), stood=at)
            names: list[str] = []
            offsets: list[int] = []
            value, where, end = self.pair(at, depth, names, offsets)
            self.put(table, names, offsets, value, where, states, 1)
            at = self.blank(end)
            if source[at] == ",":
                at = self._after_comma(at)
            elif source[at] not in "}\n#":
                detail = "expected ',' or '}' in an inline table"
                raise TomlError(at, detail, self.word(at), expected=(",", "}"))
        self.open.pop()
        return table, at + 1

    def _after_comma(self, comma: int) -> int:
        at = self.blank(comma + 1)
        if self.source[at] == "}":
            detail = "an inline table has no comma at its end"
            self.found.append(TomlError(comma, detail, ","))
        return at

    def put(
        self,
        table: dict[str, object],
        names: list[str],
        offsets: list[int],
        value: object,
        where: int,
        states: dict[int, int],
        section: int,
    ) -> None:
        """Set a key that may be dotted; a second definition is only reported.

        `states` has the tables that are open, by id. A dotted key may add to those
        that are `IMPLICIT` or were made by a dotted key of the same `section`.
        """
        if len(names) > 1:
            for name, offset in zip(names[:-1], offsets, strict=False):
                child = table.get(name)
                if child is None:
                    child = self.new_table(table, name, offset)
                elif not isinstance(child, dict) or states.get(id(child)) not in (
                    IMPLICIT,
                    section,
                ):
                    self.found.append(self.twice(table, name, offset))
                    return
                states[id(child)] = section
                table = child
        name = names[-1]
        if name in table:
            self.found.append(self.twice(table, name, offsets[-1]))
            return
        table[name] = value
        self.keys[id(table)][name] = (offsets[-1], where)

    def new_table(
        self, parent: dict[str, object], name: str, offset: int
    ) -> dict[str, object]:
        """An empty table under a key of `parent`."""
        table: dict[str, object] = {}
        parent[name] = table
        self.keys[id(table)] = {}
        self.keys[id(parent)][name] = (offset, offset)
        return table

    def twice(self, table: dict[str, object], name: str, offset: int) -> TomlError:
        """FILE-05"""
        first = self.keys[id(table)][name][0]
        detail = "" if isinstance(table[name], dict | list) else "it has a value"
        return TomlError(offset, detail, name, code="duplicate-key", related=first)
