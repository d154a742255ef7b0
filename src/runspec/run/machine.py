"""What this machine is called, and whether a runnable may run on it (BEC-12)."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..model import Runnable

FORCE = "RUNSPEC_FORCE_HOST"
"""With 1, a person runs on another machine what `hosts` keeps from it."""


def names() -> tuple[str, ...]:
    """The name that the machine gives itself, and its first label; lower case."""
    name = os.uname().nodename.lower()
    return tuple(dict.fromkeys((name, name.partition(".")[0])))


def spellings() -> tuple[str, ...]:
    """The same, and as the machine itself writes them."""
    own = os.uname().nodename
    return tuple(dict.fromkeys((*names(), own, own.partition(".")[0])))


def here(hosts: tuple[str, ...] | None) -> bool:
    """Whether `hosts`, names and patterns, has this machine; None is every machine."""
    if hosts is None:
        return True
    from fnmatch import fnmatchcase

    own = names()
    return any(fnmatchcase(name, host.lower()) for host in hosts for name in own)


def require_here(chain: Sequence[Runnable], environ: Mapping[str, str]) -> None:
    """Raise SpecError (`wrong-host`) where `hosts` hasn't this machine.

    A person may force it; an agent may not.
    """
    from ..spec.inherit import inherited

    hosts = inherited(chain, "hosts")
    if here(hosts) or _is_forced(environ):
        return
    from ..errors import Fault, SpecError

    raise SpecError(
        Fault(
            "wrong-host",
            " ".join(level.name for level in chain),
            received=" or ".join(names()),
            expected=hosts,
        )
    )


def _is_forced(environ: Mapping[str, str]) -> bool:
    return environ.get(FORCE) == "1" and environ.get("RUNSPEC_AGENT") != "1"
