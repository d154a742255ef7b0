"""Podman, as it works without systemd, with a storage of its own.

A container's root is this machine's own, below an overlay that is thrown away, so that
no image has to be made or fetched.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .debian import require
from .setup import UnavailableError

IMAGE = "/:O"
"""With `--rootfs` before it."""
_CONF = """\
[containers]
netns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_STORAGE = """\
[storage]
driver = "vfs"
graphroot = "{place}/graph"
runroot = "{place}/run"
"""


class Podman:
    """Its `environ` leads podman to the storage below a folder."""

    def __init__(self, place: Path) -> None:
        self.program = require("podman", "podman", "runc")
        require("runc", "runc")
        (place / "containers.conf").write_text(_CONF, "utf-8")
        (place / "storage.conf").write_text(_STORAGE.format(place=place), "utf-8")
        self.environ = {
            "CONTAINERS_CONF": str(place / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(place / "storage.conf"),
        }
        said = self.podman("run", "--rm", "--rootfs", IMAGE, "true")
        if said.returncode:
            lines = said.stderr.strip().splitlines() or ["podman run failed"]
            raise UnavailableError(lines[-1])

    def podman(self, *words: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, **self.environ}
        argv = [self.program, *words]
        return subprocess.run(argv, env=environ, capture_output=True, text=True)

    def names(self) -> list[str]:
        """The containers there are."""
        done = self.podman("ps", "--all", "--format", "{{.Names}}")
        return done.stdout.split()

    def close(self) -> None:
        """Nothing of it is left."""
        self.podman("rm", "--all", "--force", "--time", "0")
