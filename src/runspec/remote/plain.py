"""Tools of a host that speaks plain MCP, as another implementation of `serve` does.

Its schema stands in for the spec, and what it says of autonomy holds here (SRV-20).
"""

from __future__ import annotations

import os

from ..policy import AUTONOMY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..call import Invocation
    from ..spec.plain import Json

    Object = dict[str, Json]

TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "flag"}
KEYS = ("x-autonomy", "dev.runspec/autonomy")
UNKNOWN = "confirm"
"""The level of a tool whose host says none, or none that is known."""


def level_of(tool: Json) -> str:
    """How far an agent may go with a tool, as its host lists it."""
    item = tool if isinstance(tool, dict) else {}
    meta = item.get("_meta")
    for found in (item, meta if isinstance(meta, dict) else {}):
        for key in KEYS:
            level = found.get(key)
            if isinstance(level, str):
                return level if level in AUTONOMY else UNKNOWN
    return UNKNOWN


def is_offered(tool: Json) -> bool:
    """Whether it is listed where its host doesn't keep `manual` ones to itself."""
    return level_of(tool) != "manual"


def named(
    tools: Sequence[Object], name: str, argv: Sequence[str]
) -> tuple[Object, list[str]] | None:
    """The tool that a name and the commands behind it mean, and the rest of `argv`.

    A tool's name has those of its commands joined by `_`.
    """
    known = {str(tool.get("name")): tool for tool in tools}
    for count in range(len(argv), -1, -1):
        tool = known.get("_".join((name, *argv[:count])))
        if tool is not None:
            return tool, [*argv[count:]]
    return None


def spec_text(tool: Object, argv: Sequence[str]) -> str:
    """A spec that takes what the tool's schema takes.

    A schema has no order of positionals: what is required is one where `argv` begins
    with a value.
    """
    ordered = bool(argv) and not argv[0].startswith("-")
    name = _quoted(str(tool.get("name")))
    lines = [f"[{name}]", f"autonomy = {_quoted(level_of(tool))}"]
    description = tool.get("description")
    if isinstance(description, str):
        lines.append(f"description = {_quoted(description)}")
    return "\n".join([*lines, f"[{name}.args]", *_args(tool, ordered=ordered)])


def _args(tool: Object, *, ordered: bool) -> Iterator[str]:
    schema = tool.get("inputSchema")
    found: Object = schema if isinstance(schema, dict) else {}
    properties, required = found.get("properties"), found.get("required")
    needed = required if isinstance(required, list) else []
    place = 0
    for key, each in (properties if isinstance(properties, dict) else {}).items():
        kind, multiple = _kind(each)
        words = [f"type = {_quoted(kind)}", f"required = {str(key in needed).lower()}"]
        if multiple:
            words.append("multiple = true")
        if ordered and key in needed and kind != "flag":
            place += 1
            words.append(f"position = {place}")
        about = each.get("description") if isinstance(each, dict) else None
        if isinstance(about, str):
            words.append(f"description = {_quoted(about)}")
        yield f"{_quoted(key)} = {{ {', '.join(words)} }}"


def _kind(schema: Json) -> tuple[str, bool]:
    """The type of a property's values, and whether it takes many."""
    found = schema.get("type") if isinstance(schema, dict) else None
    if found == "array" and isinstance(schema, dict):
        return _kind(schema.get("items"))[0], True
    return TYPES.get(str(found), "str"), False


def _quoted(text: str) -> str:
    """A basic string of TOML, which is one of JSON but for DEL."""
    from json import dumps

    return dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def arguments_of(call: Invocation) -> Object:
    """What was typed, as the arguments of the tool."""
    found: Object = {}
    for attribute, arg in call.scope.items():
        if attribute in call.given:
            value: Json = call.values[attribute].value
            found[arg.name] = value
    return found


def has_input(stdin: int | None) -> bool:
    """Whether there is something to read, which plain MCP can't pass on."""
    if stdin is None:
        return False
    from stat import S_ISCHR, S_ISREG

    status = os.fstat(stdin)
    if S_ISCHR(status.st_mode):
        return False
    if S_ISREG(status.st_mode):
        return status.st_size > os.lseek(stdin, 0, os.SEEK_CUR)
    import fcntl
    import termios

    try:
        count = fcntl.ioctl(stdin, termios.FIONREAD, bytes(4))
    except OSError:
        return True
    return any(count)
