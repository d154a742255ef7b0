"""A running Ray cluster, by its Jobs REST API."""

from __future__ import annotations

import os
from time import monotonic

from ...errors import Fault, RunspecError
from ..executor import CANCELLED, ENDED, LOST, QUEUED, RUNNING, Rendered, State
from ..exitstatus import REFUSED
from ..rayjobs.api import Jobs, address_of
from ..rayjobs.request import (
    code_name,
    launch_name,
    launch_package,
    request,
    start_script,
    submission,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json
    from ..executor import Handle
    from ..plan import Plan

USED = frozenset(("address", "patience", "cpus_per_task", "mem", "container_image"))
REST = 10.0
"""A log that took a second to fetch isn't fetched again for so many: the API has no
offset.
"""
PHASES = {"PENDING": QUEUED, "RUNNING": RUNNING, "STOPPED": CANCELLED}


class RayExecutor:
    """See `launch/executor.py`."""

    name = "ray"

    def __init__(self) -> None:
        self._next_log = 0.0
        self._over = False

    def check(self, plan: Plan) -> tuple[Fault, ...]:
        from ..unused import find_unused_image, unused

        found = [*unused(plan, USED), *find_unused_image(plan)]
        found += _unsuitable(plan)
        try:
            address_of(plan.settings.address, os.environ)
        except RunspecError as error:
            found += error.faults
        return tuple(found)

    def render(self, plan: Plan) -> tuple[Rendered, ...]:
        """The request, and the script it leads to; of secrets only the names."""
        import json

        from ..packed import zipped

        code = zipped(plan)
        body = request(plan, _named(code))
        address = address_of(plan.settings.address, os.environ)
        text = json.dumps(body, indent=2, ensure_ascii=False)
        named = "".join(f"# secret: {name}\n" for name in plan.secrets)
        return (
            Rendered(f"POST {address}/api/jobs/", "json", text + "\n"),
            Rendered("run.sh", "bash", named + start_script(plan)),
        )

    def submit(self, plan: Plan, *, attached: bool) -> Handle:  # noqa: ARG002
        from ..jobs import remember
        from ..packed import zipped
        from ..secrets import values

        jobs = Jobs(address_of(plan.settings.address, os.environ))
        launch = launch_package(plan, values(plan.secrets))
        code = zipped(plan)
        handle = {
            "address": jobs.address,
            "submission": submission(plan),
            "patience": str(plan.settings.patience),
        }
        remember(plan.folder, handle)
        if code is not None:
            jobs.upload(code_name(code), code)
        jobs.upload(launch_name(plan), launch)
        try:
            jobs.submit(request(plan, _named(code)))
        except BaseException:
            _stop_quietly(jobs, handle["submission"])
            raise
        return handle

    def status(self, handle: Handle) -> State:
        job = Jobs(handle["address"]).job(handle["submission"])
        state = _state(job)
        self._over = state.over
        return state

    def logs(self, handle: Handle, offset: int) -> tuple[bytes, int]:
        if monotonic() < self._next_log and not self._over:
            return b"", offset
        began = monotonic()
        data = Jobs(handle["address"]).logs(handle["submission"])[offset:]
        ended = monotonic()
        self._next_log = ended + REST * (ended - began)
        return data, offset + len(data)

    def cancel(self, handle: Handle) -> None:
        Jobs(handle["address"]).stop(handle["submission"])

    def wait(self, handle: Handle) -> State:
        from ..attend import follow

        return follow(self, handle)


def _unsuitable(plan: Plan) -> list[Fault]:
    """Ray starts the entry point once, on one node."""
    from ..amounts import mebibytes

    found: list[Fault] = []
    if plan.nodes > 1 and plan.launcher != "ray":
        detail = plan.launcher
        found.append(
            Fault("one-node-only", "nodes", received=plan.nodes, detail=detail)
        )
    if plan.settings.mem and mebibytes(plan.settings.mem) is None:
        found.append(Fault("size-invalid", "mem", received=plan.settings.mem))
    return found


def _named(code: bytes | None) -> str | None:
    return None if code is None else code_name(code)


def _state(job: dict[str, Json] | None) -> State:
    if job is None:
        return State(LOST, detail="the cluster doesn't know it any more")
    status = str(job.get("status"))
    detail = str(job.get("message") or "").split("\n", 1)[0]
    if status == "SUCCEEDED":
        return State(ENDED, 0)
    if status == "FAILED":
        code = job.get("driver_exit_code")
        return State(ENDED, code if isinstance(code, int) and code else REFUSED, detail)
    return State(PHASES.get(status, RUNNING), detail=detail)


def _stop_quietly(jobs: Jobs, name: str) -> None:
    """After a request of which it isn't known whether it arrived."""
    from contextlib import suppress

    with suppress(RunspecError):
        jobs.stop(name)
