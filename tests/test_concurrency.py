"""The compiled spec when many programs start at once, and when it can't be trusted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus_room import LONG_AGO
from environments import write

SPEC = """\
[count]
description = "Counts"
autonomy = "autonomous"

[count.args]
n = {default = 1, description = "How many"}
"""
PROGRAM = """\
import os, sys
import runspec
print("ready", flush=True)
os.read(0, 1)
args = runspec.parse("count")
print(args.n.value, "cold" if "runspec.spec.load" in sys.modules else "warm")
"""
MANY = 100


class Counter:
    """A directory with a spec and a program that says what it got, and how."""

    def __init__(self, place: Path) -> None:
        self.home = place / "home"
        self.place = write(place / "here", {"runspec.toml": SPEC, "count.py": PROGRAM})
        self.spec = self.place / "runspec.toml"
        self.folder = self.place / "__pycache__"
        self.cache = self.home / "cache"
        self.home.mkdir()
        self._age()

    def _age(self) -> None:
        os.utime(self.spec, (LONG_AGO, LONG_AGO))

    def start(self, stdin: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.place / "count.py")],
            cwd=self.place,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "XDG_CACHE_HOME": str(self.cache),
            },
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self) -> str:
        """What one run says."""
        program = self.start(subprocess.DEVNULL)
        out, err = program.communicate(timeout=300)
        assert (program.returncode, err) == (0, "")
        return out.removeprefix("ready\n").strip()

    def compile(self) -> Path:
        """Let a run keep the compiled spec; its path."""
        assert self.run() == "1 cold"
        (compiled,) = self.compiled()
        return compiled

    def change_the_spec(self) -> None:
        """In place, with size and time as before: it says 2 then."""
        self.spec.write_text(SPEC.replace("default = 1", "default = 2"), "utf-8")
        self._age()

    def compiled(self) -> list[Path]:
        """The compiled specs, and whatever else was left behind."""
        places = (self.folder, self.cache)
        return [each for p in places for each in p.rglob("*") if not each.is_dir()]


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path)


@pytest.mark.slow
def test_a_hundred_programs_started_at_once_all_get_their_values(counter: Counter):
    read, gate = os.pipe()
    programs = [counter.start(read) for _ in range(MANY)]
    os.close(read)
    try:
        for program in programs:
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
        assert counter.compiled() == []
    finally:
        os.close(gate)
    ends = [program.communicate(timeout=300) for program in programs]
    assert {program.returncode for program in programs} == {0}
    assert {err for _, err in ends} == {""}
    assert {out for out, _ in ends} <= {"1 cold\n", "1 warm\n"}
    (compiled,) = counter.compiled()
    assert compiled.parent == counter.folder
    assert compiled.suffix == ".bin"
    assert counter.run() == "1 warm"


def test_a_compiled_spec_that_can_be_trusted_is_used(counter: Counter):
    counter.compile()
    assert counter.run() == "1 warm"


def test_a_spec_changed_in_place_is_read_anew(counter: Counter):
    counter.compile()
    counter.change_the_spec()
    assert counter.run() == "2 cold"
    assert counter.run() == "2 warm"


def _link(path: Path) -> None:
    other = path.with_name("elsewhere")
    path.rename(other)
    path.symlink_to(other)


def _flip(path: Path, place: Callable[[int], int]) -> None:
    content = bytearray(path.read_bytes())
    content[place(len(content))] ^= 0x10
    path.write_bytes(content)


SPOILERS: dict[str, Callable[[Path], object]] = {
    "writable-by-the-group": lambda path: path.chmod(0o664),
    "writable-by-everyone": lambda path: path.chmod(0o646),
    "a-symbolic-link": _link,
    "a-byte-flipped-in-its-mark": lambda path: _flip(path, lambda size: 0),
    "a-byte-flipped-in-its-sum": lambda path: _flip(path, lambda size: 9),
    "a-byte-flipped-in-its-length": lambda path: _flip(path, lambda size: 19),
    "a-byte-flipped-in-its-index": lambda path: _flip(path, lambda size: size // 3),
    "a-byte-flipped-at-its-end": lambda path: _flip(path, lambda size: size - 2),
    "cut-in-its-head": lambda path: os.truncate(path, 13),
    "cut-by-a-byte": lambda path: os.truncate(path, path.stat().st_size - 1),
    "empty": lambda path: os.truncate(path, 0),
    "a-directory": lambda path: (path.unlink(), path.mkdir()),
    "a-fifo": lambda path: (path.unlink(), os.mkfifo(path, 0o600)),
}


@pytest.mark.parametrize("how", SPOILERS)
def test_a_compiled_spec_that_cannot_be_trusted_is_ignored(counter: Counter, how: str):
    SPOILERS[how](counter.compile())
    assert counter.run() == "1 cold"
    assert counter.run() == "1 warm"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_compiled_spec_of_another_user_is_ignored(counter: Counter):
    os.chown(counter.compile(), 54321, 54321)
    assert counter.run() == "1 cold"


def _no_folder(counter: Counter) -> None:
    counter.folder.write_text("in the way", "utf-8")


def _read_only(counter: Counter) -> None:
    counter.place.chmod(0o555)


@pytest.mark.parametrize(
    "refuse", [_no_folder, pytest.param(_read_only, marks=pytest.mark.unprivileged)]
)
def test_where_the_directory_takes_no_file_the_users_cache_does(
    counter: Counter, refuse: Callable[[Counter], None]
):
    refuse(counter)
    try:
        assert counter.run() == "1 cold"
        assert [path.suffix for path in counter.cache.rglob("*.*")] == [".bin"]
        assert counter.run() == "1 warm"
    finally:
        counter.place.chmod(0o755)


def test_where_no_file_can_be_kept_every_run_is_a_cold_one(counter: Counter):
    _no_folder(counter)
    counter.cache.write_text("in the way", "utf-8")
    assert counter.run() == "1 cold"
    assert counter.run() == "1 cold"
