"""Settings that a place has no use for: said, rather than silently dropped."""

from __future__ import annotations

from ..errors import Fault

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


def unused(plan: Plan, used: Set[str]) -> Iterator[Fault]:
    """A warning for each setting that somebody gave and this place doesn't take."""
    for attribute in plan.settings.declared():
        if attribute not in EVERYWHERE and attribute not in used:
            yield Fault(
                "setting-unused", attribute, severity="warning", detail=plan.executor
            )
