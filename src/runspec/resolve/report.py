"""What is wrong with a call, as faults; only loaded when something is (ERR)."""

from __future__ import annotations

from ..errors import MASK, ArgvPlace, CallError, EnvPlace, Fault, Refused, RunspecError
from ..model import attribute_of
from ..nearest import nearest, option_of
from ..spec.names import LOGGING_SWITCHES
from . import variable_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..call import Given, Invocation, Origin
    from ..errors import Place, Word
    from ..model import Arg

OF_VALUES = ("config-unknown-section",)
"""Warnings that may be the cause of an error."""
SHOWN = 200
"""Received values longer than this are cut."""


def unknown_argument(
    call: Invocation, name: str, index: int, at: int, known: tuple[str, ...]
) -> Fault:
    """An option that isn't declared (BIND-09).

    `at` is where it stands in a cluster of short ones, 0 for a long one.
    """
    token = call.argv[index]
    if at == 1 and len(token) > 2:
        name = _meant_long(token, known) or name
    place = ArgvPlace(tuple(call.argv), index, max(at - 1, 0), len(name))
    if at > 1:
        place.start, place.length = at, 1
    if call.has_secrets:
        _mask_value(call, index, place.start + place.length)
    owner = _command_with(call, name, index)
    detail = "command" if owner else "logging" if name in LOGGING_SWITCHES else ""
    return Fault(
        "unknown-argument",
        name,
        place,
        received=name,
        expected=owner,
        candidates=() if detail else nearest(name, known),
        detail=detail,
    )


def _meant_long(token: str, known: tuple[str, ...]) -> str | None:
    """`-name` where `--name` was meant."""
    name = token.partition("=")[0]
    return name if nearest("-" + name, known) else None


def _command_with(call: Invocation, name: str, index: int) -> tuple[str, ...]:
    """The subcommand behind the option, or else the only one, that declares it."""
    attribute = name.lstrip("-").replace("-", "_")
    found = [
        command.name
        for command in call.chain[-1].commands.values()
        if any(attribute_of(each) == attribute for each in command.args)
    ]
    behind = [token for token in call.argv[index + 1 :] if token in found]
    return tuple(behind[:1] or (found if len(found) == 1 else ()))


def _mask_value(call: Invocation, index: int, end: int) -> None:
    """Mask what may be a secret's value, behind its mistyped name (ERR-05)."""
    argv = call.argv
    if len(argv[index]) > end:
        call.masked.append((index, end + (argv[index][end] == "=")))
    elif index + 1 < len(argv) and not argv[index + 1].startswith("--"):
        call.masked.append((index + 1, 0))


def wrong_token(
    call: Invocation,
    code: str,
    subject: str,
    index: int,
    received: Word | None,
    expected: Iterable[str],
) -> Fault:
    """A token that can't stand where it stands, with the nearest that could."""
    words = tuple(expected)
    place = ArgvPlace(tuple(call.argv), index)
    option = option_of(str(received or ""))
    if option:
        found = (option,)
        return Fault(
            code, subject, place, received=received, expected=found, detail="dash"
        )
    near = nearest(str(received), words) if received is not None else ()
    return Fault(
        code, subject, place, received=received, expected=words, candidates=near
    )


def missing_argument(call: Invocation, arg: Arg) -> Fault:
    """A required argument without a value (SRC-08); expected are its variables."""
    runnable = call.chain[0].name
    return Fault(
        "missing-argument",
        arg.name,
        ArgvPlace(tuple(call.argv), len(call.argv)),
        expected=(*arg.env, variable_of(runnable, arg.name)),
        detail="positional" if arg.position is not None else _kind(call, arg),
    )


def _kind(call: Invocation, arg: Arg) -> str:
    """Its type; of a secret also whether a person was asked for it."""
    from .prompt import is_asked

    asked = arg.type == "password" and is_asked(call)
    return "password-asked" if asked else arg.type


def deprecated(arg: Arg) -> Fault:
    """The warning that a deprecated argument was given (ARG-14)."""
    detail = arg.deprecated or ""
    return Fault("deprecated", arg.name, severity="warning", detail=detail)


def refused_value(
    call: Invocation,
    arg: Arg,
    text: str,
    error: Exception,
    origin: Given | Origin,
    item: int | None = None,
) -> Fault:
    """A value that its type or a check refuses (TYPE, STR, NUM, LST).

    Whatever else a registered coercer raised is `not-valid`.
    """
    if not isinstance(error, Refused):
        if isinstance(error, RunspecError):
            raise error
        error = Refused("not-valid", arg.type, detail=str(error))
    secret = arg.type == "password"
    near: tuple[str, ...] = ()
    if error.code == "not-an-option":
        near = nearest(text, [str(option) for option in error.expected])
    return Fault(
        error.code,
        arg.name,
        _place(call, origin),
        received=None if secret else _short(text),
        expected=error.expected,
        candidates=near,
        detail="" if secret else error.detail,
        item=item,
    )


def _place(call: Invocation, origin: Given | Origin) -> Place | None:
    if isinstance(origin, tuple):
        _, index, start = origin
        length = len(call.argv[index]) - start
        return ArgvPlace(tuple(call.argv), index, start, length)
    return EnvPlace(origin) if isinstance(origin, str) else origin


def _short(text: str) -> str:
    if len(text) <= SHOWN:
        return text
    return f"{text[: SHOWN // 2]}…{text[-SHOWN // 4 :]}"


def call_error(call: Invocation) -> CallError:
    """All faults of a call, secrets masked, look-alikes joined, in argv order."""
    argv = _masked(call)
    faults = _join_mistyped(call.faults)
    faults += [each for each in call.warnings if each.code in OF_VALUES]
    for fault in faults:
        if isinstance(fault.place, ArgvPlace):
            fault.place.argv = argv
            if fault.code == "unexpected-argument" and _is_masked(call, fault.place):
                fault.received = MASK
                fault.subject = MASK
    faults.sort(key=_line_order)
    command = tuple(runnable.name for runnable in call.chain[1:])
    return CallError(*faults, runnable=call.chain[0].name, command=command)


def _masked(call: Invocation) -> tuple[str, ...]:
    argv = list(call.argv)
    for index, start in call.masked:
        argv[index] = argv[index][:start] + MASK
    return tuple(argv)


def _is_masked(call: Invocation, place: ArgvPlace) -> bool:
    return any(index == place.index for index, _ in call.masked)


def _line_order(fault: Fault) -> tuple[int, int]:
    if isinstance(fault.place, ArgvPlace):
        return (fault.place.index, fault.item or 0)
    return (1 << 30, fault.item or 0)


def _join_mistyped(faults: list[Fault]) -> list[Fault]:
    """An unknown option near a missing argument is one mistake (ERR-03)."""
    missing = {
        "--" + fault.subject.replace("_", "-"): fault
        for fault in faults
        if fault.code == "missing-argument"
    }
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
