"""Users of this machine, and which of them a runnable runs as (BEC-01 to BEC-03)."""

from __future__ import annotations

import os
import sys

from ..errors import EnvPlace, Fault, SpecError
from .machine import names, spellings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..model import Runnable
    from ..model_more import RunAs


OWNER = "@owner"
"""What `run_as` says for the owner of the environment (BEC-01)."""


class Account:
    """A user as the system knows them."""

    __slots__ = ("gid", "home", "name", "shell", "uid")

    def __init__(self, name: str, uid: int, gid: int, home: str, shell: str) -> None:
        self.name = name
        self.uid = uid
        self.gid = gid
        self.home = home
        self.shell = shell


def own_name() -> str:
    """The name of the effective user, or its number where it has none."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def other_account(chain: Sequence[Runnable]) -> Account | None:
    """As whom the last of `chain` runs here, where that isn't this process's user.

    By number: names of one number are one user. A variable is this process's own,
    whatever the call says. Raises SpecError (`run-as-unset`, `unknown-user`).
    """
    from ..spec.inherit import inherited

    run_as: str | RunAs | None = inherited(chain, "run_as")
    written = run_as if isinstance(run_as, str | None) else _written_for_here(run_as)
    if not written or not hasattr(os, "geteuid"):
        return None
    name = " ".join(level.name for level in chain)
    if written == OWNER:
        written = _owner()
        if not written:
            return None
    found = _known(_named(written, os.environ, name), name)
    return None if found.uid == os.geteuid() else found


def _owner() -> str:
    """The user who owns the environment; "" for root, whom nothing runs as (BEC-01)."""
    import pwd

    owner = os.stat(sys.prefix).st_uid
    if owner == 0:
        return ""
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


def _written_for_here(run_as: RunAs) -> str | None:
    """The host's own, then that of the first pattern, then the default (RUN-07)."""
    own = names()
    for host, user in run_as.hosts.items():
        if host.lower() in own:
            return user
    for pattern, user in run_as.patterns.items():
        if _matches(pattern):
            return user
    return run_as.default


def _matches(pattern: str) -> bool:
    from ..spec.match import fullmatch, longest
    from ..spec.pattern import compile_pattern

    program = compile_pattern(pattern)
    return any(
        len(name) <= longest(program) and fullmatch(program, name)
        for name in spellings()
    )


def _named(written: str, environ: Mapping[str, str], runnable: str) -> str:
    """The name itself, or what the variable that it is has for one."""
    variable = variable_in(written)
    if not variable:
        return written
    name = environ.get(variable, "")
    if name:
        return name
    place = EnvPlace(variable)
    raise SpecError(Fault("run-as-unset", runnable, place, received=variable))


def variable_in(written: str) -> str:
    """The variable of `$NAME` or `${NAME}`; "" for anything else."""
    if not written.startswith("$"):
        return ""
    name = written[1:]
    if name.startswith("{") and name.endswith("}"):
        name = name[1:-1]
    return name if name.isascii() and name.isidentifier() else ""


def _known(name: str, runnable: str) -> Account:
    import pwd

    try:
        found = pwd.getpwnam(name)
    except (KeyError, ValueError):  # a NUL is a ValueError
        raise SpecError(Fault("unknown-user", runnable, received=name)) from None
    return Account(
        found.pw_name, found.pw_uid, found.pw_gid, found.pw_dir, found.pw_shell
    )
