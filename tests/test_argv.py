"""A tool call's JSON arguments, written as a command line and read again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from corpus_same import same
from runspec.errors import CallError, Fault
from runspec.model import Arg
from runspec.render.fault import call_error_json
from runspec.render.schema import Tool, tools
from runspec.render.schema_args import withheld
from runspec.resolve import COERCERS, absolute, resolve
from runspec.run.argv import CommandLine, argv_of
from runspec.run.machine import here, names
from runspec.run.types import carry_types
from runspec.source.toml import parse_toml
from runspec.spec.build import Spec, build

Arguments = dict[str, Any]

ENVIRON = {"PATH": "/usr/bin", "HOME": "/nonexistent"}
LEVELS = ("tool", "go", "on")
NAMES = ("a", "b-c", "no-a", "n", "x", "version", "go")


def built(text: str) -> Spec:
    return build(parse_toml(text, "/nowhere/runspec.toml"))


def deepest(spec: Spec) -> Tool:
    """The tool of the command that is deepest."""
    found = tools(spec.runnables["tool"], spec.config)
    return max(found, key=lambda tool: len(tool.command))


def tool_of(args: str) -> Tool:
    spec = built(f"[tool.args]\n{args}")
    assert not [fault for fault in spec.faults if fault.severity == "error"]
    return deepest(spec)


def written(
    tool: Tool, arguments: Arguments
) -> tuple[CommandLine | None, tuple[Fault, ...]]:
    """The command line, or what is wrong."""
    try:
        return argv_of(tool, arguments), ()
    except CallError as error:
        return None, error.faults


# Every spec


@st.composite
def options(draw: st.DrawFn) -> list[str | int | float]:
    kinds: list[st.SearchStrategy[Any]] = [
        st.sampled_from(["", "-x", "go", "a,b", "é", "1"]),
        st.integers(-9, 9),
        st.floats(-9, 9, width=16),
    ]
    return draw(st.lists(draw(st.sampled_from(kinds)), min_size=1, unique_by=str))


@st.composite
def an_arg(draw: st.DrawFn, positions: Iterator[int]) -> dict[str, Any]:
    """The table of an argument that a spec may declare."""
    kinds = ("str", "int", "float", "bool", "flag", "path", "choice", "rest", "stamp")
    kind = draw(st.sampled_from(kinds))
    fields: dict[str, Any] = {"type": kind}
    if kind == "choice":
        fields["options"] = draw(options())
    if kind == "flag":
        fields["default"] = draw(st.booleans())
        return fields
    if kind == "rest":
        return fields
    fields["required"] = False
    if draw(st.booleans()):
        fields["position"] = next(positions)
    if draw(st.booleans()):
        fields["multiple"] = True
        if draw(st.booleans()):
            fields["delimiter"] = draw(st.sampled_from([",", "-", "\n", "1"]))
    return fields


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """A spec of one to three levels without errors, as TOML that was read."""
    lines = ["[config]", "types = ['stamp']"]
    path = "tool"
    for level in LEVELS[: draw(st.integers(1, 3))]:
        path = path if level == "tool" else f"{path}.commands.{level}"
        lines.append(f"[{path}]")
        positions = iter(range(1, 9))
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1)):
            fields = draw(an_arg(positions))
            pairs = ", ".join(f"{key} = {toml(fields[key])}" for key in fields)
            lines.append(f"args.{name} = {{{pairs}}}")
    spec = built("\n".join(lines))
    assume(not any(fault.severity == "error" for fault in spec.faults))
    return spec


def toml(value: object) -> str:
    return json.dumps(value)


texts = st.one_of(
    st.sampled_from(["", "-", "--", "-x", "-1", "--help", "go", "on", "a,b", "1\n2"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "str": texts,
    "stamp": texts,
    "path": texts.filter(bool),
    "int": st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-9, 9).map(float)),
    "float": st.one_of(
        st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9)
    ),
    "bool": st.booleans(),
    "flag": st.booleans(),
    "rest": texts,
}


def values_of(arg: Arg) -> st.SearchStrategy[Any]:
    item = st.sampled_from(arg.options) if arg.options else SCALARS[arg.type]
    if arg.type == "rest" or arg.multiple:
        return st.lists(item, max_size=3)
    return item


@st.composite
def calls(draw: st.DrawFn) -> tuple[Spec, Tool, Arguments]:
    spec = draw(specs())
    tool = deepest(spec)
    settable = [arg for arg in tool.args.values() if not withheld(arg)]
    chosen = [arg for arg in settable if draw(st.sampled_from((True, True, False)))]
    return spec, tool, {arg.name: draw(values_of(arg)) for arg in chosen}


def expected(arg: Arg, value: Any) -> Any:
    """The value that a call comes to, from that of its JSON object."""
    if isinstance(value, list):
        return [expected(arg, item) for item in value]
    convert: dict[str, Callable[[Any], Any]] = {
        "int": int,
        "float": float,
        "path": lambda text: absolute(text, arg),
    }
    return convert.get(arg.type, lambda same: same)(value)


@pytest.fixture(autouse=True)
def _own_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is registered in one test is forgotten after it."""
    for name in ("stamp",):
        monkeypatch.setitem(COERCERS, name, COERCERS["str"])
        monkeypatch.delitem(COERCERS, name)


