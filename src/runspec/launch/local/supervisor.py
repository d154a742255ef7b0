"""A process between a launch and its script, which leaves nothing of it behind.

It adopts whatever the script starts. It ends all of that when the script has ended,
when it is told to, and, of an attached launch, when the client is gone, even killed.
How the script ended it writes into the run directory.

    client ──commands──▶ supervisor ──fork──▶ script
"""

from __future__ import annotations

import os
import select
import signal
from time import monotonic

from ...run.tree import adopt, end_with_parent, ended_children, send, tree_of
from ..executor import CANCELLED, ENDED, State
from ..exitstatus import TIMED_OUT
from . import statefile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from .relay import Relay

STARTED = b"+"
"""What a client is told, with this process's pid; else why nothing runs."""
INTERRUPTED, CANCEL, ABANDON = 128, 129, 130
"""Commands beside the numbers of signals, which are passed on to the script: the
terminal has interrupted everybody; end it; end it at once."""
PATIENCE = 5.0
"""Seconds that an interrupted script has before it is ended."""
GRACE = 10.0
"""Seconds between TERM and KILL."""
LINGER = 1.0
"""Seconds that what a script leaves behind has to end by itself."""
STUBBORN = 5.0
"""Seconds after which what doesn't end by KILL is given up."""
AGAIN = 0.05
"""Seconds between two rounds of KILL."""
OWN = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD)
"""What a supervisor handles itself."""
PYTHONS = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores and a program expects as the system has it."""
FOREVER = float("inf")


class Task:
    """What is to be run: `argv`, found by PATH, in `cwd` with `environ` alone.

    `leader_only`: only the first process is told to end, for it tells the others, as
    a container's client does. `remove` takes away what isn't in the process tree.
    `limit` are the seconds it may take; `notice` a signal, and how many seconds before
    that its first process gets it.
    """

    __slots__ = (
        "argv",
        "cwd",
        "environ",
        "leader_only",
        "limit",
        "notice",
        "remove",
    )

    def __init__(
        self,
        argv: tuple[str, ...],
        environ: Mapping[str, str],
        cwd: str,
        *,
        leader_only: bool = False,
        remove: tuple[str, ...] = (),
        limit: int | None = None,
        notice: tuple[int, int] | None = None,
    ) -> None:
        self.limit = limit
        self.notice = notice
        self.argv = argv
        self.environ = environ
        self.cwd = cwd
        self.leader_only = leader_only
        self.remove = remove


def supervise(
    task: Task,
    folder: str,
    commands: int,
    result: int,
    relay: Relay | None,
    ended: Callable[[State], None],
) -> NoReturn:
    """Run a task below this process, which is a fork; its end is told in `folder`.

    `commands` is a descriptor, -1 for none; `result` takes STARTED and this process's
    pid, or why nothing runs. `relay` has the output of a detached one. `ended` is told
    how it ended.
    """
    pid = os.getpid()
    try:
        supervisor = _Supervisor(task, commands, relay)
        why = supervisor.start()
        _tell(result, why.encode(errors="replace") if why else b"%b%d" % (STARTED, pid))
        if not why:
            status = supervisor.until_gone()
            phase = CANCELLED if supervisor.cancelled else ENDED
            state = State(phase, status, relay.end() if relay else "")
            if supervisor.timed_out:
                state = State(ENDED, TIMED_OUT, f"its time limit of {task.limit} s")
            statefile.write(folder, state)
            ended(state)
    except BaseException:  # noqa: BLE001  it never goes back into its client's code
        os._exit(1)
    os._exit(0)


def _tell(result: int, text: bytes) -> None:
    """The client may be gone."""
    try:
        os.write(result, text)
    except OSError:
        return


class _Supervisor:
    """Waits for a script, then for all it has started."""

    def __init__(self, task: Task, commands: int, relay: Relay | None) -> None:
        self.status: int | None = None
        self.cancelled = False
        self.timed_out = False
        self._task = task
        self._commands = commands
        self._relay = relay
        self._gone = False
        self._left = task.remove
        self._remover = 0
        self._due = FOREVER
        self._step: Callable[[], None] = self._kill
        self._woken, wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wake, False)
        self._before = {number: signal.getsignal(number) for number in OWN}
        for number in OWN:
            signal.signal(number, lambda *_: None)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        adopt()

    def start(self) -> str:
        """Start the script; why it can't be, nothing where it runs."""
        failed, failure = os.pipe()
        supervisor = os.getpid()
        self._pid = os.fork()
        if not self._pid:
            self._become(supervisor, failure)
        os.close(failure)
        if self._relay:
            self._relay.close_far_end()
        with open(failed, "rb") as said:
            why = said.read().decode(errors="replace")
        self._tree = tree_of(self._pid)
        return why

    def _become(self, supervisor: int, failure: int) -> NoReturn:
        task = self._task
        try:
            end_with_parent(supervisor)
            if self._relay:
                self._relay.take()
            self._restore_signals()
            os.chdir(task.cwd)
            os.execvpe(task.argv[0], task.argv, task.environ)  # noqa: S606
        except (OSError, ValueError) as error:
            os.write(failure, f"{task.argv[0]}: {_reason(error)}".encode()[:4096])
        finally:
            os._exit(127)

    def _restore_signals(self) -> None:
        """What its client found ignored, as `nohup` has it, stays so."""
        signal.set_wakeup_fd(-1)
        for number, before in self._before.items():
            ignored = before == signal.SIG_IGN
            signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
        for number in PYTHONS:
            signal.signal(number, signal.SIG_DFL)

    def until_gone(self) -> int:
        """Return when nothing runs any more: the script's status."""
        self._wait_for_limit()
        self._wait(FOREVER, lambda: self.status is not None)
        self._due = FOREVER
        if self.cancelled or self.status == -signal.SIGKILL:
            self._remove()
            self._wait(GRACE, lambda: not self._remover)
        self._wait(LINGER, lambda: self._gone)
        if not self._gone:
            self._tree.end()
            self._wait(GRACE, lambda: self._gone)
        until = monotonic() + STUBBORN
        while not self._gone and monotonic() < until:
            self._tree.kill()
            self._wait(AGAIN, lambda: self._gone)
        return -int(signal.SIGKILL) if self.status is None else self.status

    def _wait_for_limit(self) -> None:
        """Until the script has ended, or is told to since its time is over."""
        limit, notice = self._task.limit, self._task.notice
        if not limit:
            return
        if notice:
            number, ahead = notice
            self._wait(max(limit - ahead, 0), lambda: self.status is not None)
            if self.status is None:
                send([self._pid], number)
            limit = min(ahead, limit)
        self._wait(limit, lambda: self.status is not None)
        if self.status is None and not self.cancelled:
            self.timed_out = True
            self._cancel()

    def _wait(self, seconds: float, over: Callable[[], bool]) -> None:
        until = monotonic() + seconds
        self._reap()
        while not over():
            now = monotonic()
            if until <= now:
                return
            if self._due <= now:
                self._due = FOREVER
                self._step()
            patience = min(until - now, self._due - now, self._tree.poll)
            self._select(None if patience == FOREVER else max(patience, 0))
            self._reap()

    def _select(self, patience: float | None) -> None:
        relay = -1 if self._relay is None else self._relay.descriptor
        sources = [self._woken, self._commands, relay]
        ready = select.select([each for each in sources if each >= 0], (), (), patience)
        if self._woken in ready[0] and signal.SIGTERM in os.read(self._woken, 4096):
            self._cancel()
        if self._commands in ready[0]:
            self._listen()
        if self._relay and relay in ready[0]:
            self._relay.pass_on()

    def _listen(self) -> None:
        said = os.read(self._commands, 64)
        if not said:
            self._commands = -1
            self._cancel()
        for command in said:
            self._obey(command)

    def _obey(self, command: int) -> None:
        if command == CANCEL:
            self._cancel()
        elif command == ABANDON:
            self._kill()
        elif command == INTERRUPTED:
            self.cancelled = True
            self._later(PATIENCE, self._cancel)
        elif self.status is None:
            send([self._pid], command)

    def _cancel(self) -> None:
        """Ask it to end, and see to it that it does."""
        if self.status is not None:
            return
        self.cancelled = True
        if self._task.leader_only:
            send([self._pid], signal.SIGTERM)
        else:
            self._tree.end()
        self._later(GRACE, self._kill)

    def _kill(self) -> None:
        """At once; but what removes a container has to find it in good order."""
        self.cancelled = True
        if self._remove():
            self._later(STUBBORN, self._tree.kill)
        else:
            self._due = FOREVER
            self._tree.kill()

    def _later(self, seconds: float, step: Callable[[], None]) -> None:
        self._due, self._step = monotonic() + seconds, step

    def _remove(self) -> bool:
        """Take away what isn't in the process tree; whether that begins now."""
        argv, self._left = self._left, ()
        if argv:
            null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
            environ = self._task.environ
            try:
                remover = os.posix_spawnp(argv[0], argv, environ, file_actions=actions)
                self._remover = remover
            except OSError:
                argv = ()
            os.close(null)
        return bool(argv)

    def _reap(self) -> None:
        if self._gone:
            return
        try:
            for pid, status in ended_children():
                if pid == self._pid:
                    self.status = status
                elif pid == self._remover:
                    self._remover = 0
        except ChildProcessError:
            self._gone = self._tree.empty()


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
