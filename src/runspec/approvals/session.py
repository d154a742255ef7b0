"""A server session, which others can tell to be there or gone.

    SESSION.session    locked (flock(2)) by the server for as long as the session lasts

The system frees the lock when a server is killed, so that what it asked for doesn't
stay with nobody.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source.folder import Folder

ENDING = "session"
_OPEN = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Session:
    """One session of a server; `close` ends it. Raises RunspecError."""

    def __init__(self, folder: Folder) -> None:
        from fcntl import LOCK_EX, LOCK_NB, flock

        from ..source.folder import failed

        self.id = os.urandom(8).hex()
        self._path = folder.place(f"{self.id}.{ENDING}")
        with folder.lock():
            try:
                flags = _OPEN | os.O_CREAT | os.O_EXCL
                self._descriptor = os.open(self._path, flags, 0o600)
                flock(self._descriptor, LOCK_EX | LOCK_NB)
            except OSError as error:
                raise failed("unwritable", self._path, error) from None

    def close(self) -> None:
        """The session is over."""
        from contextlib import suppress

        if self._descriptor >= 0:
            with suppress(OSError):
                os.unlink(self._path)
            os.close(self._descriptor)
            self._descriptor = -1


def is_open(folder: Folder, session: str) -> bool:
    """Whether a session lasts."""
    from fcntl import LOCK_NB, LOCK_SH, flock

    if not session.isalnum():
        return False
    try:
        descriptor = os.open(folder.place(f"{session}.{ENDING}"), _OPEN)
    except OSError:
        return False
    try:
        flock(descriptor, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
