"""How this process is being left, as far as Python code can know it before the end."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

RETURNS = {(lambda: None).__code__.co_code[-2], (lambda x: x).__code__.co_code[-2]}
"""The instructions that a code object ends with when no exception leaves it."""


class Leaving:
    """Watches how the program is left; made in the program's own thread."""

    def __init__(self) -> None:
        self._status: object = None
        self._from: list[tuple[FrameType, int]] = []
        frame = sys._getframe()
        while frame.f_back is not None:
            frame = frame.f_back
        self._outermost: FrameType | None = frame
        sys.exit = self._exit  # type: ignore[assignment]

    def _exit(self, status: object = None, /) -> None:
        """`sys.exit`, which remembers from where the program was left and with what."""
        frame: FrameType | None = sys._getframe(1)
        self._status = status
        self._from = []
        while frame is not None:
            self._from.append((frame, frame.f_lasti))
            frame = frame.f_back
        raise SystemExit(status)

    def status(self) -> int | None:
        """The exit status, once; None where only the system knows it.

        0 where the outermost code has returned. That of `sys.exit` where it is what
        ends the program: nothing on its way out has gone on since.
        """
        left, self._from = self._from, []
        # Whoever holds a frame keeps what is in it alive, beyond the interpreter's end.
        frame, self._outermost = self._outermost, None
        if frame is None or frame.f_code.co_code[frame.f_lasti] in RETURNS:
            return 0
        if not left or any(frame.f_lasti != at for frame, at in left):
            return None
        if self._status is None:
            return 0
        return self._status & 0xFF if isinstance(self._status, int) else 1
