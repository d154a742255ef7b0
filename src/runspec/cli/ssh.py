"""The command line of ssh that runs `runspec` on another host."""

from __future__ import annotations

import os
import shlex

from ..errors import Fault, SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..model_more import JumpHost
    from ..source.document import Document

PROGRAM = "ssh"
FIXED = ("-T", "-o", "BatchMode=yes")
"""No terminal, and no question that nobody could answer."""
PATIENCE = ("-o", "ConnectTimeout=10")
"""Seconds, unless the options of the alias say otherwise; ssh uses the first."""


def ssh_argv(host: str, command: Sequence[str], spec: str | None) -> list[str]:
    """What runs `runspec` with `command` on `host`.

    An alias in [config.jump-hosts] of the spec at that path stands for what is said
    there; any other host is ssh's own business. Raises SpecError (`host-invalid`,
    or the faults of that spec).
    """
    hosts, document = _jump_hosts(spec)
    alias = hosts.get(host)
    if alias is None or document is None:
        return _argv((), host, "runspec", command)
    for key in ("host", "proxy"):
        if (getattr(alias, key) or "").startswith("-"):
            raise _invalid(document, host, key)
    options = _options(alias, hosts, os.path.dirname(document.path))
    return _argv(options, alias.host or host, alias.bin or "runspec", command)


def _argv(
    options: Sequence[str], host: str, program: str, command: Sequence[str]
) -> list[str]:
    words = [_remote_path(program), *map(shlex.quote, command)]
    return [PROGRAM, *FIXED, *options, *PATIENCE, "--", host, *words]


def _options(alias: JumpHost, hosts: Mapping[str, JumpHost], folder: str) -> list[str]:
    found = list(alias.options)
    if alias.user:
        found += ["-l", alias.user]
    if alias.port:
        found += ["-p", str(alias.port)]
    if alias.key:
        found += ["-i", os.path.join(folder, os.path.expanduser(alias.key))]
    if alias.proxy:
        found += ["-J", _jump(alias.proxy, hosts)]
    return found


def _jump(proxy: str, hosts: Mapping[str, JumpHost]) -> str:
    """The host to go through, as `-J` takes it; it may be an alias, too."""
    alias = hosts.get(proxy)
    if alias is None:
        return proxy
    user = f"{alias.user}@" if alias.user else ""
    port = f":{alias.port}" if alias.port else ""
    return f"{user}{alias.host or proxy}{port}"


def _remote_path(program: str) -> str:
    """One word of the remote shell, which still expands a `~/` at its beginning."""
    if program.startswith("~/"):
        return "~/" + shlex.quote(program[2:])
    return shlex.quote(program)


def _jump_hosts(
    spec: str | None,
) -> tuple[Mapping[str, JumpHost], Document | None]:
    if spec is None:
        return {}, None
    from ..source.toml import read_toml
    from ..spec.build import build

    document = read_toml(spec)
    built = build(document)
    errors = built.errors_for(None)
    if errors:
        raise SpecError(*errors)
    return built.config.jump_hosts, document


def _invalid(document: Document, alias: str, key: str) -> SpecError:
    path = ("config", "jump-hosts", alias, key)
    place = document.place(path, value=True)
    return SpecError(Fault("host-invalid", ".".join(path), place))
