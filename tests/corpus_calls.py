"""Vectors that make a call: its values, errors or help."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from corpus_room import Room, Vector, settle
from corpus_same import includes, same, says
from corpus_terminal import in_terminal
from corpus_world import Outcome, World

CALL_KEYS = {
    "code",
    "argument",
    "message",
    "expected",
    "received",
    "source",
    "suggestion",
}


def run_call(vector: Vector, room: Room) -> None:
    again = vector.get("again")
    call, expect = vector["call"], vector["expect"]
    world = World(room, call)
    if again is None:
        call_meets(world, call, expect)
        return
    settle(room.path)
    before = room.files()
    call_meets(world, call, expect)
    room.tamper(again, room.files() - before)
    second = {**call, **{k: again[k] for k in ("runnable", "argv") if k in again}}
    call_meets(world, second, again.get("expect", expect))


def call_meets(world: World, call: Vector, expect: Vector) -> None:
    if "errors" in expect:
        fails(world, call, world.room.expand(expect))
    elif "help" in expect:
        helps(make_call(world, call), world.room.expand(expect["help"]))
    else:
        succeeds(world, make_call(world, call), world.room.expand(expect))


def make_call(world: World, call: Vector, agent: bool = False) -> Outcome:
    if "terminal" in call:
        return in_terminal(world, call)
    world.register(call.get("register", ()))
    with world.entered(agent=agent) as outcome:
        program = world.program(call)
        own = "distribution" in call  # the program finds the spec of its package
        path = None if own else str(world.room.path / "runspec.toml")
        more = {"into": world.into(call["into"])} if "into" in call else {}
        outcome.args = program(call["runnable"], world.room.tokens(call), path, **more)
    return outcome


def succeeds(world: World, outcome: Outcome, expect: Vector) -> None:
    assert outcome.exit is None, outcome
    args = outcome.args
    for name, wanted in (expect.get("values") or {}).items():
        found = args.get(name).value
        assert same(found, wanted), f"{name} is {found!r}, not {wanted!r}"
    for name, wanted in expect.get("sources", {}).items():
        assert args.get(name).source == wanted, name
    if "command" in expect:
        assert args.runspec_command_path == expect["command"]
    if "autonomy" in expect:
        assert args.runspec_autonomy == expect["autonomy"]
    shows(outcome, expect)
    with world.surroundings():
        for key, check in RESULTS.items():
            if key in expect:
                check(args, expect[key])


def shows(outcome: Outcome, expect: Vector) -> None:
    about = expect.get("stderr", {})
    for words in about.get("contains", ()):
        assert says(outcome.stderr, words), outcome
    for words in about.get("lacks", ()):
        assert not says(outcome.stderr, words), outcome
    for words in expect.get("lacks", ()):
        assert words not in outcome.stdout + outcome.stderr, f"{words!r} leaks"


# ---------------------------------------------------------------- results


def has_arguments(args: Any, wanted: Vector) -> None:
    for name, fields in wanted.items():
        argument = args.get(name)
        for field, value in fields.items():
            found = getattr(argument, field)
            assert same(found, value), f"{name}.{field} is {found!r}"


def has_attributes(args: Any, wanted: Vector) -> None:
    for name, value in wanted.items():
        found = getattr(args, name)
        assert same(found, value), f"{name} is {found!r}, not {value!r}"


def has_names(args: Any, wanted: list[str]) -> None:
    assert [name.replace("_", "-") for name in args] == wanted
    assert len(args) == len(wanted)


def has_members(args: Any, wanted: dict[str, bool]) -> None:
    for name, there in wanted.items():
        assert (name in args) is there, name
        assert (args.get(name, args).value is args) is not there, name


def lacks_attributes(args: Any, wanted: dict[str, str]) -> None:
    for name, near in wanted.items():
        with pytest.raises(AttributeError, match=re.escape(near)):
            getattr(args, name)


def refuses_misuse(args: Any, uses: list[str]) -> None:
    for name in args:
        argument = args.get(name)
        guide = re.escape(f"args.{name.replace('-', '_')}.value")
        for use in uses:
            with pytest.raises((TypeError, ValueError), match=guide):
                MISUSES[use](argument)


def masks(args: Any, names: list[str]) -> None:
    for name in names:
        argument = args.get(name)
        for text in (repr(argument), str(argument), repr(args), f"{argument}"):
            assert "***" in text
            assert argument.value not in text


def is_class(made: Any, wanted: Vector) -> None:
    for name, value in wanted.items():
        assert same(getattr(made, name), value), name


def has_env_file(args: Any, wanted: dict[str, str]) -> None:
    assert dict(args.get_runspec_env()) == wanted


RESULTS: dict[str, Callable[[Any, Any], None]] = {
    "arguments": has_arguments,
    "result": has_attributes,
    "names": has_names,
    "has": has_members,
    "absent": lacks_attributes,
    "refused": refuses_misuse,
    "masked": masks,
    "into": is_class,
    "env_file": has_env_file,
}
MISUSES: dict[str, Callable[[Any], object]] = {
    "truth": bool,
    "equality": lambda argument: argument == 3,
    "order": lambda argument: argument < 3,
    "arithmetic": lambda argument: argument + 1,
    "iteration": iter,
    "index": lambda argument: argument[0],
    "integer": int,
}


# ---------------------------------------------------------------- errors


def fails(world: World, call: Vector, expect: Vector) -> None:
    """A wrong call says the same to a person and, as JSON, to an agent."""
    outcome = make_call(world, call)
    told = outcome if "terminal" in call else make_call(world, call, agent=True)
    status = expect.get("exit", 2)
    for each in (outcome, told):
        assert each.exit == status, each
        assert "Traceback" not in each.stdout + each.stderr, each
        assert each.stdout == "" or "terminal" in call, each
        shows(each, {"lacks": expect.get("lacks", ())})
    shows(outcome, {"stderr": expect.get("stderr", {})})
    for words in expect.get("contains", ()):
        assert says(outcome.stderr, words), outcome
    if told.problems is None:
        told.problems = problems_of(told, expect)
    compare_errors(told.problems, expect)


def problems_of(outcome: Outcome, expect: Vector) -> list[Vector]:
    """The problems of the one JSON object that an agent gets (ERR-04)."""
    error = json.loads(outcome.stderr)["error"]
    assert includes(error, expect.get("json", {})), error
    if error["exit_status"] == 2:
        assert set(expect.get("json_keys", ())) <= error.keys()
        for problem in error["problems"]:
            assert problem.keys() >= CALL_KEYS
    problems: list[Vector] = error["problems"]
    return problems


def compare_errors(problems: list[Vector], expect: Vector) -> None:
    left = list(problems)
    for wanted in expect["errors"]:
        hits = [problem for problem in left if is_problem(problem, wanted)]
        assert hits, f"no {wanted} in {brief(problems)}"
        for hit in hits if expect.get("repeats") else hits[:1]:
            left.remove(hit)
    if not expect.get("more"):
        assert not left, f"also {brief(left)}"


def brief(problems: list[Vector]) -> list[tuple[object, ...]]:
    keys = ("code", "argument", "item", "suggestion")
    return [tuple(problem.get(key) for key in keys) for problem in problems]


def is_problem(problem: Vector, wanted: Vector) -> bool:
    if problem["code"] != wanted["code"]:
        return False
    if "argument" in wanted and name_of(problem["argument"]) != wanted["argument"]:
        return False
    if "item" in wanted and problem.get("item") != wanted["item"]:
        return False
    return "nearest" not in wanted or wanted["nearest"] in str(problem["suggestion"])


def name_of(argument: object) -> str:
    return str(argument).lstrip("-")


# ---------------------------------------------------------------- help


def helps(outcome: Outcome, expect: Vector) -> None:
    assert outcome.exit == 0, outcome
    assert outcome.stderr == "" or outcome.merged, outcome
    text = outcome.stdout
    for words in expect.get("contains", ()):
        assert says(text, words), f"no {words!r} in\n{text}"
    for words in expect.get("lacks", ()):
        assert words not in text, f"{words!r} in\n{text}"
    widest = max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()))
    assert widest <= expect.get("max_width", widest), widest
    assert widest >= expect.get("min_width", 0), widest
    if "together" in expect:
        entries = [line for line in text.splitlines() if line.lstrip()[:1] == "-"]
        names = expect["together"]
        at = [i for i, e in enumerate(entries) if any(name in e for name in names)]
        assert at == list(range(at[0], at[0] + len(names))), entries
