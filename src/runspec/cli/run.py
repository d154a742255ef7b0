"""`runspec run`: a checked call of any program (INJ)."""

from __future__ import annotations

import os
import sys

from ..errors import Fault, RunspecError, SpecError
from ..resolve import resolve
from ..run.environment import child_environment
from ..run.program import find_program
from ..run.types import carry_types
from .lookup import locate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from .. import Loaded
    from ..call import Args, Invocation
    from ..run.program import Program


def run(args: Args) -> NoReturn:
    """Resolve and check the call, then run the program.

    The errors, the help and the end are the runnable's own: exit status 2 for a wrong
    call.
    """
    located = locate(args.name.value)
    loaded = located.load()
    argv: list[str] = args.args.value
    call = _resolved(loaded, argv)
    program = find_program(located.name, located.path, installed=located.installed)
    environ = child_environment(os.environ, call)
    _require_allowed(call, loaded)
    _run(program, argv, environ, call)


def _require_allowed(call: Invocation, loaded: Loaded) -> None:
    from ..guard import require_allowed

    try:
        require_allowed(call)
    except RunspecError as error:
        from ..record import refused

        refused(error, call.runnable.name, loaded, "run")
        raise


def _resolved(loaded: Loaded, argv: list[str]) -> Invocation:
    from ..stop import stop, warn

    path, runnable, config, _ = loaded
    carry_types(config)
    try:
        call = resolve(runnable, config, argv, os.environ, spec_path=path)
    except RunspecError as error:
        from ..record import refused

        refused(error, runnable.name, loaded, "run")
        raise stop(error, loaded) from None
    if call.asked:
        from ..answer import answer

        sys.exit(answer(call))
    if call.warnings:
        warn(call.warnings, os.environ)
    return call


def _run(
    program: Program, tokens: list[str], environ: dict[str, str], call: Invocation
) -> NoReturn:
    """Become the program, or, where its run is recorded, stay to see its end."""
    from ..run.recorded import Recorded
    from ..run.supervise import end_like, supervise

    argv = [*program.argv, *tokens]
    recorded = Recorded(call, "run")
    kept = recorded.begin()
    try:
        if not kept:
            os.execve(argv[0], argv, environ)  # noqa: S606
        status = supervise(argv, recorded.named(environ))
    except OSError as error:
        recorded.end(127, "not-started")
        raise _not_started(program.argv, error) from None
    recorded.end(status)
    end_like(status)


def _not_started(argv: tuple[str, ...], error: OSError) -> SpecError:
    reason = error.strerror or ""
    fault = Fault("program-not-started", argv[-1], detail=reason, received=argv[0])
    return SpecError(fault)
