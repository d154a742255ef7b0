"""How to listen, and what must hold before anybody is answered."""

from __future__ import annotations

from ...errors import Fault, RunspecError
from .hosts import is_loopback, parse_host
from .peer import can_tell

PATH = "/mcp"
"""The one endpoint, of both eras."""
TOKEN_LENGTH = 16
"""Characters that a token has at least."""
TOKEN_SIGNS = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
)
"""What a bearer token is made of (RFC 6750, section 2.1)."""


class Limits:
    """What one client may take of the server.

    `body`: bytes of a request; `connections`, `sessions`: how many at once; `idle`:
    seconds until an unused session ends; `head`, `upload`: seconds for a request's
    head and body; `stalled`: seconds in which a client must read something; `quiet`:
    seconds between signs of life on a stream; `opening`: seconds in which a response
    may come as plain JSON, before a stream is opened for it.
    """

    __slots__ = (
        "body",
        "connections",
        "head",
        "idle",
        "opening",
        "quiet",
        "sessions",
        "stalled",
        "upload",
    )

    def __init__(
        self,
        *,
        body: int = 8 << 20,
        connections: int = 512,
        sessions: int = 256,
        idle: float = 3600.0,
        head: float = 10.0,
        upload: float = 60.0,
        stalled: float = 30.0,
        quiet: float = 15.0,
        opening: float = 2.0,
    ) -> None:
        self.body = body
        self.connections = connections
        self.sessions = sessions
        self.idle = idle
        self.head = head
        self.upload = upload
        self.stalled = stalled
        self.quiet = quiet
        self.opening = opening


class HttpOptions:
    """Where to listen and for whom.

    `port` 0 is any that is free. `token` is what clients send as a bearer token,
    None: whoever is the same user; `token_file` is where it is read from, again when
    that changes. `allowed_hosts` are further names that the server
    answers to, each `host` (any port) or `host:port`. `behind_proxy` says that a proxy
    in front does TLS.
    """

    __slots__ = (
        "allowed_hosts",
        "behind_proxy",
        "host",
        "limits",
        "port",
        "tls_cert",
        "tls_key",
        "token",
        "token_file",
    )

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        token_file: str | None = None,
        allowed_hosts: tuple[str, ...] = (),
        tls_cert: str | None = None,
        tls_key: str | None = None,
        behind_proxy: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.token = token
        self.token_file = token_file
        self.allowed_hosts = allowed_hosts
        self.tls_cert = tls_cert
        self.tls_key = tls_key
        self.behind_proxy = behind_proxy
        self.limits = limits or Limits()

    @property
    def secure(self) -> bool:
        """Whether clients from elsewhere reach it by TLS."""
        return bool(self.tls_cert and self.tls_key) or self.behind_proxy


def check_options(options: HttpOptions) -> None:
    """Raises RunspecError with everything that makes these options unsafe or wrong."""
    faults = [*token_faults(options.token), *_host_faults(options.allowed_hosts)]
    if not is_loopback(options.host):
        faults += _exposure_faults(options)
    elif options.token is None and not can_tell():
        faults.append(Fault("http-peer-unknown", options.host))
    if bool(options.tls_cert) != bool(options.tls_key):
        missing = "--tls-key" if options.tls_cert else "--tls-cert"
        faults.append(Fault("http-tls-incomplete", missing))
    if faults:
        raise RunspecError(*faults)


def token_faults(token: str | None) -> list[Fault]:
    if token is None:
        return []
    if len(token) < TOKEN_LENGTH:
        return [Fault("http-token-short", expected=(TOKEN_LENGTH,))]
    if not TOKEN_SIGNS.issuperset(token):
        return [Fault("http-token-signs")]
    return []


def _host_faults(names: tuple[str, ...]) -> list[Fault]:
    return [
        Fault("http-host-invalid", "--allowed-host", received=name)
        for name in names
        if parse_host(name) is None
    ]


def _exposure_faults(options: HttpOptions) -> list[Fault]:
    """Other machines can reach it: they must have a secret, and send it encrypted."""
    faults = []
    if options.token is None:
        faults.append(Fault("http-token-missing", options.host))
    if not options.secure:
        faults.append(Fault("http-tls-missing", options.host))
    return faults
