"""What a program prints; `subprocess` alone costs as much as Python's own start."""

from __future__ import annotations

import os

NOT_STARTED = 127
CHUNK = 1 << 16
OF_HOOKS = frozenset(
    f"GIT_{name}"
    for name in (
        *("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "COMMON_DIR"),
        *("NAMESPACE", "PREFIX", "DIFF_OPTS", "SHALLOW_FILE", "GRAFT_FILE"),
    )
)
"""What a hook of git has in its environment, for its own repository."""


def environ_of_others() -> dict[str, str]:
    """This environment without what is a call's, secrets included, or a hook's."""
    from ..run.environment import without_call

    kept = without_call(os.environ, ())
    return {name: value for name, value in kept.items() if name not in OF_HOOKS}


class Asked:
    """A program that runs with nothing on stdin and stderr, while this one goes on."""

    __slots__ = ("_pid", "_taken")

    def __init__(self, argv: tuple[str, ...]) -> None:
        self._taken, given = os.pipe()
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        actions = [
            (os.POSIX_SPAWN_DUP2, null, 0),
            (os.POSIX_SPAWN_DUP2, given, 1),
            (os.POSIX_SPAWN_DUP2, null, 2),
        ]
        environ = environ_of_others()
        try:
            self._pid = os.posix_spawnp(argv[0], argv, environ, file_actions=actions)
        except OSError:
            self._pid = 0
        finally:
            os.close(given)
            os.close(null)

    def answer(self) -> tuple[int, bytes]:
        """Its exit status, 127 where it isn't there, and its stdout; asked for once."""
        ended = NOT_STARTED << 8
        try:
            parts = list(iter(lambda: os.read(self._taken, CHUNK), b""))
        finally:
            os.close(self._taken)
            if self._pid:
                ended = os.waitpid(self._pid, 0)[1]
        return os.waitstatus_to_exitcode(ended), b"".join(parts)


def output_of(argv: tuple[str, ...]) -> tuple[int, bytes]:
    """Run a program to its end: its exit status, and its stdout."""
    return Asked(argv).answer()
