"""Which stages of an earlier run need not run again (PIP-07)."""

from __future__ import annotations

from ..jobs import settle
from .artifacts import content_hash
from .driver import Live
from .state import CANCELLED, FAILED, LOST, OK, SUBMITTED, StageState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .driver import Driver
    from .state import PipelineState
    from .steps import Step

    Find = Callable[[str], Live | None]

ENDINGS = {FAILED: "it failed", CANCELLED: "it was cancelled", LOST: "it was lost"}
NOT_RUN = "it hasn't run"


def take_up(
    driver: Driver, state: PipelineState, steps: Mapping[str, Step], find: Find
) -> dict[str, str]:
    """Why each stage runs, by name; "" for one that doesn't run again.

    `find` gives the job of a run directory, None where none was submitted. Jobs that
    still run and whose stage is as it was go on in `driver`; others are cancelled.
    """
    state.stages = {name: state.stages.get(name) or StageState() for name in steps}
    reasons: dict[str, str] = {}
    for name, step in steps.items():
        if state.stages[name].phase == SUBMITTED:
            _meet(driver, name, find(state.stages[name].folder), state)
        again = next((each for each in step.stage.after if reasons[each]), None)
        why = f"{again} runs again" if again else _why(state.stages[name], step)
        reasons[name] = why
        if why:
            _begin_anew(driver, name, state)
    state.save()
    driver.failed = 0
    return reasons


def _meet(driver: Driver, name: str, live: Live | None, state: PipelineState) -> None:
    """Learn how a job stands that another process left."""
    if live is None:
        state.stages[name] = StageState()
        return
    found = live.executor.status(live.handle)
    if found.over:
        settle(state.stages[name].folder, found)
        driver.settle(name, found)
    else:
        driver.live[name] = live


def _begin_anew(driver: Driver, name: str, state: PipelineState) -> None:
    live = driver.live.get(name)
    if live is not None:
        live.executor.cancel(live.handle)
        driver.until_over(name)
    state.stages[name] = StageState()


def _why(stage: StageState, step: Step) -> str:
    if stage.phase in ENDINGS:
        return ENDINGS[stage.phase]
    if stage.phase not in (OK, SUBMITTED):
        return NOT_RUN
    for kind, digest in step.inputs.items():
        if stage.inputs.get(kind) != digest:
            return f"its {kind} changed"
    for name, path in step.produces.items():
        if stage.phase == OK and stage.produced.get(name) != content_hash(path):
            return f"{name} changed"
    return ""
