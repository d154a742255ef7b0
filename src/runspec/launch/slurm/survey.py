"""How many jobs stand, by two commands for each cluster."""

from __future__ import annotations

from ...errors import RunspecError
from ..executor import CANCELLED, ENDED, Silent, State
from .job import Job, transport_of
from .paths import CANCELLED as CANCELLED_FILE
from .paths import EXIT, FINAL
from .queue import SURVEY_SQUEUE, ask, read_final
from .states import Entry, summed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..executor import Handle
    from ..transport import Transport

FILES = (
    'while IFS= read -r number && IFS= read -r folder; do cd -- "$folder" 2>/dev/null '
    f"|| continue; for each in {FINAL} {CANCELLED_FILE} {EXIT}*; do "
    'case $each in *.new | *.first) continue ;; esac; [ -f "$each" ] && '
    'printf "%s %s %s\\n" "$number" "$each" "$(cat -- "$each")"; done; done; exit 0'
)
"""Prints number, name and content of what jobs have left in their folders."""
WAY = ("tunnel", "host", "user", "port", "identity", "ssh_options", "cluster")


def survey(handles: Sequence[Handle]) -> list[State | None]:
    """The state of each; None for one that has to be asked for alone."""
    found: list[State | None] = [None] * len(handles)
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, handle in enumerate(handles):
        groups.setdefault(tuple(handle.get(e, "") for e in WAY), []).append(number)
    for numbers in groups.values():
        try:
            jobs = {number: Job(handles[number]) for number in numbers}
            transport = transport_of(handles[numbers[0]])
            found_here = _of_cluster(jobs, transport)
        except Silent as error:
            why = error.faults[0].detail or "no answer"
            found_here = {number: State("queued", None, why) for number in numbers}
        except RunspecError:
            continue
        for number, state in found_here.items():
            found[number] = state
    return found


def _of_cluster(jobs: dict[int, Job], transport: Transport) -> dict[int, State | None]:
    left = _left(jobs, transport)
    entries = _entries(jobs, transport)
    return {
        number: _state(job, left.get(number, {}), entries.get(job.id, []))
        for number, job in jobs.items()
    }


def _left(jobs: dict[int, Job], transport: Transport) -> dict[int, dict[str, str]]:
    lines = "".join(f"{number}\n{job.folder}\n" for number, job in jobs.items())
    done = transport.run(("sh", "-c", FILES), lines.encode("utf-8", "surrogateescape"))
    found: dict[int, dict[str, str]] = {}
    for line in done.text.splitlines():
        number, _, rest = line.partition(" ")
        name, _, content = rest.partition(" ")
        if number.isdigit():
            found.setdefault(int(number), {})[name] = content
    return found


def _entries(jobs: dict[int, Job], transport: Transport) -> dict[str, list[Entry]]:
    ids = ",".join(job.id for job in jobs.values())
    first = next(iter(jobs.values()))
    done = ask(transport, first.words(*SURVEY_SQUEUE, f"--jobs={ids}"))
    found: dict[str, list[Entry]] = {}
    for line in done.text.splitlines() if done else ():
        parts = line.split("|")
        if len(parts) == 4:
            array, task, state, reason = parts
            word = (state.split() or [""])[0].rstrip("+")
            entry = Entry(word, reason, None)
            for name in (array, f"{array}_{task}"):
                found.setdefault(name, []).append(entry)
    return found


def _state(job: Job, left: dict[str, str], entries: list[Entry]) -> State | None:
    if FINAL in left:
        return read_final(left[FINAL])
    texts = [left[EXIT + each] for each in job.suffixes if EXIT + each in left]
    exits = [int(each) for each in texts if each.isdigit()]
    if entries:
        state = summed(entries, exits)
        if not state.over:
            return state
    if len(exits) < len(job.suffixes) or job.requeues or CANCELLED_FILE in left:
        return None
    if any(entry.phase == CANCELLED for entry in entries):
        return None
    return State(ENDED, next((each for each in exits if each), 0))
