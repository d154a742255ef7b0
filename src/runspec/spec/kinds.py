"""One check for each kind of field: a TOML value to what the model holds, or BAD.

A check notes what is wrong with the reader it is given; `path` is the field's.
"""

from __future__ import annotations

from .fields import (
    CONTEXTS,
    KINDS,
    LAUNCHER_ALIASES,
    LAUNCHERS,
    SECRET_SCHEMES,
    Field,
)
from .names import DIGITS, LETTERS
from .reader import BAD, Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias, TypeGuard

    from .reader import Path

    Check: TypeAlias = Callable[[Reader, Path, Field, object], object]

INF = float("inf")
OUT_OF_BOUNDS = {"ARG-07": "length-invalid", "ARG-12": "position-invalid"}
"""The code of a number below its field's least, by the field's rule."""

GPU_WORDS = ("gpu", "auto", "cpu")

LONGEST_MEDIA_NAME = 127
IN_MEDIA_NAME = LETTERS + DIGITS + "!#$&-^_.+"
"""What stands in a type or a subtype; it begins with a letter or a digit."""


def is_int(value: object) -> TypeGuard[int]:
    """Whether a TOML value is an integer; a boolean isn't."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a TOML value is a finite number."""
    return (is_int(value) or isinstance(value, float)) and -INF < value < INF


def _wrong(reader: Reader, path: Path, field: Field, value: object) -> object:
    return reader.wrong_type(path, value, KINDS[field.kind].words)


def _string(reader: Reader, path: Path, field: Field, value: object) -> object:
    return value if isinstance(value, str) else _wrong(reader, path, field, value)


def _flags(reader: Reader, path: Path, field: Field, value: object) -> object:
    """RUN-08: words as a shell takes them apart, and nothing else of a shell's."""
    if not isinstance(value, str):
        return _wrong(reader, path, field, value)
    from shlex import split

    try:
        split(value)
    except ValueError as error:
        reader.fault(
            "become-flags-invalid", path, value=True, received=value, detail=str(error)
        )
        return BAD
    if "\0" in value:
        return reader.refuse("become-flags-invalid", path, value)
    return value


def _boolean(reader: Reader, path: Path, field: Field, value: object) -> object:
    return value if isinstance(value, bool) else _wrong(reader, path, field, value)


def _table(reader: Reader, path: Path, field: Field, value: object) -> object:
    return value if isinstance(value, dict) else _wrong(reader, path, field, value)


def _anything(_reader: Reader, _path: Path, _field: Field, value: object) -> object:
    return value


def _count(reader: Reader, path: Path, field: Field, value: object) -> object:
    return _at_least(0, reader, path, field, value)


def _positive(reader: Reader, path: Path, field: Field, value: object) -> object:
    return _at_least(1, reader, path, field, value)


def _at_least(
    least: int, reader: Reader, path: Path, field: Field, value: object
) -> object:
    if not is_int(value):
        return _wrong(reader, path, field, value)
    if value >= least:
        return value
    code = OUT_OF_BOUNDS.get(field.rule, "range-invalid")
    return reader.refuse(code, path, value, KINDS[field.kind].words)


