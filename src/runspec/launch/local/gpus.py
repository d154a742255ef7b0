"""The GPUs of this machine."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..plan import Plan

VISIBLE = "CUDA_VISIBLE_DEVICES"
DRIVER = "/proc/driver/nvidia/gpus"
"""The kernel module's folder, one entry for each."""
LIST = ("nvidia-smi", "--list-gpus")
CPUS = "cpu"
"""What torchrun counts itself."""


def gpus_here() -> int:
    """How many this process may use; 0 where there are none."""
    visible = os.environ.get(VISIBLE)
    if visible is not None:
        named = [each.strip() for each in visible.split(",")]
        return len([each for each in named if each and not each.startswith("-")])
    try:
        return len(os.listdir(DRIVER))
    except OSError:
        return _listed()


def _listed() -> int:
    from ..capture import output_of
    from .interpreter import program

    if not program(LIST[0]):
        return 0
    status, text = output_of(LIST)
    return 0 if status else len(text.splitlines())


def wanted(plan: Plan, there: int) -> int:
    """How many a plan uses where so many are there: all, unless it asks for fewer."""
    return min(plan.gpus, there) if isinstance(plan.gpus, int) else there


def processes_here(plan: Plan, there: int) -> str:
    """torchrun's processes: the profile's number, else one for each GPU, at least 1."""
    asked = plan.settings.nproc_per_node
    if asked is not None:
        return str(asked)
    return CPUS if plan.gpus == CPUS else str(max(wanted(plan, there), 1))
