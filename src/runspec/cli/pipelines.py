"""A pipeline's progress and result, as text."""

from __future__ import annotations

import sys
from time import time

from ..launch.attend import Progress, write_all
from ..launch.executor import QUEUED, RUNNING, State
from ..launch.jobs import load, refresh
from ..launch.pipeline.driver import phase_of
from ..launch.pipeline.state import CANCELLED, FAILED, LOST, OK, SKIPPED, SUBMITTED
from ..launch.places.registry import executor_named
from ..logs.summary import duration
from ..render.text import BOLD, CYAN, DIM, GREEN, RED, YELLOW, escaped
from . import output
from .table import ID, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..errors import Fault
    from ..launch.jobs import Job
    from ..launch.pipeline.state import PipelineState, StageState
    from ..render.text import Style

LOOKS = {
    OK: GREEN,
    FAILED: RED,
    CANCELLED: YELLOW,
    LOST: YELLOW,
    SKIPPED: DIM,
    SUBMITTED: CYAN,
}
BAR = "│"
NOTHING = "-"
KEPT = ", kept"


class Screen:
    """What stages write, each line behind its stage's name; how they end on stderr."""

    def __init__(self, names: Iterable[str], style: Style, aside: Style) -> None:
        self._style = style
        self._aside = aside
        self._width = max(map(len, names), default=0)
        self._rest: dict[str, bytes] = {}
        self._progress = Progress()

    def began(self, name: str, state: StageState) -> None:
        self._say(name, f"run {state.run[-ID:]}", DIM)

    def wrote(self, name: str, data: bytes) -> None:
        *lines, rest = (self._rest.pop(name, b"") + data).split(b"\n")
        self._rest[name] = rest
        if lines:
            self._show(name, lines)

    def over(self, name: str, state: StageState) -> None:
        if rest := self._rest.pop(name, b""):
            self._show(name, [rest])
        took = f" in {took_of(state)}" if state.ended else ""
        self._say(name, f"{outcome(state)}{took}", LOOKS.get(state.phase, ""))

    def waiting(self, phases: Mapping[str, str]) -> None:
        """One line on a terminal, until something else is shown."""
        running = [name for name, phase in phases.items() if phase == RUNNING]
        phase = RUNNING if running else QUEUED
        names = ", ".join(running or phases)
        self._progress.show(State(phase, None, names))

    def fault(self, fault: Fault) -> None:
        self._progress.clear()
        output.complain([fault])

    def _show(self, name: str, lines: Iterable[bytes]) -> None:
        self._progress.clear()
        lead = (
            f"{self._lead(name, self._style)} {self._style.paint(BAR, DIM)} ".encode()
        )
        write_all(b"".join(lead + line + b"\n" for line in lines))

    def _say(self, name: str, text: str, look: str) -> None:
        self._progress.clear()
        if sys.stderr is not None:
            lead = self._lead(name, self._aside)
            print(lead, self._aside.paint(text, look), file=sys.stderr)

    def _lead(self, name: str, style: Style) -> str:
        return style.paint(name, BOLD) + " " * (self._width - len(name))


def outcome(state: StageState) -> str:
    """`ok`, `failed 7`, `not run`."""
    if state.phase == FAILED and state.status:
        return f"{FAILED} {state.status}"
    return state.detail or state.phase if state.phase == SUBMITTED else state.phase


def took_of(state: StageState) -> str:
    if state.began is None or state.ended is None:
        return NOTHING
    return duration(max(0.0, state.ended - state.began))


def summary(state: PipelineState, style: Style, reasons: Mapping[str, str]) -> str:
    """A line for each stage; those without a reason didn't run again."""
    head = ("stage", "outcome", "took", "run", "produced")
    cells = [
        [
            (escaped(name), BOLD),
            (
                outcome(each) + KEPT * (reasons.get(name) == ""),
                LOOKS.get(each.phase, ""),
            ),
            (took_of(each), ""),
            (escaped(each.run[-ID:]) or NOTHING, DIM),
            (", ".join(map(escaped, each.produced)) or NOTHING, ""),
        ]
        for name, each in state.stages.items()
    ]
    text = table([[(title, DIM) for title in head], *cells], style, wide=4)
    title = f"{style.paint(escaped(state.name), BOLD)}  run {state.id[-ID:]}"
    return f"\n{title}\n\n{text}"


def show_status(state: PipelineState, *, as_json: bool) -> int:
    """How far a run is, as its stages' places say now."""
    for stage in state.stages.values():
        if stage.phase == SUBMITTED and (job := load(stage.folder)):
            _refresh(stage, job)
    if as_json:
        output.show_json(state.plain())
    else:
        output.show(summary(state, output.style(), {}).strip("\n"))
    return 0


def _refresh(stage: StageState, job: Job) -> None:
    """What is shown; who drives the run, or resumes it, writes it down."""
    found = refresh(job, executor_named(job.executor))
    stage.detail = found.phase
    if found.over:
        stage.phase, stage.status = phase_of(found), found.status
        stage.ended = job.ended or time()


def cancel_stages(state: PipelineState) -> int:
    """Ask the jobs of its stages to end; who drives it then begins no other."""
    asked = []
    for name, stage in state.stages.items():
        job = load(stage.folder) if stage.phase == SUBMITTED else None
        if job is not None and job.handle:
            executor_named(job.executor).cancel(job.handle)
            asked.append(name)
    if asked:
        output.show(f"{', '.join(asked)} of {state.name}: asked to end.")
    else:
        output.show(f"Nothing of {state.name} runs.")
    return 0
