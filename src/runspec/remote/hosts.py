"""Which hosts a word stands for: aliases, groups of them, and ranges of names.

hosts = item { "," item }
item  = "@" group | [ user "@" ] "[" address of IPv6 "]" [ ":" port ]
      | name { "[" range { "," range } "]" name }
range = digits | digits "-" digits
"""

from __future__ import annotations

import os

from ..errors import Fault, RunspecError, SpecError
from ..nearest import nearest
from .ssh import RUNSPEC, Target, require_host, require_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..model_more import JumpHost

MOST = 10_000
"""Hosts of one call; a range of more is a slip."""


class Hosts:
    """The hosts that a spec knows by an alias; any other name is ssh's business."""

    def __init__(self, aliases: Mapping[str, JumpHost], spec: str = "") -> None:
        self.aliases = aliases
        self._spec = spec

    def target(self, name: str, program: str | None = None) -> Target:
        """How to get to a host, by its alias, or by `[user@]host[:port]`.

        Raises RunspecError (`host-invalid`, `bin-invalid`), for an alias with the
        place in the spec, and `spec-untrusted` where another user could write that.
        """
        alias = self.aliases.get(name)
        if alias is None:
            host, port = _with_port(name)
            return Target(host, name=name, port=port, program=program or RUNSPEC)
        self._require_trusted()
        self._require_sound(name, alias)
        folder = os.path.dirname(self._spec)
        key = alias.key and os.path.join(folder, os.path.expanduser(alias.key))
        return Target(
            alias.host or name,
            name=name,
            user=alias.user,
            port=alias.port,
            key=key,
            proxy=alias.proxy and self._jump(alias.proxy),
            options=alias.options,
            program=program or alias.bin or RUNSPEC,
        )

    def expand(self, text: str) -> tuple[str, ...]:
        """Every host that a word stands for, in its order and once.

        Raises RunspecError: `group-unknown`, `hosts-invalid`.
        """
        found: dict[str, None] = {}
        for item in _items(text):
            names = self._group(item[1:]) if item[:1] == "@" else _ranged(item, text)
            for name in names:
                found[name] = None
                if len(found) > MOST:
                    raise _invalid(text, f"at most {MOST} hosts")
        return tuple(found)

    def _group(self, group: str) -> Iterator[str]:
        groups = {each for alias in self.aliases.values() for each in alias.groups}
        if group not in groups:
            near = nearest(group, groups)
            expected = tuple(sorted(groups))
            fault = Fault(
                "group-unknown",
                group,
                received=group,
                expected=expected,
                candidates=near,
            )
            raise RunspecError(fault)
        self._require_trusted()
        return (name for name, alias in self.aliases.items() if group in alias.groups)

    def _require_trusted(self) -> None:
        from ..source.trust import require_trusted_spec

        require_trusted_spec(self._spec, "[config.jump-hosts]")

    def _jump(self, proxy: str) -> str:
        """The host to go through, as `-J` takes it; it may be an alias, too.

        ssh takes an address of IPv6 in brackets there, with a port or without.
        """
        alias = self.aliases.get(proxy)
        if alias is None:
            return proxy
        user = f"{alias.user}@" if alias.user else ""
        port = f":{alias.port}" if alias.port else ""
        host = alias.host or proxy
        host = f"[{host}]" if _is_address(host) else host
        return f"{user}{host}{port}"

    def _require_sound(self, name: str, alias: JumpHost) -> None:
        for key in ("host", "user", "proxy", "bin"):
            value = getattr(alias, key)
            try:
                if key == "bin":
                    require_program(value or RUNSPEC)
                else:
                    for each in (value or "").split(","):
                        require_host(each, name)
            except RunspecError as error:
                raise self._placed(error.faults[0], name, key) from None

    def _placed(self, fault: Fault, name: str, key: str) -> SpecError:
        from ..source.spec import read_spec

        path = ("config", "jump-hosts", name, key)
        fault.subject = ".".join(path)
        fault.place = read_spec(self._spec).place(path, value=True)
        return SpecError(fault)


def known_hosts(spec: str | None) -> Hosts:
    """Those of `[config.jump-hosts]` of a spec. Raises SpecError for its faults."""
    if spec is None:
        return Hosts({})
    from ..model import revive
    from ..specfile import read

    found = read(spec, "", sole=False)
    if found is None:
        from ..spec.load import load_config

        config = load_config(spec)
    else:
        config = found[1]
    return Hosts(revive(config).jump_hosts, spec)


def _with_port(name: str) -> tuple[str, int | None]:
    """A name without its port; of IPv6, only an address in brackets has one."""
    literal = _literal(name)
    if literal is not None:
        return literal
    host, colon, port = name.rpartition(":")
    digits = port.isascii() and port.isdigit() and len(port) <= len("65535")
    if not colon or ":" in host or not digits:
        return name, None
    return host, int(port)


def _literal(item: str) -> tuple[str, int | None] | None:
    """An address of IPv6 in brackets, as `user@address` and its port."""
    user, at, rest = item.rpartition("@")
    address, closed, after = rest[1:].partition("]")
    port = after[1:]
    if rest[:1] != "[" or not closed or not _is_address(address):
        return None
    if not after:
        return user + at + address, None
    digits = port.isascii() and port.isdigit() and len(port) <= len("65535")
    return (user + at + address, int(port)) if after[0] == ":" and digits else None


def _is_address(text: str) -> bool:
    """Whether it is an address of IPv6 (RFC 4291), a zone (RFC 4007) included."""
    import socket

    try:
        socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    except (OSError, ValueError):
        return False
    return True


def _items(text: str) -> Iterator[str]:
    """What stands between commas, but for those within brackets."""
    depth, begin = 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            yield text[begin:at]
            begin = at + 1
    yield text[begin:]


def _ranged(item: str, text: str) -> Iterator[str]:
    """The names of an item, the last bracket moving fastest."""
    if "[" in item and _literal(item) is not None:
        yield item
        return
    before, bracket, rest = item.partition("[")
    if not bracket:
        if not item or "]" in item:
            raise _invalid(text)
        yield item
        return
    inside, closed, after = rest.partition("]")
    if not closed:
        raise _invalid(text)
    ends = [""] if not after else list(_ranged(after, text))
    for number in _numbers(inside, text):
        for end in ends:
            yield f"{before}{number}{end}"


def _numbers(inside: str, text: str) -> Iterator[str]:
    for each in inside.split(","):
        first, dash, last = each.partition("-")
        last = last if dash else first
        if not all(end.isascii() and end.isdigit() for end in (first, last)):
            raise _invalid(text)
        width = len(first) if first.startswith("0") else 0
        if not 0 <= int(last) - int(first) < MOST:
            raise _invalid(text)
        for number in range(int(first), int(last) + 1):
            yield str(number).zfill(width)


def _invalid(text: str, detail: str = "") -> RunspecError:
    return RunspecError(Fault("hosts-invalid", text, received=text, detail=detail))