def _seconds(reader: Reader, path: Path, field: Field, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _wrong(reader, path, field, value)
    if is_number(value) and value > 0:
        return value
    return reader.refuse("range-invalid", path, value, KINDS[field.kind].words)


def _strings(reader: Reader, path: Path, field: Field, value: object) -> object:
    if not isinstance(value, list):
        return _wrong(reader, path, field, value)
    return _all_strings(reader, path, value)


def _string_or_strings(
    reader: Reader, path: Path, field: Field, value: object
) -> object:
    if isinstance(value, str):
        return (value,)
    return _strings(reader, path, field, value)


def _all_strings(reader: Reader, path: Path, values: Sequence[object]) -> object:
    result: object = tuple(values)
    for number, value in enumerate(values, 1):
        if not isinstance(value, str):
            result = reader.wrong_type(path, value, "a string", number)
    return result


def _enum(reader: Reader, path: Path, field: Field, value: object) -> object:
    if not isinstance(value, str):
        return reader.wrong_type(path, value, "a string")
    if field.rule == "INF-01":
        if value in reader.types:
            return value
        return _unknown_type(reader, path, value)
    if field.choices is LAUNCHERS:
        value = LAUNCHER_ALIASES.get(value, value)
    if value in field.choices:
        return value
    if field.advisory:
        return reader.advise(path, value, field.choices)
    return reader.unknown(path, value, field.choices)


def _unknown_type(reader: Reader, path: Path, value: str) -> object:
    from .foreign import FORMS, TYPES

    detail = FORMS.get(value, "")
    if detail:
        reader.fault("foreign-type", path, value=True, received=value, detail=detail)
        return BAD
    near = TYPES.get(value) or reader.near(value, reader.types)
    return reader.refuse("unknown-type", path, value, *reader.types, candidates=near)


def _output(reader: Reader, path: Path, field: Field, value: object) -> object:
    """RUN-03."""
    if not isinstance(value, str):
        return reader.wrong_type(path, value, "a string")
    if value in field.choices or is_media_type(value):
        return value
    return reader.advise(path, value, (*field.choices, "a media type"))


def is_media_type(text: str) -> bool:
    """Whether it is `type/subtype`, without parameters (RFC 6838, section 4.2)."""
    names = text.split("/")
    return len(names) == 2 and all(map(_is_media_name, names))


def _is_media_name(name: str) -> bool:
    fits = 0 < len(name) <= LONGEST_MEDIA_NAME
    return fits and name[0] in LETTERS + DIGITS and not name.strip(IN_MEDIA_NAME)


def _audiences(reader: Reader, path: Path, field: Field, value: object) -> object:
    """RUN-04: as written; `audiences` of the model tells who that is."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, list):
        return _wrong(reader, path, field, value)
    words = _all_strings(reader, path, value)
    for number, word in enumerate(value, 1):
        if isinstance(word, str) and word not in field.choices:
            reader.advise(path, word, field.choices, item=number)
    return words


def _contexts(reader: Reader, path: Path, field: Field, value: object) -> object:
    """Some of the field's choices, in their order (RUN-05)."""
    if isinstance(value, bool):
        return CONTEXTS if value else ()
    if not isinstance(value, list):
        return _wrong(reader, path, field, value)
    words = _all_strings(reader, path, value)
    for number, word in enumerate(value, 1):
        if isinstance(word, str) and word not in field.choices:
            words = reader.unknown(path, word, field.choices, item=number)
    return words if words is BAD else tuple(c for c in field.choices if c in value)


def _options(reader: Reader, path: Path, field: Field, value: object) -> object:
    if not isinstance(value, list):
        return _wrong(reader, path, field, value)
    fit = all(isinstance(each, str) or is_number(each) for each in value)
    if fit and len({type(each) for each in value}) == 1:
        return tuple(value)
    words = "strings, integers or floats, all of one type"
    return reader.refuse("options-invalid", path, value, words)


def _range(reader: Reader, path: Path, field: Field, value: object) -> object:
    if not isinstance(value, list):
        return _wrong(reader, path, field, value)
    if len(value) == 2 and all(map(is_number, value)) and value[0] <= value[1]:
        return tuple(value)
    words = KINDS[field.kind].words
    return reader.refuse("range-invalid", path, value, words)


def _pattern(reader: Reader, path: Path, _field: Field, value: object) -> object:
    if not isinstance(value, str):
        return reader.wrong_type(path, value, "a string")
    return value if compiles(reader, path, value, at_value=True) else BAD


def compiles(reader: Reader, path: Path, pattern: str, *, at_value: bool) -> bool:
    """Whether `pattern` is one; its program is then `reader.programs[pattern]`."""
    from .pattern import PatternError, compile_pattern

    if pattern in reader.programs:
        return True
    try:
        reader.programs[pattern] = compile_pattern(pattern)
    except PatternError as error:
        reader.fault(
            error.code, path, value=at_value, received=pattern, detail=error.detail
        )
        return False
    return True


def _short(reader: Reader, path: Path, field: Field, value: object) -> object:
    if not isinstance(value, str):
        return reader.wrong_type(path, value, "a string")
    if value == "-h":
        return reader.refuse("short-reserved", path, value)
    if len(value) == 2 and value[0] == "-" and _can_be_short(value[1]):
        return value
    return reader.refuse("short-invalid", path, value, KINDS[field.kind].words)


def _can_be_short(character: str) -> bool:
    return character not in "-=" and not character.isspace() and character.isprintable()


def _delimiter(reader: Reader, path: Path, field: Field, value: object) -> object:
    if not isinstance(value, str):
        return reader.wrong_type(path, value, "a string")
    if len(value) == 1:
        return value
    return reader.refuse("delimiter-invalid", path, value, KINDS[field.kind].words)


def _string_table(reader: Reader, path: Path, field: Field, value: object) -> object:
    if not isinstance(value, dict):
        return _wrong(reader, path, field, value)
    result: object = value
    for key, each in value.items():
        if not isinstance(each, str):
            result = reader.wrong_type((*path, key), each, "a string")
    return result


def _variables(reader: Reader, path: Path, field: Field, value: object) -> object:
    """A table of environment variables as text; booleans are 1 and 0 (INJ-02)."""
    if not isinstance(value, dict):
        return _wrong(reader, path, field, value)
    before = len(reader.faults)
    variables = {
        key: _variable(reader, (*path, key), key, each) for key, each in value.items()
    }
    return variables if len(reader.faults) == before else BAD


def _variable(reader: Reader, path: Path, name: str, value: object) -> object:
    if not is_variable(name):
        reader.fault("env-invalid", path, received=name)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return reader.wrong_type(path, value, "a string, a number, true or false")
    return reader.refuse("env-invalid", path, value) if "\0" in value else value


def is_variable(name: str) -> bool:
    """Whether a process can have an environment variable of this name (ARG-13)."""
    return bool(name) and "=" not in name and "\0" not in name


def _secrets(reader: Reader, path: Path, field: Field, value: object) -> object:
    """A table of references (PRF-05); what isn't one may be the secret itself."""
    if not isinstance(value, dict):
        reader.secrets.append(path)
        reader.fault(
            "field-type", path, value=True, expected=(KINDS[field.kind].words,)
        )
        return BAD
    wrong = [key for key, each in value.items() if not is_reference(each)]
    for key in wrong:
        reader.secrets.append((*path, key))
        forms = ("env:NAME", "file:PATH", "cmd:COMMAND")
        reader.fault("secret-reference", (*path, key), value=True, expected=forms)
    return BAD if wrong else value


def is_reference(value: object) -> TypeGuard[str]:
    """Whether it says where a secret is: `env:NAME`, `file:PATH` or `cmd:COMMAND`."""
    scheme, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    return scheme in SECRET_SCHEMES and bool(rest) and "\0" not in rest


def _gpus(reader: Reader, path: Path, field: Field, value: object) -> object:
    if isinstance(value, str):
        if value in GPU_WORDS:
            return value
        return reader.unknown(path, value, GPU_WORDS)
    return _at_least(0, reader, path, field, value)


def _rotate(reader: Reader, path: Path, field: Field, value: object) -> object:
    from .rotate import INTERVALS, size_of

    if not isinstance(value, str):
        return reader.wrong_type(path, value, "a string")
    if value in INTERVALS or size_of(value) is not None:
        return value
    return reader.refuse("rotate-invalid", path, value, KINDS[field.kind].words)


CHECKS: dict[str, Check] = {
    "str": _string,
    "flags": _flags,
    "bool": _boolean,
    "count": _count,
    "positive": _positive,
    "seconds": _seconds,
    "any": _anything,
    "table": _table,
    "strs": _strings,
    "str-or-strs": _string_or_strings,
    "enum": _enum,
    "output": _output,
    "audiences": _audiences,
    "contexts": _contexts,
    "options": _options,
    "range": _range,
    "pattern": _pattern,
    "short": _short,
    "delimiter": _delimiter,
    "str-table": _string_table,
    "env-table": _variables,
    "secrets": _secrets,
    "gpus": _gpus,
    "rotate": _rotate,
}
"""The check of each kind; those that hold tables are in `table.py`."""
