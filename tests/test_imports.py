"""What a start loads: the modules it needs, and none that are slow to load."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus_room import LONG_AGO
from environments import ROOT, write

OWN = {
    "runspec",
    "runspec.call",
    "runspec.model",
    "runspec.paths",
    "runspec.record",
    "runspec.resolve",
    "runspec.specfile",
}
SLOW = {
    "argparse",
    "dataclasses",
    "difflib",
    "enum",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "re",
    "tomllib",
    "typing",
}
SPEC = """\
[greet]
description = "Greets"
autonomy = "autonomous"

[greet.args]
name = {type = "str", description = "Whom"}
times = {default = 1, range = [1, 9], description = "How often"}
loud = {default = false, short = "-l", description = "In capitals"}
color = {options = ["red", "blue"], default = "red", description = "Of what"}
tag = {type = "str", multiple = true, required = false, description = "Tags"}
to = {type = "path", default = "out", description = "Where to"}
"""
PROGRAM = """\
import sys
sys.path.insert(0, LIBRARY)
before = set(sys.modules)
import greet_words
import runspec
try:
    args = runspec.parse()
    print(greet_words.HELLO, args.times.value, args.loud.value, args.tag.value)
    if args.tag.value:
        print(args.to.value.name)
finally:
    print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""


class Greet:
    """A small program with a copy of the library, and so of its bytecode."""

    def __init__(self, place: Path) -> None:
        self.place = write(
            place / "greet",
            {
                "runspec.toml": SPEC,
                "__main__.py": PROGRAM.replace("LIBRARY", repr(str(place))),
            },
        )
        write(place, {"greet_words.py": "HELLO = 'hello'\n"})
        self.library = place / "runspec"
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src" / "runspec", self.library, ignore=skip)
        os.utime(self.place / "runspec.toml", (LONG_AGO, LONG_AGO))

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run it as `python -I` does, with nothing of this process's environment."""
        return subprocess.run(
            [sys.executable, "-I", str(self.place / "__main__.py"), *argv],
            cwd=self.place,
            env={"PATH": os.environ["PATH"], "HOME": str(self.place)},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def loaded(self, *argv: str) -> set[str]:
        """The modules that a run that ends well has loaded."""
        done = self.run(*argv)
        assert done.returncode == 0, done.stderr
        return set(done.stderr.split())

    @property
    def bytecode(self) -> list[Path]:
        """The bytecode of the modules of every start."""
        modules = (
            "__init__",
            "call",
            "model",
            "paths",
            "record",
            "specfile",
            "resolve/__init__",
        )
        paths = [self.library / f"{module}.py" for module in modules]
        tag = sys.implementation.cache_tag
        return [
            path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc" for path in paths
        ]


@pytest.fixture
def greet(tmp_path: Path) -> Greet:
    return Greet(tmp_path)


CALL = ("--name=ada", "--times=3", "-l")
SAYS = "hello 3 True None\n"


def test_a_warm_call_loads_a_few_small_modules_and_the_programs_own(greet: Greet):
    greet.loaded(*CALL)
    assert greet.loaded(*CALL) == {*OWN, "atexit", "greet_words"}


def test_without_history_what_records_it_is_not_loaded(greet: Greet):
    write(greet.place, {"runspec.toml": "[config]\nhistory = false\n" + SPEC})
    os.utime(greet.place / "runspec.toml", (LONG_AGO, LONG_AGO))
    greet.loaded(*CALL)
    recording = {"atexit", "runspec.record"}
    assert not greet.loaded(*CALL) & recording


def test_a_pattern_adds_only_our_own_matcher_to_a_warm_call(greet: Greet):
    pattern = SPEC.replace('"Whom"', '"Whom", pattern = "[a-z]+"')
    write(greet.place, {"runspec.toml": pattern})
    os.utime(greet.place / "runspec.toml", (LONG_AGO, LONG_AGO))
    greet.loaded(*CALL)
    added = greet.loaded(*CALL) - {*OWN, "atexit", "greet_words"}
    assert added == {"__future__", "runspec.spec", "runspec.spec.match"}


def test_a_cold_call_loads_none_of_the_slow_modules(greet: Greet):
    loaded = greet.loaded(*CALL)
    assert "runspec.spec.build" in loaded
    assert not loaded & SLOW


@pytest.mark.parametrize("state", ["cold", "warm"])
def test_help_loads_none_of_the_slow_modules(greet: Greet, state: str):
    if state == "warm":
        greet.loaded(*CALL)
    loaded = greet.loaded("--help")
    assert "runspec.render.help" in loaded
    assert ("runspec.spec.build" in loaded) is (state == "cold")
    assert not loaded & SLOW


def test_pathlib_is_loaded_when_a_path_is_read_and_not_before(greet: Greet):
    greet.loaded(*CALL)
    assert "pathlib" not in greet.loaded(*CALL, "--to=here")
    done = greet.run(*CALL, "--to=here", "--tag=a")
    assert done.stdout == "hello 3 True ['a']\nhere\n"
    assert "pathlib" in done.stderr.split()


def test_the_second_start_of_a_program_takes_every_module_from_bytecode(greet: Greet):
    greet.loaded(*CALL)
    assert all(path.is_file() for path in greet.bytecode)
    for source in (path.parent.parent / f"{_stem(path)}.py" for path in greet.bytecode):
        seen = source.stat()
        source.write_bytes(b"!" * seen.st_size)
        os.utime(source, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    done = greet.run(*CALL)
    assert (done.returncode, done.stdout) == (0, SAYS)


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]


def _stale(path: Path) -> None:
    """Bytecode of another source, as a newer version of the library finds it."""
    other = path.with_name("other.py")
    other.write_text("raise SystemExit('old bytecode was run')\n", "utf-8")
    os.utime(other, (LONG_AGO, LONG_AGO))
    py_compile.compile(str(other), cfile=str(path), doraise=True)


def _hashed(path: Path) -> None:
    """Bytecode that is checked against the source's hash (PEP 552)."""
    source = path.parent.parent / f"{_stem(path)}.py"
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    py_compile.compile(
        str(source), cfile=str(path), doraise=True, invalidation_mode=mode
    )


SPOILERS: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "stale": _stale,
    "hashed": _hashed,
    "empty": lambda path: path.write_bytes(b""),
    "cut-in-its-head": lambda path: os.truncate(path, 11),
    "of-another-python": lambda path: path.write_bytes(b"\0" + path.read_bytes()[1:]),
    "a-directory": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("spoiled", [*range(6), "all"])
@pytest.mark.parametrize("how", SPOILERS)
def test_bytecode_that_cannot_be_used_changes_nothing(
    greet: Greet, how: str, spoiled: object
):
    greet.loaded(*CALL)
    for number, path in enumerate(greet.bytecode):
        if spoiled in ("all", number):
            SPOILERS[how](path)
    done = greet.run(*CALL)
    assert (done.returncode, done.stdout) == (0, SAYS), done.stderr
    assert set(done.stderr.split()) >= OWN


@pytest.mark.parametrize("option", ["-O", "-OO", "-B", "-Xfrozen_modules=off"])
def test_an_option_of_python_changes_nothing(greet: Greet, option: str):
    program = str(greet.place / "__main__.py")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-I", option, program, *CALL],
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(greet.place)},
            timeout=300,
        )
        assert (done.returncode, done.stdout) == (0, SAYS), done.stderr
