"""Outputs that are kept for a while, as resources."""

from __future__ import annotations

import codecs
import os
import time

from .media import is_textual

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .capture import Capture
    from .shapes import Object

SCHEME = "runspec://output/"
NEXT = "dev.runspec/next"
LIFETIME = 600.0
ROOM = 512 << 20
MOST = 128
"""Outputs at once; each may hold a descriptor."""
PART = 8 << 20
"""Bytes of one read."""


class _Kept:
    __slots__ = ("capture", "media_type", "until")

    def __init__(self, capture: Capture, media_type: str, until: float) -> None:
        self.capture = capture
        self.media_type = media_type
        self.until = until


class Shelf:
    """Keeps each output for `lifetime` seconds, all of them in `room` bytes.

    Where there is no room, the oldest goes. Whoever knows an output's URI, whose
    128 bits can't be guessed, can read it.
    """

    __slots__ = ("_kept", "_now", "_room", "lifetime")

    def __init__(
        self,
        lifetime: float = LIFETIME,
        room: int = ROOM,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lifetime = lifetime
        self._room = room
        self._now = now
        self._kept: dict[str, _Kept] = {}

    def put(self, capture: Capture, media_type: str) -> str:
        """Its URI. The shelf closes the capture when its time is over."""
        self.expire()
        name = os.urandom(16).hex()
        self._kept[name] = _Kept(capture, media_type, self._now() + self.lifetime)
        while len(self._kept) > 1 and self._is_full():
            self._drop(next(iter(self._kept)))
        return SCHEME + name

    def holds(self, capture: Capture) -> bool:
        return any(each.capture is capture for each in self._kept.values())

    def find(self, uri: str) -> tuple[Capture, str] | None:
        """An output and its media type, None where it isn't there (any more)."""
        self.expire()
        kept = self._kept.get(_parsed(uri)[0])
        return None if kept is None else (kept.capture, kept.media_type)

    def read(self, uri: str) -> Object | None:
        """A resource's contents (MCP, server/resources): `text`, or base64 `blob`.

        At most PART bytes; `_meta` then has the URI of the next part. A part of a
        text ends with a whole character. None for what isn't there (any more).
        """
        self.expire()
        name, offset = _parsed(uri)
        kept = self._kept.get(name)
        if kept is None or offset < 0 or (offset and offset >= kept.capture.kept):
            return None
        contents: Object = {"uri": uri, "mimeType": kept.media_type}
        end = offset + _part(kept, offset, contents)
        if end < kept.capture.kept:
            contents["_meta"] = {NEXT: f"{SCHEME}{name}?offset={end}"}
        return contents

    def expire(self) -> float | None:
        """Drop what is too old; the seconds until the next will be, if there is one."""
        now = self._now()
        for name in [name for name, each in self._kept.items() if each.until <= now]:
            self._drop(name)
        return min((each.until - now for each in self._kept.values()), default=None)

    def close(self) -> None:
        """Drop everything."""
        for name in list(self._kept):
            self._drop(name)

    def _is_full(self) -> bool:
        used = sum(each.capture.kept for each in self._kept.values())
        return used > self._room or len(self._kept) > MOST

    def _drop(self, name: str) -> None:
        self._kept.pop(name).capture.close()


def _parsed(uri: str) -> tuple[str, int]:
    """An output's name and the offset; -1 for what is no URI of an output."""
    name, asks, query = uri.removeprefix(SCHEME).partition("?")
    if not uri.startswith(SCHEME):
        return "", -1
    if not asks:
        return name, 0
    digits = query.removeprefix("offset=")
    is_offset = query.startswith("offset=") and digits.isascii() and digits.isdigit()
    return name, int(digits) if is_offset and len(digits) < 16 else -1


def _part(kept: _Kept, offset: int, contents: Object) -> int:
    """Put one part into `contents`; how many bytes it has."""
    from binascii import b2a_base64

    data = kept.capture.read(offset, PART)
    if not (is_textual(kept.media_type) and kept.capture.is_utf8):
        contents["blob"] = b2a_base64(data, newline=False).decode("ascii")
        return len(data)
    is_last = offset + len(data) >= kept.capture.kept
    contents["text"], length = codecs.utf_8_decode(data, "replace", is_last)
    return length
