"""`pipeline validate`: hold records against a schema of field names and types."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .records import Record, UnusableError, encode, read

if TYPE_CHECKING:
    from runspec import Args

CHECKS: dict[str, Callable[[str], object]] = {"str": str, "int": int, "float": float}


def validate(args: Args) -> int:
    """Prints the problems in the format asked for; 1 where there is one."""
    found = read(args.input.value)
    schema = _schema(args.schema.value)
    problems = [
        {"record": str(number), "field": field, "problem": problem}
        for number, record in enumerate(found, 1)
        for field, problem in _problems(record, schema, args.strict.value)
    ]
    sys.stdout.buffer.write(encode(problems, args.format.value))
    return 1 if problems else 0


def _schema(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableError(f"{path.name}: {error}") from error
    if not isinstance(found, dict) or not set(found.values()) <= CHECKS.keys():
        raise UnusableError(f"{path.name}: a table of {', '.join(CHECKS)} was expected")
    return found


def _problems(
    record: Record, schema: dict[str, str], strict: bool
) -> list[tuple[str, str]]:
    found = []
    for field, kind in schema.items():
        if not record.get(field):
            found.append((field, "is missing"))
        elif not _is(record[field], kind):
            found.append((field, f"is not {kind}: {record[field]}"))
    if strict:
        found += [(field, "is unknown") for field in record.keys() - schema.keys()]
    return found


def _is(text: str, kind: str) -> bool:
    try:
        CHECKS[kind](text)
    except ValueError:
        return False
    return True
