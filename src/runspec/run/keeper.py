"""A process for each call that starts the program and outlives all it has started.

It adopts every descendant that loses its parent, so that none gets away: not into a
session of its own, and not because its parent has ended. It stops them when the
server says so, when the server is gone, and when the program has ended without them.
"""

from __future__ import annotations

import os
import select
from time import monotonic

from ..compat import signal
from .handover import (
    BEGUN,
    INTERRUPTED,
    RELEASE,
    SIGNAL,
    WORD_SIZE,
    refuse,
    report,
    spoken,
    take_frame,
)
from .order import NOT_STARTED
from .tree import adopt, can_adopt, end_with_parent, ended_children, send, tree_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from socket import socket
    from typing import NoReturn, TypeVar

    T = TypeVar("T")

LINGER = 1.0
"""Seconds that what a program leaves behind has to end by itself, as `tee` does."""
GRACE = 2.0
"""Seconds between TERM and KILL where the server can't say."""
STUBBORN = 5.0
"""Seconds after which what doesn't end by KILL is given up."""
INTERRUPTS = (-signal.SIGINT, 128 + signal.SIGINT)
"""How a program ends that somebody at its terminal has interrupted."""
AGAIN = 0.05
"""Seconds between two rounds of KILL."""
LASTING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
"""What doesn't end a keeper, which is there until the end."""


def keep(
    control: socket,
    streams: Sequence[int],
    begin: Callable[[object, int], T],
    *,
    session: bool = True,
) -> T:
    """Fork a process and keep it; returns only there, with what `begin` returns.

    The process is there before its task is, so that a call need not wait for it. It
    takes the frame that comes on `control`, says BEGUN and calls `begin`, with a
    descriptor to write to why nothing can be started; `begin` closes that when the
    start can't fail any more. `streams` are the program's alone.

    Without a `session` of its own, the program is a person's, at their terminal: what
    it leaves behind stays, unless they stopped it.
    """
    try:
        keeper = os.getpid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        adopt()
        failed, failure = os.pipe()
        pid = _fork(control)
        if pid:
            for each in (*streams, failure):
                os.close(each)
            _keep(control, pid, failed, spares=not session)
        os.close(failed)
        if session or not can_adopt():
            os.setsid()
        end_with_parent(keeper)
        task = _begun(control, failure)
    except BaseException:  # noqa: BLE001  it never goes back into the zygote's loop
        os._exit(1)
    return begin(task, failure)


def _fork(control: socket) -> int:
    try:
        return os.fork()
    except OSError as error:
        refuse(control, error)
        os._exit(0)


def _begun(control: socket, failure: int) -> object:
    """The task; from here on it isn't given to anybody else."""
    task = take_frame(control)
    if task is None:
        os._exit(0)
    control.sendall(BEGUN)
    control.close()
    os.write(failure, BEGUN)
    return task


def _keep(control: socket, pid: int, failed: int, *, spares: bool) -> NoReturn:
    for number in LASTING:
        signal.signal(number, signal.SIG_IGN)
    watch = _Watch(control, pid, failed, spares=spares)
    left = watch.until_gone()
    reason = _said(failed)
    if reason:
        report(control, (NOT_STARTED, False, reason, left))
    else:
        status = -int(signal.SIGKILL) if watch.status is None else watch.status
        report(control, (status, True, "", left))
    os._exit(0)


def _said(failed: int) -> str:
    os.set_blocking(failed, False)
    try:
        return os.read(failed, 4096).decode(errors="replace").removeprefix("+")
    except BlockingIOError:
        return ""


class _Watch:
    """Waits for a program, then for all it has started."""

    def __init__(self, control: socket, pid: int, failed: int, *, spares: bool) -> None:
        self.status: int | None = None
        self._spares = spares
        self._control = control
        self._failed = failed
        self._begun = False
        self._pid = pid
        self._tree = tree_of(pid)
        self._gone = False
        self._grace: float | None = None
        self._woken, wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def until_gone(self) -> int:
        """Return when nothing runs any more; how many processes could not be ended."""
        self._wait(None, lambda: self.status is not None or self._told)
        if self._spares and not self._told and self.status not in INTERRUPTS:
            return 0
        self._wait(LINGER, lambda: self._gone or self._told)
        if not self._gone:
            self._tree.end()
            grace = GRACE if self._grace is None else self._grace
            self._grace = grace
            self._wait(grace, lambda: self._gone)
        until = monotonic() + STUBBORN
        while not self._gone and monotonic() < until:
            self._tree.kill()
            self._wait(AGAIN, lambda: self._gone)
        return 0 if self._gone else self._tree.left()

    @property
    def _told(self) -> bool:
        """Whether the server has said that it is to end, or is gone."""
        return self._grace is not None

    def _wait(self, seconds: float | None, over: Callable[[], bool]) -> None:
        until = float("inf") if seconds is None else monotonic() + seconds
        self._reap()
        while not over():
            patience = min(until - monotonic(), self._tree.poll)
            if patience <= 0:
                return
            self._select(None if patience == float("inf") else patience)
            self._reap()

    def _select(self, patience: float | None) -> None:
        sources: list[socket | int] = [self._woken]
        if not self._begun:
            sources.append(self._failed)
        elif not self._told:
            sources.append(self._control)
        ready = select.select(sources, (), (), patience)[0]
        if self._woken in ready:
            os.read(self._woken, 4096)
        if self._failed in ready:
            self._begun = True
            os.read(self._failed, len(BEGUN))
        if self._control in ready:
            self._listen()

    def _listen(self) -> None:
        try:
            content = self._control.recv(WORD_SIZE)
        except OSError:
            content = b""
        word = spoken(content) if len(content) == WORD_SIZE else GRACE
        if word == RELEASE:
            os._exit(0)
        if word == INTERRUPTED:
            self._spares = False
        elif word <= SIGNAL:
            send([self._pid], int(SIGNAL - word))
        else:
            self._grace = word

    def _reap(self) -> None:
        if self._gone:
            return
        try:
            for pid, status in ended_children():
                if pid == self._pid:
                    self.status = status
        except ChildProcessError:
            self._gone = self._tree.empty()
