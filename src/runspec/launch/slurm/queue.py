"""Asking Slurm, and the job's own folder, how a job stands."""

from __future__ import annotations

from time import monotonic

from ...errors import Fault, RunspecError
from ..executor import CANCELLED, ENDED, LOST, PHASES, Silent, State
from ..transport import MOST, NOT_FOUND, SILENT
from .paths import ATTEMPT, EXIT, FINAL, OUTPUT, SECRETS
from .paths import CANCELLED as CANCELLED_FILE
from .states import COMPLETING, from_sacct, from_scontrol, from_squeue, summed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..transport import Done, Transport
    from .job import Job
    from .states import Entry

PAUSE = 5.0
"""Seconds between two questions to Slurm, which other users share; the job's own files
tell sooner."""
SACCT = (
    *("sacct", "--noheader", "--parsable2", "--allocations"),
    "--format=State,ExitCode,Reason",
)
SQUEUE = ("squeue", "--noheader", "--states=all", "--array", "--format=%T|%r")
SURVEY_SQUEUE = (*SQUEUE[:-1], "--format=%F|%K|%T|%r")
SCONTROL = ("scontrol", "--oneliner", "show", "job")
UNKNOWN = "Invalid job id"
MISSING, REFUSED = "slurm-missing", "slurm-refused"
FORGOTTEN = "Slurm knows it no longer, and it left no exit status"
FILES = (
    'cd -- "$1" 2>/dev/null || exit 0; shift; '
    'for each; do [ -f "$each" ] && printf "%s %s\\n" "$each" "$(cat -- "$each")"; '
    "done; exit 0"
)
"""Prints name and content of those files that are there."""
KEEP = (
    'cd -- "$1" 2>/dev/null || exit 0; rm -f -- "$2" "$2"-*; '
    'printf "%s" "$3" >"$4.new" && mv -f -- "$4.new" "$4"'
)
"""Removes what is secret, and keeps the last word."""
STREAM = (
    'cd -- "$1" 2>/dev/null || exit 0; skip=$2; shift 2; over=; '
    f"[ -f {FINAL} ] && over=1; "
    f'for each; do ended=$over; [ -f "{EXIT}$each" ] && ended=1; '
    f'size=0; [ -f "{OUTPUT}$each" ] && size=$(($(wc -c <"{OUTPUT}$each"))); '
    'if [ "$skip" -lt "$size" ]; then '
    f'tail -c "+$((skip + 1))" "{OUTPUT}$each" | head -c {MOST}; exit 0; fi; '
    '[ "$ended" ] || exit 0; skip=$((skip - size)); done'
)
"""The output of a job from an offset on. An array's tasks follow one another, the next
when the one before has ended."""


class Queue:
    """Slurm, as one process asks it: not more often than it must."""

    __slots__ = ("_accounting", "_asked", "_exits", "_known")

    def __init__(self) -> None:
        self._accounting = True
        self._asked = -PAUSE
        self._exits = 0
        self._known: list[Entry] | None = None

    def state(self, job: Job, transport: Transport) -> State:
        """Raises Silent where neither Slurm nor the job's folder has an answer."""
        files = _files(job, transport)
        if FINAL in files:
            return read_final(files[FINAL])
        state = self._state(job, transport, files)
        attempts = [files.get(ATTEMPT + each, "") for each in job.suffixes]
        latest = max((int(each) for each in attempts if each.isdigit()), default=1)
        if latest > 1:
            state.detail = ", ".join(filter(None, (state.detail, f"attempt {latest}")))
        if state.over and state.phase != LOST:
            words = (job.folder, SECRETS, _written(state), FINAL)
            transport.run(("sh", "-c", KEEP, "sh", *words))
        return state

    def forget(self) -> None:
        """Ask Slurm the next time, however soon."""
        self._asked = -PAUSE

    def _state(self, job: Job, transport: Transport, files: dict[str, str]) -> State:
        exits = [files[EXIT + each] for each in job.suffixes if EXIT + each in files]
        left = [int(text) for text in exits if text.isdigit()]
        all_left = len(left) == len(job.suffixes)
        try:
            entries = self._entries(job, transport, len(left))
        except Silent:
            if not all_left:
                raise
            entries = None
        if entries is None:
            return _forgotten(left, all_left, CANCELLED_FILE in files)
        if all_left:
            self.forget()  # it is about to end, or was put back into the queue
            if not job.requeues:
                entries = [each for each in entries if each.state != COMPLETING]
        return summed(entries, left) if entries else _ended(left)

    def _entries(
        self, job: Job, transport: Transport, exits: int
    ) -> list[Entry] | None:
        """None where Slurm doesn't know the job."""
        if monotonic() - self._asked >= PAUSE or exits != self._exits:
            self._known = self._ask(job, transport)
            self._asked, self._exits = monotonic(), exits
        return self._known

    def _ask(self, job: Job, transport: Transport) -> list[Entry] | None:
        """sacct where there is accounting; else squeue, and scontrol for the end."""
        if self._accounting:
            done = transport.run(job.words(*SACCT, f"--jobs={job.id}"))
            self._accounting = done.status == 0
            if entries := from_sacct(done.text):
                return entries
        found = ask(transport, job.words(*SQUEUE, f"--jobs={job.id}"))
        entries = from_squeue(found.text) if found else []
        if not entries or not summed(entries, ()).over:
            return entries or None
        found = ask(transport, job.words(*SCONTROL, job.id))
        return (from_scontrol(found.text) if found else None) or entries


def ask(transport: Transport, words: Sequence[str]) -> Done | None:
    """What one of Slurm's commands says; None where it doesn't know the job.

    Raises Silent where the controller doesn't answer, RunspecError (`slurm-missing`)
    where the command isn't there.
    """
    done = transport.run(words)
    if done.status == 0:
        return done
    if UNKNOWN in done.said:
        return None
    if done.status == NOT_FOUND:
        raise RunspecError(Fault(MISSING, words[0], detail=transport.where))
    raise Silent(Fault(SILENT, "slurm", detail=done.said))


def output(job: Job, transport: Transport, offset: int) -> tuple[bytes, int]:
    """What the job wrote from `offset` on, and the offset to go on from."""
    words = ("sh", "-c", STREAM, "sh", job.folder, str(offset), *job.suffixes)
    data = transport.run(words).out
    return data, offset + len(data)


def _files(job: Job, transport: Transport) -> dict[str, str]:
    of_tasks = (name + each for each in job.suffixes for name in (EXIT, ATTEMPT))
    names = (FINAL, CANCELLED_FILE, *of_tasks)
    done = transport.run(("sh", "-c", FILES, "sh", job.folder, *names))
    pairs = (line.partition(" ") for line in done.text.splitlines())
    return {name: content for name, blank, content in pairs if blank}


def _written(state: State) -> str:
    status = "-" if state.status is None else state.status
    return f"{state.phase} {status} {state.detail}"


def read_final(text: str) -> State:
    """The last word on a job, as it was kept."""
    phase, _, rest = text.partition(" ")
    status, _, detail = rest.partition(" ")
    if phase not in PHASES:
        return State(LOST, None, FORGOTTEN)
    return State(phase, None if status == "-" else int(status), detail)


def _forgotten(left: list[int], all_left: bool, cancelled: bool) -> State:
    """Slurm's word is gone; the job's own is what counts."""
    if cancelled:
        return State(CANCELLED, next((each for each in left if each), None))
    return _ended(left) if all_left else State(LOST, None, FORGOTTEN)


def _ended(left: list[int]) -> State:
    return State(ENDED, next((each for each in left if each), 0))
