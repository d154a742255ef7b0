"""Which file a configuration is, and what its `defaults` add (CNF-01, CNF-05).

defaults:
  - base                 base.yaml beside this file, at the root
  - optim: adam          optim/adam.yaml, under the key optim
  - optional user: me    the same, where it is there
  - _self_               this file; last when it isn't named
"""

from __future__ import annotations

import os

from ...errors import Fault, FilePlace, SpecError
from ...nearest import nearest
from .formats import SUFFIXES, read
from .node import UNSET, File, Node, overlay, shown_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...recipe import Recipe

    Package = tuple[str, ...]

DEFAULTS = "defaults"
SELF = "_self_"
OPTIONAL = "optional "
GLOBAL, HERE = "_global_", "_here_"
HEADER = "# @package "
MOST_FILES = 1000
MOST_NAMES = 1000
MOST_SHOWN = 12


def find(recipe: Recipe, name: str | None) -> str | None:
    """The path of a configuration: of that name or path, or the recipe's default.

    None where none is named and there is no default, which only a recipe that says
    where its configurations are must have. Raises SpecError (`config-not-found`).
    """
    suffixes = SUFFIXES[_format(recipe)]
    wanted = name if name is not None else recipe.config.default
    places = list(_places(recipe.config_dir, wanted, suffixes, name is not None))
    found = next(filter(os.path.isfile, places), None)
    if found is not None or (name is None and not recipe.declares("config")):
        return found
    raise SpecError(_not_found(wanted, places, (recipe.config_dir,), suffixes))


def _format(recipe: Recipe) -> str:
    return str(recipe.config.format)


def _places(
    folder: str, wanted: str, suffixes: tuple[str, ...], typed: bool
) -> Iterator[str]:
    """Where a configuration may be; what is typed and looks like a path, from here."""
    is_file = wanted.endswith(suffixes)
    expanded = os.path.expanduser(wanted)
    if typed and (is_file or os.sep in wanted):
        yield os.path.abspath(expanded)
    if is_file:
        yield os.path.join(folder, expanded)
    yield from (os.path.join(folder, expanded + suffix) for suffix in suffixes)


def _not_found(
    wanted: str,
    places: list[str],
    folders: tuple[str, ...],
    suffixes: tuple[str, ...],
    node: Node | None = None,
) -> Fault:
    known = sorted({each for folder in folders for each in _names(folder, suffixes)})
    return Fault(
        "config-not-found",
        wanted,
        node.place if node is not None else None,
        received=wanted,
        expected=tuple(dict.fromkeys(map(shown_path, places))),
        candidates=nearest(os.path.basename(wanted), known),
        detail=", ".join(known[:MOST_SHOWN]),
    )


def _names(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    """The configurations of a folder by name."""
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name for _, entry in zip(range(MOST_NAMES), entries, strict=False)
            ]
    except OSError:
        return []
    return [os.path.splitext(name)[0] for name in names if name.endswith(suffixes)]


def composed(
    recipe: Recipe, path: str, choices: Mapping[str, str]
) -> tuple[Node, set[str]]:
    """A configuration with all that its `defaults` name, recursively.

    `choices` are what the command line chooses by group; those that a `defaults`
    offers come back with the tree. Raises SpecError: `config-not-found`,
    `config-cycle`, `config-defaults`, `field-type`, and what `formats.read` raises.
    """
    composer = _Composer(recipe, choices)
    root = Node({}, File(path))
    unset = UNSET if _format(recipe) == "omegaconf" else ""
    for package, piece in composer.pieces(path, (), None):
        for key in reversed(package):
            piece = Node({key: piece}, piece.origin, piece.line, piece.column)
        root = overlay(root, piece, unset)
    return root, composer.chosen


class _Entry:
    """One entry of `defaults`: `name` is None for nothing, `chosen` by its group."""

    __slots__ = ("chosen", "group", "name", "node", "optional", "package")

    def __init__(self, node: Node, group: str, name: str | None, chosen: bool) -> None:
        self.node = node
        self.optional = group.startswith(OPTIONAL)
        group, _, self.package = group.removeprefix(OPTIONAL).strip().partition("@")
        self.group = group
        self.name = name
        self.chosen = chosen


