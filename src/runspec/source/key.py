"""A key that marks what this user's programs wrote."""

from __future__ import annotations

import os

from ..compat import sha256
from ..errors import Fault, FilePlace, RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .folder import Folder


FILE = "key"
LENGTH = 32
BLOCK = 64
"""Bytes of a block of SHA-256."""


class Key:
    """Secret bytes; marks are HMAC-SHA256 (RFC 2104) in hex.

    `purpose` keeps the marks of one kind of content from being good for another.
    """

    __slots__ = ("_hash", "_inner", "_outer")

    def __init__(self, secret: bytes) -> None:
        block = secret.ljust(BLOCK, b"\0")
        self._hash = sha256()
        self._inner = bytes(byte ^ 0x36 for byte in block)
        self._outer = bytes(byte ^ 0x5C for byte in block)

    def mark(self, purpose: str, content: bytes) -> str:
        """The mark of some content."""
        inner = self._hash(self._inner + purpose.encode() + b"\0" + content).digest()
        return self._hash(self._outer + inner).hexdigest()

    def holds(self, purpose: str, content: bytes, mark: object) -> bool:
        """Whether `mark` is that of the content, found in constant time."""
        from ..compat import compare_digest

        if not isinstance(mark, str) or not mark.isascii():
            return False
        return compare_digest(self.mark(purpose, content), mark)


def read_key(folder: Folder, file: str = FILE) -> Key | None:
    """The key of a folder, or None. Raises RunspecError where it can't be trusted."""
    secret = folder.read(file, LENGTH) if folder.exists() else None
    if secret is None:
        return None
    if len(secret) != LENGTH:
        path = folder.place(file)
        why = f"{len(secret)} bytes, not {LENGTH}"
        place = FilePlace(path, 0, 0)
        raise RunspecError(Fault(folder.untrusted, path, place, received=why))
    return Key(secret)


def made_key(folder: Folder) -> Key:
    """The key of a folder, made when there is none. The lock must be held."""
    key = read_key(folder)
    if key is None:
        secret = os.urandom(LENGTH)
        folder.write(FILE, secret)
        key = Key(secret)
    return key
