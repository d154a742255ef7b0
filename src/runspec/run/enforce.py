"""What holds before a program's own code runs: where it is, and as whom."""

from __future__ import annotations

import os
import sys

from ..errors import Fault, SpecError
from .account import other_account, own_name
from .machine import require_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..call import Invocation
    from .account import Account


def enforce(call: Invocation) -> tuple[Fault, ...]:
    """Raise SpecError where the call isn't to run here, or not as this user.

    Returns what is only to be warned of (BEC-09, BEC-11).
    """
    from ..spec.inherit import inherited

    require_here(call.chain, call.environ)
    how = inherited(call.chain, "enforce_run_as") or call.config.enforce_run_as
    if how == "off":
        return ()
    try:
        _require_user(call)
    except SpecError as error:
        if how == "error":
            raise
        for fault in error.faults:
            fault.severity = "warning"
        return error.faults
    return ()


def _require_user(call: Invocation) -> None:
    account = other_account(call.chain)
    if account is None:
        return
    fault = Fault(
        "other-user",
        " ".join(level.name for level in call.chain),
        received=own_name(),
        expected=(account.name,),
        detail=_instead(call, account),
    )
    raise SpecError(fault)


def _instead(call: Invocation, account: Account) -> str:
    """The command that runs this very call as that user, for a shell."""
    from .become import command_line, method_of, quoted

    method, flags = method_of(call.chain)
    asks = call.environ.get("RUNSPEC_AGENT") != "1"
    command = [*_own_command(), *call.argv]
    return quoted(command_line(method, flags, account.name, command, asks=asks))


def _own_command() -> Sequence[str]:
    """What this program was started with, up to its arguments."""
    program = os.path.abspath(sys.argv[0])
    if os.path.isfile(program) and os.access(program, os.X_OK):
        return [program]
    if os.path.isfile(program):
        return [sys.executable, program]
    return sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
