"""One log, written to by many processes and threads.

The log is its own lock: who holds it (flock) and finds that it still has its name may
write, mend and rotate it. A record is one write at the end, so it is whole even where
the lock can't be had.
"""

import os
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from time import monotonic, sleep, time

from .place import is_surprise, opened_log
from .rotation import BEFORE, HEAD, began_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .place import Home
    from .rotation import Rotation

    Say = Callable[[str], None]

PATIENCE = 5.0
"""Seconds to wait for a process that holds the log; afterwards it isn't waited for."""
SHORTEST, LONGEST = 0.0002, 0.005
"""Seconds between two tries."""
TRIES = 1_000
"""How often a log may be rotated by others before one record is written."""
BLOCK = 1 << 16


class LogFile:
    """Appends lines to a log in the first of `homes` that can be written to.

    Nothing is raised: what goes wrong is told to `say` once, and `lost` counts the
    lines that could not be kept. Locking is the caller's among threads.
    """

    __slots__ = (
        "_began",
        "_busy",
        "_descriptor",
        "_end",
        "_file",
        "_folder",
        "_homes",
        "_name",
        "_patient",
        "_rotation",
        "_said",
        "_say",
        "_waiting",
        "lost",
        "path",
    )

    def __init__(
        self, name: str, homes: "Sequence[Home]", rotation: "Rotation", say: "Say"
    ) -> None:
        self.path = ""
        self.lost = 0
        self._name = name
        self._homes = homes
        self._rotation = rotation
        self._say = say
        self._said: set[str] = set()
        self._waiting: list[bytes] = []
        self._busy = False
        self._patient = True
        self._folder = self._descriptor = -1
        self._file = (0, 0)
        self._began: float | None = None
        self._end = 0
        os.register_at_fork(after_in_child=self._begin_anew)

    def open(self) -> None:
        """Open it now, so that what is wrong with it is said at the start."""
        try:
            self._open()
        except OSError as error:
            self._complain(error)

    def append(self, line: bytes) -> None:
        """Write one line, which ends with a newline."""
        self._waiting.append(line)
        if self._busy:  # a record of a signal handler's, in the middle of another
            return
        self._busy = True
        try:
            while self._waiting:
                self._keep(self._waiting.pop(0))
        finally:
            self._busy = False

    def close(self) -> None:
        """Free the descriptors; the next line opens it again."""
        for descriptor in (self._descriptor, self._folder):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._folder = -1

    def _begin_anew(self) -> None:
        """In a fork: a lock belongs to a descriptor, which the parent has as well."""
        self.close()
        self._waiting.clear()
        self._busy = False
        self.lost = 0

    def _keep(self, line: bytes) -> None:
        try:
            self._store(line)
        except OSError as error:
            self.lost += 1
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        why = error.strerror or str(error)
        where = self.path or self._homes[0].folder
        self._tell(f"records can't be kept in {where}: {why}")

    def _tell(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)

    def _store(self, line: bytes) -> None:
        for _ in range(TRIES):
            if self._descriptor < 0:
                self._open()
            held = self._lock()
            try:
                size = self._size()
                if size is not None and not (held and self._rotated(size, len(line))):
                    self._write(line, size, held=held)
                    return
            finally:
                if held:
                    flock(self._descriptor, LOCK_UN)
            self.close()
        raise OSError(None, "it was replaced again and again")

    def _open(self) -> None:
        """Open the log in the first home that has one; OSError of the last."""
        first: OSError | None = None
        for home in self._homes:
            try:
                self._open_in(home)
            except OSError as error:
                failed, first = error, first or error
                self.close()
                continue
            if first is not None:
                self._tell_moved(first)
            return
        raise first or failed

    def _open_in(self, home: "Home") -> None:
        self._folder = home.open()
        self._descriptor = opened_log(self._folder, self._name)
        self.path = f"{home.folder}/{self._name}"
        status = os.fstat(self._descriptor)
        self._file = (status.st_ino, status.st_dev)
        self._began = began_at(os.pread(self._descriptor, HEAD, 0))
        self._end = 0

    def _tell_moved(self, error: OSError) -> None:
        """Say that another home is used; of one that can't be written to, once."""
        if is_surprise(error) or not os.fstat(self._descriptor).st_size:
            meant = f"{self._homes[0].folder}/{self._name}"
            self._tell(f"{meant} can't be the log ({error.strerror}): see {self.path}")

    def _lock(self) -> bool:
        """Whether the lock could be had; a process that is stopped may hold it."""
        deadline = monotonic() + (PATIENCE if self._patient else 0)
        pause = SHORTEST
        while True:
            try:
                flock(self._descriptor, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                if monotonic() >= deadline:
                    self._patient = False
                    return False
                sleep(pause)
                pause = min(pause * 1.5, LONGEST)
            except OSError:  # a file system without locks
                return False
            else:
                self._patient = True
                return True

    def _size(self) -> "int | None":
        """The log's size; None where what has its name is another file, or none."""
        try:
            named = os.lstat(self._name, dir_fd=self._folder)
        except FileNotFoundError:
            return None
        return named.st_size if (named.st_ino, named.st_dev) == self._file else None

    def _rotated(self, size: int, more: int) -> bool:
        """Put the log aside if it is due; where that fails, it grows."""
        if not self._rotation.is_due(size, more, self._began, time()):
            return False
        try:
            self._rotation.turn(self._folder, self._name)
        except OSError as error:
            self._tell(f"{self.path} can't be rotated: {error.strerror}")
            return False
        return True

    def _write(self, line: bytes, size: int, *, held: bool) -> None:
        if held and size and size != self._end:
            size = self._mended(size)
        if self._began is None:
            self._began = time()
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            if held:
                os.ftruncate(self._descriptor, size)
            raise
        self._end = size + len(line)

    def _mended(self, size: int) -> int:
        """Cut off what a process that was killed had written of a line; the size.

        What isn't the beginning of a record stays, as a line.
        """
        if os.pread(self._descriptor, 1, size - 1) == b"\n":
            return size
        start = self._last_line(size)
        if os.pread(self._descriptor, len(BEFORE), start) == BEFORE[: size - start]:
            os.ftruncate(self._descriptor, start)
            return start
        return size + os.write(self._descriptor, b"\n")

    def _last_line(self, end: int) -> int:
        while end > 0:
            start = max(0, end - BLOCK)
            found = os.pread(self._descriptor, end - start, start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
        return 0
