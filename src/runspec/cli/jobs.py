"""`runspec jobs`: what was launched from here, and how it stands (LCH)."""

from __future__ import annotations

import os
from time import localtime, strftime, time

from ..errors import Fault, RunspecError
from ..launch import jobs
from ..launch.executor import CANCELLED, ENDED, LOST, RUNNING
from ..launch.exitstatus import as_refusal, exit_status
from ..launch.jobs import PIPELINE
from ..launch.places.registry import executor_named
from ..logs.encode import utc
from ..logs.summary import duration
from ..render.text import BOLD, CYAN, DIM, RED, YELLOW, escaped
from . import INTERRUPTED, output
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
LOOKS = {RUNNING: CYAN, LOST: YELLOW, CANCELLED: YELLOW}
MORE = "These are the newest; --limit 0 shows all."
UNSAID = ("folder", "start")
"""What of a handle is of no use to a person."""


def run(args: Args) -> int:
    """Show jobs, follow one, or end one."""
    verb = (*args.runspec_command_path[1:], "list")[0]
    try:
        return VERBS[verb](args)
    except BrokenPipeError as error:
        raise output.gone(error) from None
    except RunspecError as error:
        ends_as_job = verb in ("status", "logs") and _waits(args, verb)
        raise (as_refusal(error) if ends_as_job else error) from None


def _waits(args: Args, verb: str) -> bool:
    """Whether the exit status is to be the script's, which is often 1."""
    return bool(args.get("wait" if verb == "status" else "follow").value)


def _list(args: Args) -> int:
    found: list[Job] = []
    most = args.limit.value
    faults: list[Fault] = []
    silent: set[tuple[str, str]] = set()
    more = False
    for folder in jobs.folders(os.environ):
        more = most > 0 and len(found) == most
        if more:
            break
        try:
            job = jobs.load(folder)
            if job is not None:
                found.append(job)
                job.state = jobs.refresh(job, executor_named(job.executor), silent)
        except RunspecError as error:
            faults += error.faults
    if args.format.value == "json":
        output.show_json([_plain(job) for job in found])
    else:
        text = _listed(found, output.style()) if found else NOTHING
        output.show(f"{text}\n\n{MORE}" if more else text)
    if faults:
        output.complain(faults)
    return int(bool(faults))


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
    if args.follow.value and not job.state.over:
        return _follow(job, output_too=True)
    if not _write_log(job) and job.attached and job.state.over:
        output.note("what an attached job wrote went to its terminal")
    return exit_status(job.state) if args.follow.value else 0


def _write_log(job: Job) -> int:
    """Write what there is; how many bytes."""
    from ..launch.attend import write_all

    executor = executor_named(job.executor)
    offset = 0
    while job.handle:
        data, offset = executor.logs(job.handle, offset)
        if not data:
            break
        write_all(data)
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


def _follow(job: Job, *, output_too: bool) -> int:
    """Stay until it has ended; the script's own exit status."""
    if job.state.over:
        return exit_status(job.state)
    from ..launch.attend import Left, follow

    executor = executor_named(job.executor)
    if not job.handle:
        raise RunspecError(Fault("job-not-submitted", job.name, received=job.id))
    try:
        state = follow(executor, job.handle, cancels=False, output=output_too)
    except Left:
        return INTERRUPTED
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
            (escaped(job.executor), ""),
            (_outcome(job.state), _look(job.state)),
            (_took(job), ""),
            (escaped(job.id[-ID:]), DIM),
            (escaped(job.about.get(PIPELINE, "")[-ID:]), DIM),
        ]
        for job in found
    ]
    if not any(PIPELINE in job.about for job in found):
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
        return _signal(-state.status)
    return f"failed {state.status}" if state.status else "ok"


def _signal(number: int) -> str:
    """Its name; real-time signals have none."""
    from signal import Signals

    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def _look(state: State) -> str:
    return RED if state.phase == ENDED and state.status else LOOKS.get(state.phase, "")


def _took(job: Job) -> str:
    return duration(max(0.0, (job.ended or time()) - job.began))


def _when(moment: float) -> str:
    """The time of day today, the day before that."""
    then = localtime(moment)
    today = strftime("%Y%j") == strftime("%Y%j", then)
    return strftime("%H:%M:%S" if today else "%m-%d %H:%M", then)
