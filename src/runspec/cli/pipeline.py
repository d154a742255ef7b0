"""`runspec launch --pipeline FILE`: recipes, one after the other (PIP)."""

from __future__ import annotations

import os
import sys
from shlex import quote

from ..errors import CallError, Fault
from ..launch.attend import Interrupts
from ..launch.exitstatus import REFUSED, exit_status_of
from ..launch.jobs import load
from ..launch.pipeline.detached import detach_driver
from ..launch.pipeline.driver import Driver, Live
from ..launch.pipeline.file import read_pipeline
from ..launch.pipeline.lock import DriverLock
from ..launch.pipeline.resume import take_up
from ..launch.pipeline.runs import earlier_run, make, new_run
from ..launch.pipeline.steps import Planner
from ..launch.pipeline.tokens import by_stage
from ..launch.places.registry import executor_named
from ..render.text import BOLD, DIM, Style
from . import output
from .explain import explained, rendered
from .launch import submitted
from .lookup import recipe_named
from .pipelines import Quiet, Screen, summary
from .table import ID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..call import Args
    from ..launch.executor import Executor
    from ..launch.jobs import Job
    from ..launch.pipeline.file import PipelineFile
    from ..launch.pipeline.state import PipelineState
    from ..launch.pipeline.steps import Step
    from ..launch.request import Prepared

OF_ONE = ("config", "emit", "nodes", "gpus", "image", "env", "at-once")
CANCELLING = "cancelling what runs; press ^C again to leave it"


def run_pipeline(args: Args) -> int:
    """Run or show a pipeline; the exit status is that of the first failed stage."""
    _require_alone(args)
    file = read_pipeline(args.pipeline.value)
    if file.warnings:
        output.complain(file.warnings)
    state = _state(file, args)
    planner = _planner(file, state)
    steps = planner.steps()
    if planner.warnings:
        output.complain(planner.warnings)
    if args.dry_run.value or args.explain.value:
        return _show(steps, args)
    make(state, planner.manifests())
    if args.detach.value and not _is_queued(steps):
        return _leave_driver(state, steps, resume=bool(args.resume.value))
    with DriverLock(state.folder, state.name), Interrupts() as interrupts:
        screen = Screen(steps, output.style(), Style.for_stream(sys.stderr, os.environ))
        driver = Driver(state, steps, screen, interrupts, _launch)
        reasons = _take_up(driver, state, steps) if args.resume.value else {}
        if args.detach.value:
            return _leave(driver, state)
        return _drive(driver, state, reasons)


def _require_alone(args: Args) -> None:
    """Options of one launch would be for no stage in particular."""
    given = [each for each in OF_ONE if args.get(each).value not in (None, [])]
    if given:
        raise CallError(*(Fault("pipeline-alone", name) for name in given))


def _state(file: PipelineFile, args: Args) -> PipelineState:
    """A new run, or an earlier one; what was typed for that holds, unless it is anew.

    Behind --resume an id may stand before the overrides.
    """
    first = [] if args.recipe.value is None else [args.recipe.value]
    tokens = (*first, *(args.overrides.value or ()), *(args.args.value or ()))
    if not args.resume.value:
        return new_run(file, args.on.value, tokens)
    part = ""
    if tokens and "=" not in tokens[0] and not tokens[0].startswith("~"):
        part, tokens = tokens[0], tokens[1:]
    state = earlier_run(file, part)
    state.on, state.tokens = args.on.value or state.on, tokens or state.tokens
    return state


def _planner(file: PipelineFile, state: PipelineState) -> Planner:
    return Planner(
        file,
        state.folder,
        on=state.on,
        typed=by_stage(state.tokens, file.stages),
        argv=state.tokens,
        locate=recipe_named,
    )


def _is_queued(steps: Mapping[str, Step]) -> bool:
    """Whether all can be submitted at once, for jobs there wait for each other."""
    places = {step.plan.executor: step.executor for step in steps.values()}
    return len(places) == 1 and all(hasattr(e, "dependency") for e in places.values())


def _launch(prepared: Prepared, executor: Executor, about: Mapping[str, str]) -> Job:
    return submitted(prepared, executor, about).job


def _find(folder: str) -> Live | None:
    """The job of a stage that another process has submitted."""
    job = load(folder) if folder else None
    if job is None or not job.handle:
        return None
    return Live(executor_named(job.executor), job.handle)


def _take_up(
    driver: Driver, state: PipelineState, steps: Mapping[str, Step]
) -> dict[str, str]:
    reasons = take_up(driver, state, steps, _find)
    for name, why in reasons.items():
        if why:
            output.note(f"{name} runs: {why}")
        else:
            going_on = " still runs" if name in driver.live else ": nothing changed"
            output.note(f"{name}{going_on}")
    return reasons


def _leave(driver: Driver, state: PipelineState) -> int:
    driver.start()
    output.show(state.id)
    output.note(f"submitted; `runspec jobs status {state.id[-ID:]}` says how far it is")
    return REFUSED if driver.failed else 0


def _leave_driver(
    state: PipelineState, steps: Mapping[str, Step], *, resume: bool
) -> int:
    """Leave a process behind that drives the run, as a detached job has one."""
    detached = detach_driver(state, lambda: _drive_alone(state, steps, resume=resume))
    if detached is not None:
        raise detached
    output.show(state.id)
    output.note(f"started; `runspec jobs status {state.id[-ID:]} --wait` waits for it")
    return 0


def _drive_alone(
    state: PipelineState, steps: Mapping[str, Step], *, resume: bool
) -> None:
    """Drive it to its end; SIGTERM cancels what runs."""
    style = Style.for_stream(sys.stderr, os.environ)
    with Interrupts() as interrupts:
        driver = Driver(state, steps, Quiet(steps, style, style), interrupts, _launch)
        try:
            if resume:
                _take_up(driver, state, steps)
            driver.run()
        except KeyboardInterrupt:
            driver.cancel()
            driver.finish()


def _drive(driver: Driver, state: PipelineState, reasons: Mapping[str, str]) -> int:
    """Stay until all is over, or the person leaves."""
    interrupted = False
    try:
        driver.run()
    except KeyboardInterrupt:
        interrupted = True
        try:
            output.note(CANCELLING)
            driver.cancel()
            driver.finish()
        except KeyboardInterrupt:
            output.note(f"left; still running: {', '.join(driver.live)}")
    output.show(summary(state, output.style(), reasons))
    if interrupted or driver.failed:
        name = quote(os.path.relpath(state.file))
        output.note(f"go on with `runspec launch --pipeline {name} --resume`")
    if interrupted:
        raise KeyboardInterrupt
    return exit_status_of(driver.failed)


def _show(steps: Mapping[str, Step], args: Args) -> int:
    """What would be, without doing any of it."""
    style = output.style()
    parts = []
    for number, (name, step) in enumerate(steps.items(), 1):
        after = f", after {', '.join(step.stage.after)}" if step.stage.after else ""
        place = f"on {step.plan.executor}{after}"
        head = f"{number}. {name}"
        parts.append(f"{style.paint(head, BOLD)} {style.paint(place, DIM)}")
        if args.explain.value:
            parts.append(explained(step.prepared, style))
        if args.dry_run.value:
            parts.append(rendered(step.executor.render(step.plan), style))
    output.show("\n\n".join(parts))
    return 0
