"""Two built-in tools in place of a long list: one that searches it, one that calls.

A call by the second is a call of the tool that it names, for every level, policy,
approval and record (SRV-42).
"""

from __future__ import annotations

from ..remote.wire import CALL_TOOL, SEARCH_TOOLS
from .shapes import text_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..spec.plain import Json
    from .revisions import Revision
    from .shapes import Object, ToolResult

MOST_FOUND = 10
"""Tools that one search gives."""
IN_NAME = 3
"""A word in a tool's name counts so often as one in its description."""
SEARCH = (
    "Search the {count} tools of this server, which are too many to list: up to"
    f" {MOST_FOUND} of them, the best first, each with its description and the schema"
    f" of its arguments. Call one with {CALL_TOOL}."
)
CALL = f"Call a tool of this server that {SEARCH_TOOLS} has found."


def definitions(revision: Revision, count: int) -> dict[str, Object]:
    """The items of `tools/list`, by name, in place of so many."""
    text: Object = {"type": "string"}
    query: Object = {**text, "description": "Words of a name or a description"}
    name: Object = {**text, "description": "The name of the tool"}
    arguments: Object = {"type": "object", "description": "As its schema says"}
    return {
        SEARCH_TOOLS: _definition(
            SEARCH_TOOLS, SEARCH.format(count=count), {"query": query}, revision
        ),
        CALL_TOOL: _definition(
            CALL_TOOL, CALL, {"name": name, "arguments": arguments}, revision
        ),
    }


def _definition(
    name: str, description: str, properties: Object, revision: Revision
) -> Object:
    reads = name == SEARCH_TOOLS
    item: Object = {
        "name": name,
        "description": description,
        "inputSchema": {
            "type": "object",
            "properties": properties,
            "required": [next(iter(properties))],
            "additionalProperties": False,
        },
    }
    if revision.annotations:
        item["annotations"] = {
            "readOnlyHint": reads,
            "destructiveHint": not reads,
            "idempotentHint": reads,
            "openWorldHint": not reads,
        }
    return item


def search(tools: Mapping[str, Object], arguments: Object) -> ToolResult:
    """The tools that have most of the words, as JSON text."""
    query = arguments.get("query")
    if not isinstance(query, str) or set(arguments) != {"query"}:
        return text_result("query must be a string, and alone", is_error=True)
    words = set(query.lower().replace("_", " ").split())
    ranked = sorted(tools.values(), key=lambda each: -_score(each, words))
    found = [each for each in ranked[:MOST_FOUND] if _score(each, words)]
    if not found:
        return text_result(f"No tool of {len(tools)} has one of these words.")
    from . import messages

    keys = ("name", "description", "inputSchema", "annotations")
    items: Json = [{key: e[key] for key in keys if key in e} for e in found]
    return text_result(messages.encode({"tools": items}))


def _score(item: Object, words: set[str]) -> int:
    name = str(item["name"]).lower()
    description = str(item.get("description", "")).lower()
    return sum(IN_NAME * (word in name) + (word in description) for word in words)
