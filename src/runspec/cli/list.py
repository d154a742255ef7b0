"""`runspec list`: the recipes and specs below a folder (RCP-09)."""

from __future__ import annotations

import os

from ..errors import Fault, SpecError
from ..render.text import BOLD, CYAN, DIM, RED, escaped
from ..run.program import is_launched
from ..spec.build import build
from . import output
from .found import documents
from .table import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..call import Args
    from ..model import Runnable
    from ..source.document import Document
    from ..spec.build import Spec
    from ..spec.plain import Json

RECIPE, SPEC = "recipe", "spec"
HEAD = ("name", "kind", "launch", "path")
NOTHING = """\
There are no recipes or specs below {folder}.

A script is a recipe when its `# /// script` block has a [tool.runspec] table. To
begin a runspec.toml, run `runspec init`."""


class Entry:
    """One runnable as a list shows it; `launch` is "" where nothing says how.

    `faulty`: it has errors, so that it can't be used.
    """

    __slots__ = ("faulty", "kind", "launch", "name", "path", "runnable")

    def __init__(self, spec: Spec, name: str) -> None:
        self.runnable = name
        self.name = name
        self.kind = SPEC if spec.script is None else RECIPE
        self.launch = ""
        self.path = spec.path
        self.faulty = name not in spec.runnables
        if not self.faulty:
            self._fill(spec.runnables[name])

    def _fill(self, runnable: Runnable) -> None:
        self.name = runnable.recipe_name or self.name
        if is_launched(runnable):
            self.kind = RECIPE
        if self.kind == RECIPE:
            self.launch = runnable.run.launch if runnable.run else "torchrun"


class Listing:
    """Everything below a folder; `faults` are the errors, `warnings` are counted."""

    __slots__ = ("entries", "faults", "files", "warnings")

    def __init__(self, root: str) -> None:
        self.entries: list[Entry] = []
        self.faults: list[Fault] = []
        self.files = 0
        self.warnings = 0
        for document in documents(root):
            self._add(document)

    def _add(self, document: Document) -> None:
        spec = build(document)
        self.files += 1
        self.entries += [Entry(spec, name) for name in spec.names]
        errors = [fault for fault in spec.faults if fault.severity == "error"]
        self.faults += errors
        self.warnings += len(spec.faults) - len(errors)

    def tally(self) -> list[str]:
        """`2 recipes`, `1 spec`, and what is wrong."""
        kinds = [entry.kind for entry in self.entries]
        counts = [(kinds.count(kind), kind) for kind in (RECIPE, SPEC)]
        counts += [(len(self.faults), "error"), (self.warnings, "warning")]
        return [output.counted(number, noun) for number, noun in counts if number]


def run(args: Args) -> int:
    """List what is there; 1 when something of it is faulty."""
    if args.profiles.value:
        return _show_names(_profiles(), args, "There is no env.toml here.")
    if args.configs.value:
        none = "It has no configurations."
        return _show_names(_configs(str(args.configs.value)), args, none)
    root = str(args.dir.value or os.curdir)
    if not os.path.isdir(root):
        raise SpecError(Fault("not-a-directory", root))
    listing = Listing(root)
    if args.format.value == "json":
        output.show_json(_json(listing))
    else:
        output.show("\n\n".join(_blocks(listing, root)))
    return 1 if listing.faults else 0


def _show_names(rows: list[tuple[str, str, str]], args: Args, none: str) -> int:
    """Names, what is to be said of each, and where it stands."""
    if args.format.value == "json":
        output.show_json([{"name": n, "about": a, "path": p} for n, a, p in rows])
        return 0
    cells = [
        [(escaped(n), CYAN), (escaped(a), ""), (escaped(p), DIM)] for n, a, p in rows
    ]
    output.show(table(cells, output.style(), wide=2) if cells else none)
    return 0


def _profiles() -> list[tuple[str, str, str]]:
    """Each profile with its place. Raises SpecError for a file that is faulty."""
    from ..launch.profile.profiles import find, load

    path = find(os.getcwd(), os.environ)
    profiles = load(path) if path else None
    rows = []
    for name in profiles.names if profiles else ():
        executor = profiles.values(name).get("executor") if profiles else None
        place = str(executor.value) if executor else "local"
        rows.append((name, place, profiles.path if profiles else ""))
    return rows


def _configs(word: str) -> list[tuple[str, str, str]]:
    """The configurations of a recipe, those in folders too; the default is marked."""
    from ..launch.config.formats import SUFFIXES
    from .found import shown
    from .lookup import recipe_named

    recipe = recipe_named(word)
    suffixes = SUFFIXES[str(recipe.config.format)]
    rows = []
    for folder, folders, files in os.walk(recipe.config_dir):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for file in sorted(files):
            name, suffix = os.path.splitext(os.path.join(folder, file))
            if suffix in suffixes:
                relative = os.path.relpath(name, recipe.config_dir)
                is_default = relative == os.path.splitext(recipe.config.default)[0]
                path = shown(os.path.join(folder, file))
                rows.append((relative, "default" if is_default else "", path))
    return rows


def _blocks(listing: Listing, root: str) -> Iterator[str]:
    if not listing.files:
        yield NOTHING.format(folder=escaped(os.path.abspath(root)))
        return
    if listing.entries:
        head = [(title, BOLD) for title in HEAD]
        rows = [head, *(_row(entry) for entry in listing.entries)]
        yield table(rows, output.style(), wide=3)
    if listing.faults:
        yield output.faults(listing.faults)
    text = ", ".join(listing.tally())
    yield f"{text}; `runspec check` shows all" if listing.warnings else text


def _row(entry: Entry) -> list[tuple[str, str]]:
    return [
        (escaped(entry.name), RED if entry.faulty else CYAN),
        (entry.kind, ""),
        (entry.launch or "-", "" if entry.launch else DIM),
        (escaped(entry.path), DIM),
    ]


def _json(listing: Listing) -> Json:
    from ..render.fault import faults_json

    entries: list[Json] = [
        {
            "name": entry.name,
            "runnable": entry.runnable,
            "kind": entry.kind,
            "launch": entry.launch or None,
            "path": entry.path,
            "usable": not entry.faulty,
        }
        for entry in listing.entries
    ]
    return {
        "files": listing.files,
        "errors": len(listing.faults),
        "warnings": listing.warnings,
        "runnables": entries,
        "faults": faults_json(listing.faults),  # type: ignore[dict-item]
    }
