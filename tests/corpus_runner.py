"""Runs the vectors of `corpus/` against this implementation; see corpus/README.md."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus_calls import (
    compare_errors,
    has_arguments,
    make_call,
    problems_of,
    run_call,
    succeeds,
)
from corpus_command import run_init, run_run, run_type
from corpus_room import Room, Vector
from corpus_same import includes, same, says
from corpus_schemas import run_schema
from corpus_serve import run_arguments, run_serve
from corpus_session import run_session
from corpus_world import Outcome, World, built
from runspec.errors import RunspecError

CORPUS = Path(__file__).parent.parent / "corpus"
SPEC = Path(__file__).parent.parent / "docs" / "spec" / "SPEC.md"

QUIET = ("no-description", "no-autonomy")


def vectors() -> list[Vector]:
    """Every vector of every topic, in the order of the files."""
    return [
        vector
        for path in sorted(CORPUS.glob("*.json"))
        for vector in json.loads(path.read_text("utf-8"))
    ]


def rule_ids() -> set[str]:
    """The rules that the specification defines."""
    return set(re.findall(r"^- \*\*([A-Z]+-\d\d)\*\*", SPEC.read_text("utf-8"), re.M))


def run(vector: Vector, room: Room) -> None:
    """Lay the files out, act, and compare; AssertionError says what differs."""
    room.lay_out(vector)
    action = next(name for name in ACTIONS if name in vector)
    RUNNERS[action](vector, room)


def run_export(vector: Vector, room: Room) -> None:
    found = exported(World(room, vector["export"]), vector["export"])
    expect = room.expand(vector["expect"])
    for name, value in expect["exports"].items():
        assert found.get(name) == value, f"{name}={found.get(name)!r}"
    for name in expect.get("absent", ()):
        assert name not in found, f"{name}={found[name]!r}"


def exported(world: World, act: Vector) -> dict[str, str]:
    """The whole environment that a runnable called so would be started with."""
    from runspec.resolve import resolve
    from runspec.run.environment import child_environment

    path = str(world.room.path / "runspec.toml")
    with world.entered():
        spec = built(path)
        call = resolve(
            spec.runnables[act["runnable"]],
            spec.config,
            world.room.tokens(act),
            os.environ,
            spec_path=path,
        )
        return child_environment(os.environ, call)


def run_relay(vector: Vector, room: Room) -> None:
    act = vector["relay"]
    child = {**exported(World(room, act), act), "RUNSPEC_PID": str(os.getpid())}
    second = {"runnable": act["runnable"], "argv": [], "env": child}
    world = World(room, second)
    succeeds(world, make_call(world, second), room.expand(vector["expect"]))


def run_check(vector: Vector, room: Room) -> None:
    expect = vector["expect"]
    found = checked(str(room.path / "runspec.toml"))
    quiet = () if vector["check"].get("missing") else QUIET
    faults = [fault for fault in found.faults if fault.code not in quiet]
    for fault in faults:
        assert fault.place.column >= 1, fault
    lines = [fault.place.line for fault in faults]
    assert lines == sorted(lines), "not in the order of their places"
    for severity in ("error", "warning"):
        of_kind = [fault for fault in faults if fault.severity == severity]
        compare_faults(of_kind, expect[severity + "s"])
    if "runnables" in expect:
        assert list(found.runnables) == expect["runnables"]


class Checked:
    def __init__(self, faults: tuple[Any, ...], runnables: dict[str, Any]) -> None:
        self.faults = faults
        self.runnables = runnables


def checked(path: str) -> Any:
    try:
        return built(path)
    except RunspecError as error:
        return Checked(error.faults, {})


def compare_faults(faults: list[Any], wanted: list[Vector]) -> None:
    left = list(faults)
    for each in wanted:
        hits = [fault for fault in left if is_fault(fault, each)]
        assert hits, f"no {each} in {list(map(fault_brief, faults))}"
        left.remove(hits[0])
    assert not left, f"also {list(map(fault_brief, left))}"


def fault_brief(fault: Any) -> str:
    near = "!".join(("", *fault.candidates))
    return f"{fault.code}@{fault.place.line}:{fault.place.column}{near}"


def is_fault(fault: Any, wanted: Vector) -> bool:
    return (
        fault.code == wanted["code"]
        and wanted.get("line") in (None, fault.place.line)
        and wanted.get("column") in (None, fault.place.column)
        and ("nearest" not in wanted or wanted["nearest"] in fault.candidates)
    )


def run_load(vector: Vector, room: Room) -> None:
    act, expect = vector["load"], vector["expect"]
    spec = built(str(room.path / "runspec.toml"))
    level = spec.runnables[act["runnable"]]
    for name in act.get("command", ()):
        level = level.commands[name]
    records = {"config": spec.config, "fields": level}
    for part, record in records.items():
        for field, wanted in expect.get(part, {}).items():
            found = getattr(record, field)
            assert same(found, wanted), f"{field} is {found!r}"
    has_arguments(level.args, expect.get("args", {}))


def run_find(vector: Vector, room: Room) -> None:
    act = vector["find"]
    expect = room.expand(vector["expect"])
    world = World(room, {"cwd": ".", **act})

    def call(agent: bool) -> Outcome:
        with world.entered(agent=agent) as outcome:
            path = room.expand(act.get("config_path"))
            program = world.program(act)
            outcome.args = program(act.get("runnable"), [], path)
        return outcome

    outcome = call(agent=False)
    if "errors" in expect:
        told = call(agent=True)
        assert outcome.exit == told.exit == expect["exit"], outcome
        compare_errors(problems_of(told, expect), expect)
        for words in expect.get("contains", ()):
            assert says(outcome.stderr, words), outcome
        return
    assert outcome.exit is None, outcome
    assert str(outcome.args.runspec_source) == str(room.path / expect["found"])
    if "runnable" in expect:
        assert outcome.args.runspec_runnable == expect["runnable"]


def run_install(vector: Vector, room: Room) -> None:
    act, expect = vector["install"], vector["expect"]
    world = World(room, {})
    shown = world.command(act, ["local", "--format", "json"])
    runnables = json.loads(shown.stdout)
    listed = {each["runnable"]: each["distribution"] for each in runnables}
    if "listed" in expect:
        assert listed == expect["listed"]
    assert includes(listed, expect.get("has", {}))
    text = world.command(act, ["local"])
    assert shown.exit == text.exit == expect["exit"], text
    for name in listed:
        assert name in text.stdout
    conflicts, faults = faults_of(world, act)
    assert conflicts == expect["conflicts"]
    assert faults == expect.get("faults", [])


def faults_of(world: World, act: Vector) -> tuple[list[str | None], list[str]]:
    """The names that aren't unique, and the codes of what is wrong with the files."""
    from runspec.spec.catalogue import Catalogue

    with world.surroundings(), world.installed(act):
        catalogue = Catalogue()
        found = [f for s in catalogue.summaries.values() for f in s.faults()]
        conflicts = [fault.runnable for fault in catalogue.conflicts]
    return conflicts, [fault.code for fault in found if fault.code not in QUIET]


RUNNERS: dict[str, Callable[[Vector, Room], None]] = {
    "call": run_call,
    "relay": run_relay,
    "export": run_export,
    "check": run_check,
    "load": run_load,
    "schema": run_schema,
    "find": run_find,
    "install": run_install,
    "init": run_init,
    "run": run_run,
    "type": run_type,
    "session": run_session,
    "serve": run_serve,
    "arguments": run_arguments,
}
ACTIONS = tuple(RUNNERS)
