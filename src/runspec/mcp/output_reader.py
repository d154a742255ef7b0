"""The built-in tool that reads an output which was too long for its result (SRV-41)."""

from __future__ import annotations

import codecs

from ..remote.wire import READ_OUTPUT
from .media import is_textual
from .plaintext import plain_text
from .shapes import text_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json
    from .capture import Capture
    from .revisions import Revision
    from .shapes import Object, ToolResult
    from .shelf import Shelf

LARGEST = 2**53 - 1
SEARCHED = 32 << 20
"""Bytes that one call searches."""
LINE = 1_000
"""Bytes of a matching line that are shown."""
CHUNK = 1 << 20
LENGTH = 10_000
"""Bytes of one answer by default: some clients cut a result at about 12,000."""
DESCRIPTION = (
    "Read an output that was too long for the result of a call: a part of it, or only"
    " the lines that contain a text. The uri is in the first line of such a result."
)
GONE = "There is no such output, or no longer: call the tool that printed it again."


class _Wrong(Exception):  # noqa: N818  the sentence is the message
    """An argument that can't be."""


def definition(revision: Revision, inline: int) -> Object:
    """The item of `tools/list`; `inline` is the most bytes of one answer."""
    whole: Object = {"type": "integer", "minimum": 0, "default": 0}
    usual = min(inline, LENGTH)
    item: Object = {"name": READ_OUTPUT}
    if revision.titles:
        item["title"] = "Read a long output"
    item["description"] = DESCRIPTION
    item["inputSchema"] = {
        "type": "object",
        "properties": {
            "uri": {"type": "string", "description": "runspec://output/..."},
            "offset": {**whole, "description": "The first byte, default 0"},
            "length": {
                **whole,
                "minimum": 1,
                "default": usual,
                "description": f"Bytes, 1 to {inline}, default {usual}",
            },
            "grep": {
                "type": "string",
                "description": "Only lines that contain this text (no pattern), each"
                " behind its offset",
            },
        },
        "required": ["uri"],
        "additionalProperties": False,
    }
    if revision.annotations:
        item["annotations"] = {
            "title": "Read a long output",
            "readOnlyHint": True,
            "destructiveHint": False,
            "idempotentHint": True,
            "openWorldHint": False,
        }
    return item


def read_output(shelf: Shelf | None, arguments: Object, inline: int) -> ToolResult:
    """The result of a call of it."""
    try:
        uri, offset, length, text = _read(arguments, inline)
    except _Wrong as error:
        return text_result(str(error), is_error=True)
    found = shelf.find(uri) if shelf is not None else None
    if found is None:
        return text_result(GONE, is_error=True)
    capture, media_type = found
    if offset >= capture.kept:
        last = f"offset must be less than {capture.kept}, the bytes there are"
        return text_result(last, is_error=True)
    if text is not None:
        return text_result(_matches(capture, text.encode(), offset, length))
    if not (is_textual(media_type) or capture.is_utf8):
        words = f"{uri} is {media_type}: read it as a resource, or search it by grep"
        return text_result(words, is_error=True)
    return text_result(_part(capture, offset, length))


def _read(arguments: Object, inline: int) -> tuple[str, int, int, str | None]:
    """uri, offset, length and grep; raises _Wrong."""
    unknown = set(arguments) - {"uri", "offset", "length", "grep"}
    if unknown:
        raise _Wrong(f"unknown argument: {min(unknown)[:100]}")
    uri, text = arguments.get("uri"), arguments.get("grep")
    if not isinstance(uri, str):
        raise _Wrong("uri must be a string: runspec://output/...")
    if text is not None and not (isinstance(text, str) and text and _is_text(text)):
        raise _Wrong("grep must be a text of at least one character")
    offset = _whole("offset", arguments.get("offset"), 0)
    length = _whole("length", arguments.get("length"), min(inline, LENGTH))
    return uri, offset, min(max(1, length), inline), text


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\n" not in text


def _whole(name: str, value: Json, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Wrong(f"{name} must be an integer")
    if not 0 <= value <= LARGEST:
        raise _Wrong(f"{name} must be 0 to {LARGEST}")
    return value


def _part(capture: Capture, offset: int, length: int) -> str:
    data = capture.read(offset, length)
    is_last = offset + len(data) >= capture.kept
    text, used = codecs.utf_8_decode(data, "replace", is_last)
    end = offset + (used or len(data))
    more = "the end" if end >= capture.kept else f"go on with offset {end}"
    head = f"[bytes {offset} to {end} of {capture.kept}; {more}]\n"
    return head + plain_text(text)


def _matches(capture: Capture, text: bytes, offset: int, length: int) -> str:
    """The lines that contain the text, from the line at `offset` on."""
    lines: list[str] = []
    size, at = 0, offset
    end = min(capture.kept, offset + SEARCHED)
    while at < end and size < length:
        block = _whole_lines(capture, at, end)
        for start, line in _lines_with(block, text):
            shown = plain_text(line[:LINE].decode("utf-8", "replace"))
            mark = "..." if len(line) > LINE else ""
            lines.append(f"{at + start}: {shown}{mark}")
            size += len(line[:LINE])
            if size >= length:
                end = at + start + len(line) + 1
                break
        at += len(block)
    end = min(end, capture.kept)
    more = "the end" if end >= capture.kept else f"go on with offset {end}"
    head = f"[{len(lines)} lines in bytes {offset} to {end} of {capture.kept}; {more}]"
    return "\n".join([head, *lines])


def _whole_lines(capture: Capture, at: int, end: int) -> bytes:
    """The next bytes up to the end of a line, where there is one."""
    block = capture.read(at, min(CHUNK, end - at))
    newline = block.rfind(b"\n") + 1
    return block[:newline] if newline and at + len(block) < capture.kept else block


def _lines_with(block: bytes, text: bytes) -> list[tuple[int, bytes]]:
    """The lines of a block that contain a text, each with its offset."""
    found: list[tuple[int, bytes]] = []
    at = block.find(text)
    while at >= 0:
        start = block.rfind(b"\n", 0, at) + 1
        end = block.find(b"\n", at)
        end = len(block) if end < 0 else end
        found.append((start, block[start:end]))
        at = block.find(text, end)
    return found
