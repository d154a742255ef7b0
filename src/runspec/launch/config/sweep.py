"""The points of a sweep: overrides whose commas separate values (CNF-08).

lr=1,2 seed=3,4     four points; the last key changes fastest
size=[1,2] a='x,y'  one value each: commas in brackets and quotes don't separate
"""

from __future__ import annotations

from itertools import product

from ...errors import ArgvPlace, CallError, Fault
from .overrides import path_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN, CLOSED = "[{(", "]})"
QUOTES = "'\""
SIGNS = "+"
MOST = 1_000


class Point:
    """One launch of a sweep: all tokens, and those that vary, as one text."""

    __slots__ = ("label", "tokens")

    def __init__(self, tokens: tuple[str, ...], label: str) -> None:
        self.tokens = tokens
        self.label = label


def points(tokens: Sequence[str]) -> list[Point]:
    """All combinations. Raises CallError (`sweep-empty`, `sweep-too-large`)."""
    argv = tuple(tokens)
    axes = [_axis(token) for token in argv]
    varying = [index for index, axis in enumerate(axes) if len(axis) > 1]
    if not varying:
        raise CallError(Fault("sweep-empty", "sweep"))
    count = 1
    for axis in axes:
        count *= len(axis)
    if count > MOST:
        place = ArgvPlace(argv, varying[0])
        fault = Fault(
            "sweep-too-large", "sweep", place, received=count, expected=(MOST,)
        )
        raise CallError(fault)
    return [
        Point(combination, " ".join(combination[index] for index in varying))
        for combination in product(*axes)
    ]


def _axis(token: str) -> tuple[str, ...]:
    """The tokens that one stands for."""
    key, equals, value = token.partition("=")
    if not equals or not path_of(key.lstrip(SIGNS)):
        return (token,)
    return tuple(f"{key}={each}" for each in values(value))


def values(text: str) -> list[str]:
    """What commas separate, outside of quotes and brackets."""
    found = [""]
    depth, quote = 0, ""
    for each in text:
        if quote:
            quote = "" if each == quote else quote
        elif each in QUOTES and not found[-1].strip("[{( "):
            quote = each
        elif each in OPEN:
            depth += 1
        elif each in CLOSED:
            depth -= 1
        elif each == "," and depth <= 0:
            found.append("")
            continue
        found[-1] += each
    return found
