"""`${...}` of an OmegaConf configuration, resolved where it must be now (CNF-06).

That is all of `run`, and elsewhere what depends on this machine: `oc.env` of a
variable that is set here, and `art`. A secret's variable is never read; everything
else stays as its author wrote it, for the script to resolve.
"""

from __future__ import annotations

import os

from ...errors import ArgvPlace, CallError, Fault, SpecError
from .node import node_of
from .overrides import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ...errors import Place
    from ...spec.plain import Json
    from .node import Node
    from .overrides import Path

    Library = Any  # OmegaConf, an extra

RUN = "run"
MARK = "${"
MACHINE = ("oc.env", "art")
OPENING = "${oc.env:"
DIRECTORY = "PWD"
"""A variable whose value is another one where the script runs."""
OF_PROFILE = ("run", "env", "env_vars")
"""Variables of the script, where a reference to a secret is one."""
AUTO_MOUNT = "${auto_mount:"
SHOWN = 120


class UnresolvedError(Exception):
    """A variable that a text names and that can't be put into it; `why` in words."""

    def __init__(self, variable: str, why: str, *, secret: bool = False) -> None:
        super().__init__(variable)
        self.variable = variable
        self.why = why
        self.secret = secret


def expanded(text: str) -> str:
    """The text of a profile with each `${oc.env:NAME}` and `${oc.env:NAME,default}` in
    it replaced; all else stays, the `${NAME}` of a shell included.

    Raises UnresolvedError, or SpecError (`recipes-not-installed`) without OmegaConf.
    """
    if OPENING not in text:
        return text
    library = _library(text, None)
    resolvers = _Resolvers(library, None)
    resolvers.in_run = True
    pieces = parts(text)
    with resolvers:
        for index in range(1, len(pieces), 2):
            if pieces[index].startswith(OPENING):
                pieces[index] = _variable(resolvers, pieces[index])
    return "".join(pieces)


def _variable(resolvers: _Resolvers, piece: str) -> str:
    resolvers.secret = resolvers.unset = ""
    try:
        value = resolvers.library.create({"x": piece})["x"]
    except Exception as error:  # noqa: BLE001  resolvers may raise anything
        if resolvers.secret:
            raise UnresolvedError(resolvers.secret, "", secret=True) from None
        variable = resolvers.unset or variable_in(piece)
        why = "isn't set" if resolvers.unset else _cause(error)
        raise UnresolvedError(variable, why) from None
    return "" if value is None else str(value)


def variable_in(text: str) -> str:
    """The variable that the first `${oc.env:…}` of a text names."""
    inside = text.partition(OPENING)[2]
    return inside.partition("}")[0].partition(",")[0].strip()


def reference(text: object) -> tuple[str, bool] | None:
    """The variable that a text is, whole, and whether it has a default."""
    if not isinstance(text, str) or not text.startswith(OPENING):
        return None
    if _end(text, 0) != len(text):
        return None
    name, comma, _ = text[len(OPENING) : -1].partition(",")
    return (name.strip(), bool(comma)) if name.strip().isidentifier() else None


def is_directory(piece: str) -> bool:
    """Whether it is the directory in which the script runs."""
    found = reference(piece)
    return found is not None and found[0] == DIRECTORY


def _library(subject: str, place: Place | None) -> Library:
    try:
        from omegaconf import OmegaConf
    except ImportError:
        raise SpecError(Fault("recipes-not-installed", subject, place)) from None
    return OmegaConf


def resolve(
    root: Node, artifacts: str | None, *, elsewhere: bool = False
) -> tuple[Fault, ...]:
    """Resolve in place; the warnings about what stays.

    `artifacts` is the folder of manifests, of which some may only be `elsewhere`.
    Raises SpecError (`config-interpolation`, `auto-mount`) with all that can't be,
    CallError where that was typed, or SpecError (`recipes-not-installed`).
    """
    texts = sorted(_texts(root, ()), key=lambda each: each[0][0] != RUN)
    if not texts:
        return ()
    library = _library(dotted(texts[0][0]), texts[0][1].place)
    resolvers = _Resolvers(library, artifacts, elsewhere=elsewhere)
    tree = _created(library, root, texts)
    with resolvers:
        faults = [
            fault
            for path, node in texts
            if resolvers.concerns(path, str(node.value))
            for fault in resolvers.resolve(tree, path, node)
        ]
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        typed = any(isinstance(fault.place, ArgvPlace) for fault in errors)
        raise (CallError if typed else SpecError)(*errors)
    return tuple(faults)


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    """Every text with an interpolation in it."""
    if isinstance(node.value, str):
        if MARK in node.value and path:
            yield path, node
    elif isinstance(node.value, dict):
        for key, each in node.value.items():
            yield from _texts(each, (*path, key))
    elif isinstance(node.value, list):
        for index, each in enumerate(node.value):
            yield from _texts(each, (*path, index))


