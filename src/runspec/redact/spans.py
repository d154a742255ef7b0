"""Where the secrets of a text are, and the text without them."""

from __future__ import annotations

from contextlib import suppress

from ..errors import MASK
from .names import STEMS, credential_word, full_name, name_pattern, own_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from re import Match, Pattern
    from typing import TypeAlias

    from .shapes import Shape

    # Where the secret begins and ends, what replaces it, where the whole match does
    Span: TypeAlias = tuple[int, int, str, int, int]

_tables: dict[tuple[Shape, ...], dict[str, tuple[Shape, ...]]] = {}
_patterns: dict[tuple[Shape, ...], list[Pattern[str]]] = {}


def masked(text: str, spans: list[Span]) -> str:
    """`text` with each span replaced; what overlaps is replaced as one."""
    if not spans:
        return text
    pieces: list[str] = []
    done = 0
    for start, end, mask in _merged(spans):
        pieces += text[done:start], mask
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


def _merged(spans: list[Span]) -> list[tuple[int, int, str]]:
    """Without overlap; of those that begin together, the longest one's mask."""
    merged: list[tuple[int, int, str]] = []
    first, last, kept = 0, 0, ""
    for start, end, mask, _, _ in sorted(spans):
        if start >= last:
            merged.append((first, last, kept))
            first, last, kept = start, end, mask
        elif end > last:
            last = end
            if start == first:
                kept = mask
    merged.append((first, last, kept))
    return merged[1:]


def shape_spans(text: str, own: Iterable[str] = ()) -> list[Span]:
    """What is a secret by its shape, or follows a name; `own` are further names.

    A shape that fails is passed over.
    """
    from . import shapes

    folded = _folded(text)
    found: list[Span] = []
    for stem in STEMS:
        if stem in folded:
            names = name_pattern()
            found.extend(_following(text, folded, stem, names, own=False))
    for name in own:
        if name in folded:
            names = own_pattern(name)
            found.extend(_following(text, folded, name, names, own=True))
    for trigger, its in _by_trigger(shapes.SHAPES).items():
        if trigger in folded:
            found.extend(_triggered(text, folded, trigger, _compiled(its)))
    return [span for span in found if span[0] < span[1]]


def _folded(text: str) -> str:
    """In lower case, each character at the place it had."""
    folded = text.lower()
    if len(folded) != len(text):  # the one letter that becomes two
        folded = text.replace("\u0130", "i").lower()
    return folded


def _by_trigger(shapes: tuple[Shape, ...]) -> dict[str, tuple[Shape, ...]]:
    """`shapes` by trigger."""
    table = _tables.get(shapes)
    if table is None:
        table = {}
        for shape in shapes:
            for trigger in shape.triggers:
                table[trigger] = (*table.get(trigger, ()), shape)
        _tables[shapes] = table
    return table


def _compiled(shapes: tuple[Shape, ...]) -> list[Pattern[str]]:
    """Their patterns, compiled when a text first has their trigger."""
    from re import compile as compile_pattern

    found = _patterns.get(shapes)
    if found is None:
        found = []
        for shape in shapes:
            with suppress(Exception):
                found.append(compile_pattern(shape.pattern))
        _patterns[shapes] = found
    return found


def _triggered(
    text: str, folded: str, trigger: str, patterns: list[Pattern[str]]
) -> Iterator[Span]:
    at = folded.find(trigger)
    while at >= 0:
        end = at + len(trigger)
        match = _first(patterns, text, at)
        if match is not None:
            yield _span(match, at)
            end = max(end, match.end())
        at = folded.find(trigger, end)


def _following(
    text: str,
    folded: str,
    stem: str,
    name: Pattern[str],
    *,
    own: bool,
) -> Iterator[Span]:
    """The first shape that matches after each secret's name that has `stem` in it."""
    from . import shapes

    table = _by_trigger(shapes.FOLLOWING)
    at = folded.find(stem)
    while at >= 0:
        end = at + len(stem)
        named = name.match(text, at)
        if named is not None and (
            own or credential_word(full_name(text, at, named.end()))
        ):
            after = named.end()
            its = table.get(text[after : after + 1], ())
            match = _first(_compiled(its), text, after)
            if match is not None:
                yield _span(match, at)
                end = match.end()
        at = folded.find(stem, end)


def _first(patterns: list[Pattern[str]], text: str, at: int) -> Match[str] | None:
    for pattern in patterns:
        match = pattern.match(text, at)
        if match is not None:
            return match
    return None


def _span(match: Match[str], begin: int) -> Span:
    """A quote is put around the mask of what had none but needs one."""
    start, end = match.span("v")
    quote = match["q"] if "q" in match.re.groupindex else ""
    mask = f"{quote}{MASK}{quote}" if quote else MASK
    return start, end, mask, begin, match.end()
