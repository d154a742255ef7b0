"""`runspec check`: every fault of spec files and recipes (FILE-06)."""

from __future__ import annotations

import os

from ..errors import Fault, SpecError
from ..resolve.configfile import CONFIG_NAME
from ..source.spec import read_spec
from ..spec.build import build
from ..spec.reader import in_order
from ..specfile import SPEC_NAME
from . import output, packaging
from .found import documents, shown
from .surroundings import check_config, check_config_file, config_file, warnings_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..call import Args
    from ..source.document import Document
    from ..spec.plain import Json


class Checked:
    """One file and its faults; `shown` is its path as a person would write it."""

    __slots__ = ("faults", "shown")

    def __init__(self, shown: str, faults: tuple[Fault, ...]) -> None:
        self.shown = shown
        self.faults = faults


def run(args: Args) -> int:
    """Check files; 1 when there are errors or, with --strict, warnings."""
    paths = [str(path) for path in args.path.value or (os.getcwd(),)]
    files = _files(paths)
    form = args.format.value
    if form == "json":
        output.show_json(_json(files))
    elif form == "github":
        _github(files)
    else:
        _text(files)
    counted = ("error", "warning") if args.strict.value else ("error",)
    return 1 if any(f.severity in counted for c in files for f in c.faults) else 0


def _files(paths: list[str]) -> list[Checked]:
    """What is meant, each once; what is missing is checked, too."""
    found: dict[str, Checked] = {}
    for path in paths:
        for each in list(_below(path)) or _check_path(path):
            found.setdefault(os.path.realpath(each.shown), each)
    return list(found.values())


def _below(root: str) -> Iterator[Checked]:
    for document in documents(root):
        yield from _of_spec(document)


def _of_spec(document: Document) -> Iterator[Checked]:
    """A spec, and the config file beside it."""
    spec = build(document)
    more = (*warnings_of(document, spec), *packaging.warnings_of(document, spec))
    yield Checked(document.path, in_order((*spec.faults, *more)))
    config = config_file(document)
    if config is not None:
        yield Checked(config, check_config(config, spec))


def _check_path(path: str) -> Iterator[Checked]:
    name = shown(path)
    if is_profiles(path):
        yield Checked(name, _of_profiles(path))
    elif os.path.basename(path) == CONFIG_NAME and os.path.isfile(path):
        yield Checked(name, check_config_file(name))
    elif os.path.isdir(path):
        yield Checked(name, (Fault("spec-not-found", SPEC_NAME, expected=(path,)),))
    else:
        yield from _of_spec(read_spec(name))


def is_profiles(path: str) -> bool:
    """Whether it is `env.toml`, or `env.PLACE.toml` as cookbooks have them."""
    name = os.path.basename(path)
    return name.startswith("env.") and name.endswith(".toml") and os.path.isfile(path)


def _of_profiles(path: str) -> tuple[Fault, ...]:
    """What a launch on each profile of the file would say of that."""
    from ..launch.profile.profiles import load
    from ..launch.profile.settings import check_profile

    found: dict[tuple[str, str, str], Fault] = {}
    try:
        profiles = load(path)
        names = profiles.names
    except SpecError as error:
        return error.faults
    faults: list[Fault] = []
    for name in names:
        try:
            faults += check_profile(profiles.values(name))
        except SpecError as error:
            faults += error.faults
    for fault in (*faults, *profiles.warnings):
        place = fault.place
        at = f"{getattr(place, 'line', 0)}:{getattr(place, 'column', 0)}"
        found.setdefault((fault.code, fault.subject, at), fault)
    return tuple(found.values())


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
