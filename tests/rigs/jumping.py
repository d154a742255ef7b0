"""A host to jump to: a real sshd whose `runspec` serves the tools of a folder."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from environments import Environment
from rigs.desk import Client
from rigs.servers import Message
from rigs.setup import rig
from rigs.sshd import Sshd

PATIENCE = 300.0
CAPABILITY = "io.runspec/stream"
HOSTS = """\
[config.jump-hosts.rig]
bin = "{bin}"
options = ["-F", "{config}"]
groups = ["web"]

[config.jump-hosts.behind]
host = "rig"
bin = "{bin}"
proxy = "door"
options = ["-F", "{config}"]

[config.jump-hosts.wrong-key]
host = "rig"
options = ["-F", "{folder}/wrong"]

[config.jump-hosts.unknown-key]
host = "rig"
options = ["-F", "{config}", "-o", "ControlPath=none"]

[config.jump-hosts.no-runspec]
host = "rig"
bin = "/nowhere/runspec"
options = ["-F", "{config}"]

[config.jump-hosts.stuck]
host = "rig"
bin = "{stuck}"
options = ["-F", "{config}"]

[config.jump-hosts.silent]
host = "rig"
options = ["-F", "{folder}/silent", "-o", "ConnectTimeout=1"]

[config.jump-hosts.dying]
host = "rig"
bin = "{bin}"
options = [
    "-F", "{folder}/relay",
    "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2",
]
"""


class Room:
    """The near side: an environment, a folder with aliases, and the sshd."""

    def __init__(
        self, environment: Environment, here: Path, folder: Path, sshd: Sshd
    ) -> None:
        self.environment = environment
        self.here = here
        self.folder = folder
        self.sshd = sshd
        self.variables: dict[str, str] = {}
        self.serving = here / "serving"

    def argv(self, *words: str) -> list[str]:
        return [str(self.environment.bin / "runspec"), "jump", *words]

    def place(self, **variables: str) -> dict[str, Any]:
        """Where and with what a command is run."""
        environ = self.environment.environ(**self.variables, **variables)
        return {"cwd": self.here, "env": environ}

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words),
            **self.place(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
            start_new_session=True,
            check=False,
        )

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """One that still runs; it is killed at the end."""
        with subprocess.Popen(
            self.argv(*words),
            **self.place(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def terminal(self, *words: str) -> Iterator[Terminal]:
        """One in a terminal of its own."""
        pid, descriptor = pty.fork()
        if pid == 0:
            place = self.place(TERM="dumb")
            os.chdir(place["cwd"])
            argv = self.argv(*words)
            os.execve(argv[0], argv, place["env"])
        terminal = Terminal(pid, descriptor)
        try:
            yield terminal
        finally:
            terminal.close()


READING = 1.7
"""Seconds; whoever answers sooner hasn't read the question."""


class Terminal:
    """A person at a terminal; `text` is all that was shown."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self._pid = pid
        self._descriptor = descriptor
        self._read = 0
        self._status: int | None = None
        self.text = ""

    def wait(self, words: str) -> None:
        """Until these words are shown, behind what was waited for before."""
        deadline = monotonic() + PATIENCE
        while words not in self.text[self._read :]:
            assert self._more(deadline), self.text
        self._read = self.text.index(words, self._read) + len(words)

    def line(self) -> str:
        """The next line that isn't empty."""
        while True:
            begin = self._read
            self.wait("\n")
            if found := self.text[begin : self._read].strip():
                return found

    @property
    def is_stopped(self) -> bool:
        """Whether Ctrl-Z, or the like, has stopped it."""
        stat = Path(f"/proc/{self._pid}/stat").read_text("utf-8")
        return stat.rpartition(")")[2].split()[0] == "T"

    def resume(self) -> None:
        os.kill(self._pid, signal.SIGCONT)

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def type_code(self) -> None:
        """Read a question as long as a person does, then type the code in it."""
        found = re.findall(r"type the code\s+(\w+)", self.text)
        deadline = monotonic() + READING
        while (left := deadline - monotonic()) > 0:
            select.select([], [], [], left)
        self.type(f"{found[-1]}\n")

    def ended(self) -> int:
        """The exit status, once it has ended."""
        deadline = monotonic() + PATIENCE
        while self._more(deadline):
            pass
        _, status = os.waitpid(self._pid, 0)
        self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def close(self) -> None:
        if self._status is None:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
        os.close(self._descriptor)

    def _more(self, deadline: float) -> bool:
        patience = max(0.0, deadline - monotonic())
        ready, _, _ = select.select([self._descriptor], [], [], patience)
        assert ready, self.text
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)


