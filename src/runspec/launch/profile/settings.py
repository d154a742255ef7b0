"""Where and with what a recipe is launched: the layers of its settings (PRF-04).

    recipe < run.env of the configuration < profile < command line

An override such as `run.env.nodes=4` is the command line's. What a configuration says
of its image, nodes and processes is above the profile.
"""

from __future__ import annotations

import os

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
OF_CONFIG = (IMAGE, "nodes", "gpus_per_node", "ntasks_per_node", "nproc_per_node")
"""What a configuration knows better than a profile."""
MOUNTS = "mounts"
DOCKER = "docker"
AUTO_MOUNT = "${auto_mount:"
OVERRULED = "setting-overruled"
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
    command line say; `warnings` are keys that mean nothing, and settings on which
    configuration and profile differ. `absent` are optional secrets that aren't here,
    by the variable that the script would read: the one that they come from.
    """

    __slots__ = ("_layer", "_recipe", "absent", "record", "warnings")

    def __init__(
        self,
        recipe: Recipe,
        layer: Layer,
        warnings: tuple[Fault, ...],
        absent: Mapping[str, str],
    ) -> None:
        self.absent = absent
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
    layer, differing = _with_profile(written, profile)
    for each in (overridden, typed.layer):
        layer = overlaid(layer, each)
    _replace_alias(layer)
    absent = _secrets_of_variables(layer)
    faults = [*config.errors, *typed.errors, *_put_in(layer)]
    if faults:
        is_call = any(isinstance(fault.place, ArgvPlace | None) for fault in faults)
        raise (CallError if is_call else SpecError)(*faults)
    open_ones = [e for e in differing if e.subject not in {**overridden, **typed.layer}]
    warnings = (*config.warnings, *typed.warnings, *open_ones)
    return Settings(recipe, layer, warnings, absent)


def check_profile(profile: Mapping[str, Setting]) -> tuple[Fault, ...]:
    """What is wrong with the settings of a profile, as a launch would say it."""
    layer = overlaid({}, profile)
    _replace_alias(layer)
    _secrets_of_variables(layer)
    return tuple(_put_in(layer))


def _replace_alias(layer: Layer) -> None:
    """`executor = "docker"` is this machine with that runtime."""
    executor = layer.get("executor")
    if executor is not None and executor.value == DOCKER:
        layer["executor"] = Setting("local", executor.source, executor.place)
        runtime = Setting(DOCKER, executor.source, executor.place)
        layer.setdefault("container_runtime", runtime)


def _with_profile(
    written: Layer, profile: Mapping[str, Setting]
) -> tuple[Layer, list[Fault]]:
    """What a configuration and a profile say together, and where they differ."""
    layer = overlaid(written, profile)
    differing: list[Fault] = []
    for name in (each for each in written if each in profile):
        of_config, of_profile = written[name], profile[name]
        if name == MOUNTS:
            layer[name] = _both_mounts(of_config, of_profile)
        elif of_config.is_table:
            differing += _differing(name, of_config, of_profile)
        elif of_config.value != of_profile.value:
            two = (of_profile, of_config)
            winner, loser = reversed(two) if name in OF_CONFIG else two
            layer[name] = _over(winner, loser)
            differing.append(_warn_overruled(name, winner, loser))
    return layer, differing


def _both_mounts(one: Setting, other: Setting) -> Setting:
    values: list[object] = []
    for each in (one.value, other.value):
        values += each if isinstance(each, tuple) else ()
    source = f"{one.source}; {other.source}"
    return Setting(tuple(dict.fromkeys(values)), source, one.place)


def _over(winner: Setting, loser: Setting) -> Setting:
    source = f"{winner.source}, over {loser.value} of {loser.source}"
    return Setting(winner.value, source, winner.place)


def _differing(name: str, config: Setting, profile: Setting) -> Iterator[Fault]:
    """Values may be secrets, which are found later."""
    for key in (each for each in config.below if each in profile.below):
        two = config.below[key], profile.below[key]
        if two[0].value != two[1].value:
            places = two[1].source, blank(two[0].place)
            yield Fault(
                OVERRULED,
                f"{name}.{key}",
                places[1],
                severity="warning",
                detail=places[0],
            )


def _warn_overruled(name: str, winner: Setting, loser: Setting) -> Fault:
    return Fault(
        OVERRULED,
        name,
        loser.place,
        severity="warning",
        received=str(loser.value),
        expected=(str(winner.value),),
        detail=winner.source,
    )


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
    nodes = {key: run_env.nearest((key,)) for key in given}
    templates = {key: n.template for key, n in nodes.items() if n and n.template}
    return level(_InConfig(run_env), ("run", "env"), given, templates)


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


def _secrets_of_variables(layer: Layer) -> dict[str, str]:
    """Make secrets of the variables that are `${oc.env:NAME}` of a secret (PRF-05).

    One with a default is optional: without a value here it is left out, and returned.
    """
    from ..config.resolvers import reference
    from .secrecy import is_secret

    variables, absent = layer.get(VARIABLES), {}
    for name, setting in [*variables.below.items()] if variables else ():
        found = reference(setting.value)
        if found is None:
            continue
        source, optional = found
        held = os.environ.get(source)
        if not (is_secret(source, held) or is_secret(name, held or None)):
            continue
        assert variables is not None
        del variables.below[name]
        if optional and not held:
            absent[name] = source
            continue
        table = layer.setdefault(SECRETS, Setting({}, setting.source, setting.place))
        table.below[name] = Setting(f"env:{source}", setting.source, setting.place)
    return absent


def _put_in(layer: Layer) -> Iterator[Fault]:
    """Put variables of this machine where `${oc.env:NAME}` stands; find secrets."""
    for name, setting in layer.items():
        if name != SECRETS:
            yield from _expand(name, setting)
    if VARIABLES in layer:
        from .secrecy import is_secret

        for name, setting in layer[VARIABLES].below.items():
            if not setting.wrong and is_secret(name, str(setting.value)):
                yield _secret(f"{VARIABLES}.{name}", setting, name)


def _expand(name: str, setting: Setting) -> Iterator[Fault]:
    from ..config.resolvers import UnresolvedError

    texts = setting.value if isinstance(setting.value, tuple) else (setting.value,)
    cloned = next((e for e in texts if AUTO_MOUNT in str(e)), None)
    if cloned is not None and not setting.is_table:
        yield Fault("auto-mount", name, setting.place, received=str(cloned))
        return
    try:
        setting.expand()
    except UnresolvedError as error:
        setting.wrong = True
        if error.secret:
            yield _secret(name, setting, error.variable)
        else:
            detail = f"{error.variable} {error.why}"
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
