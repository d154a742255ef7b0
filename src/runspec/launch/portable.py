"""Shell text that does what a plan says, and needs nothing of this project."""

from __future__ import annotations

import os

from .exitstatus import REFUSED
from .launchers import Shell, launch_words, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .launchers import Rendezvous
    from .plan import Plan

ROOT, FOLDER = "/\0root", "/\0folder"
"""What stands for the two places in a text until they are filled in: no variable
holds a NUL.
"""
END = "RUNSPEC_END"
PYTHONS = ("python", "python3", *(f"python3.{minor}" for minor in range(14, 7, -1)))
"""Names of interpreters, those of newer versions first."""


class Site:
    """Where a plan's things stand on the machine that runs it.

    `root` is the folder of the code, `folder` the one of the run; each a path, or a
    Shell word that comes to one.
    """

    __slots__ = ("folder", "root")

    def __init__(self, root: str, folder: str) -> None:
        self.root = root
        self.folder = folder

    def script(self, plan: Plan) -> str:
        return joined(self.root, os.path.relpath(plan.script, plan.root))

    def config(self, plan: Plan) -> str | None:
        if plan.config is None:
            return None
        return joined(self.folder, os.path.basename(plan.config))

    def workdir(self, plan: Plan) -> str:
        return joined(self.root, plan.workdir or ".")


def joined(folder: str, path: str) -> str:
    """A path below a folder; a Shell word where the folder is one."""
    if path == ".":
        return folder
    if folder == "." and path[0] in "-+":  # no program may take it for an option
        return os.path.join(folder, path)
    if os.path.isabs(path) or folder == ".":
        return path
    if isinstance(folder, Shell):
        return Shell(f"{folder}/{quoted((path,))}")
    return os.path.join(folder, path)


def variables(plan: Plan, site: Site) -> dict[str, str]:
    """The script's environment: each value a text, or a Shell word.

    Secrets aren't among them.
    """
    from .planning import environ_at

    found = environ_at(plan, root=ROOT, folder=FOLDER)
    return {name: _placed(value, site) for name, value in found.items()}


def export_lines(found: Mapping[str, str]) -> list[str]:
    return [f"export {name}={quoted((value,))}" for name, value in found.items()]


def secret_lines(references: Mapping[str, str]) -> list[str]:
    """What reads the secrets where it runs, and stops where one isn't there."""
    lines = []
    for name, reference in references.items():
        kind, _, rest = reference.partition(":")
        if kind == "env" and rest.isascii() and rest.isidentifier():
            lines.append(f'export {name}="${{{rest}:?it is a secret of this script}}"')
            continue
        source = READERS[kind](rest)
        lines += [f"{name}=$({source})", f"export {name}"]
    return lines


def run_lines(
    plan: Plan,
    site: Site,
    *,
    rendezvous: Rendezvous | None = None,
) -> list[str]:
    """What goes to the working directory and becomes the script.

    `set -e` must be in force.
    """
    words = launch_words(
        plan,
        script=site.script(plan),
        config=site.config(plan),
        rendezvous=rendezvous,
    )
    return [
        f"cd {quoted((site.workdir(plan),))}",
        *plan.startup,
        f"exec {quoted(words)}",
    ]


def config_lines(plan: Plan, site: Site) -> list[str]:
    """What writes the configuration that the script takes."""
    path = site.config(plan)
    if path is None or plan.content is None:
        return []
    return heredoc(path, plan.content.decode("utf-8", "surrogateescape"))


def heredoc(path: str, text: str) -> list[str]:
    """What writes a text to a file; it ends with a newline there."""
    lines = text.removesuffix("\n").split("\n")
    end = END
    while end in lines:
        end += "_"
    return [f"cat > {quoted((path,))} <<'{end}'", *lines, end]


