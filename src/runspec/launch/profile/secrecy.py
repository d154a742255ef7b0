"""What must not stand where a plan, a log or a job script would have it (PRF-05)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json

SHORTEST = 8
"""Of fewer characters no value has the shape of a secret."""


def is_secret(name: str, value: str | None) -> bool:
    """Whether a variable's name, or the shape of its value, is that of a secret.

    `value` is what somebody typed, None where it isn't known.
    """
    from ...redact.names import DIRECTORIES, is_credential

    if name.lower() in DIRECTORIES:
        return False
    if is_credential(name, None if value is None else _read(value)):
        return True
    return value is not None and len(value) >= SHORTEST and _looks_secret(value)


def _read(text: str) -> Json:
    """The value that is meant; an empty one isn't unknown."""
    from ...errors import Refused
    from ..config.flow import read

    try:
        found = read(text)
    except Refused:
        return text
    return "" if found is None else found


def _looks_secret(value: str) -> bool:
    from ...redact import Redactor

    return Redactor().text(value) != value
