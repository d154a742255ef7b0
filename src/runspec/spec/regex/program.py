"""From a tree to the program that match.py runs.

A loop whose body may be empty must end after a pass that took no character, as
`re` does. Only positions and instructions are remembered while matching, so that
fact is part of the instruction: code within such loops exists once for each
*level*, the number of these loops, outermost first, that have taken a character
in their current pass. `Exits` holds what comes next for every level; taking a
character leads to the last.
"""

from __future__ import annotations

from ..match import ACCEPT, AT, ATOMIC, CHAR, END, FAIL, FORK, LOOK
from .chars import members
from .tree import At, Atomic, Branch, Chars, Look, Node, Repeat, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..match import Instruction, Wide

    Exits = tuple[int, ...]


class Builder:
    """Code in the making; equal instructions and classes are kept once."""

    __slots__ = ("_classes", "_heads", "_known", "_places", "_writers", "code")

    def __init__(self) -> None:
        self.code: list[Instruction] = []
        self._heads: list[int] = []
        self._places: dict[Instruction, int] = {}
        self._classes: dict[tuple[str, Wide | None], int] = {}
        self._known: dict[Chars, int] = {}
        self._writers: dict[type[Node], Callable[..., Exits]] = {
            Chars: self._chars,
            At: self._at,
            Sequence: self._sequence,
            Branch: self._branch,
            Repeat: self._repeat,
            Look: self._look,
            Atomic: self._atomic,
        }

    @property
    def classes(self) -> tuple[tuple[str, Wide | None], ...]:
        """The classes that instructions name by their index."""
        return tuple(self._classes)

    def whole(self, node: Node) -> int:
        """Writes `node` followed by the end of the text; its first instruction."""
        end = self._emit(AT, self._emit(ACCEPT), END)
        return self._write(node, (end,))[0]

    def _emit(self, op: int, then: int = 0, x: int = 0, y: int = 0) -> int:
        instruction = (op, then, x, y)
        place = self._places.setdefault(instruction, len(self.code))
        if place == len(self.code):
            self.code.append(instruction)
        return place

    def _write(self, node: Node, exits: Exits) -> Exits:
        return self._writers[type(node)](node, exits)

    def _chars(self, node: Chars, exits: Exits) -> Exits:
        index = self._known.get(node)
        if index is None:
            index = self._classes.setdefault(members(node), len(self._classes))
            self._known[node] = index
        return (self._emit(CHAR, exits[-1], index),) * len(exits)

    def _at(self, node: At, exits: Exits) -> Exits:
        return tuple(self._emit(AT, then, node.kind) for then in exits)

    def _sequence(self, node: Sequence, exits: Exits) -> Exits:
        for item in reversed(node.items):
            exits = self._write(item, exits)
        return exits

    def _branch(self, node: Branch, exits: Exits) -> Exits:
        entries = (self._emit(FAIL),) * len(exits)
        for index, option in enumerate(reversed(node.options)):
            here = self._write(option, exits)
            entries = self._forks(here, entries) if index else here
        return entries

    def _forks(self, first: Exits, second: Exits) -> Exits:
        return tuple(
            a if a == b else self._emit(FORK, a, b)
            for a, b in zip(first, second, strict=True)
        )

    def _look(self, node: Look, exits: Exits) -> Exits:
        entry = self._inner(node.body)
        how = (node.behind or 0) * 2 + node.negated
        return tuple(self._emit(LOOK, then, entry, how) for then in exits)

    def _atomic(self, node: Atomic, exits: Exits) -> Exits:
        return self._once(self._inner(node.body), exits[-1], exits)

    def _inner(self, body: Node) -> int:
        return self._write(body, (self._emit(ACCEPT),))[0]

    def _once(self, entry: int, after: int, empty: Exits) -> Exits:
        return tuple(self._emit(ATOMIC, after, entry, then) for then in empty)

    def _repeat(self, node: Repeat, exits: Exits) -> Exits:
        if node.kind == "possessive":
            return self._possessive(node, exits)
        return self._passes(
            node,
            exits,
            lambda again: self._optional(node, again, exits),
            lambda entries: self._write(node.body, entries),
        )

    def _passes(
        self,
        node: Repeat,
        exits: Exits,
        optional: Callable[[int], Exits],
        required: Callable[[Exits], Exits],
    ) -> Exits:
        """The passes that must be, before those that may be."""
        entries = exits
        if node.high is None:
            entries = self._loop(optional)
        else:
            for _ in range(node.high - node.low):
                entries = optional(entries[-1])
        for _ in range(node.low):
            entries = required(entries)
        return entries

    def _loop(self, one_pass: Callable[[int], Exits]) -> Exits:
        """A pass that leads to itself; with an empty body, what follows at once.

        That may be the head of a loop around it, which has no instruction yet.
        """
        head = len(self.code)
        self.code.append((FAIL, 0, 0, 0))
        self._heads.append(head)
        entries = one_pass(head)
        self._heads.pop()
        if entries[-1] in self._heads:
            return entries
        self.code[head] = self.code[entries[-1]]
        return (*entries[:-1], head)

    def _optional(self, node: Repeat, again: int, exits: Exits) -> Exits:
        """One more pass or none; `again` follows a pass that took a character.

        After an empty pass a greedy loop goes on to what follows; a lazy one has
        been there already.
        """
        lazy = node.kind == "lazy"
        after = (again,) * len(exits)
        if node.body.nullable:
            fail = (self._emit(FAIL),) * len(exits)
            after = (*(fail if lazy else exits), again)
        body = self._write(node.body, after)[: len(exits)]
        return self._forks(exits, body) if lazy else self._forks(body, exits)

    def _possessive(self, node: Repeat, exits: Exits) -> Exits:
        entry = self._inner(node.body)
        return self._passes(
            node,
            exits,
            lambda again: self._attempt(entry, again, exits),
            lambda entries: self._once(entry, entries[-1], entries),
        )

    def _attempt(self, entry: int, again: int, exits: Exits) -> Exits:
        """One more pass, or none only where there can't be one."""
        stop = tuple(self._emit(LOOK, then, entry, 1) for then in exits)
        return self._forks(self._once(entry, again, exits), stop)
