"""Whose process is at the other end of a connection within this machine."""

from __future__ import annotations

import sys
from ipaddress import IPv6Address, ip_address

from .diag import find_socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .diag import Address

GONE = -1
"""The other end is no open socket of this machine any more."""

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LOOKS = 2
"""A table that changes while it is read may miss a row."""


def owner_of(peer: Address, own: Address) -> int | None:
    """The uid whose process holds the other end; GONE; None: this can't be told.

    `peer` and `own` are the addresses of a connection as this process sees it. A
    socket whose process has closed it doesn't count: it has lost its owner. The
    tables (proc(5)) are read where the kernel doesn't answer the question itself,
    for that takes a hundred times as long.
    """
    found = find_socket(peer, own) or find_row(peer, own)
    if found is None:
        return None
    uid, inode = found
    return uid if inode else GONE


def can_tell() -> bool:
    """Whether the system says whose a connection is, asked about one of our own."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        address: Address = listening.getsockname()
        with socket.create_connection(address) as client:
            peer: Address = client.getsockname()
            return owner_of(peer, address) is not None


def find_row(peer: Address, own: Address) -> tuple[int, int] | None:
    """uid and inode of the other end, 0 where it isn't there; None: no tables."""
    ends = [(_written(peer, six), _written(own, six)) for six in (False, True)]
    for _ in range(_LOOKS):
        tables = [rows for path in _TABLES if (rows := _rows(path)) is not None]
        if not tables:
            return None
        for row in (row for rows in tables for row in rows):
            if (row[1], row[2]) in ends:
                return int(row[7]), int(row[9])
    return 0, 0


def _rows(path: str) -> list[list[str]] | None:
    try:
        with open(path, encoding="ascii") as table:
            lines = table.read().splitlines()[1:]
    except OSError:
        return None
    return [row for line in lines if len(row := line.split()) > 9]


def _written(address: Address, six: bool) -> str:
    """An address as the tables write it: words in the machine's byte order."""
    host, port = address
    packed = _packed(host.partition("%")[0], six)
    words = (packed[start : start + 4] for start in range(0, len(packed), 4))
    text = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{text}:{port:04X}"


def _packed(host: str, six: bool) -> bytes:
    if six and ":" not in host:
        return IPv6Address(f"::ffff:{host}").packed
    return ip_address(host).packed
