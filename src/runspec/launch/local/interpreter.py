"""The interpreter of a script on this machine, with what its block depends on.

Without `dependencies` that is the one a shell here would take. With them it is that of
a virtual environment in the user's cache, named by what it was made from. It is built
by one process at a time and used only once it is whole.
"""

from __future__ import annotations

import os
import sys

from ...errors import Fault, RunspecError
from ...paths import cache_dir, make_private
from .pythons import allows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...recipe import Recipe

UV = "uv"
WHOLE = "whole"
"""The file that is written into an environment last."""
TEMPORARY = "new"
KEY = 24
"""Hexadecimal digits of an environment's name."""


class Interpreter:
    """`python` is its absolute path, `why` it is that one, in words.

    `place` is a virtual environment of the script's own, "" for none: `requirements`
    must be installed in it, and `base` makes it.
    """

    __slots__ = ("base", "place", "python", "requirements", "requires_python", "why")

    def __init__(
        self,
        python: str,
        why: str,
        place: str = "",
        requirements: tuple[str, ...] = (),
        requires_python: str | None = None,
        base: str = "",
    ) -> None:
        self.python = python
        self.why = why
        self.place = place
        self.requirements = requirements
        self.requires_python = requires_python
        self.base = base

    def build(self) -> None:
        """Have it there. Raises RunspecError (`environment-not-built`)."""
        if self.place and not os.path.exists(f"{self.place}/{WHOLE}"):
            _build(self)

    def has(self, module: str, pythonpath: str) -> bool:
        """Whether it finds a module; `pythonpath` is the variable that it gets."""
        from glob import glob
        from importlib.machinery import PathFinder

        more = pythonpath.split(os.pathsep) if pythonpath else []
        if PathFinder.find_spec(module, more) is not None:
            return True
        if self.place:
            path = glob(f"{self.place}/lib/python*/site-packages")
            return PathFinder.find_spec(module, path) is not None
        if self.python == sys.executable:
            return PathFinder.find_spec(module, sys.path) is not None
        from ..capture import output_of

        code = f"import importlib.util as u; print(u.find_spec({module!r}) is not None)"
        return output_of((self.python, "-c", code))[1].strip() == b"True"


def interpreter_of(recipe: Recipe, named: str | None = None) -> Interpreter:
    """Nothing is written. `named` is what the profile says; else it is found.

    Where that doesn't fit `requires-python` and uv is there, uv finds one. Raises
    RunspecError (`unwritable`).
    """
    python, why = _base(named)
    wanted = recipe.requires_python
    if not recipe.dependencies and _fits(wanted, python):
        return Interpreter(python, why)
    place = f"{_cache()}/{_key(python, recipe.dependencies, wanted)}"
    needed = recipe.dependencies
    reason = "it has the script's dependencies" if needed else "uv finds one that fits"
    inside = f"{place}/bin/python"
    return Interpreter(inside, reason, place, needed, wanted, python)


def unfit(recipe: Recipe, named: str | None = None) -> Fault | None:
    """Why no interpreter here can run the script, as far as that is known.

    Where uv is there, it finds one that `requires-python` allows.
    """
    wanted = recipe.requires_python
    if wanted is None or program(UV):
        return None
    python, _ = _base(named)
    if _fits(wanted, python):
        return None
    text = ".".join(map(str, version_of(python) or ())) or "unknown"
    path = recipe.script_path
    return Fault("python-unfit", path, received=text, expected=(wanted,), detail=python)


def _base(named: str | None) -> tuple[str, str]:
    if not named:
        from ...run.python import python_here

        return python_here()
    expanded = os.path.expanduser(named)
    found = os.path.abspath(expanded) if "/" in named else program(named)
    return found or named, "the profile names it"


def _fits(wanted: str | None, python: str) -> bool:
    if wanted is None:
        return True
    version = version_of(python)
    return version is not None and bool(allows(wanted, version))