@contextmanager
def room(
    environment: Environment,
    here: Path,
    folder: Path,
    more: str = "",
) -> Iterator[Room]:
    """A host that serves the tools of `folder`, and aliases in `here`.

    `more` are further aliases; they may have `{config}`.
    """
    bin_ = _program(
        here / "bin", f'exec {environment.bin}/runspec "$@" --path {folder}'
    )
    stuck = _program(here / "stuck", "exec cat > /dev/null")
    names = ("rig", "door")
    settings = ("MaxSessions 400", f"Banner {_banner(here)}")
    with (
        tempfile.TemporaryDirectory(prefix="j") as runtime,
        rig(lambda: Sshd(here / "sshd", *settings, names=names)) as sshd,
    ):
        sshd.client(sshd.port, key="other_key", name="wrong")
        words = {"bin": bin_, "stuck": stuck, "config": sshd.config}
        text = (HOSTS + more).format(**words, folder=sshd.folder)
        (here / "runspec.toml").write_text(text, "utf-8")
        made = Room(environment, here, folder, sshd)
        made.serving.mkdir()
        made.variables["XDG_RUNTIME_DIR"] = runtime
        yield made


def _program(folder: Path, line: str) -> Path:
    folder.mkdir()
    path = folder / "runspec"
    path.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
    path.chmod(0o755)
    return path


def _banner(here: Path) -> Path:
    path = here / "banner"
    path.write_text("Authorized use only\n", "utf-8")
    return path


def extension(alive: float | None = None) -> Message:
    """The capabilities of a client that streams."""
    says: Message = {"version": 1}
    if alive is not None:
        says["alive"] = alive
    return {"experimental": {CAPABILITY: says}}


def written(client: Client) -> str:
    """The next line that a streamed call writes."""
    text = ""
    while not text.endswith("\n"):
        message = client.next()
        if message.get("method") == "runspec/output":
            text += b64decode(message["params"]["data"]).decode()
    return text.rstrip("\n")


def gone(*pids: int) -> None:
    """Wait until none of these runs any more."""
    until(lambda: not any(_runs(pid) for pid in pids))


def until(true: Any) -> None:
    deadline = monotonic() + PATIENCE
    while not true():
        assert monotonic() < deadline
        sleep(0.01)


def _runs(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    return False


def one(sshd: Sshd, name: str) -> int:
    """The process of that name that a login has started."""
    found: list[int] = []

    def there() -> bool:
        found[:] = [pid for pid in sshd.logins() if _name(pid) == name]
        return bool(found)

    until(there)
    return found[0]


def _name(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    return ""


def settled(pid: int) -> int:
    """The bytes that a process has written once it writes no more."""
    seen: list[int] = []

    def still() -> bool:
        sleep(0.05)
        seen.append(_wrote(pid))
        return len(seen) > 10 and len(set(seen[-10:])) == 1

    until(still)
    return seen[-1]


def _wrote(pid: int) -> int:
    for line in Path(f"/proc/{pid}/io").read_text("ascii").splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    return 0


def peak(pid: int) -> int:
    """The most memory that a process has had, in kilobytes."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def seen(secret: str) -> set[int]:
    """The processes whose command line or environment has it."""
    found = set()
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            for name in ("cmdline", "environ"):
                with suppress(OSError):
                    if secret.encode() in (place / name).read_bytes():
                        found.add(int(place.name))
    return found
