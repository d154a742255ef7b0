"""This machine: the script itself, or docker, podman or apptainer around it."""

from __future__ import annotations

import os
import signal

from ...errors import Fault, RunspecError
from ...record import started as start_of
from ..amounts import seconds
from ..containers import (
    APPTAINER,
    RUNTIMES,
    Inside,
    container_argv,
    remove_argv,
    split_mount,
)
from ..executor import LOST, RUNNING, Rendered, State
from ..folder import LOG
from ..launchers import PYTHONS, TORCHRUN, launch_words, quoted, started
from ..local import statefile
from ..local.gpus import gpus_here, processes_here, wanted
from ..local.interpreter import interpreter_of, program, unfit
from ..plan import SCRIPT
from ..unused import find_unused_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..executor import Handle
    from ..local.attended import Attended
    from ..local.supervisor import Task
    from ..plan import Plan

UNKEPT = ("array", "max_retries", "requeue")
UV = "uv"
NONE = "none"
MOST_DIGITS = 10
"""Of a process's number."""
TORCHLESS = (
    "torchrun is part of torch, which the script's Python doesn't have; name torch in "
    'the script\'s dependencies, or say launch = "direct"'
)
RUNTIME_FAILED = 125
"""What docker and podman end with when they can't start a container."""


class LocalExecutor:
    """One node, this one. `launch/executor.py` says what each method does."""

    name = "local"

    def __init__(self) -> None:
        self._attended: Attended | None = None
        self._runtime = NONE

    def check(self, plan: Plan) -> tuple[Fault, ...]:
        """It has one node, and every program and folder has to be here."""
        found = []
        if plan.nodes > 1:
            found.append(Fault("nodes-not-here", "nodes", received=plan.nodes))
        if plan.container == NONE:
            found += _check_bare(plan)
        else:
            found += _check_container(plan)
        return (*found, *_check_gpus(plan), *_unkept(plan))

    def render(self, plan: Plan) -> tuple[Rendered, ...]:
        """The one command, as a shell reads it."""
        lines = [f"cd {quoted((_cwd(plan),))}"]
        lines += [f"export {quoted((f'{k}={v}',))}" for k, v in _environ(plan).items()]
        lines += [f"# {name}: {each}" for name, each in plan.secrets.items()]
        lines.append(quoted(_argv(plan)))
        return (Rendered("command", "argv", "\n".join(lines) + "\n"),)

    def submit(self, plan: Plan, *, attached: bool) -> Handle:
        """Start it below a supervisor; wait for nothing but its environment."""
        from ..local import attended as client
        from ..secrets import values

        secrets = values(plan.secrets)
        if plan.container == NONE and not _by_uv(plan):
            _prepare(plan)
        task = _task(plan, secrets)
        try:
            statefile.write(plan.folder, State(RUNNING))
            if attached:
                self._runtime = plan.container
                self._attended = client.Attended(task, plan.folder, _ended(plan))
                pid = self._attended.supervisor
            else:
                from ..local.relay import Relay

                relay = Relay(f"{plan.folder}/{LOG}", secrets)
                pid = client.detach(task, plan.folder, relay, _ended(plan))
        except OSError as error:
            why = error.strerror or ""
            fault = Fault("unwritable", error.filename or plan.folder, detail=why)
            raise RunspecError(fault) from None
        return {
            "folder": plan.folder,
            "pid": str(pid),
            "start": start_of(pid),
            "host": os.uname().nodename,
        }

    def status(self, handle: Handle) -> State:
        """What its supervisor has written; `lost` where that is gone without a word."""
        state = statefile.read(handle["folder"])
        if state is not None and state.over:
            return state
        if handle["host"] != os.uname().nodename:
            return State(RUNNING, None, f"on {handle['host']}")
        if _lives(handle):
            return State(RUNNING)
        state = statefile.read(handle["folder"])  # it may have ended just now
        if state is not None and state.over:
            return state
        return State(LOST, None, "its supervisor is gone")

    def logs(self, handle: Handle, offset: int) -> tuple[bytes, int]:
        """Of an attached job, whose output was this terminal's, there are none."""
        try:
            path = f"{handle['folder']}/{LOG}"
            with open(path, "rb", opener=_unwaiting) as file:
                file.seek(offset)
                data = file.read(1 << 20)
        except FileNotFoundError:
            return b"", offset
        except OSError as error:
            fault = Fault("unreadable", handle["folder"], detail=error.strerror or "")
            raise RunspecError(fault) from None
        return data, offset + len(data)

    def cancel(self, handle: Handle) -> None:
        """TERM to all of it, KILL to what is still there after ten seconds."""
        if handle["host"] != os.uname().nodename:
            raise RunspecError(Fault("job-elsewhere", "job", received=handle["host"]))
        if _lives(handle):
            os.kill(int(handle["pid"]), signal.SIGTERM)

    def wait(self, handle: Handle) -> State:
        """Of the one that this process has started; any other is followed."""
        if self._attended is None:
            from ..attend import follow

            return follow(self, handle)
        state = self._attended.wait()
        if state.status == RUNTIME_FAILED and self._runtime in RUNTIMES:
            from ..attend import note

            note(f"{self._runtime} ended with 125: it could not run the container")
        return state


