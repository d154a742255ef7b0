"""Recipes: what a script, or a section of `runspec.toml`, says it needs (RCP).

`parse("train.py").run.launch` is how that script is to be started.
"""

from __future__ import annotations

import os

from .errors import Fault, FilePlace, SpecError
from .model_more import RecipeConfig, Resources, Run, Script
from .source.spec import SCRIPTS, read_spec
from .spec.build import build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Config, Runnable
    from .spec.build import Spec

ATTRIBUTES = {"name": "recipe_name"}
"""Keys of the recipe format that a runnable has under another name."""

_RUN = Run()
_CONFIG = RecipeConfig()
_RESOURCES = Resources()
_read_only = type(type.__dict__)


class Recipe:
    """One recipe, read-only; what it doesn't declare has its default.

    `name`, `image`, `setup`, `docs`, `schema`, `run`, `config`, `resources` and `env`
    are those of the recipe format. `config_dir`, `script_path` and `spec_path`, the
    file that declares it, are absolute. `dependencies` and `requires_python` are those
    of its block (PEP 723). `runnable` is the whole model, `project` the `[config]` of
    its file, `warnings` what is doubtful about it.
    """

    __slots__ = (
        "_script",
        "project",
        "runnable",
        "script_path",
        "spec_path",
        "warnings",
    )

    project: Config
    runnable: Runnable
    script_path: str
    spec_path: str
    warnings: tuple[Fault, ...]
    _script: Script

    def __init__(self, spec: Spec, name: str) -> None:
        path = os.path.abspath(spec.path)
        of_script = spec.script is not None
        hold = super().__setattr__
        hold("_script", spec.script or Script())
        hold("project", spec.config)
        hold("runnable", spec.runnables[name])
        hold("script_path", path if of_script else _program(spec, name))
        hold("spec_path", path)
        hold("warnings", _warnings(spec, name))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name!r} can't be set: a recipe is read-only")

    def __repr__(self) -> str:
        return f"<recipe {self.name or self.runnable.name}: {self.script_path}>"

    @property
    def name(self) -> str:
        """Its identity, such as `nano3/pretrain`; "" where it has none."""
        return self.runnable.recipe_name

    @property
    def image(self) -> str | None:
        """The container image it runs in elsewhere."""
        return self.runnable.image

    @property
    def setup(self) -> str:
        """What that image provides, in words."""
        return self.runnable.setup

    @property
    def docs(self) -> str:
        """Where the format is described."""
        return self.runnable.docs

    @property
    def schema(self) -> str:
        """The version of the format."""
        return self.runnable.schema

    @property
    def run(self) -> Run:
        """`launch`, `cmd` and `workdir`."""
        return self.runnable.run or _RUN

    @property
    def config(self) -> RecipeConfig:
        """`dir`, `default` and `format`."""
        return self.runnable.config or _CONFIG

    @property
    def resources(self) -> Resources:
        """`nodes` and `gpus_per_node`."""
        return self.runnable.resources or _RESOURCES

    @property
    def env(self) -> Mapping[str, str]:
        """Variables to set."""
        found: Mapping[str, str] = _read_only(self.runnable.env)
        return found

    @property
    def config_dir(self) -> str:
        """The folder of its configs, absolute."""
        folder = os.path.join(os.path.dirname(self.script_path), self.config.dir)
        return os.path.normpath(folder)

    @property
    def dependencies(self) -> tuple[str, ...]:
        """What it imports (PEP 508)."""
        return self._script.dependencies

    @property
    def requires_python(self) -> str | None:
        """The versions of Python it runs on (PEP 440)."""
        return self._script.requires_python

    def declares(self, table: str, key: str | None = None) -> bool:
        """Whether the spec has that key, such as "image", or that of a table."""
        attribute = ATTRIBUTES.get(table, table)
        if not self.runnable.declares(attribute) or key is None:
            return self.runnable.declares(attribute)
        held = getattr(self.runnable, attribute)
        return key in held if isinstance(held, dict) else bool(held.declares(key))


def parse(path: str | os.PathLike[str], name: str | None = None) -> Recipe:
    """The recipe of a script, or that of the runnable `name` of a `runspec.toml`.

    `path` may be the directory of that file. `name` isn't needed where it declares
    one runnable only. Raises SpecError with everything that is wrong.
    """
    path = os.fspath(path)
    if not path.endswith(SCRIPTS) and os.path.isdir(path):
        from .specfile import SPEC_NAME

        path = os.path.join(path, SPEC_NAME)
    spec = build(read_spec(path))
    name = chosen(spec, name)
    _require_good(spec, name)
    return Recipe(spec, name)


def chosen(spec: Spec, name: str | None) -> str:
    """The runnable that is meant: the one of that name or identity, or the only one.

    Raises SpecError (`unknown-runnable`, `runnable-unnamed`) where there is none.
    """
    if name is None:
        if len(spec.names) == 1:
            return spec.names[0]
        _require_good(spec, None)
        place = FilePlace(spec.path, 0, 0)
        known, count = tuple(spec.names), len(spec.names)
        raise SpecError(
            Fault("runnable-unnamed", spec.path, place, received=count, expected=known)
        )
    for each, runnable in spec.runnables.items():
        if name in (each, runnable.recipe_name):
            return each
    from .spec.load import choose

    return choose(spec, name, sole=False)


def _require_good(spec: Spec, name: str | None) -> None:
    errors = spec.errors_for(name)
    if errors:
        raise SpecError(*errors)


def _warnings(spec: Spec, name: str) -> tuple[Fault, ...]:
    return tuple(
        fault
        for fault in spec.faults
        if fault.severity == "warning" and fault.runnable in (None, name)
    )


def _program(spec: Spec, name: str) -> str:
    """The script of a section. Raises SpecError (`program-not-found`, ...)."""
    from .run.program import find_program

    declared = spec.runnables[name].program
    path = os.path.abspath(spec.path)
    program = find_program(name, path, installed=False, declared=declared)
    return program.script or program.argv[-1]
