"""Jobs: what was launched, by its run directory, and how it stands (LCH).

job.json says which executor has it, what that calls it (the handle), and how it stood
when it was last asked for, so that a place that has forgotten a job doesn't matter.
"""

from __future__ import annotations

import os
from time import time

from ..errors import Fault, RunspecError
from ..source.folder import Folder
from .executor import CANCELLED, LOST, PHASES, QUEUED, Silent, State
from .folder import JOB, PENDING, UNTRUSTED, as_json, root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..spec.plain import Json
    from .executor import Executor, Handle
    from .plan import Plan

MOST_BYTES = 1 << 20
MOST_STATUS = 1 << 16
YEAR_10000 = 253402300800.0
"""In seconds since 1970; no date is later."""
UNSUBMITTED = "it was never submitted, or isn't yet"
SHORTEST = 4
"""Characters of a part of an id."""
PIPELINE = "pipeline"
"""What a job says of the run of a pipeline that it is part of."""


class Job:
    """One launch. `id` is that of its run in the history, `name` the recipe's.

    `began` and `ended` are seconds since 1970, `ticket` what ends its row in the
    history (run/recorded.py), `about` further texts, such as of a pipeline. `asked`:
    its place has told its state just now.
    """

    __slots__ = (
        "about",
        "asked",
        "attached",
        "began",
        "ended",
        "executor",
        "folder",
        "handle",
        "id",
        "name",
        "state",
        "ticket",
    )

    def __init__(
        self,
        folder: str,
        id: str,
        name: str,
        executor: str,
        *,
        attached: bool,
        about: Mapping[str, str],
        ticket: Mapping[str, str],
    ) -> None:
        self.folder = folder
        self.id = id
        self.name = name
        self.executor = executor
        self.attached = attached
        self.handle: Handle = {}
        self.state = State(QUEUED)
        self.asked = False
        self.began = time()
        self.ended: float | None = None
        self.about = about
        self.ticket = ticket

    def plain(self) -> dict[str, Json]:
        """As `runspec jobs` shows it."""
        state = self.state
        return {
            "id": self.id,
            "name": self.name,
            "executor": self.executor,
            "phase": state.phase,
            "status": state.status,
            "detail": state.detail,
            "attached": self.attached,
            "began": self.began,
            "ended": self.ended,
            "folder": self.folder,
            "handle": dict(self.handle),
            **self.about,
        }

    def content(self) -> bytes:
        """As job.json has it."""
        return as_json(
            {**self.plain(), "about": [*self.about], "ticket": {**self.ticket}}
        )


def new(
    plan: Plan, *, attached: bool, about: Mapping[str, str], ticket: Mapping[str, str]
) -> Job:
    """The job of a plan that isn't submitted yet."""
    return Job(
        plan.folder,
        plan.id,
        plan.name,
        plan.executor,
        attached=attached,
        about=about,
        ticket=ticket,
    )


def load(folder: str) -> Job | None:
    """The job of a run directory; None where it has none.

    Raises RunspecError (`run-untrusted`, `unreadable`, `job-damaged`).
    """
    import json

    place = Folder(folder, UNTRUSTED)
    data = place.read(JOB, MOST_BYTES) if place.exists() else None
    if data is None:
        return None
    try:
        return _revived(folder, json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged(folder) from None


def damaged(folder: str) -> RunspecError:
    """Its job.json isn't what was written."""
    return RunspecError(Fault("job-damaged", f"{folder}/{JOB}"))


class Kept(dict[str, str]):
    """A handle from a file, which may lack anything: then it is `job-damaged`."""

    __slots__ = ("folder",)

    def __init__(self, folder: str, texts: Mapping[str, str]) -> None:
        super().__init__(texts)
        self.folder = folder

    def __missing__(self, name: str) -> str:
        raise damaged(self.folder)


def _revived(folder: str, kept: dict[str, Json]) -> Job:
    about = {name: _text(kept[name]) for name in _list(kept["about"])}
    ticket = _ticket(kept["ticket"])
    job = Job(
        folder,
        _id(kept["id"]),
        _text(kept["name"]),
        _text(kept["executor"]),
        attached=kept["attached"] is True,
        about=about,
        ticket=ticket,
    )
    job.state = _state(kept)
    job.handle = Kept(folder, _texts(kept["handle"]))
    job.began = _moment(kept["began"])
    job.ended = None if kept["ended"] is None else _moment(kept["ended"])
    return job


def _state(kept: dict[str, Json]) -> State:
    status, phase = kept["status"], _text(kept["phase"])
    if phase not in PHASES:
        raise ValueError
    if status is not None and not (type(status) is int and abs(status) < MOST_STATUS):
        raise ValueError
    return State(phase, status, _text(kept["detail"]))


def _moment(value: Json) -> float:
    if isinstance(value, int | float) and 0 <= value < YEAR_10000:
        return float(value)
    raise ValueError


def _ticket(value: Json) -> dict[str, str]:
    found = _texts(value)
    if found:
        from ..run.recorded import TICKET

        if not found.keys() >= TICKET:
            raise ValueError
    return found


def _id(value: Json) -> str:
    """One that is part of the names of folders."""
    if not _text(value).isalnum():
        raise ValueError
    return _text(value)


def _text(value: Json) -> str:
    """One that a program could be given; only a path may be no UTF-8."""
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    os.fsencode(value)
    return value


def _list(value: Json) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(each) for each in value]


