"""The spec file of a program, and its compiled form.

The compiled form is one file per spec, one entry per runnable, plain data: `MAGIC`,
a 64-bit sum and a 32-bit length of the index, the index, then the entries. It is
trusted only when it is a regular file of this user or root that nobody else can
write, its sums hold, and it was made from the spec as it is now by this version
(CMP-02). `spec/keep.py` writes it.
"""

import marshal
import os
import sys

from . import __version__
from .model import FINGERPRINT
from .paths import CLOSED, IS_POSIX, NO_LINK, cache_dir, state_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    Entry = tuple[object, object, object]
    Identity = tuple[int, int, int, int]
    """mtime and ctime in ns, size and inode."""

SPEC_NAME = "runspec.toml"
MAGIC = b"runspec1"
HEAD = len(MAGIC) + 12
FIRST_READ = 8_192
HEAD_OF_SCRIPT = 1 << 16
STAMP = f"{__version__} {FINGERPRINT} {sys.implementation.cache_tag}"
PRIME = 2**64 - 59
"""The largest of 64 bits."""
READ = os.O_RDONLY | CLOSED | NO_LINK


def find_spec(
    config_path: "str | os.PathLike[str] | None",
    environ: "Mapping[str, str]",
    caller: "str | None",
    name: "str | None" = None,
    own: "str | None" = None,
) -> str:
    """The absolute path of the spec; `caller` is the calling module's file.

    `own` is a script that declares itself and is the running program (FIND-08).
    `name` is the runnable that is meant: RUNSPEC_CONFIG doesn't count for it when it
    came with another one (RUNSPEC_RUNNABLE), from a program that started this one.
    Raises SpecError (`spec-not-found`) with every place that was looked in.
    """
    named = os.fspath(config_path) if config_path is not None else None
    if not named and environ.get("RUNSPEC_RUNNABLE", name) == name:
        named = environ.get("RUNSPEC_CONFIG")
    if named:
        return _named(os.path.abspath(named))
    if own:
        return own
    looked: list[str] = []
    if caller:
        caller = os.path.abspath(caller)
        found = _walk_up(os.path.dirname(caller), looked)
        if not found and not os.path.lexists(caller):
            from .archive import find_in_archive

            found = find_in_archive(caller, SPEC_NAME)
        if found:
            return found
    try:
        found = _walk_up(os.getcwd(), looked)
    except OSError:  # the current directory is gone
        found = None
    if found:
        return found
    raise _not_found(SPEC_NAME, looked)


def has_own(script: str) -> bool:
    """Whether the first 64 KiB of a script look as if it declares itself."""
    try:
        descriptor = os.open(script, os.O_RDONLY | CLOSED)
        try:
            head = os.read(descriptor, HEAD_OF_SCRIPT)
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return b"\n# [tool.runspec" in head and b"# /// script" in head


def _named(path: str) -> str:
    inside = os.path.join(path, SPEC_NAME)
    if os.path.lexists(inside):
        return inside
    if not os.path.lexists(path):
        raise _not_found(path, (), "named")
    return path


def _walk_up(directory: str, looked: "list[str]") -> "str | None":
    while directory not in looked:
        path = f"{directory.rstrip('/')}/{SPEC_NAME}"
        if os.path.isfile(path):
            return path
        looked.append(directory)
        directory = os.path.dirname(directory)
    return None


def _not_found(path: str, looked: "Iterable[str]", detail: str = "") -> Exception:
    from .errors import Fault, SpecError

    expected = tuple(looked)
    return SpecError(Fault("spec-not-found", path, expected=expected, detail=detail))


def read(spec: str, name: str, *, sole: bool) -> "Entry | None":
    """The entry of one runnable: dumped runnable, dumped config, dumped warnings.

    None where there is none. With `sole`, a file that declares just one runnable
    gives that one (FIND-07). Without a name it is the config alone.
    """
    try:
        made_from = identity(os.stat(spec))
    except OSError:
        return None
    for path in places(spec):
        try:
            found = _read_file(path, spec, made_from, name, sole)
        except (OSError, ValueError, EOFError, TypeError):
            continue
        if found is not None:
            return found
    return None


