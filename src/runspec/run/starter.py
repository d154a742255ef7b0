"""Starts programs for a server, each in a process tree that ends when it is told to."""

from __future__ import annotations

import os

from ..loop import Future
from . import handover
from .channel import pair, received, sent
from .order import NOT_STARTED, Ending
from .slot import Slot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket

    from ..loop import Loop
    from .nursery import Nursery
    from .order import Order

ATTEMPTS = 5
"""How often a job is given to a zygote; again only if nothing has begun."""
GRACE = 2.0
"""Seconds that programs have to end by themselves when the server ends."""
PATIENCE = GRACE + 8.0
"""Seconds after which a server ends without them."""


class Job:
    """A program that is being run, or is about to be.

    `stdout`, `stderr` and `progress` are non-blocking descriptors to read from; they
    belong to whoever started the job, as does `stdin`, a non-blocking descriptor to
    write to where it has one. `ended` settles when the program has ended and nothing
    that it has started runs any more.
    """

    __slots__ = (
        "_control",
        "alone",
        "asked",
        "ended",
        "progress",
        "slot",
        "stderr",
        "stdin",
        "stdout",
    )

    def __init__(self, slot: Slot) -> None:
        self.ended: Future[Ending] = Future()
        self.asked: Future[float] = Future()
        self.slot = slot
        self.stdout, self.stderr, self.progress = slot.reads
        self.stdin: int | None = None
        self.alone: int | None = None
        self._control: socket | None = None

    def attach(self, control: socket) -> None:
        """Its keeper has the task, and listens on this socket."""
        self._control = control

    def signal(self, number: int) -> None:
        """Give the program a signal; nothing once it has ended."""
        from contextlib import suppress

        if self._control is not None:
            with suppress(OSError):
                self._control.send(handover.word(handover.SIGNAL - number))

    def stop(self, grace: float) -> None:
        """Ask the whole tree to end (TERM), and kill it after `grace` seconds."""
        self.asked.settle(max(0.0, grace))


class Starter:
    """Runs orders on a loop. `start` and `prepare` do not wait; `close` does."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._zygotes: Nursery | None = None
        self._jobs: set[Job] = set()
        self._closing = False

    @property
    def _nursery(self) -> Nursery:
        """What has the zygotes; a single call needs none."""
        if self._zygotes is None:
            from .nursery import Nursery

            self._zygotes = Nursery(self._loop)
        return self._zygotes

    def prepare(self, *scripts: str) -> None:
        """Start what the first call would wait for; import for warm `scripts`.

        Where that can't be, the call says so.
        """
        from contextlib import suppress

        with suppress(OSError):
            self._nursery.base()
            for script in scripts:
                self._nursery.warm(script)

    def start(self, order: Order) -> Job:
        """Run it. Raises OSError where there is no descriptor left."""
        job = Job(self._nursery.spare(order) or Slot())
        self._jobs.add(job)
        self._loop.spawn(self._run(job, order))
        return job

    def start_alone(self, order: Order, *, stdin: bool) -> Job:
        """Run it without a zygote, with a stdin if it has one. Raises OSError."""
        from .alone import fork_keeper

        slot = Slot()
        job = Job(slot)
        order.warm = False
        control, keeper = pair()
        read, job.stdin = os.pipe() if stdin else (None, None)
        if job.stdin is not None:
            os.set_blocking(job.stdin, False)
        try:
            job.alone = fork_keeper(keeper, slot.ends, read)
        finally:
            keeper.close()
        if read is not None:
            os.close(read)
        slot.control = control
        self._jobs.add(job)
        self._loop.spawn(self._run(job, order))
        return job

    async def close(self) -> None:
        """Stop all jobs, wait until nothing of them is left, end the zygotes."""
        self._closing = True
        jobs = tuple(self._jobs)
        for job in jobs:
            job.stop(GRACE)
        await self._loop.first(self._loop.spawn(_all_ended(jobs)), PATIENCE)
        if self._zygotes is not None:
            await self._zygotes.end()

    async def _run(self, job: Job, order: Order) -> None:
        try:
            ending = await self._tried(job, order)
        except OSError as error:
            ending = Ending(NOT_STARTED, False, str(error.strerror))
        except ValueError as error:
            ending = Ending(NOT_STARTED, False, str(error))
        job.slot.release()
        if job.alone is not None:
            os.waitpid(job.alone, 0)
        self._jobs.discard(job)
        job.ended.settle(ending)

    async def _tried(self, job: Job, order: Order) -> Ending:
        for _ in range(ATTEMPTS):
            if self._closing or job.asked.settled:
                return Ending(NOT_STARTED, False, "stopped before it was started")
            ending = await self._attempt(job, order)
            if ending is not None:
                return ending
        why = self._nursery.last_words or "the interpreter that starts programs ended"
        return Ending(NOT_STARTED, False, why)

    async def _attempt(self, job: Job, order: Order) -> Ending | None:
        """None where the zygote has ended before anything began."""
        script = self._nursery.forked(order) if job.alone is None else None
        become = order.become.frame() if order.become else None
        task = order.argv, order.environ, order.cwd, script, become
        frame = handover.frame(task)
        slot = job.slot
        if slot.control is None and job.alone is not None:
            return Ending(NOT_STARTED, False, "the process that keeps it ended")
        if slot.control is None:
            zygote = await self._nursery.zygote(order)
            if not await zygote.man(slot):
                return None
        assert slot.control is not None
        control, slot.control = slot.control, None
        try:
            if not await sent(self._loop, control, frame):
                return None
            job.attach(control)
            return await self._watched(job, control)
        finally:
            control.close()

    async def _watched(self, job: Job, control: socket) -> Ending | None:
        word = self._loop.spawn(self._pass_on(job, control))
        try:
            return await self._followed(job, control)
        finally:
            word.cancel()
            await self._loop.first(word)

    async def _pass_on(self, job: Job, control: socket) -> None:
        """Tell the keeper, once it is asked for, that the program is to end."""
        await sent(self._loop, control, handover.word(await job.asked))

    async def _followed(self, job: Job, control: socket) -> Ending | None:
        content = b""
        while chunk := await received(self._loop, control):
            content += chunk
            if content.startswith(handover.BEGUN):
                job.slot.release()
        if not content.startswith(handover.BEGUN):
            return None
        report = handover.reported(content)
        if report is None:
            return Ending(-9, True, "the process that kept it was killed")
        return Ending(*report)


async def _all_ended(jobs: tuple[Job, ...]) -> None:
    for job in jobs:
        await job.ended
