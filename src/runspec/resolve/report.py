"""What is wrong with a call, as faults; only loaded when something is (ERR)."""

from __future__ import annotations

from ..errors import ArgvPlace, CallError, EnvPlace, Fault
from ..nearest import nearest
from . import variable_of
from .bind import Binder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..errors import Place
    from ..model import Arg
    from .bind import Given
    from .coerce import Refused
    from .result import Origin

MASK = "***"
SHOWN = 200
"""Received values longer than this are cut."""


def unknown_argument(
    binder: Binder, name: str, index: int, at: int, known: tuple[str, ...]
) -> Fault:
    """An option that isn't declared (BIND-09).

    `at` is where it stands in a cluster of short ones, 0 for a long one.
    """
    token = binder.argv[index]
    if at == 1 and len(token) > 2:
        name = _meant_long(token, known) or name
    place = ArgvPlace(tuple(binder.argv), index, max(at - 1, 0), len(name))
    if at > 1:
        place.start, place.length = at, 1
    if any(arg.type == "password" for arg in binder.scope.values()):
        _mask_value(binder, index, place.start + place.length)
    return Fault(
        "unknown-argument",
        name,
        place,
        received=name,
        candidates=nearest(name, known),
        detail="positional" if name.lstrip("-") in _positional_names(binder) else "",
    )


def _meant_long(token: str, known: tuple[str, ...]) -> str | None:
    """`-name` where `--name` was meant."""
    name = token.partition("=")[0]
    return name if nearest("-" + name, known) else None


def _positional_names(binder: Binder) -> set[str]:
    return {arg.name for arg in binder.scope.values() if arg.position is not None}


def _mask_value(binder: Binder, index: int, end: int) -> None:
    """Mask what may be a secret's value, behind its mistyped name (ERR-05)."""
    argv = binder.argv
    if len(argv[index]) > end:
        binder.masked.append((index, end + (argv[index][end] == "=")))
    elif index + 1 < len(argv) and not argv[index + 1].startswith("--"):
        binder.masked.append((index + 1, 0))


def missing_argument(binder: Binder, arg: Arg) -> Fault:
    """A required argument without a value (SRC-08); expected are its variables."""
    runnable = binder.chain[0].name
    return Fault(
        "missing-argument",
        arg.name,
        ArgvPlace(tuple(binder.argv), len(binder.argv)),
        expected=(*arg.env, variable_of(runnable, arg.name)),
        detail="positional" if arg.position is not None else arg.type,
    )


def deprecated(arg: Arg) -> Fault:
    """The warning that a deprecated argument was given (ARG-14)."""
    detail = arg.deprecated or ""
    return Fault("deprecated", arg.name, severity="warning", detail=detail)


def refused_value(
    binder: Binder,
    arg: Arg,
    text: str,
    refused: Refused,
    origin: Given | Origin,
    item: int | None,
) -> Fault:
    """A value that its type or a check refuses (TYPE, STR, NUM, LST)."""
    secret = arg.type == "password"
    received = None if secret else _short(text)
    place: Place | None
    if isinstance(origin, tuple):
        _, index, start = origin
        length = len(binder.argv[index]) - start
        place = ArgvPlace(tuple(binder.argv), index, start, length)
    elif isinstance(origin, str):
        place = EnvPlace(origin)
    else:
        place = origin
    near: tuple[str, ...] = ()
    if refused.code == "not-an-option":
        near = nearest(text, [str(option) for option in refused.expected])
    return Fault(
        refused.code,
        arg.name,
        place,
        received=received,
        expected=refused.expected,
        candidates=near,
        detail="" if secret else refused.detail,
        item=item,
    )


def _short(text: str) -> str:
    if len(text) <= SHOWN:
        return text
    return f"{text[: SHOWN // 2]}…{text[-SHOWN // 4 :]}"


def call_error(binder: Binder, faults: list[Fault]) -> CallError:
    """All faults of a call, secrets masked, look-alikes joined, in argv order."""
    argv = _masked(binder)
    faults = _join_mistyped(faults)
    for fault in faults:
        if isinstance(fault.place, ArgvPlace):
            fault.place.argv = argv
            if fault.code == "unexpected-argument" and _is_masked(binder, fault.place):
                fault.received = MASK
                fault.subject = MASK
    faults.sort(key=_line_order)
    command = tuple(runnable.name for runnable in binder.chain[1:])
    return CallError(*faults, runnable=binder.chain[0].name, command=command)


def _masked(binder: Binder) -> tuple[str, ...]:
    argv = list(binder.argv)
    for index, start in binder.masked:
        argv[index] = argv[index][:start] + MASK
    return tuple(argv)


def _is_masked(binder: Binder, place: ArgvPlace) -> bool:
    return any(index == place.index for index, _ in binder.masked)


def _line_order(fault: Fault) -> tuple[int, int]:
    if isinstance(fault.place, ArgvPlace):
        return (fault.place.index, fault.item or 0)
    return (1 << 30, fault.item or 0)


def _join_mistyped(faults: list[Fault]) -> list[Fault]:
    """An unknown option near a missing argument is one mistake (ERR-03)."""
    missing = {"--" + f.subject: f for f in faults if f.code == "missing-argument"}
    joined: list[Fault] = []
    for fault in faults:
        if fault.code == "unknown-argument":
            for near in fault.candidates[:1]:
                if near in missing:
                    fault.code = "mistyped-argument"
                    fault.detail = fault.subject
                    fault.subject = missing.pop(near).subject
        if fault.code != "missing-argument":
            joined.append(fault)
    return joined + list(missing.values())
