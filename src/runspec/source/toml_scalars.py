"""TOML values of one word (booleans, numbers, dates and times) and escapes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime

WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.:"
"""The characters of such a word."""

_CONSTANTS: dict[str, bool | float] = {
    "true": True,
    "false": False,
    **{
        sign + word: float(sign + word)
        for sign in ("", "+", "-")
        for word in ("inf", "nan")
    },
}
_BASES = {
    "0x": (16, "0123456789abcdefABCDEF_"),
    "0o": (8, "01234567_"),
    "0b": (2, "01_"),
}
_HEX = "0123456789abcdefABCDEF"
_ESCAPES = {
    "b": "\b",
    "t": "\t",
    "n": "\n",
    "f": "\f",
    "r": "\r",
    '"': '"',
}


def scalar(word: str) -> object:
    """The value of `word`, which has characters of `WORD` only or is one other.

    A date and its time may have one space between them. Raises ValueError; its
    message is a short phrase for a person.
    """
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if not word or word[0] not in "0123456789+-.":
        raise ValueError("text needs quotes")
    if word[:4].isdigit() and word[4:5] == "-":
        return _date_or_datetime(word)
    if word[:2].isdigit() and word[2:3] == ":":
        import datetime

        return datetime.time(*_clock(word))
    return _number(word)


def _number(word: str) -> int | float:
    """integer / float; Python's own readers check where underscores may stand."""
    if word[:2] in _BASES:
        base, digits = _BASES[word[:2]]
        if word[2:].strip(digits):
            raise ValueError("not a number")
        return _convert(word[2:], base)
    body = word[1:] if word[0] in "+-" else word
    mantissa, mark, exponent = body.replace("E", "e").partition("e")
    whole, dot, fraction = mantissa.partition(".")
    if not _digits(whole):
        raise ValueError("not a number")
    if whole[0] == "0" and len(whole) > 1:
        raise ValueError("a number can't begin with 0")
    if dot and not _digits(fraction):
        raise ValueError("not a number")
    if mark and not _digits(exponent[1:] if exponent[:1] in ("+", "-") else exponent):
        raise ValueError("not a number")
    return _convert(word, 0 if dot or mark else 10)


def _digits(text: str) -> bool:
    return text.replace("_", "").isdigit()


def _convert(digits: str, base: int) -> int | float:
    """A base of 0 is a float."""
    try:
        return int(digits, base) if base else float(digits)
    except ValueError:
        raise ValueError("not a number") from None


def _date_or_datetime(word: str) -> datetime.date:
    """RFC 3339 as TOML narrows it: full-date [ ("T" / " ") partial-time [offset] ]."""
    import datetime

    date = _part(word, 0, 4), _part(word, 5, 2), _part(word, 8, 2)
    if word[7:8] != "-" or word[10:11] not in ("", "T", "t", " "):
        raise ValueError("not a date")
    try:
        if len(word) == 10:
            return datetime.date(*date)
        clock, zone = _split_zone(word[11:])
        return datetime.datetime(*date, *_clock(clock), tzinfo=zone)
    except ValueError:
        raise ValueError("not a date or time") from None


def _split_zone(text: str) -> tuple[str, datetime.timezone | None]:
    import datetime

    if text[-1:] in ("Z", "z"):
        return text[:-1], datetime.UTC
    sign = text[-6:-5]
    if sign not in ("+", "-") or text[-3] != ":":
        return text, None
    hours, minutes = _part(text, len(text) - 5, 2), _part(text, len(text) - 2, 2)
    if hours > 23 or minutes > 59:
        raise ValueError("not a time zone")
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    return text[:-6], datetime.timezone(-offset if sign == "-" else offset)


def _clock(text: str) -> tuple[int, int, int, int]:
    """HH:MM:SS with an optional fraction; digits below a microsecond are dropped."""
    hour, minute, second = _part(text, 0, 2), _part(text, 3, 2), _part(text, 6, 2)
    fraction = text[9:]
    if text[2:3] + text[5:6] != "::" or hour > 23 or minute > 59 or second > 59:
        raise ValueError("not a time")
    if text[8:9] and not (text[8] == "." and fraction.isdigit()):
        raise ValueError("not a time")
    return hour, minute, second, int(fraction[:6].ljust(6, "0")) if fraction else 0


def _part(text: str, start: int, size: int) -> int:
    digits = text[start : start + size]
    if len(digits) != size or not digits.isdigit():
        raise ValueError("not a date or time")
    return int(digits)


def escape(piece: str) -> str | None:
    """What follows a backslash, made into text; None when it is no escape."""
    first = piece[0]
    if first in _ESCAPES:
        return _ESCAPES[first] + piece[1:]
    if first in "uU":
        size = 5 if first == "u" else 9
        return _character(piece[1:size], size - 1, piece[size:])
    if first in " \t\n" and piece.lstrip(" \t")[:1] == "\n":
        return piece.lstrip(" \t\n")
    return None


def _character(digits: str, size: int, rest: str) -> str | None:
    """A Unicode scalar value, not a surrogate."""
    if len(digits) != size or digits.strip(_HEX):
        return None
    code = int(digits, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return None
    return chr(code) + rest
