"""What Slurm's commands say of a job, read into its state."""

from __future__ import annotations

from ..executor import CANCELLED, ENDED, QUEUED, RUNNING, State
from ..exitstatus import REFUSED, TIMED_OUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WAITING = frozenset(
    [
        "PENDING",
        "CONFIGURING",
        "REQUEUED",
        "REQUEUE_FED",
        "REQUEUE_HOLD",
        "RESV_DEL_HOLD",
        "SPECIAL_EXIT",
        "POWER_UP_NODE",
    ]
)
GOING = frozenset(
    [
        "RUNNING",
        "COMPLETING",
        "RESIZING",
        "SIGNALING",
        "STAGE_OUT",
        "STOPPED",
        "SUSPENDED",
    ]
)
"""The others are how a job ended (squeue(1), JOB STATE CODES)."""
COMPLETING = "COMPLETING"
COMPLETED = "COMPLETED"
LIMITS = ("TIMEOUT", "DEADLINE")
UNKNOWN = ("NODE_FAIL", "PREEMPTED", "REVOKED")
"""Of these, Slurm's exit code says nothing of the script."""
DETAILS = ("None", "", "(null)", "N/A")


class Entry:
    """A job, or a task of an array, as Slurm tells: its state, why, how it ended."""

    __slots__ = ("reason", "state", "status")

    def __init__(self, state: str, reason: str, status: int | None) -> None:
        self.state = state
        self.reason = reason
        self.status = status

    @property
    def phase(self) -> str:
        if self.state in WAITING:
            return QUEUED
        if self.state in GOING:
            return RUNNING
        return CANCELLED if self.state.startswith("CANCELLED") else ENDED


def from_sacct(text: str) -> list[Entry]:
    """`--parsable2 --format=State,ExitCode,Reason`."""
    rows = (line.split("|") for line in text.splitlines())
    return [
        Entry(_word(row[0]), row[2], _status(row[1])) for row in rows if len(row) == 3
    ]


def from_squeue(text: str) -> list[Entry]:
    """`--format=%T|%r`."""
    rows = (line.partition("|") for line in text.splitlines())
    return [Entry(_word(state), reason, None) for state, bar, reason in rows if bar]


def from_scontrol(text: str) -> list[Entry]:
    """`show job --oneliner`: KEY=VALUE, where a value may hold a blank."""
    return [
        Entry(
            _word(_value(line, "JobState")),
            _value(line, "Reason"),
            _status(_value(line, "ExitCode")),
        )
        for line in text.splitlines()
        if " JobState=" in line
    ]


def summed(entries: Sequence[Entry], exits: Sequence[int]) -> State:
    """The state of a job, which an array's tasks share.

    `exits` are the exit statuses that the job itself left. Where it ended otherwise,
    Slurm's counts, and is never 0.
    """
    phases = [entry.phase for entry in entries]
    detail = "; ".join(dict.fromkeys(_details(entries)))
    if RUNNING in phases or (QUEUED in phases and len(set(phases)) > 1):
        return State(RUNNING, None, detail)
    if QUEUED in phases:
        return State(QUEUED, None, detail)
    phase = CANCELLED if CANCELLED in phases else ENDED
    if any(entry.state in LIMITS for entry in entries):
        return State(phase, TIMED_OUT, detail)
    failed = next((status for status in exits if status), 0)
    return State(phase, failed or _unsaid(entries, bool(exits)), detail)


def _unsaid(entries: Sequence[Entry], ran: bool) -> int | None:
    """The first status of those that didn't end well, None where nobody knows it.

    `ran`: the job left an exit status. One that left none, and of which Slurm has
    none, never began.
    """
    bad = [entry for entry in entries if entry.state != COMPLETED]
    found = next((entry.status for entry in bad if entry.status), 0)
    if found or not bad:
        return found
    if ran:
        return 1
    unknown = any(e.state in UNKNOWN or e.status is None for e in bad)
    return None if unknown else REFUSED


def _details(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        why = "" if entry.reason in DETAILS else f" ({entry.reason})"
        yield f"{entry.state}{why}"


def _word(state: str) -> str:
    """`CANCELLED by 1000` and `PENDING+` without what follows."""
    return (state.split() or [""])[0].rstrip("+")


def _value(line: str, key: str) -> str:
    return line.partition(f" {key}=")[2].partition(" ")[0]


def _status(text: str) -> int | None:
    """`EXIT:SIGNAL`; a signal is negative."""
    code, _, signal = text.partition(":")
    if not code.isdigit() or not signal.isdigit():
        return None
    return -int(signal) if int(signal) else int(code)
