"""OmegaConf in environments of their own, one for each version that is supported."""

from __future__ import annotations

import sys
from pathlib import Path

from .setup import _run, kept

VERSIONS = {"2.3": "omegaconf==2.3.*", "2.4": "omegaconf>=2.4.0.dev0,<2.5"}
"""What pip is asked for; 2.4 may be a pre-release."""


def python(version: str) -> Path:
    """The Python of the environment with that version."""

    def install(place: Path) -> None:
        _run(sys.executable, "-m", "venv", str(place), cwd=place)
        pip = (
            str(place / "bin" / "python"),
            "-Im",
            "pip",
            "--disable-pip-version-check",
        )
        _run(*pip, "install", "--quiet", "--pre", VERSIONS[version], cwd=place)

    here = Path(__file__)
    return kept(f"omegaconf-{version}", [here], install) / "bin" / "python"
