"""JSON Schema 2020-12: whether a schema is one, and whether a value fits it.

Keywords of the vocabularies core, applicator, unevaluated and validation; `format` and
`contentX` are annotations, as in the standard. `$ref` is local: `#`, a JSON pointer or
an `$anchor`.
"""

from __future__ import annotations

from .pattern import PatternError, compile_pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .plain import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
ONE = ("additionalProperties", "contains", "contentSchema", "else", "if", "items")
ONE_MORE = ("not", "propertyNames", "then", "unevaluatedItems")
SCHEMA = (*ONE, *ONE_MORE, "unevaluatedProperties")
"""Keywords whose value is a schema."""
SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
NUMBERS = ("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf")
COUNTS = (
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
)
TEXTS = ("$anchor", "$comment", "$id", "$ref", "$schema", "description", "title")
FLAGS = ("deprecated", "readOnly", "uniqueItems", "writeOnly")
LONGEST = 60
"""Characters of a value that are shown."""
UNKNOWN = ("$dynamicAnchor", "$dynamicRef", "$recursiveRef")


def fault_of(schema: Json) -> str | None:
    """Why it is no schema that can be held against a value: where, and what; or None.

    Places are JSON pointers (RFC 6901).
    """
    try:
        return next(_faults(schema, "", schema), None)
    except RecursionError:
        return "it is nested too deeply"


def violation_of(schema: Json, value: Json) -> str | None:
    """Why a value doesn't fit a schema without faults; None where it does."""
    try:
        return next(_Check(schema).violations(schema, value, "", set()), None)
    except RecursionError:
        return "the schema refers to itself without end"


def _faults(schema: Json, at: str, root: Json) -> Iterator[str]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield _at(at, "must be a schema: an object, true or false")
        return
    for keyword, value in schema.items():
        place = f"{at}/{_escape(keyword)}"
        if keyword in SCHEMA:
            yield from _faults(value, place, root)
        elif keyword in SCHEMAS:
            yield from _of_array(value, place, root)
        elif keyword in NAMED:
            yield from _of_object(keyword, value, place, root)
        else:
            reason = _wrong(keyword, value, root)
            if reason:
                yield _at(place, reason)


def _of_array(value: Json, at: str, root: Json) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield _at(at, "must be an array of schemas, at least one")
        return
    for number, each in enumerate(value):
        yield from _faults(each, f"{at}/{number}", root)


def _of_object(keyword: str, value: Json, at: str, root: Json) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _at(at, "must be an object of schemas")
        return
    for name, each in value.items():
        place = f"{at}/{_escape(name)}"
        if keyword == "patternProperties" and (reason := _wrong_pattern(name)):
            yield _at(place, reason)
        yield from _faults(each, place, root)


def _wrong(keyword: str, value: Json, root: Json) -> str | None:
    """Why a keyword that holds no schema can't have this value."""
    if keyword in UNKNOWN:
        return "isn't supported"
    if keyword in RULES:
        return RULES[keyword](value)
    if keyword in TEXTS:
        return _wrong_text(keyword, value, root)
    if keyword in NUMBERS:
        return _wrong_number(keyword, value)
    if keyword in COUNTS:
        whole = _is_integer(value) and value >= 0  # type: ignore[operator]
        return None if whole else "must be an integer that isn't negative"
    if keyword in FLAGS and not isinstance(value, bool):
        return "must be true or false"
    return None


def _wrong_number(keyword: str, value: Json) -> str | None:
    if not _is_number(value):
        return "must be a number"
    if keyword == "multipleOf" and value <= 0:  # type: ignore[operator]
        return "must be greater than 0"
    return None


def _wrong_text(keyword: str, value: Json, root: Json) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if keyword == "$schema" and value.rstrip("#") != DIALECT:
        return f"must be {DIALECT}"
    if keyword == "$ref":
        try:
            _resolve(root, value)
        except LookupError:
            return f"{value} isn't in this schema"
    return None


