"""Which file a runnable's name starts, and with what."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Runnable

INTERPRETERS = (
    (".sh", ("bash",)),
    (".py", (sys.executable,)),
    (".js", ("node",)),
    (".mjs", ("node",)),
)
"""What starts a file that stands beside a spec, by its ending."""

LAUNCH_TABLES = ("run", "config", "resources")
"""Tables that say how a runnable is launched."""

LONGEST_LINE = 512


class Program:
    """`argv` without the runnable's arguments; its first item is an absolute path."""

    __slots__ = ("argv",)

    def __init__(self, *argv: str) -> None:
        self.argv = argv

    @property
    def script(self) -> str | None:
        """The Python file that this very interpreter runs; None for other programs."""
        if len(self.argv) > 1:
            python = self.argv[0] == sys.executable and self.argv[1][:1] != "-"
            return self.argv[1] if python else None
        try:
            with open(self.argv[0], "rb") as file:
                line = file.readline(LONGEST_LINE)
        except OSError:
            return None
        own = b"#!" + os.fsencode(sys.executable)
        return self.argv[0] if line.rstrip() == own else None


def find_program(name: str, spec_path: str, *, installed: bool) -> Program:
    """The program of a runnable.

    An installed spec's is the one in the environment's `bin`, then one beside the
    spec; any other spec's is first looked for beside it. `PATH` comes last. That of a
    script's own block is the script. Raises SpecError (`program-not-found`,
    `program-not-executable`).
    """
    from ..source.spec import is_script

    if is_script(spec_path):
        return Program(sys.executable, os.path.abspath(spec_path))
    beside = os.path.dirname(os.path.abspath(spec_path))
    own = os.path.join(sys.prefix, "bin")
    places = [_in(own, name), _beside(beside, name)]
    if not installed:
        places.reverse()
    for place in places:
        for program in place:
            return program
    elsewhere = on_path(name)
    if elsewhere:
        return Program(elsewhere)
    raise _not_found(name, own, beside)


def is_launched(runnable: Runnable) -> bool:
    """Whether a server launches it rather than just starts it (RCP-08)."""
    return any(map(runnable.declares, LAUNCH_TABLES))


def launcher(name: str, spec_path: str) -> Program:
    """`runspec launch` of a recipe: the script, or a section by its name."""
    from ..source.spec import is_script

    recipe = spec_path if is_script(spec_path) else name
    return Program(sys.executable, "-P", "-m", "runspec", "launch", recipe, "--")


def _in(directory: str, name: str) -> Iterator[Program]:
    path = os.path.join(directory, name)
    if _executable(path):
        yield Program(path)


def _beside(directory: str, name: str) -> Iterator[Program]:
    yield from _in(directory, name)
    for stem in dict.fromkeys((name, name.replace("-", "_"))):
        for ending, interpreter in INTERPRETERS:
            path = os.path.join(directory, stem + ending)
            if os.path.isfile(path):
                start = on_path(*interpreter)
                yield Program(start or interpreter[0], path)


def _executable(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def on_path(name: str) -> str | None:
    """The first executable of that name in PATH; an absolute path is as it is."""
    if os.path.isabs(name):
        return name
    for directory in os.get_exec_path():
        path = os.path.join(os.path.abspath(directory), name)
        if _executable(path):
            return path
    return None


def _not_found(name: str, own: str, beside: str) -> Exception:
    from ..errors import Fault, SpecError

    programs = [os.path.join(own, name), os.path.join(beside, name)]
    for path in programs:
        if os.path.isfile(path):
            return SpecError(Fault("program-not-executable", path))
    endings = ", ".join(f"{name}{ending}" for ending, _ in INTERPRETERS)
    path = os.environ.get("PATH", os.defpath)
    looked = (*programs, f"{beside}: {endings}", f"PATH: {path}")
    return SpecError(Fault("program-not-found", name, expected=looked))
