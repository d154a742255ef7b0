"""Kubernetes, by kubectl: one object runs the plan, and owns all that goes with it."""

from __future__ import annotations

from ...errors import Fault, RunspecError
from ..executor import QUEUED, Rendered, State
from ..kube.kubectl import Kubectl
from ..kube.manifests import (
    LABEL,
    Launch,
    code_object,
    main_object,
    other_objects,
    secret_object,
)
from ..kube.state import KINDS, Kind, has_begun, name_of, stuck
from ..yamltext import document, documents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...spec.plain import Json
    from ..executor import Handle
    from ..plan import Plan
    from ..tail import Tail

    Object = dict[str, Json]

MOST_CODE = 900_000
"""Bytes of packed code; a ConfigMap holds 1 MiB in all."""
GRACE = 10.0
"""Seconds for a log to come to its end when the job has."""


class KubernetesExecutor:
    """See `launch/executor.py`."""

    name = "kubernetes"

    def __init__(self) -> None:
        self._items: list[Object] = []
        self._tails: dict[str, Tail] = {}
        self._waiting = False

    def check(self, plan: Plan) -> tuple[Fault, ...]:
        from ..kube.checks import faults

        return tuple(faults(plan))

    def render(self, plan: Plan) -> tuple[Rendered, ...]:
        """The objects; of code and secrets only what they are."""
        launch = launch_of(plan)
        text = documents([*other_objects(launch), main_object(launch)])
        return (Rendered("job.yaml", "kubernetes", "".join(_unseen(launch)) + text),)

    def submit(self, plan: Plan, *, attached: bool) -> Handle:
        """The main object comes first, so that everything else is owned by it."""
        from ..jobs import remember
        from ..secrets import values

        launch = launch_of(plan)
        secrets = values(plan.secrets)
        handle = _handle(launch)
        remember(plan.folder, handle)
        kubectl = _kubectl(handle)
        try:
            owner = kubectl.create(document(main_object(launch)))
            others = [
                *secret_object(launch, secrets, owner),
                *code_object(launch, owner),
                *other_objects(launch, owner),
            ]
            kubectl.run("create", "-f", "-", stdin=documents(others).encode())
        except BaseException:
            _remove(kubectl, handle)
            raise
        self._waiting = attached
        return handle

    def status(self, handle: Handle) -> State:
        state = self._look(handle)
        if state.phase == QUEUED and (found := stuck(self._items)):
            pod, reason, message = found
            if self._waiting:
                self.cancel(handle)
                raise RunspecError(
                    Fault("pod-stuck", pod, received=reason, detail=message)
                )
            state.detail = f"{reason}: {message}"
        return state

    def logs(self, handle: Handle, offset: int) -> tuple[bytes, int]:
        """What is there at first; from the second call on kubectl follows."""
        kind = KINDS[handle["kind"]]
        if not self._items:
            self._look(handle)
        pod = kind.first_pod(self._items)
        if pod is None or not has_begun(pod):
            return b"", offset
        tail = self._tails.pop(handle["name"], None)
        if tail is not None and tail.offset == offset:
            data = self._more(tail, handle, kind)
        elif tail is None:
            data = self._so_far(handle, name_of(pod), offset)
        else:
            tail.close()
            data = b""
        return data, offset + len(data)

    def cancel(self, handle: Handle) -> None:
        """Delete it, and with it whatever it owns."""
        if self._look(handle).over:
            return
        kind = KINDS[handle["kind"]]
        _kubectl(handle).delete(f"{kind.resource}/{handle['name']}")

    def wait(self, handle: Handle) -> State:
        from ..attend import follow

        self._waiting = True
        try:
            return follow(self, handle)
        finally:
            for tail in self._tails.values():
                tail.close()
            self._tails.clear()

    def _look(self, handle: Handle) -> State:
        kind = KINDS[handle["kind"]]
        selector = f"{LABEL}={handle['launch']}"
        self._items = _kubectl(handle).listed(f"{kind.resource},pods", selector)
        return kind.state(self._items)

    def _so_far(self, handle: Handle, pod: str, offset: int) -> bytes:
        """All of the log; while this process waits, kubectl follows the rest."""
        from ..tail import Tail

        kubectl = _kubectl(handle)
        data = kubectl.run("logs", pod)[offset:]
        if self._waiting and not KINDS[handle["kind"]].state(self._items).over:
            argv = kubectl.argv("logs", "--follow", pod)
            self._tails[handle["name"]] = Tail(argv, offset + len(data))
        return data

    def _more(self, tail: Tail, handle: Handle, kind: Kind) -> bytes:
        """What has come; of a job that has ended, the rest of it."""
        data = tail.read(GRACE if kind.state(self._items).over else 0)
        if tail.over:
            tail.close()
        else:
            self._tails[handle["name"]] = tail
        return data


def launch_of(plan: Plan) -> Launch:
    """Raises RunspecError (`code-too-large`) and as `pack` does."""
    from ..packed import gzipped

    code = gzipped(plan)
    if code is not None and len(code) > MOST_CODE:
        size = f"{len(code) / 1e6:.1f}"
        most = MOST_CODE / 1e6
        raise RunspecError(
            Fault("code-too-large-for-pods", plan.root, received=size, expected=(most,))
        )
    return Launch(plan, code)


def _handle(launch: Launch) -> Handle:
    settings = launch.plan.settings
    return {
        "kind": launch.kind,
        "name": launch.name,
        "launch": launch.plan.id,
        "context": settings.context or "",
        "namespace": settings.namespace or "",
        "patience": str(settings.patience),
    }


def _kubectl(handle: Handle) -> Kubectl:
    return Kubectl(handle["context"], handle["namespace"])


def _remove(kubectl: Kubectl, handle: Handle) -> None:
    """After a launch that failed: it isn't known how far it came."""
    from contextlib import suppress

    kind = KINDS[handle["kind"]]
    with suppress(RunspecError):
        kubectl.delete(f"{kind.resource}/{handle['name']}")
    with suppress(RunspecError):
        selector = f"{LABEL}={handle['launch']}"
        kubectl.delete("secrets,configmaps,services", "-l", selector)


def _unseen(launch: Launch) -> Iterator[str]:
    """What is sent but not shown."""
    from hashlib import sha256

    if launch.code is not None:
        digest = sha256(launch.code).hexdigest()
        yield f"# ConfigMap {launch.brought.code}: {len(launch.code)} bytes of code, "
        yield f"SHA-256 {digest}\n"
    if launch.brought.secret is not None:
        yield f"# Secret {launch.brought.secret}: {', '.join(launch.plan.secrets)}\n"
