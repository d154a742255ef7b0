"""The `requestState` of a question that the client carries (MCP 2026-07-28, MRTR).

state   = payload "." mark
payload = base64url of [ticket, mark of the call, created, expires, nonce] as JSON
"""

from __future__ import annotations

import os

from .ticket import ALPHABET, MISREAD, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source.key import Key

PURPOSE = "state"
CODE = "code"
LONGEST = 1024
CODE_LENGTH = 6
"""Signs of a code: 30 bits."""


class State:
    """What a state says, its mark checked; times are seconds since the epoch."""

    __slots__ = ("binding", "created", "expires", "nonce", "ticket")

    def __init__(
        self, ticket: str, binding: str, created: float, expires: float, nonce: str
    ) -> None:
        self.ticket = ticket
        self.binding = binding
        self.created = created
        self.expires = expires
        self.nonce = nonce


def sealed(key: Key, ticket: str, binding: str, created: float, expires: float) -> str:
    """An opaque text of ASCII that `opened` takes once it comes back."""
    from base64 import urlsafe_b64encode

    nonce = os.urandom(16).hex()
    payload = urlsafe_b64encode(canonical([ticket, binding, created, expires, nonce]))
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


def code_of(key: Key, nonce: str) -> str:
    """The code that stands in a question, of signs that nobody misreads.

    Without the key it can't be told from the nonce, which the client carries.
    """
    mark = bytes.fromhex(key.mark(CODE, nonce.encode()))
    return "".join(ALPHABET[byte % 32] for byte in mark[:CODE_LENGTH])


def is_code(key: Key, nonce: str, typed: str) -> bool:
    """Whether somebody typed that code, in constant time."""
    from hmac import compare_digest

    meant = typed.strip().upper().translate(MISREAD)
    return meant.isascii() and compare_digest(meant, code_of(key, nonce))
