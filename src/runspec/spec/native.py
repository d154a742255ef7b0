"""TOML values as the values of an argument: defaults and config files (TYPE-12)."""

from __future__ import annotations

from .checks import Broken, broken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from ..model import Arg

    Native: TypeAlias = Callable[[Arg, object], object]
    Faulty: TypeAlias = list[tuple[int | None, Broken]]

INT_MAX = 2**63 - 1
SPLIT = ("str", "path", "password")
"""Types whose single text is split by `delimiter`; others have no text (ARG-10)."""


def native_value(arg: Arg, value: object) -> tuple[object, Faulty]:
    """The value of `arg` that a TOML value stands for, and what is wrong with it.

    A `multiple` argument has a list: a single value is a list of one, after
    `delimiter` has split it. Every item is checked on its own (LST-01, LST-02); the
    faults carry its number from 1, or None where there is no list.
    """
    if not arg.multiple and arg.type != "rest":
        typed, wrong = _one(arg, value)
        return typed, [] if wrong is None else [(None, wrong)]
    pairs = [_one(arg, item) for item in _items(arg, value)]
    faulty: Faulty = [
        (number, wrong) for number, (_, wrong) in enumerate(pairs, 1) if wrong
    ]
    return [typed for typed, _ in pairs], faulty


def _items(arg: Arg, value: object) -> list[object]:
    if isinstance(value, list):
        return value
    if arg.delimiter and isinstance(value, str) and arg.type in SPLIT:
        return list(value.split(arg.delimiter)) if value else []
    return [value]


def _one(arg: Arg, value: object) -> tuple[object, Broken | None]:
    native = NATIVE.get(arg.type)
    typed = value if native is None else native(arg, value)
    if isinstance(typed, Broken):
        return value, typed
    return typed, broken(arg, typed)


def _text(_arg: Arg, value: object) -> object:
    if isinstance(value, str) and "\0" not in value:
        return value
    return Broken("not-text")


def _int(_arg: Arg, value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -INT_MAX - 1 <= value <= INT_MAX else Broken("not-int")
    return Broken("not-int")


def _float(arg: Arg, value: object) -> object:
    if isinstance(value, float):
        return value if value - value == 0 else Broken("not-float")
    number = _int(arg, value)
    return float(number) if isinstance(number, int) else Broken("not-float")


def _bool(_arg: Arg, value: object) -> object:
    return value if isinstance(value, bool) else Broken("not-bool")


def _path(_arg: Arg, value: object) -> object:
    if isinstance(value, str) and value and "\0" not in value:
        return value
    return Broken("not-path")


def _choice(arg: Arg, value: object) -> object:
    options = arg.options or ()
    for option in options:
        kinds = {type(option), type(value)}
        same_kind = len(kinds) == 1 or kinds == {int, float}
        if same_kind and option == value:
            return option
    return Broken("not-an-option", *options)


NATIVE: dict[str, Native] = {
    "str": _text,
    "password": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "flag": _bool,
    "path": _path,
    "choice": _choice,
    "rest": _text,
}
"""The check of each built-in type; a registered one takes any value as it is."""
