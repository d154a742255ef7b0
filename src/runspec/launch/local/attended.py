"""The client of a supervisor: it starts one, passes on what reaches it, and waits."""

from __future__ import annotations

import os
import signal

from ...errors import Fault, RunspecError
from ...run.standard import in_foreground
from ..attend import Left, note
from ..executor import LOST, State
from .supervisor import ABANDON, CANCEL, INTERRUPTED, STARTED, supervise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .relay import Relay
    from .supervisor import Task

    Ended = Callable[[State], None]

PASSED_ON = (signal.SIGUSR1, signal.SIGUSR2)
ENDING = (signal.SIGTERM, signal.SIGHUP)
WAITED_FOR = (signal.SIGINT, signal.SIGQUIT, *PASSED_ON, *ENDING)
INTERRUPT = (
    "interrupted; the script has time to end, press ^C again to leave it at once"
)
CANCELLING = "cancelling; the script has time to end, press ^C to leave it at once"
LEFT = "left; what still ran was killed"
LONGEST = 4096


class Attended:
    """A task below a supervisor that ends it when this process is gone.

    Its stdin, stdout and stderr are this process's own. Raises RunspecError
    (`program-not-started`).
    """

    def __init__(self, task: Task, folder: str, ended: Ended) -> None:
        self._folder = folder
        self._asked = False
        self._signals = _not_ignored()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        listen, self._commands = os.pipe()
        self._result, result = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(self._commands)
            os.close(self._result)
            supervise(task, folder, listen, result, None, ended)
        os.close(listen)
        os.close(result)
        try:
            self.supervisor = started(self._result)
        except RunspecError:
            os.waitpid(self._pid, 0)
            self._close()
            raise

    def wait(self) -> State:
        """Stay until it has ended, and nothing of it runs any more.

        SIGINT once cancels it, twice raises Left, when all of it was killed.
        """
        while not self._is_over():
            number = signal.sigwait(self._signals)
            if number == signal.SIGINT:
                self._interrupted()
            elif number in ENDING:
                self._cancel(CANCEL)
                note(CANCELLING)
            elif number in PASSED_ON:
                self._say(number)
        self._close()
        return self._ended()

    def _is_over(self) -> bool:
        pid, _ = os.waitpid(self._pid, os.WNOHANG)
        return pid != 0

    def _interrupted(self) -> None:
        """A terminal interrupts the script, too; else it is passed on."""
        if self._asked:
            self._say(ABANDON)
            os.waitpid(self._pid, 0)
            self._close()
            note(LEFT)
            raise Left
        if not in_foreground():
            self._say(signal.SIGINT)
        self._cancel(INTERRUPTED)
        note(INTERRUPT)

    def _cancel(self, command: int) -> None:
        self._asked = True
        self._say(command)

    def _say(self, command: int) -> None:
        try:
            os.write(self._commands, bytes((command,)))
        except BrokenPipeError:
            return  # it is about to be over

    def _ended(self) -> State:
        from . import statefile

        found = statefile.read(self._folder)
        if found is None or not found.over:
            return State(LOST, -int(signal.SIGKILL), "its supervisor was killed")
        return found

    def _close(self) -> None:
        os.close(self._commands)
        os.close(self._result)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._signals)


def detach(task: Task, folder: str, relay: Relay, ended: Ended) -> int:
    """Run a task below a supervisor that outlives this process: the supervisor's pid.

    Raises RunspecError (`program-not-started`).
    """
    listen, result = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setsid()
            if os.fork():
                os._exit(0)
            _let_go(result, relay)
        except BaseException:  # noqa: BLE001  it never goes back into its client's code
            os._exit(1)
        supervise(task, folder, -1, result, relay, ended)
    os.close(result)
    os.waitpid(pid, 0)
    try:
        return started(listen)
    finally:
        os.close(listen)
        relay.close()


def started(result: int) -> int:
    """The pid of the supervisor, once the script runs. Raises RunspecError."""
    said = os.read(result, LONGEST)
    if said.startswith(STARTED):
        return int(said[len(STARTED) :])
    program, _, why = said.decode(errors="replace").partition(": ")
    fault = Fault("program-not-started", program or "it", detail=why)
    raise RunspecError(fault)


def _not_ignored() -> set[signal.Signals]:
    """What is waited for; what was ignored from the start, as by nohup, stays so."""
    waited = {n for n in WAITED_FOR if signal.getsignal(n) != signal.SIG_IGN}
    return {*waited, signal.SIGCHLD}


def _let_go(result: int, relay: Relay) -> None:
    """Hold nothing that somebody may be waiting for the end of."""
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    kept = {result, *relay.descriptors()}
    for number in _open_descriptors() - kept:
        if number > 2 and os.get_inheritable(number):
            os.close(number)
    for number in (0, 1, 2):
        os.dup2(null, number)


def _open_descriptors() -> set[int]:
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        names = [str(number) for number in range(3, 256)]
    found = set()
    for name in names:
        try:
            os.fstat(int(name))
        except OSError:
            continue
        found.add(int(name))
    return found
