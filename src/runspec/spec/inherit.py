"""What a command that is silent takes from the levels above it (RUN-16)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..model import Runnable

INHERITED = (
    "effects",
    "idempotent",
    "open_world",
    "timeout",
    "warm",
    "serve",
    "hosts",
    "run_as",
    "become_method",
    "become_flags",
    "audit",
    "output",
)


def inherited(chain: Sequence[Runnable], attribute: str) -> Any:
    """The value of the last level of `chain` that declares it, else the default.

    `chain` is a runnable and the commands below it, outermost first.
    """
    for level in reversed(chain):
        if level.declares(attribute):
            return getattr(level, attribute)
    return getattr(chain[-1], attribute)
