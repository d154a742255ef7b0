"""The terminal, and the descriptors 0, 1 and 2: a process may have none of them."""

from __future__ import annotations

import os


def open_standard() -> None:
    """Nothing else is to have the numbers of stdin, stdout and stderr."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


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
