"""What a person at a terminal sees of calls on other hosts, and answers there."""

from __future__ import annotations

import os

from ..remote.sink import Sink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..loop import Loop
    from ..spec.plain import Json

    Object = dict[str, Json]

STDERR = 2
CLEAR = b"\r\x1b[K"


class Front:
    """Standard output and error as they are, progress on a line of the terminal's.

    Without a terminal, or where an agent calls, nobody is there to be asked.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.sinks = {number: Sink(loop, number) for number in (1, STDERR)}
        self.is_person = os.environ.get("RUNSPEC_AGENT") != "1" and _has_terminal()
        self._shows = os.isatty(STDERR) and os.environ.get("TERM", "dumb") != "dumb"
        self._shown = False

    async def write(self, stream: int, data: bytes) -> None:
        self.clear()
        await self.sinks[stream].write(data)

    def progress(self, params: Object) -> None:
        if self._shows:
            self._shown = True
            _show(CLEAR + _line(params).encode("utf-8", "replace"))

    def clear(self) -> None:
        """Take the line of progress away."""
        if self._shown:
            self._shown = False
            _show(CLEAR)

    async def confirm(self, host: str, message: str) -> str:
        from .terminal import ANSWERS

        def answer_of(typed: str) -> str | None:
            answer = ANSWERS.get(typed.lower())
            return None if answer is None else "accept" if answer else "decline"

        question = f"\nApprove it on {host}? Type yes or no: "
        return await self._answer(message, question, answer_of) or "cancel"

    async def code(self, host: str, message: str) -> str | None:
        from .terminal import ANSWERS

        def answer_of(typed: str) -> str | None:
            answer = ANSWERS.get(typed.lower())
            return (typed or None) if answer is None else None if answer else ""

        question = f"\nApprove it on {host}? Type the code, or no: "
        return await self._answer(message, question, answer_of)

    async def _answer(
        self, message: str, question: str, answer_of: Callable[[str], str | None]
    ) -> str | None:
        """What somebody at the terminal means; None for nothing in a few tries."""
        from contextlib import suppress

        from .terminal import TRIES, terminal

        self.clear()
        found = terminal()
        if found is None:
            return None
        with found, suppress(OSError):  # the terminal was hung up
            found.say(message)
            for _ in range(TRIES):
                found.ask(question)
                await self._loop.readable(found.descriptor)
                typed = found.typed()
                answer = answer_of(typed.strip())
                if answer is not None or not typed:
                    return answer
        return None

    async def secret(self, host: str, name: str) -> str | None:
        from .terminal import terminal

        self.clear()
        found = terminal()
        if found is None:
            return None
        with found, found.without_echo():
            found.ask(f"{name} ({host}): ")
            await self._loop.readable(found.descriptor)
            typed = found.typed()
            found.say("")
        return typed.rstrip("\n") or None


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return os.isatty(0)
    return True


def _show(data: bytes) -> None:
    try:
        os.write(STDERR, data)
    except OSError:
        return  # nobody sees it


def _line(params: Object) -> str:
    """How far it is, in a line."""
    from ..render.text import escaped, shortened

    done, total = params.get("progress"), params.get("total")
    message = params.get("message")
    part = ""
    if isinstance(done, int | float) and isinstance(total, int | float) and total > 0:
        part = f"[{min(100, round(100 * done / total)):3d}%] "
    text = message if isinstance(message, str) else ""
    if not part and not text:
        text = f"{done:g}" if isinstance(done, int | float) else ""
    return part + shortened(escaped(text), 70)
