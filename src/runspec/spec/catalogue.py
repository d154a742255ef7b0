"""Every runnable that is installed, by name, with what is wrong with them (LOC)."""

from __future__ import annotations

from ..errors import Fault, FilePlace, SpecError
from ..source import kept
from ..source.installed import Declaration, installed, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source.document import Document
    from ..source.installed import InstalledSpec
    from .build import Spec

    Plain = tuple[
        tuple[tuple[str, tuple[int, int, str, int]], ...],
        tuple[tuple[str, str, str], ...],
        tuple[kept.Plain, ...],
        int,
    ]

SUMMARY = "summary"


class Row:
    """One runnable as a list shows it; `autonomy` is the effective level."""

    __slots__ = ("autonomy", "description", "name")

    def __init__(self, name: str, description: str, autonomy: str) -> None:
        self.name = name
        self.description = description
        self.autonomy = autonomy


class Summary:
    """One spec file: `rows` of what can be used, `errors` and `warnings` counted.

    Made from the plain data of `_plain`, so that a file isn't read again to list it.
    """

    __slots__ = ("_faults", "_names", "errors", "rows", "warnings")

    def __init__(self, data: Plain) -> None:
        self._names, rows, self._faults, self.errors = data
        self.rows = [Row(*row) for row in rows]
        self.warnings = len(self._faults) - self.errors

    @property
    def names(self) -> tuple[str, ...]:
        """Every name the file declares, those with faults included."""
        return tuple(name for name, _ in self._names)

    def declarations(self, spec: InstalledSpec) -> list[Declaration]:
        return [
            Declaration(name, spec, FilePlace(spec.path, *place))
            for name, place in self._names
        ]

    def faults(self) -> list[Fault]:
        """Its faults, in the order of their places."""
        return [kept.revive(fault) for fault in self._faults]


class Catalogue:
    """What is installed.

    `summaries` are by path, `declared` is every declaration, `listed` that of each
    name that is listed, `conflicts` the faults of the names that aren't unique
    (LOC-02).
    """

    def __init__(self) -> None:
        self.environment = installed()
        self._built: dict[str, tuple[Document, Spec]] = {}
        self.summaries = {
            spec.path: self._summary(spec) for spec in self.environment.specs
        }
        self.declared = [
            declaration
            for spec in self.environment.specs
            for declaration in self.summaries[spec.path].declarations(spec)
        ]
        self.listed, self.conflicts = settle(self.declared)

    def require(self, name: str) -> None:
        """Raise SpecError (`unknown-runnable`) when nothing declares `name`."""
        known = [each.name for each in self.declared]
        if name not in known:
            raise unknown(name, known)

    def spec(self, path: str) -> Spec:
        """One of the files, built; never raises, see `Spec.faults`."""
        return self._read(path)[1]

    def _read(self, path: str) -> tuple[Document, Spec]:
        if path not in self._built:
            from ..source.toml import read_toml
            from .build import build

            document = read_toml(path)
            self._built[path] = document, build(document)
        return self._built[path]

    def _summary(self, spec: InstalledSpec) -> Summary:
        data: object = self.environment.recall(spec, SUMMARY)
        if data is None:
            data = _plain(*self._read(spec.path))
            self.environment.remember(spec, SUMMARY, data)
        return Summary(data)  # type: ignore[arg-type]


def unknown(name: str, known: list[str]) -> SpecError:
    """The error for a runnable that nothing declares; `known` are those there are."""
    from ..nearest import nearest

    names = tuple(dict.fromkeys(known))
    near = nearest(name, names)
    return SpecError(
        Fault("unknown-runnable", name, received=name, expected=names, candidates=near)
    )


def _plain(document: Document, spec: Spec) -> Plain:
    from ..model import autonomy_of

    rows = tuple(
        (each.name, each.description or "", autonomy_of((each,), spec.config))
        for each in spec.runnables.values()
    )
    places = [(name, document.place((name,))) for name in spec.names]
    names = tuple((n, (at.line, at.column, at.text, at.length)) for n, at in places)
    errors = sum(fault.severity == "error" for fault in spec.faults)
    return names, rows, tuple(kept.keep(fault) for fault in spec.faults), errors
