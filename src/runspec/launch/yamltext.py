"""JSON values as YAML 1.2, every text quoted (https://yaml.org/spec/1.2.2/)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..spec.plain import Json

STEP = "  "
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
PLAIN_FIRST = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
PLAIN = f"{PLAIN_FIRST}0123456789-./"
WORDS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
"""What YAML 1.1 takes for a boolean or nothing, in any case."""


class PlainKey(str):
    """A key that is no text, such as `1` or `true`: it stands without quotes."""

    __slots__ = ()


def document(value: Mapping[str, Json]) -> str:
    """One document, in blocks; texts of several lines as literal blocks."""
    return "\n".join(_mapping(value, "")) + "\n"


def documents(values: Sequence[Mapping[str, Json]]) -> str:
    """Several documents of one file."""
    return "---\n".join(document(value) for value in values)


def quoted(text: str) -> str:
    """A double-quoted scalar on one line, whatever is in the text."""
    return f'"{"".join(_escaped(character) for character in text)}"'


def _mapping(value: Mapping[str, Json], indent: str) -> Iterator[str]:
    for key, each in value.items():
        yield from _member(f"{indent}{_key(key)}:", each, indent)


def _sequence(value: Sequence[Json], indent: str) -> Iterator[str]:
    inner = indent + STEP
    for each in value:
        if isinstance(each, dict) and each:
            first, *rest = _mapping(each, inner)
            yield f"{indent}- {first[len(inner) :]}"
            yield from rest
        else:
            yield from _member(f"{indent}-", each, indent)


def _member(lead: str, value: Json, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        yield lead
        yield from _mapping(value, indent + STEP)
    elif isinstance(value, list) and value:
        yield lead
        yield from _sequence(value, indent + STEP)
    elif isinstance(value, str) and _literal(value):
        yield f"{lead} |{_chomping(value)}"
        for line in value.removesuffix("\n").split("\n"):
            yield f"{indent}{STEP}{line}" if line else ""
    else:
        yield f"{lead} {_scalar(value)}"


def _literal(text: str) -> bool:
    """Whether it is read back the same from a literal block."""
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1
        and bool(lines[0])
        and bool(lines[-1])
        and lines[0][0] not in " \t"
        and all(_printable(character) for line in lines for character in line)
    )


def _chomping(text: str) -> str:
    return "" if text.endswith("\n") else "-"


def _scalar(value: Json) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return _float(repr(value))
    import json

    return json.dumps(value)


def _float(text: str) -> str:
    """As every reader takes it for a number: YAML 1.1 wants a dot before the `e`."""
    if text[-3:] in ("inf", "nan"):
        return f"{text[:-3]}.{text[-3:]}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}{'' if '.' in mantissa or not e else '.0'}{e}{exponent}"


def _key(key: str) -> str:
    if isinstance(key, PlainKey):
        return key
    if key[:1] in PLAIN_FIRST and key.lower() not in WORDS:
        return key if key and not key.strip(PLAIN) else quoted(key)
    return quoted(key)


def _escaped(character: str) -> str:
    if found := ESCAPES.get(character):
        return found
    if _printable(character):
        return character
    number = ord(character)
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\u{number:04x}" if number > 0xFF else f"\\x{number:02x}"


def _printable(character: str) -> bool:
    """Space counts, a tab too; what Unicode calls a separator doesn't."""
    return character == "\t" or character.isprintable()