@given(calls())
def test_a_call_comes_to_exactly_the_values_that_were_given(
    call: tuple[Spec, Tool, Arguments],
) -> None:
    spec, tool, arguments = call
    carry_types(spec.config)
    line, faults = written(tool, arguments)
    if line is None:
        assert {fault.code for fault in faults} == {"item-unwritable"}
        assert any(unwritable(tool, name, arguments[name]) for name in arguments)
        return
    runnable = spec.runnables["tool"]
    environ = ENVIRON | line.environ
    found = resolve(
        runnable, spec.config, line.argv, environ, spec_path="/nowhere/runspec.toml"
    )
    assert found.command == tool.command
    for attribute, arg in tool.args.items():
        value = arguments.get(arg.name)
        if value is None or (value == [] and arg.type != "rest"):
            assert found.values[attribute].source in ("spec_default", "not_set")
            continue
        assert same(found.values[attribute].plain, expected(arg, value))
    assert {arg.name for arg in line.given} == {
        name for name, value in arguments.items() if value != []
    }


def unwritable(tool: Tool, name: str, value: Any) -> bool:
    """Whether a list has an item that neither a token nor a variable can say."""
    arg = next(arg for arg in tool.args.values() if arg.name == name)
    if not isinstance(value, list):
        return False
    for item in value:
        text = json.dumps(item) if isinstance(item, bool) else str(expected(arg, item))
        if arg.type == "path":
            text = item
        if arg.delimiter and (not text or arg.delimiter in text):
            return True
        if arg.position is not None and "\n" in text:
            return True
    return False


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=2),
    ),
    max_leaves=5,
)


@given(specs(), st.dictionaries(st.sampled_from([*NAMES, "b_c", "z", ""]), json_values))
def test_whatever_the_arguments_are_each_is_a_value_or_a_fault_that_can_be_told(
    spec: Spec, arguments: Arguments
) -> None:
    tool = deepest(spec)
    line, faults = written(tool, arguments)
    if line is None:
        error = CallError(*faults, runnable="tool", command=tool.command)
        text = call_error_json(error, chain=tool.chain, usage="")
        assert len(json.loads(text)["error"]["problems"]) == len(faults) > 0
        return
    for text in (*line.argv, *line.environ.values()):
        assert "\0" not in text
        assert os.fsencode(text) == text.encode()


@given(calls())
def test_what_can_be_written_is_what_the_schema_accepts(
    call: tuple[Spec, Tool, Arguments],
) -> None:
    _, tool, arguments = call
    assert Draft202012Validator(tool.input_schema).is_valid(arguments)


# Names and values


def problems(args: str, arguments: Arguments) -> list[dict[str, Any]]:
    tool = tool_of(args)
    with pytest.raises(CallError) as raised:
        argv_of(tool, arguments)
    assert (raised.value.runnable, raised.value.command) == ("tool", ())
    told = json.loads(call_error_json(raised.value, chain=tool.chain, usage=""))
    found: list[dict[str, Any]] = told["error"]["problems"]
    return found


