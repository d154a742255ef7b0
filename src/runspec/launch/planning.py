"""The one step from a recipe, its configuration and its settings to a plan.

It reads and writes nothing: the same inputs give the same plan.
"""

from __future__ import annotations

import os

from ..errors import ArgvPlace, Fault, FilePlace, SpecError
from . import secrets
from .code import root_of
from .launchers import TORCHRUN
from .plan import CONFIG, SCRIPT, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..model_more import Profile
    from ..recipe import Recipe
    from .config.merged import Merged
    from .profile.settings import Settings

LOCAL = "local"
NONE, PYXIS = "none", "pyxis"
OWN_CONTAINERS = {"slurm": PYXIS}
"""What runs a container where an image is named and nothing else is said."""
FORM_PLACES = {each: each for each in ("slurm", "kubernetes", "skypilot")}
"""Forms of `--emit` that are a place's; any other is for the profile's."""
RETRYING_KINDS = ("job", "jobset", "pytorchjob", "rayjob")
"""Kinds of Kubernetes that can begin again by themselves."""
MARKS = ("schema", "docs", "name", "image", "setup", "run", "config", "resources")
"""What makes a runnable a recipe; one without any of these starts directly."""
QUOTING = ("'", '"', "\\")
"""What makes words of a shell more than what stands between spaces."""
OPERATORS = ("&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1", "&>")
PLACEHOLDERS = (SCRIPT, CONFIG)
CONFIG_OPTION = ("--config", CONFIG)
LOGGED = {"PYTHONUNBUFFERED": "1"}
RUN_DIR, RUN_ID, SPEC = "RUNSPEC_RUN_DIR", "RUNSPEC_RUN_ID", "RUNSPEC_CONFIG"
CODE_DIR, ATTEMPT = "RUNSPEC_CODE_DIR", "RUNSPEC_ATTEMPT"
"""The root of the code where the script runs, which values may name, and how often it
was begun.
"""


def make_plan(
    recipe: Recipe,
    merged: Merged | None,
    settings: Settings,
    *,
    id: str,
    folder: str,
    passed: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    exports: Mapping[str, str] | None = None,
    references: Mapping[str, str] | None = None,
    attached: bool = True,
    form: str = "",
) -> Plan:
    """`passed` are tokens for the script, `environ` the variables of the command
    line, `exports` those that carry the call, `references` secrets beside those of
    the settings. `folder` is the run directory that will be. `form` is that of
    `--emit`, whose place counts instead of the profile's.

    Raises SpecError (`cmd-invalid`, `config-absent`, `secret-reference`,
    `config-interpolation`).
    """
    record = settings.record
    executor = FORM_PLACES.get(form, record.executor)
    passed_on, hidden = _pass_on(record, executor)
    kept = {**hidden, **record.secrets, **(references or {})}
    config = None if merged is None else f"{folder}/{merged.name}"
    command = command_of(recipe, record.cmd, with_config=merged is not None)
    wrong = secrets.faults(kept)
    if wrong:
        raise SpecError(*wrong)
    container = _container(record, executor, record.container_image or recipe.image)
    used = container != NONE or executor != LOCAL
    nodes = _nodes(recipe, record, executor)
    launcher = _launcher(recipe, settings)
    restarts = _restarts(record, executor, form) if nodes == 1 else 0
    image = record.container_image or _image(recipe, used=used)
    return Plan(
        id=id,
        name=recipe.name or recipe.runnable.name,
        recipe=recipe,
        folder=folder,
        root=root_of(recipe.script_path),
        script=recipe.script_path,
        config=config,
        command=command,
        passed=tuple(passed),
        launcher=launcher,
        container=container,
        executor=executor,
        image=image,
        workdir=record.workdir or recipe.run.workdir,
        mounts=tuple(record.mounts),
        startup=tuple(record.startup_commands),
        environ=_environ(
            recipe,
            settings,
            id,
            folder,
            (environ or {}, exports or {}),
            logged=not attached or executor != LOCAL,
            below=passed_on,
            first=_first_attempt(record, executor, form),
        ),
        secrets=kept,
        nodes=nodes,
        gpus=_first(record.gpus_per_node, recipe.resources.gpus_per_node),
        settings=record,
        content=None if merged is None else merged.content(),
        attached=attached,
        restarts=restarts if launcher == TORCHRUN else 0,
    )


