"""The command lines by which a program is started as another user (BEC-04)."""

from __future__ import annotations

import os
import sys

from ..errors import Fault, SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Runnable
    from .account import Account
    from .handover import Become as Frame

PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")
"""The system's own, for users who can't reach the one that runs this."""
RUNNER = "n={channel};exec(open(n,mode='rb',closefd=False).read({size}))"
"""What the other user's Python runs first: it takes the runner from its channel."""


class Method:
    """One program that becomes other users.

    `quiet` makes it fail rather than ask, `user` names the user in front of the
    command. One that takes the command as one text for a shell has `text`. What it
    leaves open of ours begins with `channel`: most close all but 0, 1 and 2.
    """

    __slots__ = ("channel", "quiet", "text", "user")

    def __init__(
        self,
        quiet: tuple[str, ...],
        user: tuple[str, ...],
        *,
        text: str = "",
        channel: int = 0,
    ) -> None:
        self.quiet = quiet
        self.user = user
        self.text = text
        self.channel = channel


USER = "{user}"
METHODS = {
    "sudo": Method(("-n",), ("-u", USER, "--")),
    "dzdo": Method(("-n",), ("-u", USER, "--")),
    "doas": Method(("-n",), ("-u", USER, "--")),
    # Its -n takes away the input, and it knows no --.
    "pbrun": Method((), ("-u", USER)),
    # It reads a password from its input, which therefore isn't the channel.
    "su": Method((), ("--", USER), text="-c", channel=3),
}


def command_line(
    method: str, flags: Sequence[str], user: str, command: Sequence[str], *, asks: bool
) -> list[str]:
    """The words that run `command` as `user`; `asks`: a person may be asked."""
    how = METHODS[method]
    words = [method, *(() if asks else how.quiet), *flags]
    named = [word.replace(USER, user) for word in how.user]
    if how.text:
        return [*words, how.text, quoted(command), *named]
    return [*words, *named, *command]


def quoted(command: Sequence[str]) -> str:
    """A command as one text that a shell takes apart into the same words."""
    from shlex import join

    return join(command)


class Become:
    """How a program comes to run as `account`."""

    __slots__ = ("account", "argv", "method")

    def __init__(self, account: Account, method: str, argv: Sequence[str]) -> None:
        self.account = account
        self.method = method
        self.argv = argv

    def frame(self) -> Frame:
        """As plain data: the words, the user by name and number, the channel."""
        channel = METHODS[self.method].channel
        return tuple(self.argv), self.account.name, self.account.uid, channel


def become(
    chain: Sequence[Runnable], account: Account, spec: str, *, asks: bool
) -> Become:
    """How the last of `chain`, which `spec` declares, is started as `account`.

    Raises SpecError where there is no such method here (`become-not-found`), no
    Python that the user can run (`become-no-python`), or somebody else could have
    written the spec (`spec-untrusted`).
    """
    from ..source.trust import require_trusted_spec
    from .bundle import bundle

    require_trusted_spec(spec, "run_as")

    method, flags = method_of(chain)
    found = _which(method)
    runner = RUNNER.format(channel=METHODS[method].channel, size=len(bundle()))
    command = (_python_for(account), "-I", "-S", "-c", runner)
    words = command_line(method, flags, account.name, command, asks=asks)
    return Become(account, method, [found, *words[1:]])


def method_of(chain: Sequence[Runnable]) -> tuple[str, list[str]]:
    """The method of the last of `chain`, and the flags of its spec, split once."""
    from ..spec.inherit import inherited

    flags: str | None = inherited(chain, "become_flags")
    return str(inherited(chain, "become_method")), _split(flags)


def _split(flags: str | None) -> list[str]:
    if not flags:
        return []
    from shlex import split

    return split(flags)


def _which(method: str) -> str:
    """The first in PATH that is only root's or this user's to write."""
    for directory in filter(os.path.isabs, os.get_exec_path()):
        path = os.path.join(directory, method)
        if os.access(path, os.X_OK) and _is_trusted(path):
            return path
    path = os.environ.get("PATH", os.defpath)
    raise SpecError(Fault("become-not-found", method, detail=path))


def _is_trusted(path: str) -> bool:
    from ..source.ownership import WRITABLE, distrust

    try:
        status = os.stat(path)
    except OSError:
        return False
    return distrust(path, status, open_to=WRITABLE, owners=(0,)) is None


def _python_for(account: Account) -> str:
    """A Python that this user can run; the runner needs nothing but its library."""
    own = os.path.realpath(sys.executable)
    library = os.path.join(os.path.dirname(os.__file__), "os.py")
    if _reachable(own, account) and _reachable(library, account):
        return own
    for path in PYTHONS:
        if os.path.exists(path) and _reachable(os.path.realpath(path), account):
            return path
    raise SpecError(Fault("become-no-python", account.name, expected=(own, *PYTHONS)))


def _reachable(path: str, account: Account) -> bool:
    """Whether modes let the user read a file, its directories included."""
    if account.uid == 0:
        return True
    groups = os.getgrouplist(account.name, account.gid)
    while True:
        wanted = 1 if os.path.isdir(path) else 4
        if not _may(os.stat(path), account.uid, groups, wanted):
            return False
        above = os.path.dirname(path)
        if above == path:
            return True
        path = above


def _may(seen: os.stat_result, uid: int, groups: Sequence[int], wanted: int) -> bool:
    if seen.st_uid == uid:
        return bool(seen.st_mode >> 6 & wanted)
    if seen.st_gid in groups:
        return bool(seen.st_mode >> 3 & wanted)
    return bool(seen.st_mode & wanted)
