"""Reads any table of the format by its rows in `fields.py`."""

from __future__ import annotations

from ..model import Record
from ..model_more import Example
from .fields import TABLES
from .kinds import CHECKS, compiles
from .reader import BAD, Reader, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .fields import Field
    from .reader import Builder, Path

FIELDS = {
    name: {field.key: field for field in fields} for name, fields in TABLES.items()
}
"""The fields of each table by key."""

NEEDED = {
    name: tuple(field.key for field in fields if field.required)
    for name, fields in TABLES.items()
}


def read(
    reader: Reader, table: str, path: Path, source: Mapping[str, object]
) -> dict[str, object]:
    """The good values of `source` by attribute; all else is noted (SEC-03, SEC-04)."""
    known = FIELDS[table]
    values: dict[str, object] = {}
    for key, value in source.items():
        field = known.get(key)
        if field is None:
            _unknown(reader, (*path, key), key, known, table)
            continue
        good = _check(reader, (*path, key), field, value)
        if good is not BAD:
            values[field.attribute] = good
    for key in NEEDED[table]:
        if key not in source:
            reader.fault(f"{table}-without-{key}", path, expected=(key,))
    return values


def _unknown(
    reader: Reader, path: Path, key: str, known: Iterable[str], table: str
) -> None:
    from .foreign import NARROWING, advice

    instead = advice(table, key)
    if instead:
        narrows = table == "arg" and key in NARROWING
        severity = "error" if narrows else "warning"
        reader.fault(
            "foreign-key", path, severity=severity, received=shown(key), detail=instead
        )
        return
    near = reader.near(key, known)
    reader.warn("unknown-key", path, received=shown(key), candidates=near)


def _check(reader: Reader, path: Path, field: Field, value: object) -> object:
    check = CHECKS.get(field.kind)
    if check is not None:
        return check(reader, path, field, value)
    shape, _, table = field.kind.partition(":")
    if shape == "section":
        return record(reader, table, path, value)
    if shape == "sections":
        return _records(reader, table, path, value)
    return _HOLDERS[field.kind](reader, path, field.key, value)


def record(
    reader: Reader, table: str, path: Path, value: object, **named: str
) -> object:
    """The record of one table; `named` is its name where it has one."""
    if not isinstance(value, dict):
        return reader.wrong_type(path, value, "a table")
    values = read(reader, table, path, value)
    return Record(table, {**named, **values})


def _records(reader: Reader, table: str, path: Path, value: object) -> object:
    if not isinstance(value, dict):
        return reader.wrong_type(path, value, "a table")
    build = reader.builders.get(table)
    records: dict[str, object] = {}
    for name, each in value.items():
        at = (*path, name)
        if build is not None:
            good = build(reader, at, name, each)
        else:
            good = record(reader, table, at, each, name=name)
        if good is not BAD:
            records[name] = good
    return records


def _examples(reader: Reader, path: Path, _key: str, value: object) -> object:
    """RUN-09."""
    if not isinstance(value, list):
        return reader.wrong_type(path, value, "a list of strings or of tables")
    examples = [
        _example(reader, (*path, index), each) for index, each in enumerate(value)
    ]
    return BAD if BAD in examples else tuple(examples)


def _example(reader: Reader, path: Path, value: object) -> object:
    if isinstance(value, str):
        return Example(cmd=value)
    if not isinstance(value, dict):
        return reader.wrong_type(path, value, "a string or a table with 'cmd'")
    return record(reader, "example", path, value)


def _history(reader: Reader, path: Path, _key: str, value: object) -> object:
    """CFG-07: both forms switch it off."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, dict):
        return reader.wrong_type(path, value, "true, false or a table with 'db'")
    return read(reader, "history", path, value).get("db", True)


def _run_as(reader: Reader, path: Path, _key: str, value: object) -> object:
    """RUN-07."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        words = "a string or a table of default, hosts and patterns"
        return reader.wrong_type(path, value, words)
    if not any(key in value for key in FIELDS["run-as"]):
        reader.refuse("run-as-empty", path, value, *FIELDS["run-as"])
    values = read(reader, "run-as", path, value)
    patterns = values.get("patterns")
    for pattern in patterns if isinstance(patterns, dict) else ():
        compiles(reader, (*path, "patterns", pattern), pattern, at_value=False)
    from ..model_more import RunAs

    return RunAs(**values)


_HOLDERS: dict[str, Builder] = {
    "examples": _examples,
    "history": _history,
    "run-as": _run_as,
}
"""The kinds that are a value or a table."""
