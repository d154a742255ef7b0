"""Reading the ledger, and finding what was done to it (AUD-05)."""

from __future__ import annotations

import os

from ..errors import Fault, FilePlace, RunspecError
from ..source.folder import Folder
from ..source.key import read_key
from .chain import MOST_LINE, Chain
from .file import UNTRUSTED, LedgerFile
from .head import MOST_BYTES, head_of
from .ledger import HEAD, KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..source.key import Key
    from ..spec.plain import Json
    from .entry import Entry
    from .head import Head


class Report:
    """What was found. `faults` are what was done to the ledger, and warnings.

    `records` is the number of the last record, `sound` how many stand before the
    first fault, `size` the bytes read. `torn` is how often a killed writer left part
    of a line. `first` and `last` are times, "" where there is no record.
    """

    __slots__ = (
        "faults",
        "first",
        "head",
        "last",
        "path",
        "records",
        "size",
        "sound",
        "torn",
    )

    def __init__(self, path: str, size: int) -> None:
        self.path = path
        self.size = size
        self.head: Head | None = None
        self.faults: list[Fault] = []
        self.records = 0
        self.sound = 0
        self.torn = 0
        self.first = ""
        self.last = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, dropped, moved, put in or cut off."""
        return all(fault.severity != "error" for fault in self.faults)

    def plain(self) -> dict[str, Json]:
        """All but the faults."""
        return {
            "whole": self.is_whole,
            "path": self.path,
            "size": self.size,
            "records": self.records,
            "sound": self.sound,
            "torn": self.torn,
            "first": self.first or None,
            "last": self.last or None,
            "head": self.head.plain() if self.head else None,
        }


def examined(
    directory: str,
    anchor: tuple[str, bytes] | None = None,
    each: Callable[[Entry], object] | None = None,
) -> Report:
    """The ledger of a directory, read as it is now; `each` gets every right record.

    `anchor` is the path and the content of a head that was kept elsewhere. Writers
    go on meanwhile. Raises RunspecError (`audit-untrusted`, `unreadable`).
    """
    folder = Folder(directory, UNTRUSTED)
    with LedgerFile(folder, writes=False) as file:
        key = read_key(folder, KEY)
        head = folder.read(HEAD, MOST_BYTES) if folder.exists() else None
        size = 0 if file.descriptor < 0 else os.fstat(file.descriptor).st_size
        file.release()
        report = Report(file.path, size)
        examination = _Examination(report, key, each)
        examination.heads(folder.place(HEAD), head, anchor)
        if key is not None:
            examination.read(key, file.descriptor)
    return report


def signed_head(directory: str) -> str:
    """The line of the head, "" where there is none yet.

    Raises RunspecError (`audit-unsigned`, `audit-untrusted`, `unreadable`).
    """
    folder = Folder(directory, UNTRUSTED)
    content = folder.read(HEAD, MOST_BYTES) if folder.exists() else None
    if content is None:
        return ""
    head = head_of(content, read_key(folder, KEY))
    if head is None:
        place = FilePlace(folder.place(HEAD), 0, 0)
        why = f"{HEAD} was changed"
        raise RunspecError(Fault("audit-unsigned", place.path, place, detail=why))
    return content.decode().rstrip("\n") if head.count else ""


class _Examination:
    """One reading: what is signed, then every line, then both compared."""

    def __init__(
        self,
        report: Report,
        key: Key | None,
        each: Callable[[Entry], object] | None,
    ) -> None:
        self._report = report
        self._key = key
        self._each = each
        self._anchor: tuple[str, Head] | None = None

    def heads(
        self, path: str, content: bytes | None, anchor: tuple[str, bytes] | None
    ) -> None:
        """Read what is signed: the head and the anchor."""
        report = self._report
        if content is not None:
            report.head = head_of(content, self._key)
        if self._key is None:
            begun = report.size or (report.head and report.head.count) or anchor
            if begun or (content and not report.head):
                self._fault("audit-unsigned", detail=f"{KEY} is missing")
            return
        if report.head is None:
            why = "is missing" if content is None else "was changed"
            self._fault("audit-unsigned", detail=f"{HEAD} {why}", path=path)
        if anchor is not None:
            found = head_of(anchor[1], self._key)
            if found is None:
                self._fault("audit-anchor-invalid", path=anchor[0])
            else:
                self._anchor = (anchor[0], found)

    def read(self, key: Key, descriptor: int) -> None:
        """Read every line, and hold the chain against what is signed."""
        report, head = self._report, self._report.head
        signed = {each.count for each in self._signed()}
        chain = Chain(key, report.path, signed, self._each)
        if descriptor >= 0:
            _follow(chain, descriptor, report.size)
        chain.end(head.size if head else 0)
        report.faults += chain.faults
        report.records, report.torn = chain.count, chain.torn
        report.first, report.last = chain.first, chain.at
        report.sound = chain.sound
        if head is not None:
            self._compare_head(chain, head)
        if self._anchor is not None:
            self._compare_anchor(chain, *self._anchor)

    def _signed(self) -> list[Head]:
        found = [self._anchor[1]] if self._anchor else []
        return [self._report.head, *found] if self._report.head else found

    def _compare_head(self, chain: Chain, head: Head) -> None:
        if chain.count < head.count:
            self._cut(chain.count, _counted(head.count - chain.count, "record"))
        elif chain.macs.get(head.count) != head.last:
            self._fault("audit-forked", received=head.count)
        elif self._report.is_whole and self._report.size < head.size:
            self._cut(chain.count, _counted(head.size - self._report.size, "byte"))
        elif chain.count > head.count:
            more = chain.count - head.count
            self._warn("audit-uncounted", received=more, expected=(head.count,))

    def _cut(self, count: int, lost: str) -> None:
        self._fault("audit-cut", received=count, detail=lost)

    def _compare_anchor(self, chain: Chain, path: str, anchor: Head) -> None:
        if chain.count < anchor.count or chain.macs.get(anchor.count) != anchor.last:
            expected = (anchor.count,)
            self._fault(
                "audit-anchor-lost", path=path, received=chain.count, expected=expected
            )

    def _fault(
        self,
        code: str,
        *,
        path: str = "",
        detail: str = "",
        received: int | None = None,
        expected: tuple[int, ...] = (),
        severity: str = "error",
    ) -> None:
        where = path or self._report.path
        self._report.faults.append(
            Fault(
                code,
                where,
                FilePlace(where, 0, 0),
                severity=severity,
                detail=detail,
                received=received,
                expected=expected,
            )
        )

    def _warn(self, code: str, *, received: int, expected: tuple[int, ...]) -> None:
        self._fault(code, received=received, expected=expected, severity="warning")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _follow(chain: Chain, descriptor: int, size: int) -> None:
    """Give the first `size` bytes to a chain, line by line."""
    with open(descriptor, "rb", closefd=False) as file:
        file.seek(0)
        while size > 0 and (piece := file.readline(MOST_LINE)):
            chain.line(piece[:size])
            size -= len(piece)
