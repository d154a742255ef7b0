"""Settings that a place has no use for: said, rather than silently dropped."""

from __future__ import annotations

from ..errors import Fault
from .containers import RUNTIMES
from .plan import is_contained

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from .plan import Plan

EVERYWHERE = frozenset(
    (
        *("executor", "extends", "nodes", "gpus_per_node", "nproc_per_node"),
        *("launch", "overrides", "cmd", "pass_env", "python"),
        *("workdir", "startup_commands", "env_vars", "secrets"),
        *("packager", "packager_include_pattern", "packager_max_mb"),
    )
)
"""What the plan has for every place."""


def find_unused_image(plan: Plan) -> tuple[Fault, ...]:
    """The warning that nothing runs the image, the configuration's or the recipe's."""
    settings = plan.settings
    if not plan.image or is_contained(plan) or settings.container_runtime == "none":
        return ()
    name = "container_image" if settings.container_image else "image"
    known = tuple(RUNTIMES)
    return (
        Fault(
            "image-unused",
            name,
            severity="warning",
            received=plan.image,
            expected=known,
        ),
    )


def unused(plan: Plan, used: Set[str]) -> Iterator[Fault]:
    """A warning for each setting that somebody gave and this place doesn't take."""
    taken = used | EVERYWHERE | ({"max_retries"} if plan.restarts else set())
    for attribute in plan.settings.declared():
        if attribute not in taken:
            yield Fault(
                "setting-unused", attribute, severity="warning", detail=plan.executor
            )
