"""What the tests of `runspec launch` share: recipes, calls, and waiting for events."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from environments import Environment, write

LIMIT = 300.0
"""Seconds until what is waited for counts as not coming."""
DIRECT = "[tool.runspec.run]\nlaunch = 'direct'\n"
PAUSE = 0.01


def recipe(body: str, block: str = DIRECT, *, above: str = "") -> str:
    """A script with a block; `above` stands before `[tool.runspec]`."""
    lines = f"{above}[tool.runspec]\n{block}".splitlines()
    head = "\n".join(f"# {line}".rstrip() for line in lines)
    return f"# /// script\n{head}\n# ///\n{body}"


class Bench:
    """A folder with recipes, and what is launched from it by one user."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self.environment = environment
        self.folder = folder
        self.runs = folder / "runs"
        self.work = folder / "work"
        self.work.mkdir()

    def write(self, **files: str) -> None:
        """`train_py` is train.py."""
        names = {
            name.replace("__", "/").replace("_", "."): each
            for name, each in files.items()
        }
        write(self.work, names)

    def environ(self, **variables: str) -> dict[str, str]:
        return self.environment.environ(**self._own(), **variables)

    def _own(self) -> dict[str, str]:
        state = str(self.folder / "state")
        return {"RUNSPEC_RUNS_DIR": str(self.runs), "XDG_STATE_HOME": state}

    def runspec(self, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.environment.run(*argv, cwd=self.work, **self._own(), **variables)

    def launch(self, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.runspec("launch", *argv, **variables)

    def started(self, *argv: str, **variables: str) -> subprocess.Popen[bytes]:
        """A launch that goes on beside the test."""
        program = str(self.environment.bin / "runspec")
        return subprocess.Popen(
            [program, "launch", *argv],
            cwd=self.work,
            env=self.environ(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def detached(self, *argv: str, **variables: str) -> str:
        """The id of a launch that goes on by itself."""
        done = self.launch("--detach", *argv, **variables)
        assert done.returncode == 0, done
        return done.stdout.strip()

    def faults(self, *argv: str, **variables: str) -> list[dict[str, Any]]:
        """What a launch is refused for."""
        done = self.launch(*argv, RUNSPEC_AGENT="1", **variables)
        assert done.returncode, done
        problems: list[dict[str, Any]] = json.loads(done.stderr)["error"]["problems"]
        return problems

    def codes(self, *argv: str, **variables: str) -> list[str]:
        return [each["code"] for each in self.faults(*argv, **variables)]

    @property
    def run_folders(self) -> list[Path]:
        return sorted(self.runs.iterdir()) if self.runs.exists() else []


def until(true: Callable[[], object]) -> None:
    """Wait for what another process does; fails when it doesn't."""
    deadline = monotonic() + LIMIT
    while not true():
        assert monotonic() < deadline
        sleep(PAUSE)


def runs(pid: int) -> bool:
    """Whether a process is there and hasn't ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def number_in(path: Path) -> int:
    """What a script writes into a file, once it has."""
    until(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


def kill_left(*pids: int) -> None:
    """Processes that a failed test would leave behind."""
    for pid in pids:
        if runs(pid):
            os.kill(pid, 9)
