"""A call in a process of its own whose streams are one terminal."""

from __future__ import annotations

import json
import os
import sys

import pexpect

from corpus_room import Vector
from corpus_world import Outcome, World

CHILD = """
import json, os, sys
name, argv, path, answer = json.loads(sys.argv[1])
sys.argv, sys.prefix = ["program"], os.environ["ROOM"] + "/prefix"
result = {"exit": None}
import runspec
try:
    args = runspec.parse(name, argv, path)
except SystemExit as end:
    result["exit"] = end.code
    faults = getattr(end.__context__, "faults", ())
    result["problems"] = [
        {"code": f.code, "argument": f.subject, "suggestion": f.candidates}
        for f in faults
    ]
else:
    result["values"] = {n: [args.get(n).value, args.get(n).source] for n in args}
with open(answer, "w") as file:
    json.dump(result, file)
"""


class Answer:
    """Values of a call that another process made."""

    def __init__(self, value: object, source: str) -> None:
        self.value = value
        self.source = source


def in_terminal(world: World, call: Vector) -> Outcome:
    """The call in a process of its own whose streams are one terminal."""
    terminal = call["terminal"]
    columns = terminal["columns"] if isinstance(terminal, dict) else 80
    room = world.room
    answer = room.path / "answer.json"
    given = [
        call["runnable"],
        room.tokens(call),
        str(room.path / "runspec.toml"),
        str(answer),
    ]
    environment = {
        "TERM": "xterm",
        **world.environment(),
        "ROOM": str(room.path),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    child = pexpect.spawn(
        sys.executable,
        ["-c", CHILD, json.dumps(given)],
        env=environment,
        cwd=str(room.path),
        dimensions=(24, columns),
        encoding="utf-8",
        timeout=300,
    )
    seen = ""
    for secret in call.get("answers", ()):
        child.expect(":")
        seen += child.before
        child.waitnoecho()
        child.sendline(secret)
    child.expect(pexpect.EOF)
    seen += child.before
    child.close()
    outcome = Outcome()
    found = json.loads(answer.read_text("utf-8"))
    outcome.merged = True
    outcome.exit = found["exit"]
    outcome.stdout = outcome.stderr = seen.replace("\r\n", "\n")
    outcome.problems = found.get("problems")
    outcome.args = {n: Answer(*pair) for n, pair in found.get("values", {}).items()}
    for name in list(outcome.args):
        outcome.args[name.replace("_", "-")] = outcome.args[name]
    return outcome
