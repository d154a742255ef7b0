"""What runs on each node of an allocation, as functions of bash.

`task` is what srun starts; `work` is what runs in the container, where there is one.
"""

from __future__ import annotations

from ..launchers import Rendezvous, Shell, launch_words, quoted
from ..portable import variables
from .ray import RAY, ray_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..plan import Plan
    from ..portable import Site

TORCHRUN = "torchrun"
PYXIS, APPTAINER, DOCKER, NONE = "pyxis", "apptainer", "docker", "none"
MEETING = ("MASTER_ADDR", "MASTER_PORT")
GIVEN = (
    *MEETING,
    "CUDA_VISIBLE_DEVICES",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_CPUS_ON_NODE",
    "SLURM_JOB_ID",
    "SLURM_JOB_NUM_NODES",
    "SLURM_LOCALID",
    "SLURM_NNODES",
    "SLURM_NODEID",
    "SLURM_NTASKS",
    "SLURM_PROCID",
)
"""What a container gets of the task's own variables."""
TASK = """\
# One task. The first that fails on any node has the last word.
task() {{
  set -euo pipefail
  trap 'first $?' EXIT
  trap : TERM INT HUP USR1 USR2
  {start}
}}

first() {{
  trap - EXIT
  if [ "$1" -ne 0 ]; then
    (set -o noclobber && echo "$1" >"$RUNSPEC_EXIT.first") 2>/dev/null || true
  fi
  exit "$1"
}}
"""


class Meeting(Rendezvous):
    """torchrun's nodes meet by c10d; the first keeps the store."""

    __slots__ = ()

    def __init__(self, nodes: int) -> None:
        first = Shell('"$((SLURM_NODEID == 0))"')
        super().__init__(nodes, first, Shell('"$MASTER_ADDR"'), Shell('"$MASTER_PORT"'))

    def words(self) -> tuple[str, ...]:
        return (
            f"--nnodes={self.nodes}",
            "--rdzv-backend=c10d",
            Shell('--rdzv-endpoint="$MASTER_ADDR:$MASTER_PORT"'),
            Shell('--rdzv-id="$SLURM_JOB_ID"'),
            Shell(f"--rdzv-conf=is_host={self.rank}"),
        )


def needs_meeting(plan: Plan) -> bool:
    """Whether the nodes have to find the first one."""
    return plan.nodes > 1 or plan.launcher == RAY


def functions(plan: Plan, site: Site) -> str:
    """`work`, `task` and what they need."""
    lines = ["set -e +u -o pipefail", f"cd -- {quoted((site.workdir(plan),))}"]
    lines += [*plan.startup, *_launch(plan, site)]
    body = "".join(f"  {line}\n" for line in lines)  # not into a line: it may be text
    work = f"# What the recipe runs.\nwork() {{\n{body}}}\n"
    return f"{work}\n{TASK.format(start=_start(plan, site))}"


def srun_options(plan: Plan, site: Site) -> tuple[str, ...]:
    """Options of each srun: the profile's own, and those of pyxis."""
    settings = plan.settings
    words = ["--kill-on-bad-exit=1", "--export=ALL"]
    if settings.cpus_per_task:  # srun doesn't take sbatch's since 22.05
        words.append(f"--cpus-per-task={settings.cpus_per_task}")
    if plan.container == PYXIS and plan.image:
        words += _pyxis(plan, plan.image, site)
    return (*words, *settings.srun_args)


def _launch(plan: Plan, site: Site) -> Sequence[str]:
    meeting = Meeting(plan.nodes) if plan.nodes > 1 else None
    words = launch_words(
        plan,
        script=site.script(plan),
        config=site.config(plan),
        rendezvous=meeting,
    )
    if plan.launcher == RAY:
        return ray_lines(plan, words)
    return (quoted(words),)


def _start(plan: Plan, site: Site) -> str:
    if plan.container in (NONE, PYXIS) or not plan.image:
        return 'work "$@"'
    from ..containers import Inside, container_argv

    shell = ("bash", "-c", Shell('"$(declare -f work); work \\"\\$@\\""'), "bash")
    name = f"runspec-{plan.id}"
    inside = Inside(
        plan.image,
        (*shell, Shell('"$@"')),
        name=Shell(f'{quoted((name,))}"-$SLURM_JOB_ID-$SLURM_PROCID"'),
        mounts=tuple(_mounts(plan, site)),
        variables=(*variables(plan, site), *plan.secrets, *GIVEN),
        gpus="all" if plan.gpus not in (0, "cpu") else "",
        user=Shell('"$(id -u):$(id -g)"') if plan.container == DOCKER else "",
        args=plan.settings.container_args,
        host_network=True,
    )
    return quoted(container_argv(plan.container, inside))


def _mounts(plan: Plan, site: Site) -> Iterator[str]:
    """The code and the job's folder, at the same paths, and the profile's."""
    for path in dict.fromkeys((site.root, site.folder)):
        yield f"{path}:{path}"
    yield from plan.mounts


def _pyxis(plan: Plan, image: str, site: Site) -> Iterator[str]:
    """Options that Slurm has with pyxis (its README, `--container-*`)."""
    yield f"--container-image={registry_image(image)}"
    yield f"--container-mounts={','.join(_mounts(plan, site))}"
    yield f"--container-workdir={site.workdir(plan)}"
    names = (*variables(plan, site), *plan.secrets)
    if names:
        yield f"--container-env={','.join(names)}"
    yield from plan.settings.container_args


def registry_image(image: str) -> str:
    """As enroot writes it, `REGISTRY#IMAGE:TAG`; paths and addresses as they are."""
    registry, slash, rest = image.partition("/")
    named = "." in registry or ":" in registry or registry == "localhost"
    if not slash or not registry or registry.startswith(".") or "#" in image:
        return image
    return f"{registry}#{rest}" if named and "://" not in image else image
