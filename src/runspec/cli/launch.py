"""`runspec launch`: a recipe, started here or elsewhere (LCH)."""

from __future__ import annotations

import os
import sys

from ..errors import CallError, Fault, RunspecError, require_directory
from ..run.standard import open_standard
from . import output
from .lookup import recipe_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from ..call import Args, Invocation
    from ..launch.executor import Executor, State
    from ..launch.jobs import Job
    from ..launch.request import Prepared, Request
    from ..launch.start import Started
    from ..recipe import Recipe
    from ..run.recorded import Recorded
    from ..spec.plain import Json

OPTIONS = {"nodes": "nodes", "gpus": "gpus_per_node", "image": "container_image"}
"""Options of the command line that are attributes of a profile."""
NAMES = ("job", "submission", "name", "cluster")
"""What of a handle is the place's own name for a job."""
ADVICE = ("no-description", "no-autonomy")
"""Warnings for whoever writes a recipe, which `runspec check` gives."""


def run(args: Args) -> int:
    """Launch, and end as the script ends; 0 where it is only shown or detached."""
    from ..launch.exitstatus import as_refusal

    open_standard()
    try:
        require_directory()
        return _run(args)
    except RunspecError as error:
        raise as_refusal(error) from None


def _run(args: Args) -> int:
    if args.pipeline.value:
        from .pipeline import run_pipeline

        return run_pipeline(args)
    if args.sweep.value:
        from .sweep import run_sweep

        return run_sweep(args)
    from ..launch.places.registry import executor_of
    from ..launch.request import prepare
    from ..launch.start import check

    recipe = recipe_named(args.recipe.value)
    try:
        prepared = prepare(request_of(args, recipe))
    except RunspecError as error:
        raise _refused(error, recipe) from None
    _answer(prepared.call)
    executor = executor_of(prepared)
    warnings = [each for each in prepared.warnings if each.code not in ADVICE]
    if args.emit.value:
        return _emit(prepared, args, warnings)
    warnings += check(prepared.plan, executor)
    require_none(args, warnings)
    if warnings:
        output.complain(warnings)
    if args.explain.value or args.dry_run.value:
        return _show(prepared, executor, args)
    return _launch(prepared, executor)


def request_of(
    args: Args, recipe: Recipe, tokens: Sequence[str] | None = None
) -> Request:
    """What was asked for; `tokens` in place of the overrides that were typed."""
    from ..launch.code import Question, root_of
    from ..launch.request import Request

    environ, secrets = _variables(args.env.value or [])
    found: dict[str, Json] = {
        attribute: args.get(option).value for option, attribute in OPTIONS.items()
    }
    if found["gpus_per_node"] and str(found["gpus_per_node"]).isdecimal():
        found["gpus_per_node"] = int(str(found["gpus_per_node"]))
    return Request(
        recipe,
        config=args.config.value,
        overrides=tokens or args.overrides.value or [],
        passed=args.args.value or [],
        profile=args.on.value,
        options={name: value for name, value in found.items() if value is not None},
        environ=environ,
        secrets=secrets,
        attached=not args.detach.value,
        id=_given_id(recipe),
        form=args.emit.value or "",
        code=None
        if _is_shown(args) or tokens
        else Question(root_of(recipe.script_path)),
    )


def _is_shown(args: Args) -> bool:
    """Whether it is only to be shown; nothing is launched then."""
    return bool(args.emit.value or args.explain.value or args.dry_run.value)


