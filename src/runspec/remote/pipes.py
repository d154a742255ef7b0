"""Writing to a pipe whose reader may be slow."""

from __future__ import annotations

import os

from ..loop import Future

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..loop import Loop


class Writer:
    """Writes lines without waiting for whoever reads them."""

    def __init__(self, loop: Loop, descriptor: int) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._left: list[memoryview] = []
        self._task: Future[None] | None = None
        self.unread = 0
        self.broken: Future[None] = Future()

    def write(self, text: str) -> None:
        """Send one line, now or as soon as it is taken."""
        if self.broken.settled:
            return
        data = memoryview(text.encode() + b"\n")
        if not self._left:
            data = self._tried(data)
        if data and not self.broken.settled:
            self._left.append(data)
            self.unread += len(data)
            if self._task is None or self._task.settled:
                self._task = self._loop.spawn(self._drain())

    async def flushed(self, seconds: float | None = None) -> None:
        """Wait until everything is taken, or for so long."""
        if self._task is not None:
            await self._loop.first(self._task, seconds)

    def _tried(self, data: memoryview) -> memoryview:
        try:
            return data[os.write(self._descriptor, data) :]
        except BlockingIOError:
            return data
        except OSError:
            self.broken.settle(None)
            return data

    async def _drain(self) -> None:
        while self._left and not self.broken.settled:
            await self._loop.writable(self._descriptor)
            before = self._left[0]
            self._left[0] = self._tried(before)
            self.unread -= len(before) - len(self._left[0])
            if not self._left[0]:
                del self._left[0]
        if self.broken.settled:
            self._left, self.unread = [], 0
