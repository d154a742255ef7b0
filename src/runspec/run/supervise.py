"""A program run in this process's place, whose end this process lives to see."""

from __future__ import annotations

import os

from ..compat import signal
from .execute import PID
from .order import NOT_STARTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""What reaches this process alone; the program should have it."""
SHARED = (signal.SIGINT, signal.SIGQUIT)
"""What a terminal sends to both; the program decides."""
PYTHONS = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores and a program expects as the system has it."""


def supervise(argv: tuple[str, ...], environ: Mapping[str, str]) -> int:
    """Run it and wait; the exit status, or minus the number of a signal.

    Raises OSError where it can't be started.
    """
    pid = 0

    def pass_on(number: int, _: object) -> None:
        if pid:
            os.kill(pid, number)

    for number in _heard():
        handler = pass_on if number in PASSED_ON else _leave_to_it
        signal.signal(number, handler)
    pid = _started(argv, environ)
    _, ended = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(ended)


def _heard() -> list[int]:
    """The signals that this process wasn't started to ignore, as by `nohup`."""
    numbers = (*PASSED_ON, *SHARED)
    return [each for each in numbers if signal.getsignal(each) != signal.SIG_IGN]


def _started(argv: tuple[str, ...], environ: Mapping[str, str]) -> int:
    """The process that has become the program. Raises OSError where it can't.

    It writes its own number into the program's environment, which only a fork can.
    """
    failed, failure = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON + SHARED)
    pid = os.fork()
    if not pid:
        _become(argv, environ, before, failure)
    os.close(failure)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    number = os.read(failed, 8)
    os.close(failed)
    if number:
        os.waitpid(pid, 0)
        raise OSError(int(number), os.strerror(int(number)), argv[0])
    return pid


def _become(
    argv: tuple[str, ...],
    environ: Mapping[str, str],
    mask: set[int],
    failure: int,
) -> NoReturn:
    try:
        for number in (*PYTHONS, *_heard()):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.execve(argv[0], argv, {**environ, PID: str(os.getpid())})  # noqa: S606
    except OSError as error:
        os.write(failure, str(error.errno).encode())
    finally:
        os._exit(NOT_STARTED)


def end_like(status: int) -> NoReturn:
    """End this process as the program ended."""
    if status < 0:
        from contextlib import suppress

        with suppress(OSError):  # KILL has no handler
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status if status >= 0 else 128 - status)


def _leave_to_it(_number: int, _frame: object) -> None:
    return None
