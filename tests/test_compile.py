"""What is compiled is kept where people run: whatever variable, folder or image."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from corpus_room import LONG_AGO, settle
from environments import Environment, write

SPEC = """\
[greet]
description = "Greets"
autonomy = "autonomous"

[greet.args]
name = { type = "str", description = "Whom" }
"""
PROGRAM = """\
import sys, runspec
sys.argv = ["greet", "--name", "ada"]
print(runspec.parse().name.value)
print("cold" if "runspec.spec.build" in sys.modules else "warm")
"""
COLD, WARM = ["ada", "cold"], ["ada", "warm"]


class Program:
    """A program with a spec beside it, in a folder of its own."""

    def __init__(self, place: Path) -> None:
        files = {"runspec.toml": SPEC, "program.py": PROGRAM}
        self.place = write(place / "program", files)
        self.home = place / "home"
        self.home.mkdir()
        self.spec = self.place / "runspec.toml"
        os.utime(self.spec, (LONG_AGO, LONG_AGO))

    def run(self, *argv: str, umask: int = 0o022, **variables: str) -> list[str]:
        """The lines that a process prints, by default the program."""
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.home), **variables}
        done = subprocess.run(
            [sys.executable, *(argv or ("program.py",))],
            cwd=self.place,
            env=environ,
            umask=umask,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    made = Program(tmp_path)
    settle(made.place)
    return made


def test_a_second_start_is_warm_where_python_may_write_no_bytecode(program: Program):
    without = {"PYTHONDONTWRITEBYTECODE": "1"}
    assert program.run(**without) == COLD
    assert program.run(**without) == WARM
    assert not list(program.place.rglob("*.pyc"))


def test_where_the_folder_cannot_be_written_the_users_cache_is_used(program: Program):
    (program.place / "__pycache__").write_text("in the way", "utf-8")
    assert program.run() == COLD
    assert program.run() == WARM
    assert list((program.home / ".cache" / "runspec").glob("*.bin"))


def test_an_edit_of_the_same_size_under_the_same_time_is_seen(program: Program):
    program.run()
    seen = program.spec.stat()
    program.spec.write_text(SPEC.replace('"Greets"', '"Gruess"'), "utf-8")
    os.utime(program.spec, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert (seen.st_size, seen.st_ino) == (
        program.spec.stat().st_size,
        program.spec.stat().st_ino,
    )
    assert program.run() == COLD


def test_a_spec_that_was_just_written_is_not_kept(program: Program):
    program.run()
    now = program.spec.stat().st_ctime_ns
    code = "import sys; from runspec.source.replace import is_settled as settled; "
    code += "print(*(settled(int(sys.argv[1]), int(each)) for each in sys.argv[2:]))"
    times = (now, now, now + 2_000_000_000)
    assert program.run("-c", code, *map(str, times)) == ["False True"]


class TestPrepared:
    """`runspec compile`, and then another place and time."""

    @pytest.fixture
    def prepared(self, program: Program) -> Program:
        """As a layer of an image has it: whole seconds, other inodes and ctimes."""
        program.run("-m", "runspec", "compile")
        copy = program.place.with_name("layer")
        shutil.copytree(program.place, copy)
        shutil.rmtree(program.place)
        shutil.move(copy, program.place)
        for path in program.place.rglob("*"):
            os.utime(path, (LONG_AGO + 5, LONG_AGO + 5))
        return program

    def test_the_first_start_is_warm(self, prepared: Program):
        assert prepared.run() == WARM

    def test_it_stays_so_where_nothing_can_be_written(self, prepared: Program):
        assert prepared.run(HOME="/nowhere", XDG_CACHE_HOME="relative") == WARM

    def test_another_spec_in_its_place_is_read(self, prepared: Program):
        seen = prepared.spec.stat()
        other = SPEC.replace("[greet.args]", "[greet.args]\n# another")
        prepared.spec.write_text(other, "utf-8")
        os.utime(prepared.spec, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        assert prepared.run() == COLD

    @pytest.mark.parametrize("mode", [0o666, 0o664])
    def test_what_others_could_write_is_not_trusted(self, prepared: Program, mode: int):
        for path in prepared.place.rglob("*.bin"):
            path.chmod(mode)
        assert prepared.run() == COLD

    def test_a_fault_of_a_spec_fails(self, program: Program):
        program.spec.write_text("[greet\n", "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "runspec", "compile", "runspec.toml", "none.toml"],
            cwd=program.place,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "runspec.toml:1:" in done.stderr
        assert "none.toml" in done.stderr


def test_everything_that_is_installed_is_compiled(bare: Environment):
    done = bare.run("compile", "--installed", XDG_CACHE_HOME=str(bare.home / "build"))
    assert done.returncode == 0, done.stderr
    assert list(bare.site.rglob("runspec/cli/__pycache__/runspec.toml.*.bin"))


@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o775), (0o027, 0o750)])
def test_a_cache_beside_a_spec_has_the_modes_of_pythons_own(
    program: Program, umask: int, mode: int
):
    program.run(umask=umask)
    folder = program.place / "__pycache__"
    assert folder.stat().st_mode & 0o777 == mode


def test_private_directories_are_private_at_each_level(program: Program):
    program.run(umask=0o000)
    made = [program.home / ".local", *(program.home / ".local").rglob("*")]
    folders = [path for path in made if path.is_dir()]
    assert len(folders) >= 4
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