def identity(status: os.stat_result) -> "Identity":
    """What tells one state of a file from another."""
    seen = status
    return seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino


def content_sum(path: str) -> bytes:
    """The checksum of a file, for one whose state can't be told. Raises OSError."""
    with open(os.open(path, os.O_RDONLY | CLOSED), "rb") as file:
        return checksum(file.read())


def places(spec: str) -> "Iterator[str]":
    """Where the compiled form of `spec` may be: beside it, then the user's cache."""
    directory, base = os.path.split(spec)
    yield f"{directory}/__pycache__/{base}.{sys.implementation.cache_tag}.bin"
    cache = cache_dir(os.environ)
    if cache:
        key = checksum(os.fsencode(spec)).hex()
        yield f"{cache}/runspec/{key}.{sys.implementation.cache_tag}.bin"


def _read_file(
    path: str, spec: str, made_from: "Identity", name: str, sole: bool
) -> "Entry | None":
    try:
        descriptor = os.open(path, READ)
    except OSError:
        return None
    try:
        if not trusted(os.fstat(descriptor)):
            return None
        head = os.read(descriptor, FIRST_READ)
        start = HEAD + int.from_bytes(head[16:20], "little")
        if start > len(head):
            head += os.read(descriptor, start - len(head))
        stamp, made_of, origin, config, entries, only = _index(head[:start])
        if (stamp, made_of) != (STAMP, spec):
            return None
        # `runspec compile` gives the sum, which a file of an image has anywhere.
        is_sum = isinstance(origin, bytes)
        if origin != (content_sum(spec) if is_sum else made_from):
            return None
        found = entries.get(only if sole and name not in entries else name)
        if found is None:
            return None if name else (None, config, ())
        offset, size, total = found
        body = head[start + offset : start + offset + size]
        if len(body) < size:
            os.lseek(descriptor, start + offset, os.SEEK_SET)
            body = os.read(descriptor, size)
        runnable, warnings = _summed(body, total)
        return runnable, config, warnings
    finally:
        os.close(descriptor)


def trusted(status: os.stat_result) -> bool:
    """Whether it is a regular file that only this user or root could have written.

    None is where there are no users to tell apart.
    """
    return (
        IS_POSIX
        and status.st_mode & 0o170022 == 0o100000
        and (status.st_uid == os.geteuid() or status.st_uid == 0)
    )


def _index(head: bytes) -> "Any":
    if head[:8] != MAGIC or checksum(head[16:]) != head[8:16]:
        raise ValueError
    return marshal.loads(head[HEAD:])  # noqa: S302  the sum holds


def _summed(body: bytes, total: bytes) -> "Any":
    if checksum(body) != total:
        raise ValueError
    return marshal.loads(body)  # noqa: S302  the sum holds


def checksum(content: bytes) -> bytes:
    """Eight bytes that tell damaged content from whole, or one name from another."""
    return (int.from_bytes(content + b"\1", "little") % PRIME).to_bytes(8, "little")


def deny_files(directory: str) -> tuple[str, ...]:
    """What may deny a call here, for everybody and for this user (DNY-01).

    `directory` is that of the environment's records, "" where there is none.
    """
    shared = f"{sys.prefix}/.runspec_deny"
    return (shared, f"{directory}/deny.json") if directory else (shared,)


def may_be_denied(directory: str) -> bool:
    """Whether one of those files is there, or it can't be told (DNY-03)."""
    for path in deny_files(directory):
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return True
        return True
    return False


def environment_directory(environ: "Mapping[str, str]") -> str:
    """Where this environment's records are kept, for the user who runs it.

    In `runspec/environments` of `$XDG_STATE_HOME`, by default `~/.local/state`; ""
    for a user without a home directory, and where the system isn't POSIX.
    """
    state = state_dir(environ)
    if not (state and IS_POSIX):
        return ""
    prefix = os.fsencode(sys.prefix)
    name = os.path.basename(sys.prefix)[:64].lstrip(".")
    return f"{state}/runspec/environments/{name}-{checksum(prefix).hex()}"
