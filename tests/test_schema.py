"""What an agent is told about a runnable (SCH)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from runspec.errors import CallError
from runspec.render.schema import Tool, as_anthropic, as_mcp, as_openai, tools
from runspec.resolve import resolve
from runspec.source.toml import parse_toml
from runspec.spec.build import build
from runspec.spec.plain import plain, plain_runnable

COMPLETE = (Path(__file__).parent / "data" / "complete.toml").read_text("utf-8")
REFUSED_AT_THE_TOP = {"anyOf", "oneOf", "allOf", "not", "enum"}

Schema = dict[str, Any]


def tools_of(text: str) -> list[Tool]:
    spec = build(parse_toml(text))
    assert [fault for fault in spec.faults if fault.severity == "error"] == []
    found = [
        tool
        for runnable in spec.runnables.values()
        for tool in tools(runnable, spec.config)
    ]
    for tool in found:
        Draft202012Validator.check_schema(tool.input_schema)
        assert json.loads(json.dumps(tool.input_schema, allow_nan=False))
    return found


def schema_of(text: str) -> Schema:
    (tool,) = tools_of(text)
    return tool.input_schema


def property_of(arg: str) -> Schema:
    """The property of the argument `x` declared as `arg`."""
    return schema_of(f"[t.args]\nx = {arg}\n")["properties"]["x"]


def accepts(schema: Schema, values: object) -> bool:
    return Draft202012Validator(schema).is_valid(values)


# Which tools there are


def test_the_complete_example_is_exactly_two_tools() -> None:
    assert [tool.name for tool in tools_of(COMPLETE)] == [
        "pipeline_run",
        "pipeline_validate",
    ]


def test_the_complete_example_has_a_full_schema() -> None:
    run, validate = tools_of(COMPLETE)
    assert run.input_schema == {
        "type": "object",
        "properties": {
            "input": {"type": "string"},
            "tag": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "fields": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "format": {
                "type": "string",
                "enum": ["json", "csv", "parquet"],
                "default": "json",
                "description": "Default json",
            },
            "workers": {
                "type": "integer",
                "minimum": 1,
                "maximum": 32,
                "default": 4,
                "description": "1 to 32, default 4",
            },
            "batch-size": {
                "type": "integer",
                "minimum": 1,
                "maximum": 100000,
                "default": 1000,
                "description": "1 to 100000, default 1000",
            },
            "dry-run": {"type": "boolean", "default": False},
            "verbose": {"type": "boolean", "default": False},
            "strict": {"type": "boolean", "default": False},
            "timeout": {
                "type": "integer",
                "minimum": 1,
                "maximum": 300,
                "default": 30,
                "description": "1 to 300, default 30",
            },
            "threads": {
                "description": "Default 4. Deprecated: use --workers instead",
                "type": "integer",
                "default": 4,
                "deprecated": True,
            },
        },
        "required": ["input", "tag", "fields"],
        "additionalProperties": False,
    }
    assert validate.input_schema["required"] == ["input", "schema"]


def test_a_tool_knows_its_runnable_and_commands() -> None:
    run, _ = tools_of(COMPLETE)
    assert run.command == ("run",)
    assert [level.name for level in run.chain] == ["pipeline", "run"]
    assert run.title == "pipeline run"


@pytest.mark.parametrize(
    ("parent", "names"),
    [
        ("", ["db_seed"]),
        ("require-command = true", ["db_seed"]),
        ("args = {url = 'x'}", ["db", "db_seed"]),
        ("require-command = true\nargs = {url = 'x'}", ["db_seed"]),
    ],
)
def test_a_level_with_commands_is_a_tool_when_it_can_run_bare_with_arguments(
    parent: str, names: list[str]
) -> None:
    found = tools_of(f"[db]\n{parent}\n[db.commands.seed]\n")
    assert [tool.name for tool in found] == names


def test_commands_at_any_depth_are_joined_by_underscores() -> None:
    (tool,) = tools_of("[portal-api.commands.orders.commands.get-list]\n")
    assert tool.name == "portal-api_orders_get-list"


def test_a_command_takes_the_arguments_of_the_levels_above() -> None:
    schema = schema_of("""
        [db]
        require-command = true
        args = {url = {type = "str"}, size = 1}
        [db.commands.seed.args]
        size = "big"
        rows = 10
    """)
    assert list(schema["properties"]) == ["url", "size", "rows"]
    assert schema["properties"]["size"]["default"] == "big"
    assert schema["required"] == ["url"]


# Arguments


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        ('{type = "str"}', {"type": "string"}),
        ('{type = "path"}', {"type": "string"}),
        ('{type = "int"}', {"type": "integer"}),
        ('{type = "float"}', {"type": "number"}),
        ('{type = "bool"}', {"type": "boolean"}),
        ('{type = "flag"}', {"type": "boolean", "default": False}),
        ("true", {"type": "boolean", "default": True}),
        ("1.5", {"type": "number", "default": 1.5}),
        ('{options = ["a", "b"]}', {"type": "string", "enum": ["a", "b"]}),
        ("{options = [1, 2]}", {"type": "integer", "enum": [1, 2]}),
        ("{options = [1.5, 2.0]}", {"type": "number", "enum": [1.5, 2.0]}),
        (
            '{type = "int", options = [1, 2]}',
            {"type": "integer", "enum": [1, 2]},
        ),
        (
            "{default = 5, range = [1, 9]}",
            {"type": "integer", "minimum": 1, "maximum": 9, "default": 5},
        ),
        (
            '{type = "str", min-length = 2, max-length = 4}',
            {"type": "string", "minLength": 2, "maxLength": 4},
        ),
        (
            '{type = "rest"}',
            {"type": "array", "items": {"type": "string"}, "default": []},
        ),
        (
            '["a", "b"]',
            {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "default": ["a", "b"],
            },
        ),
        (
            '{type = "int", multiple = true, range = [1, 9], required = false}',
            {
                "type": "array",
                "items": {"type": "integer", "minimum": 1, "maximum": 9},
            },
        ),
        (
            '{type = "int", delimiter = ","}',
            {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        ),
        ("{default = 5, required = true}", {"type": "integer"}),
        ('{type = "int", description = "How many"}', {"type": "integer"}),
    ],
)
def test_an_argument_is_the_json_schema_of_its_type_and_checks(
    arg: str, expected: Schema
) -> None:
    found = property_of(arg)
    found.pop("description", None)
    assert found == expected


def test_a_pattern_is_anchored_at_both_ends() -> None:
    pattern = property_of("{type = 'str', pattern = 'a|b'}")["pattern"]
    assert pattern == "^(?:a|b)$"


def test_a_pattern_that_json_schema_cannot_spell_is_described() -> None:
    found = property_of(
        "{type = 'str', description = 'Which', pattern = '(?i)abc', deprecated = 'x'}"
    )
    assert "pattern" not in found
    assert found["description"] == (
        "Which. All of it must match the Python pattern (?i)abc. Deprecated: x"
    )


def test_a_pattern_of_a_list_is_about_its_items() -> None:
    found = property_of("{type = 'str', multiple = true, pattern = 'a|b'}")
    assert found["items"]["pattern"] == "^(?:a|b)$"
    assert "pattern" not in found


def test_what_an_argument_says_is_kept() -> None:
    schema = schema_of("""
        [t.args.x]
        type = "str"
        required = false
        description = "Where."
        deprecated = "old"
        autonomy = "confirm"
        discoverable = ["self-service"]
        ui = "color"
        hint = "blue"
        meta = {a = {b = 1979-05-27}, c = inf}
    """)
    assert schema["properties"]["x"] == {
        "description": "Where. Deprecated: old",
        "type": "string",
        "deprecated": True,
        "x-autonomy": "confirm",
        "x-discoverable": ["self-service"],
        "x-ui": "color",
        "x-hint": "blue",
        "x-meta": {"a": {"b": "1979-05-27"}, "c": "inf"},
    }


def test_what_an_argument_does_not_say_is_not_there() -> None:
    assert property_of('{type = "str"}') == {"type": "string"}


def test_an_agent_never_sees_what_it_cannot_set() -> None:
    schema = schema_of("""
        [t.args]
        token = {type = "password"}
        force = {type = "str", autonomy = "manual"}
        name = {type = "str", autonomy = "confirm"}
    """)
    assert list(schema["properties"]) == ["name"]
    assert schema["required"] == ["name"]


def test_an_argument_that_is_not_declared_is_refused() -> None:
    schema = schema_of("[t.args]\nx = 1\n")
    assert accepts(schema, {"x": 2})
    assert not accepts(schema, {"x": 2, "y": 1})
    assert not accepts(schema, {"x": "2"})


# Trust


@pytest.mark.parametrize(
    ("text", "autonomy", "reason"),
    [
        ("[t]\n", "confirm", None),
        ("[config]\nautonomy-default = 'manual'\n[t]\n", "manual", None),
        ("[t]\nautonomy = 'autonomous'\n", "autonomous", None),
        (
            "[t]\nautonomy = 'manual'\nautonomy-reason = 'why'\n[t.commands.c]\n",
            "manual",
            "why",
        ),
        (
            "[t]\nautonomy = 'manual'\nautonomy-reason = 'why'\n"
            "[t.commands.c]\nautonomy = 'autonomous'\n",
            "autonomous",
            None,
        ),
        (
            "[t]\nautonomy = 'manual'\n[t.commands.c]\nautonomy-reason = 'own'\n",
            "manual",
            "own",
        ),
    ],
)
def test_a_tool_has_the_level_that_holds_and_the_reason_of_that_level(
    text: str, autonomy: str, reason: str | None
) -> None:
    (tool,) = tools_of(text)
    assert (tool.autonomy, tool.autonomy_reason) == (autonomy, reason)


@pytest.mark.parametrize(
    ("text", "audiences"),
    [
        ("[t]\ndiscoverable = false\n", []),
        ("[t]\ndiscoverable = true\n", ["operator"]),
        ("[t]\ndiscoverable = false\n[t.commands.c]\n", []),
        (
            "[t]\ndiscoverable = false\n[t.commands.c]\ndiscoverable = true\n",
            ["operator"],
        ),
    ],
)
def test_the_audiences_of_a_tool_are_shown_when_set_and_hold_for_its_commands(
    text: str, audiences: list[str]
) -> None:
    found = tools_of(text)
    assert list(found[0].discoverable) == audiences
    assert as_mcp(found)["tools"][0]["x-discoverable"] == audiences


# The three formats

GREET = """
[greet]
description = "Greet somebody"
autonomy = "autonomous"
autonomy-reason = "Harmless"
output = "json"
[greet.args]
name = {type = "str"}
"""
GREET_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
GREET_EXTENSIONS = {
    "x-autonomy": "autonomous",
    "x-autonomy-reason": "Harmless",
    "x-output": "json",
}


def test_mcp_has_a_list_of_tools() -> None:
    assert as_mcp(tools_of(GREET)) == {
        "tools": [
            {
                "name": "greet",
                "description": "Greet somebody",
                "inputSchema": GREET_SCHEMA,
                **GREET_EXTENSIONS,
            }
        ]
    }


def test_openai_has_functions() -> None:
    assert as_openai(tools_of(GREET)) == [
        {
            "type": "function",
            "function": {
                "name": "greet",
                "description": "Greet somebody",
                "parameters": GREET_SCHEMA,
            },
            **GREET_EXTENSIONS,
        }
    ]


def test_anthropic_has_input_schemas() -> None:
    assert as_anthropic(tools_of(GREET)) == [
        {
            "name": "greet",
            "description": "Greet somebody",
            "input_schema": GREET_SCHEMA,
            **GREET_EXTENSIONS,
        }
    ]


# Groups

OPTIONAL = '{type = "str", required = false}'
THREE = f"args = {{a = {OPTIONAL}, b = {OPTIONAL}, c = {OPTIONAL}}}"


@pytest.mark.parametrize(
    ("group", "right", "wrong"),
    [
        ("exclusive = true", ["", "a", "c"], ["ab", "bc", "abc"]),
        ("inclusive = true", ["", "abc"], ["a", "ab", "bc"]),
        ("at-least-one = true", ["a", "bc", "abc"], [""]),
        ("exactly-one = true", ["a", "b", "c"], ["", "ab", "abc"]),
    ],
)
def test_a_group_is_enforced_by_the_schema(
    group: str, right: list[str], wrong: list[str]
) -> None:
    schema = schema_of(f'[t]\n{THREE}\n[t.groups.g]\n{group}\nargs = ["a", "b", "c"]\n')
    assert [
        given for given in right if not accepts(schema, dict.fromkeys(given, "v"))
    ] == []
    assert [
        given for given in wrong if accepts(schema, dict.fromkeys(given, "v"))
    ] == []


def test_a_conditional_group_is_enforced_by_the_schema() -> None:
    schema = schema_of(f'[t]\n{THREE}\n[t.groups.g]\nif = "a"\nrequires = ["b", "c"]\n')
    assert accepts(schema, {"b": "v"})
    assert accepts(schema, {"a": "v", "b": "v", "c": "v"})
    assert not accepts(schema, {"a": "v", "b": "v"})
    assert schema["dependentRequired"] == {"a": ["b", "c"]}


def test_a_flag_given_as_false_asks_for_nothing() -> None:
    schema = schema_of("""
        [t.args]
        upload = false
        bucket = {type = "str", required = false}
        [t.groups.g]
        if = "upload"
        requires = ["bucket"]
    """)
    assert accepts(schema, {"upload": False})
    assert accepts(schema, {"upload": True, "bucket": "b"})
    assert not accepts(schema, {"upload": True})


def test_an_empty_list_is_not_given() -> None:
    schema = schema_of("""
        [t.args]
        tag = {type = "str", multiple = true, required = false}
        all = false
        [t.groups.g]
        exactly-one = true
        args = ["tag", "all"]
    """)
    assert accepts(schema, {"tag": [], "all": True})
    assert not accepts(schema, {"tag": ["x"], "all": True})
    assert not accepts(schema, {"tag": []})


def test_a_default_is_enough_where_a_value_is_needed() -> None:
    schema = schema_of("""
        [t.args]
        upload = {type = "str", required = false}
        region = "eu"
        [t.groups.g]
        if = "upload"
        requires = ["region"]
    """)
    assert accepts(schema, {"upload": "v"})


@pytest.mark.parametrize(
    "group",
    [
        "exclusive = true",
        "inclusive = true",
        "at-least-one = true",
        "exactly-one = true",
    ],
)
def test_what_the_operator_may_supply_is_never_demanded_of_an_agent(
    group: str,
) -> None:
    schema = schema_of(f"""
        [t.args]
        key = {{type = "password", required = false}}
        user = {{type = "str", required = false}}
        [t.groups.g]
        {group}
        args = ["key", "user"]
    """)
    assert accepts(schema, {})
    assert accepts(schema, {"user": "me"})


def test_no_combinator_stands_at_the_top_where_model_providers_refuse_it() -> None:
    kinds = ["exclusive", "inclusive", "at-least-one", "exactly-one"]
    groups = "".join(
        f'[t.groups.{kind}]\n{kind} = true\nargs = ["a", "b", "c"]\n' for kind in kinds
    )
    assert REFUSED_AT_THE_TOP.isdisjoint(schema_of(f"[t]\n{THREE}\n{groups}"))


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (
            'exclusive = true\nargs = ["a", "b", "c"]',
            "Give at most one of 'a', 'b' and 'c'.",
        ),
        (
            'inclusive = true\nargs = ["a", "b"]',
            "Give 'a' and 'b' together or not at all.",
        ),
        (
            'inclusive = true\nargs = ["a", "with-default"]',
            "With 'with-default', also give 'a'.",
        ),
        (
            'at-least-one = true\nargs = ["a", "b"]',
            "Give at least one of 'a' and 'b'.",
        ),
        (
            'at-least-one = true\nargs = ["a", "b", "secret"]',
            "Give at least one of 'a' and 'b', unless the operator supplies one.",
        ),
        (
            'exactly-one = true\nargs = ["a", "b"]',
            "Give exactly one of 'a' and 'b'.",
        ),
        (
            'exactly-one = true\nargs = ["a", "b", "secret"]',
            "Give at most one of 'a' and 'b'."
            " Give at least one of 'a' and 'b', unless the operator supplies one.",
        ),
        (
            'if = "a"\nrequires = ["b", "c", "secret"]',
            "With 'a', also give 'b' and 'c'.",
        ),
    ],
)
def test_the_description_says_what_a_group_asks(group: str, words: str) -> None:
    (tool,) = tools_of(f"""
        [t]
        description = "What it does."
        [t.args]
        a = {{type = "str", required = false}}
        b = {{type = "str", required = false}}
        c = {{type = "str", required = false}}
        with-default = "x"
        secret = {{type = "password", required = false}}
        [t.groups.g]
        {group}
    """)
    assert tool.description == f"What it does.\n\n{words}"


@pytest.mark.parametrize(
    "group",
    [
        'exclusive = true\nargs = ["a", "unknown"]',
        'inclusive = true\nargs = ["a", "secret"]',
        'at-least-one = true\nargs = ["secret", "unknown"]',
        'if = "secret"\nrequires = ["a"]',
        'if = "a"\nrequires = ["secret", "unknown"]',
    ],
)
def test_a_group_that_asks_nothing_of_an_agent_is_left_out(group: str) -> None:
    (tool,) = tools_of(f"""
        [t]
        description = "What it does."
        [t.args]
        a = {{type = "str", required = false}}
        secret = {{type = "password", required = false}}
        [t.groups.g]
        {group}
    """)
    assert tool.description == "What it does."
    assert set(tool.input_schema) == {
        "type",
        "properties",
        "required",
        "additionalProperties",
    }


# Any groups: the schema and the rules of section GRP agree

ARGS = {
    "optional": '{type = "str", required = false}',
    "required": '{type = "str"}',
    "default": '"x"',
    "flag": "false",
    "flag-on": "true",
    "list": '{type = "str", multiple = true, required = false}',
    "list-required": '{type = "str", multiple = true}',
    "secret": '{type = "password", required = false}',
}
VALUES: dict[str, list[object]] = {
    "flag": [True, False],
    "flag-on": [True, False],
    "list": [[], ["v"]],
    "list-required": [[], ["v"]],
}
NAMES = "abcd"
KINDS = ["exclusive", "inclusive", "at-least-one", "exactly-one", "if"]
Group = tuple[str, list[str]]


def spec_text(kinds: Mapping[str, str], groups: list[Group]) -> str:
    lines = ["[t.args]", *(f"{name} = {ARGS[kind]}" for name, kind in kinds.items())]
    for number, (kind, members) in enumerate(groups):
        lines.append(f"[t.groups.g{number}]")
        if kind == "if":
            lines.append(f'if = "{members[0]}"\nrequires = {members[1:]}')
        else:
            lines.append(f"{kind} = true\nargs = {members}")
    return "\n".join(lines)


def is_given(value: object) -> bool:
    return value not in (None, False, [])


def has_value(kind: str, value: object) -> bool:
    return kind in ("default", "flag", "flag-on") or is_given(value)


def holds(group: Group, kinds: Mapping[str, str], values: Mapping[str, object]) -> bool:
    kind, members = group
    those = [name for name in members if is_given(values.get(name))]
    complete = all(has_value(kinds[name], values.get(name)) for name in members)
    rules: dict[str, Callable[[], bool]] = {
        "exclusive": lambda: len(those) <= 1,
        "inclusive": lambda: not those or complete,
        "at-least-one": lambda: len(those) >= 1,
        "exactly-one": lambda: len(those) == 1,
        "if": lambda: members[0] not in those or complete,
    }
    return rules[kind]()


def required_are_given(kinds: Mapping[str, str], values: Mapping[str, object]) -> bool:
    return all(
        is_given(values.get(name))
        for name, kind in kinds.items()
        if kind in ("required", "list-required")
    )


@st.composite
def groups_and_values(
    draw: st.DrawFn, kinds: list[str], most_groups: int
) -> tuple[dict[str, str], list[Group], dict[str, object]]:
    of = {name: draw(st.sampled_from(kinds)) for name in NAMES}
    members = st.lists(st.sampled_from(NAMES), min_size=2, unique=True)
    group = st.tuples(st.sampled_from(KINDS), members)
    groups = draw(st.lists(group, min_size=1, max_size=most_groups))
    values = {
        name: draw(st.sampled_from(VALUES.get(kind, ["v"])))
        for name, kind in of.items()
        if kind != "secret" and draw(st.booleans())
    }
    return of, groups, values


@given(groups_and_values([kind for kind in ARGS if kind != "secret"], 3))
def test_the_schema_accepts_what_the_groups_allow_and_nothing_else(
    case: tuple[dict[str, str], list[Group], dict[str, object]],
) -> None:
    kinds, groups, values = case
    right = required_are_given(kinds, values) and all(
        holds(group, kinds, values) for group in groups
    )
    assert accepts(schema_of(spec_text(kinds, groups)), values) is right


def argv_of(values: Mapping[str, object]) -> list[str]:
    argv = []
    for name, value in values.items():
        if isinstance(value, bool):
            argv.append(f"--{name}" if value else f"--{name}=false")
        else:
            argv += [f"--{name}={item}" for item in value or []]
    return argv


@given(groups_and_values([kind for kind in ARGS if kind != "secret"], 2))
@settings(max_examples=75)
def test_the_schema_accepts_what_the_program_accepts_and_nothing_else(
    case: tuple[dict[str, str], list[Group], dict[str, object]],
) -> None:
    kinds, groups, values = case
    text = spec_text(kinds, groups)
    spec = build(parse_toml(text))
    try:
        resolve(
            spec.runnables["t"], spec.config, argv_of(values), {}, spec_path="/x.toml"
        )
    except CallError:
        right = False
    else:
        right = True
    assert accepts(schema_of(text), values) is right


@given(groups_and_values(list(ARGS), 1))
def test_the_schema_refuses_only_what_no_secret_of_the_operator_could_make_right(
    case: tuple[dict[str, str], list[Group], dict[str, object]],
) -> None:
    kinds, groups, values = case
    secrets = [name for name, kind in kinds.items() if kind == "secret"]
    right = required_are_given(kinds, values) and any(
        holds(groups[0], kinds, values | dict.fromkeys(supplied, "v"))
        for count in range(len(secrets) + 1)
        for supplied in itertools.combinations(secrets, count)
    )
    assert accepts(schema_of(spec_text(kinds, groups)), values) is right


# Plain data


def test_every_field_of_a_runnable_is_there_as_json() -> None:
    spec = build(parse_toml(COMPLETE))
    data = plain(spec.runnables["pipeline"])
    assert json.loads(json.dumps(data)) == data
    assert list(data)[:4] == ["name", "description", "autonomy", "autonomy_reason"]
    run = data["commands"]["run"]
    assert run["discoverable"] is True
    assert run["args"]["workers"]["range"] == [1, 32]
    assert run["args"]["workers"]["type"] == "int"
    assert run["args"]["input"]["required"] is True
    assert run["groups"]["api-auth"]["args"] == ["api-key", "api-endpoint"]


def test_dates_and_numbers_that_json_lacks_are_text() -> None:
    spec = build(
        parse_toml("""
            [t.args.x]
            type = "str"
            [t.args.x.meta]
            day = 1979-05-27
            moment = 1979-05-27T07:32:00Z
            hour = 07:32:00
            endless = -inf
            none = nan
        """)
    )
    assert plain(spec.runnables["t"].args["x"])["meta"] == {
        "day": "1979-05-27",
        "moment": "1979-05-27T07:32:00+00:00",
        "hour": "07:32:00",
        "endless": "-inf",
        "none": "nan",
    }


def test_what_the_file_decides_for_a_runnable_is_filled_in() -> None:
    spec = build(
        parse_toml("""
            [config]
            autonomy-default = "manual"
            enforce_run_as = "warn"
            [t.commands.a]
            autonomy = "autonomous"
            [t.commands.a.commands.b]
            enforce_run_as = "off"
        """)
    )
    data = plain_runnable(spec.runnables["t"], spec.config)
    a = data["commands"]["a"]
    b = a["commands"]["b"]
    assert [each["autonomy"] for each in (data, a, b)] == [
        "manual",
        "autonomous",
        "autonomous",
    ]
    assert [each["enforce_run_as"] for each in (data, a, b)] == ["warn", "warn", "off"]
