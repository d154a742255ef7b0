"""A user's directories (XDG Base Directory specification).

A variable that is empty or relative is ignored, as the specification says. Each is
"" for a user without a home directory.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def cache_dir(environ: "Mapping[str, str]") -> str:
    """What can be made again: XDG_CACHE_HOME, by default `~/.cache`."""
    return _user_dir(environ, "XDG_CACHE_HOME", ".cache")


def state_dir(environ: "Mapping[str, str]") -> str:
    """What is to stay on this machine: XDG_STATE_HOME, by default `~/.local/state`."""
    return _user_dir(environ, "XDG_STATE_HOME", ".local/state")


def config_dir(environ: "Mapping[str, str]") -> str:
    """What a person writes: XDG_CONFIG_HOME, by default `~/.config`."""
    return _user_dir(environ, "XDG_CONFIG_HOME", ".config")


def runtime_dir(environ: "Mapping[str, str]") -> str:
    """Sockets and the like, gone at logout: XDG_RUNTIME_DIR, which has no default."""
    named = environ.get("XDG_RUNTIME_DIR", "")
    return named if os.path.isabs(named) else ""


def _user_dir(environ: "Mapping[str, str]", variable: str, default: str) -> str:
    named = environ.get(variable, "")
    if os.path.isabs(named):
        return named
    home = environ.get("HOME") or os.path.expanduser("~")
    return f"{home}/{default}" if os.path.isabs(home) else ""
