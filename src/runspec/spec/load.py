"""The cold path: read a spec, build it, keep it compiled."""

from __future__ import annotations

import os
from time import time_ns

from ..errors import Fault, FilePlace, SpecError
from ..nearest import nearest
from ..source import kept
from ..source.spec import declares_nothing, read_spec
from ..specfile import content_sum
from .build import Spec, build
from .keep import dump, keep, keep_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..specfile import Entry


def load(path: str, name: str, *, sole: bool) -> Entry:
    """One runnable of `path`, as `specfile.read` gives it. Raises SpecError."""
    began, seen = time_ns(), _status(path)
    spec = build(read_spec(path))
    chosen = choose(spec, name, sole=sole)
    errors = spec.errors_for(chosen)
    if errors:
        raise SpecError(*errors)
    if seen is not None:
        _keep(spec, seen, began)
    return dump(spec.runnables[chosen]), dump(spec.config), _warnings(spec, chosen)


def load_config(path: str) -> object:
    """`[config]` of `path`, as `specfile.read` gives it. Raises SpecError."""
    began, seen = time_ns(), _status(path)
    spec = build(read_spec(path))
    errors = spec.errors_for(None)
    if errors:
        raise SpecError(*errors)
    if seen is not None:
        _keep(spec, seen, began)
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
    if sole:
        from .choice import other_names

        for each in other_names():
            if each in spec.names:
                return each
    raise SpecError(
        Fault(
            "unknown-runnable",
            name,
            FilePlace(spec.path, 0, 0),
            received=name,
            expected=tuple(spec.names),
            candidates=nearest(name, spec.names),
            detail="unnamed" if sole else "",
        )
    )


def prepare(path: str) -> tuple[str | None, tuple[Fault, ...]]:
    """Keep a spec compiled for whatever becomes of its file's status (CMP-03).

    Returns where it is kept, None where it can't be, and the spec's faults. Raises
    OSError where the spec can't be read.
    """
    status, origin = os.stat(path), content_sum(path)
    spec = build(read_spec(path))
    if spec.errors_for(None) or content_sum(path) != origin:
        return None, spec.faults
    return keep_from(path, origin, status.st_mode, *_compiled(spec)), spec.faults


def _keep(spec: Spec, seen: os.stat_result, began: int) -> None:
    if not spec.errors_for(None):
        keep(spec.path, seen, began, *_compiled(spec))


def _compiled(
    spec: Spec,
) -> tuple[object, dict[str, tuple[object, object]], str | None]:
    """`[config]`, the runnables with their warnings, and the only one's name."""
    entries: dict[str, tuple[object, object]] = {
        name: (dump(runnable), _warnings(spec, name))
        for name, runnable in spec.runnables.items()
    }
    only = spec.names[0] if len(spec.names) == 1 else None
    return dump(spec.config), entries, only


def _warnings(spec: Spec, name: str) -> tuple[object, ...]:
    """The warnings about one runnable as plain data."""
    return tuple(
        kept.keep(fault)
        for fault in spec.faults
        if fault.severity == "warning" and fault.runnable == name
    )