def command_of(
    recipe: Recipe, own: str | None = None, *, with_config: bool
) -> tuple[str, ...]:
    """The words of `cmd`, `own` or the recipe's, as a POSIX shell splits them.

    Without a configuration, a command that nobody wrote has no `--config` either.
    """
    cmd = own or recipe.run.cmd
    place = FilePlace(recipe.spec_path, 0, 0)
    try:
        words = _split(cmd)
    except ValueError as error:
        fault = Fault("cmd-invalid", "run.cmd", place, received=cmd, detail=str(error))
        raise SpecError(fault) from None
    if not words:
        raise SpecError(Fault("cmd-invalid", "run.cmd", place, received=cmd))
    if with_config or not any(CONFIG in word for word in words):
        return words
    if own or recipe.declares("run", "cmd"):
        raise SpecError(Fault("config-absent", "run.cmd", place, received=cmd))
    return words[: -len(CONFIG_OPTION)]


def doubts_of(
    recipe: Recipe, own: str | None, tokens: Sequence[str]
) -> tuple[Fault, ...]:
    """Words that go to the script as they are, though somebody meant something else:
    placeholders, operators and variables of a shell in `cmd`, and `tokens` before `--`
    that look like overrides.
    """
    return (*doubts_of_command(recipe, own or recipe.run.cmd), *_near_overrides(tokens))


def doubts_of_command(recipe: Recipe, cmd: str) -> tuple[Fault, ...]:
    """The warnings about the words of one `cmd`."""
    place = FilePlace(recipe.spec_path, 0, 0)
    try:
        words = _split(cmd)
    except ValueError:
        return ()
    odd = [(word, _oddity(word)) for word in words]
    return tuple(
        Fault("cmd-word", "run.cmd", place, severity="warning", received=w, detail=why)
        for w, why in odd
        if why
    )


def _oddity(word: str) -> str:
    """What a word seems to be that is passed on as it is; "" for nothing."""
    if word in OPERATORS:
        return "an operator of a shell"
    inside = word.partition("{")[2].partition("}")
    if (
        inside[1]
        and inside[0].isidentifier()
        and f"{{{inside[0]}}}" not in PLACEHOLDERS
    ):
        dollar = word.partition("{")[0].endswith("$")
        return "a variable of a shell" if dollar else "a placeholder"
    name = word.partition("$")[2]
    return "a variable of a shell" if name[:1].isalpha() or name[:1] == "_" else ""


def _near_overrides(tokens: Sequence[str]) -> tuple[Fault, ...]:
    argv = tuple(tokens)
    before = argv[: argv.index("--")] if "--" in argv else argv
    return tuple(
        Fault(
            "override-passed-on",
            token.partition("=")[0],
            ArgvPlace(argv, position),
            severity="warning",
            received=token,
        )
        for position, token in enumerate(before)
        if "=" in token and not token.startswith("-") and _is_passed_on(token)
    )


def _is_passed_on(token: str) -> bool:
    from .config.overrides import split

    return token in split([token])[1]


def _split(cmd: str) -> tuple[str, ...]:
    """Raises ValueError."""
    if not any(mark in cmd for mark in QUOTING):
        return tuple(cmd.split())
    import shlex

    return tuple(shlex.split(cmd))


def environ_at(plan: Plan, *, root: str, folder: str) -> dict[str, str]:
    """The plan's variables as they are where its code is in `root` and the files of
    its run in `folder`."""
    found = {name: _with_root(value, root) for name, value in plan.environ.items()}
    found |= {RUN_DIR: folder, CODE_DIR: root}
    spec = found.get(SPEC, "")
    below = plan.root.rstrip("/") + "/"
    if spec.startswith(below):
        found[SPEC] = f"{root.rstrip('/')}/{spec.removeprefix(below)}"
    return found


