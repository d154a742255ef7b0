"""A check that a default or a value of a config file doesn't pass."""

from __future__ import annotations

from ..model import failed_check

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
    found = failed_check(arg, value)
    return None if found is None else Broken(found[0], *found[1])
