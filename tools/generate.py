"""Write what comes from the field table: the model, the editor schema, the reference.

`python tools/generate.py` writes; `--check` exits 1 where a file is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from runspec.spec.fields import CLASSES, KINDS, TABLES, Field  # noqa: E402

HEAD = '''"""What a spec declares, as read-only records.

Written by `make generate` from `spec/fields.py`; change that table, not this file.
"""

from __future__ import annotations

from . import Named, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
'''

NAMED = {"arg", "group", "runnable", "jump-host"}


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


def attribute_type(name: str, field: Field) -> str:
    if (name, field.key) == ("arg", "type"):
        return "str"
    return annotation(field)


def model_class(name: str, fields: tuple[Field, ...]) -> str:
    base = "Named" if name in NAMED else "Record"
    lines = [f"class {CLASSES[name]}({base}):", f'    """One `{name}` table."""', ""]
    for field in fields:
        if field.required:
            lines.append(f"    {field.attribute}: {attribute_type(name, field)}")
        else:
            lines.append(
                f"    {field.attribute}: "
                f"{attribute_type(name, field)} = {default(field)}"
            )
    if name == "arg":
        lines.append("    matcher: tuple[object, ...] | None = None")
        lines.append("    inferred: Mapping[str, str] = {}")
    return "\n".join(lines)


def model() -> str:
    ends = "\n\nRECORDS: dict[str, type[Record]] = {\n"
    ends += "".join(f'    "{cls}": {cls},\n' for cls in CLASSES.values()) + "}\n"
    classes = [model_class(name, fields) for name, fields in TABLES.items()]
    return HEAD + "\n\n" + "\n\n\n".join(classes) + "\n" + ends


OUTPUTS = {"src/runspec/spec/model.py": model}


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
