"""Schemas of outputs: what is one, and what fits it, as the jsonschema library says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from runspec.spec.json_schema import TYPES, fault_of, violation_of

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, -2.0])
    | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
COUNT = st.integers(0, 3)
NUMBER = st.sampled_from([-1, 0, 1, 2, 0.5])
NAMES = st.lists(st.sampled_from("abc"), max_size=2, unique=True)
PATTERNS = st.sampled_from(["a", "^a", "b$", "^(a|b)+$", "[^a]"])
TYPE = st.sampled_from(TYPES)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=2)
    named = st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    optional = {
        "type": TYPE | st.lists(TYPE, min_size=1, max_size=2, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minimum": NUMBER,
        "maximum": NUMBER,
        "exclusiveMinimum": NUMBER,
        "exclusiveMaximum": NUMBER,
        "minLength": COUNT,
        "maxLength": COUNT,
        "pattern": PATTERNS,
        "minItems": COUNT,
        "maxItems": COUNT,
        "uniqueItems": st.booleans(),
        "contains": inner,
        "minContains": COUNT,
        "maxContains": COUNT,
        "minProperties": COUNT,
        "maxProperties": COUNT,
        "required": NAMES,
        "dependentRequired": st.dictionaries(st.sampled_from("abc"), NAMES, max_size=2),
        "prefixItems": several,
        "items": inner,
        "properties": named,
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
        "additionalProperties": inner,
        "propertyNames": inner,
        "allOf": several,
        "anyOf": several,
        "oneOf": several,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "dependentSchemas": named,
        "unevaluatedItems": inner,
        "unevaluatedProperties": inner,
    }
    return st.sets(st.sampled_from(sorted(optional)), max_size=4).flatmap(
        lambda keys: st.fixed_dictionaries({key: optional[key] for key in keys})
    )


SCHEMAS = st.recursive(st.booleans() | schemas(st.booleans()), schemas, max_leaves=6)


@given(SCHEMAS, VALUES)
def test_a_value_fits_where_the_library_says_so(schema: Any, value: Any) -> None:
    assert fault_of(schema) is None
    fits = Draft202012Validator(schema).is_valid(value)
    assert (violation_of(schema, value) is None) is fits


FAULTY = [
    ({"properties": {"a": {"type": "strng"}}}, "/properties/a/type", "string"),
    ({"properties": {"a": {"$ref": "#/$defs/nope"}}}, "/properties/a/$ref", "nope"),
    ({"exclusiveMinimum": True}, "/exclusiveMinimum", "a number"),
    ({"$schema": "http://json-schema.org/draft-07/schema#"}, "/$schema", "2020-12"),
    ({"$ref": "https://example.com/other"}, "/$ref", "isn't in this schema"),
    ({"pattern": "("}, "/pattern", "can't be matched"),
    ({"pattern": 5}, "/pattern", "a string"),
    ({"patternProperties": {"(": True}}, "/patternProperties/(", "can't be matched"),
    ({"items": [True]}, "/items", "must be a schema"),
    ({"allOf": []}, "/allOf", "at least one"),
    ({"properties": []}, "/properties", "an object"),
    ({"required": "a"}, "/required", "an array"),
    ({"required": [1]}, "/required", "strings"),
    ({"dependentRequired": {"a": "b"}}, "/dependentRequired", "strings"),
    ({"dependentRequired": []}, "/dependentRequired", "an object"),
    ({"minItems": -1}, "/minItems", "negative"),
    ({"maxLength": "5"}, "/maxLength", "integer"),
    ({"multipleOf": 0}, "/multipleOf", "greater"),
    ({"minimum": "0"}, "/minimum", "a number"),
    ({"uniqueItems": 1}, "/uniqueItems", "true or false"),
    ({"enum": "a"}, "/enum", "an array"),
    ({"type": []}, "/type", "at least one"),
    ({"title": 5}, "/title", "a string"),
    ({"a/b": 1, "$defs": {"x/y": {"type": 1}}}, "/$defs/x~1y/type", "no type"),
    ({"$dynamicRef": "#a"}, "/$dynamicRef", "isn't supported"),
    ("object", "", "must be a schema"),
]


@pytest.mark.parametrize(("schema", "place", "reason"), FAULTY)
def test_a_fault_of_a_schema_has_its_place(
    schema: Any, place: str, reason: str
) -> None:
    fault = fault_of(schema)
    assert fault is not None
    assert fault.startswith(place)
    assert reason in fault


SEEN_BY_THE_LIBRARY = [
    schema
    for schema, _, _ in FAULTY
    if isinstance(schema, dict)
    and not {"$ref", "$schema", "$dynamicRef", "allOf"} & set(schema)
    and schema.get("pattern") != "("
    and "(" not in schema.get("patternProperties", {})
    and "$ref" not in str(schema)
]


@pytest.mark.parametrize("schema", SEEN_BY_THE_LIBRARY, ids=str)
def test_the_meta_schema_refuses_the_same(schema: Any) -> None:
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("reference", ["#/$defs/id", "#id", "#/%24defs/id"])
def test_a_local_reference_is_followed(reference: str) -> None:
    schema: Any = {
        "$defs": {"id": {"$anchor": "id", "type": "integer"}},
        "properties": {"a": {"$ref": reference}},
    }
    assert fault_of(schema) is None
    assert violation_of(schema, {"a": 1}) is None
    assert violation_of(schema, {"a": "1"}) == "/a: must be integer, not string"


def test_a_recursive_schema_holds_at_every_depth() -> None:
    schema: Any = {"type": "object", "additionalProperties": {"$ref": "#"}}
    assert violation_of(schema, {"a": {"b": {}}}) is None
    assert violation_of(schema, {"a": {"b": 1}}) == "/a/b: must be object, not integer"


def test_a_schema_that_only_refers_to_itself_fits_nothing() -> None:
    schema: Any = {"$ref": "#"}
    assert fault_of(schema) is None
    assert "without end" in str(violation_of(schema, 1))


def test_a_schema_that_is_too_deep_is_a_fault() -> None:
    schema: Any = True
    for _ in range(5000):
        schema = {"not": schema}
    assert fault_of(schema) == "it is nested too deeply"


def test_a_pattern_takes_linear_time() -> None:
    schema: Any = {"type": "string", "pattern": "^(a+)+$"}
    assert violation_of(schema, "a" * 5000) is None
    assert violation_of(schema, "a" * 5000 + "b") is not None
