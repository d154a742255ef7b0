"""The interpreter of a script on this machine, with what its block depends on.

Without `dependencies` that is the one that runs this. With them it is that of a
virtual environment in the user's cache, named by what it was made from. It is built
by one process at a time and used only once it is whole.
"""

from __future__ import annotations

import os
import sys

from ...errors import Fault, RunspecError
from ...paths import cache_dir
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
    """`python` is its absolute path, `requirements` what must be installed for it."""

    __slots__ = ("place", "python", "requirements", "requires_python")

    def __init__(
        self,
        python: str,
        place: str = "",
        requirements: tuple[str, ...] = (),
        requires_python: str | None = None,
    ) -> None:
        self.python = python
        self.place = place
        self.requirements = requirements
        self.requires_python = requires_python

    def build(self) -> None:
        """Have it there. Raises RunspecError (`environment-not-built`)."""
        if self.place and not os.path.exists(f"{self.place}/{WHOLE}"):
            _build(self)

    def has(self, module: str, pythonpath: str) -> bool:
        """Whether it finds a module; `pythonpath` is the variable that it gets."""
        from importlib.machinery import PathFinder

        path = sys.path
        if self.place:
            version = "{}.{}".format(*sys.version_info)
            path = [f"{self.place}/lib/python{version}/site-packages"]
        more = pythonpath.split(os.pathsep) if pythonpath else []
        return PathFinder.find_spec(module, [*more, *path]) is not None


def interpreter_of(recipe: Recipe) -> Interpreter:
    """Nothing is written or started. Raises RunspecError (`unwritable`)."""
    if not recipe.dependencies:
        return Interpreter(sys.executable)
    requires = recipe.requires_python
    place = f"{_cache()}/{_key(recipe.dependencies, requires)}"
    python = f"{place}/bin/python"
    return Interpreter(python, place, recipe.dependencies, requires)


def unfit(recipe: Recipe) -> Fault | None:
    """Why this interpreter can't run the script: it isn't one of `requires-python`.

    Where uv is there, it finds one that fits a script with dependencies.
    """
    wanted = recipe.requires_python
    if wanted is None or (recipe.dependencies and program(UV)):
        return None
    version = sys.version_info[:3]
    if allows(wanted, version):
        return None
    text = ".".join(map(str, version))
    path = recipe.script_path
    return Fault("python-unfit", path, received=text, expected=(wanted,))


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


def _key(requirements: Sequence[str], requires_python: str | None) -> str:
    from hashlib import sha256

    own = (sys.base_prefix, sys.version, requires_python or "")
    text = "\0".join((*own, *sorted(requirements)))
    return sha256(text.encode()).hexdigest()[:KEY]


def _build(interpreter: Interpreter) -> None:
    from fcntl import LOCK_EX, flock

    from ...source.folder import failed
    from ..attend import note

    place = interpreter.place
    try:
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
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
    place, python, wanted = (
        interpreter.place,
        interpreter.python,
        interpreter.requirements,
    )
    from importlib.util import find_spec

    uv = program(UV)
    if uv:
        which = ("--python", interpreter.requires_python or sys.executable)
        return (
            (uv, "venv", "--quiet", "--no-project", *which, place),
            (uv, "pip", "install", "--quiet", "--python", python, "--", *wanted),
        )
    own = find_spec("pip") is not None
    venv = (sys.executable, "-m", "venv", *(("--without-pip",) if own else ()), place)
    start = (sys.executable, "-m", "pip", "--python") if own else ()
    pip = (*start, python, *(() if own else ("-m", "pip")))
    quiet = ("--disable-pip-version-check", "install", "--quiet")
    return (venv, (*pip, *quiet, "--", *wanted))


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