def _with_root(value: str, root: str) -> str:
    if CODE_DIR not in value:
        return value
    value = value.replace(f"${{{CODE_DIR}}}", root)
    before, *rest = value.split(f"${CODE_DIR}")
    ends = (not (each[:1].isalnum() or each[:1] == "_") for each in rest)
    pairs = zip(rest, ends, strict=True)
    named = (f"{root if end else '$' + CODE_DIR}{each}" for each, end in pairs)
    return "".join((before, *named))


def _launcher(recipe: Recipe, settings: Settings) -> str:
    if settings.record.launch:
        return str(settings.record.launch)
    if not any(recipe.declares(mark) for mark in MARKS):
        return "direct"
    return recipe.run.launch


def _container(record: Profile, executor: str, image: str | None) -> str:
    if record.container_runtime:
        return str(record.container_runtime)
    own = OWN_CONTAINERS.get(executor)
    if own:
        return own if image else NONE
    return NONE


def _image(recipe: Recipe, *, used: bool) -> str | None:
    """The recipe's own image, with the variables it names where it is `used`."""
    from .config.resolvers import UnresolvedError, expanded

    if recipe.image is None or not used:
        return recipe.image
    try:
        return expanded(recipe.image)
    except UnresolvedError as error:
        why = "is a secret" if error.secret else error.why
        place = FilePlace(recipe.spec_path, 0, 0)
        detail = f"{error.variable} {why}"
        raise SpecError(
            Fault("config-interpolation", "image", place, detail=detail)
        ) from None


def _nodes(recipe: Recipe, record: Profile, executor: str) -> int:
    """On this machine a recipe's default counts as what a cluster would need."""
    own = 1 if executor == LOCAL else recipe.resources.nodes
    return int(record.nodes or own)


def _restarts(record: Profile, executor: str, form: str) -> int:
    """How often torchrun has to begin again because nothing around it does."""
    if not form or form in FORM_PLACES:
        by_kind = executor == "kubernetes" and record.kind in RETRYING_KINDS
        if executor == "slurm" or by_kind:
            return 0
    return int(record.max_retries or 0)


def _environ(
    recipe: Recipe,
    settings: Settings,
    id: str,
    folder: str,
    above: tuple[Mapping[str, str], ...],
    *,
    logged: bool,
    below: Mapping[str, str],
    first: Mapping[str, str],
) -> dict[str, str]:
    """Recipe, config's run.env, profile, command line, and what is this project's.

    `logged`: its output goes to a log, where somebody may wait for each line. `below`
    is what the others win over, `first` what says that it runs for the first time.
    """
    found = dict(LOGGED) if logged else {}
    found |= below
    found |= {**recipe.env, **settings.record.env_vars}
    for each in above:
        found.update(each)
    root = root_of(recipe.script_path)
    return {**found, **first, RUN_ID: id, RUN_DIR: folder, CODE_DIR: root}


def _first_attempt(record: Profile, executor: str, form: str) -> dict[str, str]:
    """RUNSPEC_ATTEMPT where nothing runs it again; a job of Slurm counts by itself."""
    counts = executor == "slurm" and form in ("", "slurm")
    return {} if counts or record.max_retries else {ATTEMPT: "1"}


def _pass_on(record: Profile, executor: str) -> tuple[dict[str, str], dict[str, str]]:
    """What `pass_env` names and is set here; secrets by reference. A script here has
    this environment anyway.
    """
    from .profile.secrecy import is_secret

    found: dict[str, str] = {}
    hidden: dict[str, str] = {}
    for name in record.pass_env if executor != LOCAL else ():
        value = os.environ.get(name)
        if value is None:
            continue
        if is_secret(name, value):
            hidden[name] = f"env:{name}"
        else:
            found[name] = value
    return found, hidden


def _first(asked: int | str | None, default: int | str) -> int | str:
    return default if asked is None else asked
