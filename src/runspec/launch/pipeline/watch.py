"""Watching a run of a pipeline from any process: how its stages stand, what they write.

Stages may be driven by another process, or wait for each other at their place.
"""

from __future__ import annotations

import os
from time import monotonic, sleep, time

from ..attend import PATIENCE
from ..executor import Silent
from ..exitstatus import CANCELLED as CANCELLED_STATUS
from ..exitstatus import LOST as LOST_STATUS
from ..exitstatus import exit_status_of
from ..jobs import load as load_job
from ..jobs import settle
from ..places.registry import executor_named
from .driver import phase_of
from .lock import is_driven
from .state import CANCELLED, FAILED, LOST, SKIPPED, SUBMITTED, WAITING, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from ..executor import Executor, State
    from ..jobs import Job
    from .state import PipelineState, StageState

    class Screen(Protocol):
        """Where output and ends of stages are shown."""

        def began(self, name: str, state: StageState) -> None: ...
        def wrote(self, name: str, data: bytes) -> None: ...
        def over(self, name: str, state: StageState) -> None: ...


SHORTEST, LONGEST = 0.05, 2.0
"""Seconds between two looks; it grows while nothing happens."""
STOPPING = (FAILED, CANCELLED, LOST, SKIPPED)


class Watch:
    """Looks at the run of a pipeline in `folder`; `state` is how it stood last.

    `over`: nothing of it runs, and nobody will start more.
    """

    __slots__ = ("_answered", "_executors", "_folder", "_jobs", "over", "state")

    def __init__(self, state: PipelineState) -> None:
        self._folder = state.folder
        self._executors: dict[str, Executor] = {}
        self._jobs: dict[str, Job] = {}
        self._answered = monotonic()
        self.state = state
        self.over = False

    def look(self) -> None:
        """Ask the places of all stages that run. Raises Silent where one hasn't
        answered for ten minutes, and RunspecError as `load` does.
        """
        driven = is_driven(self._folder)
        self.state = load(self._folder) or self.state
        silent: Silent | None = None
        for name, stage in self.state.stages.items():
            try:
                if stage.phase == SUBMITTED:
                    self._refresh(name, stage)
            except Silent as error:
                silent = error
                stage.detail = "no answer"
        if silent is None:
            self._answered = monotonic()
        elif monotonic() - self._answered > PATIENCE:
            raise silent
        phases = {stage.phase for stage in self.state.stages.values()}
        waits = driven and WAITING in phases
        self.over = SUBMITTED not in phases and not waits

    def log(self, name: str, offset: int) -> tuple[bytes, int]:
        """What a stage has written from `offset` on."""
        job = self._job(name, self.state.stages[name])
        if job is None or not job.handle:
            return b"", offset
        return self._executor(job).logs(job.handle, offset)

    def _refresh(self, name: str, stage: StageState) -> None:
        job = self._job(name, stage)
        if job is None or not job.handle:
            return
        found = job.state
        if not found.over:
            found = self._executor(job).status(job.handle)
            settle(job.folder, found)
        stage.detail = found.phase
        if found.over:
            self._end(name, stage, found, job)

    def _end(self, name: str, stage: StageState, found: State, job: Job) -> None:
        job.state = found
        stage.phase, stage.status = phase_of(found), found.status
        stage.detail = found.detail
        job.ended = stage.ended = job.ended or time()
        before = (self.state.stages.get(n) for n in self.state.after.get(name, ()))
        if stage.phase == CANCELLED and any(
            each is not None and each.phase in STOPPING for each in before
        ):
            stage.phase, stage.status = SKIPPED, None

    def _job(self, name: str, stage: StageState) -> Job | None:
        job = self._jobs.get(name)
        if job is None or job.folder != stage.folder or not job.handle:
            job = load_job(stage.folder) if stage.folder else None
            if job is not None:
                self._jobs[name] = job
        return job

    def _executor(self, job: Job) -> Executor:
        if job.executor not in self._executors:
            self._executors[job.executor] = executor_named(job.executor)
        return self._executors[job.executor]


def follow_stages(watch: Watch, screen: Screen | None) -> None:
    """Stay until it is over; what stages write goes to `screen`, where there is one."""
    pause = SHORTEST
    copier = None if screen is None else _Copier(watch, screen)
    while True:
        watch.look()
        wrote = copier is not None and copier.copy()
        if watch.over:
            return
        pause = SHORTEST if wrote else min(pause * 1.5, LONGEST)
        sleep(pause)


def copy_logs(watch: Watch, screen: Screen) -> None:
    """What all stages have written so far."""
    watch.look()
    _Copier(watch, screen, ends=False).copy()


class _Copier:
    """How much of each stage's output was shown, and whose end."""

    __slots__ = ("_done", "_ends", "_offsets", "_screen", "_watch")

    def __init__(self, watch: Watch, screen: Screen, *, ends: bool = True) -> None:
        self._watch = watch
        self._screen = screen
        self._ends = ends
        self._offsets: dict[str, int] = {}
        self._done: set[str] = set()

    def copy(self) -> bool:
        """Whether there was anything."""
        wrote = False
        for name, stage in self._watch.state.stages.items():
            if name in self._done or stage.phase == WAITING:
                continue
            if name not in self._offsets and self._ends and stage.run:
                self._screen.began(name, stage)
            self._offsets.setdefault(name, 0)
            wrote = self._drain(name) or wrote
            if stage.phase != SUBMITTED:
                self._done.add(name)
                if self._ends:
                    self._screen.over(name, stage)
        return wrote

    def _drain(self, name: str) -> bool:
        before = self._offsets[name]
        while True:
            try:
                data, offset = self._watch.log(name, self._offsets[name])
            except Silent:
                data = b""
            if not data:
                return self._offsets[name] > before
            self._screen.wrote(name, data)
            self._offsets[name] = offset


def status_of(state: PipelineState) -> int:
    """The exit status of a run that is over: that of the stage that failed first.

    One that was given up, with stages that never began, is lost.
    """
    for endings in ((FAILED,), (LOST, CANCELLED)):
        found = [each for each in state.stages.values() if each.phase in endings]
        if found:
            first = min(found, key=lambda stage: stage.ended or time())
            given_up = first.phase == CANCELLED and first.status is None
            return CANCELLED_STATUS if given_up else exit_status_of(first.status) or 1
    phases = {stage.phase for stage in state.stages.values()}
    return LOST_STATUS if WAITING in phases or SUBMITTED in phases else os.EX_OK
