"""Which file a runnable's name starts, and with what."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Runnable

INTERPRETERS = (
    (".sh", "bash"),
    (".py", sys.executable),
    (".js", "node"),
    (".mjs", "node"),
)
"""What starts a file without a shebang, by its ending."""
PYTHONS = (b"python", b"python3")
"""What a shebang calls by `env` where it means any Python: this interpreter."""

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
        own = b"#!" + os.fsencode(sys.executable)
        return self.argv[0] if _first_line(self.argv[0]) == own else None

    @property
    def is_python(self) -> bool:
        """Whether Python runs it, as far as its path and its first line tell."""
        if self.script is not None:
            return True
        words = _first_line(self.argv[-1]).split(b"/")
        interpreter = words[-1].rpartition(b"env ")[2] if len(words) > 1 else b""
        names = (interpreter, os.fsencode(os.path.basename(self.argv[0])))
        return any(name.startswith((b"python", b"pypy")) for name in names)


def find_program(
    name: str, spec_path: str, *, installed: bool, declared: str | None = None
) -> Program:
    """The program of a runnable (INJ-06).

    `declared` is the file that the spec names. Without one, an installed spec's is
    the one in the environment's `bin`, then one beside the spec; any other spec's is
    first looked for beside it. `PATH` comes last. That of a script's own block is the
    script. Raises SpecError (`program-not-found`, `program-not-executable`).
    """
    from ..source.spec import is_script

    if is_script(spec_path):
        return of_file(os.path.abspath(spec_path))
    beside = os.path.dirname(os.path.abspath(spec_path))
    if declared is not None:
        return _declared(os.path.join(beside, os.path.expanduser(declared)))
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
    """In the directory of a spec, then in `bin` there."""
    for place in (directory, os.path.join(directory, "bin")):
        yield from _in(place, name)
        for stem in dict.fromkeys((name, name.replace("-", "_"))):
            for ending, interpreter in INTERPRETERS:
                path = os.path.join(place, stem + ending)
                if os.path.isfile(path):
                    yield of_file(path, interpreter)


def of_file(path: str, interpreter: str = "", python: str = sys.executable) -> Program:
    """What runs a file: its shebang says it, else `interpreter`, or `python`."""
    interpreter = interpreter or python
    line = _first_line(path)
    if not line.startswith(b"#!"):
        return Program(on_path(interpreter) or interpreter, path)
    words = line[2:].split()
    if _is_any_python(words):
        return Program(python, path)
    if os.access(path, os.X_OK):
        return Program(path)
    start = os.fsdecode(words[0]) if words else interpreter
    argument = os.fsdecode(line[2:].strip()[len(words[0]) :].strip()) if words else ""
    return Program(start, *filter(None, (argument,)), path)


def _is_any_python(words: list[bytes]) -> bool:
    return (
        len(words) == 2
        and words[0].rpartition(b"/")[2] == b"env"
        and words[1] in PYTHONS
    )


def _declared(path: str) -> Program:
    path = os.path.normpath(path)
    if not os.path.isfile(path):
        from ..errors import Fault, SpecError

        raise SpecError(Fault("program-not-found", path, expected=(path,)))
    for ending, interpreter in INTERPRETERS:
        if path.endswith(ending):
            return of_file(path, interpreter)
    if not _executable(path) and not _first_line(path).startswith(b"#!"):
        from ..errors import Fault, SpecError

        raise SpecError(Fault("program-not-executable", path))
    return Program(path) if _executable(path) else of_file(path, path)


def _first_line(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.readline(LONGEST_LINE).rstrip()
    except OSError:
        return b""


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

    folders = (own, beside, os.path.join(beside, "bin"))
    programs = [os.path.join(each, name) for each in folders]
    for path in programs:
        if os.path.isfile(path):
            return SpecError(Fault("program-not-executable", path))
    endings = ", ".join(f"{name}{ending}" for ending, _ in INTERPRETERS)
    path = os.environ.get("PATH", os.defpath)
    looked = (*programs, *(f"{each}: {endings}" for each in folders[1:]))
    looked = (*looked, f"PATH: {path}")
    return SpecError(Fault("program-not-found", name, expected=looked))
