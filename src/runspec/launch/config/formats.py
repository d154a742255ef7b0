"""Configuration files: JSON and YAML to trees, and the text that a script gets.

PyYAML gives events only: values are typed as on the command line (`scalars`), no tag
makes an object, and what aliases make is counted.
"""

from __future__ import annotations

from ...errors import Fault, SpecError
from .node import File, Node
from .scalars import typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...errors import Place
    from ...spec.plain import Json
    from .node import Scalar

JSON = ".json"
SUFFIXES = {
    "omegaconf": (".yaml", ".yml", JSON),
    "yaml": (".yaml", ".yml", JSON),
    "json": (JSON,),
}
"""What a file's name may end in, by the format of the recipe."""
MOST_LEVELS = 64
MOST_COPIES = 100_000


def read(path: str) -> Node:
    """The tree of a file, JSON by its name or else YAML.

    Raises SpecError: `config-syntax`, `duplicate-key`, `too-deep`, what `read_text`
    says, or `recipes-not-installed` where there is no PyYAML.
    """
    from ...source.file import read_text

    text = read_text(path)
    if isinstance(text, Fault):
        raise SpecError(text)
    file = File(path, text.removeprefix("\ufeff"))
    if path.endswith(JSON):
        from .jsonfile import read_json

        return read_json(file)
    from .yamlfile import read_yaml

    return read_yaml(file)


def written(data: Json, form: str) -> bytes:
    """What the script gets."""
    if form == "json":
        from ..folder import as_json

        return as_json(data)
    from ..yamltext import document

    if not isinstance(data, dict) or not data:
        return b"{}\n"
    return document(data).encode("utf-8", "surrogatepass")


class Builder:
    """Makes a tree of what a reader meets, one value after the other.

    `open` are the mappings and lists that aren't closed yet, `keys` the key that
    waits for its value in each.
    """

    def __init__(self, file: File) -> None:
        self.file = file
        self.root: Node | None = None
        self.open: list[Node] = []
        self.keys: list[str | None] = []
        self.faults: list[Fault] = []
        self.places: dict[int, dict[str, tuple[int, int]]] = {}
        self.copied = 0

    def enter(self, node: Node) -> None:
        """A mapping or list begins."""
        self.put(node)
        self.open.append(node)
        self.keys.append(None)
        if len(self.open) > MOST_LEVELS:
            raise SpecError(Fault("too-deep", self.file.shown, node.place))

    def leave(self) -> Node:
        self.keys.pop()
        return self.open.pop()

    @property
    def wants_key(self) -> bool:
        inside = self.open[-1] if self.open else None
        is_mapping = inside is not None and isinstance(inside.value, dict)
        return is_mapping and self.keys[-1] is None

    def key(self, key: str, line: int, column: int) -> None:
        """The key of the value that comes next; a second one is a fault."""
        inside = self.open[-1]
        marks = self.places.setdefault(id(inside), {})
        if key in marks:
            here = self.file.place(line, column)
            first = self.file.place(*marks[key])
            fault = Fault("duplicate-key", key, here, received=key, related=first)
            self.faults.append(fault)
        marks[key] = (line, column)
        self.keys[-1] = key

    def put(self, node: Node) -> None:
        """A value, where it belongs."""
        if not self.open:
            self.root = node
            return
        inside = self.open[-1].value
        if isinstance(inside, list):
            inside.append(node)
        elif isinstance(inside, dict):
            key, self.keys[-1] = self.keys[-1], None
            inside[key or ""] = node

    def count_copy(self, node: Node) -> None:
        """One value more that an alias makes."""
        self.copied += 1
        if self.copied > MOST_COPIES:
            detail = f"its aliases make more than {MOST_COPIES} values"
            raise syntax(self.file, node.place, detail)

    def finished(self) -> Node:
        if self.faults:
            raise SpecError(*self.faults)
        return self.root or Node({}, self.file)


def syntax(
    file: File, place: Place | None, detail: str, language: str = "YAML"
) -> SpecError:
    fault = Fault(
        "config-syntax", file.shown, place, detail=detail, expected=(language,)
    )
    return SpecError(fault)


def scalar(text: str) -> Scalar:
    """A plain word of YAML."""
    value = typed(text)
    return text if isinstance(value, list | dict) else value


__all__ = ["SUFFIXES", "Builder", "read", "scalar", "syntax", "written"]
