"""A program run in this process's place, whose end this process lives to see."""

from __future__ import annotations

import os

from ..compat import signal

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

    for number in (*PASSED_ON, *SHARED):
        handler = pass_on if number in PASSED_ON else _leave_to_it
        signal.signal(number, handler)
    pid = os.posix_spawn(argv[0], argv, environ, setsigdef=PYTHONS)
    _, ended = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(ended)


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
