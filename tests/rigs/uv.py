"""uv, in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from .setup import HERE, kept
from .tools import run


def uv() -> Path:
    """The folder that has the program `uv`."""
    return kept("uv", [HERE / "uv.py"], _install) / "bin"


def _install(place: Path) -> None:
    run(sys.executable, "-m", "venv", str(place))
    pip = (str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "uv")
