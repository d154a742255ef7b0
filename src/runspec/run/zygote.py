"""A started interpreter that a process is forked from for each call.

It has one thread, runs nothing of any program, and ends with the server. What it
does for a call is fork a keeper; the keeper's own fork comes back from `main`, to run
the script at the bottom of the stack, where `python SCRIPT` runs it.
"""

from __future__ import annotations

import gc
import os
import signal
from functools import partial
from socket import socket

from . import handover
from .interpreter import Interpreter
from .keeper import keep
from .launch import launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Run: TypeAlias = Callable[[], None]


def main(descriptor: int, start: frozenset[str]) -> Run:
    """Serve the socket; returns in the process of a script, with what runs it.

    `start` are the modules that the interpreter came with.
    """
    os.setsid()
    _close_others(descriptor)
    from .. import call, model, resolve, specfile  # noqa: F401
    from . import script  # noqa: F401

    interpreter = Interpreter(start)
    gc.collect()
    gc.freeze()
    return serve(socket(fileno=descriptor), interpreter)


def serve(channel: socket, interpreter: Interpreter) -> Run:
    """Fork for what comes, until the server closes its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps the keepers
    while True:
        kind, descriptors = handover.take(channel)
        if not kind:
            os._exit(0)
        run = _fork(channel, kind, descriptors, interpreter)
        if run is not None:
            return run


def _fork(
    channel: socket, kind: bytes, descriptors: list[int], interpreter: Interpreter
) -> Run | None:
    """None in the zygote, which keeps none of the descriptors."""
    control = socket(fileno=descriptors[0])
    others = descriptors[1:]
    try:
        pid = os.fork()
    except OSError as error:
        handover.refuse(control, error)
        pid = -1
    if pid == 0:
        channel.close()
        if kind == handover.WARM:
            return _warm(control, others, interpreter)
        return keep(control, others, partial(launch, others, interpreter))
    control.close()
    for each in others:
        os.close(each)
    return None


def _warm(control: socket, others: list[int], interpreter: Interpreter) -> Run:
    from .warm import warmed

    channel = keep(control, others, partial(warmed, others[0], interpreter.ahead))
    return serve(channel, interpreter)


def _close_others(descriptor: int) -> None:
    """What whoever started the server left open isn't for the programs."""
    for name in os.listdir("/dev/fd"):
        if int(name) > 2 and int(name) != descriptor:
            try:
                os.close(int(name))
            except OSError:
                continue  # the listing's own
