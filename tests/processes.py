"""Real programs, started as the server starts them."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from runspec.loop import Loop
from runspec.run.order import Ending, Order
from runspec.run.starter import Job, Starter

P = ParamSpec("P")
LIMIT = 300.0
BASH = "/bin/bash"


class Ran:
    """A program that has ended, and all it has written."""

    def __init__(self, ending: Ending, output: list[bytes]) -> None:
        self.ending = ending
        self.status = ending.status
        self.stdout, self.stderr, self.progress = output

    @property
    def text(self) -> str:
        return self.stdout.decode()


class Server:
    """A starter on its loop."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.starter = Starter(loop)

    async def run(self, order: Order) -> Ran:
        return await self.result(self.starter.start(order))

    async def result(self, job: Job) -> Ran:
        streams = (job.stdout, job.stderr, job.progress)
        tasks = [self.loop.spawn(self._all(each)) for each in streams]
        ending = await job.ended
        return Ran(ending, [await task for task in tasks])

    async def python(self, script: Path, *argv: str, **options: Any) -> Ran:
        return await self.run(python(script, *argv, **options))

    async def bash(self, source: str, *argv: str) -> Ran:
        return await self.run(bash(source, *argv))

    async def waiting(self) -> list[int]:
        """The keepers of calls to come; waits until there is one."""
        while not (found := children(zygote())):
            await self.loop.sleep(0.005)
        return found

    async def line(self, descriptor: int) -> str:
        """The next line, and nothing after it."""
        line = b""
        while not line.endswith(b"\n"):
            await self.loop.readable(descriptor)
            chunk = os.read(descriptor, 1)
            assert chunk, line
            line += chunk
        return line.decode().strip()

    async def _all(self, descriptor: int) -> bytes:
        content = b""
        while True:
            await self.loop.readable(descriptor)
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                os.close(descriptor)
                return content
            content += chunk


def on_loop(
    body: Callable[Concatenate[Server, P], Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """A test that is a coroutine; its first parameter is a server of its own."""

    @wraps(body)
    def test(*args: P.args, **options: P.kwargs) -> None:
        with Loop() as loop:
            loop.run(loop.within(LIMIT, _served(loop, body, args, options)))

    del test.__wrapped__  # pytest looks for fixtures in its parameters
    test.__signature__ = _without_server(body)  # type: ignore[attr-defined]
    return test


async def _served(loop: Loop, body: Any, args: Any, options: Any) -> None:
    server = Server(loop)
    try:
        await body(server, *args, **options)
    finally:
        await server.starter.close()


def _without_server(body: Callable[..., object]) -> object:
    import inspect

    found = inspect.signature(body)
    return found.replace(parameters=list(found.parameters.values())[1:])


def python(
    script: Path,
    *argv: str,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    warm: bool = True,
) -> Order:
    """`python SCRIPT`, which a fork may run."""
    path = str(script)
    whole = (sys.executable, path, *argv)
    place = str(cwd or script.parent)
    variables = os.environ if environ is None else environ
    return Order(whole, variables, place, script=path, warm=warm)


def bash(source: str, *argv: str) -> Order:
    return Order((BASH, "-c", source, "bash", *argv), os.environ, "/")


def children(parent: int) -> list[int]:
    """The processes, ended or not, that have this parent."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = Path(f"/proc/{name}/stat").read_bytes()
        except OSError:
            continue
        if int(text.rpartition(b")")[2].split()[1]) == parent:
            found.append(int(name))
    return found


def zygote(parent: int | None = None) -> int:
    """The zygote of the one server that runs in a process."""
    mine = children(os.getpid() if parent is None else parent)
    (found,) = [pid for pid in mine if b"run.zygote" in _command(pid)]
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def runs(pid: int) -> bool:
    """Whether there is such a process, even one that has ended but isn't reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def has_ended(pid: int) -> bool:
    """Wait until the process has ended; False if it doesn't in time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], (), (), LIMIT)[0])
    finally:
        os.close(descriptor)
