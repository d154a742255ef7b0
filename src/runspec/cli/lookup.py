"""The spec that a runnable's name stands for: installed here, or found from here."""

from __future__ import annotations

import os

from .. import load_runnable
from ..errors import SpecError
from ..source.spec import SCRIPTS
from ..specfile import find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .. import Loaded


class Located:
    """`path` of the spec of a runnable; `installed`: a distribution ships it."""

    __slots__ = ("installed", "name", "path")

    def __init__(self, name: str, path: str, *, installed: bool) -> None:
        self.name = name
        self.path = path
        self.installed = installed

    def load(self) -> Loaded:
        """The runnable; raises SpecError when it is faulty."""
        return load_runnable(self.name, self.path, None)


def is_path(name: str) -> bool:
    """Whether it is a file or a directory, not a runnable's name (RCP-07)."""
    return "/" in name or name.endswith((".toml", *SCRIPTS))


def locate_in(path: str, name: str | None = None) -> Located:
    """The runnable of a file, or of the `runspec.toml` of a directory.

    Without a name, the only one. Raises SpecError (`spec-not-found`,
    `unknown-runnable`, `runnable-unnamed`, or what makes the file unreadable).
    """
    from ..recipe import chosen
    from ..source.spec import read_spec
    from ..spec.build import build

    path = find_spec(path, {}, None)
    return Located(chosen(build(read_spec(path)), name), path, installed=False)


def locate(name: str) -> Located:
    """The spec of `name`: that of RUNSPEC_CONFIG, an installed one, the nearest one.

    Each counts only when it declares the name. A path is a spec itself. Raises
    SpecError (`unknown-runnable`, or `name-conflict` when it can't be told which is
    meant, and as `locate_in`).
    """
    if is_path(name):
        return locate_in(name)
    named = os.environ.get("RUNSPEC_CONFIG")
    configured = find_spec(named, {}, None) if named else None
    known = declared_in(configured)
    if configured and name in known:
        return Located(name, configured, installed=False)
    from ..spec.catalogue import Catalogue, unknown

    catalogue = Catalogue()
    catalogue.environment.save()
    if name in catalogue.listed:
        path = catalogue.listed[name].spec.path
        return Located(name, path, installed=True)
    conflicts = [fault for fault in catalogue.conflicts if fault.runnable == name]
    if conflicts:
        raise SpecError(*conflicts)
    nearest = spec_from_here()
    found = declared_in(nearest)
    if nearest and name in found:
        return Located(name, nearest, installed=False)
    raise unknown(name, [*found, *known, *(each.name for each in catalogue.declared)])


def spec_from_here() -> str | None:
    """The first spec file from the current directory upwards, if there is one."""
    try:
        return find_spec(None, {}, None)
    except SpecError:
        return None


def declared_in(path: str | None) -> tuple[str, ...]:
    """The names of all runnables of a file, those with faults included."""
    if path is None:
        return ()
    from ..source.spec import read_spec
    from ..spec.build import build

    return build(read_spec(path)).names
