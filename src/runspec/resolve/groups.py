"""Relations between arguments (GRP)."""

from __future__ import annotations

from ..errors import Fault
from ..model import attribute_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Value
    from ..model import Runnable
    from ..model_more import Group


def broken_groups(level: Runnable, values: dict[str, Value]) -> list[Fault]:
    """One fault for each group of `level` that the call breaks.

    `expected` holds the names the group is about, `received` those given, joined
    by commas; `detail` is the argument that makes the others needed.
    """
    faults = (_broken(group, values) for group in level.groups.values())
    return [fault for fault in faults if fault is not None]


def _broken(group: Group, values: dict[str, Value]) -> Fault | None:
    if group.trigger is not None:
        return _conditional(group, values)
    members = _members(group.args, values)
    given = [name for name, value in members.items() if value.given]
    code = ""
    if group.exclusive and len(given) > 1:
        code = "group-exclusive"
    elif group.inclusive and given and _without_value(members):
        return _missing("group-inclusive", group, _without_value(members), given[0])
    elif group.at_least_one and not given:
        code = "group-at-least-one"
    elif group.exactly_one and len(given) != 1:
        code = "group-exactly-one"
    if not code:
        return None
    return Fault(
        code, group.name, received=", ".join(given) or None, expected=tuple(members)
    )


def _conditional(group: Group, values: dict[str, Value]) -> Fault | None:
    trigger = values.get(attribute_of(group.trigger or ""))
    if trigger is None or not trigger.given:
        return None
    lacking = _without_value(_members(group.requires, values))
    if not lacking:
        return None
    return _missing("group-requires", group, lacking, trigger.arg.name)


def _missing(code: str, group: Group, lacking: list[str], given: str) -> Fault:
    return Fault(code, group.name, expected=tuple(lacking), detail=given)


def _members(names: tuple[str, ...], values: dict[str, Value]) -> dict[str, Value]:
    """The declared ones of `names`; others are the warning GRP-06 of the spec."""
    found = ((name, values.get(attribute_of(name))) for name in names)
    return {name: value for name, value in found if value is not None}


def _without_value(members: dict[str, Value]) -> list[str]:
    return [name for name, value in members.items() if value.plain is None]