def _wrong_type(value: Json) -> str | None:
    words = value if isinstance(value, list) else [value]
    for word in words:
        if word not in TYPES:
            from ..nearest import nearest

            near = nearest(word, TYPES) if isinstance(word, str) else ()
            hint = f", did you mean {near[0]}?" if near else f": {', '.join(TYPES)}"
            return f"{_text_of(word)} is no type{hint}"
    return None if words else "must have at least one type"


def _wrong_enum(value: Json) -> str | None:
    return None if isinstance(value, list) else "must be an array"


def _wrong_pattern(value: Json) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    try:
        _search(value)
    except PatternError as error:
        return f"can't be matched: {error.detail}"
    return None


def _wrong_names(value: Json) -> str | None:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return None
    return "must be an array of strings"


def _wrong_dependent(value: Json) -> str | None:
    if not isinstance(value, dict):
        return "must be an object"
    return next(filter(None, map(_wrong_names, value.values())), None)


RULES: dict[str, Callable[[Json], str | None]] = {
    "dependentRequired": _wrong_dependent,
    "enum": _wrong_enum,
    "examples": _wrong_enum,
    "pattern": _wrong_pattern,
    "required": _wrong_names,
    "type": _wrong_type,
}


def _search(pattern: str) -> object:
    """The program of a pattern that may match anywhere (ECMA-262's `test`)."""
    return compile_pattern(rf"(?s:.*)(?:{pattern})(?s:.*)")


def _resolve(root: Json, reference: str) -> Json:
    """What a local reference names; raises LookupError."""
    if not reference.startswith("#"):
        raise LookupError(reference)
    fragment = reference[1:]
    if fragment and not fragment.startswith("/"):
        return _anchor(root, fragment)
    from urllib.parse import unquote

    found = root
    for part in unquote(fragment).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdigit():
            found = found[int(name)]
        elif isinstance(found, dict):
            found = found[name]
        else:
            raise LookupError(reference)
    return found


def _anchor(schema: Json, name: str) -> Json:
    if isinstance(schema, dict):
        if schema.get("$anchor") == name:
            return schema
        children = list(schema.values())
    else:
        children = schema if isinstance(schema, list) else []
    for each in children:
        try:
            return _anchor(each, name)
        except LookupError:
            continue
    raise LookupError(name)


