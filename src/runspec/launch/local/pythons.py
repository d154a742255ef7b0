"""Whether a version of Python is one that `requires-python` allows (PEP 440, 723)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Version = tuple[int, ...]

OPERATORS = ("===", "~=", "==", "!=", ">=", "<=", ">", "<")
"""A longer one before each that it begins with."""
ANY = ".*"


def allows(requirement: str, version: Version) -> bool | None:
    """None where `requirement` is no list of release numbers with operators."""
    results = [_holds(clause.strip(), version) for clause in requirement.split(",")]
    return None if None in results else all(results)


def _holds(clause: str, version: Version) -> bool | None:
    operator = next((each for each in OPERATORS if clause.startswith(each)), "")
    text = clause.removeprefix(operator).strip()
    prefix = operator in ("==", "!=") and text.endswith(ANY)
    wanted = _release(text.removesuffix(ANY) if prefix else text)
    if not operator or wanted is None:
        return None
    if prefix:
        return (version[: len(wanted)] == wanted) is (operator == "==")
    if operator == "~=":
        return _at_least(version, wanted) and version[: len(wanted) - 1] == wanted[:-1]
    return COMPARE[operator](*_padded(version, wanted))


def _at_least(version: Version, wanted: Version) -> bool:
    first, second = _padded(version, wanted)
    return first >= second


def _release(text: str) -> Version | None:
    parts = text.split(".")
    if not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    return tuple(map(int, parts))


def _padded(first: Version, second: Version) -> tuple[Version, Version]:
    length = max(len(first), len(second))
    return (
        first + (0,) * (length - len(first)),
        second + (0,) * (length - len(second)),
    )


COMPARE: dict[str, Callable[[Version, Version], bool]] = {
    "===": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


def expression_of(requirement: str) -> str | None:
    """A Python expression of `v`, the version as three numbers; None as `allows`."""
    found = [_clause(each.strip()) for each in requirement.split(",")]
    known = [each for each in found if each is not None]
    return " and ".join(known) if len(known) == len(found) else None


def _clause(clause: str) -> str | None:
    operator = next((each for each in OPERATORS if clause.startswith(each)), "")
    text = clause.removeprefix(operator).strip()
    prefix = operator in ("==", "!=") and text.endswith(ANY)
    wanted = _release(text.removesuffix(ANY) if prefix else text)
    if not operator or wanted is None:
        return None
    if prefix:
        return f"v[:{len(wanted)}] {operator} {wanted!r}"
    whole, _ = _padded(wanted, (0, 0, 0))
    if operator == "~=":
        return f"v >= {whole!r} and v[:{len(wanted) - 1}] == {wanted[:-1]!r}"
    return (
        f"v {operator.removesuffix('=') if operator == '===' else operator} {whole!r}"
    )