def _created(library: Library, root: Node, texts: list[tuple[Path, Node]]) -> Any:
    from omegaconf.errors import OmegaConfBaseException

    try:
        return library.create(root.plain())
    except OmegaConfBaseException:
        wrong = list(_ungrammatical(library, texts))
        if not wrong:
            raise
        raise SpecError(*wrong) from None


def _ungrammatical(library: Library, texts: list[tuple[Path, Node]]) -> Iterator[Fault]:
    from omegaconf.errors import OmegaConfBaseException

    for path, node in texts:
        try:
            library.create({"x": node.value})
        except OmegaConfBaseException as error:
            yield _fault("config-interpolation", path, node, _first_line(error))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _fault(
    code: str, path: Path, node: Node, detail: str, severity: str = "error"
) -> Fault:
    return Fault(
        code,
        dotted(path),
        node.place,
        received=str(node.value)[:SHOWN],
        detail=detail,
        severity=severity,
    )


class _KeptError(Exception):
    """A text that stays as it is."""


class _Resolvers:
    """The resolvers while one configuration is resolved.

    Of the text at hand: `in_run`, and why it isn't resolved: `secret` and `unset` are
    variables, `wrong` is what an artifact lacks; `defaulted` says that the text has a
    value of its own for that variable.
    """

    def __init__(
        self, library: Library, artifacts: str | None, *, elsewhere: bool = False
    ) -> None:
        self.elsewhere = elsewhere
        self.library = library
        self.artifacts = artifacts
        self.in_run = False
        self.secret = self.unset = self.wrong = ""
        self.defaulted = False
        self.names: list[str] = []

    def __enter__(self) -> None:
        self._register("oc.env", self._env)
        for name, resolver in (("art", self._art), ("mul", _product)):
            if not self.library.has_resolver(name):
                self._register(name, resolver)
                self.names.append(name)

    def __exit__(self, *_: object) -> None:
        from omegaconf.resolvers import oc

        for name in self.names:
            self.library.clear_resolver(name)
        self._register("oc.env", oc.env)

    def _register(self, name: str, resolver: Callable[..., object]) -> None:
        """As OmegaConf 2.4 has it, which asks about annotations, or else as 2.3."""
        library = self.library
        try:
            library.register_resolver(
                name, resolver, replace=True, annotation_validation="off"
            )
        except TypeError:
            library.register_new_resolver(name, resolver, replace=True)

    def concerns(self, path: Path, text: str) -> bool:
        """Whether a text is to be resolved now; a secret of the script is not."""
        if path[0] != RUN:
            return any(self.on_machine(each) for each in parts(text)[1::2])
        found = reference(text) if path[:3] == OF_PROFILE else None
        if found is None:
            return True
        from ..profile.secrecy import is_secret

        value = os.environ.get(found[0])
        return not (is_secret(found[0], value) or is_secret(str(path[-1]), value))

    def on_machine(self, text: str) -> bool:
        """Whether a text names a resolver whose value other machines haven't."""
        if is_directory(text):
            return False
        starts = (part.lstrip() for part in text.split(MARK)[1:])
        return any(each.startswith(f"{name}:") for each in starts for name in MACHINE)

    def resolve(self, tree: Any, path: Path, node: Node) -> tuple[Fault, ...]:
        """Put the value into the node and the tree, or say why not."""
        self.in_run = path[0] == RUN
        self.secret = self.unset = self.wrong = ""
        self.defaulted = False
        text = str(node.value)
        above = tree
        for key in path[:-1]:
            above = above[key]
        try:
            value = self._value(above, path[-1], text)
        except Exception as error:  # noqa: BLE001  resolvers may raise anything
            above[path[-1]] = text
            return () if self.defaulted else (self._why(path, node, error),)
        above[path[-1]] = value
        node.value = node_of(value, node.origin, node.line, node.column).value
        node.template = text
        return ()

    def _value(self, above: Any, key: str | int, text: str) -> Json:
        """What the text is here; outside of `run` only parts of it may change."""
        pieces = [text] if self.in_run else parts(text)
        for index, piece in enumerate(pieces):
            if not self.in_run and not (index % 2 and self.on_machine(piece)):
                continue
            above[key] = piece
            value = _escaped(self._plain(above[key]))
            if not any((*pieces[:index], *pieces[index + 1 :])):
                return value
            pieces[index - 1] = _halved(pieces[index - 1])
            pieces[index] = str(value)
        return "".join(pieces)

    def _plain(self, value: Any) -> Json:
        if self.library.is_config(value):
            found: Json = self.library.to_container(value, resolve=True)
            return found
        if value is None or isinstance(value, bool | int | float | str):
            return value
        return str(value)

    def _why(self, path: Path, node: Node, error: Exception) -> Fault:
        if self.secret:
            return _fault("config-secret", path, node, self.secret, "warning")
        if AUTO_MOUNT in str(node.value):
            return _fault("auto-mount", path, node, "")
        if self.wrong and self.elsewhere:
            return _fault("config-unresolved", path, node, self.wrong, "warning")
        if self.wrong:
            return _fault("config-interpolation", path, node, self.wrong)
        if self.in_run:
            return _fault("config-interpolation", path, node, _cause(error))
        detail = f"{self.unset} isn't set here" if self.unset else _cause(error)
        return _fault("config-unresolved", path, node, detail, "warning")

    def _env(self, name: str, *default: str | None) -> str | None:
        from ..profile.secrecy import is_secret

        value = os.environ.get(name)
        if is_secret(name, value):
            self.secret = name
        elif value is not None:
            return value
        elif not self.in_run:
            self.unset, self.defaulted = name, bool(default)
        elif default:
            return None if default[0] is None else str(default[0])
        else:
            self.unset = name
            raise KeyError(f"{name} isn't set")
        raise _KeptError(name)

    def _art(self, name: str, field: str = "path", *, _root_: Any) -> Json:
        from .manifests import ArtifactError
        from .manifests import field as field_of

        if self.artifacts is None:
            raise KeyError("no folder of artifacts is known")
        meant = self.library.select(_root_, f"{RUN}.{name}")
        reference = meant if isinstance(meant, str) else name
        try:
            return field_of(self.artifacts, reference, field)
        except ArtifactError as error:
            self.wrong = str(error)
            raise


