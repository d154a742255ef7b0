"""The ledger's file, open and locked."""

from __future__ import annotations

import os

from ..record import above_standard
from ..source.folder import acquire, failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from ..source.folder import Folder

LEDGER = "audit.jsonl"
UNTRUSTED = "audit-untrusted"
_COMMON = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_WRITE = os.O_RDWR | os.O_APPEND | os.O_CREAT | _COMMON
_READ = os.O_RDONLY | _COMMON


class LedgerFile:
    """`with` it, one process writes or several read; `descriptor` is open as long.

    Raises RunspecError: `audit-untrusted` for what isn't a file of this user alone,
    `unreadable` or `unwritable`. `descriptor` is -1 where a reader finds no file.
    """

    __slots__ = ("_folder", "_writes", "descriptor", "path")

    def __init__(self, folder: Folder, *, writes: bool) -> None:
        self._folder = folder
        self._writes = writes
        self.path = folder.place(LEDGER)
        self.descriptor = -1

    def __enter__(self) -> LedgerFile:
        while self._opened() and not self._is_locked():
            continue
        return self

    def _opened(self) -> bool:
        try:
            flags = _WRITE if self._writes else _READ
            self.descriptor = above_standard(os.open(self.path, flags, 0o600))
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not self._writes:
                return False
            code = "unwritable" if self._writes else "unreadable"
            raise failed(code, self.path, error) from None
        return True

    def _is_locked(self) -> bool:
        """Lock it; False where it was taken away meanwhile, and is closed again."""
        try:
            self._folder.require_private(self.path, os.fstat(self.descriptor))
            acquire(self.descriptor, self.path, shared=not self._writes)
            if os.fstat(self.descriptor).st_nlink:
                return True
        except BaseException:
            self.close()
            raise
        self.close()
        return False

    def release(self) -> None:
        """Unlock it, so that others write while it is read."""
        from fcntl import LOCK_UN, flock

        if self.descriptor >= 0:
            flock(self.descriptor, LOCK_UN)

    def close(self) -> None:
        """Close it, and so unlock it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
