"""Profiles of `env.toml`: places to launch on, by name (PRF-01 to PRF-03).

A section is a profile, but for those that programs of the public toolkit read.
"""

from __future__ import annotations

import os

from ...errors import Fault, FilePlace, SpecError
from ...nearest import nearest
from ..config.node import shown_path
from .levels import Level, Spot, overlaid, settings_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...errors import Place
    from ...source.document import Document
    from ...spec.plain import Json
    from .levels import Layer, Setting

FILE = "env.toml"
VARIABLE = "RUNSPEC_ENV_TOML"
VARIABLES = (VARIABLE, "NEMOTRON_ENV_FILE")
"""The first that is set names the file."""
SPECIAL = ("wandb", "artifacts", "cache", "cli")
"""Sections that are never profiles."""
ROOTS = (".git", "pyproject.toml")
"""What the root of a project has."""
EXTENDS = "extends"
OPEN_TO_ALL = 0o002


def find(cwd: str, environ: Mapping[str, str], script: str | None = None) -> str | None:
    """The path of the file in force: RUNSPEC_ENV_TOML, or the first `env.toml` from
    `cwd` upwards to the root of the project. None where there is none, or the
    variable is empty.

    Raises SpecError: `profiles-missing`, or `profiles-untrusted` for one that neither
    this user nor the owner of `script`, whose code is run, has written.
    """
    named = next((environ[each] for each in VARIABLES if each in environ), None)
    if named is not None:
        path = os.path.abspath(os.path.join(cwd, os.path.expanduser(named)))
        if named and not os.path.isfile(path):
            raise SpecError(Fault("profiles-missing", path, FilePlace(path, 0, 0)))
        return path if named else None
    for folder in _upwards(cwd):
        path = os.path.join(folder, FILE)
        if os.path.isfile(path):
            refused = _refused(path, os.stat(path), script)
            if refused is not None:
                raise SpecError(refused)
            return path
        if any(os.path.exists(os.path.join(folder, root)) for root in ROOTS):
            break
    return None


def _upwards(folder: str) -> Iterator[str]:
    above = os.path.dirname(folder)
    yield folder
    while above != folder:
        folder, above = above, os.path.dirname(above)
        yield folder


def _refused(path: str, status: os.stat_result, script: str | None) -> Fault | None:
    """Its lines are run: it is of this user, root, or whose script is run."""
    from ...source.ownership import distrust

    owners = (0,) if script is None else (0, os.stat(script).st_uid)
    found = distrust(path, status, open_to=OPEN_TO_ALL, owners=owners)
    if found is None:
        return None
    place = FilePlace(path, 0, 0)
    return Fault("profiles-untrusted", path, place, received=found.why)


def load(path: str, script: str | None = None) -> Profiles:
    """Read the file. Raises SpecError with all that is no TOML, or can't be read.

    `script` is what is launched, where nobody named the file: then the one that is
    opened must be trusted still.
    """
    from ...source.toml import read_toml

    def judge(status: os.stat_result) -> Fault | None:
        return _refused(path, status, script) if script else None

    document = read_toml(path, judge)
    document.path = shown_path(path)
    if document.faults:
        raise SpecError(*map(_hidden, document.faults))
    return Profiles(document)


def _hidden(fault: Fault) -> Fault:
    """A fault without the line it is on, where that may show a secret."""
    from ...redact import Redactor

    place = fault.place
    if isinstance(place, FilePlace):
        place.path = shown_path(place.path)
        if Redactor().text(place.text) != place.text:
            place.text, fault.received = "", None
    return fault


