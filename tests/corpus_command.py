"""Vectors that give the `runspec` command itself: `init` and `run`."""

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
TIMEOUT = 20


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
    files = room.files()
    return {str(path.relative_to(room.path)): path.read_bytes() for path in files}


def run_run(vector: Vector, room: Room) -> None:
    """A process of its own, because the program takes the place of the command."""
    act, expect = vector["run"], room.expand(vector["expect"])
    world = World(room, {"agent": "errors" in expect, **act})
    world.lay_out(act)
    prefix = room.path / ("env" if "distributions" in act else "prefix")
    paths = ["", str(world.site), *stdlib(), str(SOURCE)]
    argv = ["runspec", "run", act["runnable"], "--", *room.tokens(act)]
    given = json.dumps([str(prefix), paths, argv])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, given],
        env={**world.environment(), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=room.path / act.get("cwd", "."),
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )
    outcome = Outcome()
    outcome.exit = done.returncode
    outcome.stdout, outcome.stderr = done.stdout, done.stderr
    _ends(outcome, expect)
    assert outcome.stdout.splitlines() == expect.get("stdout", []), outcome


def _ends(outcome: Outcome, expect: Vector) -> None:
    assert outcome.exit == expect["exit"], outcome
    assert "Traceback" not in outcome.stderr, outcome
    codes = [each["code"] for each in expect.get("errors", ())]
    told = json.loads(outcome.stderr)["error"]["problems"] if codes else []
    assert sorted(each["code"] for each in told) == sorted(codes), outcome
