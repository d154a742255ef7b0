"""Matching a value against a compiled pattern, in time linear in both (STR-03).

A program is what `pattern.compile_pattern` makes: nothing but tuples, numbers and
text. It is run by backtracking that never enters a fork twice at one position, so
the work is at most its steps times the value's length.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    Wide = tuple[bool, bool, tuple[int, ...], str]
    """Negated, compares lower case, bounds of ranges (first, last + 1), categories."""
    Instruction = tuple[int, int, int, int]
    """Operation, next instruction, two operands."""
    Program = tuple[
        int, int, tuple[Instruction, ...], tuple[str, ...], tuple[Wide | None, ...]
    ]
    """Steps, first instruction, code, and each class's ASCII and further members."""

BUDGET = 2_000_000
"""Steps times characters of the longest match that is run (STR-04)."""

# Operations. `next` is taken on success; operands are named behind each.
CHAR = 0  # class: one character of it
FORK = 1  # other: `next` first, then `other` (NOWHERE: only remembers the visit)
SPAN = 2  # class: every character of it that follows, never given back
AT = 3  # kind: a position of that kind
LOOK = 4  # entry, behind * 2 + negated: what begins `behind` characters back
ATOMIC = 5  # entry, empty: its first match; `empty` is next when that has no length
ACCEPT = 6
FAIL = 7

NOWHERE = -1

# Kinds of positions; ASCII is added to the last two where words are ASCII words.
START, LINE_START, END, LAST_END, LINE_END, BOUNDARY, NOT_BOUNDARY = range(7)
ASCII = 2

_FAILED = -1
_DONE = -2


def fullmatch(program: tuple[object, ...], text: str) -> bool:
    """Whether the whole of `text` matches, as `re.fullmatch` means it (STR-01)."""
    known: Program = program  # type: ignore[assignment]
    return _Run(known, text).first(known[1], 0) >= 0


def longest(program: tuple[object, ...]) -> int:
    """How many characters a value may have to be matched at all (STR-04)."""
    known: Program = program  # type: ignore[assignment]
    return BUDGET // known[0]


def member(wide: Wide, char: str) -> bool:
    """Whether a class holds `char`, by ranges and categories."""
    negated, lower, bounds, categories = wide
    if lower:
        # The full lower case of İ has two characters; patterns compare the first.
        char = char.lower()[0]
    found = _within(bounds, ord(char)) or any(
        _in_category(category, char) for category in categories
    )
    return found != negated


def _within(bounds: tuple[int, ...], code: int) -> bool:
    low, high = 0, len(bounds)
    while low < high:
        middle = (low + high) // 2
        if code < bounds[middle]:
            high = middle
        else:
            low = middle + 1
    return low % 2 == 1


def _in_category(category: str, char: str) -> bool:
    kind = category.lower()
    if kind == "d":
        found = char.isdecimal()
    elif kind == "s":
        found = char.isspace()
    else:
        found = char.isalnum() or char == "_"
    return found == (kind == category)


class _Run:
    """One program on one text.

    `seen` marks the forks entered, by instruction and position; `ends` is where
    those that led to a match inside a lookaround or atomic group end; `spans` is
    where the span that a position belongs to ends, by instruction.
    """

    __slots__ = ("code", "ends", "plain", "seen", "spans", "text", "wide", "width")

    def __init__(self, program: Program, text: str) -> None:
        _, _, self.code, self.plain, self.wide = program
        self.text = text
        self.width = len(text) + 1
        self.seen = bytearray(len(self.code) * self.width)
        self.ends: dict[int, int] = {}
        self.spans: dict[int, list[int]] = {}

    def first(self, pc: int, pos: int) -> int:
        """Where the match preferred from there ends; -1 when there is none.

        A fork that fails once fails always, and one that matches always ends at
        the same place, because nothing but instruction and position matters.
        """
        code, text, seen, width = self.code, self.text, self.seen, self.width
        plain, wide = self.plain, self.wide
        open_forks: list[int] = []
        path: list[int] = []
        while pc != _DONE:
            op, then, x, _ = code[pc]
            if op == CHAR:
                pc = _FAILED
                if pos + 1 < width and (
                    (char := text[pos]) in plain[x]
                    or ((more := wide[x]) is not None and member(more, char))
                ):
                    pc = then
                    pos += 1
            elif op == FORK and not seen[key := pc * width + pos]:
                seen[key] = 1
                path.append(key)
                if x != NOWHERE:
                    open_forks.append(key)
                pc = then
            else:
                pc, pos = self._step(pc, pos)
            if pc == _FAILED:
                if not open_forks:
                    return -1
                key = open_forks.pop()
                while path[-1] != key:
                    path.pop()
                pc, pos = code[key // width][2], key % width
        for key in path:
            self.ends[key] = pos
        return pos

    def _step(self, pc: int, pos: int) -> tuple[int, int]:
        """The instruction and position after one that is not a single character."""
        op, then, x, y = self.code[pc]
        if op == SPAN:
            return then, self._span(pc, x, pos)
        if op == AT:
            return then if self._at(x, pos) else _FAILED, pos
        if op == LOOK:
            start = pos - y // 2
            found = start >= 0 and self.first(x, start) >= 0
            return _FAILED if found == y % 2 else then, pos
        if op == ATOMIC:
            end = self.first(x, pos)
            return _FAILED if end < 0 else then if end > pos else y, end
        if op == ACCEPT:
            return _DONE, pos
        end = self.ends.get(pc * self.width + pos, -1) if op == FORK else -1
        return _DONE if end >= 0 else _FAILED, end

    def _span(self, pc: int, x: int, pos: int) -> int:
        text, plain, wide, size = self.text, self.plain[x], self.wide[x], self.width - 1
        ends = self.spans.get(pc)
        if ends is None:
            ends = self.spans[pc] = [0] * self.width
        end = pos
        while end < size and not ends[end]:
            if text[end] in plain or (wide is not None and member(wide, text[end])):
                end += 1
            else:
                break
        last = ends[end] or end
        ends[pos:end] = [last] * (end - pos)
        return last

    def _at(self, kind: int, pos: int) -> bool:
        size = self.width - 1
        if kind == START:
            return pos == 0
        if kind == LINE_START:
            return pos == 0 or self.text[pos - 1] == "\n"
        if kind == END:
            return pos == size
        if kind == LAST_END:
            return pos == size or (pos == size - 1 and self.text[pos] == "\n")
        if kind == LINE_END:
            return pos == size or self.text[pos] == "\n"
        ascii_only = kind > NOT_BOUNDARY
        differ = self._word(pos - 1, ascii_only) != self._word(pos, ascii_only)
        return differ == (kind in (BOUNDARY, BOUNDARY + ASCII))

    def _word(self, pos: int, ascii_only: bool) -> bool:
        if not 0 <= pos < self.width - 1:
            return False
        char = self.text[pos]
        return (char.isalnum() or char == "_") and (char.isascii() or not ascii_only)
