"""Reading a text file that may be anything (FILE-02, FILE-03)."""

from __future__ import annotations

import os
from errno import ENXIO, EOPNOTSUPP
from stat import S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISREG

from ..errors import Fault, FilePlace
from ..paths import CLOSED, NO_TERMINAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Judge: TypeAlias = Callable[[os.stat_result], Fault | None]

MOST_BYTES = 16 * 1024 * 1024

_CHUNK = 1 << 16


def read_text(path: str, judge: Judge | None = None) -> str | Fault:
    """The text of a regular UTF-8 file, or what is wrong with it.

    `judge` may refuse the very file that was opened, by its status.
    """
    data = read_bytes(path, judge=judge)
    return data if isinstance(data, Fault) else text_of(data, path)


def text_of(data: bytes, path: str) -> str | Fault:
    """The content of a file as text, or where it isn't UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _bad_byte(path, data, error.start)


def read_bytes(
    path: str,
    is_enough: Callable[[bytes], bool] | None = None,
    judge: Judge | None = None,
) -> bytes | Fault:
    """What a regular file holds, or why it can't be read.

    Nothing is waited for: a FIFO, socket or device is refused without reading. Of a
    file larger than 64 KiB no more is read where `is_enough` says so of those.
    """
    try:
        return _read(path, is_enough, judge)
    except NotADirectoryError:
        from ..archive import read_member

        found = read_member(path)
        if found is not None:
            return found
        return _fault("spec-not-found", path, "named")
    except FileNotFoundError:
        return _fault("spec-not-found", path, "named")
    except OSError as error:
        socket = error.errno in (ENXIO, EOPNOTSUPP)
        code = "not-a-file" if socket else "unreadable"
        return _fault(code, path, error.strerror or "")
    except ValueError:
        return _fault("unreadable", path, "the path has characters no path can have")


def _read(
    path: str, is_enough: Callable[[bytes], bool] | None, judge: Judge | None
) -> bytes | Fault:
    descriptor = os.open(path, os.O_RDONLY | CLOSED | NO_TERMINAL)
    try:
        seen = os.fstat(descriptor)
        if not S_ISREG(seen.st_mode):
            return _fault("not-a-file", path, _kind(seen.st_mode))
        refused = judge(seen) if judge is not None else None
        if refused is not None:
            return refused
        data = os.read(descriptor, _CHUNK)
        enough = len(data) == _CHUNK and is_enough is not None and is_enough(data)
        if not enough and len(data) != seen.st_size:
            data = b"".join((data, *_chunks(descriptor)))
    finally:
        os.close(descriptor)
    if len(data) > MOST_BYTES:
        return _fault("too-large", path, expected=(MOST_BYTES,))
    return data


def _chunks(descriptor: int) -> Iterator[bytes]:
    """What follows the first chunk, but not much more than may be read."""
    left = MOST_BYTES - _CHUNK
    while left >= 0:
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            return
        left -= len(chunk)
        yield chunk


def _kind(mode: int) -> str:
    kinds = (
        (S_ISDIR, "a directory"),
        (S_ISFIFO, "a FIFO"),
        (S_ISCHR, "a device"),
        (S_ISBLK, "a device"),
    )
    return next((words for is_kind, words in kinds if is_kind(mode)), "")


def _bad_byte(path: str, data: bytes, start: int) -> Fault:
    """FILE-02: columns count the characters before the byte."""
    line = data.rfind(b"\n", 0, start) + 1
    end = data.find(b"\n", start)
    text = data[line : end if end >= 0 else len(data)].decode("utf-8", "replace")
    column = len(data[line:start].decode("utf-8")) + 1
    place = FilePlace(path, data.count(b"\n", 0, start) + 1, column, text.rstrip("\r"))
    utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    detail = "the file looks like UTF-16" if utf_16 else ""
    return _fault("encoding", path, detail, place, f"0x{data[start]:02X}")


def _fault(
    code: str,
    path: str,
    detail: str = "",
    place: FilePlace | None = None,
    received: str | None = None,
    expected: tuple[int, ...] = (),
) -> Fault:
    where = place or FilePlace(path, 0, 0)
    return Fault(code, path, where, detail=detail, received=received, expected=expected)
