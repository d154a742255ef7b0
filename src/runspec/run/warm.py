"""Importing the module of a console script ahead, where the import leaves no trace."""

from __future__ import annotations

import os
import signal
import sys

from ..compat import count_threads
from . import handover
from .script import stand_at
from .stamp import comes_with_python, stamp
from .tree import outlive_parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from socket import socket
    from typing import TypeAlias

    from .handover import Stamp

    State: TypeAlias = tuple[object, ...]


LARGEST = 1 << 16
"""A generated console script is far smaller."""


def warmed(
    descriptor: int, ahead: frozenset[str], script: object, failure: int
) -> socket:
    """Import the module of `script` and say on the socket how that went.

    Returns the socket, to be served; ends the process where calls can't run in forks
    of it.
    """
    from socket import socket

    try:
        os.close(failure)
        channel = socket(fileno=descriptor)
        known = frozenset(sys.modules)
        clean = _imports_cleanly(str(script), ahead)
        stamps = _stamps(str(script), sys.modules.keys() - known)
        outlive_parent()
        channel.sendall(handover.frame((clean, stamps)))
    except BaseException:  # noqa: BLE001  it never goes back into the zygote's loop
        os._exit(1)
    if not clean:
        os._exit(0)
    return channel


def _imports_cleanly(script: str, ahead: frozenset[str]) -> bool:
    """Import; whether nothing shows that forks of this process could not share."""
    with open(script, "rb") as file:
        found = module_of(file.read(LARGEST).decode(errors="replace"))
    if found is None:
        return False
    module, name = found
    stand_at(script, ahead)
    capture = _Capture()
    before = _state()
    try:
        __import__(module, fromlist=[name])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  a call shows it again, to its caller
        return False
    clean = _state() == before and not capture.heard()
    capture.end()
    return clean


def module_of(source: str) -> tuple[str, str] | None:
    """The module and the name that a generated console script imports and calls."""
    found = [line.split() for line in source.splitlines() if line.startswith("from ")]
    if len(found) != 1 or len(found[0]) != 4 or "sys.exit(" not in source:
        return None
    _, module, _, name = found[0]
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        return None
    return module, name


class _Capture:
    """What is written to stdout and stderr meanwhile."""

    def __init__(self) -> None:
        self._kept = os.dup(1), os.dup(2)
        self._output, end = os.pipe()
        os.set_blocking(self._output, False)
        os.set_blocking(end, False)
        os.dup2(end, 1)
        os.dup2(end, 2)
        os.close(end)

    def heard(self) -> bool:
        try:
            return os.read(self._output, 1) != b""
        except BlockingIOError:
            return False

    def end(self) -> None:
        for number, each in enumerate(self._kept, 1):
            os.dup2(each, number)
            os.close(each)
        os.close(self._output)


def _state() -> State:
    """What a process has that an import may change and a fork doesn't set anew."""
    mask = os.umask(0o077)
    os.umask(mask)
    return (
        os.getcwd(),
        mask,
        dict(os.environ),
        _threads(),
        _children(),
        _descriptors(),
        [signal.getsignal(each) for each in sorted(signal.valid_signals())],
        signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        (sys.stdin, sys.stdout, sys.stderr),
    )


def _threads() -> int:
    """Those that Python knows, or all where the system tells."""
    if os.path.isdir("/proc/self/task"):
        return len(os.listdir("/proc/self/task"))
    return count_threads()


def _children() -> tuple[bool, int]:
    """Whether there are any, and the memory of the largest that has ended."""
    import resource

    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        alive = False
    else:
        alive = True
    return alive, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def _descriptors() -> list[tuple[int, int, int]]:
    found = []
    for name in os.listdir("/dev/fd"):
        try:
            seen = os.fstat(int(name))
        except OSError:
            continue  # the listing's own
        found.append((int(name), seen.st_dev, seen.st_ino))
    return sorted(found)


def _stamps(script: str, names: Iterable[str]) -> tuple[Stamp, ...]:
    """Of the script, and of what was imported but doesn't come with Python."""
    found = [stamp(script)]
    for name in sorted(names):
        path = getattr(sys.modules[name], "__file__", None)
        if isinstance(path, str) and not comes_with_python(path):
            found.append(stamp(path))
    return tuple(each for each in found if each)
