"""The head: what the ledger must hold at least.

{"audit":1,"count":42,"size":18230,"last":"64 hex","at":"…","seal":"64 hex"}

One line; `seal` is the mark of everything before it.
"""

from __future__ import annotations

from .entry import FIRST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..source.key import Key
    from ..spec.plain import Json

PURPOSE = "audit-head"
VERSION = "1"
MOST_BYTES = 4096
_SEAL = ',"seal":"'


class Head:
    """`count` records of `size` bytes, the last with the mac `last`, at `at`."""

    __slots__ = ("at", "count", "last", "size")

    def __init__(
        self, count: int = 0, size: int = 0, last: str = FIRST, at: str = ""
    ) -> None:
        self.count = count
        self.size = size
        self.last = last
        self.at = at

    def text(self, key: Key) -> str:
        """Its line, without the end."""
        body = (
            f'{{"audit":{VERSION},"count":{self.count},"size":{self.size},'
            f'"last":"{self.last}","at":"{self.at}"'
        )
        return f'{body}{_SEAL}{key.mark(PURPOSE, body.encode())}"}}'

    def plain(self) -> dict[str, Json]:
        return {
            "count": self.count,
            "size": self.size,
            "last": self.last,
            "at": self.at,
        }


def head_of(content: bytes, key: Key | None) -> Head | None:
    """A head that was read; None where its seal isn't right. No key: any seal is."""
    body, _, seal = content.rstrip(b"\n").decode("ascii", "replace").partition(_SEAL)
    if key and not key.holds(PURPOSE, body.encode(), seal.removesuffix('"}')):
        return None
    pairs = (pair.partition(":") for pair in body.strip("{").split(","))
    found = {name.strip('"'): value.strip('"') for name, _, value in pairs}
    count, size = found.get("count", ""), found.get("size", "")
    numbers = count.isdecimal() and size.isdecimal()
    if found.get("audit") != VERSION or not numbers:
        return None
    return Head(int(count), int(size), found.get("last", ""), found.get("at", ""))
