"""A Ray cluster of one node, in a network namespace of its own.

Ray binds to the network card's address, so it gets a network that has none: clients go
in there, too (`before`).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

from rigs.machine import private_folder
from rigs.setup import UnavailableError

PATIENCE = 300.0
ADDRESS = "http://127.0.0.1:8265"
ANSWERS = (f"{ADDRESS}/api/jobs/", "http://127.0.0.1:52365/api/local_raylet_healthz")
"""What has to answer before a job is taken: the head and the agent of its node."""
START = """\
ip link set lo up || exit 9
"$0" start --head --temp-dir="$1" --dashboard-host=127.0.0.1 --num-cpus=2 \\
    --disable-usage-stats --include-dashboard=true >"$1/log" 2>&1 || exit 8
exec sleep infinity
"""
READY = """\
import sys, time, urllib.request
end = time.monotonic() + 280
while time.monotonic() < end:
    try:
        for url in sys.argv[1:]:
            urllib.request.urlopen(url, timeout=5).read()
        sys.exit(0)
    except OSError:
        time.sleep(0.1)
sys.exit(1)
"""


class Ray:
    """`before` are words that run a command where the cluster can be reached."""

    def __init__(self, tools: Path, place: Path) -> None:
        self.place = place
        self.bin = tools / "bin"
        self._first = subprocess.Popen(
            [
                "unshare",
                "--net",
                "bash",
                "-c",
                START,
                str(self.bin / "ray"),
                str(place),
            ],
            env={**os.environ, "RAY_DISABLE_IMPORT_WARNING": "1", "PATH": self._path()},
        )
        self.before = ("nsenter", "--target", str(self._first.pid), "--net", "--")

    def _path(self) -> str:
        return f"{self.bin}:{os.environ['PATH']}"

    def wait(self) -> None:
        """Until it answers. Raises UnavailableError."""
        own = os.readlink("/proc/self/ns/net")
        end = monotonic() + PATIENCE
        while self._network() in (own, "") and monotonic() < end:
            if self._first.poll() is not None:
                raise UnavailableError("there is no network namespace to be had")
            Event().wait(0.01)
        python = str(self.bin / "python")
        ready = subprocess.Popen([*self.before, python, "-c", READY, *ANSWERS])
        while ready.poll() is None and self._first.poll() is None:
            Event().wait(0.01)
        ready.kill()
        if ready.wait():
            raise UnavailableError(f"Ray didn't start: {self._said()}")

    def _network(self) -> str:
        try:
            return os.readlink(f"/proc/{self._first.pid}/ns/net")
        except OSError:
            return ""

    def _said(self) -> str:
        path = self.place / "log"
        lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
        return (lines or ["nothing was said"])[-1]

    def close(self) -> None:
        """Everything in its network is its own, and ends by its process id."""
        network = self._network()
        own = os.readlink("/proc/self/ns/net")
        for name in os.listdir("/proc") if network not in (own, "") else ():
            if name.isdigit() and int(name) != self._first.pid:
                try:
                    if os.readlink(f"/proc/{name}/ns/net") == network:
                        os.kill(int(name), signal.SIGKILL)
                except OSError:
                    continue
        self._first.kill()
        self._first.wait()
        shutil.rmtree(self.place, ignore_errors=True)


@contextmanager
def running(tools: Path) -> Iterator[Ray]:
    """A cluster; its paths are short, because it has sockets in them."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        raise UnavailableError("a network namespace needs root, unshare and ip")
    ray = Ray(tools, private_folder("ray"))
    try:
        ray.wait()
        yield ray
    finally:
        ray.close()
