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
    from .. import Loaded
    from ..call import Args, Invocation


def run(args: Args) -> int:
    """Resolve and check the call, then become the program; returns only by raising.

    The errors and the help are the runnable's own: exit status 2 for a wrong call.
    """
    located = locate(args.name.value)
    loaded = located.load()
    argv: list[str] = args.args.value
    call = _resolved(loaded, argv)
    program = find_program(located.name, located.path, installed=located.installed)
    environ = child_environment(os.environ, call)
    try:
        os.execve(program.argv[0], [*program.argv, *argv], environ)  # noqa: S606
    except OSError as error:
        raise _not_started(program.argv, error) from None


def _resolved(loaded: Loaded, argv: list[str]) -> Invocation:
    from ..stop import stop, warn

    path, runnable, config, _ = loaded
    carry_types(config)
    try:
        call = resolve(runnable, config, argv, os.environ, spec_path=path)
    except RunspecError as error:
        raise stop(error, loaded) from None
    if call.asked:
        from ..answer import answer

        sys.exit(answer(call))
    if call.warnings:
        warn(call.warnings, os.environ)
    return call


def _not_started(argv: tuple[str, ...], error: OSError) -> SpecError:
    reason = error.strerror or ""
    fault = Fault("program-not-started", argv[-1], detail=reason, received=argv[0])
    return SpecError(fault)
