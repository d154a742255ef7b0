"""The `script` block of a Python file (PEP 723), found in its bytes (RCP-01, RCP-02).

bytes ──blocks──▶ the closed block ──decoded──▶ Block: its TOML text and its line
"""

from __future__ import annotations

from ..errors import Fault, FilePlace
from .strings import Strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = b"# /// script"
CLOSING = b"# ///"
OPENING = b"# /// "
MARGIN = "# "
ABSENT = "it has no `# /// script` block"
HIDDEN = "its `# /// script` is in a string, or begins no block that is closed"
WINDOW = 2_048
"""Bytes that are split into lines at once; a block is rarely longer."""
BOM = b"\xef\xbb\xbf"
LINES_OF_COOKIE = 2


class Block:
    """`text` is TOML without the comment signs; `line` counts the lines above it."""

    __slots__ = ("line", "text")

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.line = line


class Lines:
    """The comment lines from a `# /// script` on; `end` is the offset behind them."""

    __slots__ = ("end", "lines", "start")

    def __init__(self, data: bytes, start: int) -> None:
        self.start = start
        self.lines = _comments(data, start)
        self.end = start + sum(map(len, self.lines)) + len(self.lines)

    def content(self) -> list[bytes] | None:
        """The lines before the last that closes; None where none does."""
        for at in range(len(self.lines) - 1, 1, -1):
            if self.lines[at] == CLOSING:
                return self.lines[1:at]
        return None

    def is_recipe(self) -> bool:
        """Whether it looks like one, closed or not."""
        return any(b"runspec" in line for line in self.lines)


def find_block(data: bytes, path: str) -> Block | Fault:
    """The block of a file, or the fault why there is none to read.

    `data` is the file, or its beginning where `is_enough`.
    """
    marked = data.startswith(BOM)
    data = _normal(data)
    found: list[Lines] = []
    torn: list[Lines] = []
    for lines in _starts(data):
        (torn if lines.content() is None else found).append(lines)
        if len(found) > 1:
            first = _place(data, found[0], path)
            place = _place(data, lines, path)
            return Fault("block-repeated", path, place, related=first)
    if found:
        return _decoded(data, found[0], path, marked=marked)
    for lines in torn:
        if lines.is_recipe():
            return Fault("block-unclosed", path, _place(data, lines, path))
    detail = HIDDEN if MARK in data else ABSENT
    return Fault("no-recipe", path, FilePlace(path, 0, 0), detail=detail)


def is_enough(data: bytes) -> bool:
    """Whether the beginning of a file holds a whole block, and what follows it."""
    data = _normal(data)
    whole = data.rfind(b"\n") + 1
    return any(
        lines.content() is not None and lines.end < whole
        for lines in _starts(data[:whole])
    )


def _normal(data: bytes) -> bytes:
    """Without byte order mark, and with `\\n` at the ends of lines."""
    data = data.removeprefix(BOM)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _starts(data: bytes) -> Iterator[Lines]:
    """What begins with `# /// script` outside of strings and of other blocks."""
    strings = Strings(data)
    at = data.find(MARK)
    while at >= 0:
        end = at + len(MARK)
        whole = _is_line(data, at, end) and not _in_block(data, at)
        if whole and not strings.cover(at):
            lines = Lines(data, at)
            end = lines.end
            yield lines
        at = data.find(MARK, end)


def _is_line(data: bytes, start: int, end: int) -> bool:
    begins = start == 0 or data[start - 1 : start] == b"\n"
    return begins and data[end : end + 1] in (b"\n", b"")


def _in_block(data: bytes, at: int) -> bool:
    """Whether a block began above, in the same comment lines."""
    while at > 0:
        start = data.rfind(b"\n", 0, at - 1) + 1
        line = data[start : at - 1]
        if not _is_comment(line):
            return False
        if _is_opening(line):
            return True
        at = start
    return False


def _is_opening(line: bytes) -> bool:
    kind = line[len(OPENING) :].replace(b"-", b"0")
    return line.startswith(OPENING) and kind.isalnum()


def _is_comment(line: bytes) -> bool:
    return line[:2] == b"# " or line == b"#"


def _comments(data: bytes, at: int) -> list[bytes]:
    """The lines from `at` on that may stand in a block."""
    size = WINDOW
    while True:
        lines = data[at : at + size].split(b"\n")
        if at + size < len(data):
            lines.pop()
        for number, line in enumerate(lines):
            if line[:2] != b"# " and line != b"#":
                return lines[:number]
        if at + size >= len(data):
            return lines
        size *= 4


def _place(data: bytes, lines: Lines, path: str) -> FilePlace:
    line = data.count(b"\n", 0, lines.start) + 1
    return FilePlace(path, line, 1, MARK.decode(), len(MARK))


def _decoded(data: bytes, lines: Lines, path: str, *, marked: bool) -> Block | Fault:
    """With a byte order mark (`marked`) nothing but UTF-8 can be declared."""
    above = data.count(b"\n", 0, lines.start) + 1
    content = b"\n".join([line[2:] for line in lines.content() or ()])
    encoding, line = _encoding(data)
    if not marked or _is_utf_8(encoding):
        try:
            return Block(content.decode(encoding), above)
        except UnicodeDecodeError as error:
            return _bad_byte(content, error, above, path)
        except (LookupError, UnicodeError):
            pass  # it is no encoding of text
    place = FilePlace(path, line, 1)
    return Fault("encoding-unknown", path, place, received=encoding)


def _is_utf_8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")


def _bad_byte(
    content: bytes, error: UnicodeDecodeError, above: int, path: str
) -> Fault:
    """FILE-02."""
    start = content.rfind(b"\n", 0, error.start) + 1
    line = content[start:].split(b"\n", 1)[0].decode("utf-8", "replace")
    before = content[start : error.start].decode("utf-8", "replace")
    number = above + content.count(b"\n", 0, error.start) + 1
    column = len(MARGIN) + len(before) + 1
    place = FilePlace(path, number, column, MARGIN + line)
    received = f"0x{content[error.start]:02X}"
    declared = "" if error.encoding == "utf-8" else f"it declares {error.encoding}"
    return Fault("encoding", path, place, received=received, detail=declared)


def _encoding(data: bytes) -> tuple[str, int]:
    """What the file declares (PEP 263), and in which line; else UTF-8."""
    head = data[: data.find(b"\n", data.find(b"\n") + 1) + 1] or data
    if b"coding" not in head:
        return "utf-8", 0
    for number, line in enumerate(head.split(b"\n")[:LINES_OF_COOKIE], 1):
        text = line.lstrip(b" \t\f")
        if text and not text.startswith(b"#"):
            break
        named = _cookie(text)
        if named:
            return named, number
    return "utf-8", 0


def _cookie(comment: bytes) -> str:
    """What stands behind `coding:` or `coding=`."""
    at = comment.find(b"coding")
    while at >= 0:
        rest = comment[at + 6 :]
        if rest[:1] in (b":", b"="):
            name = rest[1:].lstrip(b" \t").decode("ascii", "replace")
            end = 0
            while end < len(name) and (name[end].isalnum() or name[end] in "-_."):
                end += 1
            return name[:end]
        at = comment.find(b"coding", at + 6)
    return ""
