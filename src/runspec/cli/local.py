"""`runspec local`: what is installed here, as text or as schemas (LOC)."""

from __future__ import annotations

from ..render.text import BOLD, CYAN, DIM, escaped, flow, words
from ..spec.catalogue import Catalogue
from . import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Args
    from ..errors import Fault
    from ..render.text import Style
    from ..source.installed import InstalledSpec
    from ..spec.catalogue import Summary

NOTHING = """\
No runnables are installed in this environment.

A package has runnables when it ships a runspec.toml. To begin one, run
`runspec init` in the package's directory, then install the package here.
Looked in: {places}"""


class Selection:
    """The installed specs that are shown, each with the names listed of it."""

    def __init__(self, catalogue: Catalogue, only: str | None) -> None:
        self.catalogue = catalogue
        self.only = only
        self.specs = [
            spec
            for spec in catalogue.environment.specs
            if only is None or only in self.summary(spec).names
        ]
        self.conflicts = [f for f in catalogue.conflicts if only in (None, f.runnable)]

    def summary(self, spec: InstalledSpec) -> Summary:
        return self.catalogue.summaries[spec.path]

    def names(self, spec: InstalledSpec) -> list[str]:
        """The runnables of one file that can be used and are listed."""
        listed = self.catalogue.listed
        return [
            row.name
            for row in self.summary(spec).rows
            if self.only in (None, row.name)
            and row.name in listed
            and listed[row.name].spec is spec
        ]

    def status(self, *, strict: bool) -> int:
        """The exit status: 1 where errors left nothing to list (LOC-03).

        `strict`: or where there are any errors or conflicts.
        """
        errors = any(self.summary(spec).errors for spec in self.specs)
        if strict:
            return 1 if errors or self.conflicts else 0
        return 1 if errors and not any(map(self.names, self.specs)) else 0

    def faults(self, spec: InstalledSpec) -> list[Fault]:
        """The faults of one file; with `only`, its own and the file's."""
        return [
            fault
            for fault in self.summary(spec).faults()
            if self.only is None or fault.runnable in (None, self.only)
        ]


def run(args: Args) -> int:
    """List what is installed; 1 when something of it is faulty (LOC-03)."""
    catalogue = Catalogue()
    only: str | None = args.runnable.value
    if only is not None:
        catalogue.require(only)
    selection = Selection(catalogue, only)
    if args.format.value == "text":
        status = _text(selection, strict=args.strict.value)
    else:
        from .emit import emit

        status = emit(
            selection,
            args.format.value,
            strict=args.strict.value,
            bare=args.bare.value,
        )
    catalogue.environment.save()
    return status


def _text(selection: Selection, *, strict: bool) -> int:
    if not selection.specs:
        output.show(NOTHING.format(places=_places(selection)))
        return 0
    style = output.style()
    blocks = [_block(selection, spec, style) for spec in selection.specs]
    faults = [f for spec in selection.specs for f in selection.faults(spec)]
    faults += selection.conflicts
    if selection.conflicts:
        blocks.append(output.faults(selection.conflicts))
    blocks.append(_sum(selection, faults))
    output.show("\n\n".join(blocks))
    return selection.status(strict=strict)


def _places(selection: Selection) -> str:
    return ", ".join(selection.catalogue.environment.sites)


def _block(selection: Selection, spec: InstalledSpec, style: Style) -> str:
    """One file: its runnables, and what is wrong with it."""
    names = selection.names(spec)
    rows = [row for row in selection.summary(spec).rows if row.name in names]
    head = style.paint(f"{spec.distribution} {spec.version}", BOLD)
    lines = [f"{head}  {style.paint(escaped(spec.path), DIM)}"]
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        first, *more = _wrapped(row.description, style.width - width - 18)
        name = style.paint(row.name.ljust(width), CYAN)
        lines.append(f"  {name}  {row.autonomy:<12}  {first}".rstrip())
        lines += [" " * (width + 18) + line for line in more]
    faults = selection.faults(spec)
    if faults:
        lines += ["", output.faults(faults)]
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    lines = flow(words(" ".join(text.split())), max(width, 30))
    return [" ".join(word for word, _ in line) for line in lines]


def _sum(selection: Selection, faults: list[Fault]) -> str:
    shown = sum(len(selection.names(spec)) for spec in selection.specs)
    files = output.counted(len(selection.specs), "file")
    text = f"{output.counted(shown, 'runnable')} in {files}"
    return ", ".join([text, *output.tally(faults)])
