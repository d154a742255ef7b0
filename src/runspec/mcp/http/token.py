"""The bearer token: read from a file, and compared."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from hmac import compare_digest
from stat import S_ISREG

from ...errors import Fault, RunspecError
from ...source.ownership import OPEN, distrust
from .options import token_faults

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


def _state(path: str) -> tuple[int, ...] | None:
    """What is another where a file is, by stat(2); None where it is gone."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _check(path: str, found: os.stat_result) -> None:
    if not S_ISREG(found.st_mode):
        raise RunspecError(Fault("not-a-file", path))
    why = distrust(path, found, open_to=OPEN, owners=(0,))
    if why:
        raise RunspecError(Fault("http-token-exposed", path, detail=why.why))


class Token:
    """The token that clients must send, read again when its `file` changes.

    Then the one before has ended. Where the file is faulty by now, no token is right,
    and that is said once.
    """

    def __init__(self, text: str, file: str | None = None) -> None:
        self._file = file
        self._state = None if file is None else _state(file)
        self._take(text)

    def _take(self, text: str) -> None:
        self._digest = sha256(text.encode()).digest() if text else b""
        self.principal = f"token {self._digest.hex()[:12]}"

    def refresh(self) -> None:
        """Read the file, where it isn't what it was."""
        if self._file is None or _state(self._file) == self._state:
            return
        self._state = _state(self._file)
        try:
            text = read_token(self._file)
            faults = tuple(token_faults(text))
        except RunspecError as error:
            text, faults = "", error.faults
        if faults:
            codes = ", ".join(fault.code for fault in faults)
            complaint = f"runspec serve: no token counts: {self._file}: {codes}"
            print(complaint, file=sys.stderr, flush=True)
        self._take("" if faults else text)

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
