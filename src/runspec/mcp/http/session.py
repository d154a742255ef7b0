"""Sessions: the connections of the handshake era, each named by a header."""

from __future__ import annotations

import json
from secrets import token_urlsafe
from time import monotonic

from .. import messages
from .outbox import Exchange, Outbox, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from ..revisions import Revision
    from ..shapes import RequestId
    from .link import Deliver, Link
    from .options import Limits

    Connect: TypeAlias = Callable[[str, Deliver], Link]

_CANT_ASK = "the client reads no stream on which it could be asked"


class Session:
    """One client's connection; `exchanges` are its requests under way, by id.

    `listener` takes messages that belong to no request, where the client asked for
    them. `used` is when the session was last of use (monotonic seconds).
    """

    def __init__(self, principal: str, connect: Connect) -> None:
        self.id = token_urlsafe(32)
        self.principal = principal
        self.revision: Revision | None = None
        self.exchanges: dict[RequestId, Exchange] = {}
        self.listener: Outbox | None = None
        self.used = monotonic()
        self.link = connect(principal, self._deliver)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for anything of it."""
        return not self.exchanges and self.listener is None

    def begin(self, exchange: Exchange) -> None:
        """Requests are under way; their messages go to `exchange`."""
        for request_id in exchange.waiting:
            self.exchanges[request_id] = exchange

    def settle(self, request_id: RequestId) -> None:
        """That request is answered, or won't be."""
        exchange = self.exchanges.pop(request_id, None)
        if exchange is not None:
            exchange.settle(request_id)
            self.used = monotonic()

    def listen(self) -> Outbox:
        """A stream for messages of no request; it takes the place of one before."""
        if self.listener is not None:
            self.listener.end()
        self.listener = Outbox()
        return self.listener

    def unlisten(self, outbox: Outbox) -> None:
        """That stream is closed."""
        if self.listener is outbox:
            self.listener = None
        self.used = monotonic()

    def end(self, status: int) -> None:
        """End its streams; what is under way is answered by `status` alone."""
        for exchange in set(self.exchanges.values()):
            exchange.end(status)
        if self.listener is not None:
            self.listener.end()

    def _deliver(
        self, text: str, about: RequestId | None, revision: Revision | None
    ) -> None:
        self.revision = revision
        asks = kind_of(text) == "method"
        if about is None:
            if asks and self.listener is not None:
                self.listener.put(text)
            return
        exchange = self.exchanges.get(about)
        if exchange is None:
            return
        exchange.put(text)
        if not asks:
            self.settle(about)
        elif exchange.gone or not exchange.streams:
            self._answer_for_client(text)

    def _answer_for_client(self, text: str) -> None:
        """A request of ours that can't reach the client fails at once."""
        request_id = json.loads(text).get("id")
        if request_id is not None:
            code = messages.METHOD_NOT_FOUND
            self.link.receive(messages.error(request_id, code, _CANT_ASK))


class Sessions:
    """All of them; not too many, and none that is long unused."""

    def __init__(self, limits: Limits, connect: Connect) -> None:
        self._limits = limits
        self._connect = connect
        self._all: dict[str, Session] = {}

    def open(self, principal: str) -> Session | None:
        """A new one, if need be in the place of the longest unused; None: no room."""
        self._sweep()
        if len(self._all) >= self._limits.sessions:
            unused = [each for each in self._all.values() if each.idle]
            if not unused:
                return None
            self.close(min(unused, key=lambda each: each.used))
        session = Session(principal, self._connect)
        self._all[session.id] = session
        return session

    def find(self, session_id: str, principal: str) -> Session | None:
        """The session of that id; None where that client has none."""
        self._sweep()
        session = self._all.get(session_id)
        if session is None or session.principal != principal:
            return None
        session.used = monotonic()
        return session

    def close(self, session: Session) -> None:
        """End it, its streams and its calls."""
        if self._all.pop(session.id, None) is not None:
            session.end(404)
            session.link.close()

    def end_streams(self) -> None:
        """The server ends."""
        for session in self._all.values():
            session.end(503)

    def _sweep(self) -> None:
        before = monotonic() - self._limits.idle
        for session in tuple(self._all.values()):
            if session.idle and session.used < before:
                self.close(session)
