"""A Python script in a fork of a started interpreter, as `python SCRIPT` runs it."""

from __future__ import annotations

import os
import sys
import time
from importlib.machinery import PathFinder, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from .interpreter import Interpreter


def prepared(
    path: str,
    argv: tuple[str, ...],
    environ: dict[str, str],
    interpreter: Interpreter,
) -> Callable[[], None]:
    """Make this process what the interpreter is before it runs `path`.

    Returns what runs the script, to be called with as little on the stack as can be.
    Raises OSError where it can't be read, ValueError for what no process can be given,
    and SyntaxError.
    """
    with open(path, "rb") as file:
        source = file.read()
    arguments = [os.fsdecode(_passable(each)) for each in argv[argv.index(path) :]]
    _replace(environ, interpreter.environ)
    stand_at(path, interpreter.ahead)
    sys.argv = arguments
    sys.orig_argv = [sys.executable, *arguments]
    code = compile(source, path, "exec", dont_inherit=True)
    names = _fresh_main(path)

    def run() -> None:
        try:
            exec(code, names)  # noqa: S102
            interpreter.status = 0
        except SystemExit as end:
            interpreter.status = _status(end.code)
            raise
        except BaseException as error:
            _hide_own_frame(error)
            raise

    return run


def stand_at(path: str, ahead: frozenset[str]) -> None:
    """Put a script's directory where imports look first; once for each process."""
    if sys.argv[:1] == [path]:
        return
    sys.argv = [path]
    if sys.flags.safe_path:
        return
    place = os.path.dirname(os.path.realpath(path))
    sys.path.insert(0, place)
    _forget_hidden(place, ahead)


def _forget_hidden(place: str, ahead: frozenset[str]) -> None:
    """A module loaded ahead isn't the script's where its directory has another."""
    try:
        beside = {entry.partition(".")[0] for entry in os.listdir(place)}
    except OSError:
        return
    tops = beside & {name.partition(".")[0] for name in ahead}
    hidden = tuple(top for top in tops if _is_hidden(top, place))
    for name in ahead:
        if name.partition(".")[0] in hidden:
            sys.modules.pop(name, None)


def _is_hidden(top: str, place: str) -> bool:
    found = PathFinder.find_spec(top, [place])
    loaded = getattr(sys.modules.get(top), "__file__", None)
    return found is not None and found.loader is not None and found.origin != loaded


def _status(code: object) -> int | None:
    """The status for a SystemExit; None where the interpreter has more to do."""
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) and abs(code) < 1 << 31 else None


def _passable(argument: str) -> bytes:
    encoded = os.fsencode(argument)
    if b"\0" in encoded:
        raise ValueError("embedded null byte")
    return encoded


def _replace(environ: Mapping[str, str], old: Mapping[str, str]) -> None:
    """Put `environ` in the place of `old`, in few calls of the system's.

    A locale that the interpreter has coerced stays (PEP 538).
    """
    for name in old.keys() - environ.keys():
        if name != "LC_CTYPE":
            del os.environ[name]
    for name, value in environ.items():
        if old.get(name) != value:
            os.environ[name] = value
    if environ.get("TZ") != old.get("TZ"):
        time.tzset()


def _fresh_main(path: str) -> dict[str, object]:
    """The names of a new `__main__`, as they are before a script's first line."""
    old = sys.modules["__main__"].__dict__
    main = sys.modules["__main__"] = type(sys)("__main__")
    names = main.__dict__
    names.update((name, old[name]) for name in old if name.startswith("__"))
    names["__loader__"] = SourceFileLoader("__main__", path)
    names["__file__"] = path
    names["__cached__"] = None
    return names


def _hide_own_frame(error: BaseException) -> None:
    """Let the interpreter, which shows the error, show it from the script on."""
    shown = error.__traceback__ and error.__traceback__.tb_next
    hook = sys.excepthook

    def show(
        kind: type[BaseException], value: BaseException, _: TracebackType | None
    ) -> None:
        hook(kind, value.with_traceback(shown), shown)

    sys.excepthook = show
