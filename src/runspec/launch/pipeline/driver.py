"""Runs the stages of a pipeline, each after those it waits for (PIP-06).

Each stage is a launch that would survive this process; what is known of it is written
down at once, so that another process can go on from there.
"""

from __future__ import annotations

import os
from time import sleep, time

from ...errors import Fault, RunspecError
from ..executor import CANCELLED as GIVEN_UP
from ..executor import ENDED, QUEUED, Silent
from ..executor import LOST as GONE
from ..exitstatus import LOST as LOST_STATUS
from ..exitstatus import REFUSED
from ..jobs import settle
from .artifacts import content_hash
from .state import (
    CANCELLED,
    FAILED,
    LOST,
    OK,
    SKIPPED,
    WAITING,
    StageState,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from ..attend import Interrupts
    from ..executor import Executor, Handle, State
    from ..jobs import Job
    from ..request import Prepared
    from .state import PipelineState
    from .steps import Step

    Launch = Callable[[Prepared, Executor, Mapping[str, str]], Job]

    class Screen(Protocol):
        """Where a pipeline's progress is shown."""

        def began(self, name: str, state: StageState) -> None:
            """A stage was started or submitted."""

        def wrote(self, name: str, data: bytes) -> None:
            """What it wrote."""

        def over(self, name: str, state: StageState) -> None:
            """It has ended, or won't begin."""

        def fault(self, fault: Fault) -> None:
            """What stands in a stage's way."""

        def waiting(self, phases: Mapping[str, str]) -> None:
            """Nothing happens; the phases of the jobs that there are, by stage."""


LOCAL = "local"
SHORTEST, LONGEST = 0.02, 2.0
"""Seconds between two looks at jobs; it grows while nothing happens."""
LONGEST_LOCAL = 0.25
UNSUCCESSFUL = (FAILED, CANCELLED, LOST, SKIPPED)
PHASES = {GIVEN_UP: CANCELLED, GONE: LOST}


class Live:
    """A stage whose job may still run.

    `offset` is how much of its log was shown, `phase` how it stood last.
    """

    __slots__ = ("executor", "handle", "offset", "phase")

    def __init__(self, executor: Executor, handle: Handle) -> None:
        self.executor = executor
        self.handle = handle
        self.offset = 0
        self.phase = QUEUED


class Driver:
    """Starts stages, watches them, and keeps `state` current.

    `failed` is the exit status of the first that failed, 0 while there is none; `live`
    are the stages whose jobs may run, by name.
    """

    __slots__ = (
        "_interrupts",
        "_launch",
        "_pause",
        "_screen",
        "_state",
        "_steps",
        "failed",
        "live",
    )

    def __init__(
        self,
        state: PipelineState,
        steps: Mapping[str, Step],
        screen: Screen,
        interrupts: Interrupts,
        launch: Launch,
    ) -> None:
        self.failed = 0
        self.live: dict[str, Live] = {}
        self._interrupts = interrupts
        self._launch = launch
        self._state = state
        self._steps = steps
        self._screen = screen
        self._pause = SHORTEST

    def run(self) -> None:
        """Until no stage runs and none can begin. Raises KeyboardInterrupt."""
        self.start()
        while self.live:
            self._watch()
            self.start()

    def start(self) -> None:
        """Start all that can begin now."""
        for name, step in self._steps.items():
            if self._state.stages[name].phase == WAITING:
                self._consider(name, step)

    def cancel(self) -> None:
        """Ask all jobs to end, and begin none."""
        for name, stage in self._state.stages.items():
            if stage.phase == WAITING:
                self._leave_out(name)
        for live in self.live.values():
            live.executor.cancel(live.handle)
        self._pause = SHORTEST

    def finish(self) -> None:
        """Watch until no job runs any more."""
        while self.live:
            self._watch()

    def until_over(self, name: str) -> None:
        """Watch until this job runs no more."""
        while name in self.live:
            self._watch()

    def _consider(self, name: str, step: Step) -> None:
        before = {each: self._state.stages[each].phase for each in step.stage.after}
        if any(phase in UNSUCCESSFUL for phase in before.values()):
            self._leave_out(name)
            return
        open_ones = [each for each, phase in before.items() if phase != OK]
        if not open_ones:
            if not (step.plan.executor == LOCAL and self._busy_here()):
                self._submit(name, step, "")
        elif (condition := self._condition(step, open_ones)) is not None:
            self._submit(name, step, condition)

    def _busy_here(self) -> bool:
        """Stages on this machine run one after the other."""
        return any(live.executor.name == LOCAL for live in self.live.values())

    def _condition(self, step: Step, names: list[str]) -> str | None:
        """How its place makes it wait for the jobs of these; None where it can't."""
        ask = getattr(step.executor, "dependency", None)
        handles = [self.live[name].handle for name in names if name in self.live]
        places = {self._steps[name].plan.executor for name in names}
        if ask is None or len(handles) < len(names) or places != {step.plan.executor}:
            return None
        condition: str = ask(handles)
        return condition

    def _submit(self, name: str, step: Step, condition: str) -> None:
        """No interrupt comes between a job and the knowledge of it."""
        with self._interrupts:
            stage = StageState.begun(step.plan.id, step.plan.folder, step.inputs)
            self._state.stages[name] = stage
            self._state.save()
            if condition:
                step.wait_for(condition)
            try:
                step.make_folder()
                about = {"pipeline": self._state.id, "stage": name}
                job = self._launch(step.prepared, step.executor, about)
            except RunspecError as error:
                self._refused(name, error)
                return
            self.live[name] = Live(step.executor, job.handle)
            self._pause = SHORTEST
            self._screen.began(name, stage)

    def _refused(self, name: str, error: RunspecError) -> None:
        for fault in error.faults:
            self._screen.fault(fault)
        self._end(name, FAILED, REFUSED, "it could not be started")

    def _leave_out(self, name: str) -> None:
        stage = self._state.stages[name]
        stage.phase, stage.status = SKIPPED, None
        self._state.save()
        self._screen.over(name, stage)

    def _watch(self) -> None:
        """Look at each job once, then wait a little."""
        before = len(self.live)
        busy = sum(self._look(name, live) for name, live in [*self.live.items()])
        if busy or len(self.live) < before:
            self._pause = SHORTEST
            return
        self._screen.waiting({name: each.phase for name, each in self.live.items()})
        sleep(self._pause)
        most = LONGEST_LOCAL if self._busy_here() else LONGEST
        self._pause = min(self._pause * 1.5, most)

    def _look(self, name: str, live: Live) -> bool:
        """Whether it wrote something; a place that doesn't answer is asked again."""
        try:
            state = live.executor.status(live.handle)
            live.phase = state.phase
            wrote = self._drain(name, live)
        except Silent:
            return False
        if state.over:
            with self._interrupts:
                del self.live[name]
                settle(self._state.stages[name].folder, state)
                self.settle(name, state)
        return wrote

    def _drain(self, name: str, live: Live) -> bool:
        wrote = False
        while True:
            data, offset = live.executor.logs(live.handle, live.offset)
            if not data:
                return wrote
            with self._interrupts:
                live.offset, wrote = offset, True
                self._screen.wrote(name, data)

    def settle(self, name: str, state: State) -> None:
        """Note how a stage's job has ended."""
        step, phase = self._steps[name], phase_of(state)
        if phase == CANCELLED and self._is_stopped(step):
            self._leave_out(name)
            return
        if phase == OK and (missing := self._missing(step)):
            for fault in missing:
                self._screen.fault(fault)
            self._end(name, FAILED, 1, "it didn't write what it produces")
            return
        self._end(name, phase, state.status, state.detail)

    def _is_stopped(self, step: Step) -> bool:
        """Whether a stage before it failed, for which its place has cancelled it."""
        phases = (self._state.stages[each].phase for each in step.stage.after)
        return any(phase in UNSUCCESSFUL for phase in phases)

    def _missing(self, step: Step) -> list[Fault]:
        """Artifacts that a stage on this machine didn't write; all are hashed."""
        stage = self._state.stages[step.stage.name]
        missing = []
        for name, path in step.produces.items():
            digest = content_hash(path)
            if digest is not None:
                stage.produced[name] = digest
            elif step.plan.executor == LOCAL:
                missing.append(
                    Fault(
                        "artifact-missing",
                        step.stage.name,
                        received=os.path.relpath(path, step.artifacts),
                        detail=name,
                    )
                )
        return missing

    def _end(self, name: str, phase: str, status: int | None, detail: str) -> None:
        stage = self._state.stages[name]
        stage.phase, stage.status, stage.detail = phase, status, detail
        stage.ended = time()
        if phase != OK and not self.failed:
            self.failed = LOST_STATUS if status is None else status or 1
        self._state.save()
        self._screen.over(name, stage)
        if phase != OK:
            self._cancel_after(name)

    def _cancel_after(self, name: str) -> None:
        """Jobs that their place holds back for this stage would wait for ever."""
        for other, live in self.live.items():
            if name in self._steps[other].stage.after:
                live.executor.cancel(live.handle)


def phase_of(state: State) -> str:
    """The phase of a stage whose job has ended so."""
    if state.phase == ENDED and state.status != 0:
        return FAILED
    return PHASES.get(state.phase, OK)
