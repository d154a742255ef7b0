"""What one installed distribution says about itself: name, programs, spec files.

Read straight from its `*.dist-info` (PyPA "Recording installed projects", PEP 376,
PEP 610) or `*.egg-info`; the packages themselves are never imported.
"""

from __future__ import annotations

import os

from ..specfile import SPEC_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Distribution:
    """One distribution that has specs, or whose directories may come to have some.

    `scripts` are its programs: console scripts with their `module:function`, other
    files of the environment's `bin` with ""; `specs` the absolute paths of its spec
    files; `watched` the paths whose change may add or take away one.
    """

    __slots__ = ("name", "scripts", "specs", "version", "watched")

    def __init__(
        self,
        name: str,
        version: str,
        scripts: dict[str, str],
        specs: tuple[str, ...],
        watched: tuple[str, ...],
    ) -> None:
        self.name = name
        self.version = version
        self.scripts = scripts
        self.specs = specs
        self.watched = watched


def distributions(sites: tuple[str, ...]) -> Iterator[Distribution]:
    """The distributions in `sites` that matter for specs (LOC-01).

    Of two with one name the first holds, as it does for `import`.
    """
    seen: set[str] = set()
    for site in sites:
        for entry in listed(site):
            stem, dot, kind = entry.rpartition(".")
            if not dot or kind not in ("dist-info", "egg-info"):
                continue
            name = normalised(stem.partition("-")[0])
            if name in seen or name.startswith("~"):  # pip's name for half removed
                continue
            seen.add(name)
            found = _read(site, os.path.join(site, entry), name)
            if found is not None:
                yield found


def normalised(name: str) -> str:
    """The name as PEP 503 compares names."""
    name = name.lower().replace("_", "-").replace(".", "-")
    while "--" in name:
        name = name.replace("--", "-")
    return name


def listed(directory: str) -> list[str]:
    """The sorted names in a directory; none when it can't be read."""
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def _read(site: str, info: str, name: str) -> Distribution | None:
    record = read_text(info, "RECORD")
    specs, watched = _found(site, info, name, record)
    if not specs and not watched:
        return None
    title, version = _identity(info)
    programs = dict.fromkeys(_programs(record), "") | scripts(info)
    return Distribution(title or name, version, programs, specs, watched)


def _programs(record: str) -> Iterator[str]:
    for path in recorded_paths(record):
        *above, name = path.rsplit("/", 2)
        if path.startswith("../") and above[-1] == "bin":
            yield name


def _found(
    site: str, info: str, name: str, record: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if record and not is_editable(info):
        return _recorded(site, record), ()
    from . import editable

    if record:
        return editable.editable(site, info, name, record)
    return editable.unrecorded(site, info, name)


def is_editable(info: str) -> bool:
    """PEP 660: `direct_url.json` says `"editable": true`."""
    text = read_text(info, "direct_url.json")
    return '"editable":true' in text.replace(" ", "").replace("\n", "")


def distribution_of(path: str, name: str) -> str:
    """The `*.dist-info` of a distribution beside a file of it; "" for none."""
    above, below = os.path.dirname(os.path.abspath(path)), ""
    while above != below:
        for entry in listed(above):
            stem, _, kind = entry.rpartition(".")
            found = kind == "dist-info" and normalised(stem.partition("-")[0])
            if found == normalised(name):
                return os.path.join(above, entry)
        above, below = os.path.dirname(above), above
    return ""


def owner_of(path: str) -> str:
    """Name and version of the distribution that installed a file; "" for none."""
    path = os.path.abspath(path)
    site = os.path.dirname(path)
    while site != os.path.dirname(site) and os.path.basename(site)[-9:] != "-packages":
        site = os.path.dirname(site)
    relative = os.path.relpath(path, site)
    for entry in listed(site):
        info = os.path.join(site, entry)
        if entry.endswith(".dist-info") and relative in recorded_paths(
            read_text(info, "RECORD")
        ):
            return " ".join(filter(None, _identity(info)))
    return ""


def _recorded(site: str, record: str) -> tuple[str, ...]:
    if f"/{SPEC_NAME}" not in record:
        return ()
    return tuple(
        os.path.join(site, path)
        for path in recorded_paths(record)
        if path.endswith(f"/{SPEC_NAME}") and in_a_package(path)
    )


def recorded_paths(record: str) -> Iterator[str]:
    """The paths of a RECORD (CSV: path, hash, size), relative to its site."""
    for line in record.splitlines():
        if line.startswith('"'):
            yield line[1:].rpartition('",')[0].replace('""', '"')
        else:
            yield line.rsplit(",", 2)[0]


def in_a_package(path: str) -> bool:
    """Whether each directory of a relative path could be a package."""
    return all(part.isidentifier() for part in path.split("/")[:-1])


def _identity(info: str) -> tuple[str, str]:
    """Name and version, as written in the metadata's head."""
    text = read_text(info, "METADATA") or read_text(info, "PKG-INFO")
    found = {"name": "", "version": ""}
    for line in text.splitlines():
        if not line:
            break
        key, _, value = line.partition(":")
        if key.lower() in found and not found[key.lower()]:
            found[key.lower()] = value.strip()
    return found["name"], found["version"]


def scripts(info: str) -> dict[str, str]:
    """Console and GUI scripts of `entry_points.txt`, name to `module:function`."""
    found: dict[str, str] = {}
    section = ""
    for line in read_text(info, "entry_points.txt").splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section in ("[console_scripts]", "[gui_scripts]") and "=" in line:
            name, _, target = line.partition("=")
            found[name.strip()] = target.partition("[")[0].strip()
    return found


def read_text(*path: str) -> str:
    """A metadata file; what isn't there or can't be read is empty."""
    try:
        with open(os.path.join(*path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
