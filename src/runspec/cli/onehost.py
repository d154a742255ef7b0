"""One call of `runspec jump` on one host, in the place of this process (JMP)."""

from __future__ import annotations

import os
import sys

from ..compat import signal
from ..errors import CallError, Fault, RunspecError
from ..loop import Future
from ..remote.jump import Asked, Jump
from .front import Front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from ..call import Args
    from ..loop import Loop
    from ..remote.begun import Begun
    from ..remote.client import Client
    from ..remote.jump import Ended

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 5.0
"""Seconds that a program has to end by itself once it was interrupted."""


class Stops:
    """The signals that ask this process to end, one after the other.

    Before it is stopped by Ctrl-Z, the hosts of `clients` hear of it.
    """

    def __init__(self, loop: Loop) -> None:
        self.numbers: list[int] = []
        self.next: Future[None] = Future()
        self._loop = loop
        for number in STOPPING:
            signal.signal(number, self._heard)
        self.clients: set[Client] = set()
        if signal.getsignal(signal.SIGTSTP) != signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, self._suspend)

    def _heard(self, number: int, _: object) -> None:
        self._loop.from_thread(lambda: self._take(number))

    def _suspend(self, _number: int, _frame: object) -> None:
        self._loop.from_thread(self._spawn_stop)

    def _spawn_stop(self) -> None:
        self._loop.spawn(self._stop())

    async def _stop(self) -> None:
        clients = tuple(self.clients)
        for client in clients:
            await client.suspend()
        os.kill(os.getpid(), signal.SIGSTOP)
        for client in clients:
            client.resume()

    def _take(self, number: int) -> None:
        self.numbers.append(number)
        heard, self.next = self.next, Future()
        heard.settle(None)


class OneHost:
    """One call on one host, in the place of this process."""

    def __init__(self, loop: Loop, begun: Begun, args: Args, stops: Stops) -> None:
        self._loop = loop
        self._args = args
        self._stops = stops
        self._front = Front(loop)
        self._name: str = args.tool.value or ""
        self._jump = Jump(loop, begun, self._front, args.timeout.value)
        stops.clients.add(self._jump.client)

    async def tools(self) -> int:
        """List what the host offers."""
        from .tools import show_tools

        task = self._loop.spawn(self._jump.tools())
        if not await self._attended(task):
            return self._end_by_signal()
        try:
            show_tools(self._jump.target.name, task.value(), self._args.format.value)
        finally:
            await self._jump.client.close()
        return 0

    async def run(self) -> int:
        """Run the tool, and end as it ended."""
        argv = tokens(self._args)
        task = self._loop.spawn(self._jump.run(self._name, argv, stdin_here()))
        in_time = await self._attended(task)
        self._front.clear()
        try:
            ended = task.value()
        except Asked as asked:
            return _answered(asked)
        except BrokenPipeError:
            await self._jump.leave()
            return _end_like(-signal.SIGPIPE)
        except OSError as error:
            raise RunspecError(_unwritable(error)) from None
        except RunspecError as error:
            if not in_time:
                return self._end_by_signal()
            raise self._stopped_by(error) from None
        finally:
            await self._jump.client.close()
        return self._said(ended)

    async def _attended(self, task: Future[Any]) -> bool:
        """Wait for it; False where it didn't end by itself once a signal came.

        The first Ctrl-C is the program's. It has a while to end; then, or with the
        second, all that it has started is ended there. The third is the end here.
        """
        await self._loop.first(task, self._stops.next)
        if not task.settled and self._stops.numbers[-1:] == [signal.SIGINT]:
            self._jump.signal(signal.SIGINT)
            await self._loop.first(task, self._stops.next, PATIENCE)
        if task.settled:
            return True
        leaving = self._loop.spawn(self._jump.leave())
        await self._loop.first(leaving, self._stops.next)
        leaving.cancel()
        await self._jump.client.close()
        await self._loop.first(task)
        return False

    def _stopped_by(self, error: RunspecError) -> BaseException:
        """What ends this process, in the words of the tool for a wrong call."""
        from ..record import refused
        from ..stop import stop

        loaded = self._jump.loaded
        if not isinstance(error, CallError) or loaded is None:
            return error
        refused(error, self._name, loaded, "jump")
        return stop(error, loaded)

    def _said(self, ended: Ended) -> int:
        if ended.ending == "refused":
            from ..render.text import write
            from . import output

            output.note(f"{self._jump.target.name} says:")
            write(ended.detail.rstrip("\n"), sys.stderr)
            return 1
        if ended.ending != "exit":
            from . import output

            output.note(ending_in_words(self._jump.target.name, ended))
        return _end_like(ended.status)

    def _end_by_signal(self) -> int:
        number = self._stops.numbers[-1] if self._stops.numbers else signal.SIGTERM
        return _end_like(-number)


def tokens(args: Args) -> list[str]:
    """What stands behind the tool's name."""
    return [*(args.command.value or ()), *(args.args.value or ())]


def stdin_here() -> int | None:
    """Where the tool's input comes from; a terminal stays here."""
    try:
        return None if os.isatty(0) or os.fstat(0) is None else 0
    except OSError:
        return None


def ending_in_words(host: str, ended: Ended) -> str:
    """How it ended, where it isn't an exit of its own."""
    after = f": {ended.detail}" if ended.detail else ""
    if ended.ending == "timeout":
        return f"{host}: stopped, its time was over{after}"
    if ended.ending == "not-started":
        return f"{host}: it could not be started{after}"
    return f"{host}: {ended.ending}{after}"


def _answered(asked: Asked) -> int:
    from ..answer import answer

    if asked.call.asked == "version":
        from . import output

        name = asked.call.runnable.name
        output.show(
            f"{name} {asked.version or '(not installed, so without a version)'}"
        )
        return 0
    return answer(asked.call)


def _end_like(status: int) -> NoReturn:
    """End as the tool did: with its status, or by the signal that ended it.

    Nothing of this process is left to be ended, which would take the interpreter as
    long as a third of its start.
    """
    from ..run.supervise import end_like

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    end_like(status)


def _unwritable(error: OSError) -> Fault:
    return Fault("unwritable", "standard output", detail=error.strerror or "")
