"""When a log file is full or old enough (CFG-05)."""

from __future__ import annotations

INTERVALS = ("daily", "midnight", "weekly")
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
LONGEST = 12


def size_of(text: str) -> int | None:
    """Bytes of a size such as "10 MB" (at least 1); None where it is none.

    A whole number and a unit of powers of 1000, in any case, with or without a
    space between.
    """
    unit = text.lstrip("0123456789")
    digits = text[: len(text) - len(unit)]
    factor = UNITS.get(unit.removeprefix(" ").upper())
    if factor is None or not 0 < len(digits) <= LONGEST:
        return None
    return int(digits) * factor or None
