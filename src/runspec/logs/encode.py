"""Records as JSON lines, without the modules that a start would pay for."""

from time import gmtime

from ..compat import quoters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..spec.plain import Json


quoted, escape = quoters()


def line_of(json: str) -> bytes:
    """One object as a line, in UTF-8.

    What isn't printable is an escape, so that nothing takes a character for a line's
    end, or shows another text than there is.
    """
    if not json.isprintable():
        json = "".join(c if c.isprintable() else escape(c)[1:-1] for c in json)
    return json.encode() + b"\n"


def json_of(value: "Json | Mapping[str, Json]") -> str:
    """JSON (RFC 8259) of what `plain` made."""
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(json_of, value)) + "]"
    if isinstance(value, int | float):
        return repr(value)
    pairs = (f"{quoted(key)}: {json_of(item)}" for key, item in value.items())
    return "{" + ", ".join(pairs) + "}"


def plain(value: object, above: "tuple[int, ...]" = ()) -> "Json":
    """What any object is in JSON; what has no JSON of its own is its text."""
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int:
        return value if value.bit_length() < 1024 else hex(value)
    if type(value) is float:
        return value if value - value == 0.0 else str(value)
    if isinstance(value, dict | list | tuple | set | frozenset):
        if id(value) in above:
            return "..."
        above = (*above, id(value))
        if isinstance(value, dict):
            return {text(key): plain(item, above) for key, item in value.items()}
        return [plain(item, above) for item in value]
    return text(value)


def text(value: object) -> str:
    """`str(value)`, whatever that raises."""
    try:
        return str.__str__(str(value))
    except Exception as error:  # noqa: BLE001
        return f"<{type(value).__name__}: {type(error).__name__} when it is shown>"


def utc(seconds: float) -> str:
    """ISO 8601 with microseconds."""
    whole = int(seconds // 1)
    micro = min(int((seconds - whole) * 1_000_000), 999_999)
    year, month, day, hour, minute, second, *_ = gmtime(whole)
    return (
        f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z"
    )
