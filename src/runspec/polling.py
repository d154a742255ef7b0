"""Waiting for descriptors: epoll(7) where it is, what `selectors` has elsewhere."""

from __future__ import annotations

import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Poller(Protocol):
        """Descriptors and the events of each, READ and WRITE as bits.

        `register` raises PermissionError for a file that can't be waited for.
        """

        def register(self, descriptor: int, events: int) -> None: ...
        def modify(self, descriptor: int, events: int) -> None: ...
        def unregister(self, descriptor: int) -> None: ...
        def wait(self, seconds: float | None) -> Iterable[tuple[int, int]]:
            """What can be read or written; nothing after so many seconds.

            The end of a pipe is an event for whoever waits, and may be both.
            """

        def close(self) -> None: ...


READ, WRITE = 1, 2


def poller() -> Poller:
    """The system's own."""
    return Epoll() if hasattr(select, "epoll") else Selector()


class Epoll:
    """A `Poller`; `selectors` has the same, and costs a tenth of Python's start."""

    __slots__ = ("_epoll",)

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def close(self) -> None:
        self._epoll.close()

    def register(self, descriptor: int, events: int) -> None:
        self._epoll.register(descriptor, _mask(events))

    def modify(self, descriptor: int, events: int) -> None:
        self._epoll.modify(descriptor, _mask(events))

    def unregister(self, descriptor: int) -> None:
        try:
            self._epoll.unregister(descriptor)
        except (OSError, ValueError):
            return  # it was closed, or all is, which has done it

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        return [(each, _ready(events)) for each, events in self._epoll.poll(seconds)]


def _mask(events: int) -> int:
    readable = select.EPOLLIN if events & READ else 0
    return readable | (select.EPOLLOUT if events & WRITE else 0)


def _ready(events: int) -> int:
    """An end or an error (EPOLLHUP, EPOLLERR) is one for whoever waits."""
    readable = READ if events & ~select.EPOLLOUT else 0
    return readable | (WRITE if events & ~select.EPOLLIN else 0)


class Selector:
    """A `Poller` of any system."""

    __slots__ = ("_selector",)

    def __init__(self) -> None:
        from selectors import DefaultSelector

        self._selector = DefaultSelector()

    def close(self) -> None:
        self._selector.close()

    def register(self, descriptor: int, events: int) -> None:
        self._selector.register(descriptor, events)

    def modify(self, descriptor: int, events: int) -> None:
        self._selector.modify(descriptor, events)

    def unregister(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        return [(key.fd, events) for key, events in self._selector.select(seconds)]
