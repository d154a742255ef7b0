"""A program that follows a log: what it has written so far, without waiting."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

CHUNK = 1 << 16
MOST = 1 << 20
"""Bytes that are given out at once."""


class Tail:
    """It runs in a process group of its own; `close` ends it."""

    __slots__ = ("_process", "_skip", "offset", "over")

    def __init__(self, argv: Sequence[str], offset: int) -> None:
        """The first `offset` bytes are known already. Raises OSError."""
        import subprocess

        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
            bufsize=0,
        )
        os.set_blocking(self._descriptor, False)
        self._skip = offset
        self.offset = offset
        self.over = False

    def read(self, seconds: float) -> bytes:
        """What has come since; where nothing has, wait so long for its end."""
        from select import select

        found: list[bytes] = []
        while sum(map(len, found)) < MOST and not self.over:
            try:
                data = os.read(self._descriptor, CHUNK)
            except BlockingIOError:
                if not select([self._descriptor], [], [], seconds)[0]:
                    break
                continue
            self.over = not data
            found.append(data[self._skip :])
            self._skip -= min(self._skip, len(data))
        read = b"".join(found)
        self.offset += len(read)
        return read

    def close(self) -> None:
        """End it, and leave nothing of it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def _descriptor(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()
