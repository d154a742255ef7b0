"""Where and with what a recipe is launched: the layers of its settings (PRF-04).

    recipe < run.env of the configuration < profile < command line

An override such as `run.env.nodes=4` is the command line's.
"""

from __future__ import annotations

from ...errors import ArgvPlace, CallError, Fault, SpecError
from ...model_more import Profile
from .levels import (
    IMAGE,
    SECRETS,
    TABLE,
    VARIABLES,
    Level,
    Setting,
    Spot,
    blank,
    level,
    overlaid,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...errors import Place
    from ...recipe import Recipe
    from ...spec.plain import Json
    from ..config.merged import RunEnv
    from .levels import Layer

DEFAULT = "default"
UNSET = "???"
OF_RECIPE = (
    ("nodes", "resources", "nodes"),
    ("gpus_per_node", "resources", "gpus_per_node"),
    ("launch", "run", "launch"),
    ("workdir", "run", "workdir"),
    (IMAGE, "image", None),
)
"""Settings that a recipe has, with its table and key."""


class Settings:
    """The settings of one launch.

    `record` is a record of `profile` with what the configuration, the profile and the
    command line say; `warnings` are keys that mean nothing.
    """

    __slots__ = ("_layer", "_recipe", "record", "warnings")

    def __init__(
        self, recipe: Recipe, layer: Layer, warnings: tuple[Fault, ...]
    ) -> None:
        self.record = Profile(**{key: each.value for key, each in layer.items()})
        self.warnings = warnings
        self._recipe = recipe
        self._layer = layer

    def place(self, attribute: str) -> Place | None:
        """Where a setting was written, as far as anybody kept it."""
        setting = self._layer.get(attribute)
        return None if setting is None else setting.place

    @property
    def sources(self) -> dict[str, str]:
        """Where each setting came from, what the recipe has included: by attribute,
        and `env_vars.NAME` and the like by name."""
        found: dict[str, str] = {}
        for name, setting in overlaid(_of_recipe(self._recipe), self._layer).items():
            own = setting.below or {"": setting}
            for key, each in own.items():
                found[f"{name}.{key}" if key else name] = each.source
        return found


def settle(
    recipe: Recipe,
    run_env: Mapping[str, Json],
    profile: Mapping[str, Setting],
    options: Mapping[str, Json],
) -> Settings:
    """The settings of a launch.

    `run_env` is that of the merged configuration, `profile` from `Profiles.values`,
    `options` are what the command line gives by attribute. Raises SpecError, or
    CallError for what was typed: what the kinds of the fields refuse,
    `secret-in-settings`, `config-interpolation`.
    """
    config = _of_config(run_env)
    written, overridden = _split(config.layer)
    typed = _of_options(options)
    layer: Layer = {}
    for each in (written, profile, overridden, typed.layer):
        layer = overlaid(layer, each)
    faults = [*config.errors, *typed.errors, *_put_in(layer)]
    if faults:
        is_call = any(isinstance(fault.place, ArgvPlace | None) for fault in faults)
        raise (CallError if is_call else SpecError)(*faults)
    return Settings(recipe, layer, (*config.warnings, *typed.warnings))


class _InConfig(Spot):
    """`run.env` of a configuration."""

    def __init__(self, run_env: RunEnv) -> None:
        self.run_env = run_env

    def place(self, keys: tuple[str | int, ...]) -> Place | None:
        node = self.run_env.nearest(keys)
        return None if node is None else node.place

    def words(self, keys: tuple[str, ...]) -> str:
        name = ".".join(("run.env", *keys))
        if isinstance(self.place(keys), ArgvPlace):
            return f"override {name}"
        node = self.run_env.nearest(keys)
        return name if node is None else f"{node.words} {name}"


class _Typed(Spot):
    """Options of the command line, whose place nobody has kept."""

    def place(self, _keys: tuple[str | int, ...]) -> Place | None:
        return None

    def words(self, keys: tuple[str, ...]) -> str:
        return option(keys[0])


def option(attribute: str) -> str:
    return f"--{attribute.replace('_', '-')}"


def _of_config(run_env: Mapping[str, Json]) -> Level:
    if not run_env:
        return Level({}, ())
    from ..config.merged import RunEnv

    assert isinstance(run_env, RunEnv)
    given = {
        key: _as_text(key, value)
        for key, value in run_env.items()
        if value not in (None, UNSET)
    }
    return level(_InConfig(run_env), ("run", "env"), given)


def _split(layer: Layer) -> tuple[Layer, Layer]:
    """What a configuration says, and what overrides on the command line do."""
    halves: tuple[Layer, Layer] = ({}, {})
    for name, setting in layer.items():
        if not setting.is_table:
            halves[_is_typed(setting)][name] = setting
            continue
        for key, each in setting.below.items():
            half = halves[_is_typed(each)]
            half.setdefault(name, Setting({}, setting.source, setting.place))
            half[name].below[key] = each
    return halves


def _is_typed(setting: Setting) -> bool:
    return isinstance(setting.place, ArgvPlace)


def _as_text(key: str, value: Json) -> Json:
    """YAML takes `mem: 0` for a number; where a text is meant, it is that text."""
    from ...spec.table import FIELDS

    field = FIELDS[TABLE].get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and field is not None and field.kind == "str":
        return str(value)
    return value


def _of_options(options: Mapping[str, Json]) -> Level:
    if not options:
        return Level({}, ())
    given = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in options.items()
    }
    found = level(_Typed(), (), given)
    for fault in (*found.errors, *found.warnings):
        fault.subject = option(fault.subject)
    return found


