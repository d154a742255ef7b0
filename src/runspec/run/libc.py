"""Two functions of the system's C library that `os` hasn't."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _function(name: str) -> Callable[..., int] | None:
    """One that takes and returns int; `ctypes` costs three times what it wraps."""
    try:
        from _ctypes import FUNCFLAG_CDECL, CFuncPtr, _SimpleCData, dlopen, dlsym

        class Int(_SimpleCData):  # type: ignore[type-arg]
            _type_ = "i"

        class Function(CFuncPtr):
            _flags_ = FUNCFLAG_CDECL
            _restype_ = Int

        found: Callable[..., int] = Function(dlsym(dlopen(None, 0), name))  # type: ignore[arg-type]
    except (ImportError, OSError, AttributeError, TypeError):
        return None
    return found


leave = _function("exit")
"""exit(3)."""
prctl = _function("prctl") if os.path.exists("/proc/self/stat") else None
"""prctl(2), where it comes with a /proc that shows what it does."""
