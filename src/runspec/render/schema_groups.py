"""Groups as JSON Schema and as words for an agent (SCH-08).

A group is first reduced to rules about the arguments an agent can set. Withheld
ones (SCH-07) come from the operator's environment, which a schema can't see: it
refuses only what no environment could make right. So they are left out of "at most
one", count as supplied where another argument needs them, and "at least one" stays
words as soon as one of them could do.
"""

from __future__ import annotations

from ..model import attribute_of
from .schema_args import is_list, withheld
from .text import listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..model import Arg
    from ..model_more import Group
    from ..spec.plain import Json

MOST = "at-most-one"
LEAST = "at-least-one"
EXACTLY = "exactly-one"
TOGETHER = "together"
NEEDS = "needs"


class GroupRule:
    """One relation between arguments that an agent can set.

    `kind` is one of the words above; `trigger` is the argument that NEEDS `args`.
    `unless_supplied`: the operator's environment may have done it.
    """

    __slots__ = ("args", "kind", "trigger", "unless_supplied")

    def __init__(
        self,
        kind: str,
        args: Sequence[Arg],
        trigger: Arg | None = None,
        unless_supplied: bool = False,
    ) -> None:
        self.kind = kind
        self.args = args
        self.trigger = trigger
        self.unless_supplied = unless_supplied


def group_rules(group: Group, scope: Mapping[str, Arg]) -> list[GroupRule]:
    """The rules of a group; `scope` has the arguments in force by attribute."""
    if group.trigger is not None:
        return _conditional(group, scope)
    declared = _named(group.args, scope)
    args = [arg for arg in declared if not withheld(arg)]
    if not args:
        return []
    if group.inclusive:
        return _inclusive(args)
    supplied = len(args) < len(declared)
    if group.exactly_one and not supplied:
        return [GroupRule(EXACTLY, args)]
    rules = []
    if (group.exclusive or group.exactly_one) and len(args) > 1:
        rules.append(GroupRule(MOST, args))
    if group.at_least_one or group.exactly_one:
        rules.append(GroupRule(LEAST, args, unless_supplied=supplied))
    return rules


def _named(names: Iterable[str], scope: Mapping[str, Arg]) -> list[Arg]:
    """The arguments of those names, each once; unknown names are ignored (GRP-06)."""
    attributes = dict.fromkeys(map(attribute_of, names))
    return [scope[attribute] for attribute in attributes if attribute in scope]


def _needed(args: Iterable[Arg]) -> list[Arg]:
    """Those that are without a value unless a call gives them one."""
    return [
        arg
        for arg in args
        if not (withheld(arg) or arg.required or arg.default is not None)
    ]


def _conditional(group: Group, scope: Mapping[str, Arg]) -> list[GroupRule]:
    triggers = _named([group.trigger or ""], scope)
    args = _needed(_named(group.requires, scope))
    if not triggers or not args or withheld(triggers[0]):
        return []
    return [GroupRule(NEEDS, args, triggers[0])]


def _inclusive(args: list[Arg]) -> list[GroupRule]:
    needed = _needed(args)
    if needed == args:
        return [GroupRule(TOGETHER, args)] if len(args) > 1 else []
    pairs = [(arg, [other for other in needed if other is not arg]) for arg in args]
    return [GroupRule(NEEDS, others, arg) for arg, others in pairs if others]


def constrain(rules: Iterable[GroupRule]) -> dict[str, Json]:
    """The keywords that the rules add to a tool's schema.

    `anyOf`, `oneOf`, `allOf` and `not` stand below an empty `if` and never at the
    top, where the OpenAI and Anthropic interfaces refuse the whole request.
    """
    dependent: dict[str, list[Json]] = {}
    terms: list[Json] = []
    for rule in rules:
        if rule.kind == TOGETHER:
            for arg in rule.args:
                others = [other for other in rule.args if other is not arg]
                _depend(arg, others, dependent, terms)
        elif rule.trigger is not None:
            _depend(rule.trigger, rule.args, dependent, terms)
        elif not rule.unless_supplied:
            terms.extend(_terms(rule))
    keywords: dict[str, Json] = {}
    if dependent:
        keywords["dependentRequired"] = {**dependent}
    if terms:
        keywords["if"] = {}
        keywords["then"] = terms[0] if len(terms) == 1 else {"allOf": terms}
    return keywords


def _depend(
    trigger: Arg,
    args: Sequence[Arg],
    dependent: dict[str, list[Json]],
    terms: list[Json],
) -> None:
    if all(_present_is_given(arg) for arg in (trigger, *args)):
        known = dependent.setdefault(trigger.name, [])
        known.extend(arg.name for arg in args if arg.name not in known)
    else:
        terms.append({"if": _given(trigger), "then": _given(*args)})


def _terms(rule: GroupRule) -> list[Json]:
    args = rule.args
    if rule.kind == MOST:
        return [
            {"not": _given(one, other)}
            for at, one in enumerate(args)
            for other in args[at + 1 :]
        ]
    keyword = "oneOf" if rule.kind == EXACTLY else "anyOf"
    return [{keyword: [_given(arg) for arg in args]}]


def _present_is_given(arg: Arg) -> bool:
    return arg.type != "flag" and not is_list(arg)


def _given(*args: Arg) -> dict[str, Json]:
    """All of them given: a flag as true (section GRP), a list with an item."""
    values: dict[str, Json] = {}
    for arg in args:
        if arg.type == "flag":
            values[arg.name] = {"const": True}
        elif is_list(arg):
            values[arg.name] = {"minItems": 1}
    schema: dict[str, Json] = {"required": [arg.name for arg in args]}
    if values:
        schema["properties"] = values
    return schema


def rule_words(rule: GroupRule) -> str:
    """The rule as one sentence."""
    names = [f"'{arg.name}'" for arg in rule.args]
    if rule.trigger is not None:
        return f"With '{rule.trigger.name}', also give {listed(names, 'and')}."
    if rule.kind == TOGETHER:
        return f"Give {listed(names, 'and')} together or not at all."
    if len(names) == 1:
        needed = f"Give {names[0]}"
    else:
        needed = f"Give {rule.kind.replace('-', ' ')} of {listed(names, 'and')}"
    unless = ", unless the operator supplies one" if rule.unless_supplied else ""
    return f"{needed}{unless}."
