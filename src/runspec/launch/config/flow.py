"""A value as it stands behind `=`: a plain word, a quoted text, a list or a mapping.

    3e-4    'a, b'    "tab\\t"    [1, 2, ${x}]    {lr: 0.1, betas: [0.9, 0.99]}

In single quotes `''` is a quote; in double quotes the escapes of YAML hold. What is
in `${...}` is a text, for OmegaConf to resolve.
"""

from __future__ import annotations

from ...errors import Refused
from .scalars import typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json

BLANK = " \t\n"
MOST_LEVELS = 64
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_HEX = {"x": 2, "u": 4, "U": 8}
_STARTS = "'\"[{"


def read(text: str) -> Json:
    """The value of a text; nothing is an empty text. Raises Refused with a detail."""
    text = text.strip(BLANK)
    if not text:
        return ""
    if text[0] not in _STARTS:
        return typed(text)
    reader = _Reader(text)
    value = reader.value(BLANK, 0)
    reader.blank()
    if reader.at < len(text):
        raise _refused(f"something follows its end: {text[reader.at :][:20]}")
    return value


def written(value: Json) -> str:
    """The text that `read` makes this value of."""
    if isinstance(value, dict):
        pairs = (f"{_word(key)}: {written(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str):
        return _word(value)
    if isinstance(value, float):
        return repr(value).replace("inf", ".inf").replace("nan", ".nan")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _word(text: str) -> str:
    """A text as it is where that is read as this text anywhere, else in quotes."""
    plain = not any(each in text for each in "'\"[]{},:#\t\n") and text == text.strip()
    if plain and text and isinstance(typed(text), str):
        return text
    return "'" + text.replace("'", "''") + "'"


def _refused(detail: str) -> Refused:
    return Refused("override-invalid", detail=detail)


class _Reader:
    """Reads one value after the other from `at` on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def blank(self) -> None:
        while self.text[self.at : self.at + 1] and self.text[self.at] in BLANK:
            self.at += 1

    def value(self, stops: str, depth: int) -> Json:
        """One value; a plain one ends before any of `stops`."""
        if depth > MOST_LEVELS:
            raise _refused(f"it is nested more than {MOST_LEVELS} levels deep")
        self.blank()
        first = self.text[self.at : self.at + 1]
        if first == "[":
            return self._list(depth)
        if first == "{":
            return self._mapping(depth)
        if first and first in "'\"":
            return self._quoted(first)
        return typed(self._plain(stops))

    def _list(self, depth: int) -> Json:
        self.at += 1
        items: list[Json] = []
        while not self._closes("]"):
            if self._next() in (",", ""):
                raise _refused("an item of a list is missing, or its ]")
            items.append(self.value(",[]{}", depth + 1))
            self._comma("]")
        return items

    def _mapping(self, depth: int) -> Json:
        self.at += 1
        found: dict[str, Json] = {}
        while not self._closes("}"):
            key = self._key()
            if key in found:
                raise _refused(f"it has the key {key} twice")
            found[key] = self.value(",[]{}", depth + 1)
            self._comma("}")
        return found

    def _key(self) -> str:
        first = self._next()
        quoted = first != "" and first in "'\""
        key = self._quoted(first) if quoted else self._plain(":,[]{}")
        if self._next() != ":" or not (key or quoted):
            raise _refused("a mapping holds keys with values, as in {a: 1}")
        self.at += 1
        return key

    def _next(self) -> str:
        self.blank()
        return self.text[self.at : self.at + 1]

    def _closes(self, bracket: str) -> bool:
        closes = self._next() == bracket
        self.at += closes
        return closes

    def _comma(self, bracket: str) -> None:
        found = self._next()
        if found == ",":
            self.at += 1
        elif found != bracket:
            raise _refused(f"a comma or {bracket} is missing")

    def _plain(self, stops: str) -> str:
        """The characters up to one of `stops` that isn't in `${...}`."""
        start, depth = self.at, 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if self.text.startswith("${", self.at):
                depth += 1
                self.at += 1
            elif depth:
                depth += (character == "{") - (character == "}")
            elif character in stops:
                break
            self.at += 1
        return self.text[start : self.at].strip(BLANK)

    def _quoted(self, quote: str) -> str:
        self.at += 1
        pieces: list[str] = []
        while True:
            end = self._end_of(quote)
            pieces.append(self.text[self.at : end])
            self.at = end + 1
            if self.text[end] == "\\":
                pieces.append(self._escape())
            elif quote == "'" and self.text.startswith("'", self.at):
                pieces.append("'")
                self.at += 1
            else:
                return "".join(pieces)

    def _end_of(self, quote: str) -> int:
        """Where the next quote is, or in double quotes the next backslash."""
        ends = [
            self.text.find(each, self.at) for each in ('"\\' if quote == '"' else "'")
        ]
        found = [end for end in ends if end >= 0]
        if not found or ends[0] < 0:
            raise _refused(f"its quote {quote} isn't closed")
        return min(found)

    def _escape(self) -> str:
        mark = self.text[self.at : self.at + 1]
        self.at += 1
        if mark in _ESCAPES:
            return _ESCAPES[mark]
        length = _HEX.get(mark, 0)
        digits = self.text[self.at : self.at + length]
        self.at += length
        try:
            return chr(int(digits, 16)) if len(digits) == length else _bad(mark)
        except (ValueError, OverflowError):
            return _bad(mark)


def _bad(mark: str) -> str:
    raise _refused(f"\\{mark} is no escape of YAML")
