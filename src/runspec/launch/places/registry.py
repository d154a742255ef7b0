"""The executors that are installed, by the name of their place."""

from __future__ import annotations

from ...errors import Fault, RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..executor import Executor
    from ..request import Prepared

GROUP = "runspec.executors"
"""The entry points: a name, and a class that is made without arguments."""
OWN = {
    "local": ("local", "LocalExecutor"),
    "slurm": ("slurm", "SlurmExecutor"),
    "ray": ("ray", "RayExecutor"),
    "kubernetes": ("kubernetes", "KubernetesExecutor"),
    "skypilot": ("skypilot", "SkypilotExecutor"),
}
"""This project's own: module and class; nobody else can take their names."""


def executor_named(name: str) -> Executor:
    """The executor of that place.

    Raises RunspecError (`executor-unknown`, `executor-broken`).
    """
    own = OWN.get(name)
    if own is not None:
        module = __import__(f"{__package__}.{own[0]}", fromlist=(own[1],))
        made: Executor = getattr(module, own[1])()
        return made
    return _installed(name)


def executor_of(prepared: Prepared) -> Executor:
    """That of a launch; what is wrong with its name stands where that was written.

    Raises RunspecError as `executor_named`.
    """
    try:
        return executor_named(prepared.plan.executor)
    except RunspecError as error:
        for fault in error.faults:
            fault.place = prepared.settings.place("executor")
        raise


def _installed(name: str) -> Executor:
    """Looking through everything that is installed costs as much as Python's start."""
    from importlib.metadata import entry_points

    found = entry_points(group=GROUP)
    if name not in found.names:
        from ...nearest import nearest

        known = sorted({*OWN, *found.names})
        candidates = nearest(name, known)
        raise RunspecError(
            Fault(
                "executor-unknown",
                name,
                received=name,
                expected=tuple(known),
                candidates=candidates,
            )
        )
    try:
        made: Executor = found[name].load()()
    except Exception as error:  # noqa: BLE001  it is another distribution's code
        why = f"{type(error).__name__}: {error}"
        raise RunspecError(Fault("executor-broken", name, detail=why)) from None
    return made
