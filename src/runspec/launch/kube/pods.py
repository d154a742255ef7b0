"""The pod that runs a plan on one node (Kubernetes API v1, PodSpec)."""

from __future__ import annotations

from ..amounts import mebibytes
from ..containers import split_mount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...spec.plain import Json
    from ..plan import Plan

    Object = dict[str, Json]

JOB, WORK = "/runspec/job", "/runspec/work"
"""What the launch brings along, read-only, and where it is unpacked."""
CODE, RUN = f"{WORK}/code", f"{WORK}/run"
START = "run.sh"
PREPARE = "prepare.sh"
PACKED = "code.tgz"
CLAIM = "pvc:"
ALL = "0"
"""The memory of a whole node (sbatch(1), --mem)."""
SHM = "/dev/shm"  # noqa: S108  it is the kernel's, and in a pod its own


class Brought:
    """What stands in the objects beside the pod: their names."""

    __slots__ = ("code", "files", "secret")

    def __init__(self, files: str, code: str | None, secret: str | None) -> None:
        self.files = files
        self.code = code
        self.secret = secret


def pod(plan: Plan, container: Object, brought: Brought) -> Object:
    """The spec of a pod with this one container."""
    settings = plan.settings
    found: Object = {
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": _volumes(plan, brought),
    }
    if settings.priority_class:
        found["priorityClassName"] = settings.priority_class
    if settings.service_account:
        found["serviceAccountName"] = settings.service_account
    if settings.image_pull_secrets:
        found["imagePullSecrets"] = [
            {"name": name} for name in settings.image_pull_secrets
        ]
    if settings.node_selector:
        found["nodeSelector"] = dict(settings.node_selector)
    if settings.tolerations:
        found["tolerations"] = [_toleration(each) for each in settings.tolerations]
    return found


def container(
    plan: Plan,
    name: str,
    environ: Mapping[str, str],
    brought: Brought,
    command: Sequence[str] = ("/bin/sh", f"{JOB}/{START}"),
) -> Object:
    """The container of that name; an empty command is the image's own."""
    found: Object = {"name": name, "image": plan.image}
    if command:
        found["command"] = list(command)
    found["env"] = variables(plan, environ, brought)
    if resources := needed(plan):
        found["resources"] = resources
    found["volumeMounts"] = mounts(plan)
    return found


def variables(plan: Plan, environ: Mapping[str, str], brought: Brought) -> list[Json]:
    """`$` is doubled: Kubernetes replaces `$(NAME)` in a value (EnvVar)."""
    found: list[Json] = [
        {"name": name, "value": value.replace("$", "$$")}
        for name, value in environ.items()
    ]
    for name in plan.secrets:
        reference: Json = {"name": brought.secret, "key": name}
        found.append({"name": name, "valueFrom": {"secretKeyRef": reference}})
    return found


def needed(plan: Plan) -> Object:
    """Requests and limits; of GPUs both are the same."""
    settings = plan.settings
    found: Object = {}
    limits: Object = {}
    if settings.cpus_per_task:
        found["cpu"] = str(settings.cpus_per_task)
    if settings.mem and settings.mem != ALL:
        found["memory"] = f"{mebibytes(settings.mem)}Mi"
    if isinstance(plan.gpus, int) and plan.gpus:
        limits[settings.gpu_resource] = str(plan.gpus)
    both: Object = {}
    if found:
        both["requests"] = found
    if limits:
        both["limits"] = limits
    return both


def mounts(plan: Plan) -> list[Json]:
    """Where the volumes of the pod are in the container."""
    found: list[Json] = [
        {"name": "job", "mountPath": JOB, "readOnly": True},
        {"name": "work", "mountPath": WORK},
        {"name": "shm", "mountPath": SHM},
    ]
    for number, mount in enumerate(plan.mounts):
        _, inside, read_only = parsed_mount(mount)
        one: Object = {"name": f"mount-{number}", "mountPath": inside}
        if read_only:
            one["readOnly"] = True
        found.append(one)
    return found


def parsed_mount(mount: str) -> tuple[str, str, bool]:
    """`pvc:NAME` or the node's path, the path inside, whether it is only read."""
    if not mount.startswith(CLAIM):
        return split_mount(mount)
    claim, inside, read_only = split_mount(mount.removeprefix(CLAIM))
    return CLAIM + claim, inside, read_only


def _volumes(plan: Plan, brought: Brought) -> list[Json]:
    sources: list[Json] = [{"configMap": {"name": brought.files}}]
    if brought.code:
        sources.append({"configMap": {"name": brought.code}})
    shm: Object = {"medium": "Memory"}
    if plan.settings.shm_size:
        shm["sizeLimit"] = plan.settings.shm_size
    found: list[Json] = [
        {"name": "job", "projected": {"sources": sources}},
        {"name": "work", "emptyDir": {}},
        {"name": "shm", "emptyDir": shm},
    ]
    for number, mount in enumerate(plan.mounts):
        found.append(_volume(f"mount-{number}", parsed_mount(mount)[0]))
    return found


def _volume(name: str, source: str) -> Object:
    if source.startswith(CLAIM):
        claim = source.removeprefix(CLAIM)
        return {"name": name, "persistentVolumeClaim": {"claimName": claim}}
    return {"name": name, "hostPath": {"path": source}}


def _toleration(text: str) -> Object:
    """`KEY[=VALUE][:EFFECT]`; without a value any will do."""
    rest, _, effect = text.partition(":")
    key, equals, value = rest.partition("=")
    found: Object = {"key": key, "operator": "Equal" if equals else "Exists"}
    if equals:
        found["value"] = value
    if effect:
        found["effect"] = effect
    return found