class Profiles:
    """The profiles of one file; `warnings` are those of the profiles looked at."""

    def __init__(self, document: Document) -> None:
        self.path = document.path
        self._document = document
        self._layers: dict[str, Layer] = {}
        self._found: dict[str, tuple[Fault, ...]] = {}
        self._errors: list[Fault] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The profiles, as the file has them."""
        tables = self._document.tables.items()
        return tuple(
            name for name, v in tables if isinstance(v, dict) and name not in SPECIAL
        )

    @property
    def warnings(self) -> tuple[Fault, ...]:
        return tuple(fault for found in self._found.values() for fault in found)

    def special(self, section: str) -> dict[str, Json]:
        """A section that is no profile, as plain data; empty where it isn't there.

        Raises SpecError: `field-type`, or `secret-in-settings` for a key that is a
        secret's, for it would be in the script's configuration.
        """
        from ...spec.plain import plain_value

        data = plain_value(self._document.tables.get(section, {}))
        place = self._document.place((section,))
        if not isinstance(data, dict):
            raise SpecError(Fault("field-type", section, place, expected=("a table",)))
        wrong = [key for key, each in data.items() if _is_secret(key, each)]
        if wrong:
            raise SpecError(*(self._secret(section, key) for key in wrong))
        return data

    def values(self, name: str) -> dict[str, Setting]:
        """The settings of a profile, those that it extends included.

        Raises SpecError with all that is wrong: `profile-unknown`, `profile-special`,
        `profile-cycle`, and what the kinds of the fields refuse.
        """
        self._errors, self._layers = [], {}
        layer = self._layer(name, (), None)
        if self._errors:
            raise SpecError(*self._errors)
        return layer

    def _layer(self, name: str, chain: tuple[str, ...], place: Place | None) -> Layer:
        """`chain` are the profiles that led here, `place` where the last names it."""
        if name in chain:
            names = " → ".join((*chain[chain.index(name) :], name))
            self._errors.append(Fault("profile-cycle", name, place, detail=names))
            return {}
        if name in self._layers:
            return self._layers[name]
        table = self._document.tables.get(name)
        if name in SPECIAL or not isinstance(table, dict):
            self._errors.append(self._unknown(name, place))
            return {}
        own = self._own(name, table, (*chain, name)[0])
        layer: Layer = {}
        above = own.pop(EXTENDS, None)
        parents = above.value if above is not None else ()
        for index, parent in enumerate(parents if isinstance(parents, tuple) else ()):
            where = self._parent_place(name, index)
            layer = overlaid(layer, self._layer(parent, (*chain, name), where))
        self._layers[name] = overlaid(layer, own)
        return self._layers[name]

    def _own(self, name: str, table: dict[str, object], asked: str) -> Layer:
        from ...spec.reader import Reader

        reader = Reader(self._document, {}, ())
        spot = _InProfile(self._document, name, asked)
        layer = settings_of(reader, (name,), table, spot)
        level = Level(layer, reader.sorted_faults(()))
        self._errors += level.errors
        self._found[name] = level.warnings
        return layer

    def _parent_place(self, name: str, index: int) -> Place:
        table = self._document.tables[name]
        assert isinstance(table, dict)
        one = isinstance(table.get(EXTENDS), str)
        keys = (name, EXTENDS) if one else (name, EXTENDS, index)
        return self._document.place(keys, value=True)

    def _unknown(self, name: str, place: Place | None) -> Fault:
        at = place or FilePlace(self.path, 0, 0)
        if name in SPECIAL:
            return Fault("profile-special", name, at, received=name)
        near = nearest(name, self.names)
        return Fault(
            "profile-unknown",
            name,
            at,
            received=name,
            expected=self.names,
            candidates=near,
        )

    def _secret(self, section: str, key: str) -> Fault:
        found = self._document.place((section, key))
        place = FilePlace(found.path, found.line, found.column)
        return Fault("secret-in-settings", f"{section}.{key}", place)


def _is_secret(key: str, value: Json) -> bool:
    from .secrecy import is_secret

    return is_secret(key, value if isinstance(value, str) else None)


class _InProfile(Spot):
    """A section of the file, looked at for the profile that was asked for."""

    def __init__(self, document: Document, name: str, asked: str) -> None:
        self.document = document
        self.name = name
        self.asked = asked

    def place(self, keys: tuple[str | int, ...]) -> Place | None:
        return self.document.place((self.name, *keys), value=True)

    def words(self, keys: tuple[str, ...]) -> str:
        place = self.document.place((self.name, *keys))
        words = f"profile {self.asked} ({place.path}:{place.line})"
        return words if self.name == self.asked else f"{words}, from {self.name}"
