"""The public implementation of the format, with tools, as another host may have it.

It is a black box: its `runspec serve` is started, and nothing of it is read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from environments import write

from . import setup

REQUIREMENTS = Path(__file__).with_name("requirements-public.txt")
SPEC = """\
[report]
description = "Says what it was given"
autonomy = "autonomous"
[report.args]
word = { type = "str", position = 1 }
count = { type = "int", default = 1 }
loud = { type = "flag" }
items = { type = "str", multiple = true, required = false }

[ask]
autonomy = "confirm"
[ask.commands.deep]
description = "Asks"

[hand]
autonomy = "manual"
"""
CODE = """\
import runspec

def report():
    args = runspec.parse("report")
    print(args.word.value, args.count.value, args.loud.value, args.items.value)

def ask():
    runspec.parse("ask")
    print("asked")

def hand():
    print("by hand")
"""
PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "publictools"
version = "1.0"
dependencies = ["runspec"]
[project.scripts]
report = "publictools:report"
ask = "publictools:ask"
hand = "publictools:hand"
[tool.setuptools]
packages = ["publictools"]
package-data = { publictools = ["runspec.toml"] }
"""


def public() -> Path:
    """An environment that has it; its `bin/runspec` is that of the host."""
    return setup.kept("public", [REQUIREMENTS, Path(__file__)], _install)


def _install(place: Path) -> None:
    files = {"publictools/runspec.toml": SPEC, "publictools/__init__.py": CODE}
    project = write(place / "project", {**files, "pyproject.toml": PROJECT})
    setup._run(sys.executable, "-m", "venv", str(place), cwd=place)
    pip = (str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    install = (*pip, "install", "--quiet")
    setup._run(*install, "-r", str(REQUIREMENTS), cwd=place)
    own = ("--no-deps", "--no-build-isolation", str(project))
    setup._run(*install, *own, cwd=place)
