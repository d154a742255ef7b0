"""The settings that one place gives, and one level of them over another (PRF-04)."""

from __future__ import annotations

from ...errors import Fault, FilePlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...errors import Place
    from ...spec.reader import Reader

    Layer = dict[str, "Setting"]

TABLE = "profile"
IMAGE = "container_image"
ALIASES = {
    "container": IMAGE,
    "run_command": "cmd",
    "nprocs_per_node": "nproc_per_node",
}
"""Other names of settings, which cookbooks have."""
UNSUPPORTED = {
    "pip_extras": "install them in startup_commands, or name them in the script's "
    "dependencies",
    "pre_ray_start_commands": "write them as startup_commands",
}
"""Keys of others that change what runs, and what does the same here."""
VARIABLES, SECRETS = "env_vars", "secrets"
UNKNOWN = "setting-unknown"
INTERPOLATION = "config-interpolation"
OPENING = "${oc.env:"
TEXTS = ("str", "strs", "str-or-strs", "env-table", "str-table", "secrets")
"""Kinds of fields whose values stay texts."""


class Setting:
    """One value and where it came from, in words.

    `value` is as the record of `profile` has it; that of a table is made of `below`,
    its settings by key. `wrong`: a variable in it can't be had.
    """

    __slots__ = ("_value", "below", "place", "source", "wrong")

    def __init__(self, value: object, source: str, place: Place | None = None) -> None:
        self._value = value
        self.source = source
        self.place = place
        self.below: Layer = {}
        self.wrong = False

    @property
    def value(self) -> object:
        if not isinstance(self._value, dict):
            return self._value
        return {key: each.value for key, each in self.below.items()}

    def over(self, other: Setting | None) -> Setting:
        """This one above another: tables key by key, all else replaced."""
        if other is None or not (self.is_table and other.is_table):
            return self
        both = Setting({}, self.source, self.place)
        both.below = {**other.below, **self.below}
        return both

    def expand(self) -> None:
        """Put in the variables of this machine. Raises resolvers.UnresolvedError."""
        texts = self._value if isinstance(self._value, tuple) else (self._value,)
        if not any(isinstance(e, str) and OPENING in e for e in texts):
            return
        from ..config.resolvers import expanded

        if isinstance(self._value, str):
            self._value = expanded(self._value)
        else:
            self._value = tuple(expanded(str(each)) for each in texts)

    @property
    def is_table(self) -> bool:
        return isinstance(self._value, dict)


def overlaid(below: Mapping[str, Setting], above: Mapping[str, Setting]) -> Layer:
    """One layer over another; a variable is a secret or not as the upper one says."""
    layer = dict(below)
    for table, other in ((VARIABLES, SECRETS), (SECRETS, VARIABLES)):
        if table in above and other in layer:
            layer[other] = _without(layer[other], above[table])
    for name, setting in above.items():
        layer[name] = setting.over(layer.get(name))
    return layer


def _without(setting: Setting, names: Setting) -> Setting:
    left = Setting({}, setting.source, setting.place)
    left.below = {k: v for k, v in setting.below.items() if k not in names.below}
    return left


class Level:
    """What one place gives: its settings, and what is wrong with them."""

    __slots__ = ("errors", "layer", "warnings")

    def __init__(self, layer: Layer, faults: Sequence[Fault]) -> None:
        self.layer = layer
        self.errors = tuple(each for each in faults if each.severity == "error")
        self.warnings = tuple(each for each in faults if each.severity == "warning")


class Spot:
    """Where the settings of one level stand, by their keys below it.

    `words` are those of `--explain`.
    """

    def place(self, keys: tuple[str | int, ...]) -> Place | None:
        raise NotImplementedError

    def words(self, keys: tuple[str, ...]) -> str:
        raise NotImplementedError


