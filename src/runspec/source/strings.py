"""Where the strings of a Python file are that go over several lines."""

from __future__ import annotations

TRIPLES = (b'"""', b"'''")
BEGINS = (b"#", b'"', b"'")


class Strings:
    """Tells whether an offset is inside of a string in triple quotes.

    Offsets are asked for in their order, so that all of them together take one pass.
    Quotes that are nested in the braces of an f-string (PEP 701) aren't known.
    """

    __slots__ = ("_at", "_data", "_end", "_seen")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._end = 0
        self._seen: dict[bytes, int] = {}

    def cover(self, offset: int) -> bool:
        """Whether `offset` is in such a string."""
        if offset < self._end:
            return True
        if all(self._find(each, self._at) >= offset for each in TRIPLES):
            return False
        while self._at < offset:
            start = min(self._find(sign, self._at) for sign in BEGINS)
            if start >= offset:
                return False
            self._at = self._behind(start)
        self._end = self._at
        return offset < self._at

    def _find(self, sign: bytes, at: int) -> int:
        """The first of a sign from `at` on, else the end; asked in rising order."""
        seen = self._seen.get(sign, -1)
        if seen < at:
            seen = self._data.find(sign, at)
            seen = len(self._data) if seen < 0 else seen
            self._seen[sign] = seen
        return seen

    def _behind(self, start: int) -> int:
        """The offset behind the comment or string that begins at `start`."""
        quotes = self._data[start : start + 3]
        if quotes[:1] == b"#":
            return self._find(b"\n", start)
        if quotes in TRIPLES:
            return self._closed(start + 3, quotes)
        return self._closed(start + 1, quotes[:1])

    def _closed(self, at: int, quotes: bytes) -> int:
        """Behind the first `quotes` that no backslash escapes, or the line's end."""
        while True:
            stop = len(self._data) if quotes in TRIPLES else self._find(b"\n", at)
            end = self._find(quotes, at)
            escape = self._find(b"\\", at)
            if escape >= min(end, stop):
                return stop if end >= stop else end + len(quotes)
            at = escape + 2
