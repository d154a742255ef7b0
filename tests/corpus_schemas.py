"""Vectors about what an agent sees of a spec."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator

from corpus_room import Room, Vector
from corpus_same import includes, matches, same
from corpus_world import built


def run_schema(vector: Vector, room: Room) -> None:
    form, expect = vector["schema"]["format"], vector["expect"]
    spec = built(str(room.path / "runspec.toml"))
    if form == "json":
        from runspec.spec.plain import plain_runnable

        found = {n: plain_runnable(r, spec.config) for n, r in spec.runnables.items()}
        json.dumps(found, allow_nan=False)
        assert includes(found, expect["runnables"]), found
        return
    from runspec.render import schema

    tools = [t for r in spec.runnables.values() for t in schema.tools(r, spec.config)]
    document: Any = getattr(schema, f"as_{form}")(tools)
    document = json.loads(json.dumps(document, allow_nan=False))
    if "equals" in expect:
        assert matches(document, expect["equals"]), json.dumps(document, indent=2)
    for words in expect.get("lacks", ()):
        assert words not in json.dumps(document)
    if form == "mcp":
        by_name = {tool["name"]: tool for tool in document["tools"]}
        if "names" in expect:
            assert list(by_name) == expect["names"]
        for key, compare in TOOLS.items():
            for name, wanted in expect.get(key, {}).items():
                compare(by_name[name], wanted)


def has_properties(tool: Vector, wanted: list[str]) -> None:
    assert list(tool["inputSchema"]["properties"]) == wanted


def has_required(tool: Vector, wanted: list[str]) -> None:
    assert tool["inputSchema"]["required"] == wanted


def has_property(tool: Vector, wanted: Vector) -> None:
    for name, schema in wanted.items():
        found = tool["inputSchema"]["properties"][name]
        assert matches(found, schema), found


def property_contains(tool: Vector, wanted: Vector) -> None:
    for name, parts in wanted.items():
        text = json.dumps(tool["inputSchema"]["properties"][name])
        for part in parts:
            assert part in text


def property_lacks(tool: Vector, wanted: Vector) -> None:
    for name, parts in wanted.items():
        text = json.dumps(tool["inputSchema"]["properties"][name])
        for part in parts:
            assert part not in text


def has_keys(tool: Vector, wanted: Vector) -> None:
    for key, value in wanted.items():
        assert same(tool.get(key), value), tool


def description_contains(tool: Vector, wanted: list[str]) -> None:
    for words in wanted:
        assert words in tool["description"]


def accepts(tool: Vector, instances: list[object]) -> None:
    for instance in instances:
        assert not mistakes(tool, instance), f"refuses {instance}"


def refuses(tool: Vector, instances: list[object]) -> None:
    for instance in instances:
        assert mistakes(tool, instance), f"accepts {instance}"


def mistakes(tool: Vector, instance: object) -> list[object]:
    Draft202012Validator.check_schema(tool["inputSchema"])
    return list(Draft202012Validator(tool["inputSchema"]).iter_errors(instance))


TOOLS: dict[str, Callable[[Vector, Any], None]] = {
    "properties": has_properties,
    "required": has_required,
    "property": has_property,
    "property_contains": property_contains,
    "property_lacks": property_lacks,
    "tool": has_keys,
    "description_contains": description_contains,
    "accepts": accepts,
    "refuses": refuses,
}
