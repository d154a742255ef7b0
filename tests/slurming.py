"""What the tests of Slurm share: a folder to launch from, on a real cluster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from environments import Environment
from launching import DIRECT, Bench, recipe, runs, until
from rigs.slurm import Slurm

TWO_NODES = f"{DIRECT}[tool.runspec.resources]\nnodes = 2\ngpus_per_node = 1\n"
ONE_NODE = f"{DIRECT}[tool.runspec.resources]\nnodes = 1\ngpus_per_node = 0\n"
HEAD = "import os, sys, time\nnode = os.environ['SLURM_PROCID']\n"
ECHO = recipe(HEAD + "print('node', node, *sys.argv[1:])\n", ONE_NODE)
NAPS = recipe(
    HEAD + "print('began', flush=True)\nwhile not os.path.exists('done'):\n"
    "    time.sleep(0.02)\nprint('went on')\nsys.exit(5)\n",
    ONE_NODE,
)
"""Goes on until the file `done` is in its working directory."""


class Cluster(Bench):
    """A bench whose profile `lab` is a cluster."""

    def __init__(self, environment: Environment, folder: Path, slurm: Slurm) -> None:
        super().__init__(environment, folder)
        self.slurm = slurm
        self.profile()

    def profile(self, **settings: object) -> None:
        """The profile `lab`, with these settings beside its executor."""
        lines = [f"{name} = {_toml(each)}" for name, each in settings.items()]
        self.write(env_toml="\n".join(("[lab]", 'executor = "slurm"', *lines)) + "\n")

    def environ(self, **variables: str) -> dict[str, str]:
        return super().environ(**{**self.slurm.environ, **variables})

    def runspec(self, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return super().runspec(*argv, **{**self.slurm.environ, **variables})

    def lab(self, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.launch("train.py", "--on", "lab", *argv, **variables)

    def handle(self) -> dict[str, Any]:
        """What was kept of the only job."""
        (folder,) = self.run_folders
        handle: dict[str, Any] = json.loads((folder / "job.json").read_text())["handle"]
        return handle

    def output(self) -> str:
        """What the only job has written so far."""
        for path in self.runs.glob("*/output"):
            return path.read_text()
        return ""

    @contextmanager
    def going(self, *argv: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """A launch whose script has begun; no job or client outlives it."""
        client = self.started("train.py", "--on", "lab", *argv, **variables)
        try:
            until(lambda: "began" in self.output() or client.poll() is not None)
            assert client.poll() is None, client.communicate()
            yield client
        finally:
            if runs(client.pid):
                client.kill()
            client.communicate()
            for folder in self.runs.glob("*/code/*"):
                (folder / "done").touch()
            until(lambda: not self.slurm.jobs())


def _toml(value: object) -> str:
    """JSON but for its objects is TOML, too."""
    if isinstance(value, dict):
        pairs = (f"{name} = {_toml(each)}" for name, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value)
