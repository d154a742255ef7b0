"""`runspec compile`: specs kept compiled ahead of their first use (CMP-03).

As `compileall` does for bytecode: at the build of an image, where later nothing can be
written, or where the layers of the image change what the system tells of a file.
"""

from __future__ import annotations

import os

from ..errors import Fault
from ..source.installed import OWN, installed
from ..spec.load import prepare
from ..specfile import SPEC_NAME
from . import output
from .found import documents, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..call import Args


def run(args: Args) -> int:
    """Compile; 1 where a spec has errors, or what was compiled can't be written."""
    faults: list[Fault] = []
    lines: list[str] = []
    for path in dict.fromkeys(map(os.path.abspath, _paths(args))):
        place, found = _prepared(path)
        faults += [fault for fault in found if fault.severity == "error"]
        if place is not None:
            lines.append(f"{shown(path)} -> {shown(place)}")
    if lines:
        output.show("\n".join([*lines, output.counted(len(lines), "spec")]))
    if faults:
        output.complain(faults)
    return 1 if faults else 0


def _paths(args: Args) -> Iterator[str]:
    """Every spec that is meant; one that is missing is a fault later."""
    if args.installed.value:
        environment = installed()
        environment.save()
        yield OWN
        yield from (spec.path for spec in environment.specs)
    here = () if args.installed.value else (os.getcwd(),)
    for each in args.path.value or here:
        path = str(each)
        if os.path.isdir(path):
            below = [document.path for document in documents(path)]
            yield from below or [os.path.join(path, SPEC_NAME)]
        else:
            yield path


def _prepared(path: str) -> tuple[str | None, tuple[Fault, ...]]:
    try:
        place, faults = prepare(path)
    except OSError as error:
        why = Fault("unreadable", shown(path), detail=error.strerror or "")
        return None, (why,)
    if place is None and not any(fault.severity == "error" for fault in faults):
        detail = "neither beside the spec nor in the user's cache"
        faults = (Fault("unwritable", f"the compiled {shown(path)}", detail=detail),)
    return place, faults
