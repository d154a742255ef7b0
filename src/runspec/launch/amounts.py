"""Times and sizes as profiles have them, which is as Slurm reads them."""

from __future__ import annotations

DIGITS = "0123456789"
MEBIBYTES_PER_GIBIBYTE = 1024
UNITS = {"": 1, "K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}
"""Mebibytes in one unit; a bare number is mebibytes (sbatch(1), --mem)."""


def seconds(text: str) -> int | None:
    """The seconds of `MM`, `MM:SS`, `HH:MM:SS`, `D-HH`, `D-HH:MM` or `D-HH:MM:SS`.

    None for anything else (sbatch(1), --time).
    """
    days, dash, rest = text.rpartition("-")
    parts = rest.split(":")
    if len(parts) > 3 or not all(_is_number(part) for part in parts):
        return None
    if dash and not _is_number(days):
        return None
    numbers = [int(part) for part in parts]
    if dash:
        hours, minutes, left = (*numbers, 0, 0)[:3]
        return ((int(days) * 24 + hours) * 60 + minutes) * 60 + left
    if len(numbers) == 3:
        return (numbers[0] * 60 + numbers[1]) * 60 + numbers[2]
    return numbers[0] * 60 + (numbers[1] if len(numbers) == 2 else 0)


def mebibytes(text: str) -> int | None:
    """The mebibytes of `64G`, `512M`, `64GB`, `64Gi` or a bare number; None for
    anything else.
    """
    number = text.rstrip("KMGTiBkmgtb")
    unit = text[len(number) :].upper().removesuffix("B").removesuffix("I")
    if not _is_number(number) or unit not in UNITS:
        return None
    return round(int(number) * UNITS[unit])


def _is_number(text: str) -> bool:
    return bool(text) and not text.strip(DIGITS)
