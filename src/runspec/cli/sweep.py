"""`runspec launch --sweep`: one launch for each combination of values (LCH-15)."""

from __future__ import annotations

from ..errors import CallError, Fault
from ..launch.attend import Left, follow, note
from ..launch.config.sweep import points
from ..launch.executor import State
from ..launch.exitstatus import exit_status
from ..launch.folder import new_id
from ..launch.jobs import settle
from ..launch.places.registry import executor_of
from ..launch.request import prepare
from ..launch.start import check
from ..render.text import BOLD, DIM, escaped
from . import output
from .explain import explained, rendered
from .launch import ADVICE, attend, request_of, require_none, submit_together, submitted
from .lookup import recipe_named
from .table import ID, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..call import Args
    from ..launch.config.sweep import Point
    from ..launch.executor import Executor
    from ..launch.jobs import Job
    from ..launch.request import Prepared

ALONE = ("emit", "pipeline")
CANCELLING = "cancelling all of the sweep"


def run_sweep(args: Args) -> int:
    """Launch all points; the exit status is that of the first that failed, by index."""
    for name in ALONE:
        if args.get(name).value:
            detail = "it can't be together with --sweep"
            raise CallError(Fault("not-valid", name, detail=detail))
    recipe = recipe_named(args.recipe.value)
    found = points(args.overrides.value or [])
    all_prepared = [prepare(request_of(args, recipe, each.tokens)) for each in found]
    executor = executor_of(all_prepared[0])
    _complain(all_prepared, executor, args)
    if args.dry_run.value or args.explain.value:
        return _show(found, all_prepared, executor, args)
    sweep = new_id()
    abouts = [{"sweep": sweep, "point": each.label} for each in found]
    if hasattr(executor, "submit_array"):
        started = submit_together(
            all_prepared, executor, abouts, limit=args.at_once.value
        )
        return _together(started, executor, detached=bool(args.detach.value))
    return _in_turn(all_prepared, abouts, detached=bool(args.detach.value))


def _complain(all_prepared: Sequence[Prepared], executor: Executor, args: Args) -> None:
    """What is wrong with several is told once."""
    warnings: dict[tuple[str, str], Fault] = {}
    for prepared in all_prepared:
        for fault in (*prepared.warnings, *check(prepared.plan, executor)):
            if fault.code not in ADVICE:
                warnings.setdefault((fault.code, fault.subject), fault)
    require_none(args, [*warnings.values()])
    if warnings:
        output.complain([*warnings.values()])


def _show(
    found: Sequence[Point],
    all_prepared: Sequence[Prepared],
    executor: Executor,
    args: Args,
) -> int:
    """The points, and the first of them in full."""
    style = output.style()
    rows = [[(str(n), DIM), (escaped(e.label), "")] for n, e in enumerate(found)]
    parts = [table([[("index", BOLD), ("point", BOLD)], *rows], style, wide=1)]
    if args.explain.value:
        parts.append(explained(all_prepared[0], style))
    if args.dry_run.value:
        parts.append(rendered(executor.render(all_prepared[0].plan), style))
    output.show("\n\n".join(parts))
    return 0


def _together(started: Sequence[Job], executor: Executor, *, detached: bool) -> int:
    if detached:
        for job in started:
            output.show(job.id)
        return 0
    own = started[0].handle.get("job", "").partition("_")[0]
    output.note(f"{len(started)} jobs on {started[0].executor}, array {own}")
    for job in started:
        try:
            job.state = follow(executor, job.handle, cancels=False)
        except Left:
            note(CANCELLING)
            for each in started:
                executor.cancel(each.handle)
            raise KeyboardInterrupt from None
        settle(job.folder, job.state)
    return _result(started)


def _in_turn(
    all_prepared: Sequence[Prepared],
    abouts: Sequence[dict[str, str]],
    *,
    detached: bool,
) -> int:
    """One after the other; where the place keeps a queue, all may be left to it."""
    place = all_prepared[0].plan.executor
    if detached and place == "local":
        detail = "a sweep on this machine needs somebody to start one after the other"
        raise CallError(Fault("not-valid", "detach", detail=detail))
    jobs: list[Job] = []
    for prepared, about in zip(all_prepared, abouts, strict=True):
        executor = executor_of(prepared)
        started = submitted(prepared, executor, about)
        job = started.job
        jobs.append(job)
        if detached:
            output.show(job.id)
            continue
        job.state = attend(started, executor)
        settle(job.folder, job.state)
    return 0 if detached else _result(jobs)


def _result(jobs: Sequence[Job]) -> int:
    """A line for each point; the status of the first that failed."""
    from .jobs import outcome_look

    style = output.style()
    head = [(title, BOLD) for title in ("index", "point", "outcome", "id")]
    rows = [
        [
            (str(number), DIM),
            (escaped(job.about.get("point", "")), ""),
            outcome_look(job.state),
            (job.id[-ID:], DIM),
        ]
        for number, job in enumerate(jobs)
    ]
    output.show("\n" + table([head, *rows], style, wide=1))
    statuses = (exit_status(job.state or State("lost")) for job in jobs)
    return next(filter(None, statuses), 0)
