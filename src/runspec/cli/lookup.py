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
    from ..recipe import Recipe
    from ..spec.build import Spec

MOST = 3
"""Of what may have been meant, the nearest are shown."""
MOST_DIRECTORIES = 200
"""How many are looked through for what may have been meant."""


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

    try:
        path = find_spec(path, {}, None)
        return Located(chosen(build(read_spec(path)), name), path, installed=False)
    except SpecError as error:
        raise _with_near(error, path) from None


def recipe_named(word: str) -> Recipe:
    """The recipe of a script's path or of a runnable's name. Raises SpecError."""
    from ..recipe import parse

    if is_path(word) and os.path.exists(word):
        return parse(word)
    try:
        if is_path(word):
            return parse(word)
        located = locate(word)
    except SpecError as error:
        listed = _listed(word)
        if listed is not None:
            return parse(*listed)
        raise _with_near(error, word) from None
    return parse(located.path, located.name)


def _listed(word: str) -> tuple[str, str] | None:
    """File and runnable of a name that `runspec list` shows here.

    Raises SpecError (`recipe-ambiguous`) where several have it.
    """
    from ..errors import Fault
    from ..spec.build import build
    from .found import documents

    found: list[tuple[str, str]] = []
    for document in documents(os.curdir, MOST_DIRECTORIES):
        spec = build(document)
        for name, runnable in spec.runnables.items():
            if word in (runnable.recipe_name, name):
                found.append((document.path, name))
    if len(found) > 1:
        paths = tuple(path for path, _ in found)
        fault = Fault("recipe-ambiguous", word, received=word, expected=paths)
        raise SpecError(fault)
    return found[0] if found else None


def _with_near(error: SpecError, path: str) -> SpecError:
    """A file that isn't there, with those that may have been meant."""
    for fault in error.faults:
        if fault.code == "spec-not-found":
            fault.candidates = recipes_near(path)
    return error


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
    from ..spec.catalogue import Catalogue

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
    raise _unknown(name, [*found, *known, *(each.name for each in catalogue.declared)])


def _unknown(name: str, known: list[str]) -> SpecError:
    """Of what is no path, with the nearest names, or else scripts that may be meant."""
    from ..spec.catalogue import unknown

    error = unknown(name, known)
    fault = error.faults[0]
    fault.detail = "anywhere"
    fault.candidates = fault.candidates or recipes_near(name)
    return error


def recipes_near(word: str) -> tuple[str, ...]:
    """The paths of recipes below this directory that a mistyped word may mean.

    By their path, their file's name or what they call themselves. Of a large folder
    only the first directories are looked at.
    """
    from ..nearest import nearest
    from ..spec.build import build
    from .found import documents

    known: dict[str, str] = {}
    for document in documents(os.curdir, MOST_DIRECTORIES):
        path = document.path
        base = os.path.basename(path)
        names = (path, base, os.path.splitext(base)[0], *_identities(build(document)))
        known.update((each, path) for each in names if each not in known)
    most = len(known)
    near = nearest(os.path.normpath(word), known, most)
    near = near or nearest(os.path.basename(word), known, most)
    return tuple(dict.fromkeys(known[each] for each in near))[:MOST]


def _identities(spec: Spec) -> tuple[str, ...]:
    if spec.script is None:
        return ()
    found = (each.recipe_name for each in spec.runnables.values())
    return (*spec.names, *filter(None, found))


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
