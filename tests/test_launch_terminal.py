"""`runspec launch` and `runspec jobs` at a real terminal (LCH-09)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from environments import Environment
from launching import Bench, kill_left, number_in, recipe, runs, until

READY = "import os, signal, sys, time\nprint('ready', os.getpid(), flush=True)\n"
STUBBORN = (
    READY
    + """\
signal.signal(signal.SIGINT, signal.SIG_IGN)
open('pid', 'w').write(f'{os.getpid()}\\n')
time.sleep(600)
"""
)
SAVES = """\
import sys, time
try:
    print('ready', flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("saved", flush=True)
    sys.exit(3)
"""


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    return Bench(bare, tmp_path)


class Screen:
    """A launch at a terminal."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.children: list[pexpect.spawn[str]] = []

    def __call__(self, *argv: str) -> pexpect.spawn[str]:
        child: pexpect.spawn[str] = pexpect.spawn(
            str(self.bench.environment.bin / "runspec"),
            [*argv],
            cwd=str(self.bench.work),
            env={**self.bench.environ(), "TERM": "xterm"},
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=300,
        )
        self.children.append(child)
        return child


@pytest.fixture
def screen(bench: Bench) -> Iterator[Screen]:
    found = Screen(bench)
    yield found
    for child in found.children:
        child.close(force=True)


def test_interrupted_once_the_script_ends_as_it_likes(
    bench: Bench, screen: Screen
) -> None:
    bench.write(train_py=recipe(SAVES))
    child = screen("launch", "train.py")
    child.expect("ready")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.wait()
    assert "press ^C again to leave" in child.before
    assert "saved" in child.before
    assert child.exitstatus == 3


def test_interrupted_twice_it_is_left_and_nothing_of_it_stays(
    bench: Bench, screen: Screen
) -> None:
    bench.write(train_py=recipe(STUBBORN))
    child = screen("launch", "train.py")
    child.expect("ready")
    pid = number_in(bench.work / "pid")
    child.sendintr()
    child.expect("press .C again to leave")
    child.sendintr()
    child.expect("what still ran was killed")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.signalstatus == signal.SIGINT
    assert not runs(pid)


def test_the_terminal_is_the_scripts(bench: Bench, screen: Screen) -> None:
    body = "import os\nprint(os.get_terminal_size().columns, input('name? '))\n"
    bench.write(train_py=recipe(body))
    child = screen("launch", "train.py")
    child.expect("name\\? ")
    child.sendline("me")
    child.expect("80 me")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


def test_waiting_for_a_job_shows_how_it_stands_and_leaving_keeps_it(
    bench: Bench, screen: Screen
) -> None:
    bench.write(train_py=recipe(STUBBORN))
    job = bench.detached("train.py")
    pid = number_in(bench.work / "pid")
    try:
        child = screen("jobs", "logs", job, "--follow")
        child.expect("ready")
        child.expect("runspec: running, [0-9]+ s")
        child.sendintr()
        child.expect("left; the job goes on")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.signalstatus == signal.SIGINT
        assert runs(pid)
        bench.runspec("jobs", "cancel", job)
        until(lambda: not runs(pid))
    finally:
        kill_left(pid)
