"""What is served of a real environment, and what opening it costs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus_room import LONG_AGO
from environments import DESCRIBED, Environment, wheel, write
from runspec.errors import SpecError
from runspec.mcp.revisions import REVISIONS
from runspec.mcp.served import ServedTool
from runspec.mcp.toolbox import Selection, Toolbox, open_toolbox

LOOK = """\
import json, sys
from runspec.mcp.revisions import REVISIONS
from runspec.mcp.toolbox import Selection, open_toolbox
box = open_toolbox(Selection())
items = [tool.listed(REVISIONS["2026-07-28"]) for tool in box.tools.values()]
modules = sorted(name for name in sys.modules if "." in name or name in ("re", "json"))
print(json.dumps({
    "name": box.name,
    "items": items,
    "faults": [fault.code for fault in box.faults],
    "fingerprint": box.fingerprint,
    "modules": modules,
    "origins": {
        tool.name: [tool.distribution, tool.version, tool.installed]
        for tool in box.tools.values()
    },
}))
"""
TOOLS = f"""\
[mend]
{DESCRIBED}
hosts = ["*"]

[mend.args]
what = {{type = "str", position = 1, description = "What"}}

[mend.commands.all]
{DESCRIBED}
"""
BROKEN = "[lost]\nautonomy = 'nevr'\n"


@pytest.fixture
def environment(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> Environment:
    made = make_environment()
    good = wheel(
        tmp_path,
        "good",
        {
            "good/__init__.py": "def main():\n    pass\n",
            "good/runspec.toml": TOOLS,
        },
        {"mend": "good:main"},
    )
    broken = wheel(
        tmp_path, "broken", {"broken/__init__.py": "", "broken/runspec.toml": BROKEN}
    )
    made.install("--no-index", good, broken)
    settle(made)
    return made


def settle(environment: Environment) -> None:
    """Nothing in it is so new that it might still be changing."""
    for path in [environment.site, *environment.site.rglob("*")]:
        os.utime(path, (LONG_AGO, LONG_AGO))


def look(environment: Environment) -> dict[str, Any]:
    done = environment.run("-c", LOOK, program="python")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_package_with_a_broken_spec_is_left_out_and_the_others_are_served(
    environment: Environment,
) -> None:
    found = look(environment)
    assert [item["name"] for item in found["items"]] == ["mend", "mend_all"]
    assert found["faults"] == ["unknown-value"]
    assert found["origins"]["mend"] == ["good", "1.0", True]
    assert found["name"] == environment.place.parent.name


def test_the_second_opening_builds_no_spec_and_says_the_same(
    environment: Environment,
) -> None:
    first, second = look(environment), look(environment)
    assert "runspec.spec.build" in first["modules"]
    loaded = {"runspec.spec.build", "runspec.render.schema", "runspec.source.toml"}
    assert not loaded & set(second["modules"])
    assert {**first, "modules": []} == {**second, "modules": []}


class Boxed:
    """A directory with a spec, and the tools that are served of it."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def write(self, text: str) -> None:
        write(self.place, {"runspec.toml": text})

    def open(self, **more: Any) -> Toolbox:
        return open_toolbox(Selection(paths=(str(self.place),), environ={}, **more))