def _texts(value: Json) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError
    return {name: _text(each) for name, each in value.items()}


def save(job: Job) -> None:
    """Raises RunspecError (`unwritable`)."""
    Folder(job.folder, UNTRUSTED).write(JOB, job.content())


def folders(environ: Mapping[str, str]) -> list[str]:
    """The run directories, the newest first."""
    place = root(environ)
    try:
        names = os.listdir(place)
    except FileNotFoundError:
        return []
    except OSError as error:
        why = error.strerror or ""
        raise RunspecError(Fault("unreadable", place, detail=why)) from None
    good = [name for name in names if not name.startswith(PENDING)]
    good.sort(key=lambda name: name.rpartition("-")[2], reverse=True)
    return [f"{place}/{name}" for name in good]


def find(environ: Mapping[str, str], part: str) -> str:
    """The run directory of the job whose id begins or ends so.

    Raises RunspecError (`job-not-found`, `job-ambiguous`).
    """
    found = []
    for folder in folders(environ):
        id = folder.rpartition("-")[2]
        if id == part:
            return folder
        if len(part) >= SHORTEST and (id.startswith(part) or id.endswith(part)):
            found.append(folder)
    if len(found) == 1:
        return found[0]
    ids = tuple(folder.rpartition("-")[2] for folder in found)
    code = "job-ambiguous" if found else "job-not-found"
    raise RunspecError(Fault(code, "id", received=part, expected=ids))


def submitted(job: Job, handle: Handle) -> None:
    """Keep what its place calls a job that was made just now."""
    folder, before = Folder(job.folder, UNTRUSTED), job.content()
    job.handle = handle
    with folder.lock():
        if folder.read(JOB, MOST_BYTES) == before:
            save(job)
            return
    remember(job.folder, handle)


def remember(folder: str, handle: Handle) -> None:
    """Keep what its place calls a job. Raises RunspecError (`unwritable`)."""
    with Folder(folder, UNTRUSTED).lock():
        job = load(folder)
        if job is not None and dict(job.handle) != dict(handle):
            job.handle = handle
            save(job)


def refresh(
    job: Job, executor: Executor, silent: set[tuple[str, str]] | None = None
) -> State:
    """How it stands now, which is kept; how it stood where nobody answers.

    `silent` are places, by executor and host, that didn't answer and aren't asked
    again; it is added to. Raises RunspecError where its place can't be asked at all.
    """
    place = (job.executor, job.handle.get("host", ""))
    if job.state.over:
        return job.state
    if not job.handle:
        return State(job.state.phase, None, UNSUBMITTED)
    if silent is not None and place in silent:
        return State(job.state.phase, job.state.status, "no answer")
    try:
        state = executor.status(job.handle)
    except Silent as error:
        if silent is not None:
            silent.add(place)
        why = error.faults[0].detail or "no answer"
        return State(job.state.phase, job.state.status, why)
    settle(job.folder, state)
    job.state = state
    return state


def refresh_all(
    found: Sequence[Job], executor_named: Callable[[str], Executor]
) -> list[Fault]:
    """Learn how all of them stand now; each place that can be is asked once.

    What can't be asked is returned.
    """
    faults: list[Fault] = []
    silent: set[tuple[str, str]] = set()
    executors: dict[str, Executor] = {}
    open_ones = [job for job in found if job.handle and not job.state.over]
    for name in {job.executor for job in open_ones}:
        try:
            executors[name] = executor_named(name)
        except RunspecError as error:
            faults += error.faults
    open_ones = [job for job in open_ones if job.executor in executors]
    for name, executor in executors.items():
        _survey(executor, [job for job in open_ones if job.executor == name])
    for job in [job for job in open_ones if not job.asked]:
        try:
            job.state = refresh(job, executors[job.executor], silent)
        except RunspecError as error:
            faults += error.faults
    for job in found:
        if not job.handle and not job.state.over:
            job.state = State(job.state.phase, None, UNSUBMITTED)
    return faults


def _survey(executor: Executor, found: Sequence[Job]) -> None:
    """Ask a place for all of its jobs at once, where it can be."""
    survey = getattr(executor, "survey", None)
    if survey is None or len(found) < 2:
        return
    states = survey([job.handle for job in found])
    for job, state in zip(found, states, strict=True):
        if state is not None:
            settle(job.folder, state)
            job.state, job.asked = state, True


def settle(folder: str, state: State) -> None:
    """Keep how a job stands; its end is recorded in the history, once."""
    place = Folder(folder, UNTRUSTED)
    if not place.exists():
        return
    with place.lock():
        job = load(folder)
        if job is None or job.state.over or _same(job.state, state):
            return
        job.state = state
        if state.over:
            job.ended = time()
        save(job)
    if state.over and job.ticket:
        from ..run.recorded import end_by

        ending = {CANCELLED: "cancelled", LOST: "unknown"}.get(state.phase, "")
        end_by(job.ticket, state.status, ending)


def _same(one: State, other: State) -> bool:
    return (one.phase, one.status, one.detail) == (
        other.phase,
        other.status,
        other.detail,
    )
