"""Lines that a program writes become progress that always goes up."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec.loop import Loop, Task
from runspec.mcp.progress import LONGEST, PAUSE, Beat, Meter, follow
from runspec.mcp.shapes import Progress

Told = tuple[float, float | None, str | None]


def plain(progress: Progress | None) -> Told | None:
    if progress is None:
        return None
    return progress.progress, progress.total, progress.message


def told(*lines: str | bytes) -> list[Told | None]:
    meter = Meter()
    data = (each.encode() if isinstance(each, str) else each for each in lines)
    return [plain(meter.read(each)) for each in data]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("3", (3, None, None)),
        ("3.5", (3.5, None, None)),
        ("3/10", (3, 10, None)),
        ("2.5/7.5 halves", (2.5, 7.5, "halves")),
        ("40%", (40, 100, None)),
        ("12.5% reading a.txt", (12.5, 100, "reading a.txt")),
        ("7 files copied", (7, None, "files copied")),
        ("3/10\tcopying\r", (3, 10, "copying")),
        ("copying files", (0, None, "copying files")),
        ('{"progress": 3, "total": 10, "message": "on"}', (3, 10, "on")),
        ('{"progress": 3}', (3, None, None)),
        ('{"message": "starting"}', (0, None, "starting")),
        ('{"progress": 1, "total": null, "message": 5}', (1, None, None)),
        ("12/10", (12, 12, None)),
        ("0/0", (0, None, None)),
        ("-5", (0, None, "-5")),
        ("3/x", (0, None, "3/x")),
        ("nan", (0, None, "nan")),
        ("inf%", (0, None, "inf%")),
        ("1e9", (0, None, "1e9")),
        ("٣", (0, None, "٣")),
        ("9" * 4000, (0, None, "9" * 4000)),
        ("[1, 2]", (0, None, "[1, 2]")),
        ('{"progress": -1, "message": "m"}', (0, None, "m")),
        ('{"progress": true, "message": "m"}', (0, None, "m")),
        ('{"progress": 1e99, "message": "m"}', (0, None, "m")),
        ('{"progress": NaN}', (0, None, '{"progress": NaN}')),
        ('{"progress": 3', (0, None, '{"progress": 3')),
        ('{"message": "\\ud800"}', (0, None, "\ufffd")),
        (b"not \xff UTF-8", (0, None, "not \ufffd UTF-8")),
        ("", None),
        ("  \r", None),
        ("{}", None),
        ('{"progress": -1}', None),
    ],
)
def test_a_line_is_read(line: str | bytes, expected: Told | None) -> None:
    assert told(line) == [expected]


def test_a_deeply_nested_line_is_a_message() -> None:
    line = '{"a":' * 500
    assert told(line) == [(0, None, line)]


def test_lines_without_numbers_move_it_by_small_steps_within_the_total() -> None:
    first, second, third = told("3/10 a", "b", "4/10 c")
    assert first == (3, 10, "a")
    assert second == (3.007, 10, "b")
    assert third == (4, 10, "c")


def test_a_number_that_goes_down_moves_it_up() -> None:
    assert told("5", "3 again") == [(5, None, None), (5.001, None, "again")]


def test_a_message_after_the_total_was_reached_leaves_it_complete() -> None:
    _, last = told("10/10", "cleaning up")
    assert last == (10.001, 10.001, "cleaning up")


LINES = st.one_of(
    st.text(max_size=20),
    st.integers(-5, 2**60).map(str),
    st.floats().map(str),
    st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda t: f"{t[0]}/{t[1]}"),
    st.fixed_dictionaries({"progress": st.floats() | st.integers()}).map(json.dumps),
    st.just(str(2**53)),
)


@given(st.lists(LINES, max_size=20))
def test_it_always_goes_up_and_never_past_its_total(lines: list[str]) -> None:
    seen = [each for each in told(*(each.replace("\n", " ") for each in lines)) if each]
    assert all(one[0] < two[0] for one, two in pairwise(seen))
    assert all(total is None or now <= total for now, total, _ in seen)
    json.dumps(seen, allow_nan=False).encode()


ROUNDS = 5
"""Of the loop, in which all happens that can happen at one time."""


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def followed(*chunks: bytes, pause: float = 0) -> tuple[list[Told | None], list[float]]:
    """What is told, and when, of a stream written in chunks `pause` seconds apart."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr("runspec.loop.monotonic", clock)
        patch.setattr("runspec.mcp.progress.monotonic", clock)
        return _followed(clock, chunks, pause)


