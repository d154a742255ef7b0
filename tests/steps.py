"""Work that is counted, not timed: the same on every machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from runspec.spec.match import fullmatch

T = TypeVar("T")


class Budget:
    """Steps that may be taken; one more is an AssertionError."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self) -> None:
        self.left -= 1
        assert self.left >= 0, "it takes more steps than it may"


def within_lines(most: int, call: Callable[[], T]) -> T:
    """The result of a call that executes no more lines of Python than these."""
    budget, before = Budget(most), sys.gettrace()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            budget.take()
        return trace

    sys.settrace(trace)
    try:
        return call()
    finally:
        sys.settrace(before)


class _Code(tuple[Any, ...]):
    """A program's instructions; each that is fetched is a step."""

    budget: Budget

    def __getitem__(self, index: Any) -> Any:
        self.budget.take()
        return super().__getitem__(index)


class _Text(str):
    """A text; each character that is looked at is a step."""

    budget: Budget

    def __getitem__(self, index: Any) -> str:
        self.budget.take()
        return super().__getitem__(index)


def matches_within(most: int, program: tuple[Any, ...], text: str) -> bool:
    """As `fullmatch`, in no more steps of the matcher than these."""
    steps, first, instructions, *classes = program
    code, counted = _Code(instructions), _Text(text)
    code.budget = counted.budget = Budget(most)
    return fullmatch((steps, first, code, *classes), counted)
