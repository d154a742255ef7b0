"""The `#SBATCH` lines of a job script."""

from __future__ import annotations

from ...errors import Fault, RunspecError
from .paths import OUTPUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..plan import Plan
    from ..portable import Site

MARK = "runspec:"
"""What a job's comment begins with; the launch's id follows."""
SAME = ("account", "cpus_per_task", "mem", "time", "qos", "constraint", "gres")
"""Settings that go by the name of their option."""
DIRECT = "direct"
EXPORTED = (
    *("HOME", "USER", "LOGNAME", "SHELL", "PATH", "VIRTUAL_ENV", "TZ"),
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES"),
)
"""What a job has of the shell that submits it; Slurm adds its own."""
INVALID = "slurm-value-invalid"


def directives(plan: Plan, site: Site, *, attached: bool) -> str:
    """The lines. Raises RunspecError (`slurm-value-invalid`) for a value of two."""
    words = [*_about(plan, site), *_asked(plan, attached=attached)]
    lines = [_line(option, value) for option, value in words]
    if plan.settings.sbatch_args:
        lines.append(" ".join(map(_word, plan.settings.sbatch_args)))
    return "".join(f"#SBATCH {line}\n" for line in lines)


def job_name(plan: Plan) -> str:
    """A name that Slurm's own output shows whole."""
    allowed = (each if each.isalnum() or each in "._/-" else "-" for each in plan.name)
    return "".join(allowed).lstrip("-") or "runspec"


def _about(plan: Plan, site: Site) -> Iterator[tuple[str, str]]:
    """What it is called and where it writes; `%` is Slurm's, and twice itself."""
    output = f"{site.folder}/{OUTPUT}".replace("%", "%%")
    yield "job-name", job_name(plan)
    yield "comment", MARK + plan.id
    yield "chdir", site.folder
    yield "output", f"{output}-%a" if plan.settings.array else output
    yield "open-mode", "append"
    yield "export", ",".join(EXPORTED)


def _asked(plan: Plan, *, attached: bool) -> Iterator[tuple[str, str]]:
    """What it needs."""
    settings = plan.settings
    own = settings.run_partition if attached else settings.batch_partition
    if partition := own or settings.partition:
        yield "partition", partition
    yield "nodes", str(plan.nodes)
    tasks = settings.ntasks_per_node if plan.launcher == DIRECT else 1
    yield "ntasks-per-node", str(tasks)
    if not settings.gres and isinstance(plan.gpus, int) and plan.gpus:
        yield "gpus-per-node", str(plan.gpus)
    for name in SAME:
        value = getattr(settings, name)
        if value is not None:
            yield name.replace("_", "-"), str(value)
    if settings.exclusive:
        yield "exclusive", ""
    if settings.array:
        yield "array", settings.array
    if settings.dependency:
        yield "dependency", settings.dependency
        yield "kill-on-invalid-dep", "yes"
    yield from _while_it_runs(plan)


def _while_it_runs(plan: Plan) -> Iterator[tuple[str, str]]:
    """What may happen to it."""
    if plan.settings.checkpoint_signal:
        yield "signal", plan.settings.checkpoint_signal
    if may_requeue(plan):
        yield "requeue", ""
    elif plan.secrets:
        yield "no-requeue", ""  # they are handed over once


def may_requeue(plan: Plan) -> bool:
    """Whether the job may begin again, so that all it needs must stay."""
    settings = plan.settings
    asked = "--requeue" in settings.sbatch_args
    return asked or bool(settings.requeue or settings.max_retries)


def _line(option: str, value: str) -> str:
    return f"--{option}={_word(value, option)}" if value else f"--{option}"


def _word(value: str, option: str = "sbatch_args") -> str:
    """As sbatch reads it, which is as a shell does."""
    from shlex import quote

    if not value.isprintable():
        raise RunspecError(Fault(INVALID, option.replace("-", "_"), received=value))
    return quote(value)
