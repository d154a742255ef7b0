"""From parsed tables to the model: every fault at once (FILE-06, FILE-07)."""

from __future__ import annotations

from ..model import Config, Runnable
from ..source.document import RECIPE
from .arg import arg
from .fields import TYPES
from .group import group
from .inherit import inherited
from .names import section_name
from .reader import Reader, shown
from .relations import relate
from .table import read, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors import Fault
    from ..source.document import Document
    from .reader import Path

VERSIONS = ("1",)
INTERFACE = ("args", "commands", "groups")
JSON_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
"""The values of `type` in JSON Schema (2020-12 validation, section 6.1.1)."""


class Spec:
    """One file: `names` of all its sections, `runnables` those that can be used.

    `faults` are errors and warnings in the order of their places. While the file or
    [config] has errors, no runnable can be used (FILE-07). `script` is the record of
    that table of a script's block, None for a TOML file.
    """

    __slots__ = ("config", "faults", "names", "path", "runnables", "script")

    def __init__(
        self,
        path: str,
        names: tuple[str, ...],
        config: Config,
        runnables: Mapping[str, Runnable],
        faults: tuple[Fault, ...],
        script: object = None,
    ) -> None:
        self.path = path
        self.script = script
        self.names = names
        self.config = config
        self.faults = faults
        faulty = {fault.runnable for fault in faults if fault.severity == "error"}
        self.runnables = {
            name: runnable
            for name, runnable in runnables.items()
            if name not in faulty and None not in faulty
        }

    def errors_for(self, name: str | None) -> tuple[Fault, ...]:
        """The errors that stop a runnable: its own and the file's; None: the file's."""
        return tuple(
            fault
            for fault in self.faults
            if fault.severity == "error" and fault.runnable in (None, name)
        )


def build(document: Document, name: str | None = None) -> Spec:
    """The model of a document, or of its [config] and the one section `name`.

    Never raises: what is wrong is in `Spec.faults`, with that of the syntax.
    """
    tables = document.tables
    for fault in document.faults:
        if fault.runnable == "config":
            fault.runnable = None
    reader = Reader(document, {"arg": arg, "group": group, "runnable": command}, TYPES)
    if document.recipe:
        script = record(reader, "script", (), tables)
        config = Config()
    else:
        script = None
        config = _config(reader, tables.get("config", {}))
    reader.types = (*TYPES, *config.types)
    names = _names(document)
    chosen = names if name is None else [each for each in names if each == name]
    runnables = {each: _section(reader, each, config) for each in chosen}
    built = {each: found for each, found in runnables.items() if found is not None}
    syntax = document.faults
    if name is not None:
        syntax = [fault for fault in syntax if fault.runnable in (None, name)]
    faults = reader.sorted_faults(syntax)
    return Spec(document.path, names, config, built, faults, script)


def _names(document: Document) -> tuple[str, ...]:
    """Every section, also one of which a syntax fault left nothing."""
    if document.recipe:
        return (document.recipe,)
    torn = (fault.runnable for fault in document.faults if fault.runnable)
    names = dict.fromkeys((*document.tables, *torn))
    names.pop("config", None)
    return tuple(names)


def _table(tables: Mapping[str, object], path: tuple[str, ...]) -> object:
    """What stands under these keys; None where nothing does."""
    found: object = tables
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _config(reader: Reader, source: object) -> Config:
    if not isinstance(source, dict):
        reader.refuse("not-a-table", ("config",), source, "a table")
        return Config()
    if source.get("autonomy-default") == "":  # CFG-01
        source = {key: source[key] for key in source if key != "autonomy-default"}
    values = read(reader, "config", ("config",), source)
    if not getattr(values.get("logging"), "enabled", True):
        del values["logging"]
    config = Config(**values)
    _check_version(reader, ("config", "version"), config.version)
    return config


def _check_version(reader: Reader, path: Path, version: str) -> None:
    if version not in VERSIONS:
        known, received = VERSIONS, shown(version)
        reader.warn(
            "version-unsupported", path, value=True, received=received, expected=known
        )


