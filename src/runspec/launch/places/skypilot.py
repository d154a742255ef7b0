"""SkyPilot, by its program: a cluster of the launch's own, or one that is named."""

from __future__ import annotations

import os
from contextlib import suppress

from ...errors import Fault, RunspecError
from ..executor import CANCELLED, ENDED, LOST, RUNNING, Rendered, State
from ..launchers import quoted
from ..naming import unique
from ..pack import NONE
from ..sky.program import (
    FAILED,
    PROGRAM,
    ClusterGoneError,
    ask,
    job_named,
    launch,
    state_of,
    status_in,
)
from ..sky.task import MARK, accelerators, mount_of, task
from ..yamltext import document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..executor import Handle
    from ..plan import Plan
    from ..tail import Tail

TASK = "task.yaml"
CODE = "code"
IDLE = ("--down", "--idle-minutes-to-autostop", "10")
"""A cluster of its own goes away by itself, should nobody be there to take it down."""
GRACE = 30.0
UNTRUSTED = "run-untrusted"
USED = frozenset(
    (
        *("cloud", "region", "zone", "accelerators", "instance_type", "disk_size"),
        *("use_spot", "cluster", "down", "patience", "cpus_per_task", "mem", "mounts"),
        *("container_image", "container", "rendezvous_port"),
    )
)


class SkypilotExecutor:
    """See `launch/executor.py`."""

    name = "skypilot"

    def __init__(self) -> None:
        self._tail: Tail | None = None
        self._waiting = False
        self._seen: State | None = None
        self._cancelled = False

    def check(self, plan: Plan) -> tuple[Fault, ...]:
        from ..unused import unused

        return (*_unsuitable(plan), *unused(plan, USED))

    def render(self, plan: Plan) -> tuple[Rendered, ...]:
        """The task, and the command that launches it; secrets by name only."""
        text = document(task(plan, _workdir(plan), marked=True))
        command = quoted(_argv(plan)) + "\n"
        return (
            Rendered(TASK, "skypilot", text),
            Rendered("command", "argv", command),
        )

    def submit(self, plan: Plan, *, attached: bool) -> Handle:  # noqa: ARG002
        from ...source.folder import Folder
        from ..jobs import remember
        from ..secrets import values

        secrets = values(plan.secrets)
        text = document(task(plan, _workdir(plan), marked=True))
        Folder(plan.folder, UNTRUSTED).write(TASK, text.encode())
        _unpack(plan)
        handle = _handle(plan)
        remember(plan.folder, handle)
        try:
            launch(_argv(plan), secrets)
        except BaseException:
            _give_back(handle)
            raise
        return handle

    def status(self, handle: Handle) -> State:
        """sky takes seconds to say so; while its log goes on the job does, too."""
        if self._seen is not None and self._tail is not None and not self._tail.over:
            return self._seen
        try:
            job = job_named(handle["job"], handle["cluster"])
        except ClusterGoneError:
            job = None
        if job is None:
            return self._gone()
        state = state_of(job)
        if state.phase == ENDED and job.get("status") == FAILED:
            state.status = self._own_status(handle, str(job["job_id"])) or state.status
        self._seen = state
        if self._waiting and state.phase == RUNNING and self._tail is None:
            self._follow(handle, str(job["job_id"]))
        return state

    def logs(self, handle: Handle, offset: int) -> tuple[bytes, int]:
        if self._tail is not None and self._tail.offset == offset:
            data = self._tail.read(0)
            return data, offset + len(data)
        job = self._job(handle)
        if job is None:
            return b"", offset
        words = ("logs", handle["cluster"], job, "--no-follow", "--tail", "0")
        text = self._quietly(*words)
        data = text.encode("utf-8", "surrogateescape")[offset:]
        return data, offset + len(data)

    def cancel(self, handle: Handle) -> None:
        """End the job; a cluster of its own goes with it."""
        job = self._job(handle)
        if job is not None:
            self._quietly("cancel", "--yes", handle["cluster"], job)
        self._cancelled = True
        _give_back(handle)

    def wait(self, handle: Handle) -> State:
        from ..attend import follow

        self._waiting = True
        try:
            state = follow(self, handle)
        finally:
            if self._tail is not None:
                self._tail.close()
        if state.over and not self._cancelled:
            _give_back(handle)
        return state

    def _gone(self) -> State:
        if self._cancelled:
            return State(CANCELLED)
        return State(LOST, detail="its cluster, or the job in it, isn't there any more")

    def _follow(self, handle: Handle, job: str) -> None:
        from ..tail import Tail

        argv = (PROGRAM, "logs", handle["cluster"], job, "--tail", "0")
        self._tail = Tail(argv, 0)

    def _own_status(self, handle: Handle, job: str) -> int | None:
        words = ("logs", handle["cluster"], job, "--no-follow", "--tail", "100")
        return status_in(self._quietly(*words), f"{MARK} {handle['launch']}")

    def _job(self, handle: Handle) -> str | None:
        with suppress(ClusterGoneError):
            job = job_named(handle["job"], handle["cluster"])
            return None if job is None else str(job["job_id"])
        return None

    def _quietly(self, *words: str) -> str:
        """What it prints of a job that may have failed, which isn't its own failure."""
        from ..transport import Here

        return Here().run((PROGRAM, *words)).text


def _argv(plan: Plan) -> tuple[str, ...]:
    """`sky launch`; of secrets the names, whose values its environment has."""
    cluster = _cluster(plan)
    own = not plan.settings.cluster and plan.settings.down
    secrets = [word for name in plan.secrets for word in ("--secret", name)]
    name = unique(plan.name, plan.id)
    return (
        *(PROGRAM, "launch", "--yes", "--detach-run"),
        *("--cluster", cluster, "--name", name),
        *(IDLE if own else ()),
        *secrets,
        f"{plan.folder}/{TASK}",
    )


def _cluster(plan: Plan) -> str:
    return plan.settings.cluster or unique(plan.name, plan.id)


def _handle(plan: Plan) -> Handle:
    own = not plan.settings.cluster and plan.settings.down
    return {
        "cluster": _cluster(plan),
        "job": unique(plan.name, plan.id),
        "own": "yes" if own else "",
        "launch": plan.id,
        "patience": str(plan.settings.patience),
    }


def _give_back(handle: Handle) -> None:
    """Take a cluster of the launch's own down; it may be gone."""
    if handle["own"]:
        with suppress(ClusterGoneError, RunspecError):
            ask("down", "--yes", handle["cluster"])


def _workdir(plan: Plan) -> str | None:
    """Where the packed code is put for sky to take along."""
    if plan.settings.packager == NONE:
        return None
    return os.path.join(plan.folder, CODE)


def _unpack(plan: Plan) -> None:
    import tarfile

    from ..pack import packed

    folder = _workdir(plan)
    if folder is None:
        return
    with packed(plan).file as file, tarfile.open(fileobj=file) as tar:
        tar.extractall(folder, filter="tar")


def _unsuitable(plan: Plan) -> list[Fault]:
    from ..amounts import mebibytes

    settings = plan.settings
    found: list[Fault] = []
    named = accelerators(plan) or settings.instance_type
    if plan.gpus not in (0, "cpu") and not named:
        gpus = plan.gpus
        found.append(Fault("accelerators-missing", "accelerators", received=gpus))
    if settings.mem and mebibytes(settings.mem) is None:
        found.append(Fault("size-invalid", "mem", received=settings.mem))
    for mount in plan.mounts:
        source, inside = mount_of(mount)
        if not source or not inside.startswith("/"):
            found.append(Fault("mount-invalid", "mounts", received=mount))
    return found
