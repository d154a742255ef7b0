"""The agents that people use, Codex and Claude Code, before tools of every level.

A model on loopback plays the calls; what it gets is what a model would be shown.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from environments import Environment
from rigs import setup
from rigs.agents import Call, Desk, Model, model, type_code
from rigs.desk import READ_OUTPUT, tools
from rigs.people import approve

pytestmark = pytest.mark.slow

SPEC = """
[purge]
description = "Delete old files"
autonomy = "confirm"
effects = "destructive"
args = { days = { default = 30 } }

[peek]
description = "Read a letter"
autonomy = "supervised"

[ident]
description = "Print the number of an order"
autonomy = "autonomous"
output = "json"

[long]
description = "Print 60 kB"
autonomy = "autonomous"

[fails]
description = "Fail"
autonomy = "autonomous"
"""
PURGE = 'echo "$RUNSPEC_DAYS" >> "$HOME/purged"; echo "purged $RUNSPEC_DAYS"'
PEEK = 'echo >> "$HOME/peeked"; echo "it is 42"'
IDENT = """echo '{"id": 1915883588174806058}'"""
LONG = 'for ((i = 0; i < 5000; i++)); do printf "line %06d\\n" $i; done'
FAILS = 'echo "half of it"; echo "the disk is full" >&2; exit 3'
LINES = "".join(f"line {i:06}\n" for i in range(5000))
PLAY: tuple[Call, ...] = (
    ("purge", {"days": 66}),
    ("peek", {}),
    ("ident", {}),
    ("fails", {}),
    ("long", {}),
    *((READ_OUTPUT, {"uri": "{uri}", "offset": at}) for at in range(0, 60000, 10000)),
)
CODEX = [
    ("danger-full-access", "never"),
    ("danger-full-access", "on-request"),
    ("workspace-write", "never"),
]
YES_HOOK = """\
#!/bin/sh
echo "$1" >> "$HOME/hooks"
case $1 in
Elicitation) echo '{"hookSpecificOutput": {"hookEventName": "Elicitation", \
"action": "accept", "content": {}}}' ;;
*) echo '{"hookSpecificOutput": {"hookEventName": "PreToolUse", \
"permissionDecision": "allow"}}' ;;
esac
"""


class Room:
    """An agent, the tools that it has, and the person of the machine."""

    def __init__(self, rig: Path, bare: Environment, place: Path) -> None:
        self.person = bare.with_home(place / "home")
        programs = {"purge": PURGE, "peek": PEEK, "ident": IDENT, "long": LONG}
        served = tools(place / "own", SPEC, fails=FAILS, **programs)
        work = place / "work"
        work.mkdir()
        server = [str(bare.bin / "runspec"), "serve", "--path", str(served)]
        self.desk = Desk(rig, self.person.home, work, server)

    def lines(self, name: str) -> list[str]:
        """Of a file in the home directory; none where it isn't there."""
        path = self.person.home / name
        return path.read_text().splitlines() if path.exists() else []

    def check_rest(self, played: Model) -> None:
        """What runs without a person has run, and its results are whole."""
        ident, fails, long, *parts = played.results[2:]
        assert "1915883588174806058" in ident
        assert "exit status 3" in fails
        assert "the disk is full" in fails
        assert "half of it" in fails
        assert "[60000 bytes: shown are" in long
        assert "".join(map(part, parts)) == LINES

    def check_gates(self, played: Model) -> None:
        """Nothing has run or come out that a person decides about."""
        assert not self.lines("purged")
        assert len(played.results) == len(PLAY)
        assert "it is 42" not in "\n".join(played.results)


def part(result: str) -> str:
    """The bytes that one call of the reading tool gave."""
    _, _, text = result.partition("[bytes ")
    return text.partition("\n")[2]


@pytest.fixture(scope="module")
def rig() -> Path:
    return setup.rig(setup.agents)


@pytest.fixture
def room(rig: Path, bare: Environment, tmp_path: Path) -> Room:
    return Room(rig, bare, tmp_path)


@pytest.mark.parametrize(("sandbox", "approvals"), CODEX)
def test_codex_runs_what_needs_nobody_and_nothing_else(
    room: Room, sandbox: str, approvals: str
) -> None:
    with model(*PLAY) as played:
        room.desk.ask_codex(played, sandbox, approvals)
    room.check_gates(played)
    room.check_rest(played)
    if sandbox == "danger-full-access":
        assert "runspec approve" in played.results[0]
        assert "runspec approve" in played.results[1]
        assert len(room.lines("peeked")) == 1


@pytest.mark.parametrize("sandbox", ["danger-full-access", "workspace-write"])
def test_an_empty_form_of_codex_is_no_answer(room: Room, sandbox: str) -> None:
    with model(*PLAY) as played:
        asked = room.desk.show_codex(played, sandbox, "on-request", lambda _: {})
    assert any("type the code" in each for each in asked)
    room.check_gates(played)
    room.check_rest(played)


def test_a_person_who_types_the_code_in_codex_is_heard(room: Room) -> None:
    play = ("purge", {"days": 66}), ("peek", {}), ("purge", {"days": 67})
    with model(*play) as played:

        def answer(question: str) -> dict[str, Any]:
            return {} if "days  the agent  67" in question else type_code(question)

        room.desk.show_codex(played, "workspace-write", "on-request", answer)
    first, letter, second = played.results
    assert "purged 66" in first
    assert "it is 42" in letter
    assert "nothing has run yet" in second
    assert room.lines("purged") == ["66"]


def test_claude_code_runs_what_needs_nobody_and_nothing_else(room: Room) -> None:
    with model(*PLAY) as played:
        room.desk.ask_claude(played, "--allowedTools", "mcp__tools", hooks=None)
    room.check_gates(played)
    room.check_rest(played)


def test_a_hook_of_claude_code_says_yes_to_nothing(room: Room) -> None:
    hook = room.person.home / "hook.sh"
    hook.write_text(YES_HOOK)
    hook.chmod(0o755)
    hooks = {
        event: [
            {
                "matcher": "",
                "hooks": [
                    {"type": "command", "command": f"{shlex.quote(str(hook))} {event}"}
                ],
            }
        ]
        for event in ("Elicitation", "PreToolUse")
    }
    with model(*PLAY) as played:
        room.desk.ask_claude(played, hooks=hooks)
    assert room.lines("hooks").count("Elicitation") == 2
    room.check_gates(played)
    room.check_rest(played)


def test_what_a_person_approves_runs_once_in_a_later_session_of_claude_code(
    room: Room,
) -> None:
    purge = ("purge", {"days": 66})
    allowed = ("--allowedTools", "mcp__tools")
    with model(purge) as played:
        room.desk.ask_claude(played, *allowed, hooks=None)
    words = played.results[0].split()
    approve(room.person, words[words.index("approve") + 1])
    with model(purge, purge) as played:
        room.desk.ask_claude(played, *allowed, hooks=None)
    assert "purged 66" in played.results[0]
    assert "nothing has run yet" in played.results[1]
    assert room.lines("purged") == ["66"]
