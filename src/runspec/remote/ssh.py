"""Command lines of the system's ssh (OpenSSH), and why one of them failed."""

from __future__ import annotations

import os

from ..errors import Fault, RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "ssh"
RUNSPEC = "runspec"
FIXED = ("-T", "-o", "BatchMode=yes", "-o", "RemoteCommand=none")
"""No terminal, no question that nobody could answer, and no command but ours."""
PATIENCE = ("-o", "ConnectTimeout=10")
"""Seconds, unless the options of the host say otherwise; ssh uses the first."""
FAILED = 255
"""The exit status with which ssh says that it is its own (ssh(1), EXIT STATUS)."""
NOT_FOUND = 127
"""The exit status of a shell that finds no such program."""
HOSTILE = frozenset("'`\"$\\;&<>|(){}")
"""What no name of a host has, and a ProxyCommand would give to a shell."""
PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,@%+"
)
"""What means nothing to any shell, wherever in a word it stands."""


class Target:
    """A host, and how ssh gets there.

    `name` is what the person calls it, `proxy` what `-J` takes, `key` a path, `options`
    further words for ssh, `program` the path of `runspec` there. Raises RunspecError:
    `host-invalid` for what ssh or a shell would take for something else, `bin-invalid`
    where `program` is no `runspec`.
    """

    __slots__ = ("host", "key", "name", "options", "port", "program", "proxy", "user")

    def __init__(
        self,
        host: str,
        *,
        name: str | None = None,
        user: str | None = None,
        port: int | None = None,
        key: str | None = None,
        proxy: str | None = None,
        options: Sequence[str] = (),
        program: str = RUNSPEC,
    ) -> None:
        self.name = host if name is None else name
        self.host = host
        self.user = user
        self.port = port
        self.key = key
        self.proxy = proxy
        self.options = tuple(options)
        self.program = program
        for each in (host, user or "", *(proxy or "").split(",")):
            require_host(each, self.name)
        require_program(program)

    def words(self) -> list[str]:
        """The options of ssh that say how to get there."""
        found = list(self.options)
        if self.user:
            found += ["-l", self.user]
        if self.port:
            found += ["-p", str(self.port)]
        if self.key:
            found += ["-i", os.path.expanduser(self.key)]
        if self.proxy:
            found += ["-J", self.proxy]
        return found


def ssh_argv(
    target: Target, words: Sequence[str], *, shared: bool = False
) -> list[str]:
    """What runs a command on a host, its words as they are; there is no shell here.

    `shared`: by the connection that all calls of this user to the host share. What
    `~/.ssh/config` says comes first then, and after it only what this has to say.
    """
    options = target.words()
    if shared:
        from .sharing import configured

        options = configured(options)
    else:
        options = [*options, *PATIENCE]
    return [PROGRAM, *FIXED, *options, "--", target.host, *quoted(words)]


def runspec_argv(
    target: Target, words: Sequence[str], *, shared: bool = False
) -> list[str]:
    """As `ssh_argv`, for the `runspec` of that host."""
    return ssh_argv(target, (target.program, *words), shared=shared)


def quoted(words: Sequence[str]) -> list[str]:
    """Words that a POSIX shell makes these of; a first `~/` is still its home's.

    A first one such as `+x/program` gets `./` before it: the `#!/bin/sh` of a script
    would take it for an option.
    """
    first, *others = words
    if first.startswith("+") and "/" in first:
        first = f"./{first}"
    home = "~/" if first.startswith("~/") else ""
    return [home + _quoted(first.removeprefix(home)), *map(_quoted, others)]


def _quoted(word: str) -> str:
    """One word. `a=b` would be an assignment, `if` a keyword only as it is."""
    if word and PLAIN.issuperset(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def require_host(text: str, name: str) -> None:
    """Raise RunspecError (`host-invalid`) for what is no name of a host or a user."""
    for part in text.split("@"):
        bad = part.startswith("-") or not HOSTILE.isdisjoint(part)
        if bad or not part.isprintable() or " " in part:
            raise RunspecError(Fault("host-invalid", name, received=text))


def require_program(path: str) -> None:
    """Raise RunspecError (`bin-invalid`) for a path that isn't one of `runspec`.

    Nor may it begin with `-`: the other side's shell would take it for an option.
    """
    ours = path.rpartition("/")[2] == RUNSPEC
    if not ours or path.startswith("-") or not path.isprintable():
        raise RunspecError(Fault("bin-invalid", path, received=path))


def failure(target: Target, status: int, said: bytes) -> Fault:
    """Why a command on a host came to nothing, in a line of what it said.

    `host-unreachable` where ssh itself failed, `runspec-missing` where a shell there
    doesn't find the program, `host-ended` for the rest.
    """
    lines = said.decode("utf-8", "replace").splitlines()
    last = next((each for each in reversed(lines) if each.strip()), "").strip()
    code = {FAILED: "host-unreachable", NOT_FOUND: "runspec-missing"}.get(status)
    if code is None:
        last = last or f"exit status {status}"
    return Fault(
        code or "host-ended", target.name, received=target.program, detail=last
    )
