"""Text of whoever may want to deceive: each character is seen for what it is.

`text.escaped` keeps a terminal safe; here, nothing that is shown can be taken for
something else either: no blank letters, no stacks of marks, no long gaps.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
)
"""Letters and marks that count as printable and show nothing."""
MOST_MARKS = 2
"""Combining marks on one letter; more would cover the lines around it."""
RIGHT_TO_LEFT = ("R", "AL", "AN")
GAP = "   "
"""As many spaces in a row could push what follows to the next line."""
LONGEST = 240
"""Characters of one text that are shown."""
TAIL = 60

NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, *, one_way: bool = False) -> str:
    """One line of text; what isn't plainly visible is a backslash escape.

    With `one_way`, so is what is written from right to left, for that would change
    the order of what stands beside it. Bytes that aren't UTF-8 (PEP 383) are `\\x80`
    to `\\xff`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(text, one_way))


def _seen(text: str, one_way: bool) -> Iterator[str]:
    from unicodedata import bidirectional, category

    marks = MOST_MARKS
    for character in text:
        if category(character) in ("Mn", "Me"):
            marks += 1
        else:
            marks = 0
        turns = one_way and bidirectional(character) in RIGHT_TO_LEFT
        plain = _is_plain(character) and marks <= MOST_MARKS and not turns
        yield character if plain else escape(character)


def _is_plain(character: str) -> bool:
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return character.isprintable() and not selector and character not in BLANK


def escape(character: str) -> str:
    """A character as bash and Python write it between quotes."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return NAMED.get(character) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quoted(text: str, *, whole: bool = False) -> str:
    """A value in double quotes; a long one as its two ends, its length between."""
    return _cut(text, lambda part: f'"{_inside(part, chr(34))}"', whole)


def shell_word(text: str, *, whole: bool = False) -> str:
    """A token as bash takes it; a long one as its two ends, its length between."""
    return _cut(text, _word, whole)


def _word(text: str) -> str:
    if visible(text, one_way=True) != text or GAP in text:
        return f"$'{_inside(text, chr(39), one_way=True)}'"
    from shlex import quote

    return quote(text)


def _inside(text: str, mark: str, *, one_way: bool = False) -> str:
    """What stands between quotes; no two texts are written alike."""
    text = text.replace("\\", "\\\\").replace(mark, "\\" + mark)
    text = visible(text, one_way=one_way)
    return text.replace(GAP, "  \\x20") if GAP in text else text


def _cut(text: str, quote: Callable[[str], str], whole: bool) -> str:
    if whole or len(text) <= LONGEST:
        return quote(text)
    head, tail = text[: LONGEST - TAIL], text[-TAIL:]
    left = len(text) - LONGEST
    return f"{quote(head)}...{left:,} of {len(text):,} characters...{quote(tail)}"
