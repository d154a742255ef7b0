"""What the arguments of one command path must not do to each other."""

from __future__ import annotations

from ..model import Arg, Runnable, attribute_of
from .reader import Reader, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model_more import Group
    from .reader import Path


class Scope:
    """What a level of commands sees: its own arguments and those above it.

    `args` by attribute, `paths` where they stand, `shorts` the paths by short,
    `rest` the attribute of the `rest` argument, `groups` those that can hold.
    """

    __slots__ = ("args", "groups", "paths", "rest", "shorts")

    def __init__(self, above: Scope | None = None) -> None:
        self.args: dict[str, Arg] = {} if above is None else above.args.copy()
        self.paths: dict[str, Path] = {} if above is None else above.paths.copy()
        self.shorts: dict[str, Path] = {} if above is None else above.shorts.copy()
        self.rest: str | None = None if above is None else above.rest
        self.groups: list[Group] = [] if above is None else above.groups.copy()


def relate(
    reader: Reader, path: Path, runnable: Runnable, above: Scope | None = None
) -> None:
    """Check one level and, with what it passes down, the commands below it."""
    if not (runnable.args or runnable.commands or runnable.groups):
        return
    scope = Scope(above)
    if runnable.args:
        _add_args(reader, (*path, "args"), runnable.args.values(), scope)
        _check_negations(reader, (*path, "args"), runnable.args.values())
        _check_positions(reader, (*path, "args"), runnable.args.values())
    for name, group in runnable.groups.items():
        _check_group(reader, (*path, "groups", name), group, scope)
    for name, command in runnable.commands.items():
        relate(reader, (*path, "commands", name), command, scope)


def _add_args(reader: Reader, path: Path, args: Iterable[Arg], scope: Scope) -> None:
    own: set[str] = set()
    for arg in args:
        at = (*path, arg.name)
        attribute = attribute_of(arg.name)
        if attribute in own:
            _conflict(reader, "name-conflict", at, scope.paths[attribute])
            continue
        own.add(attribute)
        shadowed = scope.args.get(attribute)
        if shadowed is not None and shadowed.type == "flag" and arg.type != "flag":
            _conflict(reader, "arg-shadowed", at, scope.paths[attribute])
        _check_short(reader, at, arg, scope)
        _check_rest(reader, at, arg, scope)
        scope.args[attribute] = arg
        scope.paths[attribute] = at


def _conflict(
    reader: Reader, code: str, path: Path, other: Path, value: object = None
) -> None:
    """A fault at the key of `path`, or at its `value`, with the `other` place."""
    at_value = value is not None
    reader.fault(
        code,
        path,
        value=at_value,
        received=value if isinstance(value, str | int) else str(path[-1]),
        related=reader.document.place(other, at_value),
        detail=str(other[-2] if at_value else other[-1]),
    )


def _check_short(reader: Reader, path: Path, arg: Arg, scope: Scope) -> None:
    """ARG-11."""
    if arg.short is None:
        return
    first = scope.shorts.setdefault(arg.short, path)
    if attribute_of(str(first[-1])) != attribute_of(arg.name):
        other = (*first, "short")
        _conflict(reader, "short-conflict", (*path, "short"), other, arg.short)


def _check_rest(reader: Reader, path: Path, arg: Arg, scope: Scope) -> None:
    """TYPE-08."""
    if arg.type != "rest":
        return
    attribute = attribute_of(arg.name)
    if scope.rest not in (None, attribute):
        _conflict(reader, "rest-conflict", path, scope.paths[scope.rest or ""])
    scope.rest = attribute


def _check_negations(reader: Reader, path: Path, args: Iterable[Arg]) -> None:
    """`--no-x` can't be both the flag `x` turned off and an argument (ARG-04)."""
    names = {attribute_of(arg.name): arg.name for arg in args}
    for arg in args:
        negation = names.get(f"no_{attribute_of(arg.name)}")
        if negation is not None and arg.type == "flag" and arg.default is True:
            _conflict(reader, "name-conflict", (*path, negation), (*path, arg.name))


def _check_positions(reader: Reader, path: Path, args: Iterable[Arg]) -> None:
    """ARG-12."""
    by_position: dict[int, Arg] = {}
    for arg in args:
        if arg.position is None:
            continue
        first = by_position.setdefault(arg.position, arg)
        if first is not arg:
            at, other = (*path, arg.name, "position"), (*path, first.name, "position")
            _conflict(reader, "position-conflict", at, other, arg.position)
    if len(by_position) > 1:
        _check_order(reader, path, [by_position[at] for at in sorted(by_position)])


def _check_order(reader: Reader, path: Path, args: list[Arg]) -> None:
    optional = ""
    for arg in args:
        at = (*path, arg.name, "position")
        if arg.multiple and arg is not args[-1]:
            reader.refuse("position-order", at, arg.position)
        if not arg.required:
            optional = optional or arg.name
        elif optional:
            reader.warn("position-order-optional", at, value=True, received=optional)


def _check_group(reader: Reader, path: Path, group: Group, scope: Scope) -> None:
    from .satisfiable import unsatisfiable

    for number, name in enumerate(group.args, 1):
        _check_member(reader, (*path, "args"), name, scope, number)
    for number, name in enumerate(group.requires, 1):
        _check_member(reader, (*path, "requires"), name, scope, number)
    if group.trigger is not None:
        _check_member(reader, (*path, "if"), group.trigger, scope, None)
    if unsatisfiable(reader, group, scope.groups, scope.args):
        reader.warn("group-unsatisfiable", path, received=shown(group.name))
    else:
        scope.groups.append(group)


def _check_member(
    reader: Reader, path: Path, name: str, scope: Scope, item: int | None
) -> None:
    """GRP-06."""
    if attribute_of(name) in scope.args:
        return
    reader.fault(
        "group-unknown-argument",
        path,
        value=True,
        severity="warning",
        received=shown(name),
        candidates=reader.near(name, (arg.name for arg in scope.args.values())),
        item=item,
    )
