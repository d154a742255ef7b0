"""A recipe in a folder, and the command run on it as a person does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environments import Environment

PATIENCE = 300.0
HOSTILE = 'it\'s $(id) `id` $HOME ${x} $$1 "q" \\n a=b\tü😀 \n{{y}} %s #!'
IMAGE = "registry.example/demo:1"
RECIPE = """\
# /// script
# [tool.runspec]
# name = "demo/train"
# image = "{image}"
# [tool.runspec.run]
# launch = "{launch}"
# [tool.runspec.resources]
# nodes = {nodes}
# gpus_per_node = 0
# [tool.runspec.config]
# format = "json"
# ///
import json, os, sys

names = ("HOSTILE", "TOKEN", "MASTER_ADDR", "MASTER_PORT")
found = {{name: os.environ[name] for name in names if name in os.environ}}
config = sys.argv[sys.argv.index("--config") + 1] if "--config" in sys.argv else ""
text = open(config).read() if config else ""
said = {{"argv": sys.argv[1:], "environ": found, "config": text}}
print(json.dumps(said), flush=True)
if "wait" in sys.argv:
    import time
    time.sleep(60)
sys.exit(7 if "fail" in sys.argv else 0)
"""


class Project:
    """A recipe, its configuration and its profiles."""

    def __init__(self, place: Path, environment: Environment) -> None:
        self.place = place
        self.environment = environment
        self.runs = place.parent / f"{place.name}-runs"
        self.variables: dict[str, str] = {"RUNSPEC_RUNS_DIR": str(self.runs)}
        place.mkdir()
        self.recipe()
        (place / "config").mkdir()
        (place / "config" / "default.json").write_text('{"lr": 0.5}\n', "utf-8")

    def recipe(
        self, launch: str = "direct", nodes: int = 1, head: str = "", image: str = IMAGE
    ) -> None:
        """`head` are further lines of the block, before its tables."""
        text = RECIPE.format(launch=launch, nodes=nodes, image=image)
        text = text.replace('# image = ""\n', "")
        lines = "".join(f"# {line}\n" for line in head.splitlines())
        text = text.replace("# /// script\n", f"# /// script\n{lines}", 1)
        (self.place / "train.py").write_text(text, "utf-8")

    def profile(self, name: str, *lines: str) -> None:
        text = "\n".join((f"[{name}]", *lines, ""))
        (self.place / "env.toml").write_text(text, "utf-8")

    def path(self, *folders: Path) -> None:
        """Put folders first on PATH."""
        bins = [*map(str, folders), str(self.environment.bin), os.environ["PATH"]]
        self.variables["PATH"] = os.pathsep.join(bins)

    def launch(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.command("launch", *words, **variables)

    def command(
        self, *words: str, before: tuple[str, ...] = (), **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """`before` are words that start the command elsewhere."""
        return subprocess.run(
            [*before, str(self.environment.bin / "runspec"), *words],
            cwd=self.place,
            env=self.environ(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def start(self, *words: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """One that goes on, once its script has said something; see `interrupted`."""
        process = subprocess.Popen(
            [*before, str(self.environment.bin / "runspec"), *words],
            cwd=self.place,
            env=self.environ({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        assert process.stdout is not None
        while "argv" not in (line := process.stdout.readline()):
            assert line, process.communicate()
        return process

    def environ(self, variables: Mapping[str, str]) -> dict[str, str]:
        return self.environment.environ(**{**self.variables, **variables})

    def left(self) -> list[Path]:
        """Every file of every run directory."""
        return [path for path in self.runs.rglob("*") if path.is_file()]


def told(output: str) -> dict[str, Any]:
    """What the script says of itself, wherever that stands."""
    line = next(line for line in output.splitlines() if '{"argv"' in line)
    found: dict[str, Any] = json.loads(line[line.index("{") :])
    return found


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C; its exit status and what it said."""
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    return process.returncode, stderr


def toml(text: str) -> str:
    """A string of TOML."""
    return json.dumps(text, ensure_ascii=False)
