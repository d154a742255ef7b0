"""A secret's value, found in every form that programs print it in."""

from __future__ import annotations

from ..errors import MASK
from .rest import Rest
from .spelling import REACH, is_plain, pattern_of, raw_bytes, spelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Pattern

    from .spans import Span

SHORTEST = 4
"""Shorter values stand in any text by chance: masking them would destroy it."""

LINE = 8
"""The shortest line of a value of several lines that is masked by itself."""

HEAD = 32
"""Characters of a value that are looked for by one pattern."""

EDGE = "[A-Za-z0-9+/_-]?"
PADDING = "(?:=|%3[dD]){0,2}"
NUMBER = r"(\\{0,7}[\"'])[ \t]*:[ \t]*-?\Z"


class Known:
    """One form of a secret.

    `anchor` is in every match as it is ("" if there is no such part), `reach` the
    most characters of a match, `lines` whether one may hold a line break.
    """

    __slots__ = (
        "_line",
        "_number",
        "_pattern",
        "_rest",
        "_value",
        "anchor",
        "lines",
        "reach",
    )

    def __init__(self, value: str) -> None:
        self.anchor = _longest_plain(value)
        self.reach = sum(1 if is_plain(char) else REACH for char in value) + REACH
        self.lines = "\n" in value or "\r" in value
        self._number = value.isdecimal() and value.isascii()
        self._value = value
        self._rest = Rest(value[_head(value) :])
        self._pattern: Pattern[str] | None = None
        self._line: Pattern[str] | None = None

    def __repr__(self) -> str:
        return "<Known>"

    def spans(self, text: str) -> Iterator[Span]:
        """Where `text` has it, from left to right."""
        if self.anchor not in text:
            return
        for match in self._compiled().finditer(text):
            start, end = match.start(), self._rest.end(text, match.end())
            if end < 0:
                continue
            start -= _loose(text, start)
            quote = _number_quote(text, start, end) if self._number else ""
            yield start, end, f"{quote}{MASK}{quote}", start, end

    def blocks(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it is in `text`, and where it may go on after the end of `text`."""
        for begin, end, _, _, _ in self.spans(text):
            yield begin, end
        recent = max(0, len(text) - self.reach)
        for match in self._opening().finditer(text, recent):
            if not self._ends(text, match.start()):
                yield match.start(), len(text) + 1

    def _opening(self) -> Pattern[str]:
        """What begins a match that has a line break."""
        if self._line is None:
            from re import compile as compile_pattern

            line = self._value.replace("\r", "\n").split("\n", 1)[0]
            ended = r"\\{0,15}[\r\n]" if len(line) <= HEAD else ""
            self._line = compile_pattern(pattern_of(line[:HEAD]) + ended)
        return self._line

    def _ends(self, text: str, begin: int) -> bool:
        match = self._compiled().match(text, begin)
        return match is not None and self._rest.end(text, match.end()) >= 0

    def _compiled(self) -> Pattern[str]:
        """Compiled when a text first has the anchor."""
        if self._pattern is None:
            from re import compile as compile_pattern

            self._pattern = compile_pattern(self._source())
        return self._pattern

    def _source(self) -> str:
        return pattern_of(self._value[: _head(self._value)])


class Encoded(Known):
    """What is in base64 text of a secret, `mixed` with the bits before and after."""

    __slots__ = ("_mixed",)

    def __init__(self, core: str, *mixed: bool) -> None:
        super().__init__(core)
        self._mixed = mixed
        self._rest = Rest("")

    def _source(self) -> str:
        before, after = self._mixed
        core = pattern_of(self._value, _digit)
        return f"{EDGE if before else ''}{core}{EDGE + PADDING if after else ''}"


def known_of(value: str) -> list[Known]:
    """The patterns of a value: itself, each of its lines, and in base64."""
    exact = value.strip()
    value = exact.replace("\r\n", "\n")
    if len(exact) < SHORTEST or not value.strip("*"):
        return []
    found = [Known(value)]
    if "\n" in value:
        lines = {line.strip() for line in value.split("\n")}
        kept = (line for line in lines if len(line) >= LINE and line[:5] != "-----")
        found.extend(map(Known, kept))
    for each in {value, exact}:
        found.extend(_base64(raw_bytes(each)))
    return found


def _longest_plain(value: str) -> str:
    plain = "".join(char if is_plain(char) else " " for char in value)
    return max(plain.split(" "), key=len)


def _head(value: str) -> int:
    """How many characters one pattern is for; it doesn't end in space or backslash."""
    end = HEAD
    while end < len(value) and value[end - 1] in "\\ \t\r\n":
        end += 1
    return end


def _base64(raw: bytes) -> Iterator[Encoded]:
    """In base64 text, at each of the three places it may begin within a group.

    The characters at either end that hold bits of a neighbour as well aren't
    looked for, but are masked.
    """
    from base64 import b64encode

    for shift, mixed in enumerate((0, 2, 3)):
        shifted = bytes(shift) + raw
        text = b64encode(shifted).decode("ascii").rstrip("=")
        after = len(shifted) % 3 > 0
        yield Encoded(text[mixed : len(text) - after], shift > 0, after)


def _digit(char: str) -> str:
    """A digit of base64 in either alphabet."""
    if char == "+":
        return f"(?:-|{spelled(char)})"
    if char == "/":
        return f"(?:_|{spelled(char)})"
    return char


def _loose(text: str, start: int) -> int:
    r"""1 if the character at `start` is the rest of an escape such as \n."""
    at = start
    while at > max(0, start - 64) and text[at - 1] == "\\":
        at -= 1
    return (start - at) % 2


def _number_quote(text: str, start: int, end: int) -> str:
    """The quotes that a bare number needs, once masked, after a quoted key."""
    from re import search

    match = search(NUMBER, text[max(0, start - 64) : start])
    ended = text[end : end + 1] in ("", ",", "}", "]", " ", "\r", "\n")
    return match[1] if match and ended else ""
