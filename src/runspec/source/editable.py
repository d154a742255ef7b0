"""Where the packages of an editable or unrecorded distribution are (LOC-01).

An editable install leaves directories in a `.pth` file, or a finder on
`sys.meta_path` that one line of the `.pth` file puts there (PEP 660).
"""

from __future__ import annotations

import os
import sys

from ..specfile import SPEC_NAME
from .distributions import listed, read_text, recorded_paths, scripts
from .walk import directories

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.importlib import MetaPathFinderProtocol as Finder

MOST_DIRECTORIES = 2_000
"""Package directories that are looked through for one distribution."""


def editable(
    site: str, info: str, name: str, record: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(specs, watched paths) of an editable install; `name` is the normalised name."""
    modules = _top_level(info)
    pths, roots = _pth_directories(site, record)
    packages: list[str] = []
    for module in modules or [name.replace("-", "_")]:
        packages += _locations(module, site)
    for root in roots:
        packages += _packages(root, modules, name)
    specs: list[str] = []
    watched = [*pths, *roots]
    for package in dict.fromkeys(os.path.realpath(path) for path in packages):
        for directory, files in directories(package, _is_package, MOST_DIRECTORIES):
            watched.append(directory)
            if SPEC_NAME in files:
                specs.append(os.path.join(directory, SPEC_NAME))
    return tuple(dict.fromkeys(specs)), tuple(dict.fromkeys(watched))


def unrecorded(
    site: str, info: str, name: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same of a distribution without RECORD, such as a develop install.

    Only the packages' own directories are looked at, because a system's
    `dist-packages` has hundreds of these.
    """
    packages = [
        os.path.join(site, module)
        for module in _top_level(info) or [name.replace("-", "_")]
    ]
    watched = [os.path.join(p, SPEC_NAME) for p in packages if os.path.isdir(p)]
    return tuple(path for path in watched if os.path.isfile(path)), tuple(watched)


def _top_level(info: str) -> list[str]:
    named = read_text(info, "top_level.txt").split()
    targets = scripts(info).values()
    named += [target.partition(":")[0].partition(".")[0] for target in targets]
    return [name for name in dict.fromkeys(named) if name.isidentifier()]


def _pth_directories(site: str, record: str) -> tuple[list[str], list[str]]:
    """The distribution's own `.pth` files and the directories they name."""
    names = [
        path
        for path in recorded_paths(record)
        if path.endswith(".pth") and "/" not in path
    ]
    pths = [os.path.join(site, name) for name in names]
    lines = [line for path in pths for line in read_text(path).splitlines()]
    roots = (
        os.path.join(site, line.strip())
        for line in lines
        if line.strip() and not line.startswith(("#", "import ", "import\t"))
    )
    return pths, [root for root in roots if os.path.isdir(root)]


def _packages(root: str, modules: Iterable[str], name: str) -> list[str]:
    """The packages in one directory of `sys.path`.

    A project's root holds tests and examples too: there only those count that the
    distribution names, or the one of its own name.
    """
    is_project = any(
        os.path.exists(os.path.join(root, file))
        for file in ("pyproject.toml", "setup.py")
    )
    names = list(modules) if is_project else []
    if is_project and not any(os.path.isdir(os.path.join(root, n)) for n in names):
        names = [name.replace("-", "_")]
    found: list[str] = []
    for entry in listed(root):
        path = os.path.join(root, entry)
        if is_project and entry not in names:
            continue
        if _is_package(path) and _has_any(path, "__init__.py", SPEC_NAME):
            found.append(path)
    return found


def _has_any(directory: str, *names: str) -> bool:
    return any(os.path.exists(os.path.join(directory, name)) for name in names)


def _is_package(path: str) -> bool:
    base = os.path.basename(path)
    return base.isidentifier() and base != "__pycache__" and os.path.isdir(path)


def _locations(module: str, site: str) -> list[str]:
    """The directories of a package, asked of the finders but not imported."""
    beside = os.path.join(site, module)
    if os.path.isdir(beside):
        return [beside]
    for finder in sys.meta_path:
        found = _asked(finder, module)
        if found:
            return found
    return []


def _asked(finder: Finder, module: str) -> list[str]:
    try:
        spec = finder.find_spec(module, None)
    except Exception:  # noqa: BLE001 - a finder is other people's code
        return []
    places = (spec and spec.submodule_search_locations) or ()
    return [place for place in places if os.path.isdir(place)]
