"""Between the thread of HTTP and that of the server's loop, which owns connections."""

from __future__ import annotations

import sys
from contextlib import suppress

from ..connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from typing import TypeAlias

    from ...spec.plain import Json
    from ..revisions import Revision
    from ..server import Server
    from ..shapes import RequestId

    Deliver: TypeAlias = Callable[[str, RequestId | None, Revision | None], None]


class Link:
    """A Connection, as the thread of HTTP sees it; what it asks for happens in order.

    `deliver(text, about, revision)` is called in the thread that made the link, with
    each message for the client, the request it belongs to, and the revision agreed on.
    """

    def __init__(
        self,
        server: Server,
        http: AbstractEventLoop,
        principal: str,
        deliver: Deliver,
        *,
        stateless: bool = False,
    ) -> None:
        self._server = server
        self._http = http
        self._deliver = deliver
        self._connection: Connection | None = None
        server.loop.from_thread(lambda: self._open(principal, stateless))

    def receive(self, message: Json, then: Callable[[], None] | None = None) -> None:
        """Take one message of the client; `then` is called here once it is taken."""
        self._server.loop.from_thread(lambda: self._receive(message, then))

    def close(self) -> None:
        """The client is gone; its calls are stopped."""
        self._server.loop.from_thread(self._begin_to_close)

    @property
    def _open_connection(self) -> Connection:
        assert self._connection is not None  # `_open` is the first that the loop does
        return self._connection

    def _open(self, principal: str, stateless: bool) -> None:
        self._connection = Connection(
            self._server, self._send, principal, stateless=stateless
        )

    def _receive(self, message: Json, then: Callable[[], None] | None) -> None:
        self._open_connection.receive(message)
        with suppress(OSError):  # a call that can't be started says so itself
            self._server.prepare()
        if then is not None:
            self._call_back(then)

    def _send(self, text: str, about: RequestId | None) -> None:
        revision = self._open_connection.revision
        self._call_back(lambda: self._deliver(text, about, revision))

    def _call_back(self, what: Callable[[], None]) -> None:
        try:
            self._http.call_soon_threadsafe(what)
        except RuntimeError:
            return  # HTTP has ended, and its clients with it

    def _begin_to_close(self) -> None:
        self._server.loop.spawn(self._close())

    async def _close(self) -> None:
        try:
            await self._open_connection.close()
        except Exception as error:  # noqa: BLE001  nobody waits for this to say it
            said = f"{type(error).__name__}: {error}"
            print(f"runspec serve: {said}", file=sys.stderr, flush=True)
