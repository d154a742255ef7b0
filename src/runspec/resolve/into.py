"""A call as a dataclass of the program's own (RES-06)."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from os import PathLike
from pathlib import Path, PurePath

from ..call import Invocation, Value
from ..errors import Fault, SpecError
from ..nearest import nearest

if typing.TYPE_CHECKING:
    from ..model import Arg

T = typing.TypeVar("T")

ITEM_TYPES: dict[str, tuple[object, ...]] = {
    "str": (str,),
    "password": (str,),
    "int": (int, float),
    "float": (float,),
    "bool": (bool,),
    "flag": (bool,),
    "path": (Path, PurePath, PathLike),
    "rest": (str,),
}
"""Annotations that hold every value of a type; any other type of ours: any."""
LISTS = (list, tuple, Sequence, Collection, Iterable)


ABOUT = ("runspec_command",)
"""Fields that aren't arguments: the command chosen."""


def made_into(into: type[T] | Mapping[str, type[T]], call: Invocation) -> T:
    """An instance of the dataclass with the call's values.

    `into` may be classes by command path, such as "repo create". Raises SpecError
    with every field and argument that don't agree.
    """
    cls = _chosen(into, call) if isinstance(into, Mapping) else into
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        raise SpecError(Fault("into-not-a-dataclass", getattr(cls, "__name__", "into")))
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    hints = typing.get_type_hints(cls)
    faults = [*_unmatched(cls, set(fields), call), *_misfits(cls, hints, fields, call)]
    if faults:
        raise SpecError(*faults)
    values = {
        name: _convert(hints[name], call.values[name])
        for name in fields
        if name in call.values
    }
    if "runspec_command" in fields:
        values["runspec_command"] = call.command[-1] if call.command else None
    made: T = cls(**values)
    return made


def _chosen(into: Mapping[str, type[T]], call: Invocation) -> type[T]:
    path = " ".join(call.command)
    if path in into:
        return into[path]
    known = tuple(into)
    raise SpecError(
        Fault(
            "into-command",
            path or call.runnable.name,
            received=path,
            expected=known,
            candidates=nearest(path, known),
        )
    )


def _convert(hint: object, value: Value) -> object:
    """The value as the annotation has it: an Enum's member, a tuple."""
    plain = value.value
    for member in _members(hint):
        if isinstance(plain, list):
            if member is tuple or typing.get_origin(member) is tuple:
                items = typing.get_args(member)[:1] or (object,)
                return tuple(_item(items[0], each) for each in plain)
            items = typing.get_args(member) or (object,)
            plain = [_item(items[0], each) for each in plain]
        elif plain is not None:
            plain = _item(member, plain)
    return plain


def _item(hint: object, value: object) -> object:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return value if isinstance(value, hint) else hint(value)
    return value


def _unmatched(
    cls: type[object], fields: set[str], call: Invocation
) -> Iterable[Fault]:
    fixed = {
        field.name
        for field in dataclasses.fields(cls)  # type: ignore[arg-type]
        if field.default is not dataclasses.MISSING
        or field.default_factory is not dataclasses.MISSING
    }
    for name in sorted(fields - set(call.values) - fixed - set(ABOUT)):
        yield Fault(
            "into-unknown-field",
            f"{cls.__name__}.{name}",
            received=name,
            candidates=nearest(name, call.values),
        )
    for name, value in call.values.items():
        if name not in fields:
            yield Fault(
                "into-missing-field", f"{cls.__name__}.{name}", received=value.arg.name
            )


def _misfits(
    cls: type[object],
    hints: dict[str, object],
    fields: Iterable[str],
    call: Invocation,
) -> Iterable[Fault]:
    for name in fields:
        value = call.values.get(name)
        if value is not None and not holds(hints[name], value):
            yield Fault(
                "into-type",
                f"{cls.__name__}.{name}",
                received=_words(hints[name]),
                expected=(wanted(value),),
                detail=value.arg.name,
            )


def holds(hint: object, value: Value) -> bool:
    """Whether every value the argument can have fits the annotation."""
    arg = value.arg
    members = _members(hint)
    if typing.Any in members or object in members:
        return True
    if _optional(arg) and type(None) not in members:
        return False
    return any(_fits(member, arg) for member in members)


def _members(hint: object) -> tuple[object, ...]:
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(m for part in typing.get_args(hint) for m in _members(part))
    return (hint,)


def _optional(arg: Arg) -> bool:
    """Whether the value can be None."""
    if arg.type in ("flag", "rest"):
        return False
    return not arg.required and arg.default is None


def _fits(member: object, arg: Arg) -> bool:
    if not (arg.multiple or arg.type == "rest"):
        return _fits_item(member, arg)
    if member is list or member in LISTS:
        return True
    if typing.get_origin(member) not in LISTS:
        return False
    item, *more = typing.get_args(member)
    if more not in ([], [...]):
        return False
    return any(m in (typing.Any, object) or _fits_item(m, arg) for m in _members(item))


def _fits_item(member: object, arg: Arg) -> bool:
    if typing.get_origin(member) is typing.Literal:
        return set(arg.options or ("",)) <= set(typing.get_args(member))
    if isinstance(member, type) and issubclass(member, Enum):
        values = {each.value for each in member}
        return bool(arg.options) and set(arg.options or ()) <= values
    if arg.type == "choice":
        return all(isinstance(o, _class(member)) for o in arg.options or ())
    origin = typing.get_origin(member) or member
    return arg.type not in ITEM_TYPES or origin in ITEM_TYPES[arg.type]


def _class(member: object) -> type[object]:
    return member if isinstance(member, type) else type(None)


def wanted(value: Value) -> str:
    """The annotation that would have fitted, as it is written."""
    arg = value.arg
    if arg.options and arg.type == "choice":
        item = f"Literal[{', '.join(repr(o) for o in arg.options)}]"
    else:
        found = ITEM_TYPES.get(arg.type, (object,))[0]
        item = getattr(found, "__name__", str(found))
    if arg.multiple or arg.type == "rest":
        item = f"list[{item}]"
    return f"{item} | None" if _optional(arg) else item


def _words(hint: object) -> str:
    return hint.__name__ if type(hint) is type else str(hint).replace("typing.", "")
