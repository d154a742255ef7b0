"""What a call on another host waits for: nothing that it doesn't need."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments import Environment
from rigs import jumping
from rigs.desk import Client, tools
from rigs.jumping import Room
from runspec.loop import Loop, TooLate
from runspec.polling import READ, WRITE, Epoll, Selector
from runspec.remote.codec import decoded, encoded

SPEC = """
[says]
description = "Writes"
autonomy = "autonomous"
[says.args]
times = { default = 1, range = [1, 5], description = "How often" }
"""
SLOW = {
    "asyncio",
    "collections",
    "contextlib",
    "enum",
    "functools",
    "importlib.metadata",
    "json",
    "logging",
    "pathlib",
    "re",
    "selectors",
    "signal",
    "socket",
    "subprocess",
    "tomllib",
    "typing",
}
PROFILED = {"PYTHONPROFILEIMPORTTIME": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tools(tmp_path_factory.mktemp("there"), SPEC, says="echo said")


@pytest.fixture(scope="module")
def room(
    bare: Environment, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    with jumping.room(bare, tmp_path_factory.mktemp("jump"), folder) as made:
        yield made


def loaded(said: str) -> list[str]:
    """The modules that Python says it has imported (`-X importtime`), in order."""
    found = [line.rpartition("|")[2].strip() for line in said.splitlines()]
    assert "runspec" in found
    return found


@pytest.mark.slow
def test_a_jump_loads_nothing_slow(room: Room) -> None:
    assert room.run("rig", "says").stdout == "said\n"
    done = room.run("rig", "says", "--", "--times", "2", **PROFILED)
    assert done.stdout == "said\n"
    assert not SLOW.intersection(loaded(done.stderr))


@pytest.mark.slow
def test_ssh_is_started_before_what_talks_to_it_is_loaded(room: Room) -> None:
    order = loaded(room.run("rig", "says", **PROFILED).stderr)
    first = order.index("runspec.remote.begun")
    assert all(order.index(f"runspec.{each}") > first for each in ("loop", "record"))


def test_a_served_call_loads_nothing_slow(bare: Environment, folder: Path) -> None:
    for variables in ({}, PROFILED):
        with Client(
            bare, folder, capabilities=jumping.extension(), **variables
        ) as client:
            client.get("runspec/describe", name="says")
            answer = client.get("runspec/run", name="says", argv=[])
            assert answer["result"]["status"] == 0
    found = loaded((folder / "server-errors.txt").read_text("utf-8"))
    begin, end = found.index("runspec.cli.serve"), found.index("pathlib")
    del found[begin : end + 1]  # what the value of --path is made with
    assert not SLOW.intersection(found)


FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=20,
)
BLANKS = st.text(" \t\n\r", max_size=3)


@given(value=VALUES, before=BLANKS, after=BLANKS)
def test_json_is_read_and_written_as_the_standard_library_does(
    value: object, before: str, after: str
) -> None:
    text = json.dumps(value)
    assert decoded(before + text + after) == json.loads(text)
    written = encoded(value)  # type: ignore[arg-type]
    assert written == json.dumps(value, separators=(",", ":"))


def outcome(read: Callable[[str], object], text: str) -> object:
    try:
        return read(text)
    except ValueError as error:
        return str(error)


@given(text=st.text('{}[]",:\\ \n\t0123456789.eE+-truefalsn\u00e9\x00', max_size=12))
def test_what_is_wrong_with_json_is_said_in_the_same_words(text: str) -> None:
    assert outcome(decoded, text) == outcome(json.loads, text)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_of_json_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="is not a JSON number"):
        decoded(f"[{json.dumps(number)}]")
    with pytest.raises(ValueError, match="Out of range"):
        encoded([number])


@pytest.fixture(params=[Epoll, Selector])
def poller(request: pytest.FixtureRequest) -> Iterator[Epoll | Selector]:
    if request.param is Epoll and not hasattr(__import__("select"), "epoll"):
        pytest.skip("this system has no epoll")
    made: Epoll | Selector = request.param()
    yield made
    made.close()


def test_a_pipe_is_ready_when_there_is_something_or_its_end(
    poller: Epoll | Selector,
) -> None:
    reads, writes = os.pipe()
    poller.register(reads, READ)
    poller.register(writes, WRITE)
    assert dict(poller.wait(0)) == {writes: WRITE}
    os.write(writes, b"x")
    assert dict(poller.wait(None)) == {reads: READ, writes: WRITE}
    os.read(reads, 1)
    poller.unregister(writes)
    assert dict(poller.wait(0)) == {}
    os.close(writes)
    assert dict(poller.wait(None))[reads] & READ
    poller.unregister(reads)
    assert dict(poller.wait(0)) == {}
    os.close(reads)


def test_a_pipe_that_nobody_reads_is_ready_for_whoever_writes(
    poller: Epoll | Selector,
) -> None:
    reads, writes = os.pipe()
    poller.register(writes, WRITE)
    os.close(reads)
    assert dict(poller.wait(None))[writes] & WRITE
    os.close(writes)
    poller.unregister(writes)


def test_both_directions_of_a_terminal_are_waited_for(poller: Epoll | Selector) -> None:
    ours, theirs = os.openpty()
    poller.register(ours, READ)
    poller.modify(ours, READ | WRITE)
    assert dict(poller.wait(None))[ours] & WRITE
    poller.modify(ours, READ)
    os.write(theirs, b"x")
    assert dict(poller.wait(None)) == {ours: READ}
    poller.unregister(ours)
    os.close(theirs)
    os.close(ours)


def test_a_regular_file_is_always_ready(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with Loop() as loop, path.open("rb") as file:
        loop.run(loop.readable(file.fileno()))
        loop.run(loop.writable(file.fileno()))
        reads, writes = os.pipe()
        with pytest.raises(TooLate):
            loop.run(loop.within(0.01, loop.readable(reads)))
        os.close(reads)
        os.close(writes)
