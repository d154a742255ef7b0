"""Faults as data that marshal can hold, and back."""

from __future__ import annotations

from ..errors import EnvPlace, Fault, FilePlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..errors import Place

    Plain = tuple[str, object, object, dict[str, object]]

FIELDS = tuple(
    name for name in Fault.__slots__ if name not in ("code", "place", "related")
)
PLACE = ("path", "line", "column", "text", "length")


def keep(fault: Fault) -> Plain:
    """The fault of a file as plain data."""
    values = {name: getattr(fault, name) for name in FIELDS}
    return fault.code, _keep_place(fault.place), _keep_place(fault.related), values


def revive(data: Plain) -> Fault:
    """The fault that `keep` was given."""
    code, place, related, values = data
    return Fault(
        code,
        place=_revive_place(place),
        related=_revive_place(related),
        **values,  # type: ignore[arg-type]
    )


def revived(notes: object) -> list[Fault]:
    """All of a tuple of kept faults."""
    return [revive(note) for note in notes] if isinstance(notes, tuple) else []


def _keep_place(place: Place | None) -> object:
    if isinstance(place, FilePlace):
        return tuple(getattr(place, name) for name in PLACE)
    return place.variable if isinstance(place, EnvPlace) else None


def _revive_place(data: object) -> Place | None:
    if isinstance(data, tuple):
        return FilePlace(*data)
    return EnvPlace(data) if isinstance(data, str) else None