def _followed(
    clock: Clock, chunks: Sequence[bytes], pause: float
) -> tuple[list[Told | None], list[float]]:
    out, into = os.pipe()
    os.set_blocking(out, False)
    seen: list[Told | None] = []
    times: list[float] = []

    def tell(progress: Progress) -> None:
        seen.append(plain(progress))
        times.append(clock())

    with Loop() as loop:

        async def write() -> None:
            task = loop.spawn(follow(loop, out, tell))
            for each in chunks:
                os.write(into, each)
                await settled(loop)
                clock.now += pause
                await settled(loop)
            os.close(into)
            await task

        loop.run(loop.within(30, write()))
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(out)
    return seen, times


async def settled(loop: Loop) -> None:
    for _ in range(ROUNDS):
        await loop.sleep(0)


def test_lines_are_told_whichever_way_they_come_in() -> None:
    seen, _ = followed(b"1/", b"3 on", b"e\n")
    assert seen == [(1, 3, "one")]


def test_a_last_line_without_a_newline_counts() -> None:
    assert followed(b"99%")[0] == [(99, 100, None)]


def test_the_newest_waits_for_its_turn_and_no_longer() -> None:
    lines = (b"1\n", b"2\n", b"3\n", b"", b"4\n")
    seen, times = followed(*lines, pause=PAUSE * 0.4)
    assert [each[0] for each in seen if each] == [1, 3, 4]
    assert times == pytest.approx([0, PAUSE * 1.2, PAUSE * 2])


def test_a_flood_is_told_twenty_times_a_second_and_the_last_one_always() -> None:
    seen, times = followed(*(b"%d\n" % each for each in range(2000)), pause=0.001)
    assert seen[-1] == (1999, None, None)
    assert 30 < len(seen) <= 2 + times[-1] / PAUSE


def test_a_line_that_is_too_long_is_cut() -> None:
    seen, _ = followed(b"1 " + b"x" * 5000, b"y" * 5000 + b"\n2 next\n")
    assert seen[-1] == (2, None, "next")
    (line,) = followed(b"x" * 60_000)[0]
    assert line == (0, None, "x" * LONGEST)


def test_a_silent_call_is_told_to_be_alive_again_and_again() -> None:
    told: list[Told | None] = []
    with Loop() as loop:
        task = loop.spawn(Beat(hear(told, 3), pause=0.001).run(loop))
        loop.run(until_cancelled(loop, task, told, 3))
    assert [each[2] for each in told if each] == ["running"] * 3
    assert all(one and two and one[0] < two[0] for one, two in pairwise(told))


def hear(told: list[Told | None], most: int) -> Callable[[Progress], None]:
    def tell(now: Progress) -> None:
        if len(told) < most:
            told.append(plain(now))

    return tell


async def until_cancelled(
    loop: Loop, task: Task[None], told: list[Told | None], count: int
) -> None:
    while len(told) < count:
        await loop.sleep(0)
    task.cancel()


def test_what_a_call_waits_for_is_told_at_once_and_only_upwards() -> None:
    told: list[Told | None] = []
    beat = Beat(hear(told, 10))
    before = beat.change(lambda: "queued: 1 before it")
    beat.restore(before)
    beat.pass_on(Progress(3, 10, "three"))
    beat.change(lambda: "waiting for a person")
    beat.pass_on(Progress(3, 10, "still three"))
    assert [each[2] for each in told if each] == [
        "queued: 1 before it",
        "three",
        "waiting for a person",
        "still three",
    ]
    assert all(one and two and one[0] < two[0] for one, two in pairwise(told))
