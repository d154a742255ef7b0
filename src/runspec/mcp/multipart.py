"""The parts of a multipart document (RFC 2046, section 5.1)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import Message

CHARSETS = ("big5", "cp", "euc", "gb", "iso8859", "koi8", "shift", "utf-16", "utf-32")
"""What Python's names of charsets begin with; its other codecs aren't for text as
sent, and some take quadratic time."""


class NotMultipart(Exception):  # noqa: N818
    """It isn't a MIME document of several parts."""


def parts_of(document: bytes) -> list[tuple[str, bytes]]:
    """The media type and the contents of each part, its transfer encoding undone.

    The document begins with its headers; `Content-Type` names the boundary. Text is
    UTF-8, whatever charset it came in. A part that is itself multipart stays one part.
    A last part without a closing boundary counts. Raises NotMultipart.
    """
    top = _message(document)
    boundary = top.get_boundary()
    if top.get_content_maintype() != "multipart" or not boundary:
        raise NotMultipart
    parts = _divided(_payload(top), boundary)
    if not parts:
        raise NotMultipart
    return [_contents(_message(each)) for each in parts]


def _message(data: bytes) -> Message:
    """Its headers read, the rest left as it is."""
    from email.parser import BytesHeaderParser

    return BytesHeaderParser().parsebytes(data)


def _payload(message: Message) -> bytes:
    payload = message.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _divided(body: bytes, boundary: str) -> list[bytes]:
    """What stands between delimiters, without preamble and epilogue."""
    import re

    name = re.escape(boundary.encode("utf-8", "surrogateescape"))
    delimiter = rb"(?:\A|\r?\n)--" + name + rb"(--)?[ \t]*(?=\r?\n|\Z)"
    parts: list[bytes] = []
    start = -1
    for found in re.finditer(delimiter, body):
        if start >= 0:
            parts.append(_without_newline(body[start : found.start()]))
        start = found.end()
        if found[1]:
            return parts
    return parts if start < 0 else [*parts, _without_newline(body[start:])]


def _without_newline(part: bytes) -> bytes:
    """A part without the end of its delimiter's line."""
    return part[2:] if part.startswith(b"\r\n") else part[1:]


def _contents(part: Message) -> tuple[str, bytes]:
    data = _payload(part)
    charset = part.get_content_charset()
    if part.get_content_maintype() == "text" and charset:
        data = _in_utf8(data, charset)
    return part.get_content_type(), data


def _in_utf8(data: bytes, charset: str) -> bytes:
    """The text in UTF-8; as it is where the charset isn't known."""
    from codecs import lookup

    try:
        codec = lookup(charset)
    except (LookupError, ValueError):
        return data
    if not codec.name.startswith(CHARSETS):
        return data
    return data.decode(codec.name, "replace").encode("utf-8", "replace")
