"""Vectors about what `runspec serve` offers, and about the arguments of its calls."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from corpus_room import Room, Vector
from corpus_same import matches, same
from corpus_world import World, built
from runspec.errors import Fault, RunspecError, SpecError

NEWEST = "2026-07-28"


def run_serve(vector: Vector, room: Room) -> None:
    """Open the tools of an environment, as the server does when it starts."""
    act, expect = vector["serve"], room.expand(vector["expect"])
    with surroundings(room, act):
        try:
            box = opened(room, act)
        except SpecError as error:
            compare_codes(error.faults, expect)
            return
        compare_codes(tuple(box.faults), expect)
    assert list(box.tools) == expect["listed"]
    assert list(box.hidden) == expect.get("manual", [])
    if "server" in expect:
        assert box.name == expect["server"]
    compare_tools(box, act, expect)


@contextmanager
def surroundings(room: Room, act: Vector) -> Iterator[None]:
    world = World(room, act)
    with (
        world.surroundings(),
        world.installed(act),
        pytest.MonkeyPatch.context() as patch,
    ):
        if "prefix" in act:
            patch.setattr(sys, "prefix", str(room.path / act["prefix"]))
        if "machine" in act:
            names = ("Linux", act["machine"], "6.1", "#1", "x86_64")
            patch.setattr(os, "uname", lambda: os.uname_result(names))
        yield


def opened(room: Room, act: Vector) -> Any:
    from runspec.mcp.toolbox import Selection, open_toolbox

    return open_toolbox(
        Selection(
            include=tuple(act.get("include", ())),
            exclude=tuple(act.get("exclude", ())),
            paths=tuple(room.expand(act.get("paths", []))),
        )
    )


def compare_codes(faults: tuple[Fault, ...], expect: Vector) -> None:
    for severity in ("error", "warning"):
        codes = [fault.code for fault in faults if fault.severity == severity]
        assert sorted(codes) == sorted(expect.get(severity + "s", [])), faults


def compare_tools(box: Any, act: Vector, expect: Vector) -> None:
    from runspec.mcp.revisions import REVISIONS

    revision = REVISIONS[act.get("revision", NEWEST)]
    items = {name: tool.listed(revision) for name, tool in box.tools.items()}
    items = json.loads(json.dumps(items, allow_nan=False))
    for name, members in expect.get("tool", {}).items():
        for member, wanted in members.items():
            found = items[name].get(member)
            assert matches(found, wanted), f"{member} is {found}"
    for name, members in expect.get("lacks", {}).items():
        assert not set(members) & set(items[name])


def run_arguments(vector: Vector, room: Room) -> None:
    """The command line of a tool call, and what it comes to."""
    from runspec.run.argv import argv_of

    act, expect = vector["arguments"], room.expand(vector["expect"])
    spec = built(str(room.path / "runspec.toml"))
    tool = tool_of(spec, act)
    try:
        line = argv_of(tool, act["arguments"])
    except RunspecError as error:
        compare_problems(error, expect, tool)
        return
    assert "errors" not in expect, line.argv
    assert line.argv == expect["argv"]
    assert line.environ == expect.get("variables", {})
    compare_values(room, spec, tool, line, expect)


def tool_of(spec: Any, act: Vector) -> Any:
    from runspec.render.schema import tools

    runnable = spec.runnables[act["runnable"]]
    command = tuple(act.get("command", ()))
    found = tools(runnable, spec.config)
    return next(tool for tool in found if tool.command == command)


def compare_problems(error: Any, expect: Vector, tool: Any) -> None:
    from runspec.render.fault import call_error_json

    text = call_error_json(error, chain=tool.chain, usage="")
    problems = json.loads(text)["error"]["problems"]
    keys = ("code", "argument", "item")
    told = [{k: each[k] for k in keys if each[k] is not None} for each in problems]
    wanted = [{k: each[k] for k in keys if k in each} for each in expect["errors"]]
    assert told == wanted
    for each, wish in zip(problems, expect["errors"], strict=True):
        assert wish.get("nearest") in (None, each["suggestion"])


def compare_values(room: Room, spec: Any, tool: Any, line: Any, expect: Vector) -> None:
    from runspec.resolve import resolve
    from runspec.run.types import carry_types

    path = str(room.path / "runspec.toml")
    carry_types(spec.config)
    with World(room, {}).surroundings():
        environ = {**os.environ, **line.environ}
        runnable = tool.chain[0]
        call = resolve(runnable, spec.config, line.argv, environ, spec_path=path)
    for name, wanted in expect.get("values", {}).items():
        found = call.values[name.replace("-", "_")].plain
        assert same(found, wanted), f"{name} is {found!r}"
