"""Overrides applied to a configuration (CNF-04)."""

from __future__ import annotations

from ...errors import CallError, Fault
from ...nearest import nearest
from .node import Node, Typed, node_of
from .overrides import ADD, DROP, FORCE, SET, dotted, masked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .overrides import Override, Path

MOST_KEYS = 1000


def apply(
    root: Node, overrides: Sequence[Override], *, is_open: bool = False
) -> tuple[Fault, ...]:
    """Change the tree, one override after the other.

    `is_open`: a key that isn't there is added; one that is near to a known one is a
    warning then. Raises CallError with the faults of all: `override-unknown`,
    `override-exists`, `override-differs`.
    """
    faults: list[Fault] = []
    warnings: list[Fault] = []
    for override in overrides:
        fault = _EDITS[override.operation](root, override)
        if fault is not None and is_open and override.operation == SET:
            near, fault = _beside(root, override.path), _force(root, override)
            if near and fault is None:
                warnings.append(_fault("override-near", override, (), near))
                warnings[-1].severity = "warning"
        if fault is not None:
            faults.append(fault)
    if faults:
        raise CallError(*faults)
    return tuple(warnings)


def _set(root: Node, override: Override) -> Fault | None:
    if root.find(override.path) is None:
        known = _is_setting(override.path)
        return _force(root, override) if known else _unknown(root, override)
    return _put(root, override, node_of(override.value, Typed(override)))


def _is_setting(path: Path) -> bool:
    """Whether it is one of a launch, which no configuration has to name first."""
    if path[:2] != ("run", "env") or len(path) < 3:
        return False
    from ...spec.table import FIELDS

    return path[2] in FIELDS["profile"]


def _put(root: Node, override: Override, new: Node) -> Fault | None:
    """A mapping changes the keys it names; anything else replaces what is there."""
    old = root.find(override.path)
    if old is None or not _both_mappings(old, new):
        return _assign(root, override, new)
    strange = None if override.operation == FORCE else _strange(old, new, override.path)
    if strange is not None:
        return _unknown(root, override, strange)
    from .node import overlay

    overlay(old, new)
    return None


def _both_mappings(old: Node, new: Node) -> bool:
    """An empty mapping isn't one here: it empties what is there."""
    return (
        isinstance(old.value, dict) and isinstance(new.value, dict) and bool(new.value)
    )


def _strange(old: Node, new: Node, path: Path) -> Path | None:
    """The first key of `new` that `old` hasn't."""
    assert isinstance(old.value, dict)
    assert isinstance(new.value, dict)
    for key, each in new.value.items():
        there = old.value.get(key)
        if there is None:
            return (*path, key)
        if _both_mappings(there, each):
            found = _strange(there, each, (*path, key))
            if found is not None:
                return found
    return None


def _add(root: Node, override: Override) -> Fault | None:
    if root.find(override.path) is not None:
        return _fault("override-exists", override)
    return _force(root, override)


def _force(root: Node, override: Override) -> Fault | None:
    new = node_of(override.value, Typed(override))
    parent = root
    for depth, key in enumerate(override.path[:-1]):
        below = parent.below(key)
        if below is None or below.value is None:
            below = Node({}, new.origin)
            if not _child(parent, key, below):
                return _unknown(root, override, override.path[: depth + 1])
        parent = below
    return _put(root, override, new)


def _assign(root: Node, override: Override, new: Node) -> Fault | None:
    parent = root.find(override.path[:-1])
    if parent is not None and _child(parent, override.path[-1], new):
        return None
    return _unknown(root, override)


def _child(parent: Node, key: str | int, new: Node) -> bool:
    """Put one node under a key; False where it can't be there."""
    if isinstance(parent.value, dict):
        parent.value[str(key)] = new
        return True
    if not isinstance(parent.value, list) or not isinstance(key, int):
        return False
    size = len(parent.value)
    if key == size:
        parent.value.append(new)
    elif -size <= key < size:
        parent.value[key] = new
    return -size <= key <= size


def _drop(root: Node, override: Override) -> Fault | None:
    found = root.find(override.path)
    parent = root.find(override.path[:-1])
    if found is None or parent is None:
        return _unknown(root, override)
    if override.valued and found.plain() != override.value:
        return _fault("override-differs", override)
    key = override.path[-1]
    if isinstance(parent.value, dict):
        del parent.value[str(key)]
    elif isinstance(parent.value, list) and isinstance(key, int):
        del parent.value[key]
    return None


_EDITS = {SET: _set, ADD: _add, FORCE: _force, DROP: _drop}


def _unknown(root: Node, override: Override, path: Path = ()) -> Fault:
    path = path or override.path
    return _fault("override-unknown", override, path, _near(root, path))


def _near(root: Node, path: Path) -> tuple[str, ...]:
    """The nearest keys where the path ends to be there; else such a key elsewhere."""
    near = _beside(root, path)
    if near:
        return near
    last = str(path[-1])
    return tuple(dotted(each) for each in _paths(root) if str(each[-1]) == last)[:3]


def _beside(root: Node, path: Path) -> tuple[str, ...]:
    """The nearest keys where the path ends to be there."""
    above: Node = root
    depth = 0
    while depth < len(path) - 1 and (below := above.below(path[depth])) is not None:
        above, depth = below, depth + 1
    known = above.value if isinstance(above.value, dict) else ()
    near = nearest(str(path[depth]), known)
    return tuple(dotted(_whole(above, path, depth, key)) for key in near)


def _whole(above: Node, path: Path, depth: int, key: str) -> Path:
    """The path with another key in it; only as far as that, where it leads nowhere."""
    to_there, behind = (*path[:depth], key), path[depth + 1 :]
    found = above.below(key)
    leads = found is not None and found.find(behind) is not None
    return to_there + behind if leads else to_there


def _paths(root: Node) -> Iterator[Path]:
    """The paths of the first keys, level by level."""
    waiting: list[tuple[Path, Node]] = [((), root)]
    for count, (path, node) in enumerate(waiting):
        if path:
            yield path
        if count < MOST_KEYS and isinstance(node.value, dict):
            waiting += [((*path, key), each) for key, each in node.value.items()]


def _fault(
    code: str, override: Override, path: Path = (), candidates: tuple[str, ...] = ()
) -> Fault:
    return Fault(
        code,
        dotted(path or override.path),
        override.place,
        received=masked(override.token),
        candidates=candidates,
    )
