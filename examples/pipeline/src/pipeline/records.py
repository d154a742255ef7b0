"""Records, and the files they come from and go to."""

import csv
import io
import json
import os
from pathlib import Path

Record = dict[str, str]


class UnusableError(Exception):
    """A file that can't be read or written; the message says why."""


def read(path: Path) -> list[Record]:
    """The records of a CSV file with a header, or of a JSON list of objects."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableError(f"{path.name}: {error}") from error
    if path.suffix == ".json":
        return _from_json(path, text)
    if path.suffix == ".csv":
        return _from_csv(text)
    raise UnusableError(f"{path.name}: only .csv and .json files can be read")


def _from_csv(text: str) -> list[Record]:
    rows = csv.DictReader(io.StringIO(text, newline=""), restval="")
    return [{k: v for k, v in row.items() if k is not None} for row in rows]


def _from_json(path: Path, text: str) -> list[Record]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableError(f"{path.name}: {error}") from error
    if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
        raise UnusableError(f"{path.name}: a list of objects was expected")
    return [{k: _text(v) for k, v in record.items()} for record in found]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def encode(records: list[Record], format: str) -> bytes:
    """The bytes of a file of that format."""
    if format == "json":
        return (json.dumps(records, indent=2, ensure_ascii=False) + "\n").encode()
    if format == "csv":
        out = io.StringIO(newline="")
        names = list(dict.fromkeys(name for record in records for name in record))
        writer = csv.DictWriter(out, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        return out.getvalue().encode()
    return _parquet(records)


def _parquet(records: list[Record]) -> bytes:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UnusableError(
            "parquet needs pyarrow: pip install 'pipeline-example[parquet]'"
        ) from error
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), sink)
    return bytes(sink.getvalue())


def write(path: Path, content: bytes) -> None:
    """Writes the whole file or nothing."""
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise UnusableError(f"{path.name}: {error.strerror}") from error
