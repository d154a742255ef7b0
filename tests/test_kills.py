"""Programs that are recorded, logged and audited all at once, and killed anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments import Environment

pytestmark = pytest.mark.slow

ROUNDS = 240
SECRET = "correct horse/42"
SPEC = """
[config]
audit = "required"

[config.logging]
rotate = "20 KB"
keep = 1000

[job]
description = "Works a little"
autonomy = "autonomous"

[job.args]
number = { type = "int" }
key = { type = "password", env = "JOB_KEY" }
"""
DRIVER = """
import logging, os, random, signal, sys, time
import runspec
from runspec import record

chance = random.Random(7)
usual = []
for number in range(int(sys.argv[1])):
    began = time.monotonic()
    pid = os.fork()
    if not pid:
        sys.argv = ["job", "--number", str(number)]
        args = runspec.parse("job")
        for at in range(5):
            logging.getLogger("job").info("at %s with %s", at, args.key.value)
        break
    if number >= 11:  # by then it is known how long a run takes
        time.sleep(chance.uniform(0, 1.5 * sorted(usual)[5]))
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if number < 11:
        usual.append(time.monotonic() - began)
    if not status:
        os.write(1, f"whole {number}{os.linesep}".encode())
"""


def test_of_240_runs_killed_anywhere_nothing_is_lost_torn_or_leaked(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    environment = make_environment()
    (tmp_path / "runspec.toml").write_text(SPEC)
    (tmp_path / "driver.py").write_text(DRIVER)
    done = environment.run(
        "driver.py", str(ROUNDS), program="python", cwd=tmp_path, JOB_KEY=SECRET
    )
    assert done.returncode == 0, done.stderr
    marks = [line for line in done.stdout.splitlines() if line.startswith("whole ")]
    whole = [int(mark.split()[1]) for mark in marks]
    assert 20 < len(whole) < ROUNDS - 20, "the kills missed what they are for"

    runs = json.loads(environment.run("history", "-n", "0", "--format", "json").stdout)
    mine = {number(run): run["state"] for run in runs}
    assert set(mine.values()) <= {"ok", "lost"}
    assert [each for each in whole if mine.get(each) != "ok"] == []

    verified = environment.run("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    started = environment.run(
        "audit", "show", "--kind", "start", "-n", "9999", "-f", "json"
    )
    assert len(json.loads(started.stdout)) >= len(mine)

    finished = set()
    for log in (tmp_path / "logs").iterdir():
        *lines, last = log.read_bytes().split(b"\n")
        assert all(isinstance(json.loads(line), dict) for line in lines), log
        assert not last.endswith(b"}"), log
        finished |= {each["run"] for each in map(json.loads, lines) if "event" in each}
    ended = {run["run"] for run in runs if number(run) in whole}
    assert ended <= finished
    for path in (*tmp_path.rglob("*"), *environment.home.rglob("*")):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def number(run: dict[str, Any]) -> int:
    values = {each["name"]: each["value"] for each in run["values"]}
    return int(values["number"])
