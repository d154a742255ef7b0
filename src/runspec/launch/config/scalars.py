"""One value as a person types it: typed by the rules of YAML, without YAML.

A plain word is what OmegaConf's YAML reader takes it for, except that `12:30:00` and
`2026-01-31` are texts and `-.5` is a number, as in YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json

_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE = ("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON")
_FALSE = ("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF")
_INFINITE = (".inf", ".Inf", ".INF")
_NAN = (".nan", ".NaN", ".NAN")

WORDS: dict[str, Json] = {
    **dict.fromkeys(_NULLS, None),
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **{sign + word: float("inf") for word in _INFINITE for sign in ("", "+")},
    **{f"-{word}": float("-inf") for word in _INFINITE},
    **dict.fromkeys(_NAN, float("nan")),
}

_BASES = {"0b": 2, "0x": 16}
_IN_FLOATS = "0123456789.eE+-"
MOST_DIGITS = 4000
"""Longer numbers are texts: CPython refuses to read them."""


def typed(text: str) -> Json:
    """The value of a plain word; the word itself where it is nothing else."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in "+-.0123456789" or not text.isascii():
        return text
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> int | float | None:
    sign = -1 if text[0] == "-" else 1
    body = text[1:] if text[0] in "+-" else text
    if body[:1] == "_" or len(body) > MOST_DIGITS:
        return None
    try:
        whole = _whole(body)
        return sign * (_fraction(body) if whole is None else whole)
    except ValueError:
        return None


def _whole(body: str) -> int | None:
    """A whole number; None where it has another form. Raises ValueError."""
    base = _BASES.get(body[:2])
    if base is not None:
        digits = body[2:].replace("_", "")
        if not digits.isalnum():
            raise ValueError(body)
        return int(digits, base)
    digits = body.replace("_", "")
    if not digits.isdigit():
        return None
    return int(digits, 8 if body[0] == "0" and len(body) > 1 else 10)


def _fraction(body: str) -> float:
    mantissa, e, exponent = body.replace("E", "e").partition("e")
    if body.strip(_IN_FLOATS + "_") or "_" in exponent or mantissa[:1] in ("+", "-"):
        raise ValueError(body)
    odd = "." not in mantissa and (mantissa[-1:] == "_" or "__" in mantissa)
    if odd or mantissa[:2] == "._":
        raise ValueError(body)
    return float(mantissa.replace("_", "") + e + exponent)
