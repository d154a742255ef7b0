"""Processes that start without standard input, output or error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from environments import write

SPEC = """\
[config]
audit = "on"
[config.logging]
[job]
autonomy = "autonomous"
"""
JOB = """\
import logging, os
import runspec
runspec.parse("job")
logging.getLogger().info("logged")
found = []
for number in range(3):
    try:
        os.fstat(number)
    except OSError:
        found.append(number)
open("closed", "w").write(repr(found))
"""


@pytest.mark.parametrize(
    ("words", "closed"),
    [("<&-", [0]), (">&-", [1]), ("2>&-", [2]), ("<&- >&- 2>&-", [0, 1, 2])],
)
def test_what_a_program_has_closed_stays_closed(
    tmp_path: Path, words: str, closed: list[int]
) -> None:
    write(tmp_path, {"runspec.toml": SPEC, "job.py": JOB})
    home = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]}
    line = f"exec {sys.executable} job.py {words}"
    subprocess.run(["sh", "-c", line], cwd=tmp_path, env=home, check=True)
    assert (tmp_path / "closed").read_text("utf-8") == repr(closed)


@pytest.mark.parametrize("words", ["<&-", ">&-", "2>&-"])
def test_the_command_ends_as_ever_without_them(tmp_path: Path, words: str) -> None:
    write(tmp_path, {"runspec.toml": "[job]\nautonomy = 'autonomous'\n"})
    line = f"exec {sys.executable} -m runspec list {words}"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, timeout=300)
    assert done.returncode == 0
