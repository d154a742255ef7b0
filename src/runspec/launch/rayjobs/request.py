"""What a Ray cluster is sent for a plan: two packages, and the request of a job.

The code is a package that is named by its content, so that it travels once. What
belongs to this launch alone, the script that starts it, the configuration and the
secrets, is another one.
"""

from __future__ import annotations

import os

from ..amounts import mebibytes
from ..exitstatus import REFUSED
from ..launchers import Shell, quoted
from ..naming import slug
from ..packed import zip_of
from ..portable import Site, check_of, export_lines, run_lines, variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...spec.plain import Json
    from ..plan import Plan

    Object = dict[str, Json]

START, SECRETS = "run.sh", "secrets.sh"
CODE, HERE = Shell('"$CODE_DIR"'), Shell('"$RUN_DIR"')
SITE = Site(CODE, HERE)
PRIVATE = 0o600
MEBIBYTE = 1 << 20


def submission(plan: Plan) -> str:
    """The job's id."""
    return f"{slug(plan.name, 40)}-{plan.id}"


def code_name(content: bytes) -> str:
    from hashlib import sha256

    return f"runspec_{sha256(content).hexdigest()}.zip"


def launch_name(plan: Plan) -> str:
    """A hash of what has secrets in it would help to guess them."""
    return f"runspec_{plan.id}.zip"


def launch_package(plan: Plan, secrets: Mapping[str, str]) -> bytes:
    """The package of this launch; its files are for their owner alone."""
    folder = submission(plan)
    files = {START: start_script(plan).encode("utf-8", "surrogateescape")}
    if plan.config is not None and plan.content is not None:
        files[os.path.basename(plan.config)] = plan.content
    if secrets:
        lines = "\n".join(export_lines(secrets))
        files[SECRETS] = f"{lines}\n".encode("utf-8", "surrogateescape")
    return zip_of({f"{folder}/{name}": (files[name], PRIVATE) for name in files})


def start_script(plan: Plan) -> str:
    """What runs on the node that Ray chooses, in the folder of the code."""
    lines = ["#!/bin/sh", "set -e", 'CODE_DIR="$PWD"', 'RUN_DIR="${0%/*}"']
    if plan.secrets:
        lines += [f'. "$RUN_DIR/{SECRETS}"', f'rm -f "$RUN_DIR/{SECRETS}"']
    lines += export_lines(_of_the_node(plan))
    return "\n".join((*lines, *_python_lines(plan), *run_lines(plan, SITE), ""))


def _python_lines(plan: Plan) -> list[str]:
    """The cluster's Python is the script's; one that doesn't do ends it."""
    requires = plan.recipe.requires_python
    check = check_of(requires)
    if check is None:
        return []
    said = f"runspec: the script requires Python {requires}; this cluster has another"
    end = f"{{ echo {quoted((said,))} >&2; exit {REFUSED}; }}"
    return [f"python -c {quoted((check,))} || {end}"]


def request(plan: Plan, code: str | None) -> Object:
    """The body of `POST /api/jobs/`; `code` is the name of a package."""
    runtime: Object = {"py_modules": [f"gcs://{launch_name(plan)}"]}
    if code is not None:
        runtime["working_dir"] = f"gcs://{code}"
    here = _of_the_node(plan)
    found = variables(plan, SITE)
    runtime["env_vars"] = {name: found[name] for name in found if name not in here}
    if plan.recipe.dependencies:
        runtime["pip"] = list(plan.recipe.dependencies)
    body: Object = {
        "entrypoint": _entrypoint(plan),
        "submission_id": submission(plan),
        "runtime_env": runtime,
        "metadata": {"name": plan.name, "runspec": plan.id},
    }
    return body | _needed(plan)


def _entrypoint(plan: Plan) -> str:
    """Ray puts a package of modules on PYTHONPATH; the script stands in one."""
    path = f"{submission(plan)}/{START}"
    return (
        f'IFS=:; for each in $PYTHONPATH; do [ -f "$each/{path}" ] && '
        f'exec /bin/sh "$each/{path}"; done; '
        "echo 'runspec: the package of this launch is not here' >&2; exit 127"
    )


def _of_the_node(plan: Plan) -> dict[str, str]:
    """Variables that tell where something is on it, or that Ray would change: it
    replaces `$NAME` in a value, and knows no way around that.
    """
    return {
        name: value
        for name, value in variables(plan, SITE).items()
        if isinstance(value, Shell) or "$" in value
    }


def _needed(plan: Plan) -> Object:
    """What the entry point itself takes; with Ray's own launcher the script asks."""
    settings = plan.settings
    found: Object = {}
    if isinstance(plan.gpus, int) and plan.gpus and plan.launcher != "ray":
        found["entrypoint_num_gpus"] = plan.gpus
    if settings.cpus_per_task:
        found["entrypoint_num_cpus"] = settings.cpus_per_task
    if settings.mem and (size := mebibytes(settings.mem)):
        found["entrypoint_memory"] = size * MEBIBYTE
    return found
