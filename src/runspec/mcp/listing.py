"""Tools as plain data: what `tools/list` says of each, and what selects it.

Spec ──entries_of──▶ entries, which are kept with the index of what is installed, so
that listing builds no spec ──listed──▶ one item of `tools/list`
"""

from __future__ import annotations

from .structured import has_output_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..model import Runnable
    from ..render.schema import Tool
    from ..spec.build import Spec
    from ..spec.plain import Json
    from .revisions import Revision
    from .shapes import Object

LONGEST_NAME = 48
"""Characters of a name; interfaces take 64, the client's prefix included."""
DIGEST = 8
PREFIX = "dev.runspec/"
"""Before the keys of `_meta` that are the format's own (SRV-10)."""


def entries_of(spec: Spec) -> list[Object]:
    """An entry for each tool of each usable runnable of a file, in its order.

    `runnable` and `command` (a list of names), `name`, `title`, `autonomy` without
    arguments, `audiences`, `contexts`, `hosts` (None: all), `server` (`[config]
    name`), `warm` (whether it is to be), `secrets` (the variables of arguments that
    are or may be secrets); the rest is what `listed` shows.
    """
    from ..render.schema import tools

    return [
        _entry(tool, spec)
        for runnable in spec.runnables.values()
        for tool in tools(runnable, spec.config)
    ]


def _entry(tool: Tool, spec: Spec) -> Object:
    from ..render.schema import extensions
    from ..spec.inherit import inherited
    from ..spec.plain import plain_value

    leaf = tool.chain[-1]
    return {
        "runnable": tool.chain[0].name,
        "command": list(tool.command),
        "name": model_name(tool.name),
        "title": tool.title,
        "autonomy": tool.autonomy,
        "audiences": plain_value(tool.discoverable),
        "contexts": plain_value(inherited(tool.chain, "serve")),
        "hosts": plain_value(inherited(tool.chain, "hosts")),
        "server": spec.config.name,
        "warm": inherited(tool.chain, "warm") is True,
        "secrets": _secret_variables(tool),
        "description": _description(tool, leaf),
        "inputSchema": tool.input_schema,
        "outputSchema": output_schema_of(plain_value(leaf.output_schema)),
        "annotations": _annotations(tool),
        "extensions": extensions(tool),
    }


def model_name(name: str) -> str:
    """The name as model interfaces take it: no dots, and short enough for a prefix.

    A long one keeps its beginning, and ends with a part of its digest (SRV-05).
    """
    plain = name.replace(".", "_")
    if len(plain) <= LONGEST_NAME:
        return plain
    from hashlib import sha256

    digest = sha256(name.encode()).hexdigest()[:DIGEST]
    return f"{plain[: LONGEST_NAME - DIGEST - 1]}_{digest}"


def _secret_variables(tool: Tool) -> list[Json]:
    from ..model import is_secret

    return [
        name for arg in tool.args.values() if is_secret(arg, "env") for name in arg.env
    ]


def _description(tool: Tool, leaf: Runnable) -> str:
    """The tool's own, then its examples, one a line."""
    if not leaf.examples:
        return tool.description
    lines = ["Examples, as typed:"]
    for each in leaf.examples:
        words = f": {each.description}" if each.description else ""
        lines.append(f"- `{each.cmd}`{words}")
    return "\n\n".join(filter(None, (tool.description, "\n".join(lines))))


def _annotations(tool: Tool) -> Object:
    """SRV-11."""
    from ..spec.inherit import inherited

    effects = inherited(tool.chain, "effects")
    idempotent = inherited(tool.chain, "idempotent")
    open_world = inherited(tool.chain, "open_world")
    unknown = effects is None and tool.autonomy != "autonomous"
    found: Object = {
        "title": tool.title,
        "readOnlyHint": effects == "read",
        "destructiveHint": effects == "destructive" or unknown,
    }
    if idempotent is not None or effects == "read":
        found["idempotentHint"] = idempotent is not False
    if open_world is None:
        open_world = tool.autonomy != "autonomous"  # an absent hint means true
    return {**found, "openWorldHint": open_world}


def listed(entry: Object, revision: Revision) -> Object:
    """The tool as `tools/list` of one revision has it (SRV-10 to SRV-12)."""
    extensions: Object = entry["extensions"]  # type: ignore[assignment]
    item: Object = {"name": entry["name"]}
    if revision.titles:
        item["title"] = entry["title"]
    item["description"] = entry["description"]
    item["inputSchema"] = entry["inputSchema"]
    if has_output_schema(entry["outputSchema"], revision):
        item["outputSchema"] = entry["outputSchema"]
    if revision.annotations:
        item["annotations"] = entry["annotations"]
    item |= extensions
    if revision.titles:
        item["_meta"] = {
            PREFIX + key.removeprefix("x-"): value for key, value in extensions.items()
        }
    return item


def output_schema_of(schema: Json) -> Json:
    """The schema; None for one that is none, which makes clients drop every tool."""
    if schema is None:
        return None
    from ..spec.json_schema import fault_of

    return schema if fault_of(schema) is None else None
