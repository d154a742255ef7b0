"""What this machine is called (SRV-03)."""

from __future__ import annotations

import os


def names() -> tuple[str, ...]:
    """The name that the machine gives itself, and its first label; lower case."""
    name = os.uname().nodename.lower()
    return tuple(dict.fromkeys((name, name.partition(".")[0])))


def here(hosts: tuple[str, ...] | None) -> bool:
    """Whether `hosts`, names and patterns, has this machine; None is every machine."""
    if hosts is None:
        return True
    from fnmatch import fnmatchcase

    own = names()
    return any(fnmatchcase(name, host.lower()) for host in hosts for name in own)
