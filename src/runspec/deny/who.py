"""Who is running this, by the kernel's word."""

from __future__ import annotations

import os

UNSET = str(2**32 - 1)
"""The login user of a process that nobody logged in for."""


def people() -> tuple[str, ...]:
    """The names and the numbers of the real, the effective and the login user."""
    from ..record import process

    login = str(process({})["login"])
    numbers = [str(os.getuid()), str(os.geteuid())]
    if login.isdecimal() and login != UNSET:
        numbers.append(login)
    names = [name for name in map(_name, numbers) if name]
    return tuple(dict.fromkeys((*names, *numbers)))


def person() -> str:
    """The real user, as others know them: `ops`, or `uid 1000`."""
    number = str(os.getuid())
    return _name(number) or f"uid {number}"


def _name(number: str) -> str:
    from pwd import getpwuid

    try:
        return getpwuid(int(number)).pw_name
    except (KeyError, OverflowError):
        return ""
