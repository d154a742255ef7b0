"""A program that starts a family of processes, and how a test sees them end."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path
from time import monotonic

PATIENCE = 300.0

FAMILY = """
trap '' TERM
(setsid bash -c 'trap "" TERM; echo $BASHPID > pids; exec sleep 1000' &)
bash -c 'echo $BASHPID > pids; exec sleep 1000' &
bash -c 'echo $BASHPID > pids; trap "" TERM HUP; sleep 1000 & wait; wait' &
echo $BASHPID > pids
sleep 1000 & wait; wait
"""
"""In bash: one in a session of its own, and all but one ignore TERM."""


class Family:
    """The processes that a tool starts; each writes its id to a pipe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        os.mkfifo(folder / "pids")
        (folder / "pids").chmod(0o666)
        self._pipe = os.open(folder / "pids", os.O_RDWR)
        self._members: list[int] = []

    def begun(self, size: int = 4) -> None:
        """Wait until all of them are there."""
        said = b""
        while said.count(b"\n") < size:
            ready, _, _ = select.select([self._pipe], [], [], PATIENCE)
            assert ready, "the family never came to be"
            said += os.read(self._pipe, 4096)
        for pid in said.split():
            with suppress(ProcessLookupError):
                self._members.append(os.pidfd_open(int(pid)))

    def gone(self, patience: float = PATIENCE) -> bool:
        """Whether every one of them ends in time."""
        until = monotonic() + patience
        while self._members:
            left = max(0, until - monotonic())
            ended, _, _ = select.select(self._members, [], [], left)
            if not ended:
                return False
            for each in ended:
                self._members.remove(each)
                os.close(each)
        return True

    def kill(self) -> None:
        """End what is meant to be left."""
        for each in self._members:
            signal.pidfd_send_signal(each, signal.SIGKILL)

    def close(self) -> None:
        for each in (self._pipe, *self._members):
            os.close(each)
