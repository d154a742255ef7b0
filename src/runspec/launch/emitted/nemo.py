"""A Python program that runs a plan by nemo_run (https://github.com/NVIDIA-NeMo/Run).

What runs on a node is the bash script, inline; nemo_run starts it on each.
"""

from __future__ import annotations

import os

from ..launchers import PORT, Rendezvous, Shell, quoted
from ..naming import slug
from .bash import BY_HAND, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json
    from ..plan import Plan

SLURM = "slurm"
PROGRAM = '''\
"""Runs {name} by nemo_run; --dryrun shows what it would do."""

import sys

import nemo_run as run

SCRIPT = {script}

executor = {executor}

if __name__ == "__main__":
    with run.Experiment({name!r}) as experiment:
        experiment.add(run.Script(inline=SCRIPT), executor=executor, name={name!r})
        if "--dryrun" in sys.argv[1:]:
            experiment.dryrun()
            sys.exit()
        experiment.run(detach=False, tail_logs=True)
        found = experiment.status(return_dict=True)
    sys.exit(any(str(each["status"]) != "SUCCEEDED" for each in found.values()))
'''
BY_SLURM = Rendezvous(
    0, Shell('"$SLURM_NODEID"'), Shell('"$SLURM_LAUNCH_NODE_IPADDR"'), PORT
)


def program(plan: Plan) -> str:
    on_slurm = plan.executor == SLURM
    packed = on_slurm and plan.settings.tunnel == "ssh"
    code = '"$PWD"' if packed else quoted((plan.root,))
    meeting = BY_SLURM if on_slurm else BY_HAND
    script = text(plan, code, meeting, contained=False)
    executor = _slurm(plan, packed=packed) if on_slurm else "run.LocalExecutor()"
    name = slug(plan.name, 40)
    return PROGRAM.format(name=name, script=_literal(script), executor=executor)


def _slurm(plan: Plan, *, packed: bool) -> str:
    """The call that makes the executor."""
    settings = plan.settings
    gpus = plan.gpus if isinstance(plan.gpus, int) else None
    given: dict[str, Json] = {
        "account": settings.account,
        "partition": settings.partition or settings.batch_partition,
        "nodes": plan.nodes,
        "ntasks_per_node": 1,
        "gpus_per_node": gpus,
        "cpus_per_task": settings.cpus_per_task,
        "mem": settings.mem,
        "time": settings.time,
        "container_image": plan.image,
        "container_mounts": list(plan.mounts) or None,
        "srun_args": list(settings.srun_args) or None,
    }
    lines = [f"    {key}={value!r}," for key, value in given.items() if value]
    lines.append(f"    tunnel={_tunnel(plan)},")
    lines.append(f"    packager={_packager(plan) if packed else 'run.Packager()'},")
    return "\n".join(("run.SlurmExecutor(", *lines, ")"))


def _packager(plan: Plan) -> str:
    """The files that a launch would send, uncommitted ones too."""
    from ..pack import files

    settings = plan.settings
    found = files(plan.root, settings.packager, settings.packager_include_pattern)
    paths = [os.path.join(plan.root, name) for name in found]
    root = plan.root
    where = f"relative_path={[root]!r} * {len(paths)}"
    return f"run.PatternPackager(include_pattern={paths!r}, {where})"


def _tunnel(plan: Plan) -> str:
    settings = plan.settings
    folder = settings.remote_job_dir
    if settings.tunnel != "ssh":
        return 'run.LocalTunnel(job_dir="")'  # it writes where it submits only so
    given = {
        "host": settings.host,
        "user": settings.user,
        "identity": settings.identity,
    }
    words = [f"{key}={value!r}" for key, value in given.items() if value]
    return f"run.SSHTunnel({', '.join((*words, f'job_dir={folder!r}'))})"


def _literal(script: str) -> str:
    """A text of several lines as Python reads it."""
    lines = script.splitlines(keepends=True)
    return "\n".join(("(", *(f"    {line!r}" for line in lines), ")"))
