"""Relations between arguments (GRP)."""

from __future__ import annotations

from ..errors import EnvPlace, Fault, FilePlace
from ..model import attribute_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Invocation, Value
    from ..model import Runnable
    from ..model_more import Group


def broken_groups(level: Runnable, call: Invocation) -> list[Fault]:
    """One fault for each group of `level` that the call breaks (GRP-08).

    `expected` holds the names the group is about, `received` those given, joined
    by commas, and `detail` where each stands, one a line; or `detail` is the argument
    that makes the others needed, and `related` where that stands. A group of which a
    member couldn't be read isn't judged.
    """
    unread = _unread(call)
    groups = [each for each in level.groups.values() if not unread & _named(each)]
    faults = (_broken(group, call.values) for group in groups)
    return [fault for fault in faults if fault is not None]


def _unread(call: Invocation) -> set[str]:
    """The attributes of what has a fault, or may be what was mistyped."""
    found = set(call.failed)
    for fault in call.faults:
        for name in (fault.subject, *fault.candidates):
            found.add(attribute_of(name.lstrip("-")))
    return found


def _named(group: Group) -> set[str]:
    names = (*group.args, *group.requires, group.trigger or "")
    return {attribute_of(name) for name in names}


def _broken(group: Group, values: dict[str, Value]) -> Fault | None:
    if group.trigger is not None:
        return _conditional(group, values)
    members = _members(group.args, values)
    given = [name for name, value in members.items() if value.given]
    code = ""
    if group.exclusive and len(given) > 1:
        code = "group-exclusive"
    elif group.inclusive and given and _without_value(members):
        lacking = _without_value(members)
        return _missing("group-inclusive", group, lacking, members[given[0]])
    elif group.at_least_one and not given:
        code = "group-at-least-one"
    elif group.exactly_one and len(given) != 1:
        code = "group-exactly-one"
    if not code:
        return None
    origins = [_origin(members[name]) for name in given]
    return Fault(
        code,
        group.name,
        received=", ".join(given) or None,
        expected=tuple(members),
        detail="\n".join(origins) if any(origins) else "",
    )


def _origin(value: Value) -> str:
    """Where it stands, unless it is the command line."""
    place = value.place
    if isinstance(place, EnvPlace):
        return f"the variable {place.variable}"
    return f"{place.path}:{place.line}" if isinstance(place, FilePlace) else ""


def _conditional(group: Group, values: dict[str, Value]) -> Fault | None:
    trigger = values.get(attribute_of(group.trigger or ""))
    if trigger is None or not trigger.given:
        return None
    lacking = _without_value(_members(group.requires, values))
    if not lacking:
        return None
    return _missing("group-requires", group, lacking, trigger)


def _missing(code: str, group: Group, lacking: list[str], given: Value) -> Fault:
    return Fault(
        code,
        group.name,
        expected=tuple(lacking),
        detail=given.arg.name,
        related=given.place,
    )


def _members(names: tuple[str, ...], values: dict[str, Value]) -> dict[str, Value]:
    """The declared ones of `names`; others are the warning GRP-06 of the spec."""
    found = ((name, values.get(attribute_of(name))) for name in names)
    return {name: value for name, value in found if value is not None}


def _without_value(members: dict[str, Value]) -> list[str]:
    return [name for name, value in members.items() if value.plain is None]