def dependency_lines(plan: Plan, folder: str) -> list[str]:
    """What has the script's dependencies, and a Python that it runs on, first in PATH.

    They are in a virtual environment in `folder`, shell text: by uv where that is
    there. Nothing where the script needs neither; what can't be had ends it with 125.
    """
    recipe = plan.recipe
    check = check_of(recipe.requires_python)
    lines = _environment_lines(recipe.dependencies, recipe.requires_python, check)
    lines = [f"venv={folder}/venv", *lines]
    if recipe.dependencies:
        return lines
    if check is None:
        return []
    indented = (f"    {line}" for line in lines)
    return [f"if ! python -c {quoted((check,))} 2>/dev/null; then", *indented, "fi"]


def _environment_lines(
    wanted: Sequence[str], requires: str | None, check: str | None
) -> list[str]:
    """What makes the virtual environment `$venv` unless it is there, whole."""
    version = ("--python", requires) if requires else ()
    inside = Shell('"$venv/bin/python"')
    uv = (*("uv", "venv", "--quiet", "--no-project"), *version, Shell('"$venv"'))
    by_uv = ("uv", "pip", "install", "--quiet", "--python", inside, "--", *wanted)
    quiet = ("--quiet", "--disable-pip-version-check", "--")
    by_pip = (inside, "-m", "pip", "install", *quiet, *wanted)
    steps = [f"        {quoted(uv)} >&2 || exit {REFUSED}"]
    pip = [f'        "$python" -m venv "$venv" >&2 || exit {REFUSED}']
    if wanted:
        steps.append(f"        {quoted(by_uv)} >&2 || exit {REFUSED}")
        pip.append(f"        {quoted(by_pip)} >&2 || exit {REFUSED}")
    return [
        'if [ ! -e "$venv/whole" ]; then',
        '    rm -rf -- "$venv"',
        "    if command -v uv >/dev/null; then",
        *steps,
        "    else",
        *(f"        {line}" for line in _choice_lines(requires, check)),
        *pip,
        "    fi",
        '    : >"$venv/whole"',
        "fi",
        'export PATH="$venv/bin:$PATH"',
    ]


def _choice_lines(requires: str | None, check: str | None) -> list[str]:
    """What sets `python` to one that `requires-python` allows."""
    if check is None:
        return ["python=python3"]
    said = f"runspec: the script requires Python {requires}, and none of PATH is one"
    return [
        "python=",
        f"for each in {' '.join(PYTHONS)}; do",
        f'    if "$each" -c {quoted((check,))} 2>/dev/null; then',
        "        python=$each",
        "        break",
        "    fi",
        "done",
        f'[ -n "$python" ] || {{ echo {quoted((said,))} >&2; exit {REFUSED}; }}',
    ]


def check_of(requires: str | None) -> str | None:
    """Python that ends with 0 where its version is one of `requires-python`.

    None where that says nothing that can be told by numbers.
    """
    from .local.pythons import expression_of

    expression = expression_of(requires) if requires else None
    if expression is None:
        return None
    return f"import sys; v = sys.version_info[:3]; sys.exit(not ({expression}))"


def _placed(value: str, site: Site) -> str:
    """A value with the two places filled in."""
    pieces: list[str] = []
    for number, part in enumerate(value.split(ROOT)):
        pieces += [site.root] if number else []
        for again, text in enumerate(part.split(FOLDER)):
            pieces += [site.folder, text] if again else [text]
    pieces = [piece for piece in pieces if piece]
    if any(isinstance(piece, Shell) for piece in pieces):
        return Shell("".join(quoted((piece,)) for piece in pieces))
    return "".join(pieces)


def _read_file(path: str) -> str:
    return f"cat -- {_home(path)}"


def _run_command(text: str) -> str:
    return f"sh -c {quoted((text,))}"


def _read_variable(name: str) -> str:
    """One whose name no shell can say."""
    return f"printenv -- {quoted((name,))}"


def _home(path: str) -> str:
    """A path in a shell; one that begins with `~/` is the home's there."""
    if path.startswith("~/"):
        return f'"$HOME"/{quoted((path[2:],))}'
    return quoted((path,))


READERS = {"env": _read_variable, "file": _read_file, "cmd": _run_command}
"""Shell text that prints what a reference leads to."""
