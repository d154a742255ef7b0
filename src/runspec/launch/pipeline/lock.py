"""One process at a time drives a run of a pipeline (PIP-07)."""

from __future__ import annotations

import os

from ...errors import Fault, RunspecError
from ...source.folder import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

LOCK = "driver.lock"
FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class DriverLock:
    """`with DriverLock(folder, name):` raises RunspecError (`pipeline-running`).

    It is a lock of this process (fcntl(2)), which the jobs that it forks don't hold.
    """

    __slots__ = ("_descriptor", "_folder", "_name")

    def __init__(self, folder: str, name: str) -> None:
        self._folder = folder
        self._name = name
        self._descriptor = -1

    def __enter__(self) -> None:
        from fcntl import LOCK_EX, LOCK_NB, lockf

        path = f"{self._folder}/{LOCK}"
        try:
            self._descriptor = os.open(path, FLAGS, 0o600)
        except OSError as error:
            raise failed("unwritable", path, error) from None
        try:
            lockf(self._descriptor, LOCK_EX | LOCK_NB)
        except OSError:
            holder = os.read(self._descriptor, 32).decode("ascii", "replace")
            os.close(self._descriptor)
            detail = f"process {holder}" if holder else ""
            fault = Fault("pipeline-running", self._name, detail=detail)
            raise RunspecError(fault) from None
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, b"%d" % os.getpid())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)
