"""The run directory: what a launch was made from, and what came of it.

    plan.json    the plan; secrets by reference
    config.*     the merged configuration that the script gets
    code.json    commit, whether there are changes, remote, hash of the content
    diff.patch   those changes, as `git apply` takes them
    argv.json    the command line that was typed
    job.json     executor, handle and last known state (launch/jobs.py)
    log          what a detached job on this machine wrote

It is private (0700) and appears whole or not at all.
"""

from __future__ import annotations

import os

from ..compat import quoters
from ..errors import Fault, RunspecError
from ..paths import make_private, state_dir
from ..record import run_id
from ..source.folder import Folder, failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..spec.plain import Json

PLAN = "plan.json"
CODE = "code.json"
DIFF = "diff.patch"
ARGV = "argv.json"
JOB = "job.json"
LOG = "log"
VARIABLE = "RUNSPEC_RUNS_DIR"
UNTRUSTED = "run-untrusted"
PENDING = ".new-"
"""What the name of a directory begins with until it is whole."""
LONGEST = 80
"""Characters of a recipe's name in a directory's."""


def new_id() -> str:
    """The id of a launch, which sorts by time, and of its run in the history."""
    return run_id()


def root(environ: Mapping[str, str]) -> str:
    """Where run directories stand: RUNSPEC_RUNS_DIR, or `runspec/runs` of
    `$XDG_STATE_HOME` (default `~/.local/state`).

    Raises RunspecError (`unwritable`) for a user without a home directory.
    """
    if named := environ.get(VARIABLE):
        return os.path.abspath(named)
    state = state_dir(environ)
    if not state:
        why = f"this user has no home directory; set {VARIABLE}"
        raise RunspecError(Fault("unwritable", "runspec/runs", detail=why))
    return f"{state}/runspec/runs"


def place(environ: Mapping[str, str], name: str, id: str) -> str:
    """The path of a run's directory; `name` is the recipe's."""
    safe = "".join(each if each.isalnum() or each in "._-" else "-" for each in name)
    return f"{root(environ)}/{safe[:LONGEST].strip('.-') or 'run'}-{id}"


def create(path: str, files: Mapping[str, bytes]) -> Folder:
    """Make a run directory with these files in it, or nothing.

    Raises RunspecError (`unwritable`).
    """
    parent, base = os.path.split(path)
    pending = f"{parent}/{PENDING}{base}"
    try:
        make_private(parent)
        os.mkdir(pending, 0o700)
    except OSError as error:
        raise failed("unwritable", pending, error) from None
    try:
        folder = Folder(pending, UNTRUSTED)
        for name, content in files.items():
            folder.write(name, content)
        os.rename(pending, path)
    except OSError as error:
        discard(pending)
        raise failed("unwritable", path, error) from None
    except BaseException:
        discard(pending)
        raise
    return Folder(path, UNTRUSTED)


def discard(path: str) -> None:
    """Remove a run directory that nothing came of."""
    from shutil import rmtree

    rmtree(path, ignore_errors=True)


def as_json(value: Json) -> bytes:
    """A JSON document as the files here have it, in ASCII."""
    return ("".join(_pieces(value, "\n")) + "\n").encode("ascii")


def _pieces(value: Json, line: str) -> Iterator[str]:
    """Importing `json` costs half of what starting Python does."""
    inner = line + " "
    if isinstance(value, dict) and value:
        for index, (name, each) in enumerate(value.items()):
            yield f"{',' if index else '{'}{inner}{_quoted(name)}: "
            yield from _pieces(each, inner)
        yield line + "}"
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield f"{',' if index else '['}{inner}"
            yield from _pieces(each, inner)
        yield line + "]"
    else:
        yield _quoted(value) if isinstance(value, str) else _plain(value)


def _quoted(text: str) -> str:
    return quoters()[1](text)


def _plain(value: Json) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if value - value == 0 else _quoted(str(value))
    return "{}" if isinstance(value, dict) else "[]"
