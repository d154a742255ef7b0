"""The body of a POST: so many bytes, in so much time, and what they say."""

from __future__ import annotations

import asyncio

from starlette.responses import PlainTextResponse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .options import Limits


class Refusal(Exception):  # noqa: N818  the answer that ends a request
    """A request that gets no further; `response` says why."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def refused(status: int, why: str, **headers: str) -> Refusal:
    """A refusal in words; `headers` are by their names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal(PlainTextResponse(why + "\n", status, named))


def check_media(request: Request) -> bool:
    """Whether the client also takes a stream; raises Refusal.

    A page of another origin can't send JSON without asking first (Fetch, CORS).
    """
    media = request.headers.get("content-type", "").partition(";")[0]
    if media.strip().lower() != "application/json":
        raise refused(415, "The Content-Type must be application/json.")
    if not accepts(request, "application/json"):
        raise refused(406, "The Accept header must have application/json.")
    return accepts(request, "text/event-stream")


def accepts(request: Request, media: str) -> bool:
    """Whether the Accept header has that media type (RFC 9110, section 12.5.1)."""
    ranges = ",".join(request.headers.getlist("accept")) or "*/*"
    taken = {each.partition(";")[0].strip().lower() for each in ranges.split(",")}
    return not taken.isdisjoint((media, media.partition("/")[0] + "/*", "*/*"))


async def read_body(request: Request, limits: Limits) -> bytes:
    """All of it; raises Refusal where it is too long or too slow.

    Raises ClientDisconnect where the client leaves before its end.
    """
    too_long = refused(413, f"A request has at most {limits.body} bytes.")
    if int(request.headers.get("content-length", 0)) > limits.body:
        raise too_long
    data = bytearray()
    try:
        async with asyncio.timeout(limits.upload):
            async for piece in request.stream():
                data += piece
                if len(data) > limits.body:
                    raise too_long
    except TimeoutError:
        raise refused(408, "The request didn't come in time.") from None
    return bytes(data)
