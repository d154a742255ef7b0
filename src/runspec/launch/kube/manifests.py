"""The objects that run a plan on Kubernetes, by kind of profile.

    job          batch/v1 Job, indexed, with a headless Service for the pods' names
    jobset       jobset.x-k8s.io/v1alpha2 JobSet
    pytorchjob   kubeflow.org/v1 PyTorchJob (Training Operator)
    trainjob     trainer.kubeflow.org/v1alpha1 TrainJob (Kubeflow Trainer)
    rayjob       ray.io/v1 RayJob (KubeRay)

One pod is one node. Code, configuration and the script that starts it come in
ConfigMaps, secrets in a Secret.
"""

from __future__ import annotations

import os

from ..launchers import PORT, Rendezvous, Shell
from ..naming import slug, unique
from ..portable import Site, run_lines, variables
from .pods import (
    CODE,
    JOB,
    PACKED,
    PREPARE,
    RUN,
    START,
    Brought,
    container,
    mounts,
    pod,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...spec.plain import Json
    from ..plan import Plan

    Object = dict[str, Json]
    Maker = Callable[["Launch"], Object]

LABEL = "runspec/launch"
RAY = "rayjob"
IN_IMAGE = "none"
"""The packager that takes nothing along."""
DEADLINE = "activeDeadlineSeconds"
HEADER = ["#!/bin/sh", "set -e"]


class Launch:
    """A plan on Kubernetes: the names of its objects, and what is in them."""

    __slots__ = ("brought", "code", "labels", "name", "plan")

    def __init__(self, plan: Plan, code: bytes | None) -> None:
        """`code` is a gzipped tar, None where the image has the code."""
        self.plan = plan
        self.code = code
        self.name = unique(plan.name, plan.id)
        self.brought = Brought(
            self.name,
            f"{self.name}-code" if code is not None else None,
            self.name if plan.secrets else None,
        )
        self.labels: Object = {
            **plan.settings.labels,
            "app.kubernetes.io/managed-by": "runspec",
            "app.kubernetes.io/name": slug(plan.name, 63),
            LABEL: plan.id,
        }

    @property
    def kind(self) -> str:
        kind: str = self.plan.settings.kind
        return kind

    @property
    def site(self) -> Site:
        root = CODE if self.code is not None else self.plan.workdir or "."
        return Site(root, RUN)

    @property
    def environ(self) -> dict[str, str]:
        found = variables(self.plan, self.site)
        if self.plan.nodes > 1 and self.kind in MASTERS:
            port = str(self.plan.settings.rendezvous_port or PORT)
            found |= {"MASTER_ADDR": self.master, "MASTER_PORT": port}
        return found

    @property
    def master(self) -> str:
        """The DNS name of the first node's pod."""
        return MASTERS[self.kind].format(name=self.name)

    @property
    def deadline(self) -> int | None:
        from ..amounts import seconds

        time = self.plan.settings.time
        return seconds(time) if time else None

    def metadata(self, name: str = "") -> Object:
        found: Object = {"name": name or self.name, "labels": self.labels}
        if self.plan.settings.annotations:
            found["annotations"] = dict(self.plan.settings.annotations)
        return found

    def template(self, containers_name: str) -> Object:
        """The pods' template."""
        inside = container(self.plan, containers_name, self.environ, self.brought)
        return self.labelled(pod(self.plan, inside, self.brought))

    def labelled(self, spec: Object) -> Object:
        metadata = self.metadata()
        del metadata["name"]
        return {"metadata": metadata, "spec": spec}


def main_object(launch: Launch) -> Object:
    """The one that runs it, and that the others belong to."""
    return MAKERS[launch.kind](launch)


def other_objects(launch: Launch, owner: Object | None = None) -> list[Object]:
    """What the pods need beside it, but for code and secrets.

    `owner` is the main object as the server has it: the others are gone with it.
    """
    data: Object = dict(_scripts(launch))
    if launch.plan.config is not None and launch.plan.content is not None:
        config = os.path.basename(launch.plan.config)
        data[config] = launch.plan.content.decode("utf-8", "replace")
    found: list[Object] = [_object("ConfigMap", launch, "", owner, {"data": data})]
    if launch.kind == "job" and launch.plan.nodes > 1:
        found.append(_object("Service", launch, "", owner, {"spec": _headless(launch)}))
    return found


def code_object(launch: Launch, owner: Object | None = None) -> list[Object]:
    """The packed code."""
    if launch.code is None or launch.brought.code is None:
        return []
    from base64 import b64encode

    packed: Object = {PACKED: b64encode(launch.code).decode()}
    name = launch.brought.code
    return [_object("ConfigMap", launch, name, owner, {"binaryData": packed})]


def secret_object(
    launch: Launch, values: Mapping[str, str], owner: Object | None = None
) -> list[Object]:
    """The secrets, with their values: for the server's eyes only."""
    if launch.brought.secret is None:
        return []
    from base64 import b64encode

    data: Object = {
        name: b64encode(value.encode("utf-8", "surrogateescape")).decode()
        for name, value in values.items()
    }
    return [_object("Secret", launch, "", owner, {"type": "Opaque", "data": data})]


def _object(
    kind: str, launch: Launch, name: str, owner: Object | None, rest: Object
) -> Object:
    metadata = launch.metadata(name)
    if owner is not None:
        metadata["ownerReferences"] = [_reference(owner)]
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}


