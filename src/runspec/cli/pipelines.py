"""A pipeline's progress and result, as text."""

from __future__ import annotations

import os
import sys

from ..launch.attend import LEFT, Interrupts, Progress, write_all
from ..launch.executor import QUEUED, RUNNING, State
from ..launch.jobs import load
from ..launch.pipeline.lock import stop_driver
from ..launch.pipeline.state import CANCELLED, FAILED, LOST, OK, SKIPPED, SUBMITTED
from ..launch.pipeline.watch import Watch, copy_logs, follow_stages, status_of
from ..launch.places.registry import executor_named
from ..logs.summary import duration
from ..render.text import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Style, escaped
from . import output
from .table import ID, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..errors import Fault
    from ..launch.pipeline.state import PipelineState, StageState

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
        if rest:
            self._rest[name] = rest
        if lines:
            self._show(name, lines)

    def over(self, name: str, state: StageState) -> None:
        if rest := self._rest.pop(name, b""):
            self._show(name, [rest])
        took = f" in {took_of(state)}" if state.ended else ""
        self._say(name, f"{outcome(state)}{took}", LOOKS.get(state.phase, ""))

    def flush(self) -> None:
        """The lines that haven't ended."""
        for name in [*self._rest]:
            self._show(name, [self._rest.pop(name)])

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


class Quiet(Screen):
    """For the log of a driver: stages have logs of their own."""

    def wrote(self, name: str, data: bytes) -> None:
        """Left to `runspec jobs logs`."""

    def waiting(self, phases: Mapping[str, str]) -> None:
        """There is nobody to tell."""


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


def show_status(state: PipelineState, *, as_json: bool, wait: bool) -> int:
    """How far a run is, as its stages' places say now; `wait`: until it is over.

    The exit status of one that is over is that of the stage that failed first.
    """
    watch = Watch(state)
    if wait:
        left = _follow(watch, None)
        if left:
            return left
    else:
        watch.look()
    state = watch.state
    status = status_of(state) if watch.over else None
    if as_json:
        output.show_json({**state.plain(), "status": status})
    else:
        output.show(summary(state, output.style(), {}).strip("\n"))
    return status or 0


def show_logs(state: PipelineState, *, follow: bool) -> int:
    """The lines of all stages, each behind its stage's name, as an attached run has
    them. `follow`: until all of it is over; the exit status as that of `show_status`.
    """
    watch = Watch(state)
    aside = Style.for_stream(sys.stderr, os.environ)
    screen = Screen(state.stages, output.style(), aside)
    if not follow:
        copy_logs(watch, screen)
        screen.flush()
        return 0
    return _follow(watch, screen) or status_of(watch.state)


def _follow(watch: Watch, screen: Screen | None) -> int:
    """Returns 0; raises KeyboardInterrupt where the person leaves: stages go on."""
    with Interrupts():
        try:
            follow_stages(watch, screen)
        except KeyboardInterrupt:
            output.note(LEFT)
            raise
    return 0


def cancel_stages(state: PipelineState) -> int:
    """Ask the jobs of its stages to end; who drives it then begins no other."""
    asked = []
    stop_driver(state.folder)
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
