"""An environment with torch, whose torchrun the tests start: that of the recipes."""

from __future__ import annotations

import sys
from pathlib import Path

from .recipes import built


def torch() -> Path:
    """The environment; it has what the example recipes import besides."""
    return built(sys.executable).parent.parent
