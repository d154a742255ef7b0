"""A zygote as the server that has started it sees it."""

from __future__ import annotations

import os
import sys

from ..loop import Future
from . import handover
from .channel import pair, received
from .slot import Slot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

    from ..loop import Loop
    from .handover import Verdict

FULL = 0.01
"""Seconds until a socket that was full is tried again."""
LEAVING = 1.0
"""Seconds that a zygote has to end by itself."""


class Zygote:
    """One zygote, a child of this process or, warm for a script, of another's."""

    def __init__(self, loop: Loop, channel: socket, pid: int | None, said: int) -> None:
        self.ended: Future[None] = Future()
        self.last_words = ""
        self._loop = loop
        self._channel = channel
        self._pid = pid
        self._said = said
        self._spare: Slot | None = None
        self._refilling = False

    async def hand(self, kind: bytes, *descriptors: int) -> bool:
        """Give it work; False if it has ended."""
        while not self.ended.settled:
            try:
                handover.give(self._channel, kind, *descriptors)
            except BlockingIOError:
                await self._loop.sleep(FULL)
            except OSError as error:
                if not _crowded(error):
                    await self.ended
                else:
                    await self._loop.sleep(FULL)
            else:
                return True
        return False

    async def man(self, slot: Slot) -> bool:
        """Have a keeper fork for it; False if the zygote has ended."""
        control, keeper = pair()
        try:
            given = await self.hand(handover.JOB, keeper.fileno(), *slot.ends)
        finally:
            keeper.close()
        if given:
            slot.control = control
        else:
            control.close()
        return given

    def spare(self) -> Slot | None:
        """A slot whose process is there already, if there is one."""
        spare, self._spare = self._spare, None
        if not self._refilling and not self.ended.settled:
            self._refilling = True
            self._loop.spawn(self._refill())
        return spare

    async def _refill(self) -> None:
        """Have the next process there before it is asked for."""
        slot = None
        try:
            slot = Slot()
            await self.man(slot)
        except OSError:
            pass  # whoever needs a slot then says so
        self._refilling = False
        if slot is None:
            return
        if slot.control is None or self.ended.settled:
            slot.close()
        else:
            self._spare = slot

    async def verdict(self) -> Verdict | None:
        """How its import went; None if it has ended of it."""
        content = b""
        while (verdict := handover.framed(content)) is None:
            chunk = await received(self._loop, self._channel)
            if not chunk:
                return None
            content += chunk
        return verdict

    async def watch(self) -> None:
        """Wait until it ends, then leave nothing of it."""
        while await received(self._loop, self._channel):
            pass
        self._channel.close()
        self.ended.settle(None)
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.close()
        if self._pid is not None:
            self._bury(self._pid)

    async def end(self) -> None:
        """Let it end; kill it where it doesn't."""
        from signal import SIGKILL

        from ..compat import socket as sockets

        if not self.ended.settled:
            self._channel.shutdown(sockets.SHUT_WR)
            await self._loop.first(self.ended, LEAVING)
        if not self.ended.settled and self._pid is not None:
            os.kill(self._pid, SIGKILL)
            await self._loop.first(self.ended, LEAVING)

    def _bury(self, pid: int) -> None:
        from signal import SIGKILL

        try:
            os.kill(pid, SIGKILL)  # it has closed its socket, and may still be ending
            os.waitpid(pid, 0)
        except (ChildProcessError, ProcessLookupError):
            pass  # somebody else has waited for it
        try:
            said = os.read(self._said, 4096).decode(errors="replace")
        except BlockingIOError:
            said = ""
        os.close(self._said)
        self.last_words = said.strip().rpartition("\n")[2]


def started(loop: Loop, environ: Mapping[str, str]) -> Zygote:
    """A new interpreter with nothing of this process but `environ`. Raises OSError."""
    from signal import SIGKILL, SIGSTOP, valid_signals

    ours, theirs = pair()
    said, say = os.pipe()
    os.set_blocking(said, False)
    os.set_inheritable(theirs.fileno(), True)
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-c", handover.SOURCE.format(descriptor=theirs.fileno())],
            environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, say, 1),
                (os.POSIX_SPAWN_DUP2, say, 2),
            ],
            setsigmask=(),
            setsigdef=valid_signals() - {SIGKILL, SIGSTOP},
        )
    except OSError:
        ours.close()
        os.close(said)
        raise
    finally:
        theirs.close()
        os.close(say)
    return Zygote(loop, ours, pid, said)


def _crowded(error: OSError) -> bool:
    """Whether too many descriptors are under way (unix(7)); they arrive in time."""
    from errno import ETOOMANYREFS

    return error.errno == ETOOMANYREFS
