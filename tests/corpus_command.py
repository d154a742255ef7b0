"""Vectors that give the `runspec` command itself: `init`, `run` and any other verb."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import runspec
from corpus_room import Room, Vector
from corpus_world import Outcome, World, stdlib

CHILD = """
import json, sys
sys.prefix, sys.path, sys.argv = json.loads(sys.argv[1])
from runspec.cli import main
sys.exit(main())
"""
SOURCE = Path(runspec.__file__).parent.parent
TIMEOUT = 300


def run_init(vector: Vector, room: Room) -> None:
    """Whatever `runspec init` says, no file that was there may change."""
    act, expect = vector["init"], room.expand(vector["expect"])
    before = _contents(room)
    world = World(room, {"agent": True, **act})
    outcome = world.command({"distributions": []}, ["init", *room.tokens(act)])
    after = _contents(room)
    assert {name: after.get(name) for name in before} == before
    assert sorted(after.keys() - before.keys()) == expect["written"], outcome
    _ends(outcome, expect)


def _contents(room: Room) -> dict[str, bytes]:
    files = [path for path in room.files() if path.suffix != ".bin"]
    return {str(path.relative_to(room.path)): path.read_bytes() for path in files}


def run_run(vector: Vector, room: Room) -> None:
    """A process of its own, because the program takes the place of the command."""
    act, expect = vector["run"], room.expand(vector["expect"])
    tokens = ["run", act["runnable"], "--", *room.tokens(act)]
    outcome = typed(room, act, tokens, agent="errors" in expect)
    _ends(outcome, expect)
    assert outcome.stdout.splitlines() == expect.get("stdout", []), outcome


def run_type(vector: Vector, room: Room) -> None:
    """Any verb. A file that isn't named among what is left over stays as it was."""
    act, expect = vector["type"], room.expand(vector["expect"])
    before = _contents(room)
    outcome = typed(room, act, room.tokens(act), agent=act.get("agent", True))
    after = _contents(room)
    _ends(outcome, expect)
    said = outcome.stdout + outcome.stderr
    for words in expect.get("contains", ()):
        assert words in said, outcome
    for words in expect.get("lacks", ()):
        assert words not in said, outcome
    if "json" in expect:
        assert holds(json.loads(outcome.stdout), expect["json"]), outcome
    for name, lines in expect.get("files", {}).items():
        assert after.pop(name).decode() == "".join(line + "\n" for line in lines)
        before.pop(name, None)
    if "files" in expect:
        assert after == before


def holds(found: object, wanted: object) -> bool:
    """Whether all of `wanted` is in `found`; a list has just the items wanted."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            name in found and holds(found[name], each) for name, each in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(map(holds, found, wanted))
        )
    return type(found) is type(wanted) and found == wanted


def command_line(room: Room, act: Vector, tokens: list[str]) -> list[str]:
    """What starts `runspec` with `tokens` in the environment of an action."""
    world = World(room, act)
    prefix = room.path / ("env" if "distributions" in act else "prefix")
    paths = ["", str(world.site), *stdlib(), str(SOURCE)]
    given = json.dumps([str(prefix), paths, ["runspec", *tokens]])
    return [sys.executable, "-c", CHILD, given]


def typed(room: Room, act: Vector, tokens: list[str], *, agent: bool) -> Outcome:
    world = World(room, {"agent": agent, **act})
    world.lay_out(act)
    done = subprocess.run(
        command_line(room, act, tokens),
        env={**world.environment(), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=room.path / act.get("cwd", "."),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
        start_new_session=True,
    )
    outcome = Outcome()
    outcome.exit = done.returncode
    outcome.stdout, outcome.stderr = done.stdout, done.stderr
    return outcome


def _ends(outcome: Outcome, expect: Vector) -> None:
    assert outcome.exit == expect["exit"], outcome
    assert "Traceback" not in outcome.stderr, outcome
    codes = [each["code"] for each in expect.get("errors", ())]
    told = json.loads(outcome.stderr)["error"]["problems"] if codes else []
    assert sorted(each["code"] for each in told) == sorted(codes), outcome
