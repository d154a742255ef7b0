"""A plan as a file that runs without this project.

    bash        a script; nodes by NODE_RANK and MASTER_ADDR
    slurm       a script that writes the job's folder and calls sbatch
    kubernetes  manifests for `kubectl apply -f`
    skypilot    a task for `sky launch`
    nemo-run    a Python program that uses nemo_run

Secrets stay references: the file reads them where it runs.
"""

from __future__ import annotations

from ..errors import Fault, RunspecError
from .launchers import quoted
from .naming import slug
from .plan import is_contained
from .planning import FORM_PLACES, LOCAL
from .unused import find_unused_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .executor import Executor, Rendered
    from .plan import Plan

    Form = Callable[[Plan], Rendered]


def emit(plan: Plan, form: str) -> Rendered:
    """The file of that form, one of FORMS; its `name` is what it may be called.

    Raises RunspecError for what the form can't say, with the codes of its place.
    """
    return FORMS[form](plan)


def find_unkept(plan: Plan, form: str) -> tuple[Fault, ...]:
    """A warning for each promise that a file of that form doesn't keep."""
    if form in FORM_PLACES:
        from .places.registry import executor_named

        found = executor_named(FORM_PLACES[form]).check(plan)
        return tuple(fault for fault in found if fault.severity == "warning")
    runs = form == BASH or plan.executor == SLURM
    image = () if runs and is_contained(plan) else find_unused_image(plan)
    return (*_find_unused(plan, form), *image)


def _find_unused(plan: Plan, form: str) -> list[Fault]:
    settings, names = plan.settings, list(UNKEPT[form])
    if form == NEMO_RUN and plan.executor != SLURM:
        names += [*HERE, *(() if plan.executor == LOCAL else ("executor",))]
    if plan.restarts:
        names.remove("max_retries")
    declared = settings.declared()
    return [
        Fault("setting-unused", name, severity="warning", detail=f"--emit {form}")
        for name in names
        if name in declared and getattr(settings, name)
    ]


def _bash(plan: Plan) -> Rendered:
    from .emitted.bash import script
    from .executor import Rendered

    return Rendered(f"{slug(plan.name, 40)}.sh", "bash", script(plan))


def _slurm(plan: Plan) -> Rendered:
    from .emitted.slurm import script
    from .executor import Rendered
    from .places.slurm import SlurmExecutor

    _require(plan, SlurmExecutor())
    return Rendered(f"{slug(plan.name, 40)}.slurm.sh", "bash", script(plan))


def _kubernetes(plan: Plan) -> Rendered:
    from .executor import Rendered
    from .kube.manifests import code_object, main_object, other_objects
    from .places.kubernetes import KubernetesExecutor, launch_of
    from .yamltext import documents

    _require(plan, KubernetesExecutor())
    launch = launch_of(plan)
    objects = [*code_object(launch), *other_objects(launch), main_object(launch)]
    secret = launch.brought.secret or ""
    space = plan.settings.namespace
    kubectl = ("kubectl", *((f"--namespace={space}",) if space else ()))
    apply = quoted((*kubectl, "apply", "--server-side", "-f"))
    head = [f"# {_about(plan)}: {apply} THIS_FILE"]
    create = (*kubectl, "create", "secret", "generic", secret)
    line = quoted((*create, "--from-env-file=/dev/stdin"))
    head += _needed(plan, f"Before, with lines NAME=VALUE on stdin: {line}")
    text = "\n".join((*head, documents(objects)))
    return Rendered(f"{slug(plan.name, 40)}.yaml", "kubernetes", text)


def _skypilot(plan: Plan) -> Rendered:
    from .executor import Rendered
    from .pack import NONE
    from .places.skypilot import SkypilotExecutor
    from .sky.task import task
    from .yamltext import document

    _require(plan, SkypilotExecutor())
    options = [word for name in plan.secrets for word in ("--secret", name)]
    head = [f"# {_about(plan)}: {quoted(('sky', 'launch', *options))} THIS_FILE"]
    head += _needed(plan, "Their values are in the environment of sky")
    workdir = None if plan.settings.packager == NONE else plan.root
    text = "\n".join((*head, document(task(plan, workdir))))
    return Rendered(f"{slug(plan.name, 40)}.sky.yaml", "skypilot", text)


def _nemo_run(plan: Plan) -> Rendered:
    from .emitted.nemo import program
    from .executor import Rendered

    name = slug(plan.name, 40).replace("-", "_")
    return Rendered(f"{name}_nemo.py", "python", program(plan))


def _about(plan: Plan) -> str:
    """The recipe's name on one line of a comment."""
    return (
        "".join(each if each.isprintable() else "?" for each in plan.name) or "recipe"
    )


def _needed(plan: Plan, how: str) -> list[str]:
    """Comment lines that name the secrets."""
    if not plan.secrets:
        return []
    return [f"# Secrets: {', '.join(plan.secrets)}", f"# {how}"]


def _require(plan: Plan, executor: Executor) -> None:
    """What the place can't do, its file can't either."""
    found: Sequence[Fault] = executor.check(plan)
    errors = [fault for fault in found if fault.severity == "error"]
    if errors:
        raise RunspecError(*errors)


BASH, NEMO_RUN, SLURM = "bash", "nemo-run", "slurm"
HERE = ("time", "mounts")
UNKEPT = {
    BASH: ("max_retries", "requeue", "checkpoint_signal", "time", "array"),
    NEMO_RUN: ("max_retries", "requeue", "checkpoint_signal", "array", "dependency"),
}
"""Promises that a form which is no place's doesn't keep; HERE neither, where NeMo-Run
runs it on its own machine."""
FORMS: dict[str, Form] = {
    "bash": _bash,
    "slurm": _slurm,
    "kubernetes": _kubernetes,
    "skypilot": _skypilot,
    "nemo-run": _nemo_run,
}
