"""Progress that a running program tells, line by line."""

from __future__ import annotations

import os
from time import monotonic

from ..loop import TooLate
from .capture import read_some
from .plaintext import plain_text
from .shapes import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from ..loop import Loop
    from ..spec.plain import Json

    Said: TypeAlias = tuple[float | None, float | None, str | None]

LONGEST = 4096
"""Bytes of a line; the rest of it is skipped."""
LARGEST = 2**53
"""The largest number that a float and JSON carry exactly."""
BEAT = 12.0
"""Seconds of silence before a sign of life; clients give up after 60."""
RUNNING = "running"
PAUSE = 0.05
"""Seconds between two that are told."""
STEP = 1000
"""A line without a number is this part of a unit, or of what is left to the total."""


class Meter:
    """Makes lines into progress that always goes up (MCP, basic/utilities/progress).

    A line is `N`, `N/TOTAL` or `N%`, each with a message after it if there is one; or
    a JSON object of `progress`, `total` and `message`; or a message only. Numbers are
    0 to LARGEST, in decimal digits. A line that has no number, or one that isn't
    higher than the last, moves it by a small step. A total below the progress is
    raised to it.
    """

    __slots__ = ("_last", "_total")

    def __init__(self) -> None:
        self._last: float | None = None
        self._total: float | None = None

    def read(self, line: bytes) -> Progress | None:
        """What a line tells; None for one that tells nothing."""
        text = plain_text(line.decode("utf-8", "replace")).strip()
        number, total, message = _of_object(text) if text[:1] == "{" else _of_text(text)
        if number is None and not message:
            return None
        if number is not None:
            self._total = total or None
        return self._tell_next(number, message or None)

    def rise(self, number: float, total: float | None, message: str | None) -> Progress:
        """What somebody else has measured, above all that was told before."""
        self._total = total
        return self._tell_next(number, message)

    def beat(self, message: str) -> Progress:
        """A message without a number."""
        return self._tell_next(None, message)

    def _tell_next(self, number: float | None, message: str | None) -> Progress:
        self._last = self._risen(number)
        total = None if self._total is None else max(self._total, self._last)
        return Progress(self._last, total, message)

    def _risen(self, number: float | None) -> float:
        last = self._last
        if last is None:
            return number or 0
        if number is not None and number > last:
            return number
        left = (self._total or 0) - last
        step = last + (left if left > 0 else 1) / STEP
        if step > last:
            return step
        from math import inf, nextafter

        return nextafter(last, inf)


def _of_object(text: str) -> Said:
    from .values import NotJson, parse

    try:
        value = parse(text)
    except NotJson:
        return None, None, text
    if not isinstance(value, dict):
        return None, None, text
    message = value.get("message")
    return (
        _in_range(value.get("progress")),
        _in_range(value.get("total")),
        message if isinstance(message, str) else None,
    )


def _of_text(text: str) -> Said:
    first, *message = text.split(None, 1) or [""]
    count, slash, total = first.partition("/")
    if first.endswith("%"):
        count, total = first[:-1], "100"
    number = _number(count)
    if number is None or (slash and _number(total) is None):
        return None, None, text
    return number, _number(total), message[0] if message else None


def _number(text: str) -> float | None:
    if not (text.isascii() and text.replace(".", "", 1).isdigit()):
        return None
    return _in_range(int(text) if text.isdigit() else float(text))


def _in_range(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= LARGEST else None


class Beat:
    """Tells how far one call is, and every BEAT seconds of silence that it is alive.

    `words` says what it does. Progress only goes up (MCP, basic/utilities/progress):
    what the program tells moves on from what a beat told.
    """

    def __init__(self, tell: Callable[[Progress], None], pause: float = BEAT) -> None:
        self._tell = tell
        self._pause = pause
        self._meter = Meter()
        self._last = monotonic()
        self._words: Callable[[], str] = lambda: RUNNING

    def change(self, words: Callable[[], str]) -> Callable[[], str]:
        """What the call does from now on, told at once; what it did before."""
        before, self._words = self._words, words
        if words() != before():
            self._beat()
        return before

    def restore(self, words: Callable[[], str]) -> None:
        """Back to what the call did before a change."""
        self._words = words

    def pass_on(self, now: Progress) -> None:
        """What the program tells."""
        self._last = monotonic()
        self._tell(self._meter.rise(now.progress, now.total, now.message))

    async def run(self, loop: Loop) -> None:
        """Beat until it is cancelled."""
        while True:
            left = self._last + self._pause - monotonic()
            if left > 0:
                await loop.sleep(left)
            else:
                self._beat()

    def _beat(self) -> None:
        self._last = monotonic()
        self._tell(self._meter.beat(self._words()))


async def follow(loop: Loop, descriptor: int, tell: Callable[[Progress], None]) -> None:
    """Tell what the lines of a descriptor say until it ends, then close it.

    At most one each PAUSE seconds: of those that come faster the newest is told, and
    the last one always is.
    """
    lines, meter, pace = _Lines(), Meter(), _Pace(tell)
    try:
        while (data := await _read(loop, descriptor, pace)) != b"":
            for line in lines.split(data or b""):
                pace.offer(meter.read(line))
        pace.offer(meter.read(lines.rest()))
        pace.tell()
    finally:
        os.close(descriptor)


async def _read(loop: Loop, descriptor: int, pace: _Pace) -> bytes | None:
    """The next bytes; None when it is time to tell what waits."""
    try:
        return await loop.within(pace.patience(), read_some(loop, descriptor, LONGEST))
    except TooLate:
        pace.tell()
        return None


class _Lines:
    """Divides bytes into lines of at most LONGEST bytes."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open = bytearray()

    def split(self, data: bytes) -> Iterator[bytes]:
        """The lines that have ended."""
        *ended, rest = data.split(b"\n")
        for each in ended:
            self._add(each)
            yield self.rest()
        self._add(rest)

    def rest(self) -> bytes:
        """What has come of the line that hasn't ended."""
        line = bytes(self._open)
        self._open.clear()
        return line

    def _add(self, data: bytes) -> None:
        self._open += data[: LONGEST - len(self._open)]


class _Pace:
    """Tells the newest, at most each PAUSE seconds."""

    __slots__ = ("_next", "_tell", "_told")

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        self._tell = tell
        self._next: Progress | None = None
        self._told = -PAUSE

    def offer(self, progress: Progress | None) -> None:
        if progress is not None:
            self._next = progress
        if self.patience() == 0:
            self.tell()

    def patience(self) -> float | None:
        """Seconds until it is time to tell; None while nothing waits."""
        if self._next is None:
            return None
        return max(0.0, self._told + PAUSE - monotonic())

    def tell(self) -> None:
        if self._next is not None:
            progress, self._next = self._next, None
            self._told = monotonic()
            self._tell(progress)
