"""The `runspec` command, declared by the `runspec.toml` beside this file."""

from __future__ import annotations

import gc
import os
import sys

from ..run.standard import open_standard

OWN = os.path.join(os.path.dirname(__file__), "runspec.toml")

ANYWHERE = frozenset(
    ("check", "compile", "connect", "env", "init", "list", "local", "show")
)
"""The verbs that need no processes, users or locks of POSIX."""
TRANSLATED = (["exec"], ["history"], ["logs"], ["deny"], ["audit"])
"""What some words of another implementation stand behind."""
COLLECTED = 5_000
"""New objects before the next collection; with Python's own 700, loading makes some."""


def main() -> int:
    """Run the command that `sys.argv` names; its exit status.

    0 is success, 1 a fault, 2 a wrong call. Only the chosen verb is imported. Raises
    KeyboardInterrupt, of which nothing is shown.
    """
    try:
        return _main()
    except KeyboardInterrupt as error:
        from ..interrupt import hide

        hide(error)
        raise
    except FileNotFoundError as error:
        raise _stop_without_directory() or error from None


def with_separator(argv: list[str]) -> list[str]:
    """`runspec run` hands on all that stands behind the runnable's name (INJ-08).

    A `--` put there tells the options of the command from those of the program.
    `runspec` alone and `runspec help` ask for help.
    """
    if argv in ([], ["help"]):
        return ["--help"]
    if argv[:1] == ["help"]:
        return [*argv[1:], "--help"]
    if argv[:1] != ["run"]:
        return argv
    for at, token in enumerate(argv[1:], 1):
        if token == "--":  # noqa: S105
            return argv
        if len(token) < 2 or token[0] != "-":
            named, more = argv[: at + 1], argv[at + 1 :]
            return argv if more[:1] in ([], ["--"]) else [*named, "--", *more]
    return argv


def _translate(argv: list[str]) -> list[str]:
    if argv[:1] not in TRANSLATED:
        return argv
    from .alias import translate

    return translate(argv)


def _forget_call(verb: str) -> None:
    """The values of a call that are in the environment are no verb's (INJ-07).

    But those of a launch that a server has started as the program of a recipe.
    """
    from ..inheritance import is_own, without_exports

    if verb != "launch" or not is_own(os.environ):
        environ = without_exports(os.environ)
        os.environ.clear()
        os.environ.update(environ)


def _stop_without_directory() -> BaseException | None:
    """What ends a command whose working directory is gone; None where it is there."""
    from ..errors import RunspecError, require_directory
    from ..stop import stop

    try:
        require_directory()
    except RunspecError as error:
        return stop(error, None)
    return None


def _main() -> int:
    from .. import parse
    from ..errors import RunspecError, require_posix

    open_standard()
    gc.set_threshold(COLLECTED)
    sys.argv[1:] = with_separator(_translate(sys.argv[1:]))
    args = parse("runspec", config_path=OWN)
    name = args.runspec_command_path[0]
    if "RUNSPEC_RUNNABLE" in os.environ:
        _forget_call(name)
    try:
        if name not in ANYWHERE:
            require_posix(f"runspec {name}")
        verb = __import__(f"{__name__}.{name}", fromlist=("run",))
        status: int = verb.run(args)
    except RunspecError as error:
        from ..stop import stop

        raise stop(error, None) from None
    return status
