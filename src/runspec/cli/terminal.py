"""The terminal of a person, who reads there and answers."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress

from ..render.plan import fitted
from ..render.text import CYAN, Style, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

TRIES = 3
ANSWERS = {"yes": True, "no": False}
LONGEST_ANSWER = 1024


def terminal() -> Terminal | None:
    """The person's terminal, whatever the streams are; None without one."""
    flags = os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC
    for path in ("/dev/tty", _stdin_terminal()):
        try:
            return Terminal(os.open(path, flags))
        except OSError:
            continue
    return None


def _stdin_terminal() -> str:
    try:
        return os.ttyname(0)
    except OSError:
        return ""


class Terminal:
    """Where a person reads and types; OSError when it is hung up."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._stream = open(descriptor, "w")  # noqa: SIM115  closed by __exit__
        self._style = Style.for_stream(self._stream, os.environ)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._stream.close()

    def say(self, text: str) -> None:
        """Write lines, each in its width."""
        write(fitted(text, self._style.width), self._stream)
        self._stream.flush()

    def agreed(self, question: str) -> bool | None:
        """Yes or no; None for neither in a few tries, or for the end of input."""
        for _ in range(TRIES):
            self.ask(question)
            typed = self.typed()
            answer = ANSWERS.get(typed.strip().lower())
            if answer is not None or not typed:
                return answer
        return None

    def ask(self, question: str) -> None:
        """Show a question that `typed` reads the answer of."""
        self._discard_typed()
        self._stream.write(self._style.paint(question, CYAN))
        self._stream.flush()

    def typed(self) -> str:
        """A line that is typed; "" at the end of input."""
        typed = ""
        try:
            typed = os.read(self.descriptor, LONGEST_ANSWER).decode("utf-8", "replace")
        finally:
            if not typed.endswith("\n"):
                self.say("")
        return typed

    @contextmanager
    def without_echo(self) -> Iterator[None]:
        """What is typed doesn't show."""
        from termios import ECHO, TCSAFLUSH, tcgetattr, tcsetattr

        before = tcgetattr(self.descriptor)
        silent = list(before)
        silent[3] &= ~ECHO
        tcsetattr(self.descriptor, TCSAFLUSH, silent)
        try:
            yield
        finally:
            tcsetattr(self.descriptor, TCSAFLUSH, before)

    def _discard_typed(self) -> None:
        """What was typed before the question is no answer to it."""
        from termios import TCIFLUSH, error, tcflush

        with suppress(error):
            tcflush(self.descriptor, TCIFLUSH)
