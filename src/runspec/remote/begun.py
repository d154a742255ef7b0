"""A `runspec serve` of another host, begun before what talks to it is loaded.

ssh and the start of Python there take as long as loading all the rest here.
"""

from __future__ import annotations

import os

from ..compat import signal
from ..errors import Fault, RunspecError
from .ssh import runspec_argv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ssh import Target


class Begun:
    """The process of ssh: its id, and our ends of its pipes, which don't block.

    It isn't in the terminal's foreground, so that a Ctrl-C there reaches it only where
    it is passed on.
    """

    __slots__ = ("pid", "stderr", "stdin", "stdout", "target")

    def __init__(self, target: Target, argv: Sequence[str]) -> None:
        self.target = target
        theirs, self.stdin = os.pipe()
        self.stdout, stdout = os.pipe()
        self.stderr, stderr = os.pipe()
        try:
            self.pid = os.posix_spawnp(
                argv[0],
                list(argv),
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs, 0),
                    (os.POSIX_SPAWN_DUP2, stdout, 1),
                    (os.POSIX_SPAWN_DUP2, stderr, 2),
                ],
                setpgroup=0,
                setsigdef=[signal.SIGPIPE],  # Python ignores it
            )
        except OSError:
            for each in (self.stdin, self.stdout, self.stderr):
                os.close(each)
            raise
        finally:
            for each in (theirs, stdout, stderr):
                os.close(each)
        for each in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(each, False)


def begin(target: Target, words: Sequence[str] = ()) -> Begun:
    """Begin it with these options. Raises RunspecError (`host-unreachable`)."""
    argv = runspec_argv(target, ("serve", *words), shared=True)
    try:
        return Begun(target, argv)
    except OSError as error:
        why = f"{argv[0]}: {error.strerror}"
        raise RunspecError(Fault("host-unreachable", target.name, detail=why)) from None


def begin_call(target: Target) -> Begun:
    """Begin one for a single call. Raises RunspecError (`host-unreachable`).

    Any version of `runspec serve` takes what is on its command line.
    """
    return begin(target)