def _of_recipe(recipe: Recipe) -> Layer:
    """What the recipe has, for `--explain`."""
    words = _Recipe(recipe).words
    layer: Layer = {}
    for attribute, table, key in OF_RECIPE:
        held = getattr(recipe, table)
        value = held if key is None else getattr(held, key)
        if value is not None:
            keys = (table,) if key is None else (table, key)
            declared = recipe.declares(table, key)
            layer[attribute] = Setting(value, words(keys) if declared else DEFAULT)
    if recipe.env:
        layer[VARIABLES] = Setting({}, words(("env",)))
        layer[VARIABLES].below = {
            name: Setting(each, words(("env", name)))
            for name, each in recipe.env.items()
        }
    return layer


class _Recipe:
    """The file of a recipe, read again for the lines of what it declares."""

    def __init__(self, recipe: Recipe) -> None:
        from ...source.spec import read_spec
        from ..config.node import shown_path

        self.document = read_spec(recipe.spec_path)
        self.section = self.document.section(recipe.runnable.name)
        self.shown = shown_path(recipe.spec_path)

    def words(self, keys: tuple[str, ...]) -> str:
        place = self.document.place((*self.section, *keys))
        return f"recipe {self.shown}:{place.line}"


def _put_in(layer: Layer) -> Iterator[Fault]:
    """Put variables of this machine where `${oc.env:NAME}` stands; find secrets."""
    for name, setting in layer.items():
        if name != SECRETS:
            yield from _expand(name, setting)
    if VARIABLES in layer:
        from .secrecy import is_secret

        for name, setting in layer[VARIABLES].below.items():
            if is_secret(name, str(setting.value)):
                yield _secret(f"{VARIABLES}.{name}", setting, name)


def _expand(name: str, setting: Setting) -> Iterator[Fault]:
    from .secrecy import UnresolvedError

    try:
        setting.expand()
    except UnresolvedError as error:
        if error.secret:
            yield _secret(name, setting, error.variable)
        else:
            detail = f"{error.variable} isn't set"
            yield Fault("config-interpolation", name, setting.place, detail=detail)
    for key, each in setting.below.items():
        yield from _expand(f"{name}.{key}", each)


def _secret(name: str, setting: Setting, variable: str) -> Fault:
    return Fault(
        "secret-in-settings",
        name,
        blank(setting.place),
        expected=(f"env:{variable}",),
    )
