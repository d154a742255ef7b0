"""Overrides of a configuration on the command line (CNF-04).

    a.b=1   changes what is there       +a.b=1   adds what isn't
    ++a.b=1 either of the two           ~a.b     removes it; ~a.b=1 only that value

`a.0.b` and `a[0].b` are in the first item of a list; `a[x.y]` has a key with a dot.
"""

from __future__ import annotations

from ...errors import ArgvPlace, CallError, Fault, Refused
from .flow import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from ...spec.plain import Json

    Path: TypeAlias = tuple[str | int, ...]

SET, ADD, FORCE, DROP = "set", "add", "force", "drop"
_SIGNS = (("++", FORCE), ("+", ADD), ("~", DROP))


class Override:
    """One change of a configuration.

    `operation` is set, add, force or drop; `path` the keys, a whole number where it
    may be an index; `value` what is behind `=` (`valued`: whether there is one);
    `token` what was typed, at `position` of `argv`.
    """

    __slots__ = ("argv", "operation", "path", "position", "token", "value", "valued")

    def __init__(
        self,
        operation: str,
        path: Path,
        value: Json,
        token: str,
        position: int,
        argv: tuple[str, ...] = (),
        valued: bool = True,
    ) -> None:
        self.operation = operation
        self.path = path
        self.value = value
        self.token = token
        self.position = position
        self.argv = argv
        self.valued = valued

    @property
    def place(self) -> ArgvPlace:
        """Where it stands, values under a secret's name masked."""
        if not self.argv:
            return ArgvPlace((masked(self.token),), 0)
        return ArgvPlace(tuple(map(masked, self.argv)), self.position)


def split(
    tokens: Sequence[str],
) -> tuple[tuple[Override, ...], tuple[str, ...]]:
    """The overrides, and what is passed on to the script, both in order.

    Passed on is what isn't an override, and everything behind the first `--`, which
    itself isn't. Raises CallError (`override-invalid`) with all faults.
    """
    argv = tuple(tokens)
    found: list[Override] = []
    passed: list[str] = []
    faults: list[Fault] = []
    for position, token in enumerate(argv):
        if token == "--":  # noqa: S105
            passed += argv[position + 1 :]
            break
        try:
            override = _override(token, position, argv)
        except Refused as refused:
            faults.append(_invalid(refused, token, position, argv))
            continue
        if override is None:
            passed.append(token)
        else:
            found.append(override)
    if faults:
        raise CallError(*faults)
    return tuple(found), tuple(passed)


def _override(token: str, position: int, argv: tuple[str, ...]) -> Override | None:
    operation, rest = _operation(token)
    key, equals, text = rest.partition("=")
    path = path_of(key)
    if not path or not (equals or operation == DROP):
        return None
    value = read(text) if equals else None
    return Override(operation, path, value, token, position, argv, bool(equals))


def _operation(token: str) -> tuple[str, str]:
    for sign, operation in _SIGNS:
        if token.startswith(sign):
            return operation, token[len(sign) :]
    return SET, token


def path_of(text: str) -> Path:
    """The keys of `a.b[0].c`; () for what isn't a dotted path."""
    if not (text[:1].isalpha() or text[:1] == "_"):
        return ()
    keys: list[str | int] = []
    at = 0
    while at < len(text):
        bracket = text[at] == "["
        if bracket:
            end = text.find("]", at)
            key, at = text[at + 1 : end], end + 1
        else:
            start = at + (text[at] == "." and at > 0)
            end = _end_of_key(text, start)
            key, at = text[start:end], end
        if end < 0 or not key or not (bracket or _is_key(key)):
            return ()
        if at < len(text) and text[at] not in ".[":
            return ()
        keys.append(_key(key))
    return tuple(keys)


def dotted(path: Path) -> str:
    """A path as it is typed."""
    return ".".join(
        f"[{key}]" if "." in str(key) else str(key) for key in path
    ).replace(".[", "[")


def masked(token: str) -> str:
    """A token without the value of a secret's name."""
    from ...errors import MASK
    from ..profile.secrecy import is_secret

    key, equals, value = token.partition("=")
    last = key.rpartition(".")[2].lstrip("+~-").partition("[")[0]
    listed = "secrets" in key.lstrip("+~").split(".")
    hidden = listed or (equals and is_secret(last, value))
    return f"{key}={MASK}" if equals and hidden else token


def _end_of_key(text: str, start: int) -> int:
    ends = [end for end in (text.find(".", start), text.find("[", start)) if end >= 0]
    return min(ends, default=len(text))


def _is_key(key: str) -> bool:
    return key.replace("_", "a").replace("-", "a").isalnum()


def _key(key: str) -> str | int:
    digits = key.removeprefix("-")
    is_index = digits.isascii() and digits.isdigit() and len(digits) < 10
    return int(key) if is_index and str(int(key)) == key else key


def _invalid(
    refused: Refused, token: str, position: int, argv: tuple[str, ...]
) -> Fault:
    shown = Override(SET, (), None, token, position, argv)
    subject = token.partition("=")[0].lstrip("+~")
    return Fault(refused.code, subject, shown.place, detail=refused.detail)
