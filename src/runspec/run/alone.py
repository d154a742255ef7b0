"""A program that is started by a fork of this process itself, without a zygote.

A zygote pays for its start with the second call. A server that was started for one
call is there already, and what it forks becomes the program by execve(2).
"""

from __future__ import annotations

import os

from ..compat import signal
from . import handover
from .keeper import keep
from .launch import launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from socket import socket
    from typing import NoReturn


def fork_keeper(control: socket, ends: Sequence[int], stdin: int | None) -> int:
    """A keeper that waits on `control`; its process id. Raises OSError.

    `ends` are the program's stdout, stderr and progress. Its stdin is `stdin`, or
    nothing.
    """
    pid = os.fork()
    if pid == 0:
        _kept(control, ends, stdin)
    return pid


def _kept(control: socket, ends: Sequence[int], stdin: int | None) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        streams = [*ends] if stdin is None else [*ends, stdin]
        _leave_open(control.fileno(), *streams)
        keep(control, streams, lambda *given: _begin(streams, *given))
    finally:
        os._exit(1)


def _leave_open(*kept: int) -> None:
    """Nothing else of the server's is for a keeper, above all not its client's ends."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    for name in os.listdir("/dev/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the listing's own


def _begin(streams: Sequence[int], job: handover.JobFrame, failure: int) -> None:
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    for stdin in streams[3:]:
        os.dup2(stdin, 0)
        os.close(stdin)
    launch(streams[:3], None, job, failure)
