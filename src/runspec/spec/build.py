"""From parsed tables to the model: every fault at once (FILE-06, FILE-07)."""

from __future__ import annotations

from ..model import Config, Runnable
from .arg import arg
from .fields import TYPES
from .group import group
from .names import section_name
from .reader import Reader, shown
from .relations import relate
from .table import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors import Fault
    from ..source.document import Document
    from .reader import Path

VERSIONS = ("1",)
JSON_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
"""The values of `type` in JSON Schema (2020-12 validation, section 6.1.1)."""


class Spec:
    """One file: `names` of all its sections, `runnables` those that can be used.

    `faults` are errors and warnings in the order of their places. While the file or
    [config] has errors, no runnable can be used (FILE-07).
    """

    __slots__ = ("config", "faults", "names", "path", "runnables")

    def __init__(
        self,
        path: str,
        names: tuple[str, ...],
        config: Config,
        runnables: Mapping[str, Runnable],
        faults: tuple[Fault, ...],
    ) -> None:
        self.path = path
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
    config = _config(reader, tables.get("config", {}))
    reader.types = (*TYPES, *config.types)
    names = _names(document)
    chosen = names if name is None else [name]
    runnables: dict[str, Runnable] = {}
    for section in chosen:
        if section in tables:
            built = _section(reader, section, tables[section])
            if built is not None:
                runnables[section] = built
    found = document.faults
    if name is not None:
        found = [fault for fault in found if fault.runnable in (None, name)]
    faults = reader.sorted_faults(found)
    return Spec(document.path, names, config, runnables, faults)


def _names(document: Document) -> tuple[str, ...]:
    """Every section, also one of which a syntax fault left nothing."""
    torn = (fault.runnable for fault in document.faults if fault.runnable)
    names = dict.fromkeys((*document.tables, *torn))
    names.pop("config", None)
    return tuple(names)


def _config(reader: Reader, source: object) -> Config:
    if not isinstance(source, dict):
        reader.refuse("not-a-table", ("config",), source, "a table")
        return Config()
    config = Config(**read(reader, "config", ("config",), source))
    if config.version not in VERSIONS:
        reader.warn(
            "version-unsupported",
            ("config", "version"),
            value=True,
            received=shown(config.version),
            expected=VERSIONS,
        )
    return config


def _section(reader: Reader, name: str, source: object) -> Runnable | None:
    """One top-level runnable with all its commands; None with faults (SEC-01)."""
    if not isinstance(source, dict):
        reader.refuse("not-a-table", (name,), source, "a table")
        return None
    if "autonomy" not in source:
        reader.warn("no-autonomy", (name,))
    runnable = _runnable(reader, (name,), name, source)
    relate(reader, (name,), runnable)
    return runnable


def command(reader: Reader, path: Path, name: str, source: object) -> object:
    """A Runnable below another, or BAD (CMD-01)."""
    if not isinstance(source, dict):
        return reader.wrong_type(path, source, "a table")
    return _runnable(reader, path, name, source)


def _runnable(
    reader: Reader, path: Path, name: str, source: dict[str, object]
) -> Runnable:
    """A Runnable at any depth (RUN)."""
    if not section_name(name):
        reader.fault("name-invalid", path, received=shown(name))
    if source.get("description", "") == "":
        reader.warn("no-description", path)
    if source.get("require-command") is True and not source.get("commands"):
        reader.warn("require-command-without-commands", (*path, "require-command"))
    runnable = Runnable(name=name, **read(reader, "runnable", path, source))
    if runnable.output_schema is not None:
        _check_output_schema(reader, path, runnable, source)
    return runnable


def _check_output_schema(
    reader: Reader, path: Path, runnable: Runnable, source: Mapping[str, object]
) -> None:
    """RUN-13."""
    at = (*path, "output-schema")
    if runnable.output != "json" and runnable.declares("output") == (
        "output" in source
    ):
        reader.fault("output-schema-without-json", at, received=runnable.output)
    words = (runnable.output_schema or {}).get("type", "object")
    for word in words if isinstance(words, list) else [words]:
        if not isinstance(word, str):
            reader.wrong_type((*at, "type"), word, "a string or a list of strings")
        elif word not in JSON_TYPES:
            reader.unknown((*at, "type"), word, JSON_TYPES)
