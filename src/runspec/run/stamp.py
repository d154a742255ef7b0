"""Whether a file is still the one that was there."""

from __future__ import annotations

import os

from ..specfile import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .handover import Stamp


def stamp(path: str) -> Stamp | None:
    """What tells a file from a later one in its place; None where there is none."""
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return path, *identity(seen)


def comes_with_python(path: str) -> bool:
    """Whether a module's file is of the standard library."""
    library = os.path.dirname(os.__file__) + os.sep
    return path.startswith(library) and "-packages" + os.sep not in path
