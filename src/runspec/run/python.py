"""The Python that runs a script which names none (LCH-10)."""

from __future__ import annotations

import os
import sys

VARIABLE = "VIRTUAL_ENV"
TOOLS = ("pipx_metadata.json", "uv-receipt.toml")
"""Files in the environment of a program that pipx or uv has installed by itself."""
CACHED = "/archive-v"
"""Part of the paths of environments that `uvx` makes for one call."""


def python_here() -> tuple[str, str]:
    """Its absolute path, and why it is that one.

    It is that of the activated virtual environment, else the first `python` of PATH,
    else this one. The environment of an installed tool isn't the script's.
    """
    if active := os.environ.get(VARIABLE):
        path = os.path.join(active, "bin", "python")
        if os.path.isabs(path) and os.access(path, os.X_OK):
            return _own(path), f"{VARIABLE} is {active}"
    tool = is_tool(sys.prefix)
    for directory in os.get_exec_path():
        path = os.path.join(os.path.abspath(directory), "python")
        if not (os.path.isfile(path) and os.access(path, os.X_OK)):
            continue
        if not (tool and _own(path) == sys.executable):
            return _own(path), "the first of PATH"
    return sys.executable, "it runs runspec"


def is_tool(prefix: str) -> bool:
    """Whether an environment has a program that was installed apart."""
    return CACHED in prefix or any(
        os.path.lexists(os.path.join(prefix, name)) for name in TOOLS
    )


def _own(path: str) -> str:
    """This interpreter by its own name, where that is the same one."""
    own = os.path.dirname(os.path.abspath(sys.executable))
    return sys.executable if os.path.dirname(path) == own else path
