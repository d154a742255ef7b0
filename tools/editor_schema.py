"""The JSON Schema of `runspec.toml`, for editors; from the field table."""

from __future__ import annotations

import json
from typing import Any

from runspec.launch.profile.profiles import SPECIAL
from runspec.spec.fields import (
    GROUP_KINDS,
    KINDS,
    LAUNCHER_ALIASES,
    TABLES,
    TYPES,
    Field,
)
from runspec.spec.rotate import INTERVALS

Schema = dict[str, Any]

TITLES = {
    "config": "Defaults of the whole file",
    "jump-host": "A remote host",
    "logging": "Logging",
    "history": "The history of runs",
    "runnable": "A runnable, or a command of one",
    "arg": "An argument",
    "group": "A relation between arguments",
    "example": "A call that help shows",
    "run-as": "The user it runs as, by host",
    "run": "How it is started",
    "recipe-config": "Where its configs are",
    "resources": "What it needs",
    "script": "The block of a script",
    "profile": "Where and with what a recipe is launched",
    "pipeline": "A pipeline",
    "stage": "A stage",
}
SECTION_NAME = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
ARG_NAME = "^(?!help$|runspec[-_])[A-Za-z0-9_][A-Za-z0-9_-]*$"
NAMES = {"runnable": SECTION_NAME, "arg": ARG_NAME, "stage": SECTION_NAME}
OF_PIPELINES = ("pipeline", "stage")
"""Tables of a file of its own."""
BARE: Schema = {
    "title": "A bare default: the rest is inferred",
    "anyOf": [
        {"type": ["boolean", "number", "string"]},
        {"type": "array", "items": {"type": ["boolean", "number", "string"]}},
    ],
}
FURTHER: Schema = {
    "short": {"not": {"const": "-h"}},
    "options": {
        "anyOf": [{"items": {"type": "string"}}, {"items": {"type": "number"}}],
    },
    "rotate": {
        "pattern": f"^({'|'.join(INTERVALS)}|0*[1-9][0-9]* ?[KMGTkmgt]?[Bb])$",
    },
}
"""What a kind's check asks beyond its schema."""
KNOWN_OR_REGISTERED: Schema = {"anyOf": [{"enum": list(TYPES)}, {"type": "string"}]}


def editor_schema() -> str:
    """JSON Schema 2020-12 of the whole file as indented JSON."""
    return json.dumps(file_schema(), indent=2, ensure_ascii=False) + "\n"


def file_schema() -> Schema:
    """`[config]`, and every other section a runnable (SEC-01).

    A type outside the list is refused unless `[config] types` registers some
    (TYPE-10).
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:runspec:schema:1",
        "title": "runspec.toml",
        "description": "What programs accept, who may run them, where and as whom.",
        "type": "object",
        "properties": {"config": reference("config")},
        "propertyNames": {"pattern": SECTION_NAME},
        "additionalProperties": reference("runnable"),
        "if": {
            "required": ["config"],
            "properties": {"config": {"type": "object", "required": ["types"]}},
        },
        "else": {"additionalProperties": reference("known-types")},
        "$defs": {**definitions(), "known-types": known_types()},
    }


def pipeline_schema() -> str:
    """JSON Schema 2020-12 of a pipeline file as indented JSON."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:runspec:pipeline:1",
        **table_schema("pipeline", TABLES["pipeline"]),
        "$defs": {"stage": table_schema("stage", TABLES["stage"])},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def profiles_schema() -> str:
    """JSON Schema 2020-12 of `env.toml` as indented JSON."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:runspec:profiles:1",
        "title": "Profiles",
        "type": "object",
        "properties": {name: {"type": "object"} for name in SPECIAL},
        "additionalProperties": reference("profile"),
        "$defs": {"profile": table_schema("profile", TABLES["profile"])},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def reference(table: str) -> Schema:
    return {"$ref": f"#/$defs/{table}"}


def definitions() -> Schema:
    found = {
        name: table_schema(name, fields)
        for name, fields in TABLES.items()
        if name not in (*OF_PIPELINES, "profile", "script")
    }
    found["run-as"]["minProperties"] = 1
    found["group"]["oneOf"] = [group_kind(kind) for kind in GROUP_KINDS]
    found["runnable"]["x-taplo"] = {"initKeys": ["description", "autonomy"]}
    found["arg-table"] = found["arg"]
    found["arg"] = {"anyOf": [reference("arg-table"), BARE]}
    return found


def table_schema(name: str, fields: tuple[Field, ...]) -> Schema:
    schema: Schema = {
        "title": TITLES[name],
        "type": "object",
        "properties": {field.key: field_schema(field) for field in fields},
        "additionalProperties": False,
    }
    required = [field.key for field in fields if field.required]
    return schema | ({"required": required} if required else {})


def field_schema(field: Field) -> Schema:
    schema = value_schema(field) | {"description": f"{field.doc} ({field.rule})"}
    inferred = field.rule.startswith("INF-")
    if field.default is not None and not inferred:
        schema["default"] = field.default
    return schema


def value_schema(field: Field) -> Schema:
    shape, _, table = field.kind.partition(":")
    if shape == "section":
        return reference(table)
    if shape == "sections":
        names = {"propertyNames": {"pattern": NAMES[table]}} if table in NAMES else {}
        return {"type": "object", "additionalProperties": reference(table), **names}
    if field.key == "type":
        return dict(KNOWN_OR_REGISTERED)
    if field.kind == "enum":
        aliases = LAUNCHER_ALIASES if field.key == "launch" else ()
        known: Schema = {"enum": [*field.choices, *aliases]}
        return {"anyOf": [known, {"type": "string"}]} if field.advisory else known
    return {**KINDS[field.kind].schema, **FURTHER.get(field.kind, {})}


def group_kind(kind: str) -> Schema:
    if kind == "if":
        return {"required": ["if", "requires"]}
    return {"required": [kind, "args"], "properties": {kind: {"const": True}}}


def known_types() -> Schema:
    """Only the types of the format, at every depth of commands."""
    return {
        "properties": {
            "args": {
                "additionalProperties": {
                    "properties": {"type": {"enum": list(TYPES)}},
                }
            },
            "commands": {"additionalProperties": reference("known-types")},
        }
    }
