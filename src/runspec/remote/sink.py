"""Standard output or error, where whoever reads it may be slow."""

from __future__ import annotations

import os
from stat import S_ISREG

from ..loop import Future

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..loop import Loop

PIECE = 4096
"""Bytes that a pipe takes at once when it can be written to (pipe(7), PIPE_BUF)."""
WHOLE = 1 << 20


class Sink:
    """Writes to a descriptor that others may share, so that it stays blocking.

    What one task writes isn't broken up by another's.
    """

    def __init__(self, loop: Loop, descriptor: int) -> None:
        self._loop = loop
        self._descriptor = descriptor
        regular = S_ISREG(os.fstat(descriptor).st_mode)
        self._piece = WHOLE if regular else PIECE
        self._regular = regular
        self._busy: Future[None] | None = None

    async def write(self, data: bytes) -> None:
        """Write all of it. Raises OSError, BrokenPipeError where nobody reads it."""
        while self._busy is not None:
            await self._busy
        self._busy = Future()
        try:
            await self._write(memoryview(data))
        finally:
            busy, self._busy = self._busy, None
            busy.settle(None)

    async def _write(self, left: memoryview) -> None:
        while left:
            if not self._regular:
                await self._loop.writable(self._descriptor)
            try:
                left = left[os.write(self._descriptor, left[: self._piece]) :]
            except BlockingIOError:
                continue