def version_of(python: str) -> tuple[int, ...] | None:
    """Its version, as its environment's file tells or as it says itself."""
    if python == sys.executable:
        return tuple(sys.version_info[:3])
    from ..capture import output_of

    code = "import sys; print(*sys.version_info[:3])"
    status, said = output_of((python, "-I", "-S", "-c", code))
    parts = said.split()
    return tuple(map(int, parts)) if not status and len(parts) == 3 else None


def program(name: str) -> str | None:
    """The path of a program by PATH."""
    for directory in os.get_exec_path():
        path = os.path.join(directory, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


def _cache() -> str:
    """Raises RunspecError (`unwritable`) for a user without a home directory."""
    cache = cache_dir(os.environ)
    if not cache:
        why = "this user has no home directory; set XDG_CACHE_HOME"
        raise RunspecError(Fault("unwritable", "runspec/scripts", detail=why))
    return f"{cache}/runspec/scripts"


def _key(python: str, requirements: Sequence[str], requires_python: str | None) -> str:
    from hashlib import sha256

    own: tuple[str, ...] = (os.path.realpath(python), requires_python or "")
    if python == sys.executable:
        own = (sys.base_prefix, sys.version, requires_python or "")
    text = "\0".join((*own, *sorted(requirements)))
    return sha256(text.encode()).hexdigest()[:KEY]


def _build(interpreter: Interpreter) -> None:
    from fcntl import LOCK_EX, flock

    from ...source.folder import failed
    from ..attend import note

    place = interpreter.place
    try:
        make_private(os.path.dirname(place))
        lock = os.open(f"{place}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        os.set_inheritable(lock, True)  # what is started holds it on if this is killed
    except OSError as error:
        raise failed("unwritable", place, error) from None
    try:
        flock(lock, LOCK_EX)
        if not os.path.exists(f"{place}/{WHOLE}"):
            note(f"building the script's environment in {place}")
            _fill(interpreter)
    finally:
        os.close(lock)


def _fill(interpreter: Interpreter) -> None:
    """An environment can't be moved, so it is made where it stays."""
    from shutil import rmtree

    place = interpreter.place
    rmtree(place, ignore_errors=True)
    for argv in _steps(interpreter):
        status = _run(argv)
        if status:
            rmtree(place, ignore_errors=True)
            why = f"`{os.path.basename(argv[0])}` ended with {status}"
            raise RunspecError(Fault("environment-not-built", place, detail=why))
    try:
        with open(f"{place}/{WHOLE}", "xb"):
            pass
    except OSError as error:
        raise RunspecError(
            Fault("environment-not-built", place, detail=error.strerror or "")
        ) from None


def _steps(interpreter: Interpreter) -> tuple[tuple[str, ...], ...]:
    from importlib.util import find_spec

    place, python, base = interpreter.place, interpreter.python, interpreter.base
    wanted = interpreter.requirements
    uv = program(UV)
    if uv:
        fits = _fits(interpreter.requires_python, base)
        which = base if fits else interpreter.requires_python or base
        venv = (uv, "venv", "--quiet", "--no-project", "--python", which, place)
        install = (uv, "pip", "install", "--quiet", "--python", python, "--", *wanted)
        return (venv, install) if wanted else (venv,)
    own = base == sys.executable and find_spec("pip") is not None
    venv = (base, "-m", "venv", *(("--without-pip",) if own else ()), place)
    start = (sys.executable, "-m", "pip", "--python") if own else ()
    pip = (*start, python, *(() if own else ("-m", "pip")))
    quiet = ("--disable-pip-version-check", "install", "--quiet")
    return (venv, (*pip, *quiet, "--", *wanted)) if wanted else (venv,)


def _run(argv: tuple[str, ...]) -> int:
    """What it says goes to stderr: stdout is the script's."""
    from ..capture import environ_of_others

    actions = [(os.POSIX_SPAWN_DUP2, 2, 1)]
    environ = environ_of_others()
    try:
        pid = os.posix_spawn(argv[0], argv, environ, file_actions=actions)
    except OSError as error:
        raise RunspecError(
            Fault("program-not-started", argv[0], detail=error.strerror or "")
        ) from None
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
