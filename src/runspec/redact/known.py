"""A secret's value, found in every form that programs print it in."""

from __future__ import annotations

from ..errors import MASK
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

EDGE = "[A-Za-z0-9+/_-]?"
PADDING = "(?:=|%3[dD]){0,2}"
NUMBER = r"(\\{0,7}[\"'])[ \t]*:[ \t]*-?\Z"


class Known:
    """One pattern of a secret.

    `anchor` is in every match as it is ("" if there is no such part), `reach` the
    most characters of a match, `lines` whether one may hold a line break, `opening`
    what begins such a match.
    """

    __slots__ = ("_pattern", "_source", "anchor", "lines", "number", "opening", "reach")

    def __init__(self, value: str, source: str) -> None:
        self.anchor = _longest_plain(value)
        self.reach = sum(1 if is_plain(char) else REACH for char in value) + REACH
        self.lines = "\n" in value
        self.opening = pattern_of(value[: value.find("\n") + 1]) if self.lines else ""
        self.number = value.isdecimal() and value.isascii()
        self._source = source
        self._pattern: Pattern[str] | None = None

    def __repr__(self) -> str:
        return "<Known>"

    @property
    def pattern(self) -> Pattern[str]:
        """Compiled when a text first has the anchor."""
        if self._pattern is None:
            from re import compile as compile_pattern

            self._pattern = compile_pattern(self._source)
        return self._pattern

    def spans(self, text: str) -> Iterator[Span]:
        """Where `text` has it, from left to right, none overlapping."""
        if self.anchor not in text:
            return
        for match in self.pattern.finditer(text):
            start, end = match.span()
            start -= _loose(text, start)
            quote = _number_quote(text, start, end) if self.number else ""
            yield start, end, start, end, f"{quote}{MASK}{quote}"

    def blocks(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it is in `text`, and where it may go on after the end of `text`."""
        for begin, end, _, _, _ in self.spans(text):
            yield begin, end
        from re import finditer

        recent = max(0, len(text) - self.reach)
        for match in finditer(self.opening, text[recent:]):
            begin = recent + match.start()
            if self.pattern.match(text, begin) is None:
                yield begin, len(text) + 1


def known_of(value: str) -> list[Known]:
    """The patterns of a value: itself, each of its lines, and in base64."""
    exact = value.strip()
    value = exact.replace("\r\n", "\n")
    if len(value) < SHORTEST or not value.strip("*"):
        return []
    found = [Known(value, pattern_of(value))]
    if "\n" in value:
        lines = {line.strip() for line in value.split("\n")}
        kept = (line for line in lines if len(line) >= LINE and line[:5] != "-----")
        found.extend(Known(line, pattern_of(line)) for line in kept)
    for each in {value, exact}:
        found.extend(_base64(raw_bytes(each)))
    return found


def _longest_plain(value: str) -> str:
    plain = "".join(char if is_plain(char) else " " for char in value)
    return max(plain.split(" "), key=len)


def _base64(raw: bytes) -> Iterator[Known]:
    """In base64 text, at each of the three places it may begin within a group.

    The characters at either end that hold bits of a neighbour as well aren't
    looked for, but are masked.
    """
    from base64 import b64encode

    for shift, mixed in enumerate((0, 2, 3)):
        shifted = bytes(shift) + raw
        text = b64encode(shifted).decode("ascii").rstrip("=")
        core = text[mixed : len(text) - bool(len(shifted) % 3)]
        before = EDGE if shift else ""
        after = EDGE + PADDING if len(shifted) % 3 else ""
        yield Known(core, before + pattern_of(core, _digit) + after)


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
    while at > 0 and text[at - 1] == "\\":
        at -= 1
    return (start - at) % 2


def _number_quote(text: str, start: int, end: int) -> str:
    """The quotes that a bare number needs, once masked, after a quoted key."""
    from re import search

    match = search(NUMBER, text[max(0, start - 64) : start])
    ended = text[end : end + 1] in ("", ",", "}", "]", " ", "\r", "\n")
    return match[1] if match and ended else ""
