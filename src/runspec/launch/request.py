"""What a launch asks for, and all that is read to make its plan."""

from __future__ import annotations

import os

from ..errors import Fault, RunspecError
from ..inheritance import EXPORTS, PID
from . import folder as folders
from .planning import CODE_DIR, LOCAL, RUN_DIR, RUN_ID, doubts_of, make_plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..call import Invocation
    from ..recipe import Recipe
    from ..spec.plain import Json
    from .code import Question
    from .config.merged import Merged
    from .plan import Plan
    from .profile.levels import Setting
    from .profile.profiles import Profiles
    from .profile.settings import Settings


PROGRESS = "RUNSPEC_PROGRESS"
PLACES = (folders.VARIABLE, "RUNSPEC_ENV_TOML", "NEMOTRON_ENV_FILE")
"""Where things are on this machine; a launch by a script here finds them there, too."""
NOT_GIVEN = (*PLACES, RUN_ID, CODE_DIR, PROGRESS, PID, EXPORTS)
"""What of a server's variables is not for a script that may run elsewhere."""
INJECTED = ("wandb",)
"""Sections of env.toml that are merged into every configuration, below `run`."""
ARTIFACTS = "artifacts"
"""One that is in every configuration of itself, below what that says."""


class Request:
    """One launch as it was asked for.

    `config` is the name or path of a configuration, `overrides` the tokens behind the
    recipe, which change it or are passed on, `passed` those behind `--`, `profile` a
    name of env.toml. `options` are attributes of the profile that were given outright,
    `environ` variables for the script. `artifacts` is the folder of manifests that
    `${art:…}` reads. `id` is that of the run, a new one where it is empty.
    `attached`: somebody will wait for its end. `secrets` are references by variable.
    `code` is what git was asked ahead, so that it need not be waited for. `form`
    is that of the file which `--emit` writes.
    """

    __slots__ = (
        "artifacts",
        "attached",
        "code",
        "config",
        "environ",
        "form",
        "id",
        "options",
        "overrides",
        "passed",
        "profile",
        "recipe",
        "secrets",
    )

    def __init__(
        self,
        recipe: Recipe,
        *,
        config: str | None = None,
        overrides: Sequence[str] = (),
        passed: Sequence[str] = (),
        profile: str | None = None,
        options: Mapping[str, Json] | None = None,
        environ: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        artifacts: str | None = None,
        attached: bool = True,
        id: str = "",
        code: Question | None = None,
        form: str = "",
    ) -> None:
        self.form = form
        self.recipe = recipe
        self.config = config
        self.overrides = overrides
        self.passed = passed
        self.profile = profile
        self.options = options or {}
        self.environ = environ or {}
        self.secrets = secrets or {}
        self.artifacts = artifacts
        self.attached = attached
        self.id = id
        self.code = code


class Prepared:
    """A launch that can be started: its plan, and what that was made from."""

    __slots__ = ("call", "merged", "plan", "request", "settings", "warnings")

    def __init__(
        self,
        request: Request,
        plan: Plan,
        call: Invocation,
        merged: Merged | None,
        settings: Settings,
        warnings: tuple[Fault, ...],
    ) -> None:
        self.warnings = warnings
        self.request = request
        self.plan = plan
        self.call = call
        self.merged = merged
        self.settings = settings


def prepare(request: Request) -> Prepared:
    """Read the configuration and the profile, check the call, make the plan.

    Nothing is written. Raises RunspecError with what is wrong, CallError for the
    script's own arguments (`call.asked`: help or version was asked for instead).
    """
    from ..run.environment import exports
    from .config.merged import merge
    from .config.overrides import split
    from .profile.settings import settle

    recipe = request.recipe
    _require_trusted(recipe)
    overrides, passed = split(request.overrides)
    passed = (*passed, *request.passed)
    call = call_of(recipe, passed)
    profiles = _profiles(recipe)
    profile = _profile(profiles, request.profile)
    merged = merge(
        recipe,
        request.config,
        overrides,
        inject=_injected(profiles),
        below={ARTIFACTS: profiles.special(ARTIFACTS)} if profiles else {},
        artifacts=request.artifacts or _artifacts(profiles),
        elsewhere=_is_elsewhere(profile),
        is_open=_is_open(recipe, profile),
    )
    run_env = merged.run_env if merged is not None else None
    settings = settle(recipe, run_env or {}, profile, request.options)
    if merged is not None:
        stays = settings.record.executor == LOCAL and not request.form
        merged.set_directory(_directory() if stays else None)
    id = request.id or folders.new_id()
    carried = {} if call.asked else {**_given(recipe), **exports(call)}
    hidden = {name: carried.pop(name) for name in _secret_names(call) & {*carried}}
    plan = make_plan(
        recipe,
        merged,
        settings,
        id=id,
        folder=folders.place(os.environ, recipe.runnable.name, id),
        passed=passed,
        environ=request.environ,
        exports=carried,
        references={**request.secrets, **{name: f"env:{name}" for name in hidden}},
        attached=request.attached,
        form=request.form,
    )
    os.environ.update(hidden)
    warnings = (
        *doubts_of(recipe, settings.record.cmd, request.overrides),
        *recipe.warnings,
        *call.warnings,
        *(profiles.warnings if profiles else ()),
        *settings.warnings,
        *(merged.warnings if merged else ()),
    )
    return Prepared(request, plan, call, merged, settings, warnings)


