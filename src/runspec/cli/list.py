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
    root = str(args.dir.value or os.curdir)
    if not os.path.isdir(root):
        raise SpecError(Fault("not-a-directory", root))
    listing = Listing(root)
    if args.format.value == "json":
        output.show_json(_json(listing))
    else:
        output.show("\n\n".join(_blocks(listing, root)))
    return 1 if listing.faults else 0


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
