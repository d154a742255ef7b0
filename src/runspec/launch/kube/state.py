"""How a job on Kubernetes stands, from its objects."""

from __future__ import annotations

from ..executor import CANCELLED, ENDED, QUEUED, RUNNING, State
from ..exitstatus import TIMED_OUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ...spec.plain import Json

    Object = dict[str, Json]

STUCK = (
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerError",
    "RunContainerError",
)
"""Why a container waits that doesn't pass by waiting (kubelet)."""
BY_OTHERS = (137, 143)
"""What a container ends with that was killed since another one had failed."""
INDEX = "batch.kubernetes.io/job-completion-index"


class Kind:
    """How one kind of object is asked for, and how it says that it has ended.

    `resource` is its name for kubectl; `first` are label and value of the pod whose
    log is the script's.
    """

    __slots__ = ("_ending", "first", "name", "resource")

    def __init__(
        self,
        name: str,
        resource: str,
        first: tuple[str, str],
        ending: Callable[[Object], State | None],
    ) -> None:
        self.name = name
        self.resource = resource
        self.first = first
        self._ending = ending

    def state(self, items: Sequence[Object]) -> State:
        """How it stands; `items` are the object and its pods."""
        found = [each for each in items if each.get("kind") == self.name]
        if not found:
            return State(CANCELLED, detail="the object isn't there any more")
        pods = pods_of(items)
        ending = self._ending(_table(found[0], "status"))
        if ending is None:
            return _going_on(pods)
        if ending.status and ending.status != TIMED_OUT:
            _tell_why(ending, pods)
        return ending

    def first_pod(self, items: Sequence[Object]) -> Object | None:
        """The pod of node 0, or the one that shows the script's output."""
        label, value = self.first
        for each in pods_of(items):
            if _table(each, "metadata", "labels").get(label) == value:
                return each
        return None


def pods_of(items: Sequence[Object]) -> list[Object]:
    return [each for each in items if each.get("kind") == "Pod"]


def stuck(items: Sequence[Object]) -> tuple[str, str, str] | None:
    """A pod that can't start: its name, the reason, and what is said of it."""
    for each in pods_of(items):
        for status in _statuses(each):
            waiting = _table(status, "state", "waiting")
            reason = str(waiting.get("reason", ""))
            if reason in STUCK:
                name = _table(each, "metadata").get("name")
                return str(name), reason, str(waiting.get("message", ""))
    return None


def has_begun(pod: Object) -> bool:
    """Whether a container of it has run, so that there may be a log."""
    return any(
        how in _table(status, "state")
        for status in _statuses(pod, "containerStatuses")
        for how in ("running", "terminated")
    )


def name_of(item: Object) -> str:
    return str(_table(item, "metadata").get("name", ""))


def _going_on(pods: Sequence[Object]) -> State:
    phases = [_table(each, "status").get("phase") for each in pods]
    if "Running" in phases or "Succeeded" in phases or "Failed" in phases:
        return State(RUNNING)
    return State(QUEUED, detail=next(_waits(pods), ""))


def _waits(pods: Sequence[Object]) -> Iterator[str]:
    """Why pods don't run yet."""
    for each in pods:
        for status in _statuses(each):
            waiting = _table(status, "state", "waiting")
            if waiting.get("reason"):
                yield _said(waiting.get("reason"), waiting.get("message"))
        for condition in _conditions(_table(each, "status")):
            if condition.get("status") == "False" and condition.get("message"):
                yield _said(condition.get("reason"), condition.get("message"))


def _tell_why(ending: State, pods: Sequence[Object]) -> None:
    """The exit status is that of the container that failed first."""
    failed = [
        (str(ended.get("finishedAt")), code in BY_OTHERS, number, code, ended)
        for number, each in enumerate(pods)
        for status in _statuses(each)
        if (ended := _table(status, "state", "terminated"))
        and isinstance(code := ended.get("exitCode"), int)
        and code
    ]
    if failed:
        _, _, number, ending.status, ended = min(failed, key=lambda each: each[:3])
        reason = str(ended.get("reason") or "Error")
        why = "" if reason == "Error" else f": {reason}"
        ending.detail = f"pod {name_of(pods[number])}{why}"


def _by_conditions(success: str, failure: str) -> Callable[[Object], State | None]:
    """Of an object with conditions of these two types."""

    def ending(status: Object) -> State | None:
        for condition in _conditions(status):
            if condition.get("status") != "True":
                continue
            if condition.get("type") == success:
                return State(ENDED, 0)
            if condition.get("type") == failure:
                said = _said(condition.get("reason"), condition.get("message"))
                return State(ENDED, TIMED_OUT if is_limit(said) else 1, said)
        return None

    return ending


def is_limit(said: str) -> bool:
    """Whether a controller speaks of `activeDeadlineSeconds`."""
    folded = said.lower()
    return "deadlineexceeded" in folded or "longer than specified deadline" in folded


def _of_ray(status: Object) -> State | None:
    """KubeRay repeats what Ray says, which has the exit code in words."""
    message = str(status.get("message", ""))
    job = status.get("jobStatus")
    if job == "SUCCEEDED":
        return State(ENDED, 0)
    if job == "STOPPED":
        return State(CANCELLED, detail=message)
    if is_limit(f"{status.get('reason', '')}: {message}"):
        return State(ENDED, TIMED_OUT, message.split("\n", 1)[0])
    if job == "FAILED" or status.get("jobDeploymentStatus") == "Failed":
        return State(ENDED, _code_in(message), message.split("\n", 1)[0])
    return None


def _code_in(message: str) -> int:
    number = message.partition("exit code ")[2].split(",")[0].split(" ")[0]
    return int(number) if number.isascii() and number.isdigit() else 1


def _conditions(status: Object) -> list[Object]:
    found = status.get("conditions")
    kept = found if isinstance(found, list) else []
    return [each for each in kept if isinstance(each, dict)]


def _statuses(pod: Object, *keys: str) -> list[Object]:
    status = _table(pod, "status")
    found: list[Object] = []
    for key in keys or ("initContainerStatuses", "containerStatuses"):
        each = status.get(key)
        if isinstance(each, list):
            found += [one for one in each if isinstance(one, dict)]
    return found


def _table(value: Object, *path: str) -> Object:
    for key in path:
        inner = value.get(key)
        value = inner if isinstance(inner, dict) else {}
    return value


def _said(reason: Json, message: Json) -> str:
    return ": ".join(" ".join(str(each).split()) for each in (reason, message) if each)


NODE_ZERO = (INDEX, "0")
KINDS = {
    "job": Kind("Job", "jobs.batch", NODE_ZERO, _by_conditions("Complete", "Failed")),
    "jobset": Kind(
        "JobSet",
        "jobsets.jobset.x-k8s.io",
        NODE_ZERO,
        _by_conditions("Completed", "Failed"),
    ),
    "pytorchjob": Kind(
        "PyTorchJob",
        "pytorchjobs.kubeflow.org",
        ("training.kubeflow.org/replica-type", "master"),
        _by_conditions("Succeeded", "Failed"),
    ),
    "trainjob": Kind(
        "TrainJob",
        "trainjobs.trainer.kubeflow.org",
        NODE_ZERO,
        _by_conditions("Complete", "Failed"),
    ),
    "rayjob": Kind("RayJob", "rayjobs.ray.io", ("runspec/role", "submitter"), _of_ray),
}
