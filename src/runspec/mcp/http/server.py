"""uvicorn in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from ...loop import Future
from ...render.text import escaped
from .connection import Connections, Watch
from .endpoint import Endpoint
from .guard import Guard
from .hosts import Hosts
from .listen import bound_sockets, tls_context
from .options import PATH
from .token import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from starlette.types import ASGIApp

    from ..server import Server
    from .options import HttpOptions

_LOGGER = "uvicorn.error"
LARGEST_HEAD = 1 << 16
"""Bytes of a request's head."""
KEEP_ALIVE = 75
"""Seconds until an unused connection is closed."""
ROUNDS = 4
"""Turns of the loop in which it sees that a connection was cut, and lets go of it."""
LAST_WORDS = 5
"""Seconds that clients have for the end of their streams when the server ends."""


class HttpServer:
    """A server that listens; made, and closed, in the thread of the server's loop.

    `address` is the host and port, `url` that of the endpoint. `ended` settles when
    nothing listens any more.
    """

    def __init__(self, server: Server, options: HttpOptions) -> None:
        context = tls_context(options)
        self._sockets = bound_sockets(options)
        self.address: tuple[str, int] = self._sockets[0].getsockname()[:2]
        self.url = _url(*self.address, tls=context is not None)
        self.ended: Future[None] = Future()
        self._server = server
        self._endpoint = Endpoint(server, options.limits)
        application = _application(self._endpoint, options, self.address[1])
        # Tokens say who asks; without one it is whoever the process belongs to.
        knows_peers = options.token is None
        self._connections = Connections(options.limits, knows_peers=knows_peers)
        for each in self._sockets:
            each.connections = self._connections
        watched = Watch(application, connections=self._connections)
        self._uvicorn = uvicorn.Server(_config(watched, options))
        self._http = asyncio.new_event_loop()
        self._http.set_exception_handler(_say_context)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Stop every call, end every stream, and stop listening."""
        self._call(self._endpoint.refuse)
        for connection in tuple(self._server.connections):
            await connection.close()
        self._call(self._stop)
        await self.ended
        self._thread.join()

    def _stop(self) -> None:
        logging.getLogger(_LOGGER).disabled = True  # what is cut off now is no error
        self._endpoint.end()
        self._uvicorn.should_exit = True

    def _call(self, what: Callable[[], None]) -> None:
        try:
            self._http.call_soon_threadsafe(what)
        except RuntimeError:
            return  # it has ended already

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._http) as runner:
                runner.run(self._serve())
        except Exception as error:  # noqa: BLE001  the thread's last chance to say it
            _say(f"{type(error).__name__}: {error}")
        finally:
            self._server.loop.from_thread(lambda: self.ended.settle(None))

    async def _serve(self) -> None:
        try:
            await self._uvicorn.serve([*self._sockets])
        finally:
            self._connections.cut()
            for _ in range(ROUNDS):
                await asyncio.sleep(0)


def _url(host: str, port: int, *, tls: bool) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http{'s' if tls else ''}://{shown}:{port}{PATH}"


def _application(endpoint: Endpoint, options: HttpOptions, port: int) -> Starlette:
    hosts = Hosts(options, port)
    token = None if options.token is None else Token(options.token, options.token_file)
    routes = [Route(PATH, endpoint)]
    guard = Middleware(Guard, hosts=hosts, token=token)
    application = Starlette(routes=routes, middleware=[guard])
    application.router.redirect_slashes = False
    return application


def _config(application: ASGIApp, options: HttpOptions) -> uvicorn.Config:
    """Without logs, proxies or signals of uvicorn's own."""
    logger = logging.getLogger(_LOGGER)
    logger.handlers, logger.propagate, logger.disabled = [_OneLine()], False, False
    return uvicorn.Config(
        application,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        workers=1,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=LAST_WORDS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
    )


class _OneLine(logging.Handler):
    """What uvicorn has to say, without tracebacks."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        _say_error(record.getMessage().strip(), error)


def _say_context(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _say_error(context["message"], context.get("exception"))


def _say_error(text: str, error: BaseException | None) -> None:
    _say(text if error is None else f"{text}: {type(error).__name__}: {error}")


def _say(text: str) -> None:
    print(f"runspec serve: {escaped(text)}", file=sys.stderr, flush=True)
