"""JSON that a program wrote, as a value that can go into a reply."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json

DEEPEST = 100
"""Levels of arrays and objects; common readers of JSON stop at 128."""
SAFE_DIGITS = 308
"""No integer of so many digits overflows a double."""

SURROGATE = r"\\u[dD][89a-fA-F]"
ESCAPES = (
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
"""One escape, or those of a surrogate pair; group 1 is half a pair alone."""
TOKENS = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s,:\[\]{}"]+'


class NotJson(Exception):  # noqa: N818
    """The text is no JSON (RFC 8259), or none that every reader takes.

    `line` and `column` from 1; 0 where it is the text as a whole.
    """

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{place}{self.args[0]}"


def parse(text: str) -> Json:
    """The value; of equal keys the last counts.

    A byte order mark is skipped (RFC 8259, section 8.1). Half a surrogate pair, which
    UTF-8 can't carry, becomes U+FFFD. Raises NotJson; for NaN, for numbers that a
    double can't hold (RFC 8259, section 6), and for more than DEEPEST levels too.
    """
    import json

    text = _paired(text.removeprefix("\ufeff"))
    try:
        value: Json = json.loads(
            text, parse_int=_whole, parse_float=_finite, parse_constant=_finite
        )
    except json.JSONDecodeError as error:
        reason = error.msg if text.strip() else "there is nothing"
        raise NotJson(reason, error.lineno, error.colno) from None
    except ValueError:
        raise _bad_number(text) from None
    except RecursionError:
        raise _too_deep() from None
    if text.count("[") + text.count("{") > DEEPEST and _depth(value) > DEEPEST:
        raise _too_deep()
    return value


class Number(float):
    """A number with a fraction or an exponent, and its `text` as it was written."""

    text: str

    def __new__(cls, literal: str) -> Number:
        number = super().__new__(cls, literal)
        number.text = literal
        return number


def _finite(literal: str) -> float:
    number = Number(literal)
    if number - number != 0:
        raise ValueError(literal[:20])
    return number


def _whole(literal: str) -> int:
    if len(literal) > SAFE_DIGITS:
        _finite(literal)
    return int(literal)


def _paired(text: str) -> str:
    """Each lone surrogate escape replaced by one of the same length."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    import re

    if not re.search(SURROGATE, text):
        return text

    def sound(escape: re.Match[str]) -> str:
        return "\\ufffd" if escape[1] else escape[0]

    return re.sub(ESCAPES, sound, text, flags=re.DOTALL)


def _bad_number(text: str) -> NotJson:
    import re

    for token in re.finditer(TOKENS, text, re.DOTALL):
        if _is_bad_number(token[0]):
            line = text.count("\n", 0, token.start()) + 1
            column = token.start() - text.rfind("\n", 0, token.start())
            return NotJson(f"{token[0][:20]} is out of range", line, column)
    return NotJson("a number is out of range")


def _is_bad_number(token: str) -> bool:
    if token.startswith('"') or token in ("true", "false", "null"):
        return False
    number = float(token)
    return number - number != 0


def _depth(value: Json) -> int:
    """Levels of arrays and objects, found level by level."""
    depth = 0
    level: list[Json] = [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


def _too_deep() -> NotJson:
    return NotJson(f"it has more than {DEEPEST} levels")
