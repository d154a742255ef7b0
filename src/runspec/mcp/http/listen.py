"""Sockets and certificates: what can fail before anything is served."""

from __future__ import annotations

import errno
import socket
import ssl

from ...errors import Fault, RunspecError
from .connection import Listener
from .hosts import is_loopback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from .options import HttpOptions

    Found: TypeAlias = tuple[socket.AddressFamily, tuple[str, int]]

BACKLOG = 128

_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def tls_context(options: HttpOptions) -> ssl.SSLContext | None:
    """The certificate and its key, where TLS is done here; raises RunspecError."""
    if not (options.tls_cert and options.tls_key):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key, _no_password)
    except (OSError, ValueError) as error:
        files = f"{options.tls_cert}, {options.tls_key}"
        fault = Fault("http-tls-invalid", files, detail=_why(error))
        raise RunspecError(fault) from None
    return context


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no certificate or key in PEM").replace("_", " ")
        return reason.lower() if reason.isupper() else reason
    return getattr(error, "strerror", None) or str(error)


def _no_password() -> str:
    raise ValueError("the key needs a passphrase")


def bound_sockets(options: HttpOptions) -> list[Listener]:
    """Sockets that listen on every address of the host; raises RunspecError.

    All have the same port. Of a name that stands for this machine, no other address
    is taken, and one that the machine lacks is left out.
    """
    sockets: list[Listener] = []
    try:
        _bind_all(options, sockets)
    except OSError as error:
        for each in sockets:
            each.close()
        where = f"{options.host}:{options.port}"
        fault = Fault("http-not-bound", where, detail=error.strerror or str(error))
        raise RunspecError(fault) from None
    return sockets


def _bind_all(options: HttpOptions, sockets: list[Listener]) -> None:
    port = options.port
    for family, address in _addresses(options.host, port):
        try:
            sockets.append(_bound(family, (address[0], port)))
        except OSError as error:
            if error.errno not in _NO_SUCH_ADDRESS:
                raise
        else:
            port = sockets[-1].getsockname()[1]
    if not sockets:
        raise OSError(errno.EADDRNOTAVAIL, "it is no address of this machine")


def _addresses(host: str, port: int) -> list[Found]:
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except UnicodeError:
        raise OSError(errno.EINVAL, "that is no host name") from None
    local = is_loopback(host)
    unique = {(family, (str(at[0]), int(at[1]))): None for family, _, _, _, at in found}
    return [each for each in unique if not local or is_loopback(each[1][0])]


def _bound(family: socket.AddressFamily, address: tuple[str, int]) -> Listener:
    listening = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
