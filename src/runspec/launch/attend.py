"""Staying with a job until it has ended: its output, its progress, interrupts."""

from __future__ import annotations

import os
import signal
import sys
from time import monotonic, sleep

from ..render.text import escaped, write
from .executor import QUEUED, Silent, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    from .executor import Executor, Handle

SOONEST = 0.1
"""Seconds until the first second look; then twice as long each time, up to `pause`."""
PATIENCE = 600.0
"""Seconds without an answer."""
CLEAR = "\r\x1b[K"
CANCELLING = "cancelling it; press ^C again to leave"
LEFT = "left; the job goes on"
LEFT_CANCELLING = "left; the job was asked to end"


class Left(Exception):  # noqa: N818
    """This process leaves a job that hasn't ended, because the person said so."""


def note(text: str) -> None:
    """Say something on stderr that is no part of any output."""
    if sys.stderr is not None:
        write(f"runspec: {text}", sys.stderr)


def follow(
    executor: Executor,
    handle: Handle,
    *,
    cancels: bool = True,
    output: bool = True,
    pause: float = 1.0,
    offset: int = 0,
) -> State:
    """Stay with a job until it has ended; its `output` is copied to stdout, from
    `offset` on.

    The first interrupt (SIGINT, SIGTERM) cancels the job, unless not `cancels`; the
    next raises Left. Where the place doesn't answer, it is asked again for as long as
    the handle's `patience` says; then Silent is raised.
    """
    with Interrupts() as interrupts, Progress() as progress:
        following = _Following(executor, handle, interrupts, progress)
        following.copies = output
        following.offset = offset
        cancelling = False
        while True:
            try:
                if cancelling:
                    executor.cancel(handle)
                return following.until_over(pause)
            except KeyboardInterrupt:
                progress.clear()
                if cancelling or not cancels:
                    note(LEFT_CANCELLING if cancelling else LEFT)
                    raise Left from None
                note(CANCELLING)
                cancelling = True


class _Following:
    """Where in a job's output this process is."""

    def __init__(
        self,
        executor: Executor,
        handle: Handle,
        interrupts: Interrupts,
        progress: Progress,
    ) -> None:
        self._executor = executor
        self._handle = handle
        self._interrupts = interrupts
        self._progress = progress
        self.offset = 0
        self._seen = State(QUEUED)
        self._answered = monotonic()
        self._silent = False
        self.copies = True

    def until_over(self, pause: float) -> State:
        wait = SOONEST
        while True:
            state = self._look()
            if state.over:
                return state
            self._progress.show(state)
            sleep(min(wait, pause))
            wait *= 2

    def _look(self) -> State:
        """How it stands, its output up to then copied."""
        try:
            self._seen = self._executor.status(self._handle)
            while self.copies and self._copy():
                continue
        except Silent as error:
            return self._without_answer(error)
        if self._silent:
            self._progress.clear()
            note("it answers again")
        self._silent, self._answered = False, monotonic()
        return self._seen

    def _without_answer(self, error: Silent) -> State:
        """As it was last seen. Raises `error` when there was none for too long."""
        if monotonic() - self._answered > _patience(self._handle):
            raise error
        why = error.faults[0].detail or "no answer"
        if not self._silent:
            self._progress.clear()
            note(f"{self._executor.name} doesn't answer ({why}); asking again")
        self._silent = True
        return State(self._seen.phase, None, "no answer")

    def _copy(self) -> bool:
        """Whether there was anything. No interrupt comes between text and offset."""
        data, offset = self._executor.logs(self._handle, self.offset)
        if not data:
            return False
        with self._interrupts:
            self._progress.clear()
            write_all(data)
            self._progress.at_line_start = data.endswith(b"\n")
            self.offset = offset
        return True


def _patience(handle: Handle) -> float:
    try:
        return float(handle.get("patience", PATIENCE))
    except ValueError:
        return PATIENCE


def write_all(data: bytes) -> None:
    """Bytes to stdout as they are. Raises OSError where nobody reads them."""
    if sys.stdout is not None:
        sys.stdout.flush()
        descriptor = sys.stdout.fileno()
        while data:
            data = data[os.write(descriptor, data) :]


class Interrupts:
    """Makes SIGINT and SIGTERM a KeyboardInterrupt; entered again, holds it back.

    What is held back comes at the end, but a second one at once.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self._depth = 0
        self._held = False
        self._before: dict[int, Callable[[int, FrameType | None], object] | int] = {}

    def __enter__(self) -> Interrupts:
        self._depth += 1
        if self._depth == 1:
            for number in self.SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:
                    before = signal.signal(number, self._interrupted)
                    self._before[number] = before or signal.SIG_DFL
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if not self._depth:
            for number, before in self._before.items():
                signal.signal(number, before)
        elif self._held and kind is None:
            self._held = False
            raise KeyboardInterrupt

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        if self._depth < 2 or self._held:
            self._held = False
            raise KeyboardInterrupt
        self._held = True


class Progress:
    """One line on stderr that says how a job stands; nothing where it is no terminal.

    It stands only where the output, which may be on the same terminal, has ended its
    line (`at_line_start`).
    """

    def __init__(self) -> None:
        self.at_line_start = True
        self._began = monotonic()
        self._shown = False
        self._terminal = _is_terminal()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, state: State) -> None:
        """The phase, whole seconds since the beginning, what the place says."""
        if not self._terminal or not self.at_line_start:
            return
        text = f"runspec: {state.phase}, {monotonic() - self._began:.0f} s"
        if state.detail:
            text += f", {escaped(state.detail)}"
        self._put(CLEAR + text[: _columns() - 1])
        self._shown = True

    def clear(self) -> None:
        if self._shown:
            self._put(CLEAR)
            self._shown = False

    def _put(self, text: str) -> None:
        stream = sys.stderr
        stream.write(text.encode(stream.encoding, "replace").decode(stream.encoding))
        stream.flush()


def _is_terminal() -> bool:
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:
        return False


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
