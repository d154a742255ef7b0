"""A stream of bytes without secrets, as it comes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Pattern

    from . import Redactor

LIMIT = 64 * 1024
"""Characters that a line or a PEM key may have and still be seen whole."""

MARGIN = 4096
"""Characters held back of a longer line, for what may go on."""

BEGIN = "-----BEGIN "
END = "-----END "
KEY = "PRIVATE KEY"


class Stream:
    """Redacts a stream in pieces, line by line.

    What comes out is what `Redactor.bytes` makes of the whole, wherever the pieces
    are cut, for known values and for shapes in lines of up to 64 KiB. Held back are
    the last line until it ends, a PEM key until its end or 64 KiB, and what may
    become a known value of several lines.
    """

    __slots__ = ("_decoder", "_dropped", "_pieces", "_redactor", "_size")

    def __init__(self, redactor: Redactor) -> None:
        from codecs import getincrementaldecoder

        self._redactor = redactor
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._pieces: list[str] = []
        self._size = 0
        self._dropped: Pattern[str] | None = None

    def feed(self, data: bytes) -> bytes:
        """Takes the next bytes; returns what can be told by now."""
        return b"".join(
            self._take(data[at : at + LIMIT]) for at in range(0, len(data), LIMIT)
        )

    def end(self) -> bytes:
        """The rest, once nothing follows."""
        text = "".join(self._pieces) + self._decoder.decode(b"", final=True)
        self._keep("")
        return self._encoded(self._undropped(text))

    def _take(self, data: bytes) -> bytes:
        new = self._undropped(self._decoder.decode(data))
        self._pieces.append(new)
        self._size += len(new)
        if "\n" not in new and "\r" not in new and self._size <= LIMIT:
            return b""
        text = "".join(self._pieces)
        cut = self._cut(text)
        self._keep(text[cut:])
        return self._encoded(text[:cut])

    def _cut(self, text: str) -> int:
        """How many characters of `text` can go; if that can't be told, all."""
        try:
            cut = self._settled(text)
            if not cut and len(text) > self._most():
                cut = self._forced(text)
        except Exception:  # noqa: BLE001  then it can't be redacted either
            cut = len(text)
        return cut

    def _keep(self, text: str) -> None:
        self._pieces = [text]
        self._size = len(text)

    def _encoded(self, text: str) -> bytes:
        return self._redactor.text(text).encode("utf-8", "surrogateescape")

    def _reach(self) -> int:
        return max((known.reach for known in self._redactor.known), default=0)

    def _most(self) -> int:
        return LIMIT + MARGIN + self._reach()

    def _settled(self, text: str) -> int:
        """How many characters of `text`, whole lines, don't depend on what follows."""
        cut = _line_start(text, len(text))
        for begin, end in sorted(self._blocks(text), reverse=True):
            if begin < cut < end:
                cut = _line_start(text, begin)
        return cut

    def _blocks(self, text: str) -> Iterator[tuple[int, int]]:
        """What mustn't be cut; what isn't complete ends after the text."""
        yield from _pem_blocks(text)
        for known in self._redactor.known:
            if known.lines:
                yield from known.blocks(text)

    def _forced(self, text: str) -> int:
        """Where to cut a line that is too long to be held.

        A secret longer than that is masked, and what follows of it dropped.
        """
        cut = len(text) - MARGIN - self._reach()
        cut = _line_start(text, cut) or cut
        spans = [span[3:] for span in self._redactor.spans(text)]
        for begin, end in sorted(spans, reverse=True):
            if begin < cut < end:
                cut = begin
        if cut:
            return cut
        end = max(end for begin, end in spans if not begin)
        self._dropped = _rest_of(text, text[end:])
        return end

    def _undropped(self, text: str) -> str:
        """`text` without the rest of a secret that was too long."""
        if self._dropped is None or not text:
            return text
        match = self._dropped.match(text)
        end = match.end() if match else 0
        if end < len(text):
            self._dropped = None
        return text[end:]


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _pem_blocks(text: str) -> Iterator[tuple[int, int]]:
    begin = text.find(BEGIN)
    while begin >= 0:
        end = begin
        if KEY in text[begin : begin + 64]:
            end = text.find(END, begin)
            yield begin, (end if end >= 0 else len(text)) + 1
            if end < 0:
                return
        begin = text.find(BEGIN, end + 1)


def _rest_of(text: str, after: str) -> Pattern[str] | None:
    """Matches what may go on of a secret that `text` begins with, before `after`."""
    from re import compile as compile_pattern

    if text.startswith(BEGIN) and KEY in text[:64]:
        return None if after.strip() else compile_pattern(r"[A-Za-z0-9+/=\r\n\\]*")
    return None if after else compile_pattern(r"[^\s\"'<>]*")
