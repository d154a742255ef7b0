"""The order of stages: each after all that it waits for, else as they are written."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...model_more import Stage


def ordered(stages: Mapping[str, Stage]) -> dict[str, Stage]:
    """Those stages that wait for no cycle, in an order they can run in."""
    left = dict(stages)
    order: dict[str, Stage] = {}
    while ready := _ready(left):
        order[ready] = left.pop(ready)
    return order


def _ready(left: Mapping[str, Stage]) -> str | None:
    """The first that waits for none of the others."""
    free = (
        name for name, each in left.items() if not any(a in left for a in each.after)
    )
    return next(free, None)


def cycles(stages: Mapping[str, Stage]) -> Iterator[tuple[str, ...]]:
    """Stages that wait for each other, each such circle once."""
    placed = ordered(stages)
    left = {name: each for name, each in stages.items() if name not in placed}
    while left:
        circle = _circle(left)
        yield circle
        left = {name: each for name, each in left.items() if name not in circle}
        left = {name: each for name, each in left.items() if name not in ordered(left)}


def _circle(left: Mapping[str, Stage]) -> tuple[str, ...]:
    """Follow one stage back to where it has been; each of `left` waits for one."""
    path = [next(iter(left))]
    while True:
        name = next(each for each in left[path[-1]].after if each in left)
        if name in path:
            return tuple(path[path.index(name) :])
        path.append(name)


def before(stages: Mapping[str, Stage], name: str) -> set[str]:
    """All that a stage waits for, at first and second hand; itself in a circle."""
    found: set[str] = set()
    left = [name]
    while left:
        stage = stages.get(left.pop())
        new = set(stage.after) - found if stage else set()
        found |= new
        left += new
    return found
