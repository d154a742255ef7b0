"""One call of a published program: its surroundings, and what came of it.

Nothing leaves this machine and nothing on it changes: the programs find no others in
`PATH` but ones that note that they were started, and all HTTP goes to a stub on the
loopback address.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from .stub import Stub

LIMIT = 60
"""Seconds that only a hang reaches."""
SERVICES = ("JIRA", "CONFLUENCE", "GITLAB", "GRAFANA", "PROMETHEUS", "SNOW", "JSM")
FAKES = (
    *("systemctl", "ss", "ip", "ps", "df", "lsblk", "apt", "apt-get", "apt-mark"),
    *("dpkg", "dpkg-query", "docker", "podman", "sudo", "crontab", "last", "lastlog"),
    *("ping", "traceroute", "dig", "nslookup", "nc", "ncat", "openssl", "curl"),
    *("tshark", "claude", "hostname", "id", "resolvectl", "sysctl", "netstat"),
    *("powershell", "who", "journalctl", "uptime", "free", "lsof", "shutdown"),
)
FAKE = """\
#!/bin/sh
echo "${0##*/} $*" >> "%s"
"""
FILES = {
    "in/note.txt": "first line\nsecond line ERROR abc\n",
    "in/data.json": '{"a": "b"}\n',
    "in/sub/other.txt": "abc\n",
}


class Room:
    """Where one worker makes its calls; each finds the same."""

    def __init__(self, number: int) -> None:
        base = tempfile.mkdtemp(prefix=f"runspec-{number}-")
        self.path = Path(base)
        self.stub = Stub()
        self._started = self.path / "started"
        self._fakes()

    def __enter__(self) -> Room:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stub.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def _fakes(self) -> None:
        folder = self.path / "fakes"
        folder.mkdir()
        for name in FAKES:
            program = folder / name
            program.write_text(FAKE % self._started, "utf-8")
            program.chmod(0o755)

    def lay_out(self) -> None:
        """The same files before every call, of the user who makes it."""
        work = self.path / "work"
        shutil.rmtree(work, ignore_errors=True)
        for name, text in FILES.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text, "utf-8")
        (work / "home").mkdir()
        (work / "env").write_text(self._settings(), "utf-8")
        (work / "env").chmod(0o600)
        self._started.write_text("", "utf-8")

    def _settings(self) -> str:
        lines = []
        for name in SERVICES:
            lines.append(f"{name}_URL={self.url}/{name.lower()}")
            lines += [f"{name}_USERNAME=ann", f"{name}_TOKEN=not-a-secret-7"]
        return "\n".join([*lines, ""])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.stub.port}"

    def environment(self) -> dict[str, str]:
        work = str(self.path / "work")
        return {
            "PATH": str(self.path / "fakes"),
            "HOME": f"{work}/home",
            "LANG": "C.UTF-8",
            "COLUMNS": "80",
            "RUNSPEC_ENV_FILE": f"{work}/env",
            "http_proxy": self.url,
            "https_proxy": self.url,
            "no_proxy": "127.0.0.1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def expand(self, text: str) -> str:
        return text.replace("{dir}", str(self.path / "work")).replace(
            "{stub}", self.url
        )

    def plain(self, text: str) -> str:
        """Without what differs from one room to another."""
        text = text.replace(str(self.path / "work"), "{dir}").replace(
            self.url, "{stub}"
        )
        return text.replace(str(self.stub.port), "{port}")

    def take_started(self) -> list[str]:
        return self.plain(self._started.read_text("utf-8", "replace")).splitlines()


class Programs:
    """Those of one environment; `env` is over what each room has."""

    def __init__(self, environment: Path, room: Room, env: Mapping[str, str]) -> None:
        self._bin = environment / "bin"
        self._room = room
        self._env = env
        self._server = subprocess.Popen(
            [str(self._bin / "python"), str(Path(__file__).parent / "forkserver.py")],
            env=room.environment() | dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._server.communicate()

    def outcome_of(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """What a call came to; its texts hold for every room."""
        room = self._room
        room.lay_out()
        name, *rest = map(room.expand, call["argv"])
        out, err = room.path / "out", room.path / "err"
        asked = {
            "argv": [str(self._bin / name), *rest],
            "env": room.environment() | dict(self._env),
            "cwd": str(room.path / "work"),
            "limit": LIMIT,
            "out": str(out),
            "err": str(err),
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        status = int(self._server.stdout.readline())
        return {
            "status": status,
            "stdout": room.plain(out.read_text("utf-8", "replace")),
            "stderr": room.plain(err.read_text("utf-8", "replace")),
            "requests": [list(map(room.plain, each)) for each in room.stub.take()],
            "started": room.take_started(),
        }
