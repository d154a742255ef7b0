"""`runspec jobs`: what was launched from here, and how it stands (LCH)."""

from __future__ import annotations

import os
from time import localtime, strftime, time

from ..errors import CallError, Fault, RunspecError
from ..launch import jobs
from ..launch.executor import CANCELLED, ENDED, LOST, RUNNING
from ..launch.exitstatus import as_refusal, exit_status
from ..launch.jobs import PIPELINE
from ..launch.places.registry import executor_named
from ..logs.encode import utc
from ..logs.summary import duration, signal_name
from ..render.text import BOLD, CYAN, DIM, RED, YELLOW, escaped
from . import output
from .table import ID, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..call import Args
    from ..launch.executor import State
    from ..launch.jobs import Job
    from ..launch.pipeline.state import PipelineState
    from ..render.text import Style
    from ..spec.plain import Json

NOTHING = """\
Nothing was launched from here yet.

`runspec launch RECIPE` starts a recipe; with --detach it goes on by itself."""
POINT = "point"
"""What a job says of its place in a sweep."""
LOOKS = {RUNNING: CYAN, LOST: YELLOW, CANCELLED: YELLOW}
MORE = "These are the newest; --limit 0 shows all."
UNSAID = ("folder", "start")
"""What of a handle is of no use to a person."""


def run(args: Args) -> int:
    """Show jobs, follow one, or end one."""
    verb = (*args.runspec_command_path[1:], "list")[0]
    _require_use(args, verb)
    try:
        return VERBS[verb](args)
    except BrokenPipeError as error:
        raise output.gone(error) from None
    except RunspecError as error:
        ends_as_job = verb in ("status", "logs") and _waits(args, verb)
        raise (as_refusal(error) if ends_as_job else error) from None


def _require_use(args: Args, verb: str) -> None:
    """Refuse options that are of no use to a verb. Raises CallError."""
    own = {"list": ("limit", "state", "name"), "logs": ("limit",)}.get(verb, ())
    given = [
        name
        for name in ("limit", "state", "name")
        if name not in own and args.get(name).source == "cli"
    ]
    if given:
        detail = f"`runspec jobs {verb}` has no use for it"
        raise CallError(*(Fault("not-valid", each, detail=detail) for each in given))


def _waits(args: Args, verb: str) -> bool:
    """Whether the exit status is to be the script's, which is often 1."""
    return bool(args.get("wait" if verb == "status" else "follow").value)


def _list(args: Args) -> int:
    found, faults = _load_jobs(args)
    faults += jobs.refresh_all(found, executor_named)
    if wanted := args.state.value:
        found = [
            job for job in found if wanted in (job.state.phase, _outcome(job.state))
        ]
    most = args.limit.value
    more = 0 < most < len(found)
    found = found[:most] if more else found
    if args.format.value == "json":
        output.show_json([_plain(job) for job in found])
    else:
        text = _listed(found, output.style()) if found else NOTHING
        output.show(f"{text}\n\n{MORE}" if more else text)
    if faults:
        output.complain(faults)
    return int(bool(faults))


def _states(job: Job) -> tuple[str, str]:
    return job.state.phase, _outcome(job.state)


def _load_jobs(args: Args) -> tuple[list[Job], list[Fault]]:
    """The newest jobs, of that name, and what can't be read; one more than are shown,
    all where the state chooses.
    """
    from fnmatch import fnmatchcase

    found: list[Job] = []
    faults: list[Fault] = []
    most = 0 if args.state.value else args.limit.value
    for folder in jobs.folders(os.environ):
        if 0 < most < len(found):
            break
        try:
            job = jobs.load(folder)
        except RunspecError as error:
            faults += error.faults
            continue
        if job and (not args.name.value or fnmatchcase(job.name, args.name.value)):
            found.append(job)
    return found, faults


def _status(args: Args) -> int:
    if run := _pipeline(args.id.value):
        from .pipelines import show_status

        as_json = args.format.value == "json"
        return show_status(run, as_json=as_json, wait=bool(args.wait.value))
    job = _job(args.id.value)
    status = 0
    if args.wait.value:
        status = _follow(job, output_too=False)
    else:
        _refresh(job)
    if args.format.value == "json":
        output.show_json(_plain(job))
    else:
        output.show(_shown(job, output.style()))
    return status


def _logs(args: Args) -> int:
    if run := _pipeline(args.id.value):
        from .pipelines import show_logs

        return show_logs(run, follow=bool(args.follow.value))
    job = _job(args.id.value)
    _choose_task(job, args.task.value)
    lines = args.limit.value if args.limit.source == "cli" else 0
    follows = args.follow.value and not job.state.over
    offset = _write_log(job, lines)
    if follows:
        return _follow(job, output_too=True, offset=offset)
    if not offset and job.attached and job.state.over:
        output.note("what an attached job wrote went to its terminal")
    return exit_status(job.state) if args.follow.value else 0


def _choose_task(job: Job, task: int | None) -> None:
    """Have the log be that of one task of an array."""
    if task is None:
        return
    from ..launch.slurm.array import indices

    known = indices(job.handle.get("array")) if job.executor == "slurm" else ()
    if task not in known:
        raise RunspecError(
            Fault("task-unknown", job.name, received=task, expected=tuple(known[:20]))
        )
    job.handle = {**job.handle, "array": str(task)}


