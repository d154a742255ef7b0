"""The schemas of what is installed; each is worked out once and kept (SCH)."""

from __future__ import annotations

from . import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source.installed import InstalledSpec
    from ..spec.build import Spec
    from ..spec.plain import Json
    from .local import Selection

FRAMES = {
    "json": ("[", 2, "\n]"),
    "mcp": ('{\n  "tools": [', 4, "\n  ]\n}"),
    "openai": ("[", 2, "\n]"),
    "anthropic": ("[", 2, "\n]"),
}
"""What stands before and after the items of a format, and how deep they stand."""


def emit(selection: Selection, form: str, *, strict: bool, bare: bool = False) -> int:
    """Write the schemas to stdout and what is wrong to stderr (LOC-03).

    `bare`: without the keys that only the format has. Returns the exit status, as
    Selection.status has it.
    """
    before, indent, after = FRAMES[form]
    items: list[str] = []
    for spec in selection.specs:
        names = selection.names(spec)
        if names:
            texts = _texts(selection, spec, form, bare=bare)
            items += [text for name in names for text in texts[name]]
    gap = "\n" + " " * indent
    lines = [gap + item.replace("\n", gap) for item in items]
    output.show_utf8(before + ",".join(lines) + (after if items else after.strip()))
    _report(selection)
    return selection.status(strict=strict)


def _texts(
    selection: Selection, spec: InstalledSpec, form: str, *, bare: bool
) -> dict[str, list[str]]:
    """The JSON items of every runnable of one file, by name."""
    environment = selection.catalogue.environment
    kind = form
    if form == "json":
        from .catalogue_json import about_here

        kind = f"json {about_here()}"
    elif bare:
        kind = f"{form} bare"
    texts = environment.recall(spec, kind)
    if texts is None:
        import json

        built = selection.catalogue.spec(spec.path)
        texts = {
            name: [
                json.dumps(item, indent=2, ensure_ascii=False)
                for item in _items(built, name, form, spec, bare=bare)
            ]
            for name in built.runnables
        }
        environment.remember(spec, kind, texts)
    return texts  # type: ignore[return-value]


def _items(
    built: Spec, name: str, form: str, spec: InstalledSpec, *, bare: bool
) -> list[Json]:
    runnable = built.runnables[name]
    if form == "json":
        from .catalogue_json import record

        return [record(runnable, built, spec)]
    from ..render.schema import as_anthropic, as_mcp, as_openai, tools
    from ..render.schema import without_extensions as without

    found = tools(runnable, built.config)
    if form == "openai":
        items = as_openai(found)
    elif form == "anthropic":
        items = as_anthropic(found)
    else:
        items = as_mcp(found)["tools"]  # type: ignore[assignment]
    return [without(each) for each in items] if bare else items


def _report(selection: Selection) -> None:
    """Errors in full, warnings counted, because others' packages may have many."""
    faulty = [spec for spec in selection.specs if selection.summary(spec).errors]
    faults = [fault for spec in faulty for fault in selection.faults(spec)]
    errors = [f for f in faults if f.severity == "error"]
    if errors or selection.conflicts:
        output.complain([*errors, *selection.conflicts])
    warnings = sum(selection.summary(spec).warnings for spec in selection.specs)
    if warnings:
        count = output.counted(warnings, "warning")
        output.note(f"{count}; `runspec local` shows them")