def _require_trusted(recipe: Recipe) -> None:
    """What a spec says of its launch is that of whoever could write it (CFG-12)."""
    runnable = recipe.runnable
    if runnable.run or runnable.resources or runnable.env or runnable.image:
        from ..source.trust import require_trusted_spec

        require_trusted_spec(recipe.spec_path, "what it says of its launch")


def _directory() -> str:
    """The working directory, by the name that the shell has for it."""
    named = os.environ.get("PWD", "")
    here = os.getcwd()
    try:
        return named if named and os.path.samefile(named, here) else here
    except OSError:
        return here


def call_of(recipe: Recipe, passed: Sequence[str]) -> Invocation:
    """The script's own call; one that declares no arguments takes any.

    Raises CallError.
    """
    from ..resolve import resolve
    from ..run.types import carry_types

    runnable = recipe.runnable
    carry_types(recipe.project)
    tokens = list(passed) if runnable.args or runnable.commands else []
    return resolve(
        runnable, recipe.project, tokens, os.environ, spec_path=recipe.spec_path
    )


def _given(recipe: Recipe) -> dict[str, str]:
    """What a server has put there for this recipe (SRV-16)."""
    if not is_served(recipe):
        return {}
    return {
        name: text
        for name, text in os.environ.items()
        if name.startswith("RUNSPEC_") and name not in NOT_GIVEN
    }


def is_served(recipe: Recipe) -> bool:
    """Whether a server has started this process for this recipe (INJ-03).

    A launch by the script of a launch has the variables of that one's directory, too.
    """
    same = os.environ.get("RUNSPEC_RUNNABLE") == recipe.runnable.name
    return same and RUN_DIR not in os.environ


def _secret_names(call: Invocation) -> set[str]:
    """The variables that would hold the value of a password."""
    from ..resolve import upper, variable_of

    found = set()
    for level in call.chain:
        for arg in level.args.values():
            if arg.type == "password":
                found.add(variable_of(call.runnable.name, arg.name))
                found.add("RUNSPEC_" + upper(arg.name))
    return found


def _profiles(recipe: Recipe) -> Profiles | None:
    from .profile.profiles import VARIABLES, find, load

    script = recipe.script_path
    path = find(os.getcwd(), os.environ, script)
    if path is None:
        return None
    return load(path, None if any(e in os.environ for e in VARIABLES) else script)


def _injected(profiles: Profiles | None) -> dict[str, Json]:
    """What env.toml has for every configuration."""
    if profiles is None:
        return {}
    sections = {name: profiles.special(name) for name in INJECTED}
    return {name: section for name, section in sections.items() if section}


def _artifacts(profiles: Profiles | None) -> str | None:
    """The folder of manifests that env.toml names, seen from that file."""
    if profiles is None:
        return None
    section = profiles.special("artifacts")
    manifest = section.get("manifest")
    root = section.get("root")
    if root is None and isinstance(manifest, dict):
        root = manifest.get("root")
    if not isinstance(root, str):
        return None
    from .config.resolvers import UnresolvedError, expanded

    try:
        root = expanded(root)
    except UnresolvedError:
        return None
    return os.path.join(os.path.dirname(profiles.path), os.path.expanduser(root))


def _is_elsewhere(profile: Mapping[str, Setting]) -> bool:
    """Whether a profile's place is another machine."""
    executor = profile.get("executor")
    return executor is not None and executor.value not in (LOCAL, "docker")


def _is_open(recipe: Recipe, profile: Mapping[str, Setting]) -> bool:
    """Whether an override may set what no file has."""
    said = profile.get("overrides")
    return (recipe.config.overrides if said is None else said.value) == "open"


def _profile(profiles: Profiles | None, name: str | None) -> Mapping[str, Setting]:
    """Raises RunspecError (`profiles-absent`, `profile-unknown`)."""
    if name is None:
        return {}
    if profiles is None:
        raise RunspecError(Fault("profiles-absent", name, received=name))
    return profiles.values(name)
