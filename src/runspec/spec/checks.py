"""What a typed value must satisfy: options, range, lengths, pattern.

Used for values of a call and for defaults of a spec, so that both mean the same.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..errors import Word
    from ..model import Arg


class Broken:
    """One check that a value doesn't pass: the code and what was expected."""

    __slots__ = ("code", "expected")

    def __init__(self, code: str, *expected: Word) -> None:
        self.code = code
        self.expected = expected


def broken(arg: Arg, value: object) -> Broken | None:
    """The first check of `arg` that one typed item fails (ARG-05 to ARG-08)."""
    if arg.options is not None and value not in arg.options:
        return Broken("not-an-option", *arg.options)
    if isinstance(value, str):
        return _broken_text(arg, value) if arg.type in ("str", "password") else None
    if arg.range is not None and isinstance(value, int | float):
        low, high = arg.range
        if not low <= value <= high:
            return Broken("out-of-range", low, high)
    return None


def _broken_text(arg: Arg, text: str) -> Broken | None:
    if arg.min_length is not None and len(text) < arg.min_length:
        return Broken("too-short", arg.min_length)
    if arg.max_length is not None and len(text) > arg.max_length:
        return Broken("too-long", arg.max_length)
    if arg.matcher is None or arg.pattern is None:
        return None
    from .match import fullmatch, longest

    if len(text) > longest(arg.matcher):
        return Broken("too-long", longest(arg.matcher))
    if not fullmatch(arg.matcher, text):
        return Broken("pattern-mismatch", arg.pattern)
    return None