@pytest.fixture
def boxed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Boxed:
    """Nothing is installed here but what this process runs in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.path", ["", str(tmp_path / "site")])
    place = tmp_path / "place"
    place.mkdir()
    return Boxed(place)


def test_a_spec_that_changes_is_noticed(boxed: Boxed) -> None:
    boxed.write("[one]\n")
    before = boxed.open()
    assert not before.stale()
    boxed.write("[one]\n[two]\n")
    assert before.stale()
    after = boxed.open()
    assert list(after.tools) == ["one", "two"]
    assert after.fingerprint != before.fingerprint


def test_a_spec_that_comes_or_goes_is_noticed(boxed: Boxed) -> None:
    empty = boxed.open()
    assert [fault.code for fault in empty.faults] == ["spec-not-found"]
    boxed.write("[one]\n")
    assert empty.stale()
    full = boxed.open()
    (boxed.place / "runspec.toml").unlink()
    assert full.stale()
    assert boxed.open().fingerprint == empty.fingerprint != full.fingerprint


def test_a_change_that_no_client_can_see_leaves_the_fingerprint(boxed: Boxed) -> None:
    boxed.write("[one]\n")
    before = boxed.open()
    boxed.write("# a note\n[one]\ntimeout = 5\n")
    assert before.stale()
    assert boxed.open().fingerprint == before.fingerprint


def test_a_package_that_comes_is_noticed(
    boxed: Boxed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    os.utime(site, (LONG_AGO, LONG_AGO))
    boxed.write("[one]\n")
    before = boxed.open()
    assert not before.stale()
    info = "late-1.0.dist-info"
    write(
        site,
        {
            "late/runspec.toml": "[late]\n",
            f"{info}/METADATA": "Metadata-Version: 2.1\nName: late\nVersion: 1.0\n",
            f"{info}/RECORD": f"late/runspec.toml,,\n{info}/RECORD,,\n",
        },
    )
    assert before.stale()
    assert list(boxed.open().tools) == ["one", "late"]


def test_a_tool_has_its_arguments_and_its_program(boxed: Boxed) -> None:
    boxed.write(TOOLS)
    write(boxed.place, {"mend.sh": "echo\n"})
    tool = boxed.open().tools["mend_all"]
    assert tool.tool.command == ("all",)
    assert list(tool.tool.args) == ["what"]
    assert tool.runnable.name == tool.runnable_name == "mend"
    assert tool.config.confirm == "auto"
    assert tool.program().argv[-1] == str(boxed.place / "mend.sh")
    assert not tool.installed


def failing(tool: ServedTool) -> str:
    with pytest.raises(SpecError) as raised:
        _ = tool.tool
    return raised.value.faults[0].code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[other]\n", "unknown-runnable"),
        ("[mend]\n", "unknown-command"),
        ("[mend]\nautonomy = 5\n", "field-type"),
        ("[mend\n", "toml-syntax"),
    ],
)
def test_a_tool_whose_spec_was_changed_is_an_error_of_the_spec(
    boxed: Boxed, text: str, code: str
) -> None:
    boxed.write(TOOLS)
    tool = boxed.open().tools["mend_all"]
    boxed.write(text)
    assert failing(tool) == code


def test_a_tool_whose_program_is_not_there_is_listed_and_cannot_be_started(
    boxed: Boxed,
) -> None:
    boxed.write("[no-such-program-anywhere]\n")
    tool = boxed.open().tools["no-such-program-anywhere"]
    with pytest.raises(SpecError) as raised:
        tool.program()
    assert raised.value.faults[0].code == "program-not-found"


def test_two_tools_of_one_name_are_told_with_both_places(boxed: Boxed) -> None:
    boxed.write("[a_b]\n[a.commands.b]\n")
    (fault,) = boxed.open().faults
    assert (fault.subject, fault.detail, fault.received) == ("a b", "a_b", "a_b")
    text = str(SpecError(fault))
    assert text.startswith("error[tool-name-conflict]: two tools are called")
    assert "2 | [a.commands.b]" in text
    assert "1 | [a_b]" in text


def test_a_mistyped_pattern_is_told_with_the_nearest_name(boxed: Boxed) -> None:
    boxed.write("[deploy]\n[other]\n")
    box = boxed.open(exclude=("deplyo",))
    (fault,) = box.faults
    assert (fault.severity, fault.candidates) == ("warning", ("deploy",))
    assert list(box.tools) == ["deploy", "other"]


def test_a_spec_named_twice_is_served_once(boxed: Boxed) -> None:
    boxed.write("[one]\n")
    spec = str(boxed.place / "runspec.toml")
    paths = (str(boxed.place), spec, os.path.relpath(spec))
    box = open_toolbox(Selection(paths=paths, environ={}))
    assert (list(box.tools), box.faults) == (["one"], [])


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_lists_what_json_can_say(boxed: Boxed, revision: str) -> None:
    boxed.write(
        "[a]\noutput = 'json'\n[a.output-schema]\ntype = 'object'\n"
        "default.when = 1979-05-27\ndefault.most = inf\n"
        "[a.args]\nx = {type = 'str', meta = {since = 1979-05-27, most = nan}}\n"
    )
    (tool,) = boxed.open().tools.values()
    text = json.dumps(tool.listed(REVISIONS[revision]), allow_nan=False)
    assert "1979-05-27" in text
