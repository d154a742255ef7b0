"""The `runspec` command, declared by the `runspec.toml` beside this file."""

from __future__ import annotations

import gc
import os

from ..run.standard import open_standard

OWN = os.path.join(os.path.dirname(__file__), "runspec.toml")
INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""

ANYWHERE = frozenset(
    ("check", "compile", "connect", "env", "init", "list", "local", "show")
)
"""The verbs that need no processes, users or locks of POSIX."""
COLLECTED = 5_000
"""New objects before the next collection; with Python's own 700, loading makes some."""


def main() -> int:
    """Run the command that `sys.argv` names; its exit status.

    0 is success, 1 a fault, 2 a wrong call. Only the chosen verb is imported.
    """
    try:
        return _main()
    except KeyboardInterrupt:
        return INTERRUPTED
    except FileNotFoundError:
        if _has_directory():
            raise
    from ..errors import Fault, RunspecError
    from ..stop import stop

    gone = Fault("unreadable", "the working directory", detail="it is no longer there")
    raise stop(RunspecError(gone), None)


def _has_directory() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _main() -> int:
    from .. import parse
    from ..errors import RunspecError, require_posix

    open_standard()
    gc.set_threshold(COLLECTED)
    args = parse("runspec", config_path=OWN)
    name = args.runspec_command_path[0]
    try:
        if name not in ANYWHERE:
            require_posix(f"runspec {name}")
        verb = __import__(f"{__name__}.{name}", fromlist=("run",))
        status: int = verb.run(args)
    except RunspecError as error:
        from ..stop import stop

        raise stop(error, None) from None
    return status