def _prepare(plan: Plan) -> None:
    """Have its interpreter there, and say what torchrun would say in its own words."""
    interpreter = interpreter_of(plan.recipe, plan.settings.python)
    interpreter.build()
    if plan.launcher != TORCHRUN or plan.startup:
        return
    more = _environ(plan).get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    if not interpreter.has("torch", more):
        from ..attend import note

        note(TORCHLESS)


def _check_bare(plan: Plan) -> list[Fault]:
    found = list(find_unused_image(plan))
    fault = unfit(plan.recipe, plan.settings.python)
    if fault:
        found.append(fault)
    if not os.path.isdir(_cwd(plan)):
        found.append(Fault("workdir-not-found", "workdir", received=_cwd(plan)))
    return found


def _check_container(plan: Plan) -> list[Fault]:
    if plan.container not in RUNTIMES:
        known = (NONE, *RUNTIMES)
        given = plan.container
        code = "container-not-here"
        return [Fault(code, "container_runtime", received=given, expected=known)]
    found = []
    if not program(plan.container):
        found.append(Fault("program-missing", plan.container))
    if not plan.image:
        found.append(Fault("image-missing", "container_image", received=plan.container))
    gone = [each for each in plan.mounts if not os.path.exists(split_mount(each)[0])]
    found += [Fault("mount-not-found", "mounts", received=each) for each in gone]
    return found


def _check_gpus(plan: Plan) -> list[Fault]:
    """That a script gets fewer GPUs than it asks for is said, and isn't an error."""
    if plan.launcher != TORCHRUN or plan.settings.nproc_per_node is not None:
        return []
    asked, there = plan.gpus, gpus_here()
    if isinstance(asked, str) or asked <= there:
        return []
    used = processes_here(plan, there)
    return [
        Fault(
            "gpus-not-here",
            "gpus_per_node",
            severity="warning",
            received=asked,
            expected=(there,),
            detail=used,
        )
    ]


def _unkept(plan: Plan) -> Iterator[Fault]:
    """Promises that this machine can't keep; a time limit that isn't one."""
    declared = plan.settings.declared()
    for name in UNKEPT:
        if name == "max_retries" and plan.restarts:
            continue
        if name in declared and getattr(plan.settings, name):
            yield Fault(
                "setting-unused", name, severity="warning", detail=plan.executor
            )
    time, ahead = plan.settings.time, plan.settings.checkpoint_signal
    if time and seconds(time) is None:
        yield Fault("duration-invalid", "time", received=time)
    if ahead and _notice(ahead) is None:
        yield Fault("signal-invalid", "checkpoint_signal", received=ahead)


def _notice(text: str) -> tuple[int, int] | None:
    """The signal of `USR1@120`, and how many seconds before the limit it comes."""
    name, _, before = text.partition("@")
    number = getattr(signal, f"SIG{name.upper().removeprefix('SIG')}", None)
    ahead = before or "60"
    if number is None or not (ahead.isascii() and ahead.isdigit()):
        return None
    return int(number), int(ahead)


def _environ(plan: Plan) -> dict[str, str]:
    from ..planning import environ_at

    return environ_at(plan, root=plan.root, folder=plan.folder)


