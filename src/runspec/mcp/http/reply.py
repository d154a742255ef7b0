"""HTTP responses made of messages: one JSON text, or a stream of events."""

from __future__ import annotations

import asyncio
import re

from .outbox import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from starlette.types import Receive, Scope, Send

    from .options import Limits
    from .outbox import Exchange, Outbox

    Headers: TypeAlias = list[tuple[bytes, bytes]]
    Head: TypeAlias = Callable[[str], tuple[int, Headers]]

_PIECE = 1 << 18
"""Bytes given to a connection at once; more follow when these are on their way."""

_ERROR_CODE = re.compile(r'"error":\{"code":(-?\d+)')
_STATUS = {
    -32700: 400,
    -32600: 400,
    -32601: 404,
    -32602: 400,
    -32020: 400,
    -32021: 400,
    -32022: 400,
}
"""Statuses of error responses (2026-07-28, basic protocol and Streamable HTTP)."""

_NO_STORE = (b"cache-control", b"no-store")
_JSON: Headers = [(b"content-type", b"application/json"), _NO_STORE]
_EVENTS: Headers = [
    (b"content-type", b"text/event-stream"),
    (b"x-accel-buffering", b"no"),
    _NO_STORE,
]
_ALIVE = b":\n\n"
"""A comment among server-sent events: nothing but a sign of life."""


def stateless_head(text: str) -> tuple[int, Headers]:
    """Status and further headers of a response of the stateless era."""
    match = _ERROR_CODE.search(text) if kind_of(text) == "error" else None
    return _STATUS.get(int(match[1]), 200) if match else 200, []


def handshake_head(_: str) -> tuple[int, Headers]:
    """Status and further headers of a response of the handshake era."""
    return 200, []


class EventReply:
    """An ASGI response: the messages of an outbox, as server-sent events.

    `done(left)` is called at its end; `left` says that the client left before.
    """

    def __init__(
        self, outbox: Outbox, limits: Limits, done: Callable[[bool], None]
    ) -> None:
        self._outbox = outbox
        self._limits = limits
        self._done = done

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_until_left(receive))
        left = True
        try:
            await asyncio.wait((writing, leaving), return_when="FIRST_COMPLETED")
            left = not writing.done()
        finally:
            self._outbox.gone = True
            self._done(left)
            writing.cancel()
            leaving.cancel()
        if not left:
            await writing

    async def _write(self, send: Send) -> None:
        await self._stream(send, None)

    async def _stream(self, send: Send, text: str | None) -> None:
        await _start(send, 200, _EVENTS)
        while text is not None or not self._outbox.ended:
            await _body(send, _ALIVE if text is None else _event(text))
            text = await self._outbox.take(self._limits.quiet)
        await _end(send)


class Reply(EventReply):
    """What comes of an exchange: plain JSON if its response is all there is, and
    comes soon; else events. `head(text)` is the status and further headers of JSON.
    """

    def __init__(
        self,
        exchange: Exchange,
        limits: Limits,
        done: Callable[[bool], None],
        head: Head = handshake_head,
    ) -> None:
        super().__init__(exchange, limits, done)
        self._exchange = exchange
        self._head = head

    async def _write(self, send: Send) -> None:
        exchange = self._exchange
        first = await exchange.take(self._limits.opening if exchange.streams else None)
        if first is None and exchange.ended:
            await _start(send, exchange.status, [(b"content-length", b"0")])
            await _end(send)
        elif exchange.streams and (
            first is None or exchange.batch or kind_of(first) == "method"
        ):
            await self._stream(send, first)
        else:
            await self._whole(send, first or "")

    async def _whole(self, send: Send, text: str) -> None:
        """One JSON text; of a batch, the array of its responses."""
        status, headers = self._head(text)
        if self._exchange.batch:
            texts = [text]
            while (following := await self._exchange.take(None)) is not None:
                texts.append(following)
            text = f"[{','.join(texts)}]"
        data = text.encode()
        length = (b"content-length", str(len(data)).encode())
        await _start(send, status, [*_JSON, length, *headers])
        await _body(send, data)
        await _end(send)


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(text: str) -> bytes:
    return b"event: message\ndata: " + text.encode() + b"\n\n"


async def _start(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _body(send: Send, data: bytes) -> None:
    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})
