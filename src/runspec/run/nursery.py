"""The server's side of its zygotes: one for all calls, and one for each warm script."""

from __future__ import annotations

import os

from ..loop import Future
from . import handover
from .channel import pair, sent
from .stamp import stamp
from .zygote_handle import Zygote, started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

    from ..loop import Loop
    from .handover import Stamp, Verdict
    from .order import Order
    from .slot import Slot

READ_AT_START = ("HOME", "LANG")
READ_AT_START_PREFIXES = ("PYTHON", "LC_", "LD_", "DYLD_", "MALLOC_", "GLIBC_")
"""Variables that only a new process would read: the interpreter's, the loader's."""
IMPORT_LIMIT = 10.0
"""Seconds that the import of a warm script may take."""


class Warm:
    """A zygote that has imported a script's module, or the memory that none can."""

    def __init__(self, zygote: Zygote) -> None:
        self.decided: Future[None] = Future()
        self.clean = False
        self.stamps: tuple[Stamp, ...] = ()
        self.zygote = zygote

    @property
    def ready(self) -> bool:
        return self.clean and not self.zygote.ended.settled

    def holds(self) -> bool:
        """Whether it is still to be decided, or what was decided still holds."""
        if not self.decided.settled:
            return True
        if not self.stamps or (self.clean and not self.ready):
            return False
        return all(stamp(each[0]) == each for each in self.stamps)


class Nursery:
    """Has a zygote for each call, and replaces those that end."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._environ = dict(os.environ)
        self._read_at_start = read_at_start(self._environ)
        self._base: Zygote | None = None
        self._warm: dict[str, Warm] = {}
        self._ending: Future[None] = Future()

    @property
    def last_words(self) -> str:
        """What the last zygote that ended said, if anything."""
        return "" if self._base is None else self._base.last_words

    def base(self) -> Zygote:
        """The zygote for all calls, started if need be. Raises OSError."""
        if self._base is None or self._base.ended.settled:
            self._base = started(self._loop, self._environ)
            self._loop.spawn(self._base.watch())
            self._base.spare()
        return self._base

    def forked(self, order: Order) -> str | None:
        """The script, if a fork runs it as a new interpreter would."""
        if order.script is None or not order.warm or order.become:
            return None
        if read_at_start(order.environ) != self._read_at_start:
            return None
        paths = order.environ.get("PYTHONPATH", "/").split(os.pathsep)
        if not all(map(os.path.isabs, paths)) and order.cwd != os.getcwd():
            return None
        return order.script

    def spare(self, order: Order) -> Slot | None:
        """A slot that the order can be given to at once."""
        zygote = self._base
        script = self.forked(order)
        if script is not None:
            warm = self._warm.get(script)
            zygote = warm.zygote if warm and warm.holds() and warm.ready else None
        return None if zygote is None else zygote.spare()

    async def zygote(self, order: Order) -> Zygote:
        """The one that is to run it. Raises OSError."""
        script = self.forked(order)
        if script is not None:
            warm = self.warm(script)
            await warm.decided
            if warm.ready:
                return warm.zygote
        return self.base()

    def warm(self, script: str) -> Warm:
        """The warm zygote of a script, perhaps not decided yet. Raises OSError."""
        found = self._warm.get(script)
        if found is not None and found.holds():
            return found
        if found is not None:
            self._loop.spawn(found.zygote.end())
        base = self.base()
        ours, theirs = pair()
        control, keeper = pair()
        found = self._warm[script] = Warm(Zygote(self._loop, ours, None, -1))
        self._loop.spawn(self._decide(found, script, control))
        self._loop.spawn(_asked(base, keeper, theirs))
        return found

    async def end(self) -> None:
        """End all zygotes, and imports that aren't done."""
        self._ending.settle(None)
        zygotes = [warm.zygote for warm in self._warm.values()]
        if self._base is not None:
            zygotes.append(self._base)
        for task in [self._loop.spawn(zygote.end()) for zygote in zygotes]:
            await task

    async def _decide(self, warm: Warm, script: str, control: socket) -> None:
        """Have it import; a keeper ends whatever that starts, and itself when clean."""
        try:
            verdict = None
            if await sent(self._loop, control, handover.frame(script)):
                verdict = await self._verdict(warm.zygote)
            if verdict is not None and verdict[0]:
                await sent(self._loop, control, handover.word(handover.RELEASE))
            if verdict is None and _has_begun(control):
                verdict = False, tuple(filter(None, [stamp(script)]))
        finally:
            control.close()
        if verdict is not None:
            warm.clean, warm.stamps = verdict
        self._loop.spawn(warm.zygote.watch())
        if warm.clean:
            warm.zygote.spare()
        warm.decided.settle(None)

    async def _verdict(self, zygote: Zygote) -> Verdict | None:
        """None for an import that takes too long, or all the time there is."""
        verdict = self._loop.spawn(zygote.verdict())
        await self._loop.first(verdict, self._ending, IMPORT_LIMIT)
        if verdict.settled:
            return verdict.value()
        verdict.cancel()
        return None


def read_at_start(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables whose change only a new process would notice."""
    return {
        name: value
        for name, value in environ.items()
        if name in READ_AT_START or name.startswith(READ_AT_START_PREFIXES)
    }


async def _asked(base: Zygote, keeper: socket, channel: socket) -> None:
    """Have `base` fork a zygote for a warm script."""
    try:
        await base.hand(handover.WARM, keeper.fileno(), channel.fileno())
    finally:
        keeper.close()
        channel.close()


def _has_begun(control: socket) -> bool:
    """Whether there was an import; its zygote may have ended before."""
    try:
        return control.recv(len(handover.BEGUN)) == handover.BEGUN
    except OSError:
        return False