def _task(plan: Plan, secrets: Mapping[str, str]) -> Task:
    from ...run.environment import HANDED_ON, without_call
    from ..local.supervisor import Task
    from ..request import PLACES, PROGRESS, is_served

    progress = (PROGRESS,) if is_served(plan.recipe) else ()
    kept = without_call(os.environ, (*HANDED_ON, *PLACES, *progress))
    environ = {**kept, **_environ(plan), **secrets}
    argv = _argv(plan)
    time, ahead = plan.settings.time, plan.settings.checkpoint_signal
    limit = seconds(time) if time else None
    notice = _notice(ahead) if ahead and limit else None
    if plan.container == NONE:
        return Task(argv, environ, _cwd(plan), limit=limit, notice=notice)
    remove = remove_argv(plan.container, _container(plan))
    leader_only = plan.container != APPTAINER
    cwd = _cwd(plan)
    return Task(
        argv,
        environ,
        cwd,
        leader_only=leader_only,
        remove=remove,
        limit=limit,
        notice=notice,
    )


def _argv(plan: Plan) -> tuple[str, ...]:
    there = gpus_here() if plan.launcher == TORCHRUN or plan.container != NONE else 0
    nproc = processes_here(plan, there)
    python = None
    if plan.container == NONE:
        if _by_uv(plan):
            return started(plan.startup, _uv_words(plan))
        python = interpreter_of(plan.recipe, plan.settings.python).python
    words = launch_words(
        plan, script=plan.script, config=plan.config, nproc=nproc, python=python
    )
    words = started(plan.startup, words)
    return words if plan.container == NONE else _contained(plan, words, there)


def _by_uv(plan: Plan) -> bool:
    """Whether `uv run --script` starts it: torchrun starts processes of its own."""
    python = plan.command[0] in PYTHONS and plan.command[1:2] == (SCRIPT,)
    needed = plan.launcher != TORCHRUN and not plan.settings.python and python
    if not needed or program(UV) is None:
        return False
    return bool(interpreter_of(plan.recipe).place)


def _uv_words(plan: Plan) -> tuple[str, ...]:
    words = launch_words(plan, script=plan.script, config=plan.config)
    return (UV, "run", "--script", *words[1:])


def _contained(plan: Plan, words: tuple[str, ...], there: int) -> tuple[str, ...]:
    terminal = plan.attached and os.isatty(0) and os.isatty(1)
    gpus = wanted(plan, there)
    inside = Inside(
        plan.image or "",
        words,
        name=_container(plan),
        workdir=_inner_cwd(plan),
        mounts=(*plan.mounts, *_own_mounts(plan)),
        variables=(*plan.environ, *plan.secrets),
        gpus="" if not gpus else "all" if gpus == there else str(gpus),
        user=f"{os.getuid()}:{os.getgid()}",
        args=plan.settings.container_args,
        host_network=plan.launcher == TORCHRUN,
        interactive=plan.attached,
        terminal=terminal,
    )
    return container_argv(plan.container, inside)


def _own_mounts(plan: Plan) -> list[str]:
    """The code and the run directory, at the same paths."""
    return [f"{path}:{path}" for path in dict.fromkeys((plan.root, plan.folder))]


def _container(plan: Plan) -> str:
    return f"runspec-{plan.id}"


def _cwd(plan: Plan) -> str:
    """Of what is started here: this process's own, unless the script's is another."""
    if plan.workdir and plan.container == NONE:
        return os.path.join(plan.root, plan.workdir)
    return os.getcwd()


def _inner_cwd(plan: Plan) -> str:
    """In a container: this process's own only where it is part of the code."""
    if plan.workdir:
        return os.path.join(plan.root, plan.workdir)
    here = os.getcwd()
    inside = here == plan.root or here.startswith(plan.root.rstrip("/") + "/")
    return here if inside else plan.root


def _unwaiting(path: str, flags: int) -> int:
    """Nothing is waited for: a script can reach its own run directory."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _lives(handle: Handle) -> bool:
    from ...records.processes import runs

    pid, start = handle["pid"], handle["start"]
    is_pid = pid.isascii() and pid.isdigit() and len(pid) < MOST_DIGITS
    return is_pid and runs(int(pid), start)


def _ended(plan: Plan) -> Callable[[State], None]:
    from ..jobs import settle

    return lambda state: settle(plan.folder, state)
