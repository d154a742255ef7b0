"""The tools that are served: which, under which names, and what is left out (SRV).

    installed specs ──kept entries──┐
    --path specs ──────entries_of───┴─▶ selected ─▶ one of each name ─▶ Toolbox

Opening builds no spec of which the entries are kept; a tool's own spec is read when
it is called.
"""

from __future__ import annotations

import os
import sys

from .. import __version__
from ..errors import EnvPlace, Fault, SpecError
from ..source import index
from .served import ServedTool, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from ..source.installed import InstalledSpec
    from ..spec.catalogue import Catalogue
    from .shapes import Object

KIND = "tools"
"""What the entries of a spec are remembered as."""
GENERIC = (".venv", "venv", "env", ".env")
"""Names of environments that say nothing (SRV-09)."""


class Selection:
    """What to serve.

    `include` and `exclude` are patterns of names of tools and runnables, `paths`
    spec files that aren't installed, or their directories.
    """

    __slots__ = ("environ", "exclude", "include", "paths")

    def __init__(
        self,
        *,
        include: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
        paths: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.include = include
        self.exclude = exclude
        self.paths = paths
        self.environ = os.environ if environ is None else environ


class Toolbox:
    """What a server offers.

    `tools` are listed, by name and in order; `hidden` are those that only a person
    runs (SRV-04). `faults` say what was left out and why.
    """

    def __init__(
        self,
        name: str,
        served: Iterable[ServedTool],
        faults: list[Fault],
        watched: _Watched,
    ) -> None:
        self.name = name
        self.version = __version__
        self.tools: dict[str, ServedTool] = {}
        self.hidden: dict[str, ServedTool] = {}
        self.faults = faults
        for tool in served:
            group = self.hidden if tool.autonomy == "manual" else self.tools
            group[tool.name] = tool
        self._watched = watched

    @property
    def fingerprint(self) -> str:
        """Another one when a client could see a difference."""
        import marshal

        from ..specfile import checksum

        entries = [tool.entry for tool in self.tools.values()]
        # Format 0 depends on the values alone, not on how they are shared.
        content = marshal.dumps([self.name, list(self.hidden), entries], 0)
        return checksum(content).hex()

    def stale(self) -> bool:
        """Whether a package came or went, or a spec changed; a `stat` for each."""
        return self._watched.changed()


class _Watched:
    """The state of everything that was read, `stamps` that of the specs by path."""

    def __init__(self, catalogue: Catalogue, stamps: Mapping[str, object]) -> None:
        self.environment = catalogue.environment
        self.stamps = stamps

    def changed(self) -> bool:
        moved = any(index.stamp(path) != then for path, then in self.stamps.items())
        return moved or not self.environment.is_current()


def open_toolbox(selection: Selection) -> Toolbox:
    """What is served here and now (SRV-01 to SRV-09).

    Raises SpecError (`unknown-value`) where RUNSPEC_SERVE_CONTEXT is no context.
    What is wrong with specs is in `Toolbox.faults`.
    """
    from ..spec.catalogue import Catalogue

    context = _context(selection.environ)
    catalogue = Catalogue()
    faults: list[Fault] = []
    stamps = {path: index.stamp(path) for path in map(_spec_in, selection.paths)}
    named = [_named(path, faults) for path in stamps]
    sources = [*named, *_installed(catalogue, named, faults)]
    catalogue.environment.save()
    own = {name for source in named for name in source.places}
    faults += [each for each in catalogue.conflicts if each.runnable not in own]
    candidates = [
        ServedTool(entry, source)
        for source in sources
        for entry in source.entries
        if _is_served(entry, context)
    ]
    secrets = {
        str(name)
        for source in sources
        for entry in source.entries
        for name in entry.get("secrets", ())  # type: ignore[union-attr]
    }
    for tool in candidates:
        tool.secrets = secrets
    served = _one_of_each_name(_selected(candidates, selection, faults), faults)
    watched = _Watched(catalogue, stamps)
    return Toolbox(_server_name(served), served, faults, watched)


def _context(environ: Mapping[str, str]) -> str:
    """SRV-02."""
    variable = "RUNSPEC_SERVE_CONTEXT"
    word = environ.get(variable)
    if not word:
        return "remote" if environ.get("SSH_CONNECTION") else "local"
    contexts = ("local", "remote")
    if word in contexts:
        return word
    from ..nearest import nearest

    near = nearest(word, contexts)
    raise SpecError(
        Fault(
            "unknown-value",
            variable,
            EnvPlace(variable),
            received=word,
            expected=contexts,
            candidates=near,
        )
    )


def _spec_in(path: str) -> str:
    """SRV-07."""
    from ..specfile import SPEC_NAME

    path = os.path.abspath(path)
    return os.path.join(path, SPEC_NAME) if os.path.isdir(path) else path


def _named(path: str, faults: list[Fault]) -> Source:
    """A spec of `--path`."""
    from ..source.spec import read_spec
    from ..spec.build import build
    from .listing import entries_of

    document = read_spec(path)
    spec = build(document)
    faults += [fault for fault in spec.faults if fault.severity == "error"]
    places = {name: document.place(document.section(name)) for name in spec.names}
    return Source(path, entries_of(spec), places)


def _installed(
    catalogue: Catalogue, named: list[Source], faults: list[Fault]
) -> list[Source]:
    """The installed specs, each with the entries of the names listed of it."""
    taken = {name for source in named for name in source.places}
    own = {os.path.realpath(source.path) for source in named}
    sources: list[Source] = []
    for spec in catalogue.environment.specs:
        if own and os.path.realpath(spec.path) in own:
            continue
        summary = catalogue.summaries[spec.path]
        if summary.errors:
            faults += [f for f in summary.faults() if f.severity == "error"]
        places = {
            each.name: each.place
            for each in summary.declarations(spec)
            if each.name not in taken and _is_listed(catalogue, each.name, spec)
        }
        entries = [
            entry for entry in _kept(catalogue, spec) if entry["runnable"] in places
        ]
        sources.append(Source(spec.path, entries, places, spec))
    return sources


def _is_listed(catalogue: Catalogue, name: str, spec: InstalledSpec) -> bool:
    return name in catalogue.listed and catalogue.listed[name].spec is spec


def _kept(catalogue: Catalogue, spec: InstalledSpec) -> list[Object]:
    environment = catalogue.environment
    entries: Any = environment.recall(spec, KIND)
    if entries is None:
        from .listing import entries_of

        entries = entries_of(catalogue.spec(spec.path))
        environment.remember(spec, KIND, entries)
    return entries  # type: ignore[no-any-return]


def _is_served(entry: Any, context: str) -> bool:
    """SRV-01."""
    if "operator" not in entry["audiences"] or context not in entry["contexts"]:
        return False
    if entry["hosts"] is None:
        return True
    from ..run.machine import here

    return here(tuple(entry["hosts"]))


def _selected(
    tools: list[ServedTool], selection: Selection, faults: list[Fault]
) -> list[ServedTool]:
    """SRV-06."""
    if not (selection.include or selection.exclude):
        return tools
    from fnmatch import fnmatchcase

    def matching(pattern: str) -> set[ServedTool]:
        found = {
            tool
            for tool in tools
            for name in (tool.name, tool.runnable_name)
            if fnmatchcase(name, pattern)
        }
        if not found:
            faults.append(_unmatched(pattern, tools))
        return found

    included = set(tools) if not selection.include else set()
    included = included.union(*map(matching, selection.include))
    included = included.difference(*map(matching, selection.exclude))
    return [tool for tool in tools if tool in included]


def _unmatched(pattern: str, tools: list[ServedTool]) -> Fault:
    from ..nearest import nearest

    names = dict.fromkeys(n for t in tools for n in (t.name, t.runnable_name))
    return Fault(
        "pattern-unmatched",
        pattern,
        severity="warning",
        received=pattern,
        candidates=nearest(pattern, names),
    )


def _one_of_each_name(tools: list[ServedTool], faults: list[Fault]) -> list[ServedTool]:
    """SRV-05."""
    found: dict[str, ServedTool] = {}
    for tool in tools:
        first = found.setdefault(tool.name, tool)
        if first is not tool:
            faults.append(
                Fault(
                    "tool-name-conflict",
                    tool.title,
                    tool.place,
                    runnable=tool.runnable_name,
                    received=tool.name,
                    detail=first.title,
                    related=first.place,
                )
            )
    return list(found.values())


def _server_name(tools: list[ServedTool]) -> str:
    """SRV-09."""
    names = {str(t.entry["server"]) for t in tools if t.entry["server"]}
    if len(names) == 1:
        return names.pop()
    above, name = os.path.split(os.path.normpath(sys.prefix))
    if name in GENERIC:
        name = os.path.basename(above)
    return name or "runspec"
