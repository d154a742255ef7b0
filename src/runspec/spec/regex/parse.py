"""From a pattern's text to its tree, read by the standard library's own parser."""

from __future__ import annotations

from .. import match
from . import PatternError, dangerous
from .chars import LAST, make_chars
from .tree import At, Atomic, Branch, Chars, Look, Node, Repeat, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

LONGEST = 10_000
"""Longer patterns aren't given to the parser."""

DEEPEST = 20
"""Lookarounds and atomic groups within one another; the matcher recurses there."""

_IGNORECASE, _MULTILINE, _DOTALL, _ASCII = 2, 8, 16, 256
_TYPES = 4 | 32 | _ASCII
"""LOCALE, UNICODE and ASCII: a group that sets one of them unsets the others."""

_CATEGORIES = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}

_KINDS = {
    "MAX_REPEAT": "greedy",
    "MIN_REPEAT": "lazy",
    "POSSESSIVE_REPEAT": "possessive",
}

_POSITIONS = {
    "AT_BEGINNING": (match.START, match.LINE_START),
    "AT_BEGINNING_STRING": (match.START, match.START),
    "AT_END": (match.LAST_END, match.LINE_END),
    "AT_END_STRING": (match.END, match.END),
    "AT_BOUNDARY": (match.BOUNDARY, match.BOUNDARY),
    "AT_NON_BOUNDARY": (match.NOT_BOUNDARY, match.NOT_BOUNDARY),
}
"""The kind of position without and with MULTILINE."""


def parse(pattern: str) -> Node:
    """The tree of `pattern`.

    Raises PatternError (STR-03): "pattern-invalid" for what `re` refuses,
    "pattern-dangerous" for backreferences, conditional groups, texts too long.
    Raises RecursionError where groups are nested too deeply for the parser.
    """
    if len(pattern) > LONGEST:
        raise dangerous(f"it has more than {LONGEST} characters")
    import re

    from ...compat import parse_pattern

    try:
        return _Reader().sequence(*parse_pattern(pattern))
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        raise PatternError("pattern-invalid", f"{error.msg}{where}") from None
    except (OverflowError, ValueError):
        raise dangerous("a number in it is too large") from None


class _Reader:
    """Turns the parser's `(operation, argument)` pairs into nodes."""

    def __init__(self) -> None:
        self.depth = 0

    def sequence(self, items: Iterable[tuple[Any, Any]], flags: int) -> Node:
        nodes = [self._node(op.name, av, flags) for op, av in items]
        return nodes[0] if len(nodes) == 1 else Sequence(nodes)

    def _node(self, op: str, av: Any, flags: int) -> Node:
        if op in _KINDS:
            return self._repeat(op, av, flags)
        if op in ("GROUPREF", "GROUPREF_EXISTS"):
            what = "backreference" if op == "GROUPREF" else "conditional group"
            raise dangerous(f"it has a {what}")
        if op in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            return _chars(op, av, flags)
        readers: dict[str, Callable[[Any, int], Node]] = {
            "SUBPATTERN": self._group,
            "BRANCH": self._branch,
            "AT": _at,
            "ASSERT": self._look,
            "ASSERT_NOT": self._look_not,
            "ATOMIC_GROUP": self._atomic,
            "FAILURE": lambda _av, _flags: Branch(()),
        }
        if op not in readers:
            raise dangerous(f"{op} is not supported")
        return readers[op](av, flags)

    def _repeat(self, op: str, av: Any, flags: int) -> Node:
        low, high, items = av
        most = None if getattr(high, "name", "") == "MAXREPEAT" else int(high)
        kind = _KINDS[op]
        read = self._inner if kind == "possessive" else self.sequence
        return Repeat(read(items, flags), int(low), most, kind)

    def _group(self, av: Any, flags: int) -> Node:
        _, added, removed, items = av
        if added & _TYPES:
            flags &= ~_TYPES
        return self.sequence(items, (flags | added) & ~removed)

    def _branch(self, av: Any, flags: int) -> Node:
        return Branch([self.sequence(items, flags) for items in av[1]])

    def _atomic(self, av: Any, flags: int) -> Node:
        return Atomic(self._inner(av, flags))

    def _look(self, av: Any, flags: int, negated: bool = False) -> Node:
        direction, items = av
        body = self._inner(items, flags)
        if direction > 0:
            return Look(body, None, negated)
        if body.width[0] != body.width[1]:
            raise PatternError(
                "pattern-invalid", "look-behind requires fixed-width pattern"
            )
        return Look(body, body.width[0], negated)

    def _look_not(self, av: Any, flags: int) -> Node:
        return self._look(av, flags, negated=True)

    def _inner(self, items: Iterable[tuple[Any, Any]], flags: int) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise dangerous(
                f"more than {DEEPEST} lookarounds and atomic groups in one another"
            )
        node = self.sequence(items, flags)
        self.depth -= 1
        return node


def _chars(op: str, av: Any, flags: int) -> Chars:
    if op == "ANY":
        if flags & _DOTALL:
            return Chars(((0, LAST),))
        return Chars(((10, 10),), negated=True)
    negated = op == "NOT_LITERAL"
    ranges: list[tuple[int, int]] = []
    categories = ""
    for name, value in [("LITERAL", av)] if op != "IN" else _named(av):
        if name == "NEGATE":
            negated = True
        elif name == "CATEGORY":
            categories += _category(value.name)
        else:
            ranges.append(value if name == "RANGE" else (value, value))
    return make_chars(
        tuple(ranges),
        categories,
        negated=negated,
        ignore=bool(flags & _IGNORECASE),
        ascii_only=bool(flags & _ASCII),
    )


def _named(items: Iterable[tuple[Any, Any]]) -> list[tuple[str, Any]]:
    return [(op.name, av) for op, av in items]


def _category(name: str) -> str:
    word = name.removeprefix("CATEGORY_")
    letter = _CATEGORIES[word.removeprefix("NOT_")]
    return letter.upper() if word.startswith("NOT_") else letter


def _at(av: Any, flags: int) -> Node:
    kind = _POSITIONS[av.name][bool(flags & _MULTILINE)]
    if kind < match.BOUNDARY:
        return At(kind)
    node = At(kind + match.ASCII if flags & _ASCII else kind)
    if kind == match.NOT_BOUNDARY and not _empty_has_no_boundary():
        nothing = Sequence((At(match.START), At(match.END)))
        return Sequence((node, Look(nothing, None, negated=True)))
    return node


def _empty_has_no_boundary() -> bool:
    """Whether `\\B` matches in the empty text: from Python 3.14 on."""
    import re

    return re.fullmatch(r"\B", "") is not None
