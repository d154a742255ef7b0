"""Whether some command line satisfies all groups of a level (GRP-08)."""

from __future__ import annotations

from ..model import attribute_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..model import Arg
    from ..model_more import Group
    from .reader import Reader

MOST = 12
"""More arguments than this aren't tried: 2 to their number combinations exist."""


class Rule:
    """A group as the attributes of the declared arguments it is about.

    `members` are those it counts or demands, `about` all that decide about it.
    """

    __slots__ = ("about", "group", "members", "trigger")

    def __init__(self, group: Group, args: Mapping[str, Arg]) -> None:
        self.group = group
        self.trigger = attribute_of(group.trigger or "")
        named = group.requires if group.trigger is not None else group.args
        attributes = map(attribute_of, named)
        self.members = frozenset(each for each in attributes if each in args)
        trigger = (self.trigger,) if self.trigger in args else ()
        self.about = self.members.union(trigger)

    def holds(self, given: frozenset[str], valued: frozenset[str]) -> bool:
        """Whether the group holds when these are given and those have a value."""
        group = self.group
        if group.trigger is not None:
            return self.trigger not in given or self.members <= valued
        count = len(self.members & given)
        if group.inclusive:
            return not count or self.members <= valued
        if group.at_least_one:
            return count > 0
        if group.exclusive:
            return count < 2
        return not group.exactly_one or count == 1


def unsatisfiable(
    reader: Reader, group: Group, others: Sequence[Group], args: Mapping[str, Arg]
) -> bool:
    """Whether `group` can't hold together with `others`, which can.

    `args` are those in force by attribute. Required ones are given in every call.
    False, too, where finding out takes more than `reader.tries`.
    """
    reader.tries -= len(others)
    if reader.tries <= 0:
        return False
    rules = _connected(Rule(group, args), [Rule(other, args) for other in others])
    involved = frozenset().union(*(rule.about for rule in rules))
    given = frozenset(name for name in involved if args[name].required)
    valued = frozenset(name for name in involved if args[name].default is not None)
    free = sorted(involved - given)
    if len(free) > MOST:
        return False
    for some in _subsets(free):
        if reader.tries <= 0 or _all_hold(rules, given | some, valued | given | some):
            return False
        reader.tries -= len(rules)
    return True


def _connected(first: Rule, others: list[Rule]) -> list[Rule]:
    """The rules that share arguments with `first`, directly or by others."""
    found = [first]
    for rule in found:
        found += [other for other in others if other.about & rule.about]
        others = [other for other in others if not other.about & rule.about]
    return found


def _subsets(names: Sequence[str]) -> Iterable[frozenset[str]]:
    for mask in range(1 << len(names)):
        yield frozenset(name for bit, name in enumerate(names) if mask >> bit & 1)


def _all_hold(
    rules: Iterable[Rule], given: frozenset[str], valued: frozenset[str]
) -> bool:
    return all(rule.holds(given, valued) for rule in rules)
