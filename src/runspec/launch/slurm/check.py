"""What of a plan Slurm certainly can't do."""

from __future__ import annotations

from ...errors import Fault, RunspecError
from ..unused import find_unused_image, unused
from .array import indices
from .job import SSH
from .task import PYXIS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..plan import Plan

MISSING = "setting-missing"
USED = frozenset(
    (
        *("account", "partition", "run_partition", "batch_partition", "qos", "time"),
        *("constraint", "gres", "array", "dependency", "sbatch_args", "srun_args"),
        *("ntasks_per_node", "cpus_per_task", "mem", "exclusive", "rendezvous_port"),
        *("container_image", "container", "container_runtime", "container_args"),
        *("mounts", "tunnel", "host", "user", "port", "identity", "ssh_options"),
        *("remote_job_dir", "patience", "requeue", "max_retries"),
        *("checkpoint_signal",),
    )
)
"""Settings that a job of Slurm takes, beside those that every place has."""
INVALID = "slurm-value-invalid"


def faults(plan: Plan) -> tuple[Fault, ...]:
    """All of it at once. Nothing is asked of the cluster."""
    return tuple(_faults(plan))


def _faults(plan: Plan) -> Iterator[Fault]:
    settings = plan.settings
    yield from unused(plan, USED)
    yield from find_unused_image(plan)
    needed = ("host", "remote_job_dir") if settings.tunnel == SSH else ()
    for name in needed:
        if not getattr(settings, name):
            yield Fault(MISSING, name, received='tunnel = "ssh"')
    folder = settings.remote_job_dir
    if folder and (not folder.startswith("/") or not folder.isprintable()):
        yield Fault(INVALID, "remote_job_dir", received=folder, detail="absolute")
    try:
        indices(settings.array)
    except RunspecError as error:
        yield from error.faults
    if plan.container == PYXIS:
        for mount in plan.mounts:
            if "," in mount:
                yield Fault(INVALID, "mounts", received=mount, detail="comma")
