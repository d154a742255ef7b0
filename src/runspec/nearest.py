"""The known words that a mistyped one was probably meant to be."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""Hyphens, dashes and minus signs other than the one of options."""
LONGEST = 64
"""Longer words are never compared: the cost is the product of the lengths."""


def distance(a: str, b: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap of neighbours) from `a` to `b`.

    Damerau-Levenshtein in its optimal string alignment form; more than `limit`
    is answered as `limit + 1`.
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return min(last[-1], limit + 1)


def nearest(word: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """At most `most` of `known` that are near `word`, nearest first.

    Near is: the same but for case, `-` and `_`; a third of the letters edited
    (at least one); or one the beginning of the other, from three letters on.
    """
    if not word or len(word) > LONGEST:
        return ()
    plain = _plain(word)
    limit = max(1, (len(plain) + 1) // 3)
    found: list[tuple[int, str]] = []
    for candidate in known:
        if len(candidate) > LONGEST:
            continue
        other = _plain(candidate)
        edits = distance(plain, other, limit)
        if edits > limit and _begins(plain, other):
            edits = limit
        if edits <= limit and edits < max(len(plain), 2):
            found.append((edits, candidate))
    found.sort(key=lambda pair: pair[0])
    return tuple(candidate for _, candidate in found[:most])


def option_of(word: str) -> str:
    """The option that was meant where its dash is another character; "" for none."""
    name = word.lstrip(DASHES)
    if name == word or not name:
        return ""
    return f"-{name}" if len(name) == 1 else f"--{name}"


def _begins(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    return len(shorter) >= 3 and longer.startswith(shorter)


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")
