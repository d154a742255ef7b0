"""What a program writes: all of it can be read again, in bounded memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from runspec.loop import Cancelled, Loop
from runspec.mcp.capture import Capture, pour

HUGE = 60_000_000
Write = Callable[..., Capture]
POURED = f"""\
import os, resource, sys
from runspec.loop import Loop
from runspec.mcp.capture import Capture, pour
line = bytes(range(32, 127)) + b"\\n"
import json, tempfile
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
with Loop() as loop:
    out, into = os.pipe()
    writer = os.fork()
    if not writer:
        os.close(out)
        block, left = line * 5000, {HUGE}
        while left:
            left -= os.write(into, block[:left])
        os._exit(0)
    os.close(into)
    os.set_blocking(out, False)
    capture = Capture()
    before = peak()
    loop.run(pour(loop, out, capture))
    grown = peak() - before
    os.waitpid(writer, 0)
    same = all(
        capture.read(at, 480_000) == (line * 5000)[: min(480_000, {HUGE} - at)]
        for at in range(0, {HUGE}, 480_000)
    )
    print(json.dumps([grown, capture.size, capture.whole, capture.is_utf8, same]))
    capture.close()
"""


@pytest.fixture
def written() -> Iterator[Write]:
    """Makes captures of 10 bytes in memory and 1000 kept, and closes them."""
    with ExitStack() as stack:

        def write(*chunks: bytes) -> Capture:
            capture = Capture(10, 1000)
            stack.callback(capture.close)
            for each in chunks:
                capture.write(each)
            return capture

        yield write


def pipe() -> tuple[int, int]:
    out, into = os.pipe()
    os.set_blocking(out, False)
    return out, into


def is_open(descriptor: int) -> bool:
    return os.path.exists(f"/proc/self/fd/{descriptor}")


def files() -> set[int]:
    return set(filter(is_open, map(int, os.listdir("/proc/self/fd"))))


def test_sixty_megabytes_are_kept_whole_in_a_few_megabytes_of_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", POURED],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    grown, *facts = json.loads(done.stdout)
    assert facts == [HUGE, True, True, True]
    assert grown < 8 << 20


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 25, 999, 1000])
@pytest.mark.parametrize("chunk", [1, 3, 10, 1000])
def test_what_is_written_can_be_read_again(
    size: int, chunk: int, written: Write
) -> None:
    data = bytes(index % 251 for index in range(size))
    capture = written(*(data[at : at + chunk] for at in range(0, size, chunk)))
    assert (capture.size, capture.kept, capture.whole) == (size, size, True)
    assert capture.read(0, size + 5) == data
    assert capture.read(3, 4) == data[3:7]
    assert capture.head() == data[:5]
    assert capture.tail() == data[-5:]


def test_bytes_beyond_the_limit_are_counted_and_dropped(written: Write) -> None:
    capture = written(b"a" * 900, b"b" * 200, b"c" * 50 + b"the end")
    assert (capture.size, capture.kept, capture.whole) == (1157, 1000, False)
    assert capture.read(0, 2000) == b"a" * 900 + b"b" * 100
    assert capture.tail() == b"e end"


def test_a_small_output_opens_no_file(written: Write) -> None:
    before = files()
    capture = written(b"0123456789")
    assert files() == before
    capture.write(b"+")
    assert len(files() - before) == 1
    capture.close()
    assert files() == before


def test_nobody_else_can_open_the_file(written: Write) -> None:
    before = files()
    written(b"secret" * 10)
    (new,) = files() - before
    status = os.fstat(new)
    assert status.st_mode & 0o777 == 0o600
    assert status.st_nlink == 0


def test_reading_past_the_end_gives_nothing(written: Write) -> None:
    for capture in (written(b"abc"), written(b"abc" * 9)):
        assert capture.read(capture.kept, 5) == b""
        assert capture.read(10_000, 5) == b""
        capture.close()
        assert capture.read(0, 5) == b""


def test_without_a_temporary_directory_memory_is_the_limit(tmp_path: Path) -> None:
    script = (
        "from runspec.mcp.capture import Capture\n"
        "import tempfile\n"
        f"tempfile.tempdir = {str(tmp_path / 'gone')!r}\n"
        "capture = Capture(10)\n"
        "capture.write(b'0123456'); capture.write(b'789abcdef')\n"
        "print(capture.size, capture.kept, capture.head(), capture.tail())\n"
    )
    assert ran(script) == "16 10 b'01234' b'bcdef'\n"


def test_a_full_disk_loses_the_rest_and_says_so() -> None:
    script = (
        "from runspec.mcp.capture import Capture\n"
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "capture = Capture(100)\n"
        "for _ in range(30): capture.write(b'x' * 90)\n"
        "print(capture.size, capture.kept, capture.whole, len(capture.read(0, 9999)))\n"
    )
    assert ran(script) == "2700 1000 False 1000\n"


def ran(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", script],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("chunks", "is_utf8"),
    [
        ([], True),
        ([b"plain", b" text"], True),
        (["é".encode()[:1], "é".encode()[1:]], True),
        (["€".encode()[:1], "€".encode()[1:2], "€".encode()[2:]], True),
        ([b"ends in half a character \xc3"], False),
        ([b"\xff", b"and text" * 50], False),
        ([b"text" * 300, b"\xff past the limit"], False),
        ([b"a surrogate \xed\xa0\x80"], False),
        ([b"an overlong slash \xc0\xaf"], False),
        ([b"nul \0 is text"], True),
    ],
)
def test_utf8_is_told_over_the_whole_stream(
    chunks: list[bytes], is_utf8: bool, written: Write
) -> None:
    capture = written(*chunks)
    assert capture.is_utf8 is is_utf8


def test_text_has_a_mark_for_what_isnt_utf8(written: Write) -> None:
    assert written(b"a\xffb").text() == "a\ufffdb"


def test_pouring_ends_with_the_stream_and_closes_it() -> None:
    out, into = pipe()
    capture = Capture()
    with Loop() as loop:
        task = loop.spawn(pour(loop, out, capture))

        async def write() -> None:
            for each in (b"one ", b"two ", b"three"):
                os.write(into, each)
                await loop.sleep(0)
            os.close(into)
            await task

        loop.run(write())
    assert capture.text() == "one two three"
    assert not is_open(out)


def test_a_cancelled_pour_closes_its_descriptor() -> None:
    out, into = pipe()
    capture = Capture()
    with Loop() as loop:
        task = loop.spawn(pour(loop, out, capture))

        async def cancel() -> None:
            os.write(into, b"so far")
            while not capture.size:
                await loop.sleep(0)
            task.cancel()
            with pytest.raises(Cancelled):
                await task

        loop.run(loop.within(10, cancel()))
    os.close(into)
    assert capture.text() == "so far"
    assert not is_open(out)


def test_a_stream_without_end_leaves_others_their_turn(written: Write) -> None:
    with (
        subprocess.Popen(
            [sys.executable, "-c", "while 1: print('y' * 4000)"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as program,
        Loop() as loop,
    ):
        assert program.stdout is not None
        out = os.dup(program.stdout.fileno())
        program.stdout.close()
        os.set_blocking(out, False)
        capture = written()
        task = loop.spawn(pour(loop, out, capture))

        async def take_turns() -> int:
            turns = 0
            while capture.size < 1 << 20:
                await loop.sleep(0)
                turns += 1
            program.kill()
            await task
            return turns

        assert loop.run(loop.within(30, take_turns())) > 10
    assert not is_open(out)
