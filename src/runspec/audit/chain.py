"""The lines of a ledger, each held against the one before."""

from __future__ import annotations

from ..errors import Fault, FilePlace
from .entry import FIRST, MOST_BYTES, entry_of, is_torn, seals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Set

    from ..source.key import Key
    from .entry import Entry

MOST_LINE = 4 * MOST_BYTES
"""Bytes of a line; more are taken for several lines that were put in."""
MOST_FAULTS = 1_000


class Chain:
    """Takes a ledger line by line.

    `count` is the number of the last record that was right and in its place or
    behind it, `sound` how many there are before the first fault, `macs` the macs of
    the records whose numbers are in `wanted`, `at` the time of the last record.
    """

    def __init__(
        self,
        key: Key,
        path: str,
        wanted: Set[int],
        each: Callable[[Entry], object] | None,
    ) -> None:
        self.count = 0
        self.sound = 0
        self.torn = 0
        self.first = ""
        self.at = ""
        self.macs = {0: FIRST}
        self.faults: list[Fault] = []
        self._key = key
        self._path = path
        self._wanted = wanted
        self._each = each
        self._mac = FIRST
        self._line = 1
        self._offset = 0
        self._odd = 0
        self._odd_line = 0
        self._region = bytearray()
        self._hurt = False

    def line(self, piece: bytes) -> None:
        """The next line, with its end if it has one."""
        whole = piece.removesuffix(b"\n")
        entry = entry_of(whole, self._key)
        if entry is None:
            self._aside(piece)
        else:
            self._take(entry)
        self._line += len(piece) - len(whole)
        self._offset += len(piece)

    def _aside(self, piece: bytes) -> None:
        """Keep what isn't a record until the next one says what to make of it."""
        if not self._odd:
            self._odd_line = self._line
        self._odd += piece.endswith(b"\n") or not self._region
        if len(self._region) <= MOST_LINE:
            self._region += piece

    def end(self, signed: int) -> None:
        """No line follows; `signed` is how many bytes the head counts."""
        region = bytes(self._region)
        if not region:
            return
        behind = self._offset - len(region) >= signed
        if behind and is_torn(region.removesuffix(b"\n"), self.count + 1):
            self._torn()
        else:
            self._changed()

    def _take(self, entry: Entry) -> None:
        """A record whose mark is right: is it in its place?"""
        follows = (entry.seq, entry.prev) == (self.count + 1, self._mac)
        if follows and self._region and seals(entry, bytes(self._region), self._key):
            self._torn()
        changed = self._changed()
        if entry.seq <= self.count:
            self._fault("audit-moved", self._line, entry.seq, self.count + 1)
            return
        next_seq = self.count + 1 + changed
        if entry.seq > next_seq:
            self._fault("audit-missing", self._line, entry.seq, next_seq)
        elif not changed and not follows:
            self._fault("audit-forked", self._line, entry.seq)
        self._accept(entry)

    def _accept(self, entry: Entry) -> None:
        self.count = entry.seq
        self._mac = entry.mac
        self.sound += not self._hurt
        if entry.seq in self._wanted:
            self.macs[entry.seq] = entry.mac
        at = str(entry.members["at"])
        if at < self.at:
            self._add("audit-clock", self._line, entry.seq, self.at, detail=at)
        self.first = self.first or at
        self.at = at
        if self._each is not None:
            self._each(entry)

    def _torn(self) -> None:
        """What is kept aside was left by a killed writer."""
        self._add("audit-torn", self._odd_line, len(self._region))
        self.torn += 1
        self._odd, self._region = 0, bytearray()

    def _changed(self) -> int:
        """What is kept aside isn't records; how many lines it is."""
        odd, self._odd, self._region = self._odd, 0, bytearray()
        for number in range(min(odd, MOST_FAULTS)):
            self._fault(
                "audit-changed", self._odd_line + number, self.count + 1 + number
            )
        return odd

    def _fault(self, code: str, line: int, received: int, *expected: int) -> None:
        self._hurt = True
        self._add(code, line, received, *expected, severity="error")

    def _add(
        self,
        code: str,
        line: int,
        received: int,
        *expected: int | str,
        severity: str = "warning",
        detail: str = "",
    ) -> None:
        if len(self.faults) >= MOST_FAULTS:
            return
        fault = Fault(
            code,
            self._path,
            FilePlace(self._path, line, 1),
            severity=severity,
            received=received,
            expected=expected,
            detail=detail,
        )
        self.faults.append(fault)
