"""The forked process that becomes the program: its descriptors, its environment."""

from __future__ import annotations

import os
import signal

from . import script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from .handover import JobFrame
    from .interpreter import Interpreter

PROGRESS = 3
"""The descriptor that RUNSPEC_PROGRESS names in every program."""
STARTS_DEFAULT = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")
"""What Python ignores and a program expects to find as the system has it."""


def launch(
    streams: Sequence[int], interpreter: Interpreter, job: JobFrame, failure: int
) -> Callable[[], None]:
    """Become the program. Returns only for a script, with what runs it."""
    argv, environ, cwd, path = job
    try:
        environ["RUNSPEC_PROGRESS"] = str(PROGRESS)
        _place(streams)
        os.chdir(cwd)
        run = path and _prepared(path, argv, environ, interpreter)
        if not run:
            _execute(argv, environ)
        os.close(failure)
    except (OSError, ValueError) as error:
        os.write(failure, _reason(error).encode(errors="replace")[:4096])
        os._exit(1)
    except BaseException:  # noqa: BLE001  it never goes back into the zygote's loop
        os._exit(1)
    return run


def _prepared(
    path: str, argv: tuple[str, ...], environ: dict[str, str], interpreter: Interpreter
) -> Callable[[], None] | None:
    """None for what isn't Python, which a new interpreter has its own words for."""
    try:
        return script.prepared(path, argv, environ, interpreter)
    except (SyntaxError, RecursionError, MemoryError):
        return None


def _place(streams: Sequence[int]) -> None:
    """stdin is /dev/null already, as the zygote's is; nothing else stays open."""
    stdout, stderr, progress = streams
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.close(stdout)
    os.close(stderr)
    if progress != PROGRESS:
        os.dup2(progress, PROGRESS)
        os.close(progress)
    os.set_inheritable(PROGRESS, True)


def _execute(argv: tuple[str, ...], environ: dict[str, str]) -> NoReturn:
    for name in STARTS_DEFAULT:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_DFL)
    os.execve(argv[0], argv, environ)  # noqa: S606  no shell is meant


def _reason(error: OSError | ValueError) -> str:
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    if error.filename is None:
        return error.strerror
    return f"{error.strerror}: {error.filename}"
