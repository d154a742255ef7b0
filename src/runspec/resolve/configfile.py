"""The config-file layer: `runspec.config.toml` (SRC-05)."""

from __future__ import annotations

import os

from ..call import Invocation, Value
from ..errors import EnvPlace, Fault, Refused, RunspecError
from ..model import attribute_of
from ..nearest import nearest
from ..source.toml import read_toml
from ..spec.native import native_value
from ..spec.reader import shown
from . import BUILT_IN, absolute, coerce, variable_of
from .envfile import require_trusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..errors import FilePlace
    from ..model import Arg, Runnable
    from ..source.document import Document

NAMED = "RUNSPEC_CONFIG_FILE"
CONFIG_NAME = "runspec.config.toml"


def config_values(paths: Sequence[str], call: Invocation) -> dict[str, Value]:
    """The values of the arguments in force in the files that exist, by attribute.

    An earlier file wins over a later one; within a file the tables of the commands
    chosen win over those above. What is wrong is added to the faults of the call; a
    file that is the only one was named, and must be there.
    """
    values: dict[str, Value] = {}
    for path in paths:
        if os.path.lexists(path) or len(paths) == 1:
            _Reader(os.path.abspath(path), call).read(values)
    return values


def check_file(
    path: str, runnables: Mapping[str, Runnable | None]
) -> tuple[Fault, ...]:
    """What is wrong with a file, apart from any call; `runnables` are all there are.

    Sections of those that are None, which are faulty, aren't judged, nor are values of
    types that only a program registers.
    """
    from ..model import Config

    document = read_toml(path)
    faults = [*document.faults]
    for name, table in document.tables.items():
        runnable = runnables.get(name)
        if name not in runnables:
            faults.append(_unknown_section(document, (name,), runnables))
        elif runnable is not None and isinstance(table, dict):
            reader = _Reader(path, Invocation(runnable, Config(), (), {}, path))
            reader.check(document, table, (name,), runnable)
            faults += [*reader.faults, *reader.call.warnings]
    return tuple(faults)


def _unknown_section(
    document: Document, keys: tuple[str | int, ...], known: Iterable[str]
) -> Fault:
    """The warning that a section is that of no runnable, or of no command."""
    name = str(keys[-1])
    return Fault(
        "config-unknown-section",
        name,
        document.place(keys),
        severity="warning",
        received=name,
        candidates=nearest(name, known),
    )


class _Reader:
    """Reads one file; `found` keeps this file's values apart from earlier ones."""

    def __init__(self, path: str, call: Invocation) -> None:
        self.path = path
        self.call = call
        self.faults = call.faults
        self.found: dict[str, Value] = {}
        self.keeps = True

    def read(self, values: dict[str, Value]) -> None:
        try:
            require_trusted(self.path, os.stat(self.path))
        except RunspecError as error:
            self.faults.extend(error.faults)
            self.call.unread = True
            return
        except OSError as error:
            place = EnvPlace(NAMED) if self.call.environ.get(NAMED) else None
            why = error.strerror or ""
            self.faults.append(Fault("unreadable", self.path, place, detail=why))
            self.call.unread = True
            return
        document = read_toml(self.path)
        self.faults.extend(document.faults)
        self.call.unread = self.call.unread or bool(document.faults)
        self._warn_of_sections(document)
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

    def _warn_of_sections(self, document: Document) -> None:
        """A section that probably was meant for this runnable, and isn't its own."""
        name = self.call.chain[0].name
        near = [each for each in document.tables if nearest(each, (name,))]
        if not near or name in document.tables:
            return
        from ..source.spec import read_spec

        declared = read_spec(self.call.spec_path).tables
        self.call.warnings += [
            _unknown_section(document, (each,), (name,))
            for each in near
            if each not in declared
        ]

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
            elif key == "commands" and runnable.commands:
                self._warn_of_commands(document, raw, (*keys, key), runnable)
            else:
                self.faults.append(
                    Fault(
                        "config-unknown-argument",
                        key,
                        document.place((*keys, key)),
                        received=key,
                        candidates=nearest(key, runnable.args),
                    )
                )

    def _warn_of_commands(
        self,
        document: Document,
        table: object,
        keys: tuple[str | int, ...],
        runnable: Runnable,
    ) -> None:
        names = table if isinstance(table, dict) else {}
        self.call.warnings += [
            _unknown_section(document, (*keys, each), runnable.commands)
            for each in names
            if each not in runnable.commands
        ]

    def check(
        self,
        document: Document,
        table: Mapping[str, object],
        keys: tuple[str | int, ...],
        runnable: Runnable,
    ) -> None:
        """Judge a table and those of all commands below it."""
        self.keeps = False
        self._level(document, table, keys, runnable)
        below = table.get("commands")
        for name, command in runnable.commands.items():
            each = below.get(name) if isinstance(below, dict) else None
            if isinstance(each, dict):
                self.check(document, each, (*keys, "commands", name), command)

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
        if not broken and self.keeps:
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
            made = _convert(arg, value, os.path.dirname(self.path))
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


def _convert(arg: Arg, value: object, folder: str) -> object:
    """Paths made absolute, from the file's `folder`; registered types from text."""
    if isinstance(value, list):
        return [_convert(arg, each, folder) for each in value]
    if arg.type == "path" and isinstance(value, str):
        relative = value != "" and value[0] not in "~/" and value != "-"
        return absolute(os.path.join(folder, value) if relative else value, arg)
    if arg.type not in BUILT_IN and isinstance(value, str):
        return coerce(arg, value)
    return value
