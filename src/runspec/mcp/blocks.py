"""A program's output as content blocks (MCP, server/tools, "Tool Result")."""

from __future__ import annotations

import codecs

from .capture import Capture
from .media import essence, is_textual
from .shapes import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json
    from .revisions import Revision
    from .shapes import Object
    from .shelf import Shelf

PARSED = 4 << 20
"""Bytes of JSON, and of a multipart document, that are read."""
MEDIA = 3 << 20
"""Bytes of an image or of audio in a reply; 4 MiB in base64."""
MOST_PARTS = 32
"""Of more parts, the first ones are shown."""


class Blocks:
    """The blocks of one result, added output by output.

    Text up to the capture's `inline` is whole; longer, it is head and tail, with a
    line between that says how many bytes are left out. What isn't whole, or isn't
    whole as it was written, is on the shelf too and linked. `structured` is the JSON
    value of the output, where the revision has such; `unstructured` says that there
    should be one and can't be.
    """

    __slots__ = ("_revision", "_shelf", "content", "structured", "unstructured")

    def __init__(self, revision: Revision, shelf: Shelf) -> None:
        self._revision = revision
        self._shelf = shelf
        self.content: list[Object] = []
        self.structured: object = ABSENT
        self.unstructured = False

    def output(self, capture: Capture, name: str, media_type: str) -> None:
        """By its media type; nothing for an empty one that needn't have a form."""
        kind = essence(media_type)
        if kind == "application/json":
            self._json(capture, name, media_type)
        elif kind == "multipart/mixed":
            self._multipart(capture, name, media_type)
        elif not capture.size:
            return
        elif kind == "text/plain":
            self.text(capture, name, media_type)
        elif is_textual(kind):
            self._document(capture, name, media_type)
        else:
            self._binary(capture, name, media_type)

    def text(
        self, capture: Capture, name: str, media_type: str, before: str = ""
    ) -> None:
        """A text block that begins with `before`; what isn't UTF-8 is U+FFFD."""
        if capture.is_utf8 and _fits(capture, capture.inline):
            self.say(before + capture.text())
            return
        uri = self._shelf.put(capture, media_type)
        self.say(before + self._shown(capture, uri))
        if not capture.is_utf8:
            self.say(
                f"[{name} isn't UTF-8: what couldn't be read is shown as U+FFFD. "
                f"Its bytes are at {self._place(uri)}.]"
            )
        self._point(capture, name, media_type, uri)

    def link(self, capture: Capture, name: str, media_type: str) -> None:
        """Only where it is."""
        uri = self._shelf.put(capture, media_type)
        if self._revision.links and capture.whole:
            self._point(capture, name, media_type, uri)
            return
        kept = "" if capture.whole else f" The first {capture.kept} bytes were kept."
        self.say(
            f"[{name} is {capture.size} bytes of {media_type}, "
            f"at {self._place(uri)}.{kept}]"
        )
        self._point(capture, name, media_type, uri)

    def say(self, text: str) -> None:
        """A text block; none for no text, which model interfaces refuse."""
        if text:
            self.content.append({"type": "text", "text": text})

    def _json(self, capture: Capture, name: str, media_type: str) -> None:
        from .values import NotJson

        try:
            self._take(_value(capture))
        except NotJson as error:
            self.unstructured = True
            self.text(capture, name, media_type)
            self.say(f"[{name} isn't JSON, as the tool declares: {error}]")
        else:
            self.text(capture, name, media_type)

    def _take(self, value: Json) -> None:
        has = self._revision.structured
        if self.structured is ABSENT and (
            has == "any" or (has == "object" and isinstance(value, dict))
        ):
            self.structured = value

    def _multipart(self, capture: Capture, name: str, media_type: str) -> None:
        from .multipart import NotMultipart, parts_of

        if not _fits(capture, PARSED):
            self.link(capture, name, media_type)
            return
        try:
            parts = parts_of(capture.read(0, capture.kept))
        except NotMultipart:
            self.text(capture, name, media_type)
            self.say(f"[{name} isn't a multipart document, as the tool declares.]")
            return
        for number, (kind, data) in enumerate(parts[:MOST_PARTS], 1):
            self._part(data, f"part {number}", kind, capture.inline)
        if len(parts) > MOST_PARTS:
            self.say(f"[{len(parts) - MOST_PARTS} more parts aren't shown.]")
            self.link(capture, name, media_type)

    def _part(self, data: bytes, name: str, kind: str, inline: int) -> None:
        part = Capture(inline)
        part.write(data)
        try:
            if kind == "multipart/mixed":
                self.text(part, name, kind)
            else:
                self.output(part, name, kind)
        finally:
            if not self._shelf.holds(part):
                part.close()

    def _document(self, capture: Capture, name: str, media_type: str) -> None:
        if not (capture.is_utf8 and _fits(capture, capture.inline)):
            self.text(capture, name, media_type)
            return
        text = capture.text()
        self._embed(capture, media_type, {"text": text})

    def _binary(self, capture: Capture, name: str, media_type: str) -> None:
        kind = essence(media_type).partition("/")[0]
        is_media = kind == "image" or (kind == "audio" and self._revision.audio)
        if not _fits(capture, MEDIA if is_media else capture.inline):
            self.link(capture, name, media_type)
            return
        data = _base64(capture)
        if is_media:
            self.content.append({"type": kind, "data": data, "mimeType": media_type})
        else:
            self._embed(capture, media_type, {"blob": data})

    def _embed(self, capture: Capture, media_type: str, contents: Object) -> None:
        uri = self._shelf.put(capture, media_type)
        resource: Object = {"uri": uri, "mimeType": media_type, **contents}
        self.content.append({"type": "resource", "resource": resource})

    def _shown(self, capture: Capture, uri: str) -> str:
        """Whole, or head and tail around a line that says what is left out."""
        if _fits(capture, capture.inline):
            return capture.text()
        head, used = codecs.utf_8_decode(capture.head(), "replace", False)
        last = capture.tail()
        if capture.is_utf8:
            last = _from_character(last)
        what = (
            f"the whole of it, {capture.size} bytes, is"
            if capture.whole
            else f"only the first {capture.kept} bytes were kept and are"
        )
        left_out = capture.size - used - len(last)
        newline = "" if head.endswith("\n") else "\n"
        return (
            f"{head}{newline}[{left_out} bytes left out here; {what} at "
            f"{self._place(uri)}]\n{last.decode('utf-8', 'replace')}"
        )

    def _place(self, uri: str) -> str:
        return f"{uri} for {self._shelf.lifetime:g} s"

    def _point(self, capture: Capture, name: str, media_type: str, uri: str) -> None:
        """A resource link, where the revision has them; the text names it too."""
        if not self._revision.links:
            return
        what = "The whole output" if capture.whole else "The first part of the output"
        self.content.append(
            {
                "type": "resource_link",
                "uri": uri,
                "name": name,
                "description": f"{what}, kept for {self._shelf.lifetime:g} s.",
                "mimeType": media_type,
                "size": capture.kept,
            }
        )


def _fits(capture: Capture, most: int) -> bool:
    return capture.whole and capture.size <= most


def _value(capture: Capture) -> Json:
    from .values import NotJson, parse

    if not _fits(capture, PARSED):
        raise NotJson(f"it is longer than {PARSED} bytes, which is all that is read")
    if not capture.is_utf8:
        raise NotJson("it isn't UTF-8")
    return parse(capture.text())


def _base64(capture: Capture) -> str:
    from binascii import b2a_base64

    data = capture.read(0, capture.kept)
    return b2a_base64(data, newline=False).decode("ascii")


def _from_character(data: bytes) -> bytes:
    """UTF-8 from its first whole character on."""
    start = 0
    while start < min(3, len(data)) and data[start] & 0xC0 == 0x80:
        start += 1
    return data[start:]
