"""The two handlers of the root logger: the file, and the console."""

import logging

from ..render.text import DIM, RED, YELLOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .entry import Entries
    from .file import LogFile
    from .screen import Screen

LOOKS = {"DEBUG": DIM, "WARNING": YELLOW, "ERROR": RED, "CRITICAL": RED}
"""How the name of a level looks."""


class FileHandler(logging.Handler):
    """Everything, as JSON lines; `counts` are the records of each level."""

    def __init__(self, file: "LogFile", entries: "Entries") -> None:
        super().__init__(logging.DEBUG)
        self.counts: dict[str, int] = {}
        self._file = file
        self._entries = entries

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname
        self.counts[level] = self.counts.get(level, 0) + 1
        try:
            line = self._entries.line(record)
        except Exception:  # noqa: BLE001  a program isn't ended by its log
            self._file.lost += 1
            return
        self._file.append(line)

    def write(self, line: bytes) -> None:
        """Append a line that is no record of logging's."""
        self.acquire()
        try:
            self._file.append(line)
        finally:
            self.release()

    def close(self) -> None:
        self._file.close()
        super().close()


class ConsoleHandler(logging.Handler):
    """What a person should see: up to INFO on one stream, the rest on the other."""

    def __init__(
        self, entries: "Entries", out: "Screen", err: "Screen", level: int
    ) -> None:
        super().__init__(level)
        self._entries = entries
        self._out = out
        self._err = err

    def emit(self, record: logging.LogRecord) -> None:
        screen = self._err if record.levelno >= logging.WARNING else self._out
        try:
            text = self._text(record, screen)
        except Exception:  # noqa: BLE001  it is in the file all the same
            return
        screen.write(text)

    def _text(self, record: logging.LogRecord, screen: "Screen") -> str:
        """`level: message  name=value`, then tracebacks; INFO says no level."""
        style = screen.style
        name = record.levelname
        parts = [self._entries.message(record)]
        if record.levelno != logging.INFO:
            label = style.paint(f"{name.lower()}:", LOOKS.get(name, ""))
            parts.insert(0, label)
        given = self._entries.given(record)
        parts += (style.paint(f"{key}={value}", DIM) for key, value in given.items())
        traces = self._entries.traces(record).values()
        return "\n".join((" ".join(parts), *(each.rstrip("\n") for each in traces)))
