"""What every request must pass before anything looks at it: Host, Origin, who asks."""

from __future__ import annotations

import os

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from .peer import GONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .hosts import Hosts
    from .token import Token

_WRONG_HOST = "This server isn't known by that Host; --allowed-host makes it known.\n"
_WRONG_ORIGIN = "Requests from pages of that Origin are refused.\n"
_OTHER_USER = "Without a token, only processes of the same user are answered.\n"
_NOT_KNOWN = (
    "This system doesn't tell whose a connection is, so a token is needed:"
    " start the server with --token-file.\n"
)
_UNKNOWN = "A bearer token is needed.\n"


class Guard:
    """An ASGI application in front of another (MCP, Streamable HTTP, security).

    A request that passes has its `principal` in the scope's state.
    """

    def __init__(self, app: ASGIApp, *, hosts: Hosts, token: Token | None) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token
        self._users = (os.geteuid(), 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        refusal = self._strange(headers) or self._unknown(scope, headers)
        await (refusal or self._app)(scope, receive, send)

    def _strange(self, headers: Headers) -> Response | None:
        """Not from a client of this server, but from a page (DNS rebinding)."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not self._hosts.knows(hosts[0]):
            return PlainTextResponse(_WRONG_HOST, 403)
        if not all(self._hosts.trusts(origin) for origin in origins):
            return PlainTextResponse(_WRONG_ORIGIN, 403)
        return None

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """Not from somebody who may ask."""
        if self._token is None:
            return self._of_another(scope)
        self._token.refresh()
        given = headers.getlist("authorization")
        if self._token.is_in(given):
            scope["state"]["principal"] = self._token.principal
            return None
        # Metadata of RFC 9728 without an authorization server has clients register.
        challenge = 'Bearer error="invalid_token"' if given else "Bearer"
        return PlainTextResponse(_UNKNOWN, 401, {"WWW-Authenticate": challenge})

    def _of_another(self, scope: Scope) -> Response | None:
        uid = scope["state"]["peer"]
        if uid is None:
            return PlainTextResponse(_NOT_KNOWN, 403)
        if uid == GONE or uid not in self._users:
            return PlainTextResponse(_OTHER_USER, 403)
        scope["state"]["principal"] = f"uid {uid}"
        return None
