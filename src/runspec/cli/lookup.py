"""The spec that a runnable's name stands for: installed here, or found from here."""

from __future__ import annotations

import os

from .. import load_runnable
from ..errors import Fault, FilePlace, SpecError
from ..source.spec import SCRIPTS, is_plain_program, read_spec
from ..specfile import SPEC_NAME, find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .. import Loaded
    from ..model import Runnable
    from ..recipe import Recipe
    from ..run.program import Program
    from ..spec.build import Spec
    from ..spec.catalogue import Catalogue

MOST = 3
"""Of what may have been meant, the nearest are shown."""
MOST_DIRECTORIES = 200
"""How many are looked through for what may have been meant."""


class Located:
    """`path` of the spec of a runnable; `installed`: a distribution ships it.

    `program` is the file that was named instead of the runnable.
    """

    __slots__ = ("installed", "name", "path", "program")

    def __init__(
        self, name: str, path: str, *, installed: bool, program: Program | None = None
    ) -> None:
        self.name = name
        self.path = path
        self.installed = installed
        self.program = program

    def load(self) -> Loaded:
        """The runnable; raises SpecError when it is faulty."""
        return load_runnable(self.name, self.path, None)


def is_path(name: str) -> bool:
    """Whether it is a file or a directory, not a runnable's name (RCP-07)."""
    return "/" in name or name.endswith((".toml", *SCRIPTS))


def locate_in(path: str, name: str | None = None) -> Located:
    """The runnable of a file, or of the `runspec.toml` of a directory.

    Without a name, the only one. A program that doesn't declare itself stands for the
    section of its name in the spec beside or above it (RCP-07). Raises SpecError
    (`spec-not-found`, `unknown-runnable`, `runnable-unnamed`, or what makes the file
    unreadable).
    """
    from ..recipe import chosen
    from ..spec.build import build

    try:
        path = find_spec(path, {}, None)
        if name is None and is_plain_program(path):
            return _of_program(os.path.realpath(path))
        return Located(chosen(build(read_spec(path)), name), path, installed=False)
    except SpecError as error:
        raise _with_near(error, path) from None


def _of_program(path: str) -> Located:
    """The section that a program's file is for. Raises SpecError (`no-recipe`)."""
    from ..run.program import of_file
    from ..spec.build import build

    program = of_file(path, "" if path.endswith(SCRIPTS) else path)
    above = _spec_above(path)
    spec = build(read_spec(above)) if above else None
    base = os.path.basename(path)
    stem = os.path.splitext(base)[0]
    names = (base, stem, stem.replace("_", "-"))
    if spec is not None:
        declared = [
            n for n, each in spec.runnables.items() if _is_for(path, each, spec)
        ]
        for name in (*declared, *names):
            if name in spec.names:
                return Located(name, spec.path, installed=False, program=program)
    listed = _catalogue().listed
    for name in names:
        if name in listed:
            shipped = listed[name].spec.path
            return Located(name, shipped, installed=True, program=program)
    place = FilePlace(path, 0, 0)
    detail = f"it has no `# /// script` block, and no {SPEC_NAME} above it has [{stem}]"
    raise SpecError(Fault("no-recipe", path, place, detail=detail))


def _is_for(path: str, runnable: Runnable, spec: Spec) -> bool:
    if runnable.program is None:
        return False
    beside = os.path.dirname(spec.path)
    return os.path.realpath(os.path.join(beside, runnable.program)) == path


def _spec_above(path: str) -> str | None:
    try:
        return find_spec(None, {}, path)
    except SpecError:
        return None


def _catalogue() -> Catalogue:
    """What is installed here."""
    from ..spec.catalogue import Catalogue

    catalogue = Catalogue()
    catalogue.environment.save()
    return catalogue


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
    catalogue = _catalogue()
    if name in catalogue.listed:
        path = catalogue.listed[name].spec.path
        return Located(name, path, installed=True)
    conflicts = [fault for fault in catalogue.conflicts if fault.runnable == name]
    if conflicts:
        for fault in conflicts:
            fault.severity = "error"
        raise SpecError(*conflicts)
    nearest = spec_from_here()
    found = declared_in(nearest)
    if nearest and name in found:
        return Located(name, nearest, installed=False)
    raise _unknown(name, [*found, *known, *(each.name for each in catalogue.declared)])


def _unknown(name: str, known: list[str]) -> SpecError:
    """Of what is no path, with the nearest names, or else scripts that may be meant."""
    from ..nearest import option_of
    from ..spec.catalogue import unknown

    error = unknown(name, known)
    fault = error.faults[0]
    option = option_of(name)
    fault.detail = "dash" if option else "anywhere"
    fault.expected = (option,) if option else fault.expected
    fault.candidates = () if option else fault.candidates or recipes_near(name)
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
    from ..spec.build import build

    return build(read_spec(path)).names
