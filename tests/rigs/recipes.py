"""What the example recipes are launched with, and what their scripts import."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import PIP, ROOT, Environment
from rigs.setup import RIGS, UnavailableError, rig

EXAMPLE = ROOT / "examples" / "recipes"
CACHE = RIGS / "recipes"
"""The user's cache of these launches, which keeps what they build."""
BUILD = """
import sys
from runspec.launch.local.interpreter import interpreter_of
from runspec.recipe import parse
built = [interpreter_of(parse(path)) for path in sys.argv[1:]]
for each in built:
    each.build()
print(built[0].python)
"""
MINUTES = 900.0


@pytest.fixture(scope="session")
def with_omegaconf(make_environment: Callable[[], Environment]) -> Environment:
    """This project with the extra `recipes`; tests leave it as it is."""
    environment = make_environment()
    pip = [*PIP, "--python", str(environment.bin / "python"), "install", "--quiet"]
    subprocess.run([*pip, "omegaconf"], check=True)
    return environment


@pytest.fixture(scope="session")
def recipe_python(with_omegaconf: Environment) -> Path:
    """The interpreter that `runspec launch` has built for train.py in CACHE."""

    def build() -> Path:
        return built(str(with_omegaconf.bin / "python"))

    return rig(build)


def built(python: str) -> Path:
    """The interpreter of train.py, built by that one. Raises UnavailableError."""
    scripts = [str(EXAMPLE / name) for name in ("train.py", "prepare.py")]
    active = {"VIRTUAL_ENV": str(Path(python).parent.parent)}
    environ = {**os.environ, **active, "XDG_CACHE_HOME": str(CACHE)}
    argv = [python, "-c", BUILD, *scripts]
    done = subprocess.run(
        argv, env=environ, capture_output=True, text=True, timeout=MINUTES
    )
    if done.returncode:
        raise UnavailableError((done.stderr.strip().splitlines() or ["failed"])[-1])
    return Path(done.stdout.strip())
