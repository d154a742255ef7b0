"""The server on standard input and output: one message a line."""

from __future__ import annotations

import os

from ..loop import Cancelled, Future, TooLate
from ..remote.pipes import Writer
from ..remote.wire import Lines
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
AHEAD = 1 << 18
"""Bytes of output that programs may be ahead of a client that streams it."""
LAST_WORDS = 2.0
"""Seconds that the client has to take what is left when the server ends."""


async def serve_stdio(server: Server, stopped: Future[int]) -> None:
    """Serve the client at descriptors 0 and 1 until it leaves or `stopped` settles."""
    descriptor = _own_stdout()
    os.set_blocking(descriptor, False)
    writer = Writer(server.loop, descriptor)

    async def drained() -> None:
        if writer.unread > AHEAD:
            await writer.flushed()

    try:
        principal = f"uid {os.getuid()}"
        connection = Connection(
            server, lambda text, _: writer.write(text), principal, drained=drained
        )
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
    lines = Lines(LONGEST)
    try:
        while data := await _heard(server, connection):
            for line in lines.feed(data):
                _take(connection, line)
            if not connection.streams:
                server.prepare()
            if writer.unread > UNREAD:
                await writer.flushed()
    except Cancelled:
        return


async def _heard(server: Server, connection: Connection) -> bytes:
    """What comes next; nothing once the client is gone.

    One that streams gives signs of life; ssh need not notice that it is gone.
    """
    try:
        await server.loop.within(connection.silence, server.loop.readable(0))
    except TooLate:
        return b""
    return os.read(0, CHUNK)


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