class _Check:
    """Values held against one schema.

    `seen` are the names or indexes of the value that a schema has said something of,
    for `unevaluatedProperties` and `unevaluatedItems`.
    """

    def __init__(self, root: Json) -> None:
        self._root = root

    def violations(
        self, schema: Json, value: Json, at: str, seen: set[str | int]
    ) -> Iterator[str]:
        if isinstance(schema, bool):
            if not schema:
                yield _at(at, "isn't allowed")
            return
        assert isinstance(schema, dict)
        yield from _of_value(schema, value, at)
        yield from self._apply(schema, value, at, seen)
        if isinstance(value, str):
            yield from _of_text(schema, value, at)
        elif _is_number(value):
            yield from _of_number(schema, value, at)
        elif isinstance(value, list):
            yield from self._items(schema, value, at, seen)
        elif isinstance(value, dict):
            yield from self._properties(schema, value, at, seen)

    def _fits(self, schema: Json, value: Json, at: str, seen: set[str | int]) -> bool:
        """Whether it does; what a schema that fits has evaluated counts."""
        own: set[str | int] = set()
        if next(self.violations(schema, value, at, own), None) is not None:
            return False
        seen |= own
        return True

    def _apply(
        self, schema: dict[str, Json], value: Json, at: str, seen: set[str | int]
    ) -> Iterator[str]:
        """The schemas that hold for the same value."""
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield from self.violations(_resolve(self._root, reference), value, at, seen)
        for each in _list(schema, "allOf"):
            yield from self.violations(each, value, at, seen)
        yield from self._alternatives(schema, value, at, seen)
        if "not" in schema and self._fits(schema["not"], value, at, set()):
            yield _at(at, "fits what it must not")
        if "if" in schema:
            fits = self._fits(schema["if"], value, at, seen)
            branch = schema.get("then" if fits else "else", True)
            yield from self.violations(branch, value, at, seen)

    def _alternatives(
        self, schema: dict[str, Json], value: Json, at: str, seen: set[str | int]
    ) -> Iterator[str]:
        for keyword in ("anyOf", "oneOf"):
            choices = _list(schema, keyword)
            fits = [self._fits(each, value, at, seen) for each in choices]
            if choices and not any(fits):
                yield _at(at, f"fits none of {keyword}")
            elif keyword == "oneOf" and sum(fits) > 1:
                yield _at(at, "fits more than one of oneOf")

    def _items(
        self, schema: dict[str, Json], value: list[Json], at: str, seen: set[str | int]
    ) -> Iterator[str]:
        yield from _count(schema, "Items", len(value), at, "items")
        if schema.get("uniqueItems") is True and _repeats(value):
            yield _at(at, "has an item twice")
        first = _list(schema, "prefixItems")
        for number, each in enumerate(value):
            rule = first[number] if number < len(first) else schema.get("items")
            if rule is not None:
                seen.add(number)
                yield from self.violations(rule, each, f"{at}/{number}", set())
        yield from self._contains(schema, value, at, seen)
        for number, each in enumerate(value):
            if "unevaluatedItems" in schema and number not in seen:
                rule = schema["unevaluatedItems"]
                seen.add(number)
                yield from self.violations(rule, each, f"{at}/{number}", set())

    def _contains(
        self, schema: dict[str, Json], value: list[Json], at: str, seen: set[str | int]
    ) -> Iterator[str]:
        if "contains" not in schema:
            return
        rule = schema["contains"]
        found = [n for n, each in enumerate(value) if self._fits(rule, each, at, set())]
        seen.update(found)
        least, most = schema.get("minContains", 1), schema.get("maxContains")
        if len(found) < least:  # type: ignore[operator]
            yield _at(at, f"has fewer than {least} of what it must contain")
        if most is not None and len(found) > most:  # type: ignore[operator]
            yield _at(at, f"has more than {most} of what it may contain")

    def _properties(
        self,
        schema: dict[str, Json],
        value: dict[str, Json],
        at: str,
        seen: set[str | int],
    ) -> Iterator[str]:
        yield from _count(schema, "Properties", len(value), at, "members")
        yield from _of_names(schema, value, at)
        for name, each in value.items():
            place = f"{at}/{_escape(name)}"
            rules = list(_rules(schema, name))
            if rules:
                seen.add(name)
            for rule in rules:
                yield from self.violations(rule, each, place, set())
            if "propertyNames" in schema:
                yield from self.violations(schema["propertyNames"], name, place, set())
        for name, rule in _dict(schema, "dependentSchemas").items():
            if name in value:
                yield from self.violations(rule, value, at, seen)
        for name, each in value.items():
            if "unevaluatedProperties" in schema and name not in seen:
                rule, place = schema["unevaluatedProperties"], f"{at}/{_escape(name)}"
                seen.add(name)
                yield from self.violations(rule, each, place, set())


def _rules(schema: dict[str, Json], name: str) -> Iterator[Json]:
    """The schemas of one member of an object."""
    from .match import fullmatch

    hits = 0
    properties = _dict(schema, "properties")
    if name in properties:
        hits += 1
        yield properties[name]
    for pattern, rule in _dict(schema, "patternProperties").items():
        if fullmatch(_search(pattern), name):  # type: ignore[arg-type]
            hits += 1
            yield rule
    if not hits and "additionalProperties" in schema:
        yield schema["additionalProperties"]


