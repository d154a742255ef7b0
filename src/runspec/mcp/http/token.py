"""The bearer token: read from a file, and compared."""

from __future__ import annotations

import os
from hashlib import sha256
from hmac import compare_digest
from stat import S_ISREG

from ...errors import Fault, RunspecError
from ...source.ownership import OPEN, distrust

_MOST_BYTES = 4096
_SCHEME = "bearer"


def read_token(path: str) -> str:
    """The token in a file that only its owner can read; raises RunspecError."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise RunspecError(Fault("unreadable", path, detail=detail)) from None
    try:
        _check(path, os.fstat(descriptor))
        data = os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)
    return data.decode("utf-8", "replace").strip()


def _check(path: str, found: os.stat_result) -> None:
    if not S_ISREG(found.st_mode):
        raise RunspecError(Fault("not-a-file", path))
    why = distrust(path, found, open_to=OPEN, owners=(0,))
    if why:
        raise RunspecError(Fault("http-token-exposed", path, detail=why.why))


class Token:
    """The token that clients must send."""

    def __init__(self, text: str) -> None:
        self._digest = sha256(text.encode()).digest()
        self.principal = f"token {self._digest.hex()[:12]}"

    def is_in(self, authorizations: list[str]) -> bool:
        """Whether the one Authorization header has it (RFC 6750, section 2.1).

        How long that takes doesn't depend on what is right in a wrong token.
        """
        if len(authorizations) != 1:
            return False
        scheme, _, given = authorizations[0].partition(" ")
        if scheme.lower() != _SCHEME:
            return False
        found = sha256(given.strip().encode("utf-8", "replace")).digest()
        return compare_digest(found, self._digest)
