"""Which pods the rig's controllers make of an object, and what they say at the end.

What is here of kinds that aren't Kubernetes' own is from the documentation of their
controllers: the variables and labels of a pod, and the conditions of the object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

INDEX = "batch.kubernetes.io/job-completion-index"
SUCCESS = {"JobSet": "Completed", "PyTorchJob": "Succeeded"}


class Planned:
    """A pod that is to be."""

    def __init__(
        self, name: str, labels: Object, spec: Object, environ: dict[str, str]
    ) -> None:
        self.name = name
        self.labels = labels
        self.spec = spec
        self.environ = environ


def planned(workload: Object) -> Iterator[Planned]:
    name, spec = workload["metadata"]["name"], workload["spec"]
    makers = {
        "Job": _job,
        "JobSet": _jobset,
        "PyTorchJob": _pytorchjob,
        "TrainJob": _trainjob,
        "RayJob": _rayjob,
    }
    yield from makers[workload["kind"]](name, spec)


def conditions(kind: str, codes: list[int]) -> Object:
    """The status of an object whose pods ended with these codes."""
    failed = next(filter(None, codes), 0)
    if kind == "RayJob":
        said = f"Job entrypoint command failed with exit code {failed}, last logs:\nx"
        if failed:
            return {"jobStatus": "FAILED", "message": said}
        return {"jobStatus": "SUCCEEDED"}
    ending = "Failed" if failed else SUCCESS.get(kind, "Complete")
    one = {"type": ending, "status": "True", "reason": "BackoffLimitExceeded"}
    return {"conditions": [one]}


def _job(name: str, spec: Object) -> Iterator[Planned]:
    template = spec["template"]
    for index in range(spec["completions"]):
        labels = {**template["metadata"]["labels"], INDEX: str(index)}
        environ = {"JOB_COMPLETION_INDEX": str(index)}
        yield Planned(f"{name}-{index}", labels, template["spec"], environ)


def _jobset(name: str, spec: Object) -> Iterator[Planned]:
    for each in spec["replicatedJobs"]:
        yield from _job(f"{name}-{each['name']}-0", each["template"]["spec"])


def _pytorchjob(name: str, spec: Object) -> Iterator[Planned]:
    rank = 0
    for role, replicas in spec["pytorchReplicaSpecs"].items():
        template = replicas["template"]
        label = {"training.kubeflow.org/replica-type": role.lower()}
        for _ in range(replicas["replicas"]):
            environ = {"RANK": str(rank), "MASTER_ADDR": f"{name}-master-0"}
            environ["MASTER_PORT"] = "23456"
            labels = {**template["metadata"]["labels"], **label}
            yield Planned(f"{name}-{rank}", labels, template["spec"], environ)
            rank += 1


def _trainjob(name: str, spec: Object) -> Iterator[Planned]:
    patched = spec["runtimePatches"][0]["trainingRuntimeSpec"]["template"]["spec"]
    pod = patched["replicatedJobs"][0]["template"]["spec"]["template"]
    trainer = spec["trainer"]
    container = {**pod["spec"]["containers"][0], **trainer}
    whole = {**pod["spec"], "containers": [container]}
    for index in range(trainer["numNodes"]):
        labels = {**pod["metadata"]["labels"], INDEX: str(index)}
        environ = {"PET_NODE_RANK": str(index), "PET_MASTER_PORT": "29500"}
        environ["PET_MASTER_ADDR"] = f"{name}-node-0-0.{name}"
        yield Planned(f"{name}-node-0-{index}", labels, whole, environ)


def _rayjob(name: str, spec: Object) -> Iterator[Planned]:
    """The head prepares, and runs what the submitter submits, whose log shows it."""
    head = spec["rayClusterSpec"]["headGroupSpec"]["template"]
    prepare = " ".join(head["spec"]["initContainers"][0]["command"])
    command = ["/bin/sh", "-c", f"{prepare} && {spec['entrypoint']}"]
    container = {**head["spec"]["containers"][0], "command": command}
    labels = spec["submitterPodTemplate"]["metadata"]["labels"]
    yield Planned(name, labels, {**head["spec"], "containers": [container]}, {})
