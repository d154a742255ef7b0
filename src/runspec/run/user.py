"""As whom this process runs, and whether a runnable may run as that user."""

from __future__ import annotations

import os

from ..errors import Fault, SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..model import Runnable
    from ..model_more import RunAs


def user_name() -> str:
    """The name of the effective user, or its number where it has none."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def require_user(runnable: Runnable) -> None:
    """Raise SpecError (`other-user`) where `run_as` names, or may name, another user.

    A server that can't become that user must not run it as its own (RUN-07).
    """
    run_as = runnable.run_as
    if run_as is None:
        return
    own = user_name()
    wanted = _users(run_as) - {own, ""}
    if wanted:
        expected = tuple(sorted(wanted))
        fault = Fault("other-user", runnable.name, received=own, expected=expected)
        raise SpecError(fault)


def _users(run_as: str | RunAs) -> set[str]:
    """Everyone it names; a variable stands for somebody, too."""
    if isinstance(run_as, str):
        return {run_as}
    users = {*run_as.hosts.values(), *run_as.patterns.values()}
    return users | ({run_as.default} if run_as.default is not None else set())
