"""What a pattern is made of, with every flag already applied.

Each node knows its `width`, the fewest and most characters it takes, and its
`cost`, a pair: its steps when repeats are written out, and how many are added for
each loop around it whose body may be empty. That is linear because such a loop
has to tell a pass that took characters from one that didn't (see program.py).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence as Items

    Ranges = tuple[tuple[int, int], ...]

WIDEST = 1 << 64
"""Stands for a width without an upper bound."""


class Node:
    """A part of a pattern."""

    __slots__ = ("cost", "width")

    def __init__(self, cost: tuple[int, int], width: tuple[int, int]) -> None:
        self.cost = cost
        self.width = (min(width[0], WIDEST), min(width[1], WIDEST))

    @property
    def nullable(self) -> bool:
        """Whether it can match without taking a character."""
        return self.width[0] == 0


class Chars(Node):
    """One character of a class.

    `ranges` are first and last code points, `categories` letters of `dDsSwW` with
    their Unicode meaning. `folded` says that case was ignored, `lower` that the
    character is put into lower case before it is looked up.
    """

    __slots__ = ("categories", "folded", "lower", "negated", "ranges")

    def __init__(
        self,
        ranges: Ranges,
        categories: str = "",
        *,
        negated: bool = False,
        folded: bool = False,
        lower: bool = False,
    ) -> None:
        super().__init__((1, 0), (1, 1))
        self.ranges = ranges
        self.categories = categories
        self.negated = negated
        self.folded = folded
        self.lower = lower


class At(Node):
    """A position; `kind` is one of match.py's."""

    __slots__ = ("kind",)

    def __init__(self, kind: int) -> None:
        super().__init__((1, 1), (0, 0))
        self.kind = kind


class Sequence(Node):
    """One part after the other."""

    __slots__ = ("items",)

    def __init__(self, items: Items[Node]) -> None:
        super().__init__(
            (sum(i.cost[0] for i in items), sum(i.cost[1] for i in items)),
            (sum(i.width[0] for i in items), sum(i.width[1] for i in items)),
        )
        self.items = tuple(items)


class Branch(Node):
    """The first of its options that leads to a match; without options, nothing."""

    __slots__ = ("options",)

    def __init__(self, options: Items[Node]) -> None:
        super().__init__(
            (
                sum(max(1, o.cost[0]) for o in options),
                sum(1 + o.cost[1] for o in options),
            ),
            (
                min((o.width[0] for o in options), default=0),
                max((o.width[1] for o in options), default=0),
            ),
        )
        self.options = tuple(options)


class Repeat(Node):
    """Its body from `low` to `high` times (None: without end).

    `kind` is "greedy", "lazy" or "possessive".
    """

    __slots__ = ("body", "high", "kind", "low")

    def __init__(self, body: Node, low: int, high: int | None, kind: str) -> None:
        most = WIDEST if high is None else high
        super().__init__(
            self._cost(body, low, 1 if high is None else high - low, kind),
            (body.width[0] * low, body.width[1] * most),
        )
        self.body = body
        self.low = low
        self.high = high
        self.kind = kind

    @staticmethod
    def _cost(body: Node, low: int, more: int, kind: str) -> tuple[int, int]:
        steps, level = body.cost
        if kind == "possessive":
            return steps + low + 2 * more, low + 3 * more
        steps = max(1, steps)
        within = steps + level if body.nullable else steps
        return low * steps + more * within, low * level + more * (level + 1)


class Look(Node):
    """What follows (`behind` None) or stands `behind` characters back."""

    __slots__ = ("behind", "body", "negated")

    def __init__(self, body: Node, behind: int | None, negated: bool) -> None:
        super().__init__((body.cost[0] + 1, 1), (0, 0))
        self.body = body
        self.behind = behind
        self.negated = negated


class Atomic(Node):
    """The first match of its body, and no other."""

    __slots__ = ("body",)

    def __init__(self, body: Node) -> None:
        super().__init__((body.cost[0] + 1, 1), body.width)
        self.body = body
