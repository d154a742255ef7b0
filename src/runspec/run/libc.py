"""Two functions of the system's C library that `os` hasn't."""

from __future__ import annotations

import os

from ..compat import c_library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _function(name: str) -> Callable[..., int] | None:
    """One that takes and returns int."""
    try:
        address, _, to_int = c_library("i")
        found: Callable[..., int] = to_int(address(name))
    except (ImportError, OSError, AttributeError, TypeError):
        return None
    return found


leave = _function("exit")
"""exit(3)."""
prctl = _function("prctl") if os.path.exists("/proc/self/stat") else None
"""prctl(2), where it comes with a /proc that shows what it does."""
