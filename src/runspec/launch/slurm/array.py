"""The indices of an array job: `--array=0-7%2`, `1,3,5-9:2`."""

from __future__ import annotations

from ...errors import Fault, RunspecError

INVALID = "slurm-array-invalid"
MOST = 100_000
"""Tasks; Slurm's own bound (MaxArraySize) is 1001 where nobody raised it."""


def indices(text: str | None) -> tuple[int, ...]:
    """In order; none where it is no array. Raises RunspecError."""
    if not text:
        return ()
    found: set[int] = set()
    for part in text.partition("%")[0].split(","):
        whole, _, step = part.partition(":")
        first, dash, last = whole.partition("-")
        numbers = (first, last if dash else first, step or "1")
        if not all(number.isascii() and number.isdigit() for number in numbers):
            raise _invalid(text)
        low, high, by = map(int, numbers)
        if high < low or by < 1 or high - low > MOST or len(found) > MOST:
            raise _invalid(text)
        found.update(range(low, high + 1, by))
    return tuple(sorted(found))


def suffixes(text: str | None) -> tuple[str, ...]:
    """What is behind the names of the files of each task."""
    return tuple(f"-{index}" for index in indices(text)) or ("",)


def _invalid(text: str) -> RunspecError:
    return RunspecError(Fault(INVALID, "array", received=text))
