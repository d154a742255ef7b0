"""Patterns of a spec: compiled for our own matcher, and spelled for JSON Schema."""

from __future__ import annotations

from .regex import PatternError, dangerous
from .regex.ecma import ecma

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .match import Program

__all__ = ["MOST_STEPS", "PatternError", "compile_pattern", "ecma"]

MOST_STEPS = 5_000
"""The largest program, in steps with all repeats written out (STR-03)."""


def compile_pattern(pattern: str) -> Program:
    """The program that `match.fullmatch` runs; marshal can write it.

    Raises PatternError (STR-03) for a pattern that `re` refuses or that can't be
    matched in linear time.
    """
    try:
        return _compiled(pattern)
    except (RecursionError, MemoryError):
        raise dangerous("it is nested too deeply") from None


def _compiled(pattern: str) -> Program:
    from .regex.layout import lay_out
    from .regex.parse import parse
    from .regex.program import Builder

    node = parse(pattern)
    steps = max(1, node.cost[0])
    if steps > MOST_STEPS:
        raise dangerous(f"its repeats written out are more than {MOST_STEPS} steps")
    builder = Builder()
    first = builder.whole(node)
    start, code = lay_out(builder.code, first, builder.classes)
    plain = tuple(plain for plain, _ in builder.classes)
    return steps, start, code, plain, tuple(wide for _, wide in builder.classes)
