"""A process that drives a run of a pipeline after its client has left."""

from __future__ import annotations

import os

from ...errors import Fault, RunspecError
from .lock import DriverLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .state import PipelineState

LOG = "driver.log"
READY = b"+"


def detach_driver(
    state: PipelineState, drive: Callable[[], None]
) -> RunspecError | None:
    """Fork a process that has the lock of the run and calls `drive`.

    It returns in the client once the driver has that lock; else why it hasn't. What
    the driver has to say is in `driver.log` of the run directory.
    """
    listen, tell = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(listen)
            os.setsid()
            if not os.fork():
                _run(state, drive, tell)
        finally:
            os._exit(0)
    os.close(tell)
    os.waitpid(pid, 0)
    with open(listen, "rb") as said:
        answer = said.read()
    if answer == READY:
        return None
    return RunspecError(Fault("pipeline-running", state.name, detail="another process"))


def _run(state: PipelineState, drive: Callable[[], None], tell: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    log = os.open(f"{state.folder}/{LOG}", flags, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, number in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, number)
    with DriverLock(state.folder, state.name):
        os.write(tell, READY)
        os.close(tell)
        drive()
