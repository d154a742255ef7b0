"""How much an agent may do: one ordered scale (AUT-01 to AUT-04)."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .model import Config, Runnable

AUTONOMY = ("autonomous", "supervised", "confirm", "manual")
"""Levels from the least to the most restrictive (AUT-04)."""


def strictest(levels: "Iterable[str]") -> str:
    """The most restrictive of one or more levels."""
    return max(levels, key=AUTONOMY.index)


def autonomy_of(chain: "Sequence[Runnable]", config: "Config") -> str:
    """The level of the last of `chain`: its own, or the nearest above, or the default.

    `chain` is a runnable and the commands below it, outermost first.
    """
    for runnable in reversed(chain):
        if runnable.autonomy is not None:
            return runnable.autonomy
    return config.autonomy_default
