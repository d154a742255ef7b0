"""What of a plan Kubernetes can't do."""

from __future__ import annotations

from ...errors import Fault
from ..amounts import mebibytes, seconds
from ..planning import RETRYING_KINDS
from .manifests import RAY
from .pods import ALL, parsed_mount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..plan import Plan

USED = frozenset(
    (
        *("kind", "namespace", "context", "service_account", "image_pull_secrets"),
        *("node_selector", "tolerations", "gpu_resource", "shm_size", "runtime"),
        *("ttl", "patience", "cpus_per_task", "mem", "time", "mounts"),
        *("container_image", "container", "rendezvous_port"),
        *("labels", "annotations", "priority_class"),
    )
)


def faults(plan: Plan) -> Iterator[Fault]:
    from ..unused import unused

    settings = plan.settings
    if not plan.image:
        yield Fault("image-missing", "container_image", received="kubernetes")
    if not isinstance(plan.gpus, int):
        yield Fault("gpus-uncounted", "gpus_per_node", received=plan.gpus)
    if settings.mem and settings.mem != ALL and mebibytes(settings.mem) is None:
        yield Fault("size-invalid", "mem", received=settings.mem)
    if settings.time and seconds(settings.time) is None:
        yield Fault("duration-invalid", "time", received=settings.time)
    if (plan.launcher == "ray") != (settings.kind == RAY) and _needs_ray(plan):
        yield Fault(
            "kind-unsuitable", "kind", received=settings.kind, detail=plan.launcher
        )
    for mount in plan.mounts:
        if not _is_mount(mount):
            yield Fault("mount-invalid", "mounts", received=mount)
    retries = {"max_retries"} if settings.kind in RETRYING_KINDS else set()
    yield from unused(plan, USED | retries)


def _needs_ray(plan: Plan) -> bool:
    """One node makes a Ray of its own; torchrun isn't for Ray's pods."""
    return plan.settings.kind == RAY or plan.nodes > 1


def _is_mount(mount: str) -> bool:
    source, inside, _ = parsed_mount(mount)
    return bool(source) and inside.startswith("/")
