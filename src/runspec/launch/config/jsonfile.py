"""A JSON file to a tree (RFC 8259), with the place of every value.

Importing `json` costs as much as half of starting Python, and keeps no places.
"""

from __future__ import annotations

from ...compat import json_string
from .formats import Builder, syntax
from .node import File, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...errors import SpecError
    from .node import Scalar

_BLANK = " \t\n\r"
_ENDS = ' \t\n\r,]}:[{"'
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
MOST_DIGITS = 4000


def read_json(file: File) -> Node:
    """Raises SpecError with all duplicate keys, or the first other fault."""
    return _Reader(file).run()


class _Reader:
    """Reads from `at` on; `start` is where `line` begins."""

    def __init__(self, file: File) -> None:
        self.builder = Builder(file)
        self.file = file
        self.text = file.text
        self.at = 0
        self.line = 1
        self.start = 0

    def run(self) -> Node:
        self._value()
        if self._next():
            raise self._wrong("something follows the end of the value")
        return self.builder.finished()

    def _next(self) -> str:
        """The next character that isn't blank; "" at the end."""
        text = self.text
        while self.at < len(text) and text[self.at] in _BLANK:
            self.at += 1
            if text[self.at - 1] == "\n":
                self.line += 1
                self.start = self.at
        return text[self.at : self.at + 1]

    def _value(self) -> None:
        first = self._next()
        if first == "{":
            self._inside({}, "}")
        elif first == "[":
            self._inside([], "]")
        elif first == '"':
            node = self._node(None)
            node.value = self._string()
            self.builder.put(node)
        else:
            self._word()

    def _inside(self, value: list[Node] | dict[str, Node], bracket: str) -> None:
        """The members of an object or the items of an array, and the end of it."""
        self.builder.enter(self._node(value))
        self.at += 1
        if self._next() != bracket:
            self._member(bracket)
            while self._next() == ",":
                self.at += 1
                self._member(bracket)
        if self._next() != bracket:
            raise self._wrong(f"a comma or {bracket} is missing")
        self.at += 1
        self.builder.leave()

    def _member(self, bracket: str) -> None:
        if bracket == "}":
            if self._next() != '"':
                raise self._wrong("a key in double quotes is missing")
            line, column = self.line, self.at - self.start + 1
            self.builder.key(self._string(), line, column)
            if self._next() != ":":
                raise self._wrong("a colon is missing")
            self.at += 1
        self._value()

    def _string(self) -> str:
        try:
            text, self.at = json_string(self.text, self.at + 1)
        except ValueError as error:
            self.at = getattr(error, "pos", self.at)
            raise self._wrong("this is no text: see its quotes and escapes") from None
        return text

    def _word(self) -> None:
        end = self.at
        while self.text[end : end + 1] and self.text[end] not in _ENDS:
            end += 1
        word = self.text[self.at : end]
        if word not in _WORDS and not _is_number(word):
            raise self._wrong(
                "a value is missing" if not word else f"{word[:20]} is none"
            )
        value = _WORDS[word] if word in _WORDS else _number(word)
        if isinstance(value, float) and value - value != 0:
            raise self._wrong("this number is too large")
        self.builder.put(self._node(value))
        self.at = end

    def _node(self, value: Scalar | list[Node] | dict[str, Node]) -> Node:
        return Node(value, self.file, self.line, self.at - self.start + 1)

    def _wrong(self, detail: str) -> SpecError:
        place = self.file.place(self.line, self.at - self.start + 1)
        return syntax(self.file, place, detail, "JSON")


def _is_number(word: str) -> bool:
    """number = [ "-" ] int [ "." digits ] [ "e" [ "+" / "-" ] digits ]"""
    mantissa, e, exponent = word.removeprefix("-").replace("E", "e").partition("e")
    whole, dot, fraction = mantissa.partition(".")
    exponent = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    digits = [whole, *([fraction] if dot else []), *([exponent] if e else [])]
    plain = all(each.isascii() and each.isdigit() for each in digits)
    return plain and (whole == "0" or whole[0] != "0") and len(word) <= MOST_DIGITS


def _number(word: str) -> int | float:
    return int(word) if word.lstrip("-").isdigit() else float(word)
