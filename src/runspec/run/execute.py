"""How a process becomes a program."""

from __future__ import annotations

import os

from ..compat import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

PID = "RUNSPEC_PID"
"""The variable that says for which process the values of a call are (INJ-07)."""
PROGRESS = 3
"""The descriptor that RUNSPEC_PROGRESS names in every program."""
STARTS_DEFAULT = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")
"""What Python ignores and a program expects to find as the system has it."""


def execute(argv: tuple[str, ...], environ: Mapping[str, str]) -> NoReturn:
    """Become the program. Raises OSError and ValueError where that can't be."""
    for name in STARTS_DEFAULT:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_DFL)
    os.execve(argv[0], argv, environ)  # noqa: S606  no shell is meant


def place(descriptor: int, number: int) -> None:
    """Make it the program's descriptor of that number, and nothing else."""
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.set_inheritable(number, True)


def fail(failure: int, error: OSError | ValueError) -> NoReturn:
    """End this process, which can't become the program, and say why."""
    os.write(failure, reason(error).encode(errors="replace")[:4096])
    os._exit(1)


def reason(error: OSError | ValueError) -> str:
    """Why it can't, in words."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    if error.filename is None:
        return error.strerror
    return f"{error.strerror}: {error.filename}"
