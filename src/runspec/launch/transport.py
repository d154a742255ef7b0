"""Running commands and putting files where a place's programs are: here or over ssh.

What a login says by itself (a banner, what its rc files print) is no part of a
command's output, because that stands between two marks which nobody can know.
"""

from __future__ import annotations

import os

from ..errors import Fault
from .executor import Silent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO, Protocol

    from ..remote.ssh import Target

    class Transport(Protocol):
        """Where commands run. `run` raises Silent where the place doesn't answer."""

        where: str

        def run(
            self,
            argv: Sequence[str],
            stdin: bytes | IO[bytes] = b"",
            patience: float | None = None,
        ) -> Done:
            """Run a command to its end, without a shell of its own."""


SILENT = "place-silent"
NOT_FOUND = 127
PATIENCE = 60.0
"""Seconds for a command; uploads have as long as they need."""
OF_SLURM = ("SLURM_", "SBATCH_", "PMI")
WHERE_AND_WHO = ("SLURM_CONF", "SLURM_CLUSTERS", "SLURM_JWT")
MOST = 1 << 20
"""Bytes of a file that are read at once."""
PUT = 'umask 077; mkdir -p -- "$1" && exec tar -xf - -C "$1"'
READ = 'exec tail -c "+$2" -- "$1" | head -c "$3"'
PLAIN, LOGIN = "-c", "-lc"
MARKED = (
    'printf %s "$0" && printf %s "$0" >&2; "$@"; code=$?; printf "%s%d\\n" "$0" "$code"'
)
"""Runs its words between marks; in one line, for any login shell to pass on."""


class Done:
    """A command that has ended: its exit status, and what it wrote."""

    __slots__ = ("err", "out", "status")

    def __init__(self, status: int, out: bytes, err: bytes) -> None:
        self.status = status
        self.out = out
        self.err = err

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "replace")

    @property
    def said(self) -> str:
        """What it complained of, on one line."""
        lines = (self.err or self.out).decode("utf-8", "replace").split("\n")
        kept = [" ".join(line.split()) for line in lines]
        return "; ".join(line for line in kept if line)


class Here:
    """This machine. `hidden` are variables that no command gets, nor a call's own."""

    where = ""

    def __init__(self, hidden: frozenset[str] = frozenset()) -> None:
        from ..run.environment import without_call

        self._environ = {
            name: value
            for name, value in without_call(os.environ).items()
            if name not in hidden and not _of_slurm(name)
        }

    def run(
        self,
        argv: Sequence[str],
        stdin: bytes | IO[bytes] = b"",
        patience: float | None = PATIENCE,
    ) -> Done:
        status, out, err = _run(argv, stdin, patience, self._environ)
        if status is None:
            why = f"{argv[0]} didn't end within {patience or 0:g} s"
            raise Silent(Fault(SILENT, "this machine", detail=why))
        return Done(status, out, err)


class Ssh:
    """Another machine, by the system's ssh, over one connection for all commands.

    A command that isn't found is looked for once more as a login has it, since that is
    where clusters set their PATH.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._shell = PLAIN
        self.where = target.name

    def run(
        self,
        argv: Sequence[str],
        stdin: bytes | IO[bytes] = b"",
        patience: float | None = PATIENCE,
    ) -> Done:
        done = self._once(argv, stdin, patience)
        if done.status != NOT_FOUND or self._shell == LOGIN:
            return done
        self._shell = LOGIN
        if not isinstance(stdin, bytes):
            stdin.seek(0)
        return self._once(argv, stdin, patience)

    def _once(
        self, argv: Sequence[str], stdin: bytes | IO[bytes], patience: float | None
    ) -> Done:
        from ..remote.ssh import failure, ssh_argv

        mark = f"runspec-{os.urandom(16).hex()}:"
        words = ("sh", self._shell, MARKED, mark, *argv)
        line = ssh_argv(self._target, words, shared=True)
        status, out, err = _run(line, stdin, patience, os.environ)
        if status is None:
            why = f"no answer within {patience or 0:g} s"
            raise Silent(Fault(SILENT, self.where, detail=why))
        done = between(mark.encode(), out, err)
        if done is None:
            raise Silent(failure(self._target, status, err.replace(mark.encode(), b"")))
        return done


def between(mark: bytes, out: bytes, err: bytes) -> Done | None:
    """What a command wrote between its marks; None where it was cut off."""
    _, begun, rest = out.partition(mark)
    output, ended, code = rest.rpartition(mark)
    number = code.split(b"\n", 1)[0]
    if not begun or not ended or not number.isdigit():
        return None
    return Done(int(number), output, err.partition(mark)[2])


def put(
    transport: Transport, folder: str, files: Mapping[str, tuple[bytes, int]]
) -> Done:
    """Write files, name → content and mode, into a folder that is made if need be.

    Contents travel over stdin alone.
    """
    return transport.run(("sh", "-c", PUT, "sh", folder), _tar(files))


def read(transport: Transport, path: str, offset: int) -> tuple[bytes, int]:
    """At most a MiB of a file from `offset` on, and the offset to go on from.

    Nothing of a file that isn't there yet.
    """
    words = ("sh", "-c", READ, "sh", path, str(offset + 1), str(MOST))
    data = transport.run(words).out
    return data, offset + len(data)


def _tar(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    import io
    import tarfile
    from time import time

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, (content, mode) in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            member.mtime = int(time())
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def _of_slurm(name: str) -> bool:
    """What Slurm reads as options, or set for the job this process runs in: it isn't
    the next one's, unlike what says where the cluster is and who asks.
    """
    return name.startswith(OF_SLURM) and name not in WHERE_AND_WHO


def _run(
    argv: Sequence[str],
    stdin: bytes | IO[bytes],
    patience: float | None,
    environ: Mapping[str, str],
) -> tuple[int | None, bytes, bytes]:
    """Exit status (None: it took too long and was ended), stdout and stderr.

    It has a process group of its own, so that Ctrl-C is only this process's.
    """
    import subprocess

    source = subprocess.PIPE if isinstance(stdin, bytes) else stdin
    try:
        process = subprocess.Popen(
            argv,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
            process_group=0,
        )
    except OSError as error:
        return NOT_FOUND, b"", f"{argv[0]}: {error.strerror}".encode()
    with process:
        try:
            given = stdin if isinstance(stdin, bytes) else None
            out, err = process.communicate(given, patience)
        except subprocess.TimeoutExpired:
            _end(process.pid)
            return None, b"", b""
        except BaseException:
            _end(process.pid)
            raise
    return process.returncode, out, err


def _end(group: int) -> None:
    """Kill a command and what it has started."""
    from contextlib import suppress
    from signal import SIGKILL

    with suppress(ProcessLookupError):
        os.killpg(group, SIGKILL)
