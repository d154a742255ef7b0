"""Runnables as tools of an agent (SCH).

Runnable ──chains──▶ one Tool per leaf ──as_mcp, as_openai, as_anthropic──▶ JSON
"""

from __future__ import annotations

from ..model import attribute_of, autonomy_of
from ..policy import audiences
from ..spec.inherit import inherited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model import Arg, Config, Runnable
    from ..model_more import Group
    from ..spec.plain import Json
    from .schema_groups import GroupRule

    Chain = tuple[Runnable, ...]


VERBATIM = ("const", "default", "enum", "examples")
"""Keys of JSON Schema whose values are data."""


class Tool:
    """One runnable, or one command of it, as an agent sees it.

    `chain` is the runnable and the commands chosen, outermost first; `command` the
    names of those commands. `args` are the arguments in force by attribute, those
    an agent can't set included.
    """

    __slots__ = (
        "args",
        "autonomy",
        "autonomy_reason",
        "chain",
        "command",
        "discoverable",
        "name",
        "output",
        "title",
    )

    def __init__(self, chain: Chain, config: Config) -> None:
        names = [level.name for level in chain]
        self.chain = chain
        self.command = tuple(names[1:])
        self.name = "_".join(names)
        self.title = " ".join(names)
        self.args = args_in_force(chain)
        self.autonomy = autonomy_of(chain, config)
        self.autonomy_reason = _autonomy_reason(chain)
        self.output = inherited(chain, "output")
        self.discoverable = audiences(inherited(chain, "discoverable"))

    @property
    def description(self) -> str:
        """What it does, and what its groups of arguments want."""
        from .schema_groups import rule_words

        leaf = self.chain[-1]
        words = dict.fromkeys(rule_words(each) for each in self._rules())
        parts = [leaf.description.strip()] if leaf.description else []
        return "\n\n".join([*parts, *([" ".join(words)] if words else [])])

    @property
    def input_schema(self) -> dict[str, Json]:
        """JSON Schema 2020-12 as plain data."""
        from .schema_args import arg_schema, withheld
        from .schema_groups import constrain

        settable = [arg for arg in self.args.values() if not withheld(arg)]
        schema: dict[str, Json] = {
            "type": "object",
            "properties": {arg.name: arg_schema(arg) for arg in settable},
            "required": [arg.name for arg in settable if arg.required],
            "additionalProperties": False,
        }
        return schema | constrain(self._rules())

    def _rules(self) -> list[GroupRule]:
        from .schema_groups import group_rules

        groups: dict[str, Group] = {}
        for level in self.chain:
            groups |= level.groups
        return [
            each for group in groups.values() for each in group_rules(group, self.args)
        ]


def tools(runnable: Runnable, config: Config) -> list[Tool]:
    """Its tools in declared order, whatever their autonomy and audience (SCH-01)."""
    return [Tool(chain, config) for chain in _chains((runnable,))]


def _chains(chain: Chain) -> Iterator[Chain]:
    level = chain[-1]
    if not level.commands or (level.args and not level.require_command):
        yield chain
    for command in level.commands.values():
        yield from _chains((*chain, command))


def args_in_force(chain: Chain) -> dict[str, Arg]:
    """The arguments of every level by attribute; the deepest holds (ARG-21)."""
    found: dict[str, Arg] = {}
    for level in chain:
        found |= {attribute_of(arg.name): arg for arg in level.args.values()}
    return found


def _autonomy_reason(chain: Chain) -> str | None:
    """The reason given at the level that decides the autonomy, or below it."""
    for level in reversed(chain):
        if level.autonomy_reason is not None or level.autonomy is not None:
            return level.autonomy_reason
    return None


def extensions(tool: Tool) -> dict[str, Json]:
    """What the format adds to a tool, by its own keys (SCH-02)."""
    from ..spec.plain import plain_value

    found: dict[str, Json] = {"x-autonomy": tool.autonomy}
    if tool.autonomy_reason is not None:
        found["x-autonomy-reason"] = tool.autonomy_reason
    found["x-output"] = tool.output
    if any(level.declares("discoverable") for level in tool.chain):
        found["x-discoverable"] = plain_value(tool.discoverable)
    return found


def as_mcp(tools: Iterable[Tool]) -> dict[str, Json]:
    """`{"tools": […]}`, as `tools/list` of MCP has them (SCH-02)."""
    return {
        "tools": [
            {
                "name": tool.name,
                "description": tool.description,
                "inputSchema": tool.input_schema,
                **extensions(tool),
            }
            for tool in tools
        ]
    }


def _without_dots(name: str) -> str:
    """The name as those interfaces take it: letters, digits, `_` and `-` only."""
    return name.replace(".", "_")


def as_openai(tools: Iterable[Tool]) -> list[Json]:
    """The `tools` of a request to OpenAI's interface (SCH-03)."""
    return [
        {
            "type": "function",
            "function": {
                "name": _without_dots(tool.name),
                "description": tool.description,
                "parameters": tool.input_schema,
            },
            **extensions(tool),
        }
        for tool in tools
    ]


def without_extensions(item: Json) -> Json:
    """A tool without the format's own `x-` keys, which strict interfaces refuse.

    Properties may be called so: only keys of schemas and of the tool itself go.
    """
    if isinstance(item, list):
        return [without_extensions(each) for each in item]
    if not isinstance(item, dict):
        return item
    return {
        key: {name: without_extensions(each) for name, each in value.items()}
        if key == "properties" and isinstance(value, dict)
        else value
        if key in VERBATIM
        else without_extensions(value)
        for key, value in item.items()
        if not key.startswith("x-")
    }


def as_anthropic(tools: Iterable[Tool]) -> list[Json]:
    """The `tools` of a request to Anthropic's interface (SCH-03)."""
    return [
        {
            "name": _without_dots(tool.name),
            "description": tool.description,
            "input_schema": tool.input_schema,
            **extensions(tool),
        }
        for tool in tools
    ]
