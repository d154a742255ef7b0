"""Adding to the ledger; nothing in it is ever changed."""

from __future__ import annotations

import os

from ..errors import Fault, FilePlace, RunspecError
from ..source.folder import Folder, failed
from ..source.key import LENGTH, Key, read_key
from .entry import TORN, digest, entry_of, is_torn, moment, seals, written
from .file import LEDGER, UNTRUSTED, LedgerFile
from .head import MOST_BYTES, Head, head_of
from .journal import SOCKET, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..record import Plain
    from .entry import Entry

HEAD = "audit.head"
KEY = "audit.key"
MOST_UNCOUNTED = 16 << 20
"""Bytes behind the head that writers which died may have left."""


class Ledger:
    """The ledger in one directory; `journal` is the socket its head is sent to.

    Any number of processes may add to it. What one costs doesn't depend on its size:
    read are the head and what stands behind it.
    """

    __slots__ = ("_folder", "_journal")

    def __init__(self, directory: str, journal: str = SOCKET) -> None:
        self._folder = Folder(directory, UNTRUSTED)
        self._journal = journal

    def append(
        self, kind: str, fields: Mapping[str, Plain], *, sync: bool = False
    ) -> None:
        """Add a record, and with `sync` wait until it is on the disk.

        Raises RunspecError, and leaves the ledger as it was: `unwritable`;
        `audit-untrusted` where others could read or write it; `audit-broken` where
        its end isn't the one that was signed.
        """
        if not self._folder.path:
            detail = "this user has no home directory"
            raise RunspecError(Fault("unwritable", LEDGER, detail=detail))
        self._folder.make()
        with LedgerFile(self._folder, writes=True) as file:
            end = _End(self._folder, file)
            end.add(kind, fields)
            text = end.commit(sync=sync)
        tell(text, file.path, self._journal)


class _End:
    """The end of a locked ledger: the head, and the lines that come behind it."""

    def __init__(self, folder: Folder, file: LedgerFile) -> None:
        self._folder = folder
        self._file = file
        self._size = os.fstat(file.descriptor).st_size
        self._new = b""
        self._key, self._head = self._signed()
        self._require_last()
        self._adopt()

    def add(self, kind: str, fields: Mapping[str, Plain]) -> None:
        """A further line behind the head."""
        head = self._head
        line, mac = written(head.count + 1, head.last, kind, fields, self._key)
        self._new += line
        self._head = Head(head.count + 1, self._size + len(self._new), mac, moment())

    def commit(self, *, sync: bool) -> str:
        """Write the new lines, then the head, or neither; the head's text."""
        text = self._head.text(self._key)
        try:
            self._write(sync=sync)
            self._folder.write(HEAD, text.encode() + b"\n")
        except RunspecError:
            self._undo()
            raise
        return text

    def _undo(self) -> None:
        try:
            os.ftruncate(self._file.descriptor, self._size)
        except OSError:
            return  # what is left is taken in, or sealed, by the next writer

    def _write(self, *, sync: bool) -> None:
        descriptor, left = self._file.descriptor, memoryview(self._new)
        try:
            while left:
                left = left[os.write(descriptor, left) :]
            if sync:
                os.fdatasync(descriptor)
        except OSError as error:
            raise failed("unwritable", self._file.path, error) from None

    def _signed(self) -> tuple[Key, Head]:
        """The key and the head; both are made for a ledger that is new."""
        key = read_key(self._folder, KEY)
        content = self._folder.read(HEAD, MOST_BYTES)
        if key is None:
            return self._begun(content)
        if content is None:
            raise self._broken(f"{HEAD} is missing")
        head = head_of(content, key)
        if head is None:
            raise self._broken(f"{HEAD} was changed")
        return key, head

    def _begun(self, content: bytes | None) -> tuple[Key, Head]:
        """The head goes first: a key without one is a head that was taken away."""
        found = Head() if content is None else head_of(content, None)
        if self._size or found is None or found.count:
            raise self._broken(f"{KEY} is missing")
        secret = os.urandom(LENGTH)
        key, head = Key(secret), Head()
        self._folder.write(HEAD, head.text(key).encode() + b"\n")
        self._folder.write(KEY, secret)
        return key, head

    def _require_last(self) -> None:
        """The last record that the head counts is there."""
        head = self._head
        if self._size < head.size:
            raise self._broken(f"{head.size - self._size} bytes are missing")
        tail = f'{head.last}"}}\n'.encode()
        if head.count and self._read(len(tail), head.size - len(tail)) != tail:
            raise self._broken(f"record {head.count} was changed")

    def _adopt(self) -> None:
        """Take in what writers left behind the head that died: no byte is dropped."""
        left = self._size - self._head.size
        if left > MOST_UNCOUNTED:
            raise self._broken(f"{left} bytes are behind record {self._head.count}")
        region = self._adopted(self._read(left, self._head.size)) if left else b""
        if not region:
            return
        if not is_torn(region, self._head.count + 1):
            raise self._broken(f"no record follows record {self._head.count}")
        if not region.endswith(b"\n"):
            self._new = b"\n"
            region += b"\n"
        self.add(TORN, {"bytes": len(region), "digest": digest(region, self._key)})

    def _adopted(self, rest: bytes) -> bytes:
        """Count the records at the beginning of `rest`; what follows the last."""
        region = b""
        for line in rest.split(b"\n"):
            entry = entry_of(line, self._key)
            if entry and self._follows(entry) and seals(entry, region, self._key):
                size = self._head.size + len(region) + len(line) + 1
                self._head = Head(entry.seq, size, entry.mac, moment())
                region = b""
            else:
                region += line + b"\n"
        if not rest.endswith(b"\n") and not region:
            self._new = b"\n"
        return region[:-1]

    def _follows(self, entry: Entry) -> bool:
        head = self._head
        return (entry.seq, entry.prev) == (head.count + 1, head.last)

    def _read(self, length: int, offset: int) -> bytes:
        try:
            return os.pread(self._file.descriptor, length, offset)
        except OSError as error:
            raise failed("unreadable", self._file.path, error) from None

    def _broken(self, why: str) -> RunspecError:
        path = self._file.path
        return RunspecError(
            Fault("audit-broken", path, FilePlace(path, 0, 0), detail=why)
        )
