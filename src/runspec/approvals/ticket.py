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

PENDING = "pending"
APPROVED = "approved"
DENIED = "denied"
USED = "used"

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, which has no letters that look like digits."""
MISREAD = str.maketrans("OIL", "011", "- ")
ID_LENGTH = 8


class PlannedCall:
    """One call as it would run; an approval is for exactly this.

    `tool` is the name it was called by, `runnable` what the spec at `spec_path`
    declares, `argv` the tokens, `host` this machine, `user` as whom it runs,
    `principal` who asks. `environ` is what reaches the program by variables.
    """

    __slots__ = (
        "argv",
        "environ",
        "host",
        "principal",
        "runnable",
        "spec_path",
        "tool",
        "user",
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
    ) -> None:
        self.tool = tool
        self.runnable = runnable
        self.spec_path = spec_path
        self.argv = argv
        self.host = host
        self.user = user
        self.principal = principal
        self.environ = environ or {}

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of every field as canonical JSON."""
        from hashlib import sha256

        fields: dict[str, Json] = {
            "tool": self.tool,
            "runnable": self.runnable,
            "spec_path": self.spec_path,
            "argv": list(self.argv),
            "host": self.host,
            "user": self.user,
            "principal": self.principal,
            "environ": dict(self.environ),
        }
        return sha256(canonical(fields)).hexdigest()


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
    "plan",
    "by",
)
"""What a ticket shows; `binding` is kept beside it."""


class Ticket:
    """A question to a person and, later, the answer.

    `kind` is "run" or "release"; `status` is "pending", "approved", "denied" or
    "used". `created` and `expires` are seconds since the epoch. `plan` is the text
    that the person is shown, `by` who decided. `binding` is the keyed digest of the
    call and the kind. `held` is the path of the withheld output of a "release".
    """

    __slots__ = ("binding", "held", *FIELDS)

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
        self.plan = plan
        self.by = ""
        self.binding = ""
        self.held: str | None = None

    @classmethod
    def revive(cls, data: dict[str, Json]) -> Ticket:
        """The ticket that `kept` wrote. Raises KeyError for a field that is missing."""
        ticket = cls.__new__(cls)
        for name in (*FIELDS, "binding"):
            setattr(ticket, name, data[name])
        ticket.held = None
        return ticket

    def kept(self) -> dict[str, Json]:
        """Every field that is kept, as plain data."""
        return {**self.plain(), "binding": self.binding}

    def plain(self) -> dict[str, Json]:
        """The fields that a person or a program is shown."""
        return {name: getattr(self, name) for name in FIELDS}


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
