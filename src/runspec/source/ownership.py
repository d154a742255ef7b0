"""Who else could have written a file, or could read it."""

from __future__ import annotations

import os
from stat import S_IMODE, S_ISDIR, S_ISREG

WRITABLE, OPEN = 0o022, 0o077
"""Mode bits by which others can write, and by which they can do anything at all."""


class Distrust:
    """`why` a file isn't trusted, and the command that may `mend` it, or ""."""

    __slots__ = ("mend", "why")

    def __init__(self, why: str, mend: str = "") -> None:
        self.why = why
        self.mend = mend


def distrust(
    path: str,
    status: os.stat_result,
    *,
    open_to: int,
    owners: tuple[int, ...] = (),
    directory: bool = False,
) -> Distrust | None:
    """Why a file isn't one that only this user, or `owners`, could have made so.

    `open_to` are the mode bits that it may not have, WRITABLE or OPEN. None where it
    can be trusted.
    """
    if not (S_ISDIR if directory else S_ISREG)(status.st_mode):
        return Distrust(f"not {'a directory' if directory else 'a regular file'}")
    if status.st_uid not in (os.geteuid(), *owners):
        mend = f"chown {os.geteuid()} {_quoted(path)}"
        return Distrust(f"owned by user {status.st_uid}", mend)
    if status.st_mode & open_to:
        closed = "go-w" if open_to == WRITABLE else "go=" if directory else "600"
        mend = f"chmod {closed} {_quoted(path)}"
        return Distrust(f"mode {S_IMODE(status.st_mode):04o}", mend)
    return None


def _quoted(path: str) -> str:
    from shlex import quote

    return quote(path)
