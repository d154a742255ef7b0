"""What the log says to a person, on the program's own streams."""

import os
import sys
from contextlib import suppress

from ..render.text import Style
from .tap import tapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from .tap import Output


class Screen:
    """One stream. What is written here isn't in `output`, what the program prints is.

    A stream that is gone or full is the program's concern: nothing is raised.
    """

    __slots__ = ("_stream", "_tap", "style")

    def __init__(self, stream: "TextIO | None") -> None:
        self._stream = stream
        self._tap = tapped(stream)
        self.style = Style.for_stream(stream, os.environ)

    @property
    def output(self) -> "Output | None":
        """None where nothing is recorded, for the stream isn't the interpreter's."""
        return self._tap.output if self._tap else None

    @property
    def is_terminal(self) -> bool:
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:  # it is closed
            return False

    @property
    def encoding(self) -> str:
        return (self._stream and self._stream.encoding) or "utf-8"

    def flush(self) -> None:
        """Flush what can be; a signal handler may be in the middle of a flush."""
        with suppress(OSError, ValueError, RuntimeError):
            if self._stream is not None:
                self._stream.flush()

    def release(self) -> None:
        """Record no more of what is printed."""
        if self._tap is not None:
            self._tap.release()

    def write(self, line: str) -> None:
        """Write a line after what the program has printed so far."""
        stream = self._stream
        if stream is None:
            return
        data = (line + "\n").encode(self.encoding, "backslashreplace")
        with suppress(OSError, ValueError, RuntimeError):
            if self._tap is None:
                stream.write(data.decode(self.encoding))
                stream.flush()
            else:
                self.flush()
                self._tap.send(data)


def screens() -> "tuple[Screen, Screen]":
    """Those of stdout and stderr."""
    return Screen(sys.stdout), Screen(sys.stderr)
