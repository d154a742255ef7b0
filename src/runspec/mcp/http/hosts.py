"""Names of this server, as clients write them in Host and Origin."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from .options import HttpOptions

    Authority: TypeAlias = tuple[str, int | None]

_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::([0-9]{1,5}))?")
_ORIGIN = re.compile(r"(https?)://([^/?#@]+)")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_host(text: str) -> Authority | None:
    """`host` or `host:port` (RFC 9110, section 7.2), in lower case; None: neither."""
    match = _AUTHORITY.fullmatch(text.lower())
    if match is None:
        return None
    six, name, port = match.groups()
    host = name if six is None else _address(six)
    if host is None or (port is not None and not 0 < int(port) <= 65535):
        return None
    return _address(host) or host, None if port is None else int(port)


def _address(text: str) -> str | None:
    """An IP address in its one spelling; None for what is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that name or address."""
    if host.lower() == "localhost":
        return True
    address = _address(host)
    return address is not None and ip_address(address).is_loopback


class Hosts:
    """The names that the server listening on `port` answers to."""

    def __init__(self, options: HttpOptions, port: int) -> None:
        self._port = port
        self._secure = options.secure
        parsed = [parse_host(each) for each in options.allowed_hosts]
        self._allowed = {each for each in parsed if each is not None}
        self._allowed.add((_address(options.host) or options.host.lower(), port))

    def knows(self, text: str) -> bool:
        """Whether a Host header names this server."""
        return self._is_known(text, "https" if self._secure else "http")

    def trusts(self, origin: str) -> bool:
        """Whether an Origin header is of a page that this server's names serve."""
        match = _ORIGIN.fullmatch(origin.lower())
        return match is not None and self._is_known(match[2], match[1])

    def _is_known(self, text: str, scheme: str) -> bool:
        authority = parse_host(text)
        if authority is None:
            return False
        host, port = authority
        port = port or _DEFAULT_PORTS[scheme]
        if is_loopback(host) and port == self._port:
            return True
        return (host, port) in self._allowed or (host, None) in self._allowed
