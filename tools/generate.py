"""Write what comes from the field table: the model, the editor schema, the reference.

`python tools/generate.py` writes; `--check` exits 1 where a file is out of date.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from editor_schema import editor_schema, pipeline_schema, profiles_schema  # noqa: E402
from reference import fields_page  # noqa: E402
from runspec.spec.fields import (  # noqa: E402
    CLASSES,
    EVERY_CALL,
    KINDS,
    NAMED,
    TABLES,
    Field,
)

MODEL = "src/runspec/model.py"
MORE_HEAD = '''"""The tables that few programs need; see `model`."""

from .model import maker
'''
STUB_HEAD = """# Written by `make generate` from spec/fields.py.
from collections.abc import Mapping, Sequence
from typing import Any

from .model_more import MORE

class Record:
    table: str
    def __init__(self, table: str, values: Mapping[str, object]) -> None: ...
    def declares(self, attribute: str) -> bool: ...
    def declared(self) -> list[str]: ...

DEFAULTS: dict[str, dict[str, object]]
FINGERPRINT: str

def revive(data: Any) -> Any: ...
def attribute_of(name: str) -> str: ...
def autonomy_of(chain: Sequence[Runnable], config: Config) -> str: ...
def is_secret(arg: Arg, source: str) -> bool: ...
def failed_check(
    arg: Arg, value: object
) -> tuple[str, tuple[str | int | float, ...]] | None: ...

"""
MORE_STUB_HEAD = """# Written by `make generate` from spec/fields.py.
from collections.abc import Mapping

from .model import Record

"""
MARKER = "# --- generated ---\n"


def annotation(field: Field) -> str:
    shape, _, table = field.kind.partition(":")
    if shape == "section":
        return f"{CLASSES[table]} | None"
    if shape == "sections":
        return f"Mapping[str, {CLASSES[table]}]"
    found = KINDS[field.kind].annotation
    if field.default is None and not field.required and found != "object":
        return f"{found} | None"
    return found


def default(field: Field) -> str:
    if field.kind.startswith("sections:"):
        return "{}"
    if field.attribute == "type":
        return '"str"'
    return repr(field.default).replace("'", '"')


def attributes(name: str, fields: tuple[Field, ...]) -> Iterator[tuple[str, str, str]]:
    """Name, annotation and default ("" for none) of each attribute of a class."""
    if name in NAMED:
        yield "name", "str", '""'
    for field in fields:
        is_type = (name, field.key) == ("arg", "type")
        kind = "str" if is_type else annotation(field)
        yield field.attribute, kind, "" if field.required else default(field)
    if name == "arg":
        yield "matcher", "tuple[object, ...] | None", "None"
        yield "inferred", "Mapping[str, str]", "{}"


def stub_class(name: str) -> str:
    """The attributes of one table with their types."""
    found = attributes(name, TABLES[name])
    lines = [f"class {CLASSES[name]}(Record):", *(f"    {a}: {k}" for a, k, _ in found)]
    lines.append("    def __init__(self, **values: object) -> None: ...")
    return "\n".join(lines)


def _tables(names: Iterable[str]) -> str:
    names = list(names)
    rows = []
    for name in names:
        found = attributes(name, TABLES[name])
        values = "".join(f'"{a}": {value},' for a, _, value in found if value)
        rows.append(f'"{name}": {{{values}}},')
    makers = "\n".join(f'{CLASSES[name]} = maker("{name}")' for name in names)
    return f"\nDEFAULTS = {{{''.join(rows)}}}\n\n{makers}\n"


def model() -> str:
    head, marker, _ = (ROOT / MODEL).read_text("utf-8").partition(MARKER)
    tables = _tables(EVERY_CALL)
    shape = hashlib.sha256((head + tables + model_more()).encode()).hexdigest()
    return formatted(f'{head}{marker}\n\nFINGERPRINT = "{shape[:12]}"\n{tables}')


def model_more() -> str:
    rest = (name for name in TABLES if name not in EVERY_CALL)
    return formatted(MORE_HEAD + _tables(rest))


def model_stub() -> str:
    classes = "\n\n\n".join(stub_class(name) for name in EVERY_CALL)
    rest = (CLASSES[name] for name in TABLES if name not in EVERY_CALL)
    more = ", ".join(sorted(c for c in rest if re.search(rf"\b{c}\b", classes)))
    return formatted(STUB_HEAD.replace("MORE", more) + classes + "\n", "model.pyi")


def model_more_stub() -> str:
    rest = (name for name in TABLES if name not in EVERY_CALL)
    classes = "\n\n\n".join(stub_class(name) for name in rest)
    return formatted(MORE_STUB_HEAD + classes + "\n", "model.pyi")


def formatted(source: str, name: str = "model.py") -> str:
    """Python as `ruff format` writes it, with this project's settings."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", f"--stdin-filename={name}", "-"],
        input=source,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=True,
    )
    return done.stdout


OUTPUTS = {
    MODEL: model,
    "src/runspec/model.pyi": model_stub,
    "src/runspec/model_more.py": model_more,
    "src/runspec/model_more.pyi": model_more_stub,
    "schema/runspec.schema.json": editor_schema,
    "schema/pipeline.schema.json": pipeline_schema,
    "schema/env.schema.json": profiles_schema,
    "docs/reference/fields.md": fields_page,
}


def main() -> int:
    stale = []
    for name, make in OUTPUTS.items():
        path = ROOT / name
        text = make()
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for name in stale:
        print(("out of date: " if "--check" in sys.argv else "wrote ") + name)
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
