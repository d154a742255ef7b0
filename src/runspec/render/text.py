"""Text for a terminal: its width, its colours, and lines that fit."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

BOLD = "1"
DIM = "2"
RED = "1;31"
GREEN = "32"
YELLOW = "33"
BLUE = "1;34"
CYAN = "36"

WIDTH = 80
NARROWEST = 40
WIDEST = 100

JOINERS = "\u200c\u200d"
"""Not printable to Python, yet part of Persian words and of emoji."""

Word = tuple[str, str]
"""Text that no line break divides, and how it looks (a code above, or "")."""


class Style:
    """How text is shown: `width` in columns, whether in colour, on a terminal."""

    __slots__ = ("colour", "terminal", "width")

    def __init__(
        self, width: int = WIDTH, *, colour: bool = False, terminal: bool = False
    ) -> None:
        self.width = width
        self.colour = colour
        self.terminal = terminal

    @classmethod
    def for_stream(
        cls, stream: "TextIO | None", environ: "Mapping[str, str]"
    ) -> "Style":
        """What suits a stream (HELP-03); None is a stream that isn't there."""
        terminal = _is_terminal(stream)
        plain = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
        forced = environ.get("FORCE_COLOR", "0") not in ("", "0")
        colour = not environ.get("NO_COLOR") if forced else terminal and not plain
        width = _columns_of(stream, environ)
        width = min(max(width, NARROWEST), WIDEST)
        return cls(width, colour=colour, terminal=terminal)

    def paint(self, text: str, look: str) -> str:
        """`text` in a look, one of this module's codes."""
        return f"\x1b[{look}m{text}\x1b[0m" if self.colour and look and text else text

    def line(self, words: "Iterable[Word]") -> str:
        """Words joined by spaces; neighbours of one look are painted as one."""
        runs: list[tuple[list[str], str]] = []
        for text, look in words:
            if not runs or runs[-1][1] != look:
                runs.append(([], look))
            runs[-1][0].append(text)
        return " ".join(self.paint(" ".join(texts), look) for texts, look in runs)


def _is_terminal(stream: "TextIO | None") -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _columns_of(stream: "TextIO | None", environ: "Mapping[str, str]") -> int:
    asked = environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 and int(asked):
        return int(asked)
    try:
        return (stream and os.get_terminal_size(stream.fileno()).columns) or WIDTH
    except (OSError, ValueError):
        return WIDTH


def words(text: str, look: str = "") -> "list[Word]":
    """The words of one paragraph, control characters shown as escapes."""
    return [(word, look) for word in escaped(text).split(" ")]


def paragraphs(text: str) -> "list[list[str]]":
    """Paragraphs, divided by blank lines, as their lines.

    A paragraph is one line, spaces and newlines folded, but for list items: each
    is a line of its own. One that begins with an indented line stays as it is.
    """
    found: list[list[str]] = [[]]
    lines = text.expandtabs(4).splitlines()
    margin = min((len(e) - len(e.lstrip()) for e in lines if e.strip()), default=0)
    for line in lines:
        folded = " ".join(line.split())
        if not folded:
            found.append([])
        elif line[margin] == " " if not found[-1] else found[-1][0][0] == " ":
            found[-1].append(line[margin:].rstrip())
        elif not found[-1] or folded.startswith(("- ", "* ")):
            found[-1].append(folded)
        else:
            found[-1][-1] += " " + folded
    return [lines for lines in found if lines]


def flow(pieces: "Iterable[Word]", width: int) -> "list[list[Word]]":
    """Words in lines of at most `width` columns.

    A word of ASCII that is wider than that has a line of its own and stays whole,
    because it is likely to be copied; any other is divided.
    """
    lines: list[list[Word]] = [[]]
    used = 0
    for text, look in pieces:
        for part in _divided(text, width):
            columns = display_width(part)
            if lines[-1] and used + 1 + columns > width:
                lines.append([])
                used = 0
            used += columns + (1 if lines[-1] else 0)
            lines[-1].append((part, look))
    return lines


def _divided(word: str, width: int) -> "list[str]":
    if word.isascii() or display_width(word) <= width:
        return [word]
    parts = [""]
    used = 0
    for character in word:
        columns = display_width(character)
        if used + columns > width and parts[-1]:
            parts.append("")
            used = 0
        parts[-1] += character
        used += columns
    return parts


def display_width(text: str) -> int:
    """Columns that printable text takes; East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    total = 0
    for character in text:
        if category(character) not in ("Mn", "Me", "Cf"):
            total += 2 if east_asian_width(character) in "WF" else 1
    return total


def escaped(text: str) -> str:
    """Text without control characters: each is shown as a backslash escape."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in JOINERS else _escape(each)
        for each in text
    )


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that isn't UTF-8 (PEP 383)
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def shortened(text: str, limit: int) -> str:
    """Text of at most `limit` characters, cut in the middle."""
    if len(text) <= limit:
        return text
    tail = (limit - 3) // 3
    return f"{text[: limit - 3 - tail]}...{text[len(text) - tail :]}"


def listed(texts: "Iterable[str]", last: str) -> str:
    """`a, b or c`, where `last` is the word before the last one."""
    items = list(texts)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def write(text: str, stream: "TextIO") -> None:
    """Write text and a newline; what the stream's encoding lacks is escaped."""
    try:
        stream.write(text + "\n")
    except UnicodeEncodeError as error:
        safe = text.encode(error.encoding, "backslashreplace").decode(error.encoding)
        stream.write(safe + "\n")


def show(text: str, stream: "TextIO") -> bool:
    """Write and flush; False where the reader has gone, which is no traceback."""
    try:
        write(text.rstrip("\n"), stream)
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        return False
    return True