def test_a_mistyped_name_is_suggested_as_json_has_it() -> None:
    (problem,) = problems("dry-run = false", {"dry-rum": True})
    assert problem["message"] == "unknown option dry-rum"
    assert problem["suggestion"] == "dry-run"


def test_an_argument_that_only_the_operator_sets_is_told_from_an_unknown_one() -> None:
    (problem,) = problems("key = {type = 'password'}", {"key": "hunter2"})
    assert problem["message"] == "key can't be given by an agent"
    assert "hunter2" not in json.dumps(problem)


def test_a_value_of_a_wrong_type_is_told_with_what_was_expected() -> None:
    (problem,) = problems("n = 1", {"n": {"value": 1}})
    assert problem["message"] == 'n must be an integer, not "{...}"'.replace(
        "n must", "--n must", 1
    )
    (problem,) = problems("tag = {type = 'str', multiple = true}", {"tag": "a"})
    assert problem["message"] == '--tag must be a list, not "a"'


def test_all_that_is_wrong_is_told_at_once() -> None:
    args = "n = 1\nd = ['x']\nl = {type = 'str', delimiter = ','}"
    arguments = {"n": "1\0", "d": [], "l": ["a,b"], "m": 1}
    codes = [problem["code"] for problem in problems(args, arguments)]
    assert codes == ["not-text", "list-empty", "item-unwritable", "unknown-argument"]


def test_a_flood_of_wrong_names_is_told_in_part_and_at_once() -> None:
    flood = {f"name-{number}": 1 for number in range(100_000)}
    assert len(problems("n = 1", flood)) == 100


def test_a_flood_of_wrong_items_is_told_in_part_and_at_once() -> None:
    args = "n = {type = 'int', multiple = true}"
    assert len(problems(args, {"n": [None] * 100_000})) == 100


def test_a_long_value_is_cut_in_what_is_told() -> None:
    (problem,) = problems("n = {type = 'str', multiple = true}", {"n": "x" * 10_000})
    assert len(json.dumps(problem)) < 1000


def test_the_arguments_that_were_given_are_there_wherever_they_stand() -> None:
    tool = tool_of(
        "x = {default = 'd', position = 1}\n"
        "y = {type = 'str', position = 2, required = false, autonomy = 'confirm'}\n"
        "z = 1"
    )
    line = argv_of(tool, {"z": 2, "y": "v"})
    assert (line.argv, line.environ) == (["--z=2"], {"RUNSPEC_TOOL_ARG_Y": "v"})
    assert [arg.name for arg in line.given] == ["y", "z"]


def test_a_number_too_large_for_its_type_is_refused() -> None:
    codes = [
        problem["code"]
        for problem in problems("n = 1\nx = 0.5", {"n": 1e300, "x": 10**400})
    ]
    assert codes == ["not-int", "not-float"]


# Types that the program registers


def test_a_registered_coercer_is_kept() -> None:
    spec = built("[config]\ntypes = ['stamp']\n[tool.args]\nx = {type = 'stamp'}")
    COERCERS["stamp"] = lambda text, arg: text.upper()
    carry_types(spec.config)
    line = argv_of(deepest(spec), {"x": "a"})
    found = resolve(
        spec.runnables["tool"], spec.config, line.argv, ENVIRON, spec_path="/x"
    )
    assert found.values["x"].plain == "A"


# The machine


def test_the_machine_has_the_name_it_gives_itself() -> None:
    name = os.uname().nodename
    assert names()[0] == name.lower()
    assert here(None)
    assert here((name.upper(),))
    assert here(("nothing-like-it", name[:1] + "*"))
    assert not here(())
    assert not here((name + "x", "x" + name))


def test_a_relative_path_is_that_of_where_the_server_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = built("[tool.args]\nwhere = {type = 'path'}")
    line = argv_of(deepest(spec), {"where": "x"})
    assert line.argv == ["--where=x"]
    found = resolve(
        spec.runnables["tool"], spec.config, line.argv, ENVIRON, spec_path="/x"
    )
    assert found.values["where"].plain == str(tmp_path / "x")
