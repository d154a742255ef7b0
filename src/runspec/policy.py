"""How much an agent may do, one ordered scale (AUT-01 to AUT-04); who sees what."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

AUTONOMY = ("autonomous", "supervised", "confirm", "manual")
"""Levels from the least to the most restrictive (AUT-04)."""
AUDIENCES = ("operator", "self-service")


def strictest(levels: "Iterable[str]") -> str:
    """The most restrictive of one or more levels."""
    return max(levels, key=AUTONOMY.index)


def audiences(discoverable: "bool | Sequence[str]") -> "tuple[str, ...]":
    """Who may discover what is declared so (RUN-04); other words admit nobody."""
    if isinstance(discoverable, bool):
        return AUDIENCES[:1] if discoverable else ()
    return tuple(each for each in AUDIENCES if each in discoverable)
