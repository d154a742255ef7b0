"""What an environment has of the call that started this process, or an outer one.

Whoever starts a program exports the values of the call (INJ). They belong to that one
process, which `RUNSPEC_PID` names: it keeps its number when it executes something
else, and whatever it starts has another. For any other process they are no input
(INJ-07); what the operator had set before is, under its own name again.
"""

import os
import sys

from .specfile import checksum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PID, RUNNABLE, EXPORTS = "RUNSPEC_PID", "RUNSPEC_RUNNABLE", "RUNSPEC_EXPORTS"
RUN_DIR = "RUNSPEC_RUN_DIR"
HIDDEN = "_RUNSPEC_"
"""What the operator had set as `RUNSPEC_…`, while a program runs."""
OF_THE_CALL = (PID, RUNNABLE, EXPORTS, "RUNSPEC_DEFAULTS", "RUNSPEC_COMMAND")


def is_own(environ: "Mapping[str, str]") -> bool:
    """Whether the values in an environment are for this very process.

    A launched job's are for all of its processes: they may be on other machines.
    """
    if environ.get(PID) == str(os.getpid()) or environ.get(PID) in _parents():
        return True
    return RUN_DIR in environ and EXPORTS not in environ and PID not in environ


def _parents() -> tuple[str, ...]:
    """The processes whose pool (multiprocessing) this one may be of.

    A worker's parent is that process, or a server that it started.
    """
    module = sys.modules.get("multiprocessing.process")
    if module is None:
        return ()
    inheriting = getattr(module.current_process(), "_inheriting", False)
    if not inheriting and module.parent_process() is None:
        return ()
    parent = os.getppid()
    try:
        with open(f"/proc/{parent}/stat", encoding="utf-8", errors="replace") as file:
            above = file.read().rpartition(")")[2].split()[1]
    except (OSError, IndexError):
        above = ""
    return str(parent), above


def list_exports(variables: "Mapping[str, str]") -> dict[str, str]:
    """The exports of a call, with the variable that tells later which they were."""
    sums = " ".join(f"{name}={_sum(text)}" for name, text in variables.items())
    return {**variables, EXPORTS: sums}


def own_environ(environ: "Mapping[str, str]") -> "Mapping[str, str]":
    """The environment as it counts for this process (INJ-07)."""
    if RUNNABLE not in environ or is_own(environ):
        return environ
    return without_exports(environ)


def without_exports(environ: "Mapping[str, str]") -> dict[str, str]:
    """The environment as it was before the call whose values are in it.

    A variable that has been set anew since then counts.
    """
    found = {
        name: text for name, text in environ.items() if not _is_export(name, environ)
    }
    for name, text in environ.items():
        if name.startswith(HIDDEN):
            del found[name]
            found.setdefault(name[1:], text)
    return found


def _is_export(name: str, environ: "Mapping[str, str]") -> bool:
    if name in OF_THE_CALL:
        return True
    sums = environ.get(EXPORTS)
    if sums is not None:
        return f"{name}={_sum(environ[name])}" in sums.split()
    runnable = environ.get(RUNNABLE, "").replace("-", "_").replace(".", "_").upper()
    return name == "RUNSPEC_CONFIG" or name.startswith(f"RUNSPEC_{runnable}_ARG_")


def _sum(text: str) -> str:
    return checksum(os.fsencode(text)).hex()[:8]
