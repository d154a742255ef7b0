"""Programs that log, each in a directory of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SPEC = """\
[config.logging]
{logging}

[deploy]
description = "Deploys"
autonomy = "autonomous"
output = "{output}"

[deploy.args]
target = {{ type = "str", default = "prod", description = "Where to" }}
count = {{ default = 1, description = "How many" }}
api-token = {{ type = "password", env = "API_TOKEN", required = false }}
"""
BEGIN = """\
import logging
import os
import sys
from runspec import parse
args = parse("deploy")
log = logging.getLogger("deploy.db")
"""

Fields = dict[str, Any]


class Room:
    """A package with a spec, a program in it, and a user's home."""

    def __init__(self, place: Path) -> None:
        self.package = place / "package"
        self.home = place / "home"
        self.package.mkdir()
        self.home.mkdir()
        self.declare()

    def declare(self, logging: str = "", output: str = "text") -> None:
        """The `[config.logging]` of the spec, and the output of its runnable."""
        spec = SPEC.format(logging=logging, output=output)
        (self.package / "runspec.toml").write_text(spec, "utf-8")

    def program(self, source: str, begin: str = BEGIN) -> Path:
        path = self.package / "deploy.py"
        path.write_text(begin + source, "utf-8")
        return path

    def environ(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            **more,
        }

    def run(
        self, source: str, *argv: str, begin: str = BEGIN, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program that calls parse() first, then `source`."""
        path = self.program(source, begin)
        return subprocess.run(
            [sys.executable, str(path), *argv],
            cwd=self.package,
            env=self.environ(**more),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=300,
        )

    def command(self, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`runspec logs …`, from the package's directory."""
        return subprocess.run(
            [sys.executable, "-m", "runspec", "logs", *argv],
            cwd=self.package,
            env=self.environ(TZ="UTC", **more),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
        )

    @property
    def folder(self) -> Path:
        return self.package / "logs"

    @property
    def log(self) -> Path:
        return self.folder / "deploy.log"

    @property
    def fallback(self) -> Path:
        """The log in the user's own directory."""
        (found,) = self.home.glob(".local/state/runspec/environments/*/logs/deploy.log")
        return found

    def old(self, number: int) -> Path:
        return self.folder / f"deploy.log.{number}"

    def lines(self, path: Path | None = None) -> list[Fields]:
        """Every line of a log; each must be whole."""
        text = (path or self.log).read_text("utf-8")
        assert text.endswith("\n")
        return [json.loads(line) for line in text.splitlines()]

    def records(self, path: Path | None = None) -> list[Fields]:
        """What the program logged."""
        return [line for line in self.lines(path) if "event" not in line]

    def events(self, kind: str) -> list[Fields]:
        return [line for line in self.lines() if line.get("event") == kind]

    def summary(self) -> Fields:
        last = self.lines()[-1]
        assert last["event"] == "run"
        return last
