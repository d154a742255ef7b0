"""The far side of a program that runs as another user.

It runs as that user, below whatever made it that (`sudo`, `su`, ...), and is sent
over its channel: see `bundle`. It says HELLO there, takes the program's task and
descriptors, and keeps the program as `keeper` does: whoever started it can end all
of that by a word, or by being gone, though they may not signal a single process.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from socket import socket

from . import handover
from .execute import PID, PROGRESS, execute, fail, place
from .keeper import keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from .handover import FarFrame

RELAYED = 125
"""The exit status where the channel isn't one."""
OUT_OF_THE_WAY = 10


def main(number: int) -> None:
    """Serve the channel of that number; never comes back."""
    import stat

    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        _refuse()
    channel = _channel(number)
    channel.sendall(handover.hello(os.geteuid()))
    kind, descriptors = handover.take(channel)
    if not kind:
        os._exit(0)
    begin = partial(_begin, descriptors)
    keep(channel, descriptors, begin, session=kind == handover.JOB)


def _refuse() -> NoReturn:
    """What goes through somebody else's hands may be written to a log there."""
    said = "runspec: something stands between it and the program it starts here, such"
    print(said, "as a log of its input; secrets don't go that way", file=sys.stderr)
    os._exit(RELAYED)


def _channel(number: int) -> socket:
    """The channel where no descriptor of the program's is."""
    import fcntl

    own = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)
    os.close(number)
    if number == 0:
        os.open(os.devnull, os.O_RDONLY)
    return socket(fileno=own)


def _begin(descriptors: list[int], task: FarFrame, failure: int) -> None:
    """Become the program, in the process that `keep` has forked."""
    argv, environ, cwd, words = task
    try:
        _place(descriptors, words)
        environ[PID] = str(os.getpid())
        environ.setdefault("PATH", os.environ.get("PATH", os.defpath))
        if _directory() != cwd:
            os.chdir(cwd)
        execute(argv, environ)
    except (OSError, ValueError) as error:
        fail(failure, error)


def _place(descriptors: list[int], words: tuple[int, int]) -> None:
    """`descriptors` are stdin, then stderr and progress where there are such.

    stdout and stderr are what this process has, for what stands between may log them;
    only where stderr is still the pipe `words`, the real one takes its place.
    """
    stdin, *others = descriptors
    place(_terminal(stdin) if os.isatty(stdin) else stdin, 0)
    if others and _identity(2) == words:
        place(others[0], 2)
    for progress in others[1:]:
        place(progress, PROGRESS)


def _terminal(given: int) -> int:
    """That of this session; the one that was given may be another's."""
    try:
        return os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return given


def _identity(descriptor: int) -> tuple[int, int]:
    seen = os.fstat(descriptor)
    return seen.st_dev, seen.st_ino


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