def _write_log(job: Job, lines: int) -> int:
    """Write what there is, or only its last `lines`; how many bytes there are."""
    from ..launch.attend import write_all

    executor = executor_named(job.executor)
    offset = 0
    last = b""
    while job.handle:
        data, offset = executor.logs(job.handle, offset)
        if not data:
            break
        if lines:
            last = b"".join((last + data).splitlines(keepends=True)[-lines:])
        else:
            write_all(data)
    if last:
        write_all(last)
    return offset


def _cancel(args: Args) -> int:
    if run := _pipeline(args.id.value):
        from .pipelines import cancel_stages

        return cancel_stages(run)
    job = _job(args.id.value)
    state = _refresh(job)
    if state.over:
        output.show(f"{job.name} has ended already: {_outcome(state)}.")
        return 0
    executor_named(job.executor).cancel(job.handle)
    output.show(f"{job.name} was asked to end.")
    return 0


def _job(part: str) -> Job:
    """The job of an id. Raises RunspecError (`job-not-found`, ...)."""
    folder = jobs.find(os.environ, part.lower())
    job = jobs.load(folder)
    if job is None:
        raise RunspecError(Fault("job-not-found", "id", received=part))
    return job


def _pipeline(part: str) -> PipelineState | None:
    """The run of a pipeline, where that is what the id is of."""
    from ..launch.pipeline.state import load

    return load(jobs.find(os.environ, part.lower()))


def _refresh(job: Job) -> State:
    job.state = jobs.refresh(job, executor_named(job.executor))
    return job.state


def _follow(job: Job, *, output_too: bool, offset: int = 0) -> int:
    """Stay until it has ended; the script's own exit status."""
    if job.state.over:
        return exit_status(job.state)
    from ..launch.attend import Left, follow

    executor = executor_named(job.executor)
    if not job.handle:
        raise RunspecError(Fault("job-not-submitted", job.name, received=job.id))
    try:
        state = follow(
            executor, job.handle, cancels=False, output=output_too, offset=offset
        )
    except Left:
        raise KeyboardInterrupt from None
    jobs.settle(job.folder, state)
    job.state = state
    return exit_status(state)


def _prune(args: Args) -> int:
    from ..launch.prune import prune

    done = prune(os.environ, days=args.keep_days.value, most=args.max.value)
    if args.format.value == "json":
        output.show_json({"removed": done.removed, "left": done.left})
    else:
        output.show(output.removed(done.removed, done.left))
    if done.faults:
        output.complain(done.faults)
    return int(bool(done.faults))


VERBS: dict[str, Callable[[Args], int]] = {
    "list": _list,
    "status": _status,
    "logs": _logs,
    "cancel": _cancel,
    "prune": _prune,
}


def _listed(found: list[Job], style: Style) -> str:
    titles = ("began", "job", "on", "state", "took", "id", "part of")
    head = [(title, BOLD) for title in titles]
    cells = [
        [
            (_when(job.began), ""),
            (escaped(job.name), ""),
            (escaped(job.about.get("profile", job.executor)), ""),
            (_outcome(job.state), _look(job.state)),
            (_took(job), ""),
            (escaped(job.id[-ID:]), DIM),
            (
                escaped(job.about.get(POINT, "") or job.about.get(PIPELINE, "")[-ID:]),
                DIM,
            ),
        ]
        for job in found
    ]
    if not any({PIPELINE, POINT} & job.about.keys() for job in found):
        head, cells = head[:-1], [row[:-1] for row in cells]
    return table([head, *cells], style, wide=1)


def _shown(job: Job, style: Style) -> str:
    state = job.state
    outcome = style.paint(_outcome(state), _look(state))
    facts = [
        ("id", job.id),
        ("on", job.executor),
        ("began", strftime("%Y-%m-%d %H:%M:%S", localtime(job.began))),
        ("took", _took(job)),
        ("says", state.detail),
        *job.about.items(),
        *((name, text) for name, text in job.handle.items() if name not in UNSAID),
        ("directory", job.folder),
    ]
    rows = {name: escaped(text) for name, text in facts if text}
    name = style.paint(escaped(job.name), BOLD)
    return "\n".join((f"{name}  {outcome}", "", *output.rows([*rows.items()])))


def _plain(job: Job) -> dict[str, Json]:
    ended = None if job.ended is None else utc(job.ended)
    return {**job.plain(), "began": utc(job.began), "ended": ended}


def _outcome(state: State) -> str:
    """`ok`, `failed 7`, `SIGKILL`, or its phase."""
    if state.phase != ENDED or state.status is None:
        return state.phase
    if state.status < 0:
        return signal_name(-state.status)
    return f"failed {state.status}" if state.status else "ok"


def outcome_look(state: State) -> tuple[str, str]:
    """An outcome and its look, as a table has them."""
    return _outcome(state), _look(state)


def _look(state: State) -> str:
    return RED if state.phase == ENDED and state.status else LOOKS.get(state.phase, "")


def _took(job: Job) -> str:
    return duration(max(0.0, (job.ended or time()) - job.began))


def _when(moment: float) -> str:
    """The time of day today, the day before that."""
    then = localtime(moment)
    today = strftime("%Y%j") == strftime("%Y%j", then)
    return strftime("%H:%M:%S" if today else "%m-%d %H:%M", then)
