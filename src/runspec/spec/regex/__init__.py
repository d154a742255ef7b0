"""Patterns before they are matched: their tree, their program, their ECMA spelling."""

from __future__ import annotations


class PatternError(Exception):
    """A pattern that can't be used.

    `code` is "pattern-invalid" or "pattern-dangerous" (STR-03), `detail` what is
    wrong with it.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def dangerous(detail: str) -> PatternError:
    """The error for a pattern that can't be matched in bounded time."""
    return PatternError("pattern-dangerous", detail)
