"""A line of a log as it is looked for and shown."""

from __future__ import annotations

from ..render.text import BOLD, CYAN, DIM, RED, YELLOW, escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..render.text import Style
    from ..spec.plain import Json

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOOKS = {"DEBUG": DIM, "WARNING": YELLOW, "ERROR": RED, "CRITICAL": RED}
SHOWN = frozenset(
    ("time", "level", "logger", "message", "run", "runnable", "pid", "thread")
) | {"module", "line", "event", "exception", "stack"}
INDENT = "    "


class Line:
    """One line; `fields` is None where it isn't one of ours."""

    __slots__ = ("fields", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.fields = _fields(raw)

    @property
    def time(self) -> str:
        """UTC; "" where it isn't known."""
        return self.word("time")

    def word(self, name: str) -> str:
        """A field that is text."""
        value = (self.fields or {}).get(name)
        return value if isinstance(value, str) else ""

    def shown(self, style: Style) -> str:
        """As a person reads it: a line, and what belongs to it indented below."""
        if self.fields is None:
            return escaped(self.raw.decode("utf-8", "replace"))
        event = self.word("event")
        below = [*_indented(self.word("exception"), style)]
        below += _indented(self.word("stack"), style)
        if event == "output":
            below += _indented(self.word("text"), style)
        return "\n".join([self._first(style, event), *below])

    def _first(self, style: Style, event: str) -> str:
        level = self.word("level")
        message, *more = self.word("message").split("\n")
        words = [
            style.paint(_local(self.time), DIM),
            style.paint(f"{escaped(level):<8}", LOOKS.get(level, "")),
            style.paint(escaped(self.word("logger")), CYAN),
            style.paint(escaped(message), BOLD if event == "run" else ""),
        ]
        if event == "run":
            words.append(style.paint(f"[run {escaped(self.word('run'))}]", DIM))
        elif not event:
            words += (style.paint(each, DIM) for each in self._given())
        return "\n".join([" ".join(words), *(INDENT + escaped(line) for line in more)])

    def _given(self) -> list[str]:
        fields = self.fields or {}
        return [
            f"{escaped(name)}={escaped(_text(value))}"
            for name, value in fields.items()
            if name not in SHOWN
        ]


class Wanted:
    """Which lines are: of a run by the beginning of its id, from a time, of a level."""

    __slots__ = ("_levels", "_run", "_since")

    def __init__(self, run: str, since: str, level: str) -> None:
        self._run = run
        self._since = since
        self._levels = LEVELS[: LEVELS.index(level)] if level else ()

    def has(self, line: Line) -> bool:
        """What isn't one of our lines is wanted where everything is."""
        if line.fields is None:
            return not (self._run or self._since or self._levels)
        return (
            line.word("run").startswith(self._run)
            and line.time >= self._since
            and line.word("level") not in self._levels
        )


def _fields(raw: bytes) -> dict[str, Json] | None:
    from json import loads

    try:
        found = loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "time" in found else None


def _text(value: Json) -> str:
    from json import dumps

    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)


def _indented(text: str, style: Style) -> list[str]:
    return [style.paint(INDENT + escaped(line), DIM) for line in text.splitlines()]


def _local(time: str) -> str:
    """The local time to the millisecond."""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(time).astimezone()
    except (ValueError, OverflowError, OSError):
        return escaped(time)
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03}"