def settings_of(
    reader: Reader,
    path: tuple[str, ...],
    source: Mapping[str, object],
    spot: Spot,
    templates: Mapping[str, str] | None = None,
) -> Layer:
    """The settings of one table, checked (SEC-04); the reader notes what is wrong.

    `templates` are the texts with `${oc.env:…}` that values came from, by key.
    """
    from ...spec.table import read

    source, found, late = _typed(source, dict(templates or {}))
    values = read(reader, TABLE, path, source)
    _name_variables(reader, path, source, found)
    values |= late
    written = {name: name for name in values}
    for alias, name in ALIASES.items():
        if alias in values:
            value = values.pop(alias)
            if values.setdefault(name, value) is value:
                written[name] = alias
    for fault in reader.faults:
        if fault.code == "unknown-key":
            _name_unknown(fault)
    return {
        name: _setting(value, (written[name],), spot) for name, value in values.items()
    }


def _name_unknown(fault: Fault) -> None:
    """A key that would change what runs is no mere warning."""
    way = UNSUPPORTED.get(fault.subject.rpartition(".")[2])
    fault.code = UNKNOWN
    if way is not None:
        fault.code, fault.severity, fault.detail = "setting-unsupported", "error", way
        fault.candidates = ()


def _typed(
    source: Mapping[str, object], templates: dict[str, str]
) -> tuple[dict[str, object], dict[str, str], dict[str, object]]:
    """The values with variables put in where something else than a text is meant, the
    texts that these came from, and those whose variable can't be had.
    """
    values, late = dict(source), {}
    for key, value in source.items():
        if not isinstance(value, str) or _is_text(key):
            continue
        if key in templates:
            values[key] = _read(value)
        elif OPENING in value:
            from ..config.resolvers import UnresolvedError, expanded

            try:
                values[key] = _read(expanded(value))
            except UnresolvedError:
                late[key] = values.pop(key)
            else:
                templates[key] = value
    return values, templates, late


def _is_text(key: str) -> bool:
    from ...spec.table import FIELDS

    field = FIELDS[TABLE].get(key)
    return field is None or field.kind in TEXTS


def _read(text: str) -> object:
    from ..config.scalars import typed

    return typed(text) if text else text


def _name_variables(
    reader: Reader,
    path: tuple[str, ...],
    source: Mapping[str, object],
    templates: Mapping[str, str],
) -> None:
    """A value that came from a variable and doesn't do names that variable."""
    from ..config.resolvers import variable_in

    for fault in reader.faults:
        key = fault.subject.rpartition(".")[2]
        if key in templates and fault.subject == ".".join((*path, key)):
            expected = "".join(f", not {each}" for each in fault.expected[:1])
            variable = variable_in(templates[key])
            fault.code, fault.received, fault.expected = INTERPOLATION, None, ()
            fault.detail = f"{variable} is {source.get(key)!r}{expected}"


def _setting(value: object, keys: tuple[str, ...], spot: Spot) -> Setting:
    setting = Setting(value, spot.words(keys), spot.place(keys))
    if isinstance(value, dict):
        setting.below = {
            key: _setting(each, (*keys, key), spot) for key, each in value.items()
        }
    return setting


class _Places:
    """What a `Reader` asks of its document, where there is no TOML.

    `above` are the keys above the level.
    """

    faults: tuple[Fault, ...] = ()
    recipe = ""

    def __init__(self, spot: Spot, above: tuple[str, ...]) -> None:
        self.spot = spot
        self.above = above

    def place(self, keys: tuple[str | int, ...], _value: bool = False) -> Place | None:
        return self.spot.place(keys[len(self.above) :])


def level(
    spot: Spot,
    above: tuple[str, ...],
    given: Mapping[str, object],
    templates: Mapping[str, str] | None = None,
) -> Level:
    """The settings of what isn't TOML; no fault shows a line that has a secret."""
    from ...spec.reader import Reader

    reader = Reader(_Places(spot, above), {}, ())  # type: ignore[arg-type]
    layer = settings_of(reader, above, given, spot, templates)
    if reader.secrets:
        for fault in reader.faults:
            fault.place = blank(fault.place)
    return Level(layer, reader.faults)


def blank(place: Place | None) -> Place | None:
    """The place without the line or the words that have the secret."""
    if isinstance(place, FilePlace):
        return FilePlace(place.path, place.line, place.column)
    return None
