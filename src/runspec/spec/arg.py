"""One argument: read, inferred, and checked against itself (ARG-01 to ARG-20)."""

from __future__ import annotations

from ..model import DEFAULTS, Arg
from .fields import TABLES
from .infer import complete, type_of
from .kinds import is_variable
from .names import (
    arg_name,
    name_of_switch,
    reserved,
    shadowed,
)
from .native import native_value
from .reader import Reader, shown
from .table import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .checks import Broken
    from .reader import Path

TYPED = tuple((f.key, f.attribute, f.types) for f in TABLES["arg"] if f.types)
"""The fields that apply to some types only (ARG-08)."""

UNUSED = {"flag": ("required", "multiple", "delimiter"), "rest": ("required",)}
"""The fields that say nothing about a type, when they are true."""

NOT_WITH_REST = ("position", "short", "multiple", "delimiter")
OF_TYPE = {"str": str, "int": int, "float": float}


def arg(reader: Reader, path: Path, name: str, source: object) -> Arg:
    """The Arg of a bare value, an inline table or a full table (ARG-01)."""
    _check_name(reader, path, name)
    if not isinstance(source, dict):
        return Draft(reader, path, {"default": source}, path).arg(name)
    if source.get("description", "") == "":
        reader.warn("no-description", path)
    return Draft(reader, path, source, (*path, "default")).arg(name)


def _check_name(reader: Reader, path: Path, name: str) -> None:
    if not arg_name(name):
        reader.fault("name-invalid", path, received=shown(name))
    elif reserved(name) or (_is_logged(reader) and name_of_switch(name)):
        reader.fault("name-reserved", path, received=name)
    elif shadowed(name):
        reader.warn("name-shadowed", path, received=name)


def _is_logged(reader: Reader) -> bool:
    """Whether the file configures logging, which has switches of its own."""
    config = reader.document.tables.get("config")
    return isinstance(config, dict) and "logging" in config


class Draft:
    """An argument being read: `table` as written, its good `values` by attribute."""

    __slots__ = ("default_path", "kind", "path", "reader", "table", "values")

    def __init__(
        self, reader: Reader, path: Path, table: dict[str, object], default_path: Path
    ) -> None:
        self.reader = reader
        self.path = path
        self.table = table
        self.default_path = default_path
        self.values = read(reader, "arg", path, table)
        self.kind = str(self.values.get("type", ""))

    def arg(self, name: str) -> Arg:
        """The finished argument; where its type is unknown, what could be read."""
        values = self.values
        if self._lost("type"):
            self._hide_default()
            return Arg(name=name, **values)
        inferred = self._infer_type()
        self._drop_ignored()
        self._check()
        inferred.update(complete(values))
        if "pattern" in values:
            values["matcher"] = self.reader.programs[str(values["pattern"])]
        if "default" in self.table:
            self._check_default()
        for attribute in inferred:
            if values[attribute] == DEFAULTS["arg"][attribute]:
                del values[attribute]
        return Arg(name=name, inferred=inferred, **values)

    def _lost(self, key: str) -> bool:
        """Whether the field is written but couldn't be read."""
        return key in self.table and key not in self.values

    def _infer_type(self) -> dict[str, str]:
        if self.kind:
            return {}
        self.kind, rule = type_of(self.table)
        self.values["type"] = self.kind
        return {"type": rule}

    def _drop_ignored(self) -> None:
        for key, attribute, types in TYPED:
            if attribute in self.values and self.kind not in types:
                self._ignore(key, attribute, types)
        for key in UNUSED.get(self.kind, ()):
            if self.values.get(key):
                self._ignore(key, key, ())

    def _ignore(self, key: str, attribute: str, types: tuple[str, ...]) -> None:
        del self.values[attribute]
        self.reader.warn(
            "field-ignored", (*self.path, key), received=self.kind, expected=types
        )

    def _check(self) -> None:
        self._check_options()
        self._check_lengths()
        self._check_environment()
        if self.values.get("multiple") is False and "delimiter" in self.values:
            self._refuse("delimiter-invalid", "delimiter", "multiple = true")
        if self.kind == "rest":
            self._check_rest()
        elif self.kind == "password":
            self._check_secret()
        elif self.kind == "flag" and "position" in self.values:
            self._refuse("position-invalid", "position", "a type that takes a value")

    def _refuse(self, code: str, key: str, *expected: str) -> None:
        value = self.values[key]
        self.reader.refuse(code, (*self.path, key), value, *expected)

    def _check_options(self) -> None:
        options = self.values.get("options")
        if not isinstance(options, tuple):
            if self.kind == "choice" and not self._lost("options"):
                self._refuse("options-invalid", "type", "options")
            return
        wanted = OF_TYPE.get(self.kind)
        if self.kind == "float" and type(options[0]) is int:
            self.values["options"] = tuple(float(option) for option in options)
        elif wanted is not None and type(options[0]) is not wanted:
            self._refuse("options-invalid", "options", self.kind)
            del self.values["options"]

    def _check_lengths(self) -> None:
        least, most = self.values.get("min_length"), self.values.get("max_length")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            self.reader.fault(
                "length-invalid",
                (*self.path, "min-length"),
                value=True,
                received=shown(least),
                expected=(shown(most),),
                related=self.reader.document.place((*self.path, "max-length"), True),
            )

    def _check_environment(self) -> None:
        names = self.values.get("env")
        listed = isinstance(self.table.get("env"), list)
        for number, name in enumerate(names if isinstance(names, tuple) else (), 1):
            if not is_variable(name):
                item = number if listed else None
                self.reader.refuse("env-invalid", (*self.path, "env"), name, item=item)

    def _check_rest(self) -> None:
        for key in NOT_WITH_REST:
            if self.values.get(key):
                self._refuse("rest-invalid", key)
        if self.values.get("default"):
            self.reader.warn("default-unused", self.default_path)

    def _check_secret(self) -> None:
        if "position" in self.values:
            self._refuse("secret-positional", "position")
        if "default" in self.values:
            self._hide_default()
            self.reader.fault("secret-default", self.default_path)
            del self.values["default"]

    def _hide_default(self) -> None:
        if "default" in self.table:
            self.reader.secrets.append(self.default_path)

    def _check_default(self) -> None:
        unknown = self.kind == "choice" and "options" not in self.values
        if unknown or "default" not in self.values:
            return
        default = self.values["default"]
        typed, faulty = native_value(Arg(**self.values), default)
        for number, wrong in faulty:
            self._refuse_default(default, number, wrong)
        self.values["default"] = typed
        if self.values.get("required"):
            self.reader.warn("default-unused", self.default_path)
            del self.values["default"]

    def _refuse_default(
        self, default: object, number: int | None, wrong: Broken
    ) -> None:
        """ARG-19; `number` is that of the item of a list."""
        item = None
        if isinstance(default, list) and number is not None:
            item, default = number, default[number - 1]
        self.reader.fault(
            "default-invalid",
            self.default_path,
            value=True,
            received=shown(default),
            expected=wrong.expected,
            detail=wrong.code,
            item=item,
        )
