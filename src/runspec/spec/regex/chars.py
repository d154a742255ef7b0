"""Character classes: ranges, categories and what ignoring case makes of them."""

from __future__ import annotations

from ..match import member
from .tree import Chars

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..match import Wide
    from .tree import Ranges

LAST = 0x10FFFF

ASCII_CATEGORIES: dict[str, Ranges] = {
    "d": ((48, 57),),
    "s": ((9, 13), (32, 32)),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
}

_FEW = 1024
"""A range of more code points is folded by the table of cased ones."""

_cased: list[int] = []


def make_chars(
    ranges: Ranges, categories: str, *, negated: bool, ignore: bool, ascii_only: bool
) -> Chars:
    """The class under its flags: IGNORECASE and ASCII."""
    if ascii_only:
        for category in categories:
            ranges += _ascii_category(category)
        categories = ""
    if not ignore:
        return Chars(ranges, categories, negated=negated)
    if ascii_only:
        folded = _fold_ascii(ranges)
        return Chars(folded, negated=negated, folded=folded != ranges)
    folded, cased = _fold(ranges)
    if not cased:
        return Chars(ranges, categories, negated=negated)
    return Chars(folded, categories, negated=negated, folded=True, lower=True)


def _ascii_category(category: str) -> Ranges:
    ranges = ASCII_CATEGORIES[category.lower()]
    return ranges if category.islower() else _complement(ranges)


def _complement(ranges: Ranges) -> Ranges:
    """What sorted ranges leave out; they begin above 0 and don't touch."""
    first = 0
    found = []
    for low, high in ranges:
        found.append((first, low - 1))
        first = high + 1
    return (*found, (first, LAST))


def _fold_ascii(ranges: Ranges) -> Ranges:
    swapped = []
    for shift, low, high in ((32, 65, 90), (-32, 97, 122)):
        for first, last in ranges:
            if first <= high and last >= low:
                swapped.append((max(first, low) + shift, min(last, high) + shift))
    return (*ranges, *(pair for pair in swapped if not _covered(pair, ranges)))


def _covered(pair: tuple[int, int], ranges: Ranges) -> bool:
    return any(low <= pair[0] and pair[1] <= high for low, high in ranges)


def _fold(ranges: Ranges) -> tuple[Ranges, bool]:
    """The ranges with the lower case of their members; whether any has a case.

    Python 3.11's `re` overlooks capital letters beyond U+FFFF in a class; here they
    count like any other.
    """
    from ...compat import casing

    lower, iscased, equal = casing()
    more: set[int] = set()
    cased = any(high > 0xFFFF and low != high for low, high in ranges)
    for low, high in ranges:
        for code in _codes(low, high, iscased):
            small = lower(code)
            more.add(small)
            more.update(equal.get(small, ()))
            cased = cased or iscased(code)
    return (*ranges, *((code, code) for code in sorted(more))), cased


def _codes(low: int, high: int, iscased: Callable[[int], bool]) -> Iterable[int]:
    """The code points of a range, or of a long one only those that have a case."""
    if high - low < _FEW:
        return range(low, high + 1)
    if not _cased:
        _cased.extend(code for code in range(LAST + 1) if iscased(code))
    return (code for code in _cased if low <= code <= high)


def members(chars: Chars) -> tuple[str, Wide | None]:
    """The ASCII characters of a class, and the test for the others if it has any."""
    if len(chars.ranges) == 1 and not (chars.negated or chars.lower):
        low, high = chars.ranges[0]
        if high < 128 and not chars.categories:
            return "".join(map(chr, range(low, high + 1))), None
    bounds = merged(chars.ranges)
    wide = (chars.negated, chars.lower, bounds, chars.categories)
    plain = "".join(c for c in map(chr, range(128)) if member(wide, c))
    if not (chars.negated or chars.lower or chars.categories) and bounds[-1] <= 128:
        return plain, None
    return plain, wide


def merged(ranges: Ranges) -> tuple[int, ...]:
    """Sorted bounds of the ranges, first and last + 1, with no overlap left."""
    bounds: list[int] = []
    for low, high in sorted(ranges):
        if bounds and low <= bounds[-1]:
            bounds[-1] = max(bounds[-1], high + 1)
        else:
            bounds += (low, high + 1)
    return tuple(bounds)