def _of_value(schema: dict[str, Json], value: Json, at: str) -> Iterator[str]:
    types = schema.get("type")
    if types is not None:
        words = types if isinstance(types, list) else [types]
        if not any(_is_a(value, str(word)) for word in words):
            expected = " or ".join(map(str, words))
            yield _at(at, f"must be {expected}, not {_kind(value)}")
    if "enum" in schema and not any(_same(value, e) for e in _list(schema, "enum")):
        yield _at(at, f"{_text_of(value)} isn't one of enum")
    if "const" in schema and not _same(value, schema["const"]):
        yield _at(at, f"must be {_text_of(schema['const'])}")


def _of_names(
    schema: dict[str, Json], value: dict[str, Json], at: str
) -> Iterator[str]:
    needed = [str(name) for name in _list(schema, "required")]
    for name, names in _dict(schema, "dependentRequired").items():
        if name in value and isinstance(names, list):
            needed += map(str, names)
    for name in needed:
        if name not in value:
            yield _at(at, f"{_text_of(name)} is missing")


def _of_text(schema: dict[str, Json], value: str, at: str) -> Iterator[str]:
    yield from _count(schema, "Length", len(value), at, "characters")
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        from .match import fullmatch

        if not fullmatch(_search(pattern), value):  # type: ignore[arg-type]
            yield _at(at, f"{_text_of(value)} doesn't match {pattern}")


def _of_number(schema: dict[str, Json], value: Json, at: str) -> Iterator[str]:
    for keyword, fails, words in LIMITS:
        limit = schema.get(keyword)
        if limit is not None and fails(value, limit):
            yield _at(at, f"{_text_of(value)} must be {words} {limit}")
    step = schema.get("multipleOf")
    if step is not None and not _is_multiple(value, step):
        yield _at(at, f"{_text_of(value)} must be a multiple of {step}")


LIMITS: tuple[tuple[str, Callable[..., bool], str], ...] = (
    ("minimum", lambda value, limit: value < limit, "at least"),
    ("maximum", lambda value, limit: value > limit, "at most"),
    ("exclusiveMinimum", lambda value, limit: value <= limit, "more than"),
    ("exclusiveMaximum", lambda value, limit: value >= limit, "less than"),
)


def _is_multiple(value: Json, step: Json) -> bool:
    from fractions import Fraction

    return Fraction(repr(value)) % Fraction(repr(step)) == 0


def _count(
    schema: dict[str, Json], what: str, count: int, at: str, words: str
) -> Iterator[str]:
    least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
    if least is not None and count < least:  # type: ignore[operator]
        yield _at(at, f"has {count} {words}, at least {least} are needed")
    if most is not None and count > most:  # type: ignore[operator]
        yield _at(at, f"has {count} {words}, at most {most} are allowed")


def _repeats(items: list[Json]) -> bool:
    from json import dumps

    # A text of each item that equal items share: 1.0 is 1, members have no order.
    texts = [dumps(_plain(each), sort_keys=True) for each in items]
    return len(set(texts)) < len(texts)


def _plain(value: Json) -> Json:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _same(one: Json, other: Json) -> bool:
    return not _repeats([one]) and _repeats([one, other])


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Json) -> bool:
    whole = isinstance(value, float) and value.is_integer()
    return (isinstance(value, int) and not isinstance(value, bool)) or whole


def _is_a(value: Json, word: str) -> bool:
    if word == "integer":
        return _is_integer(value)
    kind = _kind(value)
    return kind == word or (word == "number" and kind == "integer")


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    kinds = (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")
    for kind, word in kinds:
        if isinstance(value, kind):
            return word
    return "array" if isinstance(value, list) else "object"


def _list(schema: dict[str, Json], keyword: str) -> list[Json]:
    found = schema.get(keyword)
    return found if isinstance(found, list) else []


def _dict(schema: dict[str, Json], keyword: str) -> dict[str, Json]:
    found = schema.get(keyword)
    return found if isinstance(found, dict) else {}


def _text_of(value: Json) -> str:
    from json import dumps

    text = dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _at(at: str, text: str) -> str:
    return f"{at}: {text}" if at else text


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
