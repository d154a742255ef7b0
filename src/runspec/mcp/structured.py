"""The JSON value of an output, as structured content (MCP, server/tools)."""

from __future__ import annotations

from .blocks import fits
from .shapes import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec.plain import Json
    from .capture import Capture
    from .revisions import Revision

SAFE = 2**53 - 1
"""The largest integer that every reader of JSON keeps (RFC 8259, section 6)."""
PARSED = 4 << 20
"""Bytes of JSON that are read."""


class Unfit(Exception):  # noqa: N818  the sentence is the message
    """The output isn't what the tool declares."""


def read_structured(capture: Capture, schema: Json, revision: Revision) -> object:
    """The value, or ABSENT where no schema, or none for this revision, is declared.

    Raises Unfit where it is no JSON, and with a schema also where it doesn't fit,
    is over the inline limit or has an integer that some clients change.
    """
    value = _value(capture)
    if schema is None:
        return ABSENT
    from ..spec.json_schema import violation_of

    reason = violation_of(schema, value)
    if reason is not None:
        raise Unfit(f"doesn't fit the tool's output-schema: {reason}")
    if not has_output_schema(schema, revision):
        return ABSENT
    if capture.size > capture.inline:
        raise Unfit(
            f"fits the tool's output-schema, but is {capture.size} bytes: over "
            f"{capture.inline} there is no structured content"
        )
    unsafe = next((n for n in _integers(value) if abs(n) > SAFE), None)
    if unsafe is not None:
        raise Unfit(
            f"has the integer {unsafe}, which many clients change (it is beyond 2^53); "
            "a program should print it as a string"
        )
    return value


def has_output_schema(schema: Json, revision: Revision) -> bool:
    """Whether a revision has a member for such a schema (SRV-12)."""
    if not isinstance(schema, dict) or not revision.structured:
        return False
    return revision.structured == "any" or schema.get("type") == "object"


def _integers(value: Json) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _integers(each)


def _value(capture: Capture) -> Json:
    from .values import NotJson, parse

    if not fits(capture, PARSED):
        reason = f"it is longer than {PARSED} bytes, which is all that is read"
    elif not capture.is_utf8:
        reason = "it isn't UTF-8"
    else:
        try:
            return parse(capture.text())
        except NotJson as error:
            reason = str(error)
    raise Unfit(f"isn't JSON, as the tool declares: {reason}")
