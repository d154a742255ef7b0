"""One thread that waits for many things: coroutines over what the system can wait for.

asyncio does more, and importing it takes four times as long as starting Python; a
server that is started for one remote call would pay that each time. `selectors`,
`collections`, `heapq` and `contextlib`, too, take half of Python's start together.
"""

from __future__ import annotations

import os
from time import monotonic

from .polling import READ, WRITE, poller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator
    from typing import Any, Generic, TypeVar

    T = TypeVar("T")

    class _Future(Generic[T]): ...

else:

    class _Future:
        __class_getitem__ = classmethod(lambda cls, _: cls)
        __slots__ = ()


LONGEST_WAIT = 86_400.0
"""Seconds of one wait; the system takes no more than 32 bits of milliseconds."""


class Cancelled(BaseException):
    """Raised where a cancelled task waits."""


class TooLate(Exception):  # noqa: N818  it is no error of the program
    """`within` ran out of time."""


class Future(_Future["T"]):
    """A value that comes later. `settled` once it has one, or an error."""

    __slots__ = ("_error", "_result", "_then", "settled")

    def __init__(self) -> None:
        self.settled = False
        self._result: T | None = None
        self._error: BaseException | None = None
        self._then: list[Callable[[], None]] = []

    def settle(self, result: T, error: BaseException | None = None) -> None:
        """Give it its value or error; once it has one, nothing happens."""
        if self.settled:
            return
        self.settled = True
        self._result = result
        self._error = error
        then, self._then = self._then, []
        for each in then:
            each()

    def fail(self, error: BaseException) -> None:
        self.settle(None, error)  # type: ignore[arg-type]

    def then(self, callback: Callable[[], None]) -> None:
        """Call `callback` when it settles; at once when it has."""
        if self.settled:
            callback()
        else:
            self._then.append(callback)

    def drop(self, callback: Callable[[], None]) -> None:
        """Take back what `then` was given."""
        if callback in self._then:
            self._then.remove(callback)

    def value(self) -> T:
        """The value; raises the error it was settled with."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]

    def __await__(self) -> Generator[Future[T], None, T]:
        if not self.settled:
            yield self
        return self.value()


class Task(Future["T"]):
    """A coroutine that runs on a loop; settled with what it returns or raises."""

    __slots__ = ("_coroutine", "_doomed", "_loop", "_waits_for")

    def __init__(self, loop: Loop, coroutine: Coroutine[Any, Any, T]) -> None:
        super().__init__()
        self._loop = loop
        self._coroutine = coroutine
        self._waits_for: Future[Any] | None = None
        self._doomed = False
        loop.soon(self._step)

    def cancel(self) -> None:
        """Raise Cancelled where it waits; a task that has ended stays as it is."""
        if self.settled or self._doomed:
            return
        self._doomed = True
        if self._waits_for is not None:
            self._waits_for.drop(self._wake)
            self._waits_for = None
            self._loop.soon(self._step)

    def _wake(self) -> None:
        self._waits_for = None
        self._loop.soon(self._step)

    def _step(self) -> None:
        if self.settled:
            return
        try:
            if self._doomed:
                self._doomed = False
                awaited = self._coroutine.throw(Cancelled())
            else:
                awaited = self._coroutine.send(None)
        except StopIteration as end:
            self.settle(end.value)
        except BaseException as error:  # noqa: BLE001  whoever awaits it gets it
            self.fail(error)
        else:
            self._waits_for = awaited
            awaited.then(self._wake)


class Loop:
    """Runs tasks in the thread that calls `run`.

    Only `from_thread` may be called in another thread. Use it as a context manager,
    or call `close`.
    """

    def __init__(self) -> None:
        self._poller = poller()
        self._watched: dict[int, dict[int, Future[None]]] = {}
        self._ready: list[Callable[[], None]] = []
        self._timers: list[tuple[float, int, Future[None]]] = []
        self._count = 0
        self._inbox: list[Callable[[], None]] = []
        self._wake_read, self.wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self.wake_write, False)
        self._poller.register(self._wake_read, READ)

    def __enter__(self) -> Loop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._poller.close()
        os.close(self._wake_read)
        os.close(self.wake_write)

    def soon(self, callback: Callable[[], None]) -> None:
        """Call it in the next round."""
        self._ready.append(callback)

    def from_thread(self, callback: Callable[[], None]) -> None:
        """Call it in the loop's thread, whichever thread asks."""
        self._inbox.append(callback)
        try:
            os.write(self.wake_write, b"\0")
        except BlockingIOError:
            return  # a full pipe has woken it already

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> Task[T]:
        """A task that runs alongside."""
        return Task(self, coroutine)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run until the coroutine ends; returns or raises what it does."""
        task = self.spawn(coroutine)
        while not task.settled:
            self._round()
        return task.value()

    async def sleep(self, seconds: float) -> None:
        await self._timer(seconds)

    async def readable(self, descriptor: int) -> None:
        """Wait until it can be read or has ended; one task for each descriptor."""
        await self._event(descriptor, READ)

    async def writable(self, descriptor: int) -> None:
        """Wait until it can be written or is broken."""
        await self._event(descriptor, WRITE)

    async def within(self, seconds: float | None, awaitable: Awaitable[T]) -> T:
        """Its value; cancels it and raises TooLate after `seconds`."""
        task = self.spawn(_awaited(awaitable))
        try:
            await self.first(task, seconds)
        except Cancelled:
            task.cancel()
            raise
        if task.settled:
            return task.value()
        task.cancel()
        raise TooLate

    async def first(self, *awaited: Future[Any] | float | None) -> None:
        """Wait until one of them has settled, or so many seconds have passed."""
        any_of: Future[None] = Future()

        def settle() -> None:
            any_of.settle(None)

        timers = [
            self._timer(each) for each in awaited if isinstance(each, int | float)
        ]
        futures = [each for each in awaited if isinstance(each, Future)]
        for each in (*futures, *timers):
            each.then(settle)
        try:
            await any_of
        finally:
            for each in futures:
                each.drop(settle)
            for timer in timers:
                self._forget(timer)

    def _forget(self, timer: Future[None]) -> None:
        """A timer that nobody waits for any more may be hours away."""
        if not timer.settled:
            timer.settle(None)
            self._timers = [each for each in self._timers if each[2] is not timer]

    def _timer(self, seconds: float) -> Future[None]:
        future: Future[None] = Future()
        self._count += 1
        self._timers.append((monotonic() + seconds, self._count, future))
        self._timers.sort()  # of what is in order but for one, it costs next to nothing
        return future

    async def _event(self, descriptor: int, event: int) -> None:
        future: Future[None] = Future()
        self._watch(descriptor, event, future)
        try:
            await future
        finally:
            self._unwatch(descriptor, event, future)

    def _watch(self, descriptor: int, event: int, future: Future[None]) -> None:
        waiting = self._watched.get(descriptor)
        if waiting is not None:
            waiting[event] = future
            self._poller.modify(descriptor, sum(waiting))
            return
        try:
            self._poller.register(descriptor, event)
        except PermissionError:  # a regular file is always ready
            self.soon(lambda: future.settle(None))
        else:
            self._watched[descriptor] = {event: future}

    def _unwatch(self, descriptor: int, event: int, future: Future[None]) -> None:
        waiting = self._watched.get(descriptor)
        if waiting is None or waiting.get(event) is not future:
            return
        del waiting[event]
        if waiting:
            self._poller.modify(descriptor, sum(waiting))
        else:
            del self._watched[descriptor]
            self._poller.unregister(descriptor)

    def _round(self) -> None:
        for descriptor, events in self._poller.wait(self._patience()):
            if descriptor == self._wake_read:
                self._drain()
                continue
            for event, future in tuple(self._watched[descriptor].items()):
                if events & event:
                    future.settle(None)
        self._ripen()
        ready, self._ready = self._ready, []
        for callback in ready:
            callback()

    def _patience(self) -> float | None:
        if self._ready or self._inbox:
            return 0
        if not self._timers:
            return None
        return min(max(0.0, self._timers[0][0] - monotonic()), LONGEST_WAIT)

    def _drain(self) -> None:
        try:
            while os.read(self._wake_read, 4096):
                pass
        except BlockingIOError:
            return

    def _ripen(self) -> None:
        while self._inbox:
            self._ready.append(self._inbox.pop(0))
        now = monotonic()
        while self._timers and self._timers[0][0] <= now:
            self._timers.pop(0)[2].settle(None)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable
