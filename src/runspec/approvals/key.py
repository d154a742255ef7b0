"""The key that marks what this user's servers and terminals wrote."""

from __future__ import annotations

import os

from ..errors import Fault, FilePlace, RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .folder import Folder

FILE = "key"
LENGTH = 32


class Key:
    """Secret bytes; marks are HMAC-SHA256 (RFC 2104) in hex.

    `purpose` keeps the marks of one kind of content from being good for another.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def mark(self, purpose: str, content: bytes) -> str:
        """The mark of some content."""
        from hmac import digest

        return digest(self._secret, purpose.encode() + b"\0" + content, "sha256").hex()

    def holds(self, purpose: str, content: bytes, mark: object) -> bool:
        """Whether `mark` is that of the content, found in constant time."""
        from hmac import compare_digest

        if not isinstance(mark, str) or not mark.isascii():
            return False
        return compare_digest(self.mark(purpose, content), mark)


def read_key(folder: Folder) -> Key | None:
    """The key of a folder, or None. Raises RunspecError where it can't be trusted."""
    secret = folder.read(FILE, LENGTH) if folder.exists() else None
    if secret is None:
        return None
    if len(secret) != LENGTH:
        path = folder.place(FILE)
        why = f"{len(secret)} bytes, not {LENGTH}"
        place = FilePlace(path, 0, 0)
        raise RunspecError(Fault("approvals-untrusted", path, place, received=why))
    return Key(secret)


def made_key(folder: Folder) -> Key:
    """The key of a folder, made when there is none. The lock must be held."""
    key = read_key(folder)
    if key is None:
        secret = os.urandom(LENGTH)
        folder.write(FILE, secret)
        key = Key(secret)
    return key