def _variables(texts: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Variables with values, and references to those without. Raises CallError."""
    environ: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name.isascii() and name.isidentifier()):
            detail = "a variable is NAME=VALUE, or NAME for the one that is set here"
            raise CallError(Fault("not-valid", "env", received=text, detail=detail))
        if equals:
            environ[name] = value
        else:
            secrets[name] = f"env:{name}"
    _require_open(environ)
    return environ, secrets


def _require_open(environ: Mapping[str, str]) -> None:
    """A secret on a command line is in the history of the shell, too."""
    for name, value in environ.items():
        from ..launch.profile.secrecy import is_secret

        if is_secret(name, value):
            raise CallError(Fault("secret-in-env", "env", received=name))


def _given_id(recipe: Recipe) -> str:
    """That of a run which a server has begun for this recipe, else nothing."""
    from ..launch.request import is_served

    return os.environ.get("RUNSPEC_RUN_ID", "") if is_served(recipe) else ""


def _refused(error: RunspecError, recipe: Recipe) -> BaseException:
    """The error of a call of the script is shown as its own; it is recorded."""
    runnable = recipe.runnable
    if not isinstance(error, CallError) or error.runnable != runnable.name:
        return error
    from ..record import refused
    from ..stop import stop

    loaded = (recipe.spec_path, runnable, recipe.project, ())
    refused(error, runnable.name, loaded, "launch")
    return stop(error, loaded)


def _answer(call: Invocation) -> None:
    if call.asked:
        from ..answer import answer

        sys.exit(answer(call))


def require_none(args: Args, warnings: list[Fault]) -> None:
    """With --strict, a warning is an error. Raises RunspecError."""
    if args.strict.value and warnings:
        for fault in warnings:
            fault.severity = "error"
        raise RunspecError(*warnings)


def _emit(prepared: Prepared, args: Args, warnings: list[Fault]) -> int:
    from ..launch.emit import emit, find_unkept
    from ..launch.start import find_uninstalled

    form = args.emit.value
    plan = prepared.plan
    warnings = [*warnings, *find_unkept(plan, form), *find_uninstalled(plan)]
    require_none(args, warnings)
    text = emit(plan, form).text
    if warnings:
        output.complain(warnings)
    output.show_utf8(text.rstrip("\n"))
    return 0


def _show(prepared: Prepared, executor: Executor, args: Args) -> int:
    """What would be, without doing any of it."""
    from .explain import explained, rendered

    parts = []
    if args.explain.value:
        parts.append(explained(prepared, output.style()))
    if args.dry_run.value:
        parts.append(rendered(executor.render(prepared.plan), output.style()))
    output.show("\n\n".join(parts))
    return 0


def _launch(prepared: Prepared, executor: Executor) -> int:
    started = submitted(prepared, executor, {})
    if prepared.plan.attached:
        _say_where(started.job)
        _end(attend(started, executor), started)
    return _detached(started)


def _say_where(job: Job) -> None:
    """What a job elsewhere is called, here and there."""
    own = next((job.handle[each] for each in NAMES if job.handle.get(each)), "")
    if job.executor != "local" and os.environ.get("RUNSPEC_AGENT") != "1":
        output.note(f"job {job.id[-8:]} on {job.executor}, where it is {own or job.id}")


def submitted(
    prepared: Prepared, executor: Executor, about: Mapping[str, str]
) -> Started:
    """Check that it may run, record that it begins, and submit it.

    `about` are texts that `runspec jobs` shows beside. Raises RunspecError.
    """
    from ..guard import require_allowed

    _require_own(prepared)
    require_allowed(prepared.call)
    recorded = _recorded(prepared)
    started = _started(prepared, executor, recorded, about)
    if started.warnings:
        output.complain(started.warnings)
    if recorded is not None and not prepared.plan.attached:
        _move(recorded, started.job)
    return started


def submit_together(
    all_prepared: Sequence[Prepared],
    executor: Executor,
    abouts: Sequence[Mapping[str, str]],
    *,
    limit: int | None,
) -> list[Job]:
    """The same for many that are submitted as one. Raises RunspecError."""
    from ..guard import require_allowed
    from ..launch.start import start_together
    from ..run.order import NOT_STARTED

    for prepared in all_prepared:
        _require_own(prepared)
        require_allowed(prepared.call)
    recorded = [_recorded(prepared) for prepared in all_prepared]
    tickets = [{} if each is None else each.ticket() for each in recorded]
    try:
        found = start_together(all_prepared, executor, tickets, abouts, limit=limit)
    except BaseException:
        for each in recorded:
            if each is not None:
                each.end(NOT_STARTED, "not-started")
        raise
    for each, job in zip(recorded, found, strict=True):
        if each is not None and not job.attached:
            _move(each, job)
    return found


def _require_own(prepared: Prepared) -> None:
    """What runs here runs on this machine, and as this user."""
    from ..run.account import other_account, own_name
    from ..run.machine import require_here

    chain = prepared.call.chain
    if prepared.plan.executor == "local":
        require_here(chain, os.environ)
    account = other_account(chain)
    if account is not None:
        name = chain[0].name
        own = (own_name(),)
        raise RunspecError(
            Fault("launch-as-other", name, received=account.name, expected=own)
        )


def _recorded(prepared: Prepared) -> Recorded | None:
    """Its row in the history, unless a server has begun that (HIS-02)."""
    from ..run.recorded import Recorded

    plan = prepared.plan
    if prepared.request.id:
        return None
    recorded = Recorded(prepared.call, "launch", id=plan.id)
    recorded.begin()
    return recorded


def _started(
    prepared: Prepared,
    executor: Executor,
    recorded: Recorded | None,
    about: Mapping[str, str],
) -> Started:
    from ..launch.start import start
    from ..run.order import NOT_STARTED

    ticket = {} if recorded is None else recorded.ticket()
    try:
        return start(prepared, executor, ticket=ticket, about=about)
    except BaseException:
        if recorded is not None:
            recorded.end(NOT_STARTED, "not-started")
        raise


def _move(recorded: Recorded, job: Job) -> None:
    """From now on its row in the history is of where it runs."""
    handle = job.handle
    host = handle["host"] if job.executor == "local" else job.executor
    pid = int(handle["pid"]) if job.executor == "local" else 0
    recorded.moved(pid, handle.get("start", ""), host)


def _detached(started: Started) -> int:
    """Say what it is called."""
    job = started.job
    output.show(job.id)
    output.note(f"started; `runspec jobs logs {job.id[-8:]} --follow` shows its output")
    return 0


def attend(started: Started, executor: Executor) -> State:
    """Stay until it has ended. Ends this process where the person leaves."""
    from ..launch.attend import Left
    from ..launch.executor import Silent
    from ..launch.exitstatus import LOST

    job = started.job
    try:
        return executor.wait(job.handle)
    except BrokenPipeError as error:
        raise output.gone(error) from None
    except Left:
        if job.executor != "local":
            output.note(f"`runspec jobs status {job.id[-8:]}` shows its status")
        raise KeyboardInterrupt from None
    except Silent as error:
        output.note(f"it may go on; `runspec jobs logs {job.id[-8:]} --follow` waits")
        error.exit_status = LOST
        raise


def _end(state: State, started: Started) -> NoReturn:
    """As the script ended."""
    from ..launch.exitstatus import exit_status
    from ..launch.jobs import settle
    from ..run.supervise import end_like

    settle(started.job.folder, state)
    if state.detail:
        output.note(f"{state.phase}: {state.detail}")
    if sys.stdout is not None:
        sys.stdout.flush()
    end_like(exit_status(state) if state.status is None else state.status)