def _reference(owner: Object) -> Object:
    """OwnerReference: the garbage collector removes what it stands in."""
    metadata = owner["metadata"]
    assert isinstance(metadata, dict)
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def _headless(launch: Launch) -> Object:
    """Gives each pod the name `JOB-INDEX.SERVICE`, before it is ready, too."""
    return {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": {LABEL: launch.plan.id},
    }


def _scripts(launch: Launch) -> dict[str, Json]:
    """What starts the script, and for Ray's pods what comes before."""
    lines = run_lines(launch.plan, launch.site, rendezvous=_rendezvous(launch))
    before = _unpacking(launch)
    if launch.kind != RAY:
        return {START: _text(*before, *lines)}
    return {PREPARE: _text(*before), START: _text(*lines)}


def _text(*lines: str) -> str:
    return "\n".join((*HEADER, *lines, ""))


def _unpacking(launch: Launch) -> list[str]:
    lines = [f"mkdir -p {RUN} {CODE}"]
    if launch.code is not None:
        lines.append(f"tar -xzf {JOB}/{PACKED} -C {CODE}")
    if launch.plan.config is not None:
        from ..launchers import quoted

        name = os.path.basename(launch.plan.config)
        lines.append(quoted(("cp", f"{JOB}/{name}", RUN)))
    return lines


def _rendezvous(launch: Launch) -> Rendezvous | None:
    """The variables in which a pod finds its place, by what controls it."""
    nodes = launch.plan.nodes
    if nodes == 1 or launch.kind not in RANKS:
        return None
    rank, address, port = (Shell(f'"${name}"') for name in RANKS[launch.kind])
    return Rendezvous(nodes, rank, address, port)


def _job_spec(launch: Launch, template: Object, retries: int = 0) -> Object:
    nodes = launch.plan.nodes
    found: Object = {
        "completions": nodes,
        "parallelism": nodes,
        "completionMode": "Indexed",
        "backoffLimit": retries,
        "template": template,
    }
    if launch.deadline is not None:
        found[DEADLINE] = launch.deadline
    return found


def _job(launch: Launch) -> Object:
    template = launch.template("main")
    spec = template["spec"]
    assert isinstance(spec, dict)
    if launch.plan.nodes > 1:
        spec["subdomain"] = launch.name
    spec = _job_spec(launch, template, launch.plan.settings.max_retries)
    spec["ttlSecondsAfterFinished"] = launch.plan.settings.ttl
    return _made("batch/v1", "Job", launch, spec)


def _jobset(launch: Launch) -> Object:
    replicated: Object = {
        "name": "node",
        "replicas": 1,
        "template": {"spec": _job_spec(launch, launch.template("main"))},
    }
    spec: Object = {
        "failurePolicy": {"maxRestarts": launch.plan.settings.max_retries},
        "ttlSecondsAfterFinished": launch.plan.settings.ttl,
        "replicatedJobs": [replicated],
    }
    return _made("jobset.x-k8s.io/v1alpha2", "JobSet", launch, spec)


def _pytorchjob(launch: Launch) -> Object:
    replica: Object = {
        "restartPolicy": "OnFailure" if launch.plan.settings.max_retries else "Never",
        "template": launch.template("pytorch"),
    }
    replicas: Object = {"Master": {"replicas": 1, **replica}}
    if launch.plan.nodes > 1:
        replicas["Worker"] = {"replicas": launch.plan.nodes - 1, **replica}
    policy: Object = {
        "backoffLimit": launch.plan.settings.max_retries,
        "cleanPodPolicy": "Running",
        "ttlSecondsAfterFinished": launch.plan.settings.ttl,
    }
    if launch.deadline is not None:
        policy[DEADLINE] = launch.deadline
    spec: Object = {"runPolicy": policy, "pytorchReplicaSpecs": replicas}
    return _made("kubeflow.org/v1", "PyTorchJob", launch, spec)


