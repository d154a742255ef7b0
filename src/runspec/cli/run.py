"""`runspec run`: a checked call of any program (INJ)."""

from __future__ import annotations

import os
import sys

from ..errors import Fault, RunspecError, SpecError
from ..resolve import resolve
from ..run.account import other_account
from ..run.environment import child_environment, foreign_environment
from ..run.machine import FORCE, require_here
from ..run.order import NOT_STARTED
from ..run.program import find_program
from ..run.types import carry_types
from .lookup import locate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from .. import Loaded
    from ..call import Args, Invocation
    from ..logs import RunLog
    from ..run.account import Account
    from ..run.become import Become
    from ..run.program import Program
    from ..run.recorded import Recorded
    from .lookup import Located


def run(args: Args) -> NoReturn:
    """Resolve and check the call, then run the program as whom its spec says.

    The errors, the help and the end are the runnable's own: exit status 2 for a wrong
    call.
    """
    located = locate(args.name.value)
    loaded = located.load()
    argv: list[str] = args.args.value
    call = _resolved(loaded, argv)
    forced = args.force.value or os.environ.get(FORCE) == "1"
    more = {FORCE: "1"} if forced else {}
    require_here(call.chain, {**os.environ, **more})
    account = other_account(call.chain)
    program = _program(located, call)
    environ = _environment(call, account, more)
    _run(program, argv, environ, _recorded(call, account))


def _program(located: Located, call: Invocation) -> Program:
    """A script of its own runs by its shebang, or the Python of a shell here."""
    from ..run.program import of_file
    from ..source.spec import is_script

    if located.program is not None:
        return located.program
    if is_script(located.path) and not located.installed:
        from ..run.python import python_here

        return of_file(os.path.abspath(located.path), python=python_here()[0])
    return find_program(
        located.name,
        located.path,
        installed=located.installed,
        declared=call.runnable.program,
    )


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


def _environment(
    call: Invocation, account: Account | None, more: dict[str, str]
) -> dict[str, str]:
    if account is None:
        return child_environment(os.environ, call, more)
    return foreign_environment(os.environ, call, account, more)


def _recorded(call: Invocation, account: Account | None) -> Recorded:
    from ..guard import require_allowed
    from ..run.recorded import Recorded

    require_allowed(call)
    recorded = Recorded(call, "run")
    recorded.account = account
    return recorded


def _run(
    program: Program, tokens: list[str], environ: dict[str, str], recorded: Recorded
) -> NoReturn:
    """Start the program, and exit with its exit status."""
    from time import monotonic

    from ..run.supervise import end_like

    argv = (*program.argv, *tokens)
    log = _log(program, recorded)
    start = _as_oneself if recorded.account is None else _as_other
    began = monotonic()
    try:
        status = start(argv, environ, recorded)
    except OSError as error:
        recorded.end(NOT_STARTED, "not-started")
        raise _not_started(program.argv, error) from None
    recorded.end(status)
    if log is not None:
        log.finish(status, monotonic() - began)
    end_like(status)


def _log(program: Program, recorded: Recorded) -> RunLog | None:
    """The log of a program that isn't Python's, and so writes none (LOG-01)."""
    if recorded.call.config.logging is None or program.is_python:
        return None
    from ..logs import RunLog

    log = RunLog(recorded.call, recorded.id)
    recorded.is_logged = True
    log.begin()
    return log


def _as_oneself(
    argv: tuple[str, ...], environ: dict[str, str], recorded: Recorded
) -> int:
    """Become the program, or, where its run is recorded, stay to see its end."""
    from ..run.execute import PID
    from ..run.supervise import supervise

    if not recorded.begin():
        os.execve(argv[0], argv, {**environ, PID: str(os.getpid())})  # noqa: S606
    return supervise(argv, recorded.named(environ))


def _as_other(
    argv: tuple[str, ...], environ: dict[str, str], recorded: Recorded
) -> int:
    """Stay at this end; a person at a terminal may be asked for a password."""
    from ..run.become import become
    from ..run.escalate import GRACE, Escalation, NotBecomeError
    from ..run.handover import OWN

    assert recorded.account is not None
    asks = os.environ.get("RUNSPEC_AGENT") != "1" and _can_ask(recorded)
    call = recorded.call
    how = become(call.chain, recorded.account, call.spec_path, asks=asks)
    if recorded.begin():
        environ = recorded.named(environ)
    escalation = Escalation(how.frame(), OWN, GRACE, asks=asks)
    try:
        report = escalation.run((argv, environ, os.getcwd()))
    except NotBecomeError as error:
        recorded.end(NOT_STARTED, "not-started")
        raise _not_become(how, error) from None
    status, started, why, left = report
    if not started:
        raise OSError(0, why)
    if left:
        from .output import note

        note(why or "not all of what it started could be ended")
    return status


def _can_ask(recorded: Recorded) -> bool:
    """Whether a method finds somebody: su asks on its input, others at /dev/tty."""
    from ..run.become import method_of

    if os.isatty(0):
        return True
    if method_of(recorded.call.chain)[0] == "su":
        return False
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _not_become(how: Become, error: Exception) -> SpecError:
    subject, detail = how.account.name, str(error)
    fault = Fault("become-failed", subject, received=how.method, detail=detail)
    return SpecError(fault)


def _not_started(argv: tuple[str, ...], error: OSError) -> SpecError:
    reason = error.strerror or ""
    fault = Fault("program-not-started", argv[-1], detail=reason, received=argv[0])
    return SpecError(fault)
