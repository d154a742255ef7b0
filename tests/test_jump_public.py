"""A jump to a host that has the public implementation, by plain MCP (JMP-15)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import environments
from environments import Environment
from rigs import jumping
from rigs.jumping import Room
from rigs.public import public
from rigs.setup import rig

PUBLIC = """
[config.jump-hosts.public]
host = "rig"
bin = "{bin}/bin/runspec"
options = ["-F", "{{config}}"]
"""


@pytest.fixture(scope="module")
def room(bare: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    there = environments.write(tmp_path_factory.mktemp("there"), {"runspec.toml": ""})
    more = PUBLIC.format(bin=rig(public))
    here = tmp_path_factory.mktemp("jump")
    with jumping.room(bare, here, there, more) as made:
        yield made


def test_its_tools_are_listed_but_for_those_that_only_a_person_runs(room: Room) -> None:
    done = room.run("public")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["report", "autonomous"],
        ["ask_deep", "confirm"],
    ]


def test_a_plain_tool_is_called_as_it_would_be_typed_there(room: Room) -> None:
    words = ("hello", "--count", "4", "--loud", "--items", "a", "--items", "b")
    done = room.run("public", "report", "--", *words)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == "hello 4 True ['a', 'b']\n"
    done = room.run("public", "report", "--", "--word", "x")
    assert done.stdout == "x 1 None None\n"


def test_a_wrong_call_is_refused_here(room: Room) -> None:
    done = room.run("public", "report", "--", "--wrong")
    assert done.returncode == 2
    assert "unknown option --wrong" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("hand",), "host-tool-manual"),
        (("ask", "deep"), "host-tool-unconfirmed"),
        (("ask_deep",), "host-tool-unconfirmed"),
        (("gone",), "host-tool-unknown"),
    ],
)
def test_what_it_does_not_enforce_is_enforced_here(
    room: Room, words: tuple[str, ...], code: str
) -> None:
    done = room.run("public", *words, RUNSPEC_AGENT="1")
    assert done.returncode == 1
    assert f'"{code}"' in done.stderr
    assert done.stdout == ""
