"""The near side of a program that runs as another user (BEC-05 to BEC-08).

    this process ──method──▶ runner ──▶ program
         └──────channel────────┘
    (sudo, su, ...)      (as the other user)

The channel is a socket that the method leaves to the runner. Nothing of the call is
sent before the kernel has said that a process of that user is at its end.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from contextlib import suppress
from time import monotonic

from . import handover
from .bundle import bundle
from .environment import without_call
from .standard import in_foreground, open_standard
from .tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .handover import Become, Report, Task

PATIENCE = 60.0
"""Seconds that a method may take to become a user where nobody can be asked."""
LISTEN = 0.5
"""Seconds after which a word that came meanwhile is looked at."""
GRACE_OF_JOBS = 2.0
"""Seconds between TERM and KILL; as long as a keeper gives its tree."""
GRACE = 10.0
"""The same for a program that a person has started."""
PASSED_ON = (signal.SIGUSR1, signal.SIGUSR2)
ENDING = (signal.SIGTERM, signal.SIGHUP)
ANSWER = 6.0
"""Seconds beyond those in which a runner that keeps its tree has told of its end."""
MOST_WORDS = 4096
CREDENTIALS = 12
"""Bytes of `struct ucred`: process, user, group (unix(7))."""
KILLED: Report = (-int(signal.SIGKILL), True, "what kept it was killed", 0)
SILENT: Report = (-int(signal.SIGKILL), True, "what kept it doesn't answer", 1)


class NotBecomeError(Exception):
    """The method didn't start the runner as its user; the text says why."""


class _SilentError(Exception):
    """A runner that was told to end didn't; a program can stop that of its user."""