def _trainjob(launch: Launch) -> Object:
    """The runtime has the pods; what it doesn't know of is a patch of it."""
    inside = container(launch.plan, "node", launch.environ, launch.brought)
    patched = pod(launch.plan, {"name": "node"}, launch.brought)
    del patched["restartPolicy"]
    patched["containers"] = [{"name": "node", "volumeMounts": mounts(launch.plan)}]
    job: Object = {"spec": {"template": launch.labelled(patched)}}
    node: Object = {"name": "node", "template": job}
    patch: Object = {
        "manager": "runspec/launch",
        "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": [node]}}},
    }
    trainer: Object = {
        "image": inside["image"],
        "command": inside["command"],
        "numNodes": launch.plan.nodes,
        "env": inside["env"],
    }
    if "resources" in inside:
        trainer["resourcesPerNode"] = inside["resources"]
    spec: Object = {
        "runtimeRef": {"name": launch.plan.settings.runtime},
        "trainer": trainer,
        "runtimePatches": [patch],
    }
    if launch.deadline is not None:
        spec[DEADLINE] = launch.deadline
    return _made("trainer.kubeflow.org/v1alpha1", "TrainJob", launch, spec)


def _rayjob(launch: Launch) -> Object:
    """Every node has the code, so that remote functions find their modules."""
    cluster: Object = {
        "headGroupSpec": {"rayStartParams": {}, "template": _ray(launch, "ray-head")}
    }
    if workers := launch.plan.nodes - 1:
        group: Object = {
            "groupName": "node",
            "replicas": workers,
            "minReplicas": workers,
            "maxReplicas": workers,
            "rayStartParams": {},
            "template": _ray(launch, "ray-worker"),
        }
        cluster["workerGroupSpecs"] = [group]
    spec: Object = {
        "entrypoint": f"/bin/sh {JOB}/{START}",
        "shutdownAfterJobFinishes": True,
        "ttlSecondsAfterFinished": launch.plan.settings.ttl,
        "backoffLimit": launch.plan.settings.max_retries,
        "submitterPodTemplate": _submitter(launch),
        "rayClusterSpec": cluster,
    }
    if launch.deadline is not None:
        spec[DEADLINE] = launch.deadline
    return _made("ray.io/v1", "RayJob", launch, spec)


def _ray(launch: Launch, name: str) -> Object:
    environ = {"PYTHONPATH": launch.site.root, **launch.environ}
    inside = container(launch.plan, name, environ, launch.brought, ())
    prepare = ("/bin/sh", f"{JOB}/{PREPARE}")
    first = container(launch.plan, "prepare", {}, launch.brought, prepare)
    spec = pod(launch.plan, inside, launch.brought)
    first.pop("resources", None)
    first.pop("env")
    del spec["restartPolicy"]
    spec["initContainers"] = [first]
    return launch.labelled(spec)


def _submitter(launch: Launch) -> Object:
    """KubeRay gives it its command; its log is that of the script."""
    image = launch.plan.image
    spec: Object = {
        "restartPolicy": "Never",
        "containers": [{"name": "ray-job-submitter", "image": image}],
    }
    for key in ("serviceAccountName", "imagePullSecrets", "tolerations"):
        whole = pod(launch.plan, {}, launch.brought)
        if key in whole:
            spec[key] = whole[key]
    labels: Object = {**launch.labels, "runspec/role": "submitter"}
    return {"metadata": {"labels": labels}, "spec": spec}


def _made(version: str, kind: str, launch: Launch, spec: Object) -> Object:
    metadata = launch.metadata()
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


MASTERS = {"job": "{name}-0.{name}", "jobset": "{name}-node-0-0.{name}"}
RANKS = {
    "job": ("JOB_COMPLETION_INDEX", "MASTER_ADDR", "MASTER_PORT"),
    "jobset": ("JOB_COMPLETION_INDEX", "MASTER_ADDR", "MASTER_PORT"),
    "pytorchjob": ("RANK", "MASTER_ADDR", "MASTER_PORT"),
    "trainjob": ("PET_NODE_RANK", "PET_MASTER_ADDR", "PET_MASTER_PORT"),
}
"""The variables with a node's number, and the first node's name and port."""
MAKERS: dict[str, Maker] = {
    "job": _job,
    "jobset": _jobset,
    "pytorchjob": _pytorchjob,
    "trainjob": _trainjob,
    RAY: _rayjob,
}
