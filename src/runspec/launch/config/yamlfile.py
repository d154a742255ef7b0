"""A YAML file to a tree (CNF-03)."""

from __future__ import annotations

from ...errors import Fault, SpecError
from .formats import MOST_LEVELS, Builder, scalar, syntax
from .node import File, Node, PlainKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .node import Scalar

    Event = Any  # PyYAML has no types

TAG = "tag:yaml.org,2002:"
TAGS: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
}
COLLECTIONS = (None, "!", f"{TAG}map", f"{TAG}seq")


class _MergeKey(str):
    """Equal to itself alone: in quotes or with a tag, `<<` is a key like any other."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


MERGE = _MergeKey("<<")


def read_yaml(file: File) -> Node:
    """Raises SpecError with all duplicate keys, or the first other fault."""
    reader = _Reader(file)
    for event in _events(file):
        reader.take(event)
    return reader.builder.finished()


def _events(file: File) -> Iterator[Event]:
    try:
        import yaml
    except ImportError:
        raise SpecError(Fault("recipes-not-installed", file.shown)) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(file.text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = file.place(mark.line + 1, mark.column + 1) if mark else file.place(0, 0)
        detail = ", ".join(filter(None, (error.context, error.problem)))
        raise syntax(file, place, detail) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable(file, error) from None


def _unreadable(file: File, error: Event) -> SpecError:
    """A character that no YAML text may have."""
    before = file.text[: error.position]
    line = before.count("\n") + 1
    place = file.place(line, len(before) - before.rfind("\n"))
    return syntax(file, place, str(error.reason))


class _Reader:
    """Takes events; `anchors` are the nodes that aliases mean."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.builder = Builder(file)
        self.anchors: dict[str, Node] = {}
        self.documents = 0

    def take(self, event: Event) -> None:
        taker = getattr(self, f"_{type(event).__name__.removesuffix('Event')}", None)
        if taker is not None:
            taker(event)

    def _DocumentStart(self, event: Event) -> None:  # noqa: N802
        self.documents += 1
        if self.documents > 1:
            raise self._wrong(event, "it has more than one document")

    def _MappingStart(self, event: Event) -> None:  # noqa: N802
        self._enter(event, {})

    def _SequenceStart(self, event: Event) -> None:  # noqa: N802
        self._enter(event, [])

    def _MappingEnd(self, _event: Event) -> None:  # noqa: N802
        self._merged(self.builder.leave())

    def _SequenceEnd(self, _event: Event) -> None:  # noqa: N802
        self.builder.leave()

    def _Scalar(self, event: Event) -> None:  # noqa: N802
        if self.builder.wants_key:
            self._key(event)
            return
        self.builder.put(self._anchored(event, self._node(event, self._value(event))))

    def _Alias(self, event: Event) -> None:  # noqa: N802
        found = self.anchors.get(event.anchor)
        if self.builder.wants_key or found is None or found in self.builder.open:
            raise self._wrong(event, f"the alias {event.anchor} can't stand here")
        self.builder.put(self._copy(found, len(self.builder.open)))

    def _enter(self, event: Event, value: list[Node] | dict[str, Node]) -> None:
        if self.builder.wants_key:
            raise self._wrong(event, "a key must be a plain word or a text")
        if event.tag not in COLLECTIONS:
            raise self._wrong(event, f"there is no value of the tag {event.tag}")
        self.builder.enter(self._anchored(event, self._node(event, value)))

    def _anchored(self, event: Event, node: Node) -> Node:
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _key(self, event: Event) -> None:
        value = self._value(event)
        key = value if isinstance(value, str) else PlainKey(event.value)
        if event.implicit[0] and value == "<<":
            key = MERGE
        line, column = self._at(event)
        inside = self.builder.open[-1].value
        if key is MERGE and isinstance(inside, dict) and MERGE in inside:
            raise self._wrong(event, "several << of one mapping are written as a list")
        self.builder.key(key, line, column)

    def _value(self, event: Event) -> Scalar:
        plain = event.implicit[0]
        if plain or event.tag in (None, "!", f"{TAG}str"):
            return scalar(event.value) if plain else str(event.value)
        value = scalar(event.value)
        allowed = TAGS.get(event.tag.removeprefix(TAG), ())
        if type(value) not in allowed:
            raise self._wrong(event, f"there is no value of the tag {event.tag}")
        return value

    def _merged(self, node: Node) -> None:
        """`<<`: the keys of other mappings that this one hasn't."""
        assert isinstance(node.value, dict)
        merge = node.value.pop(MERGE, None)
        if merge is None:
            return
        sources = merge.value if isinstance(merge.value, list) else [merge]
        for source in sources:
            if not isinstance(source.value, dict):
                raise syntax(
                    self.file, merge.place, "<< takes a mapping or a list of them"
                )
            node.value = _under(node, source)

    def _copy(self, node: Node, depth: int) -> Node:
        """What an alias stands for, as a tree of its own."""
        if depth > MOST_LEVELS:
            raise SpecError(Fault("too-deep", self.file.shown, node.place))
        self.builder.count_copy(node)
        value = node.value
        if isinstance(value, dict):
            value = {key: self._copy(v, depth + 1) for key, v in value.items()}
        elif isinstance(value, list):
            value = [self._copy(each, depth + 1) for each in value]
        return Node(value, node.origin, node.line, node.column)

    def _node(self, event: Event, value: Scalar | list[Node] | dict[str, Node]) -> Node:
        return Node(value, self.file, *self._at(event))

    def _at(self, event: Event) -> tuple[int, int]:
        return event.start_mark.line + 1, event.start_mark.column + 1

    def _wrong(self, event: Event, detail: str) -> SpecError:
        return syntax(self.file, self.file.place(*self._at(event)), detail)


def _under(node: Node, source: Node) -> dict[str, Node]:
    """Its own keys first, in their order."""
    assert isinstance(node.value, dict)
    assert isinstance(source.value, dict)
    return {
        **node.value,
        **{k: v for k, v in source.value.items() if k not in node.value},
    }
