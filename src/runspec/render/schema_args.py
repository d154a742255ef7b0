"""One argument as JSON Schema (SCH-05 to SCH-07, SCH-09)."""

from __future__ import annotations

from ..policy import audiences
from ..spec.plain import plain_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..model import Arg
    from ..spec.plain import Json

_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "flag": "boolean"}
LONGEST_DEFAULT = 60
"""Characters of a default that is told in words."""
_SENTENCE_ENDS = (".", "!", "?", "…", ":", ";")


def withheld(arg: Arg) -> bool:
    """Whether no agent may set it: a secret (TYPE-09) or `manual` (AUT-05)."""
    return arg.type == "password" or arg.autonomy == "manual"


def is_list(arg: Arg) -> bool:
    """Whether its value is an array."""
    return arg.multiple or arg.type == "rest"


def arg_schema(arg: Arg) -> dict[str, Json]:
    """The property of an argument that isn't withheld."""
    pattern = _ecma(arg)
    item = _item_schema(arg, pattern)
    schema: dict[str, Json] = {}
    description = _description(arg, pattern)
    if description:
        schema["description"] = description
    schema |= _list_schema(arg, item) if is_list(arg) else item
    if arg.default is not None:
        schema["default"] = plain_value(arg.default)
    if arg.deprecated is not None:
        schema["deprecated"] = True
    return schema | _extensions(arg)


def _ecma(arg: Arg) -> str | None:
    if arg.pattern is None:
        return None
    from ..spec.pattern import ecma

    return ecma(arg.pattern)


def _list_schema(arg: Arg, item: dict[str, Json]) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "array", "items": item}
    if arg.required or arg.default:
        schema["minItems"] = 1  # no items are no option, which means the default
    return schema


def _item_schema(arg: Arg, pattern: str | None) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": _TYPES.get(arg.type, "string")}
    if arg.options is not None:
        if arg.type == "choice":
            schema["type"] = _type_of_options(arg.options)
        schema["enum"] = plain_value(arg.options)
    if arg.range is not None:
        schema["minimum"], schema["maximum"] = arg.range
    if arg.min_length is not None:
        schema["minLength"] = arg.min_length
    if arg.max_length is not None:
        schema["maxLength"] = arg.max_length
    if pattern is not None:
        schema["pattern"] = pattern
    return schema


def _type_of_options(options: tuple[str | int | float, ...]) -> str:
    if all(isinstance(option, str) for option in options):
        return "string"
    whole = all(isinstance(option, int) for option in options)
    return "integer" if whole else "number"


def _description(arg: Arg, pattern: str | None) -> str:
    parts = [arg.description] if arg.description else []
    if arg.pattern is not None and pattern is None:
        parts.append(f"All of it must match the Python pattern {arg.pattern}")
    bounds = _bounds(arg)
    if bounds:
        parts.append(bounds)
    if arg.deprecated is not None:
        parts.append(f"Deprecated: {arg.deprecated}")
    return _sentences(parts)


def _bounds(arg: Arg) -> str:
    """Range and default in words, for clients that drop them from a schema."""
    found = []
    if arg.range is not None:
        found.append(f"{arg.range[0]} to {arg.range[1]}")
    default = plain_value(arg.default)
    if isinstance(default, str | int | float) and default is not False:
        text = str(default).lower() if default is True else str(default)
        if text and len(text) <= LONGEST_DEFAULT:
            found.append(f"default {text}")
    words = ", ".join(found)
    return words[:1].upper() + words[1:]


def _sentences(parts: list[str]) -> str:
    """The texts one after the other; all but the last end like a sentence."""
    texts = [part.strip() for part in parts]
    ended = [
        text if text.endswith(_SENTENCE_ENDS) else text + "." for text in texts[:-1]
    ]
    return " ".join(ended + texts[-1:])


def _extensions(arg: Arg) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if arg.autonomy is not None:
        found["x-autonomy"] = arg.autonomy
    if arg.declares("discoverable"):
        found["x-discoverable"] = plain_value(audiences(arg.discoverable))
    if arg.ui is not None and "ui" not in arg.inferred:
        found["x-ui"] = arg.ui
    if arg.hint is not None:
        found["x-hint"] = arg.hint
    if arg.meta:
        found["x-meta"] = plain_value(arg.meta)
    return found
