"""JSON values without secrets."""

from __future__ import annotations

from ..errors import MASK
from .names import NUMERIC, credential_word, is_secret_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..spec.plain import Json

NAME_KEYS = ("name", "key")


def redacted(value: Json, text: Callable[[str], str], own: frozenset[str]) -> Json:
    """`value` with `text` applied to its texts; `own` are further secrets' names."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return _list(value, text, own)
    if isinstance(value, dict):
        return _object(value, text, own)
    if value is None or isinstance(value, bool):
        return value
    return value if text(str(value)) == str(value) else MASK


def _list(
    items: list[Json], text: Callable[[str], str], own: frozenset[str]
) -> list[Json]:
    before: list[Json] = [None, *items]
    return [
        MASK
        if isinstance(item, str) and item[:2] != "--" and _is_option(option, own)
        else redacted(item, text, own)
        for option, item in zip(before, items, strict=False)
    ]


def _is_option(item: Json, own: frozenset[str]) -> bool:
    return (
        isinstance(item, str)
        and item.startswith("--")
        and is_secret_name(item.lstrip("-"), own)
    )


def _object(
    items: dict[str, Json], text: Callable[[str], str], own: frozenset[str]
) -> dict[str, Json]:
    folded = {key.lower(): item for key, item in items.items()}
    named = any(
        isinstance(name, str) and is_secret_name(name, own)
        for name in map(folded.get, NAME_KEYS)
    )
    return {
        text(key): MASK
        if _is_secret(key, item, own) or (named and key.lower() == "value")
        else redacted(item, text, own)
        for key, item in items.items()
    }


def _is_secret(key: str, value: Json, own: frozenset[str]) -> bool:
    """Whether there is something to mask: not nothing, a yes or a number of them."""
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return False
    if not is_secret_name(key, own):
        return False
    if isinstance(value, int | float) and key.lower() not in own:
        return credential_word(key) in NUMERIC
    return not (key.lower() in ("pwd", "oldpwd") and str(value)[:1] in "/~")
