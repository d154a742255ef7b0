"""HTTP/1.1 connections that can't be held open for nothing."""

from __future__ import annotations

import h11
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

from .peer import GONE, owner_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    import ssl

    from starlette.types import ASGIApp

    from .options import Limits


class HttpConfig(uvicorn.Config):
    """uvicorn's configuration, without logs, proxies or signals of its own.

    `knows_peers`: connections look up whose process is at the other end. `keep_alive`:
    seconds until an unused connection is closed; `last_words`: those that streams have
    to end when the server does.
    """

    def __init__(
        self,
        application: ASGIApp,
        limits: Limits,
        *,
        knows_peers: bool,
        tls: ssl.SSLContext | None,
        keep_alive: int,
        last_words: int,
    ) -> None:
        super().__init__(
            application,
            loop="asyncio",
            http=HttpProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            workers=1,
            timeout_keep_alive=keep_alive,
            timeout_graceful_shutdown=last_words,
        )
        self._tls = tls
        self.limits = limits
        self.knows_peers = knows_peers

    def load(self) -> None:
        super().load()
        self.ssl = self._tls


class _Flow(FlowControl):
    """`held`: what comes next must wait until a request before it is answered."""

    held = False

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()


class HttpProtocol(H11Protocol):
    """uvicorn's, with an end for clients that send half a request or read nothing.

    The `state` of a request has `peer`: the uid at the other end, as `owner_of`.
    """

    config: HttpConfig
    flow: _Flow

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        limits = self.config.limits
        if len(self.connections) > limits.connections:
            transport.abort()
            return
        self.app_state = {**self.app_state, "peer": self._peer()}
        self._expect_more()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._hold()
        self._expect_more()

    def on_response_complete(self) -> None:
        self.flow.held = False
        super().on_response_complete()
        self._hold()
        if self.transport.is_closing():
            self._must_read()
        elif self.conn.their_state is h11.SEND_BODY:
            self._expect_more()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._must_read()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._must_read()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None and not self.transport.is_closing():
            self._stall.cancel()
            self._stall = None

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._deadline, self._stall):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def _peer(self) -> int | None:
        if not self.config.knows_peers:
            return None
        if self.client is None or self.server is None:
            return GONE  # it has been reset, yet what it sent can be read
        return owner_of(self.client, (self.server[0], self.server[1] or 0))

    def _hold(self) -> None:
        """Requests that follow unasked aren't read ahead, for they could be many."""
        done = self.conn.their_state is h11.DONE
        self.flow.held = done and self.conn.next_event() is h11.PAUSED

    def _expect_more(self) -> None:
        """A head, or a body that nobody reads any more, must end in time."""
        theirs = self.conn.their_state
        unread = theirs is h11.SEND_BODY and self.conn.our_state is h11.DONE
        if not (unread or theirs is h11.IDLE):
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None
        elif self._deadline is None:
            seconds = self.config.limits.head
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _must_read(self) -> None:
        """The client must take something of what is written."""
        if self._stall is None:
            seconds = self.config.limits.stalled
            self._stall = self.loop.call_later(seconds, self.transport.abort)