class Escalation:
    """One program as another user, from its start to its end.

    `kind` is handover.JOB, or handover.OWN for a person's. `grace` are the seconds
    between TERM and KILL once this process is told to end. `asks`: the method may ask
    a person, so its standard error is this process's own.
    """

    def __init__(
        self, become: Become, kind: bytes, grace: float, *, asks: bool = False
    ) -> None:
        open_standard()
        self._argv, _, self._uid, self._number = become
        self._kind = kind
        self._grace = grace
        self._asks = asks
        self._said = bytearray()
        self._words, self._words_end = (-1, -1) if asks else os.pipe()
        self._channel, self._far_end = socket.socketpair()
        self._interrupted = False
        self._told: list[float] | None = []
        self._pid = 0

    def run(self, task: Task, progress: int | None = None) -> Report:
        """How the program ended: its status, whether and why it wasn't started, and
        how many of its processes could not be stopped.

        Raises NotBecomeError, and OSError where the method can't be started.
        """
        self._listen()
        try:
            return self._run(task, progress)
        except _SilentError:
            Tree().kill()  # what it may; a runner that goes on ends by itself then
            return SILENT
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _run(self, task: Task, progress: int | None) -> Report:
        self._start()
        try:
            self._greet()
        except NotBecomeError:
            if self._interrupted:
                return -int(signal.SIGINT), True, "", 0
            raise
        self._hand_over(task, progress)
        report = handover.reported(self._follow())
        self._reap()
        return KILLED if report is None else report

    def _listen(self) -> None:
        """Take what this process is told for a word to the runner."""
        if self._kind == handover.OWN:
            signal.signal(signal.SIGINT, self._interrupt)
            signal.signal(signal.SIGQUIT, self._interrupt)
        signal.signal(signal.SIGALRM, _give_up)
        for number in ENDING:
            signal.signal(number, lambda *_: self._tell(self._grace))
        for number in PASSED_ON:
            signal.signal(number, self._pass_on)

    def _pass_on(self, number: int, _frame: object) -> None:
        self._tell(handover.SIGNAL - number)

    def _interrupt(self, number: int, _frame: object) -> None:
        """A terminal has told the program, too."""
        self._interrupted = True
        if not in_foreground():
            self._tell(handover.SIGNAL - number)
        self._tell(handover.INTERRUPTED)

    def _tell(self, word: float) -> None:
        """Send it, or keep it until there is somebody to hear it."""
        if word >= 0:
            signal.setitimer(signal.ITIMER_REAL, word + ANSWER)
        if self._told is not None:
            self._told.append(word)
            return
        with suppress(OSError):
            self._channel.sendall(handover.word(word))

    def _start(self) -> None:
        if hasattr(socket, "SO_PASSCRED"):
            self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        actions: list[tuple[int, int, int]] = [
            (os.POSIX_SPAWN_DUP2, self._far_end.fileno(), self._number)
        ]
        if not self._asks:
            actions.append((os.POSIX_SPAWN_DUP2, self._words_end, 2))
        environ = without_call(os.environ, ())
        self._pid = os.posix_spawn(
            self._argv[0],
            self._argv,
            environ,
            file_actions=actions,
            setsigmask=(),
            setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
        )
        self._far_end.close()
        if not self._asks:
            os.close(self._words_end)
        with suppress(OSError):  # the method may have ended by now
            self._channel.sendall(bundle())

    def _greet(self) -> None:
        """Wait for the runner. Raises NotBecomeError."""
        until = float("inf") if self._asks else monotonic() + PATIENCE
        while self._channel not in self._ready(LISTEN):
            if monotonic() > until:
                raise NotBecomeError(f"it took more than {PATIENCE:.0f} s")
            if any(word >= 0 for word in self._told or ()):
                raise NotBecomeError("it was told to end")
        content, ancillary = self._greeting()
        if not content:
            raise NotBecomeError(self._why())
        if content != handover.hello(self._uid) or not _is_from(self._uid, ancillary):
            raise NotBecomeError("it became somebody else")

    def _greeting(self) -> tuple[bytes, Sequence[tuple[int, int, bytes]]]:
        """What the runner says first; nothing where there is none."""
        room = socket.CMSG_SPACE(CREDENTIALS)
        try:
            return self._channel.recvmsg(len(handover.hello(0)), room)[:2]
        except ConnectionError:
            return b"", ()

    def _ready(self, seconds: float | None) -> Sequence[socket.socket | int]:
        """What can be read of channel and words; None waits as long as it takes."""
        sources: list[socket.socket | int] = [self._channel]
        if self._words >= 0:
            sources.append(self._words)
        ready = select.select(sources, (), (), seconds)[0]
        if self._words in ready:
            self._hear()
        return ready

    def _hear(self) -> None:
        """Keep what the method says, until it has become the user; then show it."""
        said = os.read(self._words, MOST_WORDS)
        if not said:
            os.close(self._words)
            self._words = -1
        elif self._told is None:
            _show(said)
        else:
            self._said += said
            del self._said[:-MOST_WORDS]

    def _why(self) -> str:
        """The last words of a method that has ended."""
        status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        self._hear_out()
        words = self._said.decode(errors="replace").strip().splitlines()
        return words[-1].strip() if words else f"exit status {status}"

    def _hand_over(self, task: Task, progress: int | None) -> None:
        """Give the program its descriptors, then what it is."""
        descriptors = [0]
        words = (-1, -1)
        if not self._asks:
            descriptors.append(2)
            seen = os.fstat(self._words) if self._words >= 0 else None
            words = (seen.st_dev, seen.st_ino) if seen else words
        if progress is not None:
            descriptors.append(progress)
        with suppress(OSError):  # a runner that is gone is noticed by what it says
            handover.give(self._channel, self._kind, *descriptors)
            self._channel.sendall(handover.frame((*task, words)))
        if progress is not None:
            os.close(progress)
        told, self._told = self._told or [], None
        for word in told:
            self._tell(word)
        _show(bytes(self._said))

    def _follow(self) -> bytes:
        """All that the runner says until it is gone."""
        content = b""
        while True:
            if self._channel not in self._ready(None):
                continue
            try:
                chunk = self._channel.recv(1 << 16)
            except ConnectionError:
                chunk = b""
            if not chunk:
                return content
            content = (content + chunk)[: handover.MOST_REPORT]

    def _reap(self) -> None:
        """The method ends as its command has; what it still says is shown."""
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        self._hear_out()

    def _hear_out(self) -> None:
        """Read what a method that has ended has left to be read."""
        while self._words >= 0 and self._words in self._ready(0):
            pass


def _give_up(_number: int, _frame: object) -> None:
    raise _SilentError


def _show(said: bytes) -> None:
    with suppress(OSError):  # nobody reads it any more
        while said:
            said = said[os.write(2, said) :]


def _is_from(uid: int, ancillary: Sequence[tuple[int, int, bytes]]) -> bool:
    """Whether the kernel says so; where it tells nothing, the runner's word counts."""
    kind = getattr(socket, "SCM_CREDENTIALS", None)
    if kind is None:
        return True
    return any(
        (level, sort) == (socket.SOL_SOCKET, kind)
        and int.from_bytes(content[4:8], sys.byteorder) == uid
        for level, sort, content in ancillary
    )
