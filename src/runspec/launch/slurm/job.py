"""A job that was submitted: what its handle says, and where it is asked for."""

from __future__ import annotations

from ...errors import Fault, RunspecError
from .array import suffixes
from .directives import may_requeue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...model_more import Profile
    from ...remote.ssh import Target
    from ..executor import Handle
    from ..plan import Plan
    from ..transport import Transport

SSH = "ssh"
DAMAGED = "job-damaged"


def is_id(text: str) -> bool:
    """Whether it is a number of Slurm's, and no option of its commands."""
    number, _, task = text.partition("_")
    return text.isascii() and number.isdigit() and (not task or task.isdigit())


class Job:
    """`id` is Slurm's, `cluster` the one that sbatch named, "" for its default.

    Everything is text, so that the handle is JSON that any process can take up.
    """

    __slots__ = ("_handle", "cluster", "folder", "id", "requeues", "suffixes")

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.id = handle["job"]
        if not is_id(self.id):
            raise RunspecError(Fault(DAMAGED, f"the job {self.id!r}"))
        self.cluster = handle["cluster"]
        self.folder = handle["folder"]
        self.requeues = bool(handle.get("requeue"))
        self.suffixes = suffixes(handle["array"])

    def words(self, program: str, *words: str) -> tuple[str, ...]:
        """One of Slurm's commands, for the cluster of this job."""
        if self.cluster:
            return (program, f"--clusters={self.cluster}", *words)
        return (program, *words)

    def transport(self) -> Transport:
        return transport_of(self._handle)


def handle_of(plan: Plan, folder: str, said: str) -> dict[str, str]:
    """The handle of what sbatch said, `ID` or `ID;CLUSTER`."""
    settings = plan.settings
    id, _, cluster = said.strip().partition(";")
    return {
        "job": id,
        "cluster": cluster,
        "folder": folder,
        "array": settings.array or "",
        "patience": str(settings.patience),
        "requeue": "yes" if may_requeue(plan) else "",
        **way(settings),
    }


def way(settings: Profile) -> dict[str, str]:
    """How the cluster is reached."""
    if settings.tunnel != SSH:
        return {"tunnel": settings.tunnel}
    import json

    return {
        "tunnel": SSH,
        "host": settings.host or "",
        "user": settings.user or "",
        "port": str(settings.port or ""),
        "identity": settings.identity or "",
        "ssh_options": json.dumps(list(settings.ssh_options)),
    }


def transport_of(handle: Handle, hidden: frozenset[str] = frozenset()) -> Transport:
    """Raises RunspecError (`host-invalid`). `hidden`: variables Slurm doesn't get."""
    from ..transport import Here, Ssh

    return Here(hidden) if handle["tunnel"] != SSH else Ssh(target_of(handle))


def target_of(handle: Handle) -> Target:
    """Raises RunspecError (`host-invalid`, `job-damaged`)."""
    from ...remote.ssh import Target

    try:
        port = int(handle["port"]) if handle["port"] else None
        options = _texts(handle["ssh_options"])
    except ValueError:
        raise RunspecError(Fault(DAMAGED, f"the way to {handle['host']}")) from None
    user, key = handle["user"] or None, handle["identity"] or None
    return Target(handle["host"], user=user, port=port, key=key, options=options)


def _texts(text: str) -> list[str]:
    """Raises ValueError."""
    import json

    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(e, str) for e in found):
        raise ValueError
    return found
