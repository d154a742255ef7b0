"""The head in the system's journal, which another user keeps."""

from __future__ import annotations

import os

SOCKET = "/run/systemd/journal/socket"
IDENTIFIER = "runspec-audit"


def tell(head: str, path: str, socket: str) -> None:
    """Send a head, one line of text, of the ledger at `path` to the journal.

    In the journal's native protocol, one datagram. Where there is no journal or it
    takes nothing now, nothing happens.
    """
    if not os.path.lexists(socket):
        return
    from ..compat import socket as sockets

    sender = None
    try:
        sender = sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM)
        sender.setblocking(False)
        sender.sendto(_datagram(head, path), socket)
    except OSError:
        return
    finally:
        if sender is not None:
            sender.close()


def _datagram(head: str, path: str) -> bytes:
    fields = (
        ("MESSAGE", b"The head of a runspec audit ledger"),
        ("PRIORITY", b"6"),
        ("SYSLOG_IDENTIFIER", IDENTIFIER.encode()),
        ("RUNSPEC_AUDIT_LEDGER", os.fsencode(path)),
        ("RUNSPEC_AUDIT_HEAD", head.encode()),
    )
    return b"".join(
        name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
        for name, value in fields
    )
