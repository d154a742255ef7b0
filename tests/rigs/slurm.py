"""A Slurm of two nodes on this machine, with GPUs that are names only.

Everything is in one private directory; the daemons listen on free ports of loopback and
end by their process ids. Only root can run it.

`python -m rigs.slurm COMMAND…` runs a command with one, and ends as it does.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from rigs import debian
from rigs.machine import private_folder
from rigs.setup import UnavailableError, running

PATIENCE = 300.0
"""Seconds until what is waited for counts as not coming."""
PACKAGES = ("slurm-wlm", "munge")
NODES = ("n1", "n2")
GPUS = 2
_CONF = """\
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={place}/munge/sock,cred_expire=5
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool-%n
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd-%n.pid
SlurmctldLogFile={place}/slurmctld.log
SlurmdLogFile={place}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={place}/jobcomp.log
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
MessageTimeout=2
KillWait=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} {node}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} {node}
PartitionName=batch Nodes=ALL Default=YES State=UP OverSubscribe=FORCE:4
PartitionName=debug Nodes=n1 State=UP OverSubscribe=FORCE:4
"""
_NODE = "CPUs=2 RealMemory=4000 Gres=gpu:2"


class Slurm:
    """A running cluster. `conf` is what SLURM_CONF names."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.conf = place / "slurm.conf"
        self._pids: dict[str, int] = {}

    @property
    def environ(self) -> dict[str, str]:
        return {"SLURM_CONF": str(self.conf)}

    def command(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """One of Slurm's own commands."""
        environ = {**os.environ, **self.environ}
        return subprocess.run(
            argv, env=environ, capture_output=True, text=True, timeout=PATIENCE
        )

    def jobs(self) -> list[str]:
        """The ids of jobs that wait or run."""
        return self.command("squeue", "-h", "-o", "%i").stdout.split()

    def has_nodes(self) -> bool:
        said = self.command("sinfo", "-h", "-N", "-p", "batch", "-o", "%t").stdout
        return said.split() == ["idle"] * len(NODES)

    def start(self) -> None:
        self._munge()
        self.start_controller()
        for node in NODES:
            self._daemon(f"slurmd-{node}", "slurmd", "-N", node)
        until(self.has_nodes, "the nodes are idle")

    def start_controller(self) -> None:
        self._daemon("slurmctld", "slurmctld")
        until(lambda: not self.command("scontrol", "ping").returncode, "it answers")

    def stop_controller(self) -> None:
        """What a user sees as a cluster that went away; its jobs run on."""
        self._end("slurmctld")

    def suspend(self, name: str) -> None:
        """A daemon that takes connections and never answers."""
        os.kill(self._pids[name], signal.SIGSTOP)

    def resume(self, name: str) -> None:
        os.kill(self._pids[name], signal.SIGCONT)

    def stop(self) -> None:
        """End its jobs, then itself. Of one that never came up, what did."""
        self._pids = {name: pid for name, pid in self._pids.items() if _lives(pid)}
        for pid in self._pids.values():
            os.kill(pid, signal.SIGCONT)
        if "slurmctld" not in self._pids and f"slurmd-{NODES[-1]}" in self._pids:
            self.start_controller()
        if "slurmctld" in self._pids and (jobs := self.jobs()):
            self.command("scancel", "--full", "--signal=KILL", *jobs)
            self.command("scancel", *jobs)
            until(lambda: not self.jobs(), "its jobs have ended")
        until(lambda: not self._steps(), "nothing of its jobs is left")
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)
        self._pids.clear()

    def _steps(self) -> list[Path]:
        """The sockets of what slurmd started (slurmstepd), one for each step."""
        return [path for path in self.place.glob("spool-*/n[12]_*") if path.is_socket()]

    def _munge(self) -> None:
        folder = self.place / "munge"
        folder.mkdir(mode=0o755)
        key = folder / "key"
        key.write_bytes(os.urandom(64))
        key.chmod(0o400)
        names = {"socket": "sock", "pid-file": "pid", "log-file": "log"}
        files = [f"--{option}={folder / name}" for option, name in names.items()]
        munged = debian.require("munged", *PACKAGES)
        seed = f"--seed-file={folder / 'seed'}"
        _run(munged, "--force", f"--key-file={key}", seed, *files)
        self._pids["munged"] = _pid(folder / "pid")

    def _daemon(self, name: str, program: str, *options: str) -> None:
        path = debian.require(program, *PACKAGES)
        _run(path, "-f", str(self.conf), *options)
        self._pids[name] = _pid(self.place / f"{name}.pid")

    def _end(self, name: str) -> None:
        pid = self._pids.pop(name)
        os.kill(pid, signal.SIGTERM)
        until(lambda: not _lives(pid), f"{name} ends")


@contextmanager
def slurm() -> Iterator[Slurm]:
    """A cluster of this process alone. Raises UnavailableError."""
    if os.geteuid() != 0:
        raise UnavailableError("only root can run Slurm's daemons")
    debian.require("slurmctld", *PACKAGES)
    place = private_folder("slurm")
    place.chmod(0o755)  # munged refuses a socket behind a closed directory
    cluster = Slurm(place)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        _configure(place)
        stack.callback(cluster.stop)
        cluster.start()
        yield cluster


def _configure(place: Path) -> None:
    for name in ("state", "dev", *(f"spool-{node}" for node in NODES)):
        (place / name).mkdir()
    for number in range(GPUS):
        os.mknod(place / "dev" / f"gpu{number}", 0o20666, os.makedev(1, 3))
    controller, first, second = _free_ports(3)
    text = _CONF.format(
        host=socket.gethostname(),
        place=place,
        controller=controller,
        n1=first,
        n2=second,
        node=_NODE,
    )
    (place / "slurm.conf").write_text(text, "utf-8")
    names = f"NodeName=n[1-2] Name=gpu File={place}/dev/gpu[0-{GPUS - 1}]\n"
    (place / "gres.conf").write_text(names, "utf-8")


def _free_ports(count: int) -> Sequence[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def until(holds: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait for something that nothing tells of. Raises TimeoutError."""
    deadline, pause = monotonic() + patience, Event()
    while not holds():
        if monotonic() > deadline:
            raise TimeoutError(what)
        pause.wait(0.02)


def _pid(path: Path) -> int:
    until(lambda: path.exists() and path.read_text().strip(), f"{path.name} is written")
    return int(path.read_text())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _run(*argv: str) -> None:
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["failed"]
        raise UnavailableError(f"{argv[0]}: {lines[-1]}")


@pytest.fixture(scope="session")
def slurm_cluster() -> Iterator[Slurm]:
    """Two nodes, until the session ends."""
    with running(slurm()) as cluster:
        yield cluster


def main() -> int:
    with slurm() as cluster:
        environ = {**os.environ, **cluster.environ}
        return subprocess.call(sys.argv[1:], env=environ)


if __name__ == "__main__":
    sys.exit(main())
