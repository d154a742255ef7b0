"""The reference page of fields; from the field table."""

from __future__ import annotations

import json

from runspec.spec.fields import KINDS, LAUNCHER_ALIASES, TABLES, Field

HEADINGS = {
    "config": ("`[config]`", "Defaults of the whole file."),
    "jump-host": ("`[config.jump-hosts.<alias>]`", "One remote host."),
    "logging": ("`[config.logging]`", "Logging; its presence turns it on."),
    "history": ("`[config.history]`", "The same as `history`, as a table."),
    "runnable": (
        "`[<name>]` and `[<name>.commands.<command>]`",
        "A runnable, or a command of one, to any depth.",
    ),
    "arg": (
        "`[<name>.args.<argument>]`",
        "An argument. `workers = 4` is short for `workers = {default = 4}`.",
    ),
    "group": (
        "`[<name>.groups.<group>]`",
        "A relation between arguments: exactly one of the five kinds, with the "
        "arguments it is about.",
    ),
    "example": ("An example", "One table of `examples`; a string is its `cmd`."),
    "run-as": ("`[<name>.run_as]`", "At least one of these."),
    "run": ("`[<name>.run]`", "How it is started on a cluster."),
    "recipe-config": ("`[<name>.config]`", "Where its configs are."),
    "resources": ("`[<name>.resources]`", "What it needs."),
    "script": (
        "The `# /// script` block of a script",
        "PEP 723; `[tool.runspec]` in it has the keys of `[<name>]`.",
    ),
    "profile": (
        "A profile: `[<profile>]` of `env.toml`",
        "Where and with what a recipe is launched; `run.env` of a config has the same "
        "keys.",
    ),
    "pipeline": (
        "A pipeline file",
        "What `runspec launch --pipeline FILE` runs; a file of its own.",
    ),
    "stage": ("`[stages.<stage>]`", "A stage of a pipeline."),
}
INTRO = """\
# Fields

Every key of `runspec.toml`. A section is a runnable, except `[config]`; the tables
below say what each may hold. The rules are those of the
[specification](../spec/SPEC.md). A key that isn't here is a warning, with the key
that was probably meant.

This page is written by `make generate` from the field table.
"""
COLUMNS = ("Field", "Type", "Default", "Description", "Rule")


def fields_page() -> str:
    """One section per table, one row per field, as Markdown."""
    return "\n".join([INTRO, *(section(name) for name in TABLES)])


def section(table: str) -> str:
    heading, words = HEADINGS[table]
    rows = [row(field) for field in TABLES[table]]
    head = [line(COLUMNS), line(["---"] * len(COLUMNS))]
    return "\n".join([f"## {heading}", "", words, "", *head, *rows, ""])


def line(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def row(field: Field) -> str:
    doc = f"{field.doc} Only for {listed(field.types)}." if field.types else field.doc
    return line([f"`{field.key}`", words(field), default(field), doc, field.rule])


def words(field: Field) -> str:
    shape, _, table = field.kind.partition(":")
    if shape == "section":
        return f"table {HEADINGS[table][0]}"
    if shape == "sections":
        return f"tables {HEADINGS[table][0]}"
    if field.kind == "enum":
        aliases = LAUNCHER_ALIASES if field.key == "launch" else ()
        return listed((*field.choices, *aliases))
    return KINDS[field.kind].words


def listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def default(field: Field) -> str:
    """The value that holds when the key is absent, as TOML writes it."""
    if field.required:
        return "required"
    if field.rule.startswith("INF-") or field.key == "ui":
        return "inferred"
    if field.default is None or field.default in ("", (), {}):
        return ""
    return f"`{json.dumps(field.default)}`"
