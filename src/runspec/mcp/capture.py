"""What a program writes, kept in bounded memory."""

from __future__ import annotations

import codecs
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

    from ..loop import Loop
    from ..redact import Redactor, Stream

INLINE = 30_000
"""Bytes that are held in memory, and shown whole."""
LIMIT = 256 << 20
"""Bytes that are kept at all."""
CHUNK = 1 << 16


class Capture:
    """A stream's bytes: the first `inline` in memory, more in an unnamed file.

    `size` counts every byte written, `kept` those that can be read again: at most
    `limit`, or fewer where the file can't be written (no room, no temporary
    directory). Head and tail, `inline` // 2 bytes each, are there whatever is kept.
    With a redactor, all of it is about the bytes without secrets.
    """

    __slots__ = (
        "_decoder",
        "_file",
        "_limit",
        "_memory",
        "_redacted",
        "_tail",
        "inline",
        "kept",
        "size",
    )

    def __init__(
        self,
        inline: int = INLINE,
        limit: int = LIMIT,
        redactor: Redactor | None = None,
    ) -> None:
        self._redacted: Stream | None = None
        if redactor is not None:
            from ..redact import Stream

            self._redacted = Stream(redactor)
        self.inline = inline
        self.size = 0
        self.kept = 0
        self._limit = max(limit, inline)
        self._memory = bytearray()
        self._tail = bytearray()
        self._file: IO[bytes] | None = None
        utf8 = codecs.getincrementaldecoder("utf-8")
        self._decoder: codecs.IncrementalDecoder | None = utf8()

    @property
    def whole(self) -> bool:
        """Nothing was dropped."""
        return self.kept == self.size

    @property
    def is_utf8(self) -> bool:
        """All that was written, and not only what is kept, is UTF-8."""
        return self._decoder is not None and not self._decoder.getstate()[0]

    def write(self, data: bytes) -> None:
        """Take further bytes; raises nothing, what can't be kept is counted."""
        self._take(data if self._redacted is None else self._redacted.feed(data))

    def end(self) -> None:
        """Nothing more comes: take what was held back to be redacted."""
        redacted, self._redacted = self._redacted, None
        if redacted is not None:
            self._take(redacted.end())

    def _take(self, data: bytes) -> None:
        self.size += len(data)
        self._judge(data)
        self._tail += data
        del self._tail[: max(0, len(self._tail) - self.inline // 2)]
        room = self._limit - self.kept
        if room > 0:
            self._keep(data[:room])

    def head(self) -> bytes:
        """The first inline // 2 bytes."""
        return bytes(self._memory[: self.inline // 2])

    def tail(self) -> bytes:
        """The last inline // 2 bytes written, kept or not."""
        return bytes(self._tail)

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` of the bytes kept; none past their end."""
        length = min(length, self.kept - offset)
        if length <= 0:
            return b""
        if self._file is None:
            return bytes(self._memory[offset : offset + length])
        return os.pread(self._file.fileno(), length, offset)

    def text(self) -> str:
        """All that is kept; bytes that aren't UTF-8 are U+FFFD."""
        return self.read(0, self.kept).decode("utf-8", "replace")

    def close(self) -> None:
        """Free the memory and the file; there is nothing to read then."""
        self.kept = self._limit = 0
        self._memory.clear()
        self._tail.clear()
        if self._file is not None:
            self._file.close()

    def _judge(self, data: bytes) -> None:
        try:
            if self._decoder is not None:
                self._decoder.decode(data)
        except UnicodeDecodeError:
            self._decoder = None

    def _keep(self, data: bytes) -> None:
        if self._file is None and self.kept + len(data) > self.inline:
            self._to_file(data)
        if self._file is not None:
            self._append(data)
        else:
            data = data[: self._limit - self.kept]
            self._memory += data
            self.kept += len(data)

    def _to_file(self, data: bytes) -> None:
        """From `data` on in a file; where there can't be one, memory is the limit."""
        from tempfile import TemporaryFile

        try:
            self._file = TemporaryFile(buffering=0)  # noqa: SIM115  close() closes it
        except OSError:
            self._limit = self.inline
            return
        self.kept = 0
        self._append(bytes(self._memory))
        self._memory += data[: self.inline // 2]
        del self._memory[self.inline // 2 :]

    def _append(self, data: bytes) -> None:
        assert self._file is not None
        left = memoryview(data)
        while left and self.kept < self._limit:
            try:
                written = os.pwrite(self._file.fileno(), left, self.kept)
            except OSError:
                self._limit = self.kept
            else:
                self.kept += written
                left = left[written:]


async def pour(loop: Loop, descriptor: int, capture: Capture) -> None:
    """Read a descriptor that doesn't block until its end, then close it.

    It is closed when the task is cancelled, too, once it has begun.
    """
    try:
        while data := await read_some(loop, descriptor, CHUNK):
            capture.write(data)
    finally:
        capture.end()
        os.close(descriptor)


async def read_some(loop: Loop, descriptor: int, length: int) -> bytes:
    """The next bytes, 1 to `length`; none at the end. Lets others run first."""
    while True:
        await loop.readable(descriptor)
        try:
            return os.read(descriptor, length)
        except BlockingIOError:
            continue
        except OSError:  # a terminal whose other end is gone
            return b""
