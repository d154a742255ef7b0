"""One connection for all calls of a user to one host (ssh_config(5), ControlMaster).

ssh takes the first value it finds for each setting. So what this has to say stands in
a configuration of its own, behind an Include of the user's.
"""

from __future__ import annotations

import os

from ..errors import RunspecError
from ..paths import runtime_dir
from ..source.replace import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LAST = """\
Match all
    ConnectTimeout 10
    ServerAliveInterval 10
    ServerAliveCountMax 3
"""
SHARED = """\
    ControlMaster auto
    ControlPersist 60
    ControlPath {path}
"""
USERS = ("~/.ssh/config", "/etc/ssh/ssh_config")
"""What ssh reads where it is told of no other file."""
NONE = "none"
"""The name of a file that stands for none (ssh(1), -F)."""
NAME = 8
"""Digits that tell one way to a host from another."""
ROOM = 104 - len("/.") - 40 - NAME - len(".0123456789abcdef")
"""Bytes for the directory: those of a socket's path (unix(7)), without ssh's `%C` and
the name that it makes the socket by."""


def configured(options: Sequence[str]) -> list[str]:
    """The options for one way to a host, with which ssh shares a connection.

    Where there is no safe place for its socket, each call has a connection of its own.
    """
    file, others = _own_file(options)
    folder = _folder()
    if folder is None or (file is None and _is_unsafe(USERS[0])):
        return [*options, *_as_options(LAST)]
    name = _sum("\0".join(options))
    path = f"{folder}/{name}"
    text = _text(file) + LAST + SHARED.format(path=f"{folder}/%C.{name}")
    if not _holds(path, text) and not replace(path, text.encode(), 0o600):
        return [*options, *_as_options(LAST)]
    return ["-F", path, *others]


def _own_file(options: Sequence[str]) -> tuple[str | None, list[str]]:
    """The file of `-F`, of which ssh takes the last, and the options without it."""
    file, others = None, []
    words = iter(options)
    for word in words:
        if word == "-F":
            file = next(words, NONE)
        elif word.startswith("-F"):
            file = word[2:]
        else:
            others.append(word)
    return file, others


def _text(file: str | None) -> str:
    if file == NONE:
        return ""
    files = USERS if file is None else (os.path.abspath(os.path.expanduser(file)),)
    return "".join(f'Include "{each}"\n' for each in files)


def _as_options(text: str) -> list[str]:
    """The settings as options, which can only stand before the user's."""
    settings = [line.split(None, 1) for line in text.splitlines()[1:]]
    return [word for key, value in settings for word in ("-o", f"{key}={value}")]


def _folder() -> str | None:
    """A directory that only this user can write to, short enough for a socket."""
    from ..source.folder import Folder

    places = []
    if runtime := runtime_dir(os.environ):
        places.append(f"{runtime}/runspec-ssh")
    places.append(f"/tmp/runspec-ssh-{os.geteuid()}")  # noqa: S108  it is checked
    for place in places:
        if not os.path.isabs(place) or len(os.fsencode(place)) > ROOM or "%" in place:
            continue
        try:
            Folder(place, "untrusted").make()
        except RunspecError:
            continue
        return place
    return None


def _is_unsafe(path: str) -> bool:
    """Whether ssh would refuse the user's configuration, as it says itself then."""
    import pwd

    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
        status = os.stat(home + path.removeprefix("~"))
    except (KeyError, OSError):
        return False
    return status.st_mode & 0o022 != 0 or status.st_uid not in (0, os.getuid())


def _holds(path: str, text: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read() == text
    except (OSError, ValueError):
        return False


def _sum(text: str) -> str:
    from ..compat import sha256

    return sha256()(os.fsencode(text)).hexdigest()[:NAME]
