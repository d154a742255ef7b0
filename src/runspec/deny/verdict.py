"""Whether the files of an environment deny a call."""

from __future__ import annotations

from time import time

from ..errors import RunspecError
from .file import read
from .rule import Denial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def denial(
    runnable: str, users: tuple[str, ...], host: str, paths: Sequence[str]
) -> Denial | None:
    """The first rule that denies a call; a file that isn't right denies any."""
    now = time()
    for path in paths:
        try:
            rules = read(path)
        except RunspecError as error:
            fault = error.faults[0]
            return Denial(path, fault, fault.detail or str(fault.received or ""))
        for rule in rules:
            if not rule.is_over(now) and rule.matches(runnable, users, host):
                return Denial.by_rule(runnable, path, rule)
    return None
