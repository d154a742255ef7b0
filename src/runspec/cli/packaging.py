"""Whether a spec reaches those who install its project: what pyproject.toml says."""

from __future__ import annotations

import os

from ..errors import Fault, FilePlace, SpecError
from ..source.toml import read_toml
from ..specfile import SPEC_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..source.document import Document
    from ..spec.build import Spec

PROJECT = "pyproject.toml"
MOST_LEVELS = 8
"""How far above a spec its project is looked for."""
SETUPTOOLS = "setuptools"
IN_MANIFEST = ("runspec.toml", "*.toml", "graft ")
WITH_ALL = ("setuptools-scm", "setuptools_scm", "setuptools-git", "hatch-vcs")
"""What makes setuptools take every file that is under version control."""


def warnings_of(document: Document, spec: Spec) -> Iterator[Fault]:
    """The warnings about the packaging of a spec; none without a project."""
    if os.path.basename(document.path) != SPEC_NAME:
        return
    folder = os.path.dirname(os.path.abspath(document.path))
    root = _project_above(folder)
    pyproject = read_toml(os.path.join(root, PROJECT)).tables if root else {}
    project = pyproject.get("project")
    if not isinstance(project, dict) or not _is_built(pyproject):
        return
    place = FilePlace(document.path, 0, 0)
    if folder == root:
        yield _warning("spec-outside-package", document.path, place, PROJECT)
        return
    if not _is_shipped(pyproject, root):
        package = os.path.relpath(folder, root)
        yield _warning("spec-not-packaged", document.path, place, package)
    yield from _scripts(document, spec, project, folder)


def _project_above(folder: str) -> str:
    """The directory of the nearest pyproject.toml; "" where there is none."""
    for _ in range(MOST_LEVELS):
        if os.path.isfile(os.path.join(folder, PROJECT)):
            return folder
        folder = os.path.dirname(folder)
    return ""


def _is_built(pyproject: Mapping[str, object]) -> bool:
    """Whether it is a project that somebody installs, rather than only settings."""
    return "build-system" in pyproject or bool(_table(pyproject, "project", "scripts"))


def _is_shipped(pyproject: Mapping[str, object], root: str) -> bool:
    """Whether the wheel has the file. All backends but setuptools take what is there.

    Of setuptools' ways the documented ones are looked at: package-data, MANIFEST.in
    and the plugins that take what is under version control.
    """
    system = _table(pyproject, "build-system")
    backend = str(system.get("build-backend", SETUPTOOLS))
    if not backend.startswith(SETUPTOOLS):
        return True
    requires = system.get("requires")
    needs = " ".join(map(str, requires)) if isinstance(requires, list) else ""
    data = _table(pyproject, "tool", SETUPTOOLS, "package-data")
    return (
        any(each in needs for each in WITH_ALL)
        or any(map(_names_spec, data.values()))
        or _in_manifest(root)
    )


def _names_spec(patterns: object) -> bool:
    from fnmatch import fnmatchcase

    found = patterns if isinstance(patterns, list) else []
    return any(fnmatchcase(SPEC_NAME, str(each).split("/")[-1]) for each in found)


def _in_manifest(root: str) -> bool:
    try:
        with open(os.path.join(root, "MANIFEST.in"), encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError):
        return False
    return any(each in text for each in IN_MANIFEST)


def _scripts(
    document: Document, spec: Spec, project: Mapping[str, object], folder: str
) -> Iterator[Fault]:
    """Programs that have no section, and sections that no program is for."""
    scripts = {**_table(project, "scripts"), **_table(project, "gui-scripts")}
    for name, target in scripts.items():
        called = name not in spec.names and len(spec.names) > 1
        if called and _takes_own_name(folder, str(target)):
            place = FilePlace(document.path, 0, 0)
            yield _warning("script-without-section", name, place, str(target))
    for name, runnable in spec.runnables.items():
        if name not in scripts and _is_unstartable(name, spec, runnable.program):
            place = document.place((name,))
            yield _warning("section-without-script", name, place, "", name)


def _takes_own_name(folder: str, target: str) -> bool:
    """Whether a console script's module calls parse() without a name."""
    module = target.partition(":")[0].split(".")
    if module[0] != os.path.basename(folder):
        return False
    path = os.path.join(folder, *module[1:])
    for each in (f"{path}.py", os.path.join(path, "__init__.py")):
        try:
            with open(each, encoding="utf-8") as file:
                text = file.read()
        except (OSError, ValueError):
            continue
        return "runspec" in text and "parse()" in text
    return False


def _is_unstartable(name: str, spec: Spec, program: str | None) -> bool:
    """Whether `runspec run` finds nothing to start: no recipe, no file beside."""
    from ..run.program import find_program, is_launched

    if is_launched(spec.runnables[name]):
        return False
    try:
        find_program(name, spec.path, installed=False, declared=program)
    except SpecError:
        return True
    return False


def _table(tables: object, *keys: str) -> Mapping[str, object]:
    for key in keys:
        tables = tables.get(key) if isinstance(tables, dict) else None
    return tables if isinstance(tables, dict) else {}


def _warning(
    code: str, subject: str, place: FilePlace, detail: str, runnable: str | None = None
) -> Fault:
    return Fault(
        code, subject, place, severity="warning", detail=detail, runnable=runnable
    )
