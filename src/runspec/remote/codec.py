"""JSON texts to values and back, without `json` where nothing is wrong with them.

`json` brings `re` along, and both cost a third of Python's start. What they come down
to, a scanner and an encoder in C, is there without them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from ..spec.plain import Json

BLANK = " \t\n\r"
"""White space of JSON (RFC 8259, section 2)."""


def decoded(text: str) -> Json:
    """The value of a text. Raises ValueError, for NaN and infinities too, and
    RecursionError, as `json.loads` does.
    """
    if _scan is not None:
        bare = text.strip(BLANK)
        try:
            value, end = _scan(bare, 0)
        except (ValueError, StopIteration, SystemError):
            end = -1  # SystemError: the scanner's own error is a class of `json`
        if end == len(bare):
            return value
    from json import loads

    found: Json = loads(text, parse_constant=_refuse)
    return found


def encoded(value: Json) -> str:
    """The text, in ASCII and on one line. Raises ValueError for NaN and infinities."""
    if _encode is not None:
        return "".join(_encode(value, 0))
    from json import dumps

    return dumps(value, separators=(",", ":"), allow_nan=False)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _unknown(value: object) -> NoReturn:
    raise TypeError(f"{type(value).__name__} is no value of JSON")


class _Options:
    """What the scanner goes by (`json.JSONDecoder`)."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_refuse)


def _scanner() -> Callable[[str, int], tuple[Json, int]] | None:
    try:
        from _json import make_scanner

        return make_scanner(_Options)  # type: ignore[arg-type]
    except (ImportError, AttributeError):
        return None


def _encoder() -> Callable[[Json, int], tuple[str, ...]] | None:
    try:
        from _json import encode_basestring_ascii, make_encoder

        options = (None, ":", ",", False, False, False)
        return make_encoder(None, _unknown, encode_basestring_ascii, *options)
    except (ImportError, TypeError):
        return None


_scan = _scanner()
_encode = _encoder()
