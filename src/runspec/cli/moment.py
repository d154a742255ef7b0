"""Points in time as people type them: `90m`, `7d`, `2030-01-31`, `2030-01-31T18:00`."""

from __future__ import annotations

from ..errors import CallError, Fault

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
FORMS = "90m, 2h, 7d, 2030-01-31 or 2030-01-31T18:00"


def before(text: str, argument: str, now: float) -> float:
    """Seconds since the epoch; a span of time ends at `now`. Raises CallError."""
    return _moment(text, argument, now, -1)


def after(text: str, argument: str, now: float) -> float:
    """As `before`, but a span begins at `now`, and what is over isn't meant."""
    found = _moment(text, argument, now, 1)
    if found <= now:
        raise _invalid(text, argument, "that is over")
    return found


def _moment(text: str, argument: str, now: float, sign: int) -> float:
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdecimal() and len(number) < 10 and unit in UNITS:
        return now + sign * int(number) * UNITS[unit]
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise _invalid(text, argument, f"a time is like {FORMS}") from None


def _invalid(text: str, argument: str, why: str) -> CallError:
    return CallError(Fault("not-valid", argument, received=text, detail=why))
