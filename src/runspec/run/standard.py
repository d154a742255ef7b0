"""The terminal, and the descriptors 0, 1 and 2: a process may have none of them."""

from __future__ import annotations

import os
import sys


def open_standard() -> None:
    """Nothing else is to have the numbers of stdin, stdout and stderr.

    Those that aren't open are /dev/null from now on, as Python's own streams are.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            mode = "w" if number else "r"
            stream = open(number, mode, closefd=False)  # noqa: SIM115  Python's own
            setattr(sys, name, stream)


def in_foreground() -> bool:
    """Whether a ^C of this process's terminal reaches its whole group."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
