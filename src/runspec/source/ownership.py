"""Who else could have written a file, or could read it."""

from __future__ import annotations

import os
import sys
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG, S_ISVTX, S_IWGRP, S_IWOTH

from ..paths import IS_POSIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

WRITABLE, OPEN = 0o022, 0o077
"""Mode bits by which others can write, and by which they can do anything at all."""


class Distrust:
    """`why` a file isn't trusted, and the command that may `mend` it, or "".

    `path` is what isn't, where that may be a directory above it; else "".
    """

    __slots__ = ("mend", "path", "why")

    def __init__(self, why: str, mend: str = "", path: str = "") -> None:
        self.why = why
        self.mend = mend
        self.path = path


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
    can be trusted, and where the system has neither owners nor modes.
    """
    if not (S_ISDIR if directory else S_ISREG)(status.st_mode):
        return Distrust(f"not {'a directory' if directory else 'a regular file'}")
    if not IS_POSIX:
        return None
    if status.st_uid not in (os.geteuid(), *owners):
        mend = f"chown {os.geteuid()} {_quoted(path)}"
        return Distrust(f"owned by user {status.st_uid}", mend)
    if status.st_mode & open_to:
        closed = "go-w" if open_to == WRITABLE else "go=" if directory else "600"
        mend = f"chmod {closed} {_quoted(path)}"
        return Distrust(f"mode {S_IMODE(status.st_mode):04o}", mend)
    return None


def distrust_place(path: str) -> Distrust | None:
    """Why somebody else could have put a file there, or changed it: by itself, by a
    directory above it or by a link on the way. None where nobody could.

    Root, this user and the owner of this environment, whose code runs already, are
    trusted. In a sticky directory the owner of the entry counts, and a group that has
    only trusted users isn't others. Raises OSError.
    """
    owners = {0, os.geteuid()}
    if os.path.exists(sys.prefix):
        owners.add(os.stat(sys.prefix).st_uid)
    for each in _on_the_way(path):
        found = _distrust_entry(each, os.lstat(each), owners)
        if found is not None:
            return found
    return None


def _on_the_way(path: str) -> Iterator[str]:
    """A path and the directories above it, as it is written and as links lead."""
    absolute = os.path.abspath(path)
    for each in dict.fromkeys((absolute, os.path.realpath(absolute))):
        yield each
        while each != os.path.dirname(each):
            each = os.path.dirname(each)
            yield each


def _distrust_entry(
    path: str, status: os.stat_result, owners: Collection[int]
) -> Distrust | None:
    mode = status.st_mode
    about = f"mode {S_IMODE(mode):04o}, owner {_user(status.st_uid)}"
    if status.st_uid not in owners:
        return Distrust(about, path=path)
    if S_ISLNK(mode) or (S_ISDIR(mode) and mode & S_ISVTX):
        return None
    if mode & S_IWOTH:
        return Distrust(about, f"chmod go-w {_quoted(path)}", path)
    if mode & S_IWGRP and not _is_private(path, status.st_gid, owners):
        about += f", group {_group(status.st_gid)}"
        return Distrust(about, f"chmod g-w {_quoted(path)}", path)
    return None


def _is_private(path: str, gid: int, owners: Collection[int]) -> bool:
    """Whether a group has none but these users, and none are let in beside it."""
    import grp
    import pwd

    try:
        members = {pwd.getpwnam(each).pw_uid for each in grp.getgrgid(gid).gr_mem}
    except KeyError:
        return False
    members |= {each.pw_uid for each in pwd.getpwall() if each.pw_gid == gid}
    return members.issubset(owners) and not _has_access_list(path)


def _has_access_list(path: str) -> bool:
    """Whether the bits of the group are the mask of a list (acl(5))."""
    if not hasattr(os, "listxattr"):
        return False
    try:
        return "system.posix_acl_access" in os.listxattr(path)
    except OSError:
        return False


def _user(uid: int) -> str:
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _quoted(path: str) -> str:
    from shlex import quote

    return quote(path)
