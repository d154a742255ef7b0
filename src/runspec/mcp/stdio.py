"""The server on standard input and output: one message a line."""

from __future__ import annotations

import os

from ..loop import Cancelled, Future
from . import messages
from .connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .server import Server

CHUNK = 1 << 16
LONGEST = 64 << 20
"""Bytes of one message; a longer one is refused, and passed over to its end."""
UNREAD = 8 << 20
"""Bytes not yet taken by the client; beyond it nothing more is read from it."""
LAST_WORDS = 2.0
"""Seconds that the client has to take what is left when the server ends."""


class Lines:
    """Cuts what comes into lines, in bounded memory."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._passing_over = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that `data` completes; None for one that was too long."""
        *ends, rest = data.split(b"\n")
        lines: list[bytes | None] = []
        for end in ends:
            self._add(end)
            lines.append(None if self._passing_over else b"".join(self._parts))
            self._parts, self._size, self._passing_over = [], 0, False
        self._add(rest)
        return lines

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > LONGEST:
            self._parts, self._passing_over = [], True
        elif part:
            self._parts.append(part)


class Writer:
    """Writes lines without waiting for whoever reads them."""

    def __init__(self, server: Server, descriptor: int) -> None:
        self._loop = server.loop
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


async def serve_stdio(server: Server, stopped: Future[None]) -> None:
    """Serve the client at descriptors 0 and 1 until it leaves or `stopped` settles."""
    descriptor = _own_stdout()
    os.set_blocking(descriptor, False)
    writer = Writer(server, descriptor)
    try:
        principal = f"uid {os.getuid()}"
        connection = Connection(server, lambda text, _: writer.write(text), principal)
        reading = server.loop.spawn(_read(server, connection, writer))
        await server.loop.first(reading, writer.broken, stopped)
        if reading.settled:
            reading.value()
        reading.cancel()
        await server.close()
        await writer.flushed(LAST_WORDS)
    finally:
        os.set_blocking(descriptor, True)


def _own_stdout() -> int:
    """The client's descriptor; whatever else is printed goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


async def _read(server: Server, connection: Connection, writer: Writer) -> None:
    lines = Lines()
    try:
        while True:
            await server.loop.readable(0)
            data = os.read(0, CHUNK)
            if not data:
                return
            for line in lines.feed(data):
                _take(connection, line)
            server.prepare()
            if writer.unread > UNREAD:
                await writer.flushed()
    except Cancelled:
        return


def _take(connection: Connection, line: bytes | None) -> None:
    if line is None:
        too_long = f"a message has at most {LONGEST} bytes"
        connection.refuse(messages.Malformed(messages.INVALID_REQUEST, too_long))
        return
    if not line.strip():
        return
    try:
        message = messages.decode(line)
    except messages.Malformed as error:
        connection.refuse(error)
        return
    connection.receive(message)
