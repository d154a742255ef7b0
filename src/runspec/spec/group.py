"""One group of arguments (GRP-07)."""

from __future__ import annotations

from ..model import attribute_of
from ..model_more import Group
from .fields import GROUP_KINDS
from .reader import Reader
from .table import FIELDS, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reader import Path


def group(reader: Reader, path: Path, name: str, source: object) -> object:
    """The Group of one table, or BAD."""
    if not isinstance(source, dict):
        return reader.wrong_type(path, source, "a table")
    values = read(reader, "group", path, source)
    for attribute in ("args", "requires"):
        if attribute in values:
            values[attribute] = _once(values[attribute])
    kind = _kind(reader, path, source, values)
    if kind:
        needed = "requires" if kind == "if" else "args"
        if not source.get(needed):
            reader.fault("group-incomplete", path, received=kind, expected=(needed,))
    return Group(name=name, **values)


def _kind(
    reader: Reader,
    path: Path,
    source: Mapping[str, object],
    values: Mapping[str, object],
) -> str:
    """The kind it has; empty where that can't be said."""
    attributes = {kind: FIELDS["group"][kind].attribute for kind in GROUP_KINDS}
    if any(kind in source and attributes[kind] not in values for kind in GROUP_KINDS):
        return ""
    kinds = [
        kind
        for kind in GROUP_KINDS
        if values.get(attributes[kind]) not in (None, False)
    ]
    if len(kinds) == 1:
        return kinds[0]
    received = ", ".join(kinds) or None
    reader.fault("group-kind", path, received=received, expected=GROUP_KINDS)
    return ""


def _once(names: object) -> tuple[str, ...]:
    by_attribute: dict[str, str] = {}
    for name in names if isinstance(names, tuple) else ():
        by_attribute.setdefault(attribute_of(name), name)
    return tuple(by_attribute.values())
