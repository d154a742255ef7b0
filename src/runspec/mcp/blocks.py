"""A program's output as content blocks (MCP, server/tools, "Tool Result")."""

from __future__ import annotations

import codecs

from ..remote.wire import READ_OUTPUT
from .capture import Capture
from .media import essence, is_textual
from .plaintext import plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .revisions import Revision
    from .shapes import Object
    from .shelf import Shelf

PARSED = 4 << 20
"""Bytes of a multipart document that are read."""
MEDIA = 3 << 20
"""Bytes of an image or of audio in a reply; 4 MiB in base64."""
MOST_PARTS = 32
"""Of more parts, the first ones are shown."""
LEAST_OF_PART = 500
"""Bytes of each part that are shown at least; all share the inline limit."""


class Blocks:
    """The blocks of one result, added output by output.

    Text up to the capture's `inline` is whole; longer, it is head and tail, behind a
    line that says how long it is and where the whole is. What isn't whole, or isn't
    whole as it was written, is on the shelf too and linked. Escape sequences and
    control characters are in the whole only.
    """

    __slots__ = ("_revision", "_shelf", "content")

    def __init__(self, revision: Revision, shelf: Shelf) -> None:
        self._revision = revision
        self._shelf = shelf
        self.content: list[Object] = []

    def output(self, capture: Capture, name: str, media_type: str) -> None:
        """By its media type; nothing for an empty one that needn't have a form."""
        kind = essence(media_type)
        if kind == "multipart/mixed":
            self._multipart(capture, name, media_type)
        elif not capture.size:
            return
        elif is_textual(kind):
            self.text(capture, name, media_type)
        else:
            self._binary(capture, name, media_type)

    def text(
        self, capture: Capture, name: str, media_type: str, before: str = ""
    ) -> None:
        """A text block that begins with `before`; what isn't UTF-8 is U+FFFD."""
        text, link = self.excerpt(capture, name, media_type)
        self.say(before + text)
        self.content += link

    def excerpt(
        self, capture: Capture, name: str, media_type: str
    ) -> tuple[str, list[Object]]:
        """The text of an output, and a link to the whole where it isn't all of it."""
        if capture.is_utf8 and fits(capture, capture.inline):
            return plain_text(capture.text()), []
        uri = self._shelf.put(capture, media_type)
        text = self._cut(capture, uri)
        if not capture.is_utf8:
            text = (
                f"[{name} isn't UTF-8: what couldn't be read is shown as U+FFFD. "
                f"Its bytes are at {self._place(uri)}.]\n{text}"
            )
        return text, self._links(capture, name, media_type, uri)

    def link(self, capture: Capture, name: str, media_type: str) -> None:
        """Only where it is."""
        uri = self._shelf.put(capture, media_type)
        stored = "" if capture.whole else f" The first {capture.kept} bytes were kept."
        self.say(
            f"[{name} is {capture.size} bytes of {media_type}, "
            f"at {self._place(uri)}.{stored}]"
        )
        self.content += self._links(capture, name, media_type, uri)

    def say(self, text: str) -> None:
        """A text block; none for no text, which model interfaces refuse."""
        if text:
            self.content.append({"type": "text", "text": text})

    def _multipart(self, capture: Capture, name: str, media_type: str) -> None:
        from .multipart import NotMultipart, parts_of

        if not fits(capture, PARSED):
            self.link(capture, name, media_type)
            return
        try:
            parts = parts_of(capture.read(0, capture.kept))
        except NotMultipart:
            self.text(capture, name, media_type)
            self.say(f"[{name} isn't a multipart document, as the tool declares.]")
            return
        shown = parts[:MOST_PARTS]
        share = max(LEAST_OF_PART, capture.inline // len(shown))
        for number, (kind, data) in enumerate(shown, 1):
            self._part(data, f"part {number}", kind, share)
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

    def _binary(self, capture: Capture, name: str, media_type: str) -> None:
        kind = essence(media_type).partition("/")[0]
        is_media = kind == "image" or (kind == "audio" and self._revision.audio)
        if not fits(capture, MEDIA if is_media else capture.inline):
            self.link(capture, name, media_type)
            return
        data = _base64(capture)
        if is_media:
            self.content.append({"type": kind, "data": data, "mimeType": media_type})
        else:
            uri = self._shelf.put(capture, media_type)
            self.say(f"[{name} is {capture.size} bytes of {media_type}, embedded.]")
            resource: Object = {"uri": uri, "mimeType": media_type, "blob": data}
            self.content.append({"type": "resource", "resource": resource})

    def _cut(self, capture: Capture, uri: str) -> str:
        """Whole, or a line that says what there is, then head and tail."""
        if fits(capture, capture.inline):
            return plain_text(capture.text())
        head, used = codecs.utf_8_decode(capture.head(), "replace", False)
        last = capture.tail()
        if capture.is_utf8:
            last = _from_character(last)
        whole = "the whole is" if capture.whole else f"the first {capture.kept} are"
        newline = "" if head.endswith("\n") else "\n"
        return (
            f"[{capture.size} bytes: shown are the first {used} and the last "
            f"{len(last)}; {whole} at {self._place(uri)}, which the tool {READ_OUTPUT} "
            f"reads]\n{plain_text(head)}{newline}"
            f"[{capture.size - used - len(last)} bytes left out]\n"
            f"{plain_text(last.decode('utf-8', 'replace'))}"
        )

    def _place(self, uri: str) -> str:
        return f"{uri} for {self._shelf.lifetime:g} s"

    def _links(
        self, capture: Capture, name: str, media_type: str, uri: str
    ) -> list[Object]:
        """A resource link, where the revision has them; the text names it too."""
        if not self._revision.links:
            return []
        what = "The whole output" if capture.whole else "The first part of the output"
        return [
            {
                "type": "resource_link",
                "uri": uri,
                "name": name,
                "description": f"{what}, kept for {self._shelf.lifetime:g} s.",
                "mimeType": media_type,
                "size": capture.kept,
            }
        ]


def fits(capture: Capture, most: int) -> bool:
    return capture.whole and capture.size <= most


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
