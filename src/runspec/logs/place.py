"""Opening a log so that nothing but a log is ever written to.

Each step is taken from a descriptor of the one before (openat), follows no link and
looks at what it got, so that nobody can put something else in its place in between.
"""

import os
import sys
from contextlib import suppress
from errno import EACCES, ELOOP, ENOENT, ENOTDIR, EPERM, EROFS
from stat import S_ISREG

from ..paths import make_private
from ..record import above_standard

FOLDER = "logs"
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
WRITE = (
    os.O_RDWR
    | os.O_APPEND
    | os.O_CREAT
    | os.O_CLOEXEC
    | os.O_NOFOLLOW
    | os.O_NONBLOCK
    | os.O_NOCTTY
)
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
UNWRITABLE = (EACCES, EPERM, EROFS)
"""What is no surprise of a directory that somebody else installed."""


class DistrustedError(OSError):
    """A directory or file that isn't this user's own; `strerror` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(EPERM, why)


class Home:
    """A directory that has the folder of logs; `made` says that it may be made, too."""

    __slots__ = ("made", "path")

    def __init__(self, path: str, *, made: bool) -> None:
        self.path = path
        self.made = made

    @property
    def folder(self) -> str:
        """The folder's path."""
        return f"{self.path}/{FOLDER}"

    def open(self) -> int:
        """A descriptor of the folder, made (0700) where it is missing; OSError."""
        if self.made:
            make_private(self.path)
        above = os.open(self.path, DIRECTORY)
        try:
            found = above_standard(_opened(above))
        finally:
            os.close(above)
        return _trusted(found, _distrust_folder(os.fstat(found)))


def _opened(above: int) -> int:
    try:
        return os.open(FOLDER, DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    except FileNotFoundError:
        with suppress(FileExistsError):  # another process was faster
            os.mkdir(FOLDER, 0o700, dir_fd=above)
        return os.open(FOLDER, DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    except OSError as error:
        if error.errno in (ENOTDIR, ELOOP):
            raise DistrustedError("it is a link or no directory") from None
        raise


def home_of(spec_path: str) -> str:
    """The directory that has the folder of a spec's logs (LOG-02)."""
    beside = os.path.dirname(spec_path)
    return sys.prefix if "site-packages" in beside.split(os.sep) else beside


def opened_log(folder: int, name: str) -> int:
    """A descriptor of a log of this user, made (0600) where it is missing; OSError."""
    try:
        found = above_standard(os.open(name, WRITE, 0o600, dir_fd=folder))
    except OSError as error:
        if error.errno == ELOOP:
            raise DistrustedError("it is a symbolic link") from None
        raise
    status = os.fstat(found)
    _trusted(found, _distrust_file(status))
    if status.st_mode & 0o077:
        os.fchmod(found, 0o600)
    return found


def is_surprise(error: OSError) -> bool:
    """Whether it is more than a directory that this user can't write to."""
    return isinstance(error, DistrustedError) or error.errno not in (
        *UNWRITABLE,
        ENOENT,
    )


def _trusted(descriptor: int, why: str) -> int:
    if why:
        os.close(descriptor)
        raise DistrustedError(why)
    return descriptor


def _distrust_folder(status: os.stat_result) -> str:
    if status.st_uid != os.geteuid():
        return f"it is owned by user {status.st_uid}"
    return "others can write to it" if status.st_mode & 0o022 else ""


def _distrust_file(status: os.stat_result) -> str:
    if not S_ISREG(status.st_mode):
        return "it is no regular file"
    if status.st_uid != os.geteuid():
        return f"it is owned by user {status.st_uid}"
    return "it has a second name" if status.st_nlink > 1 else ""
