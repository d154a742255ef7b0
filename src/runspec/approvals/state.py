"""The `requestState` of a question that the client carries (MCP 2026-07-28, MRTR).

state   = payload "." mark
payload = base64url of [kind, binding, created, expires, nonce] as JSON
"""

from __future__ import annotations

import os

from .ticket import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source.key import Key

PURPOSE = "state"
LONGEST = 1024


class State:
    """What a state says, its mark checked; times are seconds since the epoch."""

    __slots__ = ("binding", "created", "expires", "kind", "nonce")

    def __init__(
        self, kind: str, binding: str, created: float, expires: float, nonce: str
    ) -> None:
        self.kind = kind
        self.binding = binding
        self.created = created
        self.expires = expires
        self.nonce = nonce


def sealed(key: Key, kind: str, binding: str, created: float, expires: float) -> str:
    """An opaque text of ASCII that `opened` takes once it comes back."""
    from base64 import urlsafe_b64encode

    nonce = os.urandom(16).hex()
    payload = urlsafe_b64encode(canonical([kind, binding, created, expires, nonce]))
    return f"{payload.decode()}.{key.mark(PURPOSE, payload)}"


def opened(key: Key, state: str) -> State | None:
    """What a state says; None where this key didn't seal it."""
    from base64 import urlsafe_b64decode

    payload, _, mark = state.partition(".")
    if len(state) > LONGEST or not state.isascii():
        return None
    if not key.holds(PURPOSE, payload.encode(), mark):
        return None
    import json

    return State(*json.loads(urlsafe_b64decode(payload)))
