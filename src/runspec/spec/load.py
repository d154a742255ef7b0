"""The cold path: read a spec, build it, keep it compiled."""

from __future__ import annotations

import os

from ..errors import Fault, FilePlace, SpecError
from ..nearest import nearest
from ..source import kept
from ..source.spec import declares_nothing, read_spec
from .build import Spec, build
from .keep import dump, keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..specfile import Entry


def load(path: str, name: str, *, sole: bool) -> Entry:
    """One runnable of `path`, as `specfile.read` gives it. Raises SpecError."""
    seen = _status(path)
    spec = build(read_spec(path))
    chosen = choose(spec, name, sole=sole)
    errors = spec.errors_for(chosen)
    if errors:
        raise SpecError(*errors)
    if seen is not None:
        _keep(spec, seen)
    return dump(spec.runnables[chosen]), dump(spec.config), _warnings(spec, chosen)


def load_config(path: str) -> object:
    """`[config]` of `path`, as `specfile.read` gives it. Raises SpecError."""
    seen = _status(path)
    spec = build(read_spec(path))
    errors = spec.errors_for(None)
    if errors:
        raise SpecError(*errors)
    if seen is not None:
        _keep(spec, seen)
    return dump(spec.config)


def is_declared(script: str, name: str | None) -> bool:
    """Whether a script declares itself, by that name where there is one (FIND-08)."""
    document = read_spec(script)
    return not declares_nothing(document) and name in (None, document.recipe)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def choose(spec: Spec, name: str, *, sole: bool) -> str:
    """The name of a runnable of `spec`, that of the only one with `sole`.

    Raises SpecError (`unknown-runnable`).
    """
    if name in spec.names:
        return name
    if sole and len(spec.names) == 1:
        return spec.names[0]
    whole_file = spec.errors_for(None)
    if whole_file:
        raise SpecError(*whole_file)
    raise SpecError(
        Fault(
            "unknown-runnable",
            name,
            FilePlace(spec.path, 0, 0),
            received=name,
            expected=tuple(spec.names),
            candidates=nearest(name, spec.names),
        )
    )


def _keep(spec: Spec, seen: os.stat_result) -> None:
    if spec.errors_for(None):
        return
    entries = {
        name: (dump(runnable), _warnings(spec, name))
        for name, runnable in spec.runnables.items()
    }
    only = spec.names[0] if len(spec.names) == 1 else None
    keep(spec.path, seen, dump(spec.config), entries, only)


def _warnings(spec: Spec, name: str) -> tuple[object, ...]:
    """The warnings about one runnable as plain data."""
    return tuple(
        kept.keep(fault)
        for fault in spec.faults
        if fault.severity == "warning" and fault.runnable == name
    )
