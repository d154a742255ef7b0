"""The exit status of a launch: the script's own, or why there is none (LCH-09).

They are those of timeout(1) and `docker run`, which scripts of CI know already.
"""

from __future__ import annotations

from ..errors import CallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..errors import RunspecError
    from .executor import State

LOST = 123
"""It isn't known how the script ended."""
TIMED_OUT = 124
"""A time limit ended it."""
REFUSED = 125
"""runspec or the place refused it: nothing of the script has run."""
SIGNALLED = 128
CANCELLED = 143
"""It was asked to end (SIGTERM), and its place tells no more."""
UNCERTAIN = "slurm-uncertain"
"""Of a job that may be there all the same."""


def exit_status(state: State) -> int:
    """What a process that ends as that job did ends with; a signal is 128 more."""
    if state.status is None and state.phase == "cancelled":
        return CANCELLED
    return exit_status_of(state.status)


def exit_status_of(status: int | None) -> int:
    """The same for the status of a job, None where nobody knows it."""
    if status is None:
        return LOST
    return status if status >= 0 else SIGNALLED - status


def as_refusal(error: RunspecError) -> RunspecError:
    """The error with the exit status of a refusal; a wrong call keeps its own, 2."""
    if isinstance(error, CallError) or error.exit_status != 1:
        return error
    uncertain = any(fault.code == UNCERTAIN for fault in error.faults)
    error.exit_status = LOST if uncertain else REFUSED
    return error
