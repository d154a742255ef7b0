"""What an editor knows of `runspec.toml`."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runspec.spec.fields import KINDS, TABLES, Field

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "schema" / "runspec.schema.json").read_text("utf-8"))
PROFILES = json.loads((ROOT / "schema" / "env.schema.json").read_text("utf-8"))
SPECS = [
    ROOT / "tests" / "data" / "complete.toml",
    *sorted((ROOT / "examples").rglob("runspec.toml")),
    *sorted((ROOT / "src").rglob("runspec.toml")),
]


def accepts(text: str) -> bool:
    return Draft202012Validator(SCHEMA).is_valid(tomllib.loads(text))


def test_generated_files_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "generate.py", "--check"],
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_it_is_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in SPECS]
)
def test_real_specs_are_accepted(path: Path) -> None:
    assert accepts(path.read_text("utf-8"))


VALUES: dict[str, str] = {
    "str": '"x"',
    "bool": "true",
    "count": "0",
    "positive": "1",
    "seconds": "0.5",
    "any": "[1]",
    "table": "{a = {b = 1}}",
    "strs": '["x"]',
    "str-or-strs": '["X"]',
    "audiences": '["self-service"]',
    "contexts": '["remote"]',
    "options": "[1, 2]",
    "range": "[0, 1.5]",
    "pattern": '"a|b"',
    "short": '"-v"',
    "delimiter": '","',
    "examples": '["x", {cmd = "x", description = "y"}]',
    "flags": '"-H"',
    "run-as": '{default = "x"}',
    "str-table": '{a = "x"}',
    "secrets": '{A = "env:A", B = "file:~/b", C = "cmd:c"}',
    "env-table": '{A = "x", B = 1, C = true}',
    "gpus": '"auto"',
    "rotate": '"10 MB"',
    "output": '"image/png"',
    "history": "{db = false}",
}
"""One right value of each kind, as TOML."""

WRONG = {
    "str": "1",
    "bool": '"true"',
    "count": "-1",
    "positive": "0",
    "seconds": "0",
    "table": "1",
    "strs": '"x"',
    "str-or-strs": "1",
    "audiences": "[1]",
    "contexts": '"local"',
    "options": '[1, "a"]',
    "range": "5",
    "pattern": "1",
    "short": '"-h"',
    "delimiter": '", "',
    "examples": '[{description = "x"}]',
    "flags": "1",
    "run-as": "{}",
    "str-table": "{a = 1}",
    "secrets": '{A = "plain"}',
    "env-table": "{A = [1]}",
    "gpus": '"many"',
    "rotate": '"0 MB"',
    "output": "1",
    "history": '"no"',
    "enum": '"nothing"',
}
"""One wrong value of each kind; any value will do for "any"."""

HOLDERS = {
    "config": "[config]",
    "jump-host": "[config.jump-hosts.web]",
    "logging": "[config.logging]",
    "runnable": "[t]",
    "arg": "[t.args.x]",
    "run-as": "[t.run_as]",
    "run": "[t.run]",
    "recipe-config": "[t.config]",
    "resources": "[t.resources]",
}
PLAIN_FIELDS = [
    pytest.param(table, field, id=f"{table}-{field.key}")
    for table in HOLDERS
    for field in TABLES[table]
    if not field.kind.startswith("section")
]


def right_value(field: Field) -> str:
    return f'"{field.choices[0]}"' if field.kind == "enum" else VALUES[field.kind]


def test_every_kind_has_a_right_and_a_wrong_value_here() -> None:
    assert set(VALUES) == set(KINDS) - {"enum"}
    assert set(WRONG) == set(KINDS) - {"any"}


@pytest.mark.parametrize(("table", "field"), PLAIN_FIELDS)
def test_every_field_is_accepted_with_a_right_value(table: str, field: Field) -> None:
    assert accepts(f"{HOLDERS[table]}\n{field.key} = {right_value(field)}\n")


@pytest.mark.parametrize(
    ("table", "field"),
    [param for param in PLAIN_FIELDS if param.values[1].kind != "any"],
)
def test_every_field_is_refused_with_a_wrong_value(table: str, field: Field) -> None:
    wrong = "1" if field.advisory and field.kind == "enum" else WRONG[field.kind]
    assert not accepts(f"{HOLDERS[table]}\n{field.key} = {wrong}\n")


@pytest.mark.parametrize("table", HOLDERS)
def test_a_mistyped_key_is_marked(table: str) -> None:
    assert not accepts(f"{HOLDERS[table]}\nzzz = 1\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[t]",
        "[t.args]\na = 1\nb = 1.5\nc = true\nd = 'x'\ne = ['x', 'y']\nf = {}",
        "[t]\ndiscoverable = false\nserve = true\nrun_as = 'me'",
        "[t.run]\nlaunch = 'python'",
        "[t.resources]\ngpus_per_node = 4",
        "[t.commands.a.commands.b.args.x]\ntype = 'rest'",
        "[config]\ntypes = ['when']\n[t.commands.a.args]\nx = {type = 'when'}",
        "[t.groups.g]\nexclusive = true\nargs = ['a', 'b']",
        "[t.groups.g]\nexclusive = true\ninclusive = false\nargs = ['a', 'b']",
        "[t.groups.g]\nif = 'a'\nrequires = ['b']",
    ],
)
def test_every_way_to_write_a_thing_is_accepted(text: str) -> None:
    assert accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "t = 1",
        "['a b']",
        "[t.commands.'-a']",
        "[t]\nargs = 3",
        "[t.args]\n'a b' = 1",
        "[t.args]\nhelp = 1",
        "[t.args]\nrunspec-x = 1",
        "[t.args.x]\ntype = 'strng'",
        "[t.commands.a.args.x]\ntype = 'when'",
        "[t.groups.g]\nargs = ['a', 'b']",
        "[t.groups.g]\nexclusive = true",
        "[t.groups.g]\nif = 'a'",
        "[t.groups.g]\nexclusive = true\ninclusive = true\nargs = ['a', 'b']",
        "[config.logging]\nrotate = 'hourly'",
    ],
)
def test_what_a_check_refuses_is_refused_while_typing(text: str) -> None:
    assert not accepts(text)


def test_profiles_are_checked_while_typing() -> None:
    check = Draft202012Validator(PROFILES)
    holder = "[wandb]\nproject = 'x'\n[p]\n"
    for field in TABLES["profile"]:
        text = f"{holder}{field.key} = {right_value(field)}"
        assert check.is_valid(tomllib.loads(text)), text
        text = f"{holder}{field.key} = {WRONG[field.kind]}"
        assert not check.is_valid(tomllib.loads(text)), text
    assert not check.is_valid({"p": {"nodez": 1}})


def described(schema: dict[str, Any], table: str) -> dict[str, Any]:
    return schema["$defs"]["arg-table" if table == "arg" else table]["properties"]


@pytest.mark.parametrize("table", [*sorted(SCHEMA["$defs"].keys() & TABLES), "profile"])
def test_every_field_says_what_it_is_for_and_its_rule(table: str) -> None:
    properties = described(PROFILES if table == "profile" else SCHEMA, table)
    assert {key: each["description"] for key, each in properties.items()} == {
        field.key: f"{field.doc} ({field.rule})" for field in TABLES[table]
    }


@pytest.mark.parametrize("table", TABLES)
def test_every_field_stands_in_the_reference(table: str) -> None:
    page = (ROOT / "docs" / "reference" / "fields.md").read_text("utf-8")
    for field in TABLES[table]:
        assert f"| `{field.key}` |" in page
