"""What is to be started, and how it ended."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .become import Become


class Order:
    """A program to start.

    `argv` begins with the program's absolute path. `environ` is its whole environment
    but for RUNSPEC_PROGRESS. `script` is an item of `argv`: the Python file that
    starting the program comes to, run by this very interpreter without options.
    `warm`: such a script runs in a fork of a started interpreter, which has the
    script's module imported where that leaves no trace; else in a new interpreter.
    `become` says how it comes to run as another user.
    """

    __slots__ = ("argv", "become", "cwd", "environ", "script", "warm")

    def __init__(
        self,
        argv: tuple[str, ...],
        environ: Mapping[str, str],
        cwd: str,
        *,
        script: str | None = None,
        warm: bool = False,
        become: Become | None = None,
    ) -> None:
        self.argv = argv
        self.environ = dict(environ)
        self.cwd = cwd
        self.script = script
        self.warm = warm
        self.become = become


class Ending:
    """How a program ended.

    `status` is its exit code, or the signal that ended it, negative. `started` is
    False where nothing was run; `reason` says why, or that it isn't known how the
    program ended. `left` counts processes that could not be stopped.
    """

    __slots__ = ("left", "reason", "started", "status")

    def __init__(
        self, status: int, started: bool = True, reason: str = "", left: int = 0
    ) -> None:
        self.status = status
        self.started = started
        self.reason = reason
        self.left = left


NOT_STARTED = 127
"""The status of what wasn't started, as a shell has it."""
