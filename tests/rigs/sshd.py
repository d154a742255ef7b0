"""A real sshd on loopback with keys of its own, and what goes wrong on the way to one.

    with Sshd(folder) as sshd:
        run(["ssh", "-F", str(sshd.config), "rig", "true"])

`sshd.config` is a configuration of ssh (`-F`) that knows the server as `rig`, and as
many more names as are asked for. A login's shell is that of the tests' user, its home
`sshd.home`, whose `.bashrc` bash reads before each command.
"""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from . import debian
from .machine import require_consent

HOST = "127.0.0.1"
NAME = "rig"
PATIENCE = 300.0
CHUNK = 1 << 16
SEPARATION = Path("/run/sshd")
"""An sshd of root needs it; it is of Debian's package, and gone after a restart."""

SERVER = """\
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AuthorizedKeysFile {folder}/key.pub
MaxStartups 500
LogLevel VERBOSE
"""
CLIENT = """\
Host {names}
    HostName 127.0.0.1
    Port {port}
    IdentityFile {key}
    IdentitiesOnly yes
    UserKnownHostsFile {known}
    GlobalKnownHostsFile none
    HostKeyAlias {name}
    UpdateHostKeys no
"""


class Sshd:
    """One server; a context manager that ends it and every login it has.

    `settings` are further lines of its configuration, `variables` what a login finds
    in its environment.
    """

    def __init__(
        self,
        folder: Path,
        *settings: str,
        names: tuple[str, ...] = (NAME,),
        **variables: str,
    ) -> None:
        self.program = debian.require("sshd", "openssh-server", "openssh-client")
        debian.require("ssh", "openssh-client")
        if os.geteuid() == 0 and not SEPARATION.exists():
            require_consent()
            SEPARATION.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.folder = folder
        self.home = folder / "home"
        self.port = free_port()
        self._names = names
        self._settings = settings
        self._variables: Mapping[str, str] = {"HOME": str(self.home), **variables}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Sshd:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(exist_ok=True)
        for name in ("host_key", "key", "other_key"):
            make_key(self.folder / name)
        self.known("host_key")
        self.config = self.client(self.port)
        path = self.folder / "sshd_config"
        path.write_text(self._configuration(), "utf-8")
        with (self.folder / "sshd.log").open("wb") as log:
            self._process = subprocess.Popen(
                [self.program, "-D", "-e", "-f", str(path)],
                stdin=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._await()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        for pid in reversed(below(self._process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        self._process.kill()
        self._process.wait(PATIENCE)

    def client(self, port: int, key: str = "key", name: str = "ssh_config") -> Path:
        """A configuration of ssh that reaches the server at a port, with a key."""
        path = self.folder / name
        text = CLIENT.format(
            names=" ".join(self._names),
            port=port,
            key=self.folder / key,
            known=self.folder / "known_hosts",
            name=NAME,
        )
        path.write_text(text, "utf-8")
        return path

    def known(self, key: str) -> None:
        """Have clients take that key for the server's."""
        kind, content, *_ = (self.folder / f"{key}.pub").read_text("utf-8").split()
        (self.folder / "known_hosts").write_text(f"{NAME} {kind} {content}\n", "utf-8")

    def logins(self) -> list[int]:
        """The processes below it that aren't its own: those of commands."""
        assert self._process is not None
        return [pid for pid in below(self._process.pid) if not _is_sshd(pid)]

    def end_logins(self, word: str) -> None:
        """Kill what logins run that has this word on its command line."""
        for pid in self.logins():
            with suppress(FileNotFoundError, ProcessLookupError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if word.encode() in words:
                    os.kill(pid, 9)

    @property
    def log(self) -> str:
        return (self.folder / "sshd.log").read_text("utf-8", "replace")

    def _configuration(self) -> str:
        words = " ".join(f'"{key}={value}"' for key, value in self._variables.items())
        fixed = SERVER.format(folder=self.folder)
        lines = (f"Port {self.port}", f"SetEnv {words}", *self._settings)
        return fixed + "\n".join(lines) + "\n"

    def _await(self) -> None:
        assert self._process is not None
        deadline = monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection((HOST, self.port), 1).close()
            except ConnectionRefusedError:
                assert self._process.poll() is None, self.log
                assert monotonic() < deadline, self.log
            else:
                return


class Relay:
    """Bytes to a port and back, until it is told otherwise; a context manager.

    `freeze` is the power cut: nothing passes any more, and nobody is told.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._frozen = Event()
        self._ends = socket.socketpair()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends[1].close()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def freeze(self) -> None:
        self._frozen.set()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector, self._listener, self._ends[0]:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._ends[0], selectors.EVENT_READ)
            others: dict[socket.socket, socket.socket] = {}
            while True:
                ready = [key.fileobj for key, _ in selector.select(0.05)]
                if self._ends[0] in ready:
                    break
                if self._frozen.is_set():
                    self._ends[0].recv(1)
                    break
                for each in ready:
                    assert isinstance(each, socket.socket)
                    self._serve(each, selector, others)
            for each in others:
                each.close()

    def _serve(
        self,
        each: socket.socket,
        selector: selectors.BaseSelector,
        others: dict[socket.socket, socket.socket],
    ) -> None:
        if each is self._listener:
            near, _ = self._listener.accept()
            far = socket.create_connection((HOST, self._to))
            others |= {near: far, far: near}
            selector.register(near, selectors.EVENT_READ)
            selector.register(far, selectors.EVENT_READ)
            return
        if each not in others:
            return
        data = b""
        with suppress(OSError):
            data = each.recv(CHUNK)
        if data:
            with suppress(OSError):
                others[each].sendall(data)
            return
        for end in (each, others[each]):
            selector.unregister(end)
            del others[end]
            end.close()


@contextmanager
def silent() -> Iterator[int]:
    """The port of a host that takes connections and never says anything."""
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def make_key(path: Path) -> None:
    if not path.exists():
        words = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rig", "-f")
        subprocess.run([*words, str(path)], check=True)


def below(pid: int) -> list[int]:
    """Every process that a process has started, and those of theirs."""
    found: list[int] = []
    for each in children(pid):
        found += [each, *below(each)]
    return found


def children(pid: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
        return [int(each) for each in text.split()]
    return []


def _is_sshd(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text("utf-8").startswith("sshd")
    return True
