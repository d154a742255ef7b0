"""Asks the kernel for one TCP socket (sock_diag(7), Linux)."""

from __future__ import annotations

import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Address: TypeAlias = tuple[str, int]

_SOCK_DIAG = 4
_BY_FAMILY = 20
_ERROR = 2
_REQUEST = 1
_ANY = 0xFFFFFFFF
"""Any state of a socket; any cookie."""
_HEADER = struct.Struct("=IHHII")
_ADDRESSES = struct.Struct("!HH16s16s")
_WAIT = 0.5
"""Seconds; the kernel answers while the question is sent."""


def find_socket(local: Address, remote: Address) -> tuple[int, int] | None:
    """uid and inode of the socket with these ends; None where the kernel has none,
    or isn't able to say. The inode is 0 once no process holds it.
    """
    if not hasattr(socket, "AF_NETLINK"):
        return None
    body = _question(local, remote)
    header = _HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _REQUEST, 0, 0)
    try:
        kind = socket.SOCK_DGRAM
        with socket.socket(socket.AF_NETLINK, kind, _SOCK_DIAG) as kernel:
            kernel.settimeout(_WAIT)
            kernel.sendto(header + body, (0, 0))
            answer = kernel.recv(1 << 13)
    except OSError:
        return None
    return _read(answer)


def _question(local: Address, remote: Address) -> bytes:
    """`struct inet_diag_req_v2`."""
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    hosts = (
        socket.inet_pton(family, host.partition("%")[0]) for host, _ in (local, remote)
    )
    ends = _ADDRESSES.pack(local[1], remote[1], *hosts)
    start = struct.pack("=BBBxI", family, socket.IPPROTO_TCP, 0, _ANY)
    return start + ends + struct.pack("=III", 0, _ANY, _ANY)


def _read(answer: bytes) -> tuple[int, int] | None:
    """`idiag_uid` and `idiag_inode` of `struct inet_diag_msg`."""
    place = _HEADER.size + 4 + 48 + 12
    if len(answer) < place + 8 or _HEADER.unpack_from(answer)[1] == _ERROR:
        return None
    uid, inode = struct.unpack_from("=II", answer, place)
    return uid, inode
