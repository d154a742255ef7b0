"""Jobs of a Slurm cluster, here or over SSH, by Slurm's own commands."""

from __future__ import annotations

from ..executor import Rendered
from ..slurm.paths import CANCELLED, SCRIPT, SECRETS, site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...errors import Fault
    from ..executor import Handle, State
    from ..plan import Plan
    from ..slurm.job import Job
    from ..slurm.queue import Queue
    from ..transport import Transport

END = 'rm -f -- "$1/$2" "$1/$2"-*; [ ! -d "$1" ] || : >"$1/$3"'
"""Of a job that was cancelled: no secret stays, and that it was is kept."""


class SlurmExecutor:
    """`launch/executor.py` says what each method does."""

    name = "slurm"

    def __init__(self) -> None:
        self._queues: dict[str, Queue] = {}

    def check(self, plan: Plan) -> tuple[Fault, ...]:
        from ..slurm.check import faults

        return faults(plan)

    def render(self, plan: Plan) -> tuple[Rendered, ...]:
        """The job script, and what submits it; the code is read for its hash."""
        from ..slurm.script import render
        from ..slurm.submit import digest_of, sbatch_words

        place = site(plan, digest_of(plan))
        script = render(plan, place, attached=plan.attached)
        return (
            Rendered(SCRIPT, "sbatch", script),
            Rendered("submit", "argv", _line(plan, sbatch_words(place))),
        )

    def submit(self, plan: Plan, *, attached: bool) -> Handle:
        from ..jobs import remember
        from ..slurm.submit import submit

        handle = submit(plan, attached=attached)
        try:
            remember(plan.folder, handle)
        except BaseException:
            self.cancel(handle)
            raise
        return handle

    def submit_array(
        self, plans: Sequence[Plan], *, limit: int | None, attached: bool
    ) -> list[dict[str, str]]:
        """Start many as one array, at most `limit` at once; their handles in order."""
        from ..slurm.sweep import submit_array

        return submit_array(plans, limit=limit, attached=attached)

    def status(self, handle: Handle) -> State:
        from ..slurm.queue import Queue

        job, transport = _job(handle)
        queue = self._queues.setdefault(f"{job.folder}\0{job.id}", Queue())
        return queue.state(job, transport)

    def survey(self, handles: Sequence[Handle]) -> list[State | None]:
        """How jobs stand, each cluster asked once; None for one to be asked alone."""
        from ..slurm.survey import survey

        return survey(handles)

    def logs(self, handle: Handle, offset: int) -> tuple[bytes, int]:
        from ..slurm.queue import output

        return output(*_job(handle), offset)

    def cancel(self, handle: Handle) -> None:
        from ..slurm.queue import ask

        job, transport = _job(handle)
        ask(transport, job.words("scancel", job.id))
        words = (job.folder, SECRETS, CANCELLED)
        transport.run(("sh", "-c", END, "sh", *words))
        self._queues.clear()

    def wait(self, handle: Handle) -> State:
        from ..attend import follow

        return follow(self, handle)

    def dependency(self, handles: Sequence[Handle]) -> str:
        """The setting `dependency` of a job that waits until these ended well."""
        return ":".join(("afterok", *(handle["job"] for handle in handles)))


def _job(handle: Handle) -> tuple[Job, Transport]:
    from ..slurm.job import Job, transport_of

    return Job(handle), transport_of(handle)


def _line(plan: Plan, words: Sequence[str]) -> str:
    from ..launchers import quoted

    if plan.settings.tunnel != "ssh":
        return quoted(words)
    from ...remote.ssh import ssh_argv
    from ..slurm.job import target_of, way

    return quoted(ssh_argv(target_of(way(plan.settings)), words))
