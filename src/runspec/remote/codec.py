"""JSON texts to values and back, without `json` where nothing is wrong with them."""

from __future__ import annotations

from ..compat import json_encoder, json_scanner

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
    bare = text.strip(BLANK)
    try:
        value, end = _scan(bare, 0)
    except (ValueError, StopIteration, SystemError):
        end = -1
    if end == len(bare):
        return value
    from json import loads

    found: Json = loads(text, parse_constant=_refuse)
    return found


def encoded(value: Json) -> str:
    """The text, in ASCII and on one line. Raises ValueError for NaN and infinities."""
    return _encode(value)


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


_scan: Callable[[str, int], tuple[Json, int]] = json_scanner(_Options)
_encode = json_encoder(_unknown)
