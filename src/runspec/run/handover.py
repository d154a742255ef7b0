"""What the server and its zygotes say to each other, over Unix sockets.

To a zygote go single bytes, each with descriptors (unix(7), SCM_RIGHTS): JOB with a
control socket and the write ends of stdout, stderr and progress; WARM with a control
socket and the socket of the zygote to come.

On a control socket the server sends a frame, what is to be done, and perhaps words
later. The answer is BEGUN, then a `Report` as text, then the end. Any other means
that nothing was run. A runner that is another user's (`runner`) says `hello` first,
then is given JOB or OWN with its descriptors, and is a keeper from there on.
"""

from __future__ import annotations

import marshal

from .order import NOT_STARTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket
    from typing import TypeAlias

    Report: TypeAlias = tuple[int, bool, str, int]
    Become: TypeAlias = tuple[tuple[str, ...], str, int, int]
    Task: TypeAlias = tuple[tuple[str, ...], dict[str, str], str]
    JobFrame: TypeAlias = tuple[
        tuple[str, ...], dict[str, str], str, str | None, Become | None
    ]
    FarFrame: TypeAlias = tuple[tuple[str, ...], dict[str, str], str, tuple[int, int]]
    Stamp: TypeAlias = tuple[str, int, int, int, int]
    Verdict: TypeAlias = tuple[bool, tuple[Stamp, ...]]

SOURCE = """\
import sys
if not sys.flags.safe_path: del sys.path[0]
start = frozenset(sys.modules)
from runspec.run.zygote import main
main({descriptor}, start)()
"""
"""What the interpreter of a zygote runs (`python -c`): its socket, and what it finds
loaded. The directory it is started in isn't for it to import from, and doing without
`-P` leaves a script's `sys.flags` as they are."""
JOB = b"j"
WARM = b"w"
OWN = b"o"
"""A job of a person's own terminal and session."""
BEGUN = b"+"
RELEASE = -1.0
"""The word to a keeper that it has nothing to keep; any other is seconds of grace."""
INTERRUPTED = -2.0
"""That a person wants the program to end, and with it all that it has started."""
SIGNAL = -100.0
"""This less the number of a signal: the program is to have it."""
HELLO = b"h"
WORD_SIZE = 8
SIZE_SIZE = 8
MOST_DESCRIPTORS = 4
MOST_REPORT = 1 << 16
"""Bytes of BEGUN and a report."""
STATUSES = range(-64, 256)
"""What a process may end with; below 0 the number of a signal."""


def give(channel: socket, kind: bytes, *descriptors: int) -> None:
    """Send `kind` with descriptors. Raises OSError; BlockingIOError if it's full."""
    from array import array

    from ..compat import socket as sockets

    rights = (sockets.SOL_SOCKET, sockets.SCM_RIGHTS, array("i", descriptors))
    channel.sendmsg([kind], [rights])


def take(channel: socket) -> tuple[bytes, list[int]]:
    """What `give` sent; `b""` once the other end is closed."""
    from array import array

    from ..compat import socket as sockets

    found = array("i")
    rights = (sockets.SOL_SOCKET, sockets.SCM_RIGHTS)
    room = sockets.CMSG_SPACE(MOST_DESCRIPTORS * found.itemsize)
    kind, ancillary, _, _ = channel.recvmsg(1, room)
    for level, sort, content in ancillary:
        if (level, sort) == rights:
            found.frombytes(content[: len(content) // found.itemsize * found.itemsize])
    return kind, list(found)


def hello(uid: int) -> bytes:
    """What a process says that was started as another user."""
    return HELLO + uid.to_bytes(4, "little")


def frame(value: JobFrame | FarFrame | Verdict | str) -> bytes:
    """A value with its size before it."""
    content = marshal.dumps(value)
    return len(content).to_bytes(SIZE_SIZE, "little") + content


def framed(content: bytes) -> Verdict | None:
    """The value of a frame that has come so far; None until it is whole."""
    size = int.from_bytes(content[:SIZE_SIZE], "little")
    if len(content) < SIZE_SIZE + size:
        return None
    found: Verdict = marshal.loads(content[SIZE_SIZE:])  # noqa: S302  of this program
    return found


def take_frame(channel: socket) -> object:
    """The value of a frame, from a blocking socket; None where it ends early."""
    size = int.from_bytes(_exactly(channel, SIZE_SIZE), "little")
    content = _exactly(channel, size)
    if not size or len(content) < size:
        return None
    found: object = marshal.loads(content)  # noqa: S302  of this very program
    return found


def _exactly(channel: socket, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        chunk = channel.recv(min(size - len(content), 1 << 20))
        if not chunk:
            break
        content += chunk
    return bytes(content)


def refuse(control: socket, error: OSError) -> None:
    """Say that nothing can be started; it isn't to be tried again."""
    report(control, (NOT_STARTED, False, str(error.strerror), 0), BEGUN)


def report(control: socket, report: Report, before: bytes = b"") -> None:
    """Say what became of a job, to a server that may be gone."""
    try:  # noqa: SIM105  importing contextlib would take longer than the call
        control.sendall(before + _written(report))
    except OSError:
        pass
    control.close()  # the end of this process would take longer


def _written(report: Report) -> bytes:
    status, started, why, left = report
    return f"{status} {started:d} {left} {why}".encode(errors="replace")


def reported(content: bytes) -> Report | None:
    """What `report` was given, after BEGUN; None if it didn't come to that.

    It may be from another user, so that it is read as nothing but text.
    """
    *numbers, why = content.removeprefix(BEGUN).split(b" ", 3)
    try:
        status, started, left = map(int, numbers)
    except ValueError:
        return None
    if status not in STATUSES:
        return None
    return status, started != 0, why.decode(errors="replace"), left


def word(seconds: float) -> bytes:
    """A word to a keeper: stop, with so many seconds between TERM and KILL."""
    from struct import pack

    return pack("<d", seconds)


def spoken(content: bytes) -> float:
    """The seconds that `word` was given."""
    from struct import unpack

    seconds: float = unpack("<d", content)[0]
    return seconds
