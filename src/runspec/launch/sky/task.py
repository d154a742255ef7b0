"""A plan as a SkyPilot task (https://docs.skypilot.co, "Task YAML")."""

from __future__ import annotations

from ..amounts import MEBIBYTES_PER_GIBIBYTE, mebibytes
from ..launchers import Rendezvous, Shell, launch_words, quoted
from ..naming import slug
from ..portable import (
    Site,
    config_lines,
    dependency_lines,
    export_lines,
    run_lines,
    variables,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json
    from ..plan import Plan

    Object = dict[str, Json]

SITE = Site(Shell('"$CODE_DIR"'), Shell('"$RUN_DIR"'))
ALL = "0"
PORT = "29500"
RAY_PORT = "6380"
"""Beside SkyPilot's own Ray, which has 6379 or 6380 on some clouds."""
MARK = "runspec-exit"
"""A line of the log with the script's own exit status: `sky` tells only success."""


def task(plan: Plan, workdir: str | None, *, marked: bool = False) -> Object:
    """The task; `workdir` is the folder of the code here. `marked`: its log tells
    the exit status (MARK).
    """
    found: Object = {"name": slug(plan.name, 40), "num_nodes": plan.nodes}
    found["resources"] = resources(plan)
    if workdir is not None:
        found["workdir"] = workdir
    if plan.mounts:
        found["file_mounts"] = dict(map(_mount, plan.mounts))
    environ = variables(plan, SITE)
    plain: Object = {k: v for k, v in environ.items() if not isinstance(v, Shell)}
    if plain:
        found["envs"] = plain
    if plan.secrets:
        found["secrets"] = dict.fromkeys(plan.secrets)
    found["run"] = "\n".join((*_run(plan, marked=marked), ""))
    return found


def resources(plan: Plan) -> Object:
    """What SkyPilot chooses a machine by."""
    settings = plan.settings
    places = (settings.cloud, settings.region, settings.zone)
    found: Object = {}
    if settings.cloud:
        found["infra"] = "/".join(filter(None, places))
    if gpus := accelerators(plan):
        found["accelerators"] = gpus
    if settings.instance_type:
        found["instance_type"] = settings.instance_type
    if settings.cpus_per_task:
        found["cpus"] = f"{settings.cpus_per_task}+"
    if settings.mem and (size := mebibytes(settings.mem)):
        found["memory"] = f"{-(-size // MEBIBYTES_PER_GIBIBYTE)}+"
    if settings.disk_size:
        found["disk_size"] = settings.disk_size
    if settings.use_spot:
        found["use_spot"] = True
    if plan.image:
        found["image_id"] = f"docker:{plan.image}"
    return found


def accelerators(plan: Plan) -> str | None:
    """`KIND:COUNT`; the count is the plan's where the profile has only the kind."""
    named: str | None = plan.settings.accelerators
    if named is None or ":" in named or not isinstance(plan.gpus, int):
        return named
    return f"{named}:{plan.gpus}" if plan.gpus else None


def mount_of(text: str) -> tuple[str, str]:
    """What is mounted, a path here or the address of a bucket, and where."""
    source, _, inside = text.removesuffix(":ro").rpartition(":")
    return source, inside


def _mount(text: str) -> tuple[str, str]:
    source, inside = mount_of(text)
    return inside, source


def _run(plan: Plan, *, marked: bool) -> list[str]:
    """Shell lines that run on each node."""
    environ = variables(plan, SITE)
    placed = {k: v for k, v in environ.items() if isinstance(v, Shell)}
    lines = [
        'CODE_DIR="$PWD"',
        f'RUN_DIR="$HOME/.runspec/{plan.id}"',
        'mkdir -p "$RUN_DIR"',
        *config_lines(plan, SITE),
        *export_lines(placed),
    ]
    if plan.nodes > 1:
        port = plan.settings.rendezvous_port or PORT
        lines.append('export MASTER_ADDR="$(echo "$SKYPILOT_NODE_IPS" | head -n1)"')
        lines.append(f"export MASTER_PORT={port}")
    needed = [] if plan.image else dependency_lines(plan, SITE.folder)
    lines += ["(", "set -e", *needed, *_started(plan), ")"]
    if marked:
        lines += ["status=$?", f'echo "{MARK} {plan.id} $status"', "exit $status"]
    return lines


def _started(plan: Plan) -> list[str]:
    if plan.launcher == "ray" and plan.nodes > 1:
        return _on_ray(plan)
    if plan.nodes == 1:
        return run_lines(plan, SITE)
    rank = Shell('"$SKYPILOT_NODE_RANK"')
    address, port = Shell('"$MASTER_ADDR"'), Shell('"$MASTER_PORT"')
    meeting = Rendezvous(plan.nodes, rank, address, port)
    return run_lines(plan, SITE, rendezvous=meeting)


def _on_ray(plan: Plan) -> list[str]:
    """A Ray of the task's own: its head, where the script runs, and workers."""
    port = plan.settings.rendezvous_port or RAY_PORT
    start = "ray start --disable-usage-stats"
    words = launch_words(plan, script=SITE.script(plan), config=SITE.config(plan))
    return [
        f"cd {quoted((SITE.workdir(plan),))}",
        *plan.startup,
        f'export RAY_ADDRESS="$MASTER_ADDR:{port}"',
        'if [ "$SKYPILOT_NODE_RANK" != 0 ]; then',
        f'    until {start} --address="$RAY_ADDRESS"; do sleep 2; done',
        "    exit 0",
        "fi",
        f"{start} --head --port={port}",
        quoted(words),
    ]
