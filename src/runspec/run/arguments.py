"""A tool call's JSON arguments as the texts that would be typed (SRV-13, SRV-14)."""

from __future__ import annotations

from ..errors import Fault
from ..model import attribute_of
from ..nearest import nearest
from ..render.schema_args import is_list, withheld
from ..render.text import shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..errors import Word
    from ..model import Arg
    from ..render.schema import Tool
    from ..spec.plain import Json

MOST_FAULTS = 100
"""After so many faults the rest isn't looked at."""
LONGEST_SHOWN = 200
INT_MAX = 2**63 - 1


class Texts:
    """`by_attribute` has the texts of each argument given, a scalar's is one.

    `faults` say what can't be a value of its argument; then the texts are not whole.
    """

    __slots__ = ("by_attribute", "faults")

    def __init__(self, tool: Tool, arguments: Mapping[str, Json]) -> None:
        self.by_attribute: dict[str, list[str]] = {}
        self.faults: list[Fault] = []
        self._read(tool.args, arguments)

    def _read(self, args: Mapping[str, Arg], arguments: Mapping[str, Json]) -> None:
        names: dict[str, str] = {}
        for name, value in arguments.items():
            if len(self.faults) >= MOST_FAULTS:
                return
            attribute = attribute_of(name)
            arg = args.get(attribute)
            if arg is None or withheld(arg):
                self.faults.append(_unknown(name, arg, args))
            elif names.setdefault(attribute, name) != name:
                fault = Fault("duplicate-key", _short(name), received=names[attribute])
                self.faults.append(fault)
            elif value is not None:
                self._take(attribute, arg, value)

    def _take(self, attribute: str, arg: Arg, value: Json) -> None:
        if is_list(arg) and isinstance(value, str):
            value = _list_in(value)
        if not is_list(arg):
            text = self._text(arg, value)
            self.by_attribute[attribute] = [] if text is None else [text]
        elif not isinstance(value, list):
            self._wrong("not-a-list", arg, value)
        elif value:
            self.by_attribute[attribute] = list(self._items(arg, value))
        elif arg.default:
            self._wrong("list-empty", arg, value)

    def _items(self, arg: Arg, values: list[Json]) -> Iterator[str]:
        for number, value in enumerate(values, 1):
            if len(self.faults) >= MOST_FAULTS:
                return
            text = self._text(arg, value, number)
            if text is None:
                continue
            if arg.delimiter and (not text or arg.delimiter in text):
                self._wrong("item-unwritable", arg, value, number)
            yield text

    def _text(self, arg: Arg, value: Json, item: int | None = None) -> str | None:
        text = value if isinstance(value, str) else _typed(arg, value)
        if text is None:
            self._wrong(WRONG.get(arg.type, "not-text"), arg, value, item)
        elif not _is_text(text):
            self._wrong("not-text", arg, value, item)
        return text

    def _wrong(self, code: str, arg: Arg, value: Json, item: int | None = None) -> None:
        options = (arg.options or ()) if code == "not-an-option" else ()
        received = _shown(value)
        fault = Fault(code, arg.name, received=received, expected=options, item=item)
        self.faults.append(fault)


def _list_in(text: str) -> Json:
    """The list that a text is in JSON, numbers as they are written; else the text."""
    if not text.lstrip().startswith("["):
        return text
    import json

    def refuse(literal: str) -> None:
        raise ValueError(literal)

    try:
        found: Json = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=refuse
        )
    except (ValueError, RecursionError):
        return text
    return found


def _unknown(name: str, arg: Arg | None, args: Mapping[str, Arg]) -> Fault:
    settable = [each.name for each in args.values() if not withheld(each)]
    return Fault(
        "unknown-argument",
        _short(name),
        received=_short(name),
        candidates=nearest(name, settable) if arg is None else (),
        detail="" if arg is None else "withheld",
    )


def _typed(arg: Arg, value: Json) -> str | None:
    """What is typed for a value that is no text; None for a wrong JSON type."""
    write = WRITERS.get(arg.type)
    return None if write is None else write(arg, value)


def _text_of_number(_arg: Arg, value: Json) -> str | None:
    """A number's own JSON text, digit for digit (SRV-14)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return getattr(value, "text", None) or str(value)


def _boolean(_arg: Arg, value: Json) -> str | None:
    if not isinstance(value, bool):
        return None
    return "true" if value else "false"


def _whole(_arg: Arg, value: Json) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return str(value) if -INT_MAX - 1 <= value <= INT_MAX else None


def _number(_arg: Arg, value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return repr(float(value))
    except OverflowError:
        return None


def _option(arg: Arg, value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    for option in arg.options or ():
        if not isinstance(option, str) and option == value:
            return str(option)
    return None


WRITERS: dict[str, Callable[[Arg, Json], str | None]] = {
    "int": _whole,
    "float": _number,
    "bool": _boolean,
    "flag": _boolean,
    "choice": _option,
    "str": _text_of_number,
    "path": _text_of_number,
    "rest": _text_of_number,
}
"""How a value of each type is typed; the other types have texts only."""

WRONG = {
    "int": "not-int",
    "float": "not-float",
    "bool": "not-bool",
    "flag": "not-bool",
    "path": "not-path",
    "choice": "not-an-option",
}
"""The code of a wrong JSON type, by type; `not-text` for the others."""


def _is_text(text: str) -> bool:
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _shown(value: Json) -> Word:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, int):
        return value if -INT_MAX <= value <= INT_MAX else "a number over 64 bits"
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    return "[...]" if isinstance(value, list) else "{...}"


def _short(text: str) -> str:
    return shortened(text, LONGEST_SHOWN)
