"""Files of values that can't be relied on: one error with its fix, and nothing runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SPEC = """\
[p]
description = "Tries it"
autonomy = "autonomous"
runspec_env = "{folder}/p.env"

[p.args]
name = {{ default = "Ada", description = "Who" }}
n = {{ default = 1, description = "How often" }}
"""
PROGRAM = "import runspec\nargs = runspec.parse('p')\nprint('ran', args.as_dict())\n"
RIGHT = {
    "p.env": "RUNSPEC_P_ARG_N=2\nRUNSPEC_P_ARG_NAME=Grace\n",
    "runspec.config.toml": '[p]\nn = 2\nname = "Grace"\n',
    "runspec.toml": SPEC,
}
HALF = {
    "p.env": 'RUNSPEC_P_ARG_N=2\nRUNSPEC_P_ARG_NAME="Gra',
    "runspec.config.toml": '[p]\nn = 2\nname = "Gra',
    "runspec.toml": SPEC[: SPEC.index(" }}\n", SPEC.index("n = {{ default"))],
}
"""The same, cut off in the middle of a value."""
NOBODY = 65_534


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def not_utf_8(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"# \xff\n")


def unreadable(path: Path) -> None:
    path.chmod(0)


def writable_by_all(path: Path) -> None:
    path.chmod(0o666)


def of_another_user(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    os.chown(path, NOBODY, NOBODY)


def half_written(path: Path) -> None:
    path.write_text(HALF[path.name].format(folder=path.parent), "utf-8")


def _call(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "p.py", *argv],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=300,
    )


def _write(folder: Path, name: str) -> Path:
    """The program with its spec and, of the two files of values, only that one."""
    (folder / "p.py").write_text(PROGRAM, "utf-8")
    for each in ("runspec.toml", name):
        (folder / each).write_text(RIGHT[each].format(folder=folder), "utf-8")
        (folder / each).chmod(0o600)
    return folder / name


@pytest.mark.parametrize("name", ["p.env", "runspec.config.toml"])
def test_a_file_that_is_right_is_used(tmp_path: Path, name: str) -> None:
    _write(tmp_path, name)
    assert _call(tmp_path).stdout == "ran {'name': 'Grace', 'n': 2}\n"


@pytest.mark.parametrize("name", ["p.env", "runspec.config.toml", "runspec.toml"])
@pytest.mark.parametrize(
    "spoil",
    [
        a_directory,
        a_fifo,
        not_utf_8,
        half_written,
        pytest.param(unreadable, marks=pytest.mark.unprivileged),
    ],
)
def test_a_file_that_cannot_be_read_whole_stops_the_call(
    tmp_path: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    spoil(_write(tmp_path, name))
    done = _call(tmp_path)
    assert done.stdout == ""
    assert done.returncode == (1 if name == "runspec.toml" else 2)
    assert done.stderr.count("error") == 1, done.stderr
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["p.env", "runspec.config.toml"])
@pytest.mark.parametrize("spoil", [writable_by_all, of_another_user])
def test_values_that_another_user_could_have_written_stop_the_call(
    tmp_path: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    path = _write(tmp_path, name)
    spoil(path)
    done = _call(tmp_path)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.count("error") == 1, done.stderr
    assert str(path) in done.stderr
    assert "run `ch" in done.stderr


@pytest.mark.parametrize("name", ["p.env", "runspec.config.toml"])
def test_what_is_wrong_with_the_file_stands_beside_other_errors(
    tmp_path: Path, name: str
) -> None:
    half_written(_write(tmp_path, name))
    done = _call(tmp_path, "--nmae", "x")
    assert done.stdout == ""
    assert "--nmae" in done.stderr
    assert name in done.stderr
