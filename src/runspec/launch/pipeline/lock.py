"""One process at a time drives a run of a pipeline (PIP-07)."""

from __future__ import annotations

import os
from time import sleep

from ...errors import Fault, RunspecError
from ...source.folder import failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

LOCK = "driver.lock"
TRIES, PAUSE = 20, 0.05
"""How often, and after how many seconds, a lock is tried for again: who only looks
whether there is a driver has it for a moment.
"""
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
        for left in reversed(range(TRIES)):
            try:
                lockf(self._descriptor, LOCK_EX | LOCK_NB)
                break
            except OSError:
                if not left:
                    raise self._running() from None
                sleep(PAUSE)
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()} {os.uname().nodename}".encode())

    def _running(self) -> RunspecError:
        holder = os.read(self._descriptor, 256).decode("ascii", "replace")
        os.close(self._descriptor)
        pid, _, host = holder.partition(" ")
        detail = f"process {pid} on {host}" if host else ""
        return RunspecError(Fault("pipeline-running", self._name, detail=detail))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)


def is_driven(folder: str) -> bool:
    """Whether a process drives that run of a pipeline now."""
    return driver_of(folder) is not None


def driver_of(folder: str) -> tuple[int, str] | None:
    """The process that drives a run, and its host; 0 where it doesn't say so."""
    from fcntl import LOCK_NB, LOCK_SH, lockf

    try:
        descriptor = os.open(f"{folder}/{LOCK}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        lockf(descriptor, LOCK_SH | LOCK_NB)
    except OSError:
        said = os.read(descriptor, 256).decode("ascii", "replace")
        pid, _, host = said.partition(" ")
        return (int(pid) if pid.isdigit() else 0), host
    else:
        return None
    finally:
        os.close(descriptor)


def stop_driver(folder: str) -> None:
    """Ask the process that drives a run on this machine to end it (SIGTERM)."""
    from contextlib import suppress
    from signal import SIGTERM

    pid, host = driver_of(folder) or (0, "")
    if pid and host == os.uname().nodename:
        with suppress(OSError):
            os.kill(pid, SIGTERM)