def _section(reader: Reader, name: str, config: Config) -> Runnable | None:
    """One top-level runnable with all its commands; None with faults (SEC-01)."""
    path = reader.document.section(name)
    source = _table(reader.document.tables, path)
    if not isinstance(source, dict):
        if source is not None:
            code = "field-type" if path == RECIPE else "not-a-table"
            reader.refuse(code, path, source, "a table")
        return None
    unsaid = not config.declares("autonomy_default") and not _says_autonomy(source)
    if unsaid and _has_interface(path, source):
        reader.warn("no-autonomy", path)
    runnable = _runnable(reader, path, name, source, config.run_as)
    _check_version(reader, (*path, "schema"), runnable.schema)
    relate(reader, path, runnable)
    _check_output_schemas(reader, path, (runnable,), source)
    return runnable


def _says_autonomy(source: Mapping[str, object]) -> bool:
    """Whether each tool of it has a level (RUN-02)."""
    if "autonomy" in source:
        return True
    commands = source.get("commands")
    if not isinstance(commands, dict) or not commands:
        return False
    bare = "args" in source and source.get("require-command") is not True
    return not bare and all(
        isinstance(each, dict) and _says_autonomy(each) for each in commands.values()
    )


def _has_interface(path: Path, source: Mapping[str, object]) -> bool:
    """Whether somebody is to be told what it does, and how far it may go (RCP-06)."""
    return path != RECIPE or any(table in source for table in INTERFACE)


def command(reader: Reader, path: Path, name: str, source: object) -> object:
    """A Runnable below another, or BAD (CMD-01)."""
    if not isinstance(source, dict):
        return reader.wrong_type(path, source, "a table")
    return _runnable(reader, path, name, source)


def _runnable(
    reader: Reader,
    path: Path,
    name: str,
    source: dict[str, object],
    run_as: object = None,
) -> Runnable:
    """A Runnable at any depth (RUN); `run_as` is that of [config] (CFG-08)."""
    if not section_name(name):
        reader.fault("name-invalid", path, received=shown(name))
    if source.get("description", "") == "" and _has_interface(path, source):
        reader.warn("no-description", path)
    if source.get("require-command") is True and not source.get("commands"):
        reader.warn("require-command-without-commands", (*path, "require-command"))
    values = read(reader, "runnable", path, source)
    if run_as is not None:
        values.setdefault("run_as", run_as)
    return Runnable(name=name, **values)


def _check_output_schemas(
    reader: Reader, path: Path, chain: tuple[Runnable, ...], source: object
) -> None:
    """RUN-13, at the last of `chain` and all commands below it."""
    level = chain[-1]
    if level.output_schema is not None:
        _check_output_schema(reader, path, chain, source)
    for name, command in level.commands.items():
        below = _table({"": source}, ("", "commands", name))
        at = (*path, "commands", name)
        _check_output_schemas(reader, at, (*chain, command), below)


def _check_output_schema(
    reader: Reader, path: Path, chain: tuple[Runnable, ...], source: object
) -> None:
    at = (*path, "output-schema")
    output = inherited(chain, "output")
    lost = isinstance(source, dict) and "output" in source
    if output != "json" and (chain[-1].declares("output") or not lost):
        reader.fault("output-schema-without-json", at, received=output)
    words = (chain[-1].output_schema or {}).get("type", "object")
    before = len(reader.faults)
    for word in words if isinstance(words, list) else [words]:
        if not isinstance(word, str):
            reader.wrong_type((*at, "type"), word, "a string or a list of strings")
        elif word not in JSON_TYPES:
            reader.unknown((*at, "type"), word, JSON_TYPES)
    if len(reader.faults) == before:
        _check_schema(reader, at, chain[-1])


def _check_schema(reader: Reader, at: Path, runnable: Runnable) -> None:
    """A schema that is none is a warning: the program runs, agents get no schema."""
    from .json_schema import fault_of
    from .plain import plain_value

    reason = fault_of(plain_value(runnable.output_schema))
    if reason is not None:
        reader.fault("output-schema-invalid", at, severity="warning", detail=reason)
