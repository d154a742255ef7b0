"""How this process is being left, as far as Python code can know it before the end."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, TypeAlias

    TraceFunction: TypeAlias = "Callable[[FrameType, str, Any], TraceFunction | None]"

MODULE = "<module>"
RETURNS = {(lambda: None).__code__.co_code[-2], (lambda x: x).__code__.co_code[-2]}
"""The instructions that a code object ends with when no exception leaves it."""


class Leaving:
    """Watches how the program is left; made in the program's own thread.

    `result` is what the program has of `parse()`, and drops at the latest when its
    main function returns. From then on the way out is traced, up to the next call of
    a function: so `sys.exit(main())`, whose `sys.exit` was looked up before, is seen.
    """

    def __init__(self, result: object) -> None:
        self._status: object = None
        self._from: list[tuple[FrameType, int]] = []
        self._outermost: FrameType | None = _outermost(sys._getframe())
        self._dropped = _watched(result, self._trace)
        sys.exit = self._exit  # type: ignore[assignment]

    def _exit(self, status: object = None, /) -> None:
        """`sys.exit`, which remembers from where the program was left and with what."""
        self._left(sys._getframe(1), status)
        raise SystemExit(status)

    def _left(self, frame: FrameType | None, status: object) -> None:
        self._status = status
        self._from = []
        while frame is not None:
            self._from.append((frame, frame.f_lasti))
            frame = frame.f_back

    def _trace(self, _: object) -> None:
        """What the program had of `parse()` is gone: a function of it returns."""
        frame = sys._getframe().f_back
        if frame is None or self._outermost is None or sys.gettrace():
            return
        if _outermost(frame) is not self._outermost:
            return  # in another thread
        while frame.f_back is not None and frame.f_code.co_name != MODULE:
            frame = frame.f_back
        if frame.f_code.co_name == MODULE:
            frame.f_trace, frame.f_trace_lines = self._traced, False
            sys.settrace(self._traced)

    def _traced(self, frame: FrameType, event: str, about: Any) -> TraceFunction:
        if event == "exception":
            error = about[1]
            self._left(frame, error.code if isinstance(error, SystemExit) else 1)
        elif event == "call":
            sys.settrace(None)
        return self._traced

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


def _outermost(frame: FrameType) -> FrameType:
    while frame.f_back is not None:
        frame = frame.f_back
    return frame


def _watched(result: object, then: Callable[[object], None]) -> object:
    """Call `then` when `result` is gone; what it gives must be kept until then."""
    from .compat import weak_reference

    try:
        return weak_reference()(result, then)
    except TypeError:  # of a class with slots, say
        return None
