"""What private modules know of regular expressions, by public functions alone.

`runspec.compat` takes it where those modules are missing.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ...compat import Parsed


class _Constant:
    """An operation or a constant of `re`."""

    def __init__(self, name: str) -> None:
        self.name = name


def parse_by_dump(pattern: str) -> tuple[Parsed, int]:
    """The tree as `re.DEBUG` shows it, a line each, its parts indented."""
    import re
    from contextlib import redirect_stdout
    from io import StringIO

    with redirect_stdout(StringIO()) as shown:
        flags = re.compile(pattern, re.DEBUG).flags
    lines = shown.getvalue().split("\n")
    tree = lines[: lines.index("")]  # the rest is what it was compiled to
    tree.reverse()
    return _items(tree, 0), int(flags & ~re.DEBUG)


def _items(lines: list[str], level: int) -> Parsed:
    """Takes what is at a level, and deeper, from the end of the lines."""
    found: Parsed = []
    while lines and _indent(lines[-1]) == level:
        name, *words = lines[-1].replace(",", " ").replace("(", "").split()
        if name in ("OR", "ELSE"):
            break
        lines.pop()
        below = [_items(lines, level + 1)]
        while name in ("BRANCH", "GROUPREF_EXISTS") and lines:
            if _indent(lines[-1]) != level or lines[-1].strip() not in ("OR", "ELSE"):
                break
            lines.pop()
            below.append(_items(lines, level + 1))
        values = [_value(word.rstrip(")")) for word in words]
        found.append((_Constant(name), _argument(name, values, below)))
    return found


def _argument(name: str, values: list[Any], below: list[Parsed]) -> Any:
    """The argument of an operation in the shape that the parser itself gives it."""
    if name == "BRANCH":
        return None, below
    if name in ("IN", "ATOMIC_GROUP"):
        return below[0]
    if name in ("SUBPATTERN", "ASSERT", "ASSERT_NOT") or name.endswith("_REPEAT"):
        return (*values, below[0])
    return values[0] if len(values) == 1 else tuple(values)


def _indent(line: str) -> int:
    return (len(line) - len(line.lstrip(" "))) // 2


def _value(word: str) -> Any:
    if word == "None":
        return None
    return int(word) if word.lstrip("-").isdigit() else _Constant(word)


def casing_of_strings() -> tuple[
    Callable[[int], int], Callable[[int], bool], Mapping[int, Any]
]:
    def lower(code: int) -> int:
        return ord(chr(code).lower()[0])

    def is_cased(code: int) -> bool:
        letter = chr(code)
        return letter.lower() != letter or letter.upper() != letter

    same_capital: dict[str, list[int]] = {}
    for code in filter(is_cased, range(sys.maxunicode + 1)):
        if lower(code) == code:
            same_capital.setdefault(chr(code).upper(), []).append(code)
    groups = [group for group in same_capital.values() if len(group) > 1]
    equal = {
        code: tuple(each for each in group if each != code)
        for group in groups
        for code in group
    }
    return lower, is_cased, equal
