"""The endpoint of MCP: which era, which session, which answer."""

from __future__ import annotations

import asyncio
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from .. import messages
from ..revisions import HANDSHAKE
from .body import Refusal, accepts, check_media, read_body, refused
from .headers import VERSION_HEADER, check_headers, is_stateless
from .link import Link
from .outbox import Exchange, kind_of
from .reply import EventReply, Reply, stateless_head
from .session import Sessions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ...spec.plain import Json
    from ..revisions import Revision
    from ..server import Server
    from ..shapes import RequestId
    from .link import Deliver
    from .options import Limits
    from .reply import Headers
    from .session import Session

    Message = messages.Request | messages.Notification | messages.Response

SESSION_HEADER = "mcp-session-id"

_NO_SESSION = "MCP-Session-Id is missing; initialize first"


class Endpoint:
    """An ASGI application; all of it happens in the thread of HTTP."""

    def __init__(self, server: Server, limits: Limits) -> None:
        self._server = server
        self._limits = limits
        self._sessions = Sessions(limits, self._connect)
        self._single: set[Exchange] = set()
        self._ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(Request(scope, receive))
        except Refusal as refusal:
            answer = refusal.response
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    def refuse(self) -> None:
        """Answer no further requests."""
        self._ending = True

    def end(self) -> None:
        """End every stream."""
        self._sessions.end_streams()
        for exchange in self._single:
            exchange.end(503)

    async def _answer(self, request: Request) -> ASGIApp:
        self._check_open()
        if request.method == "POST":
            return await self._post(request)
        if request.method not in ("GET", "DELETE") or not _has_session(request):
            raise refused(405, "Only POST is of use here.", Allow="POST")
        session = self._session(request)
        if request.method == "GET":
            return self._listen(request, session)
        self._sessions.close(session)
        return Response(status_code=204)

    def _check_open(self) -> None:
        if self._ending:
            raise refused(503, "The server ends.")

    async def _post(self, request: Request) -> ASGIApp:
        streams = check_media(request)
        body = await read_body(request, self._limits)
        self._check_open()
        try:
            message = messages.decode(body)
            if is_stateless(message, request.headers):
                return self._stateless(request, message, streams=streams)
            return self._handshake(request, message, streams=streams)
        except messages.Malformed as error:
            raise Refusal(_error(error)) from None

    def _stateless(self, request: Request, message: Json, *, streams: bool) -> ASGIApp:
        """One request is all there is: it has a connection of its own."""
        read = messages.read(message)
        if isinstance(read, messages.Response):
            raise messages.Malformed(messages.INVALID_REQUEST, "nothing was asked")
        if isinstance(read, messages.Notification):
            return Response(status_code=202)
        check_headers(read, request.headers)
        if read.method == "subscriptions/listen" and not streams:
            raise refused(406, "The Accept header must have text/event-stream.")
        request_id = read.id
        exchange = Exchange((request_id,), streams=streams)

        def deliver(text: str, _: RequestId | None, __: Revision | None) -> None:
            exchange.put(text)
            if kind_of(text) != "method":
                exchange.settle(request_id)

        def done(_: bool) -> None:
            self._single.discard(exchange)
            link.close()

        link = self._connect(_principal(request), deliver, stateless=True)
        self._single.add(exchange)
        link.receive(message)
        return Reply(exchange, self._limits, done, stateless_head)

    def _handshake(self, request: Request, message: Json, *, streams: bool) -> ASGIApp:
        parts = message if isinstance(message, list) else [message]
        read = [messages.read(each) for each in parts]
        if not _has_session(request):
            return self._initialize(request, message, read)
        session = self._session(request)
        batch = isinstance(message, list)
        if batch and not (read and session.revision and session.revision.batches):
            raise messages.Malformed(messages.INVALID_REQUEST, "no batch is taken here")
        exchange = Exchange(_free_ids(read, session), streams=streams, batch=batch)
        session.begin(exchange)
        for part, each in zip(parts, read, strict=True):
            cancelled = _cancels(each)
            then = None if cancelled is None else partial(session.settle, cancelled)
            session.link.receive(part, then)
        if not exchange.waiting:
            return Response(status_code=202)
        return Reply(exchange, self._limits, _leave_it)

    def _initialize(
        self, request: Request, message: Json, read: list[Message]
    ) -> ASGIApp:
        """A session begins, if its connection agrees."""
        first = read[0] if isinstance(message, dict) else None
        if not isinstance(first, messages.Request) or first.method != "initialize":
            request_id = first.id if isinstance(first, messages.Request) else None
            raise messages.Malformed(messages.INVALID_REQUEST, _NO_SESSION, request_id)
        session = self._sessions.open(_principal(request))
        if session is None:
            raise refused(503, "There are too many sessions.", Retry_After="60")
        exchange = Exchange((first.id,), streams=False)
        session.begin(exchange)
        session.link.receive(message)

        def head(text: str) -> tuple[int, Headers]:
            if kind_of(text) == "result":
                return 200, [(SESSION_HEADER.encode(), session.id.encode())]
            self._sessions.close(session)
            return 200, []

        def done(left: bool) -> None:
            if left:
                self._sessions.close(session)

        return Reply(exchange, self._limits, done, head)

    def _listen(self, request: Request, session: Session) -> ASGIApp:
        """A stream for what belongs to no request."""
        if not accepts(request, "text/event-stream"):
            raise refused(406, "The Accept header must have text/event-stream.")
        outbox = session.listen()
        return EventReply(outbox, self._limits, lambda _: session.unlisten(outbox))

    def _session(self, request: Request) -> Session:
        session_id = request.headers[SESSION_HEADER]
        session = self._sessions.find(session_id, _principal(request))
        if session is None:
            raise refused(404, "There is no such session; initialize again.")
        for version in request.headers.getlist(VERSION_HEADER):
            if version not in HANDSHAKE:
                raise refused(400, "Sessions don't have that MCP-Protocol-Version.")
        return session

    def _connect(
        self, principal: str, deliver: Deliver, *, stateless: bool = False
    ) -> Link:
        http = asyncio.get_running_loop()
        return Link(self._server, http, principal, deliver, stateless=stateless)


def _principal(request: Request) -> str:
    principal: str = request.scope["state"]["principal"]
    return principal


def _has_session(request: Request) -> bool:
    return SESSION_HEADER in request.headers


def _free_ids(read: list[Message], session: Session) -> list[RequestId]:
    """The ids of the requests in it; none may be in use."""
    ids = [each.id for each in read if isinstance(each, messages.Request)]
    if len(set(ids)) != len(ids) or not session.exchanges.keys().isdisjoint(ids):
        text = "a request with this id is under way"
        raise messages.Malformed(messages.INVALID_REQUEST, text)
    return ids


def _cancels(read: Message) -> RequestId | None:
    """The request that the client no longer waits for, and that gets no response."""
    if not isinstance(read, messages.Notification):
        return None
    if read.method != "notifications/cancelled":
        return None
    request_id = read.params.get("requestId")
    known = isinstance(request_id, str | int) and not isinstance(request_id, bool)
    return request_id if known else None  # type: ignore[return-value]


def _leave_it(_: bool) -> None:
    """A client that leaves has not cancelled (2025-11-25, sending messages)."""


def _error(error: messages.Malformed) -> Response:
    body = messages.error(error.request_id, error.code, error.message, error.data)
    return JSONResponse(body, 400)
