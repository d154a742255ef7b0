"""What a place does with a plan. Executors are entry points of `runspec.executors`."""

from __future__ import annotations

from ..errors import RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from ..errors import Fault
    from .plan import Plan

    Handle = Mapping[str, str]

    class Executor(Protocol):
        """One kind of place. Everything it has to remember of a job is in its handle,
        which is kept as JSON, so that another process can ask for the job later.

        What goes wrong is a RunspecError; nothing is left behind by a failed
        `submit`.
        """

        name: str

        def check(self, plan: Plan) -> tuple[Fault, ...]:
            """What of the plan this place can't do. Nothing is started or written."""

        def render(self, plan: Plan) -> tuple[Rendered, ...]:
            """Exactly what `submit` would execute or send; secrets by name only."""

        def submit(self, plan: Plan, *, attached: bool) -> Handle:
            """Start it. `attached`: this process stays, and `wait` follows."""

        def status(self, handle: Handle) -> State:
            """How it stands now."""

        def logs(self, handle: Handle, offset: int) -> tuple[bytes, int]:
            """What it wrote from `offset` on, and the offset to go on from."""

        def cancel(self, handle: Handle) -> None:
            """Ask it to end; one that has ended stays as it is."""

        def wait(self, handle: Handle) -> State:
            """Stay until it has ended, its output on this process's own."""


QUEUED, RUNNING, ENDED, CANCELLED, LOST = (
    "queued",
    "running",
    "ended",
    "cancelled",
    "lost",
)
PHASES = (QUEUED, RUNNING, ENDED, CANCELLED, LOST)


class Silent(RunspecError):  # noqa: N818
    """The place doesn't answer now. Its jobs may go on, so asking again is right."""


class State:
    """How a job stands.

    `phase` is one of PHASES; `status` the script's own exit status once it is known,
    negative for a signal; `detail` what the place says, on one line.
    """

    __slots__ = ("detail", "phase", "status")

    def __init__(self, phase: str, status: int | None = None, detail: str = "") -> None:
        self.phase = phase
        self.status = status
        self.detail = detail

    @property
    def over(self) -> bool:
        return self.phase in (ENDED, CANCELLED, LOST)


class Rendered:
    """One thing that would be executed or sent.

    `name` is its file's name, `kind` what it is: argv, bash, sbatch, kubernetes,
    skypilot or json.
    """

    __slots__ = ("kind", "name", "text")

    def __init__(self, name: str, kind: str, text: str) -> None:
        self.name = name
        self.kind = kind
        self.text = text
