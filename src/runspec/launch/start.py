"""From a prepared launch to a job: its run directory, then its place."""

from __future__ import annotations

import os
import sys

from ..errors import Fault, RunspecError
from . import jobs
from .code import Question, warnings
from .folder import ARGV, CODE, DIFF, JOB, PLAN, as_json, create, discard
from .plan import is_contained

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..spec.plain import Json
    from .code import Code
    from .executor import Executor
    from .jobs import Job
    from .plan import Plan
    from .request import Prepared


class Started:
    """A job that was submitted, and what its person should know of it."""

    __slots__ = ("job", "warnings")

    def __init__(self, job: Job, found: tuple[Fault, ...]) -> None:
        self.job = job
        self.warnings = found


def check(plan: Plan, executor: Executor) -> tuple[Fault, ...]:
    """The warnings of a plan. Raises RunspecError with all faults of its place."""
    found = (*executor.check(plan), *find_uninstalled(plan))
    errors = [fault for fault in found if fault.severity == "error"]
    if errors:
        raise RunspecError(*found)
    return found


def find_uninstalled(plan: Plan) -> tuple[Fault, ...]:
    """The warning that nothing installs what the script depends on, a Python too."""
    recipe = plan.recipe
    python = (f"Python {recipe.requires_python}",) if recipe.requires_python else ()
    needed = (*recipe.dependencies, *python)
    if not needed or not is_contained(plan):
        return ()
    return (
        Fault(
            "dependencies-uninstalled",
            plan.name,
            severity="warning",
            received=", ".join(needed),
            detail=plan.image or "",
        ),
    )


def start(
    prepared: Prepared,
    executor: Executor,
    *,
    ticket: Mapping[str, str] | None = None,
    about: Mapping[str, str] | None = None,
) -> Started:
    """Write the run directory and submit.

    `ticket` ends the run's row in the history when the job's end is seen (empty:
    nobody has begun one), `about` are texts that `runspec jobs` shows beside. Raises
    RunspecError; then nothing runs and nothing is left.
    """
    plan = prepared.plan
    attached = plan.attached
    job, code = _create(prepared, ticket or {}, about or {})
    try:
        handle = executor.submit(plan, attached=attached)
    except BaseException:
        discard(plan.folder)
        raise
    try:
        jobs.submitted(job, handle)
    except RunspecError:
        executor.cancel(handle)
        raise
    return Started(job, warnings(code))


def start_together(
    all_prepared: Sequence[Prepared],
    executor: Executor,
    tickets: Sequence[Mapping[str, str]],
    abouts: Sequence[Mapping[str, str]],
    *,
    limit: int | None,
) -> list[Job]:
    """Write all run directories and submit them as one array (`submit_array`).

    Raises RunspecError; then nothing runs and nothing is left.
    """
    found: list[Job] = []
    plans = [each.plan for each in all_prepared]
    try:
        for prepared, ticket, about in zip(all_prepared, tickets, abouts, strict=True):
            found.append(_create(prepared, ticket, about)[0])
        submit = executor.submit_array  # type: ignore[attr-defined]
        handles = submit(plans, limit=limit, attached=plans[0].attached)
    except BaseException:
        for job in found:
            discard(job.folder)
        raise
    for job, handle in zip(found, handles, strict=True):
        jobs.submitted(job, handle)
    return found


def _create(
    prepared: Prepared, ticket: Mapping[str, str], about: Mapping[str, str]
) -> tuple[Job, Code]:
    """The run directory of a job that isn't submitted yet."""
    plan, profile = prepared.plan, prepared.request.profile
    code = (prepared.request.code or Question(plan.root)).answer(plan.script)
    named = {"profile": profile, **about} if profile else about
    job = jobs.new(plan, attached=plan.attached, about=named, ticket=ticket)
    create(plan.folder, _files(prepared, code, job))
    return job, code


def _files(prepared: Prepared, code: Code, job: Job) -> dict[str, bytes]:
    plan, merged = prepared.plan, prepared.merged
    found = {
        PLAN: as_json(plain(plan)),
        CODE: as_json(code.plain()),
        ARGV: as_json({"argv": _argv(), "cwd": os.getcwd()}),
        JOB: job.content(),
    }
    if code.diff:
        found[DIFF] = code.diff
    if merged is not None:
        found[merged.name] = plan.content or b""
    return found


def _argv() -> list[Json]:
    """The command line, without the values of what is named as a secret."""
    from .config.overrides import masked

    return [masked(each) if "=" in each else each for each in sys.argv]


def plain(plan: Plan) -> dict[str, Json]:
    """A plan as JSON."""
    found: dict[str, Json] = {}
    for name in plan.__slots__:
        if name not in ("recipe", "settings", "content"):
            found[name] = _plain(getattr(plan, name))
    declared = plan.settings.declared()
    found["settings"] = {
        name: _plain(getattr(plan.settings, name)) for name in declared
    }
    return found


def _plain(value: object) -> Json:
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    pairs: Mapping[str, object] = dict(value)  # type: ignore[call-overload]
    return {name: _plain(each) for name, each in pairs.items()}
