"""A directory that only its owner can read or write, and the files in it."""

from __future__ import annotations

import os
from errno import ELOOP
from time import monotonic, sleep

from ..errors import Fault, FilePlace, RunspecError
from ..paths import CLOSED, NO_LINK, make_private
from .ownership import OPEN, distrust
from .replace import CREATE, remove, write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

LOCK = "lock"
NEW = "new"
"""What ends the name of a file that is being written."""
PATIENCE = 5.0
"""Seconds to wait for a lock that another process holds and doesn't let go of."""
PAUSE = 0.05

_READ = os.O_RDONLY | CLOSED | NO_LINK
_LOCK = os.O_RDWR | os.O_CREAT | CLOSED | NO_LINK


class Folder:
    """A private directory by its path, made when it is first written to.

    Every method raises RunspecError: `untrusted` is its code where the directory or a
    file that is read belongs to another user or isn't closed to others, `unreadable`
    or `unwritable` where the system refuses.
    """

    __slots__ = ("path", "untrusted")

    def __init__(self, path: str, untrusted: str) -> None:
        self.path = path
        self.untrusted = untrusted

    def exists(self) -> bool:
        """Whether it is there, and then private."""
        try:
            status = os.lstat(self.path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise failed("unreadable", self.path, error) from None
        self.require_private(self.path, status, directory=True)
        return True

    def make(self) -> None:
        """Make it where it isn't there yet."""
        if self.exists():
            return
        try:
            make_private(self.path)
        except OSError as error:
            raise failed("unwritable", self.path, error) from None
        self.exists()

    def names(self) -> list[str]:
        """The names of its files, sorted; none where it doesn't exist."""
        if not self.exists():
            return []
        try:
            return sorted(os.listdir(self.path))
        except OSError as error:
            raise failed("unreadable", self.path, error) from None

    def read(self, name: str, most: int) -> bytes | None:
        """The content of a file of at most `most` bytes; None where it isn't there."""
        path = self.place(name)
        try:
            content = self._content(path, most)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failed("unreadable", path, error) from None
        if len(content) > most:
            raise RunspecError(_fault("too-large", path, received=most))
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a whole file, or leave what is there. The lock must be held."""
        path = self.place(name)
        temporary = f"{path}.{NEW}"
        remove(temporary)  # of a process that died
        try:
            write_whole(path, temporary, content, 0o600)
        except OSError as error:
            raise failed("unwritable", path, error) from None

    def claim(self, name: str) -> bool:
        """Make an empty file; False where somebody has made it before."""
        path = self.place(name)
        try:
            os.close(os.open(path, CREATE, 0o600))
        except FileExistsError:
            return False
        except OSError as error:
            raise failed("unwritable", path, error) from None
        return True

    def remove(self, name: str) -> None:
        """Unlink a file that may be gone."""
        remove(self.place(name))

    def place(self, name: str) -> str:
        """The path of a file in it."""
        return f"{self.path}/{name}"

    def lock(self) -> Lock:
        """`with folder.lock():` one process at a time; the folder is made."""
        self.make()
        return Lock(self)

    def require_private(
        self, path: str, status: os.stat_result, *, directory: bool = False
    ) -> None:
        """Refuse what another user owns, could read or could write."""
        found = distrust(path, status, open_to=OPEN, directory=directory)
        if found:
            raise self._untrusted(path, found.why, found.mend)

    def _content(self, path: str, most: int) -> bytes:
        """The first bytes of a file, one more than `most` where there are more."""
        descriptor = os.open(path, _READ)
        try:
            self.require_private(path, os.fstat(descriptor))
            parts = []
            while most >= 0 and (part := os.read(descriptor, most + 1)):
                parts.append(part)
                most -= len(part)
        finally:
            os.close(descriptor)
        return b"".join(parts)

    def _untrusted(self, path: str, why: str, mend: str = "") -> RunspecError:
        return RunspecError(_fault(self.untrusted, path, received=why, detail=mend))


class Lock:
    """Holds an exclusive lock on a file; the system frees it when its holder dies."""

    __slots__ = ("_descriptor", "_folder")

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._descriptor = -1

    def __enter__(self) -> None:
        """Raises RunspecError (`unwritable`) where it isn't free in time."""
        path = self._folder.place(LOCK)
        try:
            self._descriptor = os.open(path, _LOCK, 0o600)
        except OSError as error:
            raise failed("unwritable", path, error) from None
        try:
            self._folder.require_private(path, os.fstat(self._descriptor))
            acquire(self._descriptor, path)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)


def acquire(descriptor: int, path: str, *, shared: bool = False) -> None:
    """Lock an open file until it is closed (flock(2)).

    Raises RunspecError (`unwritable`) where others hold it, and the queue for it
    doesn't get on for PATIENCE seconds.
    """
    from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock

    operation = LOCK_SH if shared else LOCK_EX
    try:
        try:
            flock(descriptor, operation | LOCK_NB)
        except BlockingIOError:
            _wait(descriptor, operation, path)
    except OSError as error:
        raise failed("unwritable", path, error) from None
    if not shared:
        _show_progress(descriptor)


def _show_progress(descriptor: int) -> None:
    """Whoever waits for a file sees by its time that the queue gets on."""
    try:
        os.utime(descriptor)
    except OSError:
        return  # then the queue's patience is for one holder


def _wait(descriptor: int, operation: int, path: str) -> None:
    """Wait in the system's queue, in a thread, for only so can the wait be ended."""
    from _thread import allocate_lock, start_new_thread

    done = allocate_lock()
    done.acquire()
    errors: list[OSError] = []
    # A copy has the same lock, and can't become another file while it is waited for.
    copy = os.dup(descriptor)
    try:
        start_new_thread(_lock, (copy, operation, errors, done.release))
    except RuntimeError:  # the interpreter ends, and starts no threads any more
        os.close(copy)
        _poll(descriptor, operation, path)
        return
    _await(lambda: done.acquire(True, PATIENCE), descriptor, path)
    for error in errors:
        raise error


def _lock(
    copy: int, operation: int, errors: list[OSError], tell: Callable[[], None]
) -> None:
    from fcntl import flock

    try:
        flock(copy, operation)
    except OSError as error:
        errors.append(error)
    finally:
        os.close(copy)
        tell()


def _poll(descriptor: int, operation: int, path: str) -> None:
    from fcntl import LOCK_NB, flock

    def is_locked() -> bool:
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            try:
                flock(descriptor, operation | LOCK_NB)
            except BlockingIOError:
                sleep(PAUSE)
            else:
                return True
        return False

    _await(is_locked, descriptor, path)


def _await(is_locked: Callable[[], bool], descriptor: int, path: str) -> None:
    """Go on waiting for as long as others get it and let go of it."""
    before = os.fstat(descriptor)
    while not is_locked():
        now = os.fstat(descriptor)
        if (now.st_mtime_ns, now.st_size) == (before.st_mtime_ns, before.st_size):
            held = "another process has locked it"
            raise RunspecError(_fault("unwritable", path, detail=held))
        before = now


def failed(code: str, path: str, error: OSError) -> RunspecError:
    """What the system refused to do with a file."""
    why = error.strerror or ""
    if error.errno == ELOOP and os.path.islink(path):
        why = "it is a symbolic link"
    return RunspecError(_fault(code, path, detail=why))


def _fault(
    code: str, path: str, *, detail: str = "", received: str | int | None = None
) -> Fault:
    place = FilePlace(path, 0, 0)
    return Fault(code, path, place, detail=detail, received=received)
