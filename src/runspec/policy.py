"""How much an agent may do: one ordered scale (AUT-01 to AUT-04)."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

AUTONOMY = ("autonomous", "supervised", "confirm", "manual")
"""Levels from the least to the most restrictive (AUT-04)."""


def strictest(levels: "Iterable[str]") -> str:
    """The most restrictive of one or more levels."""
    return max(levels, key=AUTONOMY.index)
