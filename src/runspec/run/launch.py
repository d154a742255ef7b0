"""The forked process that becomes the program: its descriptors, its environment."""

from __future__ import annotations

import os

from .execute import PID, PROGRESS, execute, fail, place
from .order import NOT_STARTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from .handover import Become, JobFrame, Task
    from .interpreter import Interpreter


def launch(
    streams: Sequence[int], interpreter: Interpreter | None, job: JobFrame, failure: int
) -> Callable[[], None]:
    """Become the program. Returns only for a script, with what runs it.

    Without a started `interpreter`, a script is a program like any other.
    """
    argv, environ, cwd, path, become = job
    try:
        environ["RUNSPEC_PROGRESS"] = str(PROGRESS)
        environ[PID] = str(os.getpid())
        os.chdir(cwd)
        _place(streams[:2])
        if become is not None:
            _escalate(become, (argv, environ, cwd), streams[2], failure)
        place(streams[2], PROGRESS)
        run = None
        if path and interpreter is not None:
            run = _prepared(path, argv, environ, interpreter)
        if run is None:
            execute(argv, environ)
        os.close(failure)
    except (OSError, ValueError) as error:
        fail(failure, error)
    except BaseException:  # noqa: BLE001  it never goes back into the zygote's loop
        os._exit(1)
    return run


def _escalate(become: Become, task: Task, progress: int, failure: int) -> NoReturn:
    """Stay, and be to the keeper what the program would be."""
    from .escalate import GRACE_OF_JOBS, Escalation, NotBecomeError
    from .handover import JOB
    from .supervise import end_like

    escalation = Escalation(become, JOB, GRACE_OF_JOBS)
    try:
        status, started, why, _ = escalation.run(task, progress)
    except NotBecomeError as error:
        method = os.path.basename(become[0][0])
        why = f"{method} did not become {become[1]}: {error}"
        status, started = NOT_STARTED, False
    if not started:
        os.write(failure, why.encode(errors="replace")[:4096])
    end_like(status)


def _prepared(
    path: str, argv: tuple[str, ...], environ: dict[str, str], interpreter: Interpreter
) -> Callable[[], None] | None:
    """None for what isn't Python, which a new interpreter has its own words for."""
    from . import script

    try:
        return script.prepared(path, argv, environ, interpreter)
    except (SyntaxError, RecursionError, MemoryError):
        return None


def _place(streams: Sequence[int]) -> None:
    """stdin is /dev/null already, as the zygote's is."""
    for number, descriptor in enumerate(streams, 1):
        os.dup2(descriptor, number)
        os.close(descriptor)
