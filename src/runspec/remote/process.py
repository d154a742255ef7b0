"""A process of ours with three pipes, in a process group of its own."""

from __future__ import annotations

import os

from ..compat import signal
from ..loop import Cancelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..loop import Loop, Task
    from .begun import Begun

CHUNK = 1 << 16
KEPT = 16_384
"""Bytes of what it says on stderr that are kept: the last ones."""
PAUSE = 0.005
LATEST = 2.0
"""Seconds that it has to end once its pipes have."""


class Process:
    """What has begun, on a loop; `stdin` and `stdout` are ours and don't block."""

    def __init__(self, loop: Loop, begun: Begun) -> None:
        self._loop = loop
        self._status: int | None = None
        self._said = bytearray()
        self._pid = begun.pid
        self.stdin, self.stdout = begun.stdin, begun.stdout
        self._stderr = begun.stderr
        self._listening: Task[None] = loop.spawn(self._listen())

    def close_stdin(self) -> None:
        """It reads to the end of what was written."""
        stdin, self.stdin = self.stdin, -1
        if stdin >= 0:
            os.close(stdin)

    async def ended(self, seconds: float = LATEST) -> tuple[int, bytes]:
        """Its exit status, or minus a signal's number, and the last of what it said.

        It is killed where it doesn't end in so many seconds.
        """
        await self._loop.first(self._listening, seconds)
        waited = 0.0
        while not self._reaped() and waited < seconds:
            await self._loop.sleep(PAUSE)
            waited += PAUSE
        self.kill()
        assert self._status is not None
        return self._status, bytes(self._said)

    def kill(self) -> None:
        """End it now."""
        if not self._reaped():
            os.kill(self._pid, signal.SIGKILL)
            self._reaped(wait=True)

    async def close(self) -> None:
        """Leave nothing of it; nobody may wait for its pipes any more."""
        self.kill()
        self._listening.cancel()
        await self._loop.first(self._listening)
        self.close_stdin()
        stdout, self.stdout = self.stdout, -1
        if stdout >= 0:
            os.close(stdout)

    def _reaped(self, *, wait: bool = False) -> bool:
        if self._status is None:
            pid, status = os.waitpid(self._pid, 0 if wait else os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status is not None

    async def _listen(self) -> None:
        try:
            while True:
                await self._loop.readable(self._stderr)
                data = os.read(self._stderr, CHUNK)
                if not data:
                    return
                self._said += data
                del self._said[:-KEPT]
        except (Cancelled, OSError):
            return
        finally:
            os.close(self._stderr)
