"""A pipeline file: its stages, what each waits for and what it produces (PIP)."""

from __future__ import annotations

import os

from ...errors import SpecError
from ...model_more import Pipeline, Stage
from ...source.toml import read_toml
from ...spec.names import section_name
from ...spec.reader import BAD, Reader
from ...spec.table import read
from .checks import relate
from .order import ordered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...errors import Fault
    from ...source.document import Document
    from ...spec.reader import Path

SUFFIX = ".toml"


class PipelineFile:
    """A pipeline as its file declares it.

    `path` is absolute, `name` that of the file where it declares none, `stages` are
    by name, each after all that it waits for; `document` knows where all of it
    stands. `warnings` never stop a run.
    """

    __slots__ = ("artifacts", "document", "name", "on", "path", "stages", "warnings")

    def __init__(
        self, document: Document, declared: Pipeline, warnings: tuple[Fault, ...]
    ) -> None:
        path = document.path
        self.path = path
        self.document = document
        self.name = declared.name or os.path.basename(path).removesuffix(SUFFIX)
        self.on = declared.on
        self.artifacts = declared.artifacts
        self.stages = ordered(declared.stages)
        self.warnings = warnings


def read_pipeline(path: str) -> PipelineFile:
    """Read and check a pipeline file. Raises SpecError with all that is wrong."""
    path = os.path.abspath(path)
    document = read_toml(path)
    reader = Reader(document, {"stage": _stage}, ())
    values = read(reader, "pipeline", (), document.tables)
    declared = Pipeline(**{"stages": {}, **values})
    names = document.tables.get("stages")
    if names == {}:
        reader.fault("pipeline-without-stages", ("stages",))
    relate(reader, tuple(names) if isinstance(names, dict) else (), declared.stages)
    faults = reader.sorted_faults(document.faults)
    for fault in faults:
        fault.runnable = None
    if any(fault.severity == "error" for fault in faults):
        raise SpecError(*faults)
    return PipelineFile(document, declared, faults)


def _stage(reader: Reader, path: Path, name: str, value: object) -> object:
    """One stage, or BAD where it has a fault of its own."""
    noted = len(reader.faults)
    if not section_name(name):
        reader.fault("name-invalid", path, received=name)
    if not isinstance(value, dict):
        return reader.wrong_type(path, value, "a table")
    values = read(reader, "stage", path, value)
    _check_produced(reader, path, values.get("produces"))
    faulty = any(fault.severity == "error" for fault in reader.faults[noted:])
    return BAD if faulty else Stage(name=name, **values)


def _check_produced(reader: Reader, path: Path, produces: object) -> None:
    """What a stage produces has a name, and stands below its folder (PIP-03)."""
    for name, file in produces.items() if isinstance(produces, dict) else ():
        at = (*path, "produces", name)
        if not section_name(name):
            reader.fault("name-invalid", at, received=name)
        outside = os.path.isabs(file) or ".." in file.split("/")
        if outside or not file.strip("./") or "\0" in file:
            reader.refuse("artifact-path-invalid", at, file)
