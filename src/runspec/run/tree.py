"""All processes that a program has started, however they were started."""

from __future__ import annotations

import os

from ..compat import signal
from .libc import prctl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
"""prctl(2)."""
ENDED = ("Z", "X")
"""States of a process that has ended (proc_pid_stat(5))."""


def end_with_parent(parent: int) -> None:
    """End this process when the one that forked it ends."""
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def outlive_parent() -> None:
    """Take back `end_with_parent`."""
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)


class Tree:
    """The descendants of this process, which adopts those that lose their parent."""

    poll = float("inf")
    """Seconds after which `empty` must be asked again; SIGCHLD says it here."""

    def __init__(self) -> None:
        self._root = os.getpid()

    def end(self) -> None:
        """Ask all of them to end; one that is stopped can't hear it."""
        pids = self._pids()
        send(pids, signal.SIGTERM)
        send(pids, signal.SIGCONT)

    def kill(self) -> None:
        """Kill all; they are stopped first, so that none starts another meanwhile."""
        found: set[int] = set()
        for _ in range(100):
            more = self._pids() - found
            if not more:
                break
            send(more, signal.SIGSTOP)
            found |= more
        send(found, signal.SIGKILL)

    def empty(self) -> bool:
        """Asked when no child is left."""
        return True

    def left(self) -> int:
        """How many haven't ended; at least 1, as some may be out of sight."""
        return max(1, len(self._pids(without=ENDED)))

    def _pids(self, without: tuple[str, ...] = ()) -> set[int]:
        children: dict[int, list[int]] = {}
        for pid, parent, state in processes():
            if state not in without:
                children.setdefault(parent, []).append(pid)
        found: set[int] = set()
        todo = [self._root]
        while todo:
            new = children.pop(todo.pop(), [])
            found.update(new)
            todo += new
        return found


class Group:
    """The process group of a program, where the system can't tell its descendants."""

    poll = 0.05

    def __init__(self, leader: int) -> None:
        self._leader = leader

    def end(self) -> None:
        send([-self._leader], signal.SIGTERM)
        send([-self._leader], signal.SIGCONT)

    def kill(self) -> None:
        send([-self._leader], signal.SIGKILL)

    def empty(self) -> bool:
        try:
            os.killpg(self._leader, 0)
        except OSError:
            return True
        return False

    def left(self) -> int:
        return 1


def adopt() -> None:
    """Make this process the parent of each descendant that loses its own."""
    if prctl is not None:
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def can_adopt() -> bool:
    """Whether the system has that, and so knows all that a program has started."""
    return prctl is not None


def tree_of(leader: int) -> Tree | Group:
    """The tree of a program that this process, which adopts, has forked."""
    return Tree() if can_adopt() else Group(leader)


def ended_children() -> Iterator[tuple[int, int]]:
    """Each child that has ended by now: its id and exit status, or minus a signal.

    Raises ChildProcessError when no child is left.
    """
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def send(pids: Iterable[int], number: int) -> None:
    """Signal processes; one that is gone or not ours is passed over."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            continue


def processes() -> list[tuple[int, int, str]]:
    """Each process of the machine: its id, its parent's, its state."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    text = file.read()
            except OSError:
                continue
            state, parent = text.rpartition(b")")[2].split(None, 2)[:2]
            found.append((int(name), int(parent), state.decode()))
    return found
