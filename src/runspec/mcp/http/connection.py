"""Connections that can't be held open for nothing.

asyncio and uvicorn bound neither how long a head may take nor how long a client may
read nothing. So the sockets that they are given do: `accept`, `recv` and `send` are
where both of them meet a client.
"""

from __future__ import annotations

import asyncio
import socket
from math import inf

from .peer import GONE, owner_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .options import Limits

AHEAD = 1 << 18
"""Bytes that a client may send before a request of its own is answered."""
BODY = (b"content-length", b"transfer-encoding")
"""Headers of a request that has a body (RFC 9112, section 6.3)."""


class Connections:
    """Those that are open, by the client's address.

    `knows_peers`: it is looked up whose process is at the other end.
    """

    def __init__(self, limits: Limits, *, knows_peers: bool) -> None:
        self.limits = limits
        self._knows_peers = knows_peers
        self._open: dict[tuple[str, int], Connection] = {}

    def add(self, accepted: socket.socket, address: tuple[Any, ...]) -> Connection:
        """Raises ConnectionAbortedError where there are too many."""
        if len(self._open) >= self.limits.connections:
            accepted.close()
            raise ConnectionAbortedError
        own = accepted.getsockname()
        peer = owner_of(address[:2], own[:2]) if self._knows_peers else None
        connection = Connection(accepted, address[:2], peer, self)
        self._open[connection.address] = connection
        return connection

    def remove(self, connection: Connection) -> None:
        """One that is closed."""
        if self._open.get(connection.address) is connection:
            del self._open[connection.address]

    def of(self, scope: Scope) -> Connection | None:
        """That of a request; None where the client has reset it already."""
        client = scope["client"]
        return None if client is None else self._open.get(tuple(client))

    def cut(self) -> None:
        """Cut all of them."""
        for each in tuple(self._open.values()):
            each.cut()


class Listener(socket.socket):
    """A listening socket whose connections have limits."""

    connections: Connections

    def accept(self) -> tuple[socket.socket, Any]:
        accepted, address = super().accept()
        return self.connections.add(accepted, address), address


class Connection(socket.socket):
    """The socket of one client.

    A client must send the rest of what it has begun, and read something of what waits
    for it, in time. `peer` is the uid at the other end, as `owner_of`.
    """

    def __init__(
        self,
        accepted: socket.socket,
        address: tuple[str, int],
        peer: int | None,
        connections: Connections,
    ) -> None:
        family, kind, protocol = accepted.family, accepted.type, accepted.proto
        super().__init__(family, kind, protocol, fileno=accepted.detach())
        self.address = address
        self.peer = peer
        self._connections = connections
        self._limits = connections.limits
        self._loop = asyncio.get_running_loop()
        self._request: object = None
        self._ahead: float = -inf
        self._head: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._expect_head()

    def begin(self, request: object, *, body: bool) -> None:
        """Its head has come; `body`: something is to follow."""
        self._request = request
        self._ahead = -inf if body else 0
        self._stop(self._head)
        self._head = None

    def body_end(self) -> None:
        """All of the request has come; what comes now is the next one."""
        self._ahead = 0

    def end(self, request: object) -> None:
        """It was answered. What is left of its body must come in time, too."""
        if self._request is request:
            self._request = None
            if self._ahead:
                self._expect_head()

    def cut(self) -> None:
        """End it, for both sides; whoever waits for it is told so by the system."""
        try:
            self.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def recv(self, *args: Any) -> bytes:
        data = super().recv(*args)
        self._count(len(data))
        return data

    def recv_into(self, *args: Any) -> int:
        size = super().recv_into(*args)
        self._count(size)
        return size

    def send(self, data: Any, *args: Any) -> int:
        return self._progress(memoryview(data).nbytes, super().send, data, *args)

    def sendmsg(self, buffers: Any, *args: Any) -> int:
        parts = tuple(buffers)
        size = sum(memoryview(each).nbytes for each in parts)
        return self._progress(size, super().sendmsg, parts, *args)

    def close(self) -> None:
        self._stop(self._head)
        self._stop(self._stall)
        self._connections.remove(self)
        super().close()

    def _count(self, size: int) -> None:
        self._ahead += size
        if self._request is None:
            self._expect_head()
        elif self._ahead > AHEAD:
            self.cut()

    def _progress(self, size: int, send: Callable[..., int], *args: Any) -> int:
        """Send; the client must take something of what can't be sent now."""
        done = 0
        try:
            done = send(*args)
        finally:
            if done:
                self._stop(self._stall)
                self._stall = None
            if done < size and self._stall is None:
                self._stall = self._loop.call_later(self._limits.stalled, self.cut)
        return done

    def _expect_head(self) -> None:
        if self._head is None:
            self._head = self._loop.call_later(self._limits.head, self.cut)

    def _stop(self, timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()


class Watch:
    """An ASGI application that tells a connection of its requests.

    A request's state has `peer`: the uid at the other end, as `owner_of`.
    """

    def __init__(self, app: ASGIApp, *, connections: Connections) -> None:
        self._app = app
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = self._connections.of(scope)
        if connection is None:
            scope["state"]["peer"] = GONE
            await self._app(scope, receive, send)
            return

        async def receive_and_tell() -> Message:
            message = await receive()
            if not message.get("more_body"):
                connection.body_end()
            return message

        request = object()
        scope["state"]["peer"] = connection.peer
        names = {name for name, _ in scope["headers"]}
        connection.begin(request, body=not names.isdisjoint(BODY))
        try:
            await self._app(scope, receive_and_tell, send)
        finally:
            connection.end(request)
