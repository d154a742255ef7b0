"""Sockets of the server's processes, on its loop."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket

    from ..loop import Loop


def pair() -> tuple[socket, socket]:
    """Two connected sockets, the first non-blocking. Raises OSError."""
    from ..compat import socket as sockets

    ours, theirs = sockets.socketpair()
    ours.setblocking(False)
    return ours, theirs


async def received(loop: Loop, channel: socket) -> bytes:
    """The next bytes; `b""` where the other end is gone."""
    await loop.readable(channel.fileno())
    try:
        return channel.recv(1 << 16)
    except OSError:
        return b""


async def sent(loop: Loop, channel: socket, content: bytes) -> bool:
    """Send all of it; False where the other end is gone."""
    rest = memoryview(content)
    while rest:
        try:
            rest = rest[channel.send(rest) :]
        except BlockingIOError:
            await loop.writable(channel.fileno())
        except OSError:
            return False
    return True
