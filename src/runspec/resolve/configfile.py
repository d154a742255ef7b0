"""The config-file layer: `runspec.config.toml` (SRC-05)."""

from __future__ import annotations

import os

from ..call import Value
from ..errors import Fault, Refused, RunspecError
from ..model import attribute_of
from ..nearest import nearest
from ..source.toml import read_toml
from ..spec.native import native_value
from ..spec.reader import shown
from . import BUILT_IN, absolute, coerce, variable_of
from .envfile import require_trusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..call import Invocation
    from ..errors import FilePlace
    from ..model import Arg, Runnable
    from ..source.document import Document


def config_values(paths: Sequence[str], call: Invocation) -> dict[str, Value]:
    """The values of the arguments in force in the files that exist, by attribute.

    An earlier file wins over a later one; within a file the tables of the commands
    chosen win over those above. What is wrong is added to the faults of the call.
    """
    values: dict[str, Value] = {}
    for path in paths:
        if os.path.lexists(path):
            _Reader(path, call).read(values)
    return values


class _Reader:
    """Reads one file; `found` keeps this file's values apart from earlier ones."""

    def __init__(self, path: str, call: Invocation) -> None:
        self.path = path
        self.call = call
        self.faults = call.faults
        self.found: dict[str, Value] = {}

    def read(self, values: dict[str, Value]) -> None:
        try:
            require_trusted(self.path, os.stat(self.path))
        except RunspecError as error:
            self.faults.extend(error.faults)
            self.call.unread = True
            return
        except OSError as error:
            self.faults.append(
                Fault("unreadable", self.path, detail=error.strerror or "")
            )
            return
        document = read_toml(self.path)
        self.faults.extend(document.faults)
        self.call.unread = self.call.unread or bool(document.faults)
        table: object = document.tables
        keys: tuple[str | int, ...] = ()
        for depth, runnable in enumerate(self.call.chain):
            step = (runnable.name,) if depth == 0 else ("commands", runnable.name)
            for key in step:
                table = table.get(key) if isinstance(table, dict) else None
            keys = (*keys, *step)
            if isinstance(table, dict):
                self._level(document, table, keys, runnable)
        for attribute, value in self.found.items():
            values.setdefault(attribute, value)

    def _level(
        self,
        document: Document,
        table: Mapping[str, object],
        keys: tuple[str | int, ...],
        runnable: Runnable,
    ) -> None:
        declared = {attribute_of(name): arg for name, arg in runnable.args.items()}
        for key, raw in table.items():
            arg = declared.get(attribute_of(key))
            if arg is not None:
                self._value(document, arg, raw, (*keys, key))
            elif not (key == "commands" and runnable.commands):
                self.faults.append(
                    Fault(
                        "config-unknown-argument",
                        key,
                        document.place((*keys, key)),
                        received=key,
                        candidates=nearest(key, runnable.args),
                    )
                )

    def _value(
        self, document: Document, arg: Arg, raw: object, keys: tuple[str | int, ...]
    ) -> None:
        place = document.place(keys, value=True)
        if arg.type == "password":
            place.text = ""
            self.faults.append(Fault("secret-in-config", arg.name, place))
            return
        if self._is_overridden(arg):
            return
        value, broken = native_value(arg, raw)
        if broken:
            self.call.failed.add(attribute_of(arg.name))
        for item, each in broken:
            self.faults.append(
                Fault(
                    each.code,
                    arg.name,
                    place,
                    received=shown(raw),
                    expected=each.expected,
                    item=item,
                )
            )
        if not broken:
            self._keep(arg, value, place)

    def _is_overridden(self, arg: Arg) -> bool:
        """Whether a higher place has a value: this one isn't judged then (SRC-09)."""
        environ = self.call.environ
        own = variable_of(self.call.chain[0].name, arg.name)
        given = self.call.given.get(attribute_of(arg.name))
        return bool(given) or own in environ or any(map(environ.get, arg.env))

    def _keep(self, arg: Arg, value: object, place: FilePlace) -> None:
        attribute = attribute_of(arg.name)
        if self.call.scope.get(attribute) is not arg:
            return
        try:
            made = _made(arg, value)
        except Refused as refused:
            self.faults.append(
                Fault(
                    refused.code,
                    arg.name,
                    place,
                    received=shown(value),
                    expected=refused.expected,
                )
            )
            return
        self.found[attribute] = Value(arg, made, "config", place)


def _made(arg: Arg, value: object) -> object:
    """Paths made absolute, registered types made from their text."""
    if isinstance(value, list):
        return [_made(arg, each) for each in value]
    if arg.type == "path" and isinstance(value, str):
        return absolute(value, arg)
    if arg.type not in BUILT_IN and isinstance(value, str):
        return coerce(arg, value)
    return value
