"""The configuration of one launch: files, what is injected, overrides (CNF)."""

from __future__ import annotations

from ...errors import CallError, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...recipe import Recipe
    from ...spec.plain import Json
    from .node import Node
    from .overrides import Override, Path

RUN, ENV = "run", "env"
JSON = "json"
CODE_DIR = "${oc.env:RUNSPEC_CODE_DIR}"


class RunEnv(dict[str, "Json"]):
    """The `run.env` of a configuration, which knows where each of its values stands."""

    __slots__ = ("_node",)

    def __init__(self, values: Mapping[str, Json], node: Node | None) -> None:
        super().__init__(values)
        self._node = node

    def nearest(self, path: Path) -> Node | None:
        """The node of a value, or of what is nearest above it."""
        found = self._node
        for key in path:
            below = found.below(key) if found is not None else None
            found = below or found
        return found


class Merged:
    """A configuration as the script gets it.

    `path` is the file found, `name` the name of what the script gets (`config.yaml`
    or `config.json`), `warnings` what is left for the script to resolve.
    """

    __slots__ = ("_form", "_root", "path", "warnings")

    def __init__(
        self, path: str, form: str, root: Node, warnings: tuple[Fault, ...]
    ) -> None:
        self.path = path
        self.warnings = warnings
        self._form = form
        self._root = root

    @property
    def name(self) -> str:
        return "config.json" if self._form == JSON else "config.yaml"

    @property
    def data(self) -> dict[str, Json]:
        """All of it, as plain data."""
        data = self._root.plain()
        return data if isinstance(data, dict) else {}

    @property
    def sources(self) -> dict[str, str]:
        """Where each value came from, by dotted path: for `--explain`."""
        from .overrides import dotted

        return {dotted(path): node.words for path, node in _leaves(self._root, ())}

    @property
    def run_env(self) -> RunEnv:
        """Its `run.env`, values as the script would read them; empty without one."""
        node = self._root.find((RUN, ENV))
        values = node.plain() if node is not None else None
        if not isinstance(values, dict):
            return RunEnv({}, None)
        if self._form == "omegaconf":
            from .resolvers import unescaped

            values = {key: unescaped(each) for key, each in values.items()}
        return RunEnv(values, node)

    def set_directory(self, directory: str | None) -> None:
        """Say what `${oc.env:PWD}` is: a directory of this machine, or, where that is
        None, the root of the code where the script will run.
        """
        if self._form != "omegaconf":
            return
        from .resolvers import is_directory, parts

        for path, node in _leaves(self._root, ()):
            if path[0] == RUN or not isinstance(node.value, str):
                continue
            pieces = parts(node.value)
            if any(map(is_directory, pieces[1::2])):
                there = CODE_DIR if directory is None else directory
                node.value = "".join(there if is_directory(e) else e for e in pieces)

    def content(self) -> bytes:
        """The text of the file that the script gets."""
        from .formats import written

        return written(self.data, self._form)


def merge(
    recipe: Recipe,
    name: str | None,
    overrides: Sequence[Override],
    *,
    inject: Mapping[str, Json],
    artifacts: str | None,
    below: Mapping[str, Json] | None = None,
    elsewhere: bool = False,
    is_open: bool = False,
) -> Merged | None:
    """The configuration `name`, or the recipe's default; None where there is none.

    `inject` is laid over its `run`, below the overrides, and all of it over `below`;
    `artifacts` is the folder of manifests that `${art:...}` means. `elsewhere`: what
    isn't there may be where the script runs. `is_open`: an override may set what no
    file has. Raises SpecError for what files have wrong, and
    CallError for overrides.
    """
    from .compose import composed, find

    path = find(recipe, name)
    if path is None:
        if overrides:
            raise CallError(*map(_without_config, overrides))
        return None
    form = str(recipe.config.format)
    choices = {str(o.path[0]): o for o in overrides if _chooses(o)}
    names = {group: str(each.value) for group, each in choices.items()}
    root, chosen = composed(recipe, path, names)
    root = _over(root, below or {})
    rest = [each for each in overrides if choices.get(str(each.path[0])) is not each]
    rest += [each for group, each in choices.items() if group not in chosen]
    rest.sort(key=lambda override: override.position)
    warnings = _change(root, rest, inject, form, is_open=is_open)
    warnings += _resolved(root, form, artifacts, elsewhere=elsewhere)
    return Merged(path, form, root, warnings)


def _over(root: Node, below: Mapping[str, Json]) -> Node:
    from .node import Said, node_of, overlay

    base = root
    for section, values in below.items():
        if values:
            under = node_of({section: values}, Said(f"env.toml [{section}]"))
            base = overlay(under, base)
    return base


def _chooses(override: Override) -> bool:
    """Whether it may choose a file of a group of `defaults`, as `optim=adam` does."""
    is_name = isinstance(override.value, str) and override.value
    return override.operation == "set" and len(override.path) == 1 and bool(is_name)


def _change(
    root: Node,
    overrides: Sequence[Override],
    inject: Mapping[str, Json],
    form: str,
    *,
    is_open: bool,
) -> tuple[Fault, ...]:
    from .edit import apply
    from .node import Said, node_of, overlay

    for section, values in inject.items():
        origin = Said(f"env.toml [{section}]")
        overlay(root, node_of({RUN: {section: values}}, origin))
    if form == JSON:
        wrong = [_not_json(each) for each in overrides if not _is_json(each.value)]
        if wrong:
            raise CallError(*wrong)
    return apply(root, overrides, is_open=is_open)


def _resolved(
    root: Node, form: str, artifacts: str | None, *, elsewhere: bool
) -> tuple[Fault, ...]:
    if form != "omegaconf":
        return ()
    from .resolvers import resolve

    return resolve(root, artifacts, elsewhere=elsewhere)


def _leaves(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    below: Iterator[tuple[str | int, Node]] = iter(())
    if isinstance(node.value, dict):
        below = iter(node.value.items())
    elif isinstance(node.value, list):
        below = iter(enumerate(node.value))
    if path and not (isinstance(node.value, dict | list) and node.value):
        yield path, node
    for key, each in below:
        yield from _leaves(each, (*path, key))


def _is_json(value: Json) -> bool:
    """Whether all its numbers are finite (RFC 8259, section 6)."""
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    return not isinstance(value, float) or value - value == 0


def _not_json(override: Override) -> Fault:
    detail = "JSON has no such number"
    return Fault("override-invalid", override.token, override.place, detail=detail)


def _without_config(override: Override) -> Fault:
    return Fault("override-without-config", override.token, override.place)