def _cause(error: Exception) -> str:
    """What went wrong, without the words of OmegaConf around it."""
    text = _first_line(error)
    text = text.partition("raised while resolving interpolation: ")[2] or text
    quoted = text[:1] in ("'", '"') and text[-1:] == text[:1]
    return text[1:-1] if quoted else text


def _product(*factors: float) -> float:
    result: float = 1
    for factor in factors:
        if isinstance(factor, bool) or not isinstance(factor, int | float):
            raise TypeError(f"{factor!r} is no number")
        result *= factor
    return result


def _escaped(value: Json) -> Json:
    """A value that was resolved, so that nobody resolves it again."""
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    if not isinstance(value, str) or MARK not in value:
        return value
    first, *rest = value.split(MARK)
    return "".join(
        (
            first,
            *(
                f"{_slashes(before)}\\{MARK}{part}"
                for before, part in zip((first, *rest), rest, strict=False)
            ),
        )
    )


def _slashes(before: str) -> str:
    """The backslashes at the end, again: before `${` each counts for half."""
    return before[len(before.rstrip("\\")) :]


def _halved(before: str) -> str:
    """A text that stood before `${` and no longer does."""
    count = len(_slashes(before))
    return before[: len(before) - count + count // 2]


def parts(text: str) -> list[str]:
    """The text between interpolations, and these: every other one, from the second."""
    found: list[str] = []
    start = at = 0
    while (at := text.find(MARK, at)) >= 0:
        if len(_slashes(text[:at])) % 2:
            at += len(MARK)
            continue
        end = _end(text, at)
        found += (text[start:at], text[at:end])
        start = at = end
    return [*found, text[start:]]


def _end(text: str, start: int) -> int:
    """Behind the brace that closes the one at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if not depth and text[at] == "}":
            return at + 1
    return len(text)


def unescaped(value: Json) -> Json:
    """A value as OmegaConf gives it to whoever reads it."""
    if isinstance(value, dict):
        return {key: unescaped(each) for key, each in value.items()}
    if isinstance(value, list):
        return [unescaped(each) for each in value]
    if not isinstance(value, str) or MARK not in value:
        return value
    *before, last = value.split(MARK)
    return MARK.join((*map(_halved, before), last))
