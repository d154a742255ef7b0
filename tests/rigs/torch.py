"""A virtual environment with torch, whose torchrun the tests start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .setup import HERE, UnavailableError, kept

VERSION = "torch==2.13.0"
"""A wheel for CPUs."""


def torch() -> Path:
    """The environment; there is nothing else in it."""
    return kept("torch", [HERE / "torch.py"], _install)


def _install(place: Path) -> None:
    _run(sys.executable, "-m", "venv", str(place))
    pip = (str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "install", "--quiet", VERSION, "numpy")


def _run(*argv: str) -> None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=900)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(str(error)) from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["failed"]
        raise UnavailableError(f"{argv[0]}: {said[-1]}")
