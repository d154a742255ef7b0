"""A user's directories (XDG Base Directory specification), and how files are opened.

A variable that is empty or relative is ignored, as the specification says. Each is
"" for a user without a home directory.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CLOSED = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
"""open(2): not for programs that are started, and waiting for nothing. A system that
lacks such a flag does without."""
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
NO_TERMINAL = getattr(os, "O_NOCTTY", 0)
IS_POSIX = hasattr(os, "fork") and hasattr(os, "geteuid")
"""Whether processes and users are what POSIX has."""


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


def make_private(path: str) -> None:
    """Make a directory and those above that are missing, each for this user only.

    `os.makedirs` gives its mode to the last alone. Raises OSError.
    """
    above = os.path.dirname(path)
    if above not in ("", path) and not os.path.isdir(above):
        make_private(above)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