class _Composer:
    """Reads files; `stack` are those that are being read, the outermost first."""

    def __init__(self, recipe: Recipe, choices: Mapping[str, str]) -> None:
        self.folder = recipe.config_dir
        self.suffixes = SUFFIXES[_format(recipe)]
        self.composes = _format(recipe) != "json"
        self.choices = choices
        self.chosen: set[str] = set()
        self.stack: list[str] = []
        self.count = 0

    def pieces(
        self, path: str, package: Package, entry: _Entry | None
    ) -> Iterator[tuple[Package, Node]]:
        """What a file adds up to, the weakest first, each with the keys it is under."""
        self._begin(path, entry)
        node = read(path)
        if not isinstance(node.value, dict):
            raise _wrong_type(node, shown_path(path), "a mapping")
        package = _header(node.origin, package)
        defaults = node.value.get(DEFAULTS) if self.composes else None
        entries = [] if defaults is None else _entries(defaults)
        if entries:
            del node.value[DEFAULTS]
        if not any(each.name == SELF for each in entries):
            yield from self._all(entries, package, path)
            yield package, node
        else:
            yield from self._around(entries, package, path, node)
        self.stack.pop()

    def _around(
        self, entries: list[_Entry], package: Package, path: str, node: Node
    ) -> Iterator[tuple[Package, Node]]:
        at = [each.name for each in entries].index(SELF)
        yield from self._all(entries[:at], package, path)
        yield package, node
        if any(each.name == SELF for each in entries[at + 1 :]):
            raise _wrong(entries[at], "it names _self_ twice")
        yield from self._all(entries[at + 1 :], package, path)

    def _all(
        self, entries: list[_Entry], package: Package, path: str
    ) -> Iterator[tuple[Package, Node]]:
        for entry in entries:
            found = self._file(entry, path)
            if found is not None:
                yield from self.pieces(found, _package(entry, package), entry)

    def _begin(self, path: str, entry: _Entry | None) -> None:
        real = os.path.realpath(path)
        self.count += 1
        if entry is not None and real in self.stack:
            chain = [*self.stack[self.stack.index(real) :], real]
            names = " → ".join(map(os.path.basename, chain))
            place = entry.node.place
            raise SpecError(Fault("config-cycle", DEFAULTS, place, detail=names))
        if entry is not None and self.count > MOST_FILES:
            raise _wrong(entry, f"more than {MOST_FILES} files are read")
        self.stack.append(real)

    def _file(self, entry: _Entry, path: str) -> str | None:
        name = entry.name
        group = entry.group.strip("/").replace("/", ".")
        if entry.chosen and group in self.choices:
            name = self.choices[group]
            self.chosen.add(group)
        if name is None:
            return None
        absolute = (entry.group or name).startswith("/")
        below = os.path.join(entry.group.lstrip("/"), name.lstrip("/"))
        folders = [self.folder] if absolute else [os.path.dirname(path), self.folder]
        places = [
            place
            for folder in folders
            for place in _places(folder, below, self.suffixes, typed=False)
        ]
        found = next(filter(os.path.isfile, places), None)
        if found is None and not entry.optional:
            near = tuple(os.path.join(each, os.path.dirname(below)) for each in folders)
            fault = _not_found(below, places, near, self.suffixes, entry.node)
            raise SpecError(fault)
        return found


def _entries(defaults: Node) -> list[_Entry]:
    """The entries of `defaults`; none where it is a mapping, which is the author's."""
    if isinstance(defaults.value, str):
        return [_of_text(defaults)]
    if not isinstance(defaults.value, list):
        return []
    return [entry for item in defaults.value for entry in _of_item(item)]


def _of_item(item: Node) -> list[_Entry]:
    if isinstance(item.value, str):
        return [_of_text(item)]
    if isinstance(item.value, dict) and len(item.value) == 1:
        return _of_group(item)
    raise _wrong_type(item, DEFAULTS, "a name, group/name or {group: name}")


def _of_text(node: Node) -> _Entry:
    """`name`, `group/name`, `group/name@package`, each may be `optional`."""
    text = str(node.value)
    whole, at, package = text.removeprefix(OPTIONAL).strip().partition("@")
    group, slash, name = whole.rpartition("/")
    if not name:
        raise _wrong_type(node, DEFAULTS, "a name, group/name or {group: name}")
    group = group or slash
    lead = OPTIONAL if text.startswith(OPTIONAL) else ""
    return _Entry(node, f"{lead}{group}{at}{package}", name, chosen=False)


def _of_group(item: Node) -> list[_Entry]:
    assert isinstance(item.value, dict)
    ((group, node),) = item.value.items()
    if group.startswith("override ") or not group.removeprefix(OPTIONAL).strip("/ "):
        raise _wrong(_Entry(item, "", None, chosen=False), f"{group}: isn't supported")
    names = node.value if isinstance(node.value, list) else [node]
    if not all(isinstance(each.value, str | None) for each in names):
        raise _wrong_type(node, f"{DEFAULTS}.{group}", "a name or a list of names")
    alone = not isinstance(node.value, list)
    return [
        _Entry(each, group, None if each.value is None else str(each.value), alone)
        for each in names
    ]


def _package(entry: _Entry, parent: Package) -> Package:
    """The keys that an entry's content is under."""
    if entry.package == GLOBAL:
        return ()
    if entry.package:
        named = [key for key in entry.package.split(".") if key != HERE]
        return (*parent, *named)
    group = tuple(filter(None, entry.group.split("/")))
    return group if entry.group.startswith("/") else (*parent, *group)


def _header(origin: object, package: Package) -> Package:
    """As `# @package x` in the comments at the top of a file says."""
    assert isinstance(origin, File)
    for line in origin.text.split("\n"):
        if line.startswith(HEADER):
            named = line.removeprefix(HEADER).strip()
            keep = named in ("_group_", HERE, "")
            return (
                package if keep else () if named == GLOBAL else tuple(named.split("."))
            )
        if line.strip() and not line.startswith("#"):
            break
    return package


def _wrong_type(node: Node, subject: str, words: str) -> SpecError:
    from ...spec.reader import shown

    received = shown(node.plain()) if node.value is not None else "null"
    place = node.place or FilePlace(subject, 0, 0)
    fault = Fault("field-type", subject, place, received=received, expected=(words,))
    return SpecError(fault)


def _wrong(entry: _Entry, detail: str) -> SpecError:
    return SpecError(
        Fault("config-defaults", DEFAULTS, entry.node.place, detail=detail)
    )
