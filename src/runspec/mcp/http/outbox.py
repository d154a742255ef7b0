"""Messages on their way to one HTTP response."""

from __future__ import annotations

import asyncio
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..shapes import RequestId

WAITING = 256
"""Messages that wait for a slow client; further notifications are left out."""

_KIND = re.compile(r'"(method|result|error)":')


def kind_of(text: str) -> str:
    """What an encoded message has: "method", "result" or "error".

    The first of these keys is the message's own: only its id stands before it, and
    a quote within a string is escaped.
    """
    match = _KIND.search(text)
    return match[1] if match else ""


class Outbox:
    """A queue of messages that has an end.

    `gone`: nobody takes anything from it any more. `ended`: the last was taken;
    `status` is what HTTP says where there was none.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.gone = False
        self.ended = False
        self.status = 202

    def put(self, text: str) -> None:
        """One message more; a notification only while there is room."""
        full = self._queue.qsize() >= WAITING and kind_of(text) == "method"
        if not self.gone and not full:
            self._queue.put_nowait(text)

    def end(self, status: int = 202) -> None:
        """Nothing more comes."""
        self.status = status
        self._queue.put_nowait(None)

    async def take(self, seconds: float | None) -> str | None:
        """The next message; None when it has ended, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                text = await self._queue.get()
        except TimeoutError:
            return None
        self.ended = text is None
        return text


class Exchange(Outbox):
    """What one POST waits for: the responses to its requests, and what comes before.

    `streams`: the client takes several messages, and requests among them. `batch`:
    its requests came in an array.
    """

    def __init__(
        self, request_ids: Iterable[RequestId], *, streams: bool, batch: bool = False
    ) -> None:
        super().__init__()
        self.waiting = set(request_ids)
        self.streams = streams
        self.batch = batch

    def put(self, text: str) -> None:
        """One message more; only a response where the client takes no stream."""
        if self.streams or kind_of(text) != "method":
            super().put(text)

    def settle(self, request_id: RequestId) -> None:
        """One of its requests is answered, or won't be; it ends with the last."""
        if request_id in self.waiting:
            self.waiting.discard(request_id)
            if not self.waiting:
                self.end()
