"""Which runnable a program is that goes by another name (FIND-07)."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


def other_names() -> Iterator[str]:
    """The names of this program after its own, nearest first.

    That of the file a link leads to, then of the console script whose function calls.
    """
    started = sys.argv[0] if sys.argv else ""
    if os.path.islink(started):
        base = os.path.basename(os.path.realpath(started))
        yield base
        yield base.removesuffix(".py").removesuffix(".exe")
    yield from _entry_points(sys._getframe(1))


def _entry_points(frame: FrameType | None) -> Iterator[str]:
    """The console scripts that call a running function, innermost first."""
    from importlib.metadata import entry_points

    scripts: dict[str, str] | None = None
    while frame is not None:
        spec = frame.f_globals.get("__spec__")
        module = getattr(spec, "name", None) or frame.f_globals.get("__name__")
        if module not in (None, "__main__") and not str(module).startswith("runspec."):
            if scripts is None:
                found = entry_points(group="console_scripts")
                scripts = {each.value: each.name for each in found}
            name = scripts.get(f"{module}:{frame.f_code.co_name}")
            if name is not None:
                yield name
        frame = frame.f_back
