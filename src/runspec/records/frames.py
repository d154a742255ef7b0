"""Reading the frames of a journal, whatever has happened to it.

The format is that of `runspec/record.py`.
"""

from __future__ import annotations

import os
from marshal import loads
from sys import byteorder

from ..record import WITH_STATUS
from ..specfile import checksum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..record import Event

HEAD = 12
"""Bytes before a payload: its length, its sum."""
MOST = 1 << 24
"""Bytes of the longest payload."""
CHUNK = 1 << 20
PATIENCE = 1 << 30
"""Bytes of payloads that are summed to find the way back to the frames of a file."""
STATUS = 4
"""Bytes of an exit status behind a payload."""
LIKELY = rb"(?=[\x00-\xff]{3}[\x00\x80][\x00-\xff]{8}[\x7b\xfb])"
"""What a frame may begin with: a length below MOST; the payload is a dict."""


class Frames:
    """The events of an open file from an offset on, one by one; it may grow meanwhile.

    What is no frame is skipped where a whole one follows; `damaged` counts how often.
    `offset` is behind the last event.
    """

    __slots__ = ("_at", "_buffer", "_descriptor", "_patience", "_start", "damaged")

    def __init__(self, descriptor: int, offset: int = 0) -> None:
        self._descriptor = descriptor
        self._patience = PATIENCE
        self._buffer = bytearray()
        self._start = self._at = 0
        self.damaged = 0
        self._seek(offset)

    @property
    def offset(self) -> int:
        return self._start + self._at

    def next(self) -> Event | None:
        """The next event that is whole; None where there is none. Raises OSError."""
        if self._at > CHUNK:
            self._drop(self._at)
        event, after = self._frame(self._at)
        if event is None:
            if not self._has(self._at + 1):
                return None
            before = self.offset
            event, after = self._resynchronised()
            if event is None:  # its writer may not be done
                self._seek(before)
                return None
            self.damaged += 1
        self._at = after
        return event

    @property
    def is_at_end(self) -> bool:
        """Whether nothing follows, not even the beginning of a frame."""
        return not self._has(self._at + 1)

    def _frame(self, at: int) -> tuple[Event | None, int]:
        """The event of the frame at an offset, and where the next one begins."""
        start = at + HEAD
        if not self._has(start):
            return None, at
        length = int.from_bytes(self._buffer[at : at + 4], "little")
        more = STATUS if length & WITH_STATUS else 0
        length &= ~WITH_STATUS
        end = start + length
        if not 0 < length <= MOST or not self._has(end + more):
            return None, at
        payload = bytes(self._buffer[start:end])
        if checksum(payload) != self._buffer[at + 4 : start]:
            return None, at
        event = _event(payload)
        if event is not None and more:
            status = int.from_bytes(self._buffer[end : end + more], byteorder)
            event["status"] = status & 0xFF
        return event, end + more

    def _resynchronised(self) -> tuple[Event | None, int]:
        """The first event after the offset that is no frame, and where it ends."""
        from re import compile

        likely = compile(LIKELY)
        at = self._at + 1
        while True:
            found = likely.search(self._buffer, at)
            if found is None:
                self._drop(max(at, len(self._buffer) - HEAD))
                at = 0
                if not self._has(HEAD + 1):
                    return None, len(self._buffer)
                continue
            at = found.start()
            self._patience -= int.from_bytes(self._buffer[at : at + 3], "little")
            if self._patience > 0:
                event, after = self._frame(at)
                if event is not None:
                    return event, after
            at += 1

    def _has(self, size: int) -> bool:
        """Whether the buffer has that many bytes, after reading what it needs."""
        while len(self._buffer) < size:
            chunk = os.read(self._descriptor, CHUNK)
            if not chunk:
                return False
            self._buffer += chunk
        return True

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._start += count
        self._at = 0

    def _seek(self, offset: int) -> None:
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        self._buffer.clear()
        self._start, self._at = offset, 0


def _event(payload: bytes) -> Event | None:
    """A payload whose sum is right may still be no dict."""
    try:
        event = loads(payload)  # noqa: S302  this user's own, and only data is taken
    except (ValueError, EOFError, TypeError, MemoryError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
