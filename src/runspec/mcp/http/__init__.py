"""Streamable HTTP: the same server for clients that come over the network.

uvicorn runs in a thread of its own and knows HTTP, sessions and streams; connections,
calls and processes belong to the server's loop, in the main thread (link.py).
"""

from __future__ import annotations

import sys

from ...errors import Fault, RunspecError
from .options import HttpOptions, check_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...call import Args
    from ...loop import Future
    from ..server import Server
    from .server import HttpServer

__all__ = ["HttpOptions", "check_options", "open_http", "serve_http"]


def open_http(server: Server, options: HttpOptions) -> HttpServer:
    """Listen and answer; raises RunspecError where that isn't possible or safe."""
    check_options(options)
    try:
        from .server import HttpServer
    except ImportError as error:
        detail = f"no module named {error.name}"
        raise RunspecError(Fault("http-not-installed", detail=detail)) from None
    return HttpServer(server, options)


async def serve_http(server: Server, args: Args, stopped: Future[int]) -> int:
    """Serve until `stopped` settles, as the arguments of `runspec serve` say.

    Returns the exit status: 1 where serving came to an end by itself.
    """
    http = open_http(server, _options(args))
    print(f"runspec serve: {http.url}", file=sys.stderr, flush=True)
    try:
        await server.loop.first(http.ended, stopped)
    finally:
        await http.close()
        await server.close()
    return 0 if stopped.settled else 1


def _options(args: Args) -> HttpOptions:
    from .token import read_token

    file = args.token_file.value
    return HttpOptions(
        host=args.bind.value,
        port=args.port.value,
        token=None if file is None else read_token(str(file)),
        token_file=_text(file),
        allowed_hosts=tuple(args.allowed_host.value or ()),
        tls_cert=_text(args.tls_cert.value),
        tls_key=_text(args.tls_key.value),
        behind_proxy=args.behind_proxy.value,
    )


def _text(path: object) -> str | None:
    return None if path is None else str(path)
