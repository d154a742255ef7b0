"""`runspec check`: every fault of spec files (FILE-06)."""

from __future__ import annotations

import os

from ..errors import Fault
from ..specfile import SPEC_NAME
from . import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Args
    from ..spec.plain import Json

SKIPPED = ("__pycache__", "node_modules", "site-packages")


class Checked:
    """One file and its faults; `shown` is its path as a person would write it."""

    __slots__ = ("faults", "shown")

    def __init__(self, shown: str, faults: tuple[Fault, ...]) -> None:
        self.shown = shown
        self.faults = faults


def run(args: Args) -> int:
    """Check files; 1 when there are errors or, with --strict, warnings."""
    paths = [str(path) for path in args.path.value or (os.getcwd(),)]
    files = [_checked(path) for path in _files(paths)]
    form = args.format.value
    if form == "json":
        output.show_json(_json(files))
    elif form == "github":
        _github(files)
    else:
        _text(files)
    counted = ("error", "warning") if args.strict.value else ("error",)
    return 1 if any(f.severity in counted for c in files for f in c.faults) else 0


def _files(paths: list[str]) -> list[str]:
    """The spec files that are meant, each once; what is missing is checked, too."""
    found: dict[str, str] = {}
    for path in paths:
        for each in _below(path) or [path]:
            found.setdefault(os.path.realpath(each), each)
    return list(found.values())


def _below(root: str) -> list[str]:
    from ..source.walk import directories

    return [
        os.path.join(directory, SPEC_NAME)
        for directory, files in directories(root, _worth_entering)
        if SPEC_NAME in files
    ]


def _worth_entering(directory: str) -> bool:
    """Not hidden, not others' code, not a virtual environment, not a link."""
    base = os.path.basename(directory)
    if base.startswith(".") or base in SKIPPED or os.path.islink(directory):
        return False
    return not os.path.exists(os.path.join(directory, "pyvenv.cfg"))


def _checked(path: str) -> Checked:
    from ..source.toml import read_toml
    from ..spec.build import build

    shown = _shown(path)
    if os.path.isdir(path):
        return Checked(shown, (Fault("spec-not-found", SPEC_NAME, expected=(path,)),))
    return Checked(shown, build(read_toml(shown)).faults)


def _shown(path: str) -> str:
    """The path from the current directory when it is below that."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _sum(files: list[Checked]) -> dict[str, int]:
    severities = [fault.severity for file in files for fault in file.faults]
    return {
        "files": sum(not os.path.isdir(file.shown) for file in files),
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
    }


def _text(files: list[Checked]) -> None:
    blocks = [output.faults(file.faults) for file in files if file.faults]
    total = _sum(files)
    counts = [output.counted(total[key], key[:-1]) for key in total]
    output.show("\n\n".join([*blocks, ", ".join(counts)]))


def _json(files: list[Checked]) -> Json:
    from ..render.fault import faults_json

    listed = [{"path": f.shown, "faults": faults_json(f.faults)} for f in files]
    return {**_sum(files), "files": listed}  # type: ignore[dict-item]


def _github(files: list[Checked]) -> None:
    from ..render.fault import github

    lines = [github(file.faults) for file in files if file.faults]
    if lines:
        output.show("\n".join(lines))
