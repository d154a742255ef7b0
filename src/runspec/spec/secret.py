"""Keeps the default of a password out of the lines that faults show (TYPE-09)."""

from __future__ import annotations

from ..errors import MASK, FilePlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..errors import Fault
    from ..source.document import Document

OPENINGS = ('"""', "'''", "[")
"""What a value of several lines begins with; where it ends isn't looked for."""


def mask(
    faults: Iterable[Fault], document: Document, paths: Sequence[tuple[str | int, ...]]
) -> None:
    """Write `***` for the values at `paths` in the lines of `faults`."""
    secrets = [document.place(path, True) for path in paths]
    secrets.sort(key=lambda secret: (secret.line, secret.column), reverse=True)
    by_line: dict[int, list[FilePlace]] = {}
    for secret in secrets:
        by_line.setdefault(secret.line, []).append(secret)
    below = min(filter(None, map(_open_line, secrets)), default=None)
    for fault in faults:
        for place in (fault.place, fault.related):
            if not isinstance(place, FilePlace):
                continue
            if below is not None and place.line > below:
                place.text, place.column, place.length = MASK, 1, len(MASK)
            _mask_line(place, by_line.get(place.line, ()))


def _open_line(secret: FilePlace) -> int | None:
    """The line of a value that may go on below it."""
    start = secret.column - 1
    to_the_end = start + secret.length >= len(secret.text)
    opens = secret.text[start:].startswith(OPENINGS)
    return secret.line if opens and to_the_end else None


def _mask_line(place: FilePlace, secrets: Iterable[FilePlace]) -> None:
    """Mask what stands on the line, the last first, and move the place along."""
    if any(place.text != secret.text for secret in secrets):
        return  # masked before
    for secret in secrets:
        start, end = secret.column - 1, secret.column - 1 + secret.length
        place.text = place.text[:start] + MASK + place.text[end:]
        if place.column > end:
            place.column -= secret.length - len(MASK)
        elif place.column > start:
            place.column, place.length = start + 1, len(MASK)
