"""Shell text that does what a plan says, and needs nothing of this project."""

from __future__ import annotations

import os

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
    before: Sequence[str] = (),
) -> list[str]:
    """What goes to the working directory and becomes the script.

    `before` are words that start another command. `set -e` must be in force.
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
        f"exec {quoted((*before, *words))}",
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


def dependency_lines(plan: Plan) -> list[str]:
    """What sets the words `"$@"` that run a command with the script's dependencies."""
    wanted = plan.recipe.dependencies
    options = [word for each in wanted for word in ("--with", each)]
    if plan.recipe.requires_python:
        options += ["--python", plan.recipe.requires_python]
    venv = Shell('"$RUN_DIR/venv"')
    pip = (Shell('"$RUN_DIR/venv/bin/python"'), "-m", "pip", "install", "--quiet")
    return [
        "if command -v uv > /dev/null; then",
        f"    set -- {quoted(('uv', 'run', '--no-project', *options, '--'))}",
        "else",
        f"    {quoted(('python3', '-m', 'venv', venv))}",
        f"    {quoted((*pip, *wanted))}",
        '    PATH="$RUN_DIR/venv/bin:$PATH"',
        "    set --",
        "fi",
    ]


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
