"""What a person decides on: a planned call, and the ticket that keeps the answer."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..spec.plain import Json

RUN = "run"
"""Whether the call may run."""
RELEASE = "release"
"""Whether the output of a call that ran may be handed out."""

RUNNING = "running"
"""Its dry run, or the call whose output is withheld, is under way."""
PENDING = "pending"
APPROVED = "approved"
DENIED = "denied"
USED = "used"

TERMINAL = "terminal"
ELICITATION = "elicitation"
CONSOLE = "console"

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, which has no letters that look like digits."""
MISREAD = str.maketrans("OIL", "011", "- ")
ID_LENGTH = 8


class PlannedCall:
    """One call as it would run; an approval is for exactly this.

    `tool` is the name it was called by, `runnable` what the spec at `spec_path`
    declares, `argv` the tokens, `environ` what reaches the program by variables,
    `principal` and `client` who asks: that is what is asked for. What it comes to are
    `values` with their sources, `spec` and `content`, digests of the spec and of the
    program at the path `program`, the directory `cwd`, `host`, this machine, and
    `user`, as whom it runs.
    """

    __slots__ = (
        "argv",
        "client",
        "content",
        "cwd",
        "environ",
        "host",
        "principal",
        "program",
        "runnable",
        "spec",
        "spec_path",
        "tool",
        "user",
        "values",
    )

    def __init__(
        self,
        *,
        tool: str,
        runnable: str,
        spec_path: str,
        argv: tuple[str, ...],
        host: str,
        user: str,
        principal: str,
        environ: Mapping[str, str] | None = None,
        client: str = "",
        cwd: str = "",
        values: Json = None,
        spec: str = "",
        program: str = "",
        content: str = "",
    ) -> None:
        self.tool = tool
        self.runnable = runnable
        self.spec_path = spec_path
        self.argv = argv
        self.host = host
        self.user = user
        self.principal = principal
        self.environ = environ or {}
        self.client = client
        self.cwd = cwd
        self.values = values
        self.spec = spec
        self.program = program
        self.content = content

    @property
    def request(self) -> bytes:
        """What is asked for, as canonical JSON."""
        return canonical(
            {
                "tool": self.tool,
                "runnable": self.runnable,
                "spec_path": self.spec_path,
                "argv": list(self.argv),
                "principal": self.principal,
                "client": self.client,
                "environ": dict(self.environ),
            }
        )

    @property
    def parts(self) -> dict[str, bytes]:
        """What it comes to, as canonical JSON, by the words that a person reads."""
        return {
            "the values": canonical(self.values),
            "the spec": canonical(self.spec),
            "the program": canonical([self.program, self.content]),
            "the directory": canonical(self.cwd),
            "the host": canonical(self.host),
            "the user": canonical(self.user),
        }


FIELDS = (
    "id",
    "kind",
    "status",
    "created",
    "expires",
    "tool",
    "runnable",
    "spec_path",
    "host",
    "user",
    "principal",
    "client",
    "cwd",
    "plan",
    "by",
    "channel",
)
"""What a ticket shows."""
INNER = ("binding", "parts", "session", "full", "dry_run", "files")
"""What is kept beside it."""


class Ticket:
    """A question to a person and, later, the answer.

    `kind` is "run" or "release"; `status` is "running", "pending", "approved",
    "denied" or "used". `created` and `expires` are seconds since the epoch. `plan` is
    the bounded text that the person is shown, `full` the whole, `dry_run` what a dry
    run wrote, which is for the person only. `by` is who decided, `channel` where:
    "terminal", "elicitation" or "console".

    `binding` is the keyed digest of what is asked for and the kind, `parts` are those
    of what it comes to, by name. `session` is the server session that asked. `files`
    are digests of what would run, by path. `held` is the path of the withheld output
    of a "release".
    """

    __slots__ = ("held", *INNER, *FIELDS)

    def __init__(
        self, call: PlannedCall, kind: str, plan: str, created: float, expires: float
    ) -> None:
        self.id = new_id()
        self.kind = kind
        self.status = PENDING
        self.created = created
        self.expires = expires
        self.tool = call.tool
        self.runnable = call.runnable
        self.spec_path = call.spec_path
        self.host = call.host
        self.user = call.user
        self.principal = call.principal
        self.client = call.client
        self.cwd = call.cwd
        self.plan = plan
        self.by = ""
        self.channel = ""
        self.binding = ""
        self.parts: dict[str, str] = {}
        self.session = ""
        self.full = ""
        self.dry_run = ""
        self.files: dict[str, str] = {}
        self.held: str | None = None

    @classmethod
    def revive(cls, data: dict[str, Json]) -> Ticket:
        """The ticket that `kept` wrote. Raises KeyError for a field that is missing."""
        ticket = cls.__new__(cls)
        for name in (*FIELDS, *INNER):
            setattr(ticket, name, data[name])
        ticket.held = None
        return ticket

    def kept(self) -> dict[str, Json]:
        """Every field that is kept, as plain data."""
        return {**self.plain(), **{name: getattr(self, name) for name in INNER}}

    def plain(self) -> dict[str, Json]:
        """The fields that a person or a program is shown."""
        return {name: getattr(self, name) for name in FIELDS}

    @property
    def question(self) -> str:
        """What the person who decides reads: the plan, and what a dry run wrote."""
        return "\n\n".join(filter(None, (self.plan, self.dry_run)))

    @property
    def whole(self) -> str:
        """The same with nothing left out."""
        return "\n\n".join(filter(None, (self.full or self.plan, self.dry_run)))


def new_id() -> str:
    """Eight characters of Crockford's base 32: 40 random bits."""
    return "".join(ALPHABET[byte % 32] for byte in os.urandom(ID_LENGTH))


def typed_id(text: str) -> str:
    """The id that somebody meant by `text`; "" where it can't be one."""
    meant = text.strip().upper().translate(MISREAD)
    right = len(meant) == ID_LENGTH and all(each in ALPHABET for each in meant)
    return meant if right else ""


def canonical(value: Json) -> bytes:
    """JSON with one spelling: sorted keys, no spaces, ASCII."""
    import json

    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
