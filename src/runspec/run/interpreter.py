"""A started interpreter: what it has loaded, and how a fork of it ends."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, FrozenImporter
from weakref import ref

from ..compat import count_threads
from .libc import leave
from .stamp import comes_with_python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

LAST = ("last_exc", "last_traceback", "last_type", "last_value")
"""Attributes of `sys` that keep what an error has seen."""
FLUSH_FAILED = 120
"""The status of an interpreter that can't write out its output."""


class Interpreter:
    """What was loaded before a script ran, and how the script ended.

    `start` are the modules that an interpreter comes with. `ahead` are those loaded
    since that a script's directory could have another of; `environ` is the one it was
    started with. `status` is the script's, where it is known before the end.
    """

    __slots__ = ("_kept", "ahead", "environ", "status")

    def __init__(self, start: frozenset[str]) -> None:
        self._kept = sys.modules.keys() - {"__main__"}
        self.ahead = frozenset(
            name
            for name in sys.modules.keys() - start
            if name not in sys.builtin_module_names
            and FrozenImporter.find_spec(name) is None
        )
        self.environ = dict(os.environ)
        self.status: int | None = None
        atexit.register(self._end)

    def _end(self) -> None:
        """End the process here, after all that was registered since (atexit).

        What is left then is to free memory, which costs more than all before where
        it is shared with the parent. What the script made is freed nevertheless, for
        it may write a file out then. Left to the interpreter: an error, threads that
        go on, and libraries that may count on being told.
        """
        if self.status is None or count_threads() or not _flushed():
            return
        names = [name for name in sys.modules if name not in self._kept]
        if leave is None or any(map(_is_foreign, names)):
            return
        _free(names)
        leave(self.status if _flushed() else FLUSH_FAILED)


def _is_foreign(name: str) -> bool:
    path = _names(sys.modules[name]).get("__file__") if _is_module(name) else None
    if not isinstance(path, str) or not path.endswith(tuple(EXTENSION_SUFFIXES)):
        return False
    return not comes_with_python(path)


def _is_module(name: str) -> bool:
    """What goes by a module's name may be anything."""
    return isinstance(sys.modules[name], type(sys))


def _names(module: ModuleType) -> dict[str, object]:
    """Without asking the module, which may load itself when it is asked."""
    found: dict[str, object] = object.__getattribute__(module, "__dict__")
    return found


def _flushed() -> bool:
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except BaseException:  # noqa: BLE001  the interpreter tries again, and says it
        return False
    return True


def _free(names: list[str]) -> None:
    """Free modules as the interpreter does at its end.

    The first collection finds everything in use, and so puts it in order from the
    top. A file that turns out to be garbage is then written out before what it
    writes to is closed.
    """
    for name in LAST:
        sys.__dict__.pop(name, None)
    sys.excepthook = sys.__excepthook__
    gc.collect()
    alive = [ref(_dropped(name)) for name in names if _is_module(name)]
    gc.collect()
    for each in reversed(alive):
        _clear(each())
    gc.collect()


def _dropped(name: str) -> ModuleType:
    module = sys.modules[name]
    sys.modules[name] = None  # type: ignore[assignment]
    return module


def _clear(module: ModuleType | None) -> None:
    """Names with one underscore go first, as the interpreter has it."""
    if module is None:
        return
    names = _names(module)
    for name in [name for name in names if name[:1] == "_" and name[1:2] != "_"]:
        names[name] = None
    for name in [name for name in names if name != "__builtins__"]:
        names[name] = None
