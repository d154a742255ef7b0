"""The specs that are installed in this environment (LOC)."""

from __future__ import annotations

import os
import sys

from ..errors import Fault, FilePlace
from . import index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

OWN = os.path.join(os.path.dirname(os.path.dirname(__file__)), "cli", "runspec.toml")
"""The spec of the `runspec` command, which isn't listed among those it lists."""

LONGEST_SCRIPT = 8_192


class InstalledSpec:
    """One spec file of one distribution; `scripts` as in `Distribution`."""

    __slots__ = ("distribution", "path", "scripts", "version")

    def __init__(
        self, distribution: str, version: str, path: str, scripts: dict[str, str]
    ) -> None:
        self.distribution = distribution
        self.version = version
        self.path = path
        self.scripts = scripts


class Environment:
    """What is installed: `specs`, by distribution and path, found in `sites`.

    Readers may keep plain data about a spec here (`remember`); it is there again
    (`recall`) as long as the file and this program's version are the same.
    """

    def __init__(
        self,
        key: index.Key,
        found: index.Index,
        began: int,
        *,
        changed: bool = False,
    ) -> None:
        self.specs = tuple(InstalledSpec(*row) for row in found.rows)
        self.sites = key[1:]
        self._key = key
        self._index = found
        self._began = began
        self._now = {spec.path: index.stamp(spec.path) for spec in self.specs}
        self._changed = changed

    def recall(self, spec: InstalledSpec, kind: str) -> object:
        """What was remembered of `spec` as `kind`; None when nothing was."""
        stamp, memos = self._index.memos.get(spec.path, (None, {}))
        return memos.get(kind) if stamp == self._now[spec.path] else None

    def remember(self, spec: InstalledSpec, kind: str, value: object) -> None:
        """Keep `value`, which marshal must be able to hold, until the spec changes."""
        now = self._now[spec.path]
        stamp, memos = self._index.memos.get(spec.path, (None, {}))
        if stamp != now:
            memos = {}
        self._index.memos[spec.path] = (now, {**memos, kind: value})
        self._changed = True

    def is_current(self) -> bool:
        """Whether no package came or went and no spec changed since it was made."""
        seen = {**self._index.watched, **self._now}
        return all(index.stamp(path) == then for path, then in seen.items())

    def save(self) -> None:
        """Write what was remembered, if there is anything new."""
        if self._changed:
            index.write(self._key, self._index, self._began)
            self._changed = False


class Declaration:
    """A runnable's name in one installed spec, and where it stands there."""

    __slots__ = ("name", "place", "spec")

    def __init__(self, name: str, spec: InstalledSpec, place: FilePlace) -> None:
        self.name = name
        self.spec = spec
        self.place = place


def installed() -> Environment:
    """Every spec that a distribution of this environment ships (LOC-01)."""
    import time

    began = time.time_ns()
    sites = _sites()
    key = (sys.prefix, *sites)
    found = index.read(key)
    if found is not None:
        return Environment(key, found, began)
    return Environment(key, _search(sites), began, changed=True)


def _sites() -> tuple[str, ...]:
    """`sys.path` without the program's directory and the standard library."""
    library = os.path.dirname(os.__file__)
    passed_over = ("", library, os.path.join(library, "lib-dynload"))
    own = 0 if sys.flags.safe_path else 1
    return tuple(
        dict.fromkeys(
            path
            for path in sys.path[own:]
            if isinstance(path, str)
            and path not in passed_over
            and not path.endswith(".zip")
        )
    )


def _search(sites: tuple[str, ...]) -> index.Index:
    from .distributions import distributions

    watched = {site: index.stamp(site) for site in sites}
    rows: list[index.Row] = []
    for found in distributions(sites):
        watched.update((path, index.stamp(path)) for path in found.watched)
        rows += [
            (found.name, found.version, path, found.scripts)
            for path in found.specs
            if not _is_own(path)
        ]
    rows.sort(key=lambda row: (row[0].lower(), row[2]))
    return index.Index(watched, tuple(rows), {})


def _is_own(path: str) -> bool:
    try:
        return os.path.samefile(path, OWN)
    except (OSError, ValueError):
        return False


def settle(
    declared: Iterable[Declaration],
) -> tuple[dict[str, Declaration], list[Fault]]:
    """Which declaration of each name is listed, and a fault for each rival (LOC-02).

    Where several declare one name, it is the one whose program is installed under
    it; where that can't be told, none is.
    """
    by_name: dict[str, list[Declaration]] = {}
    for each in declared:
        by_name.setdefault(each.name, []).append(each)
    listed: dict[str, Declaration] = {}
    faults: list[Fault] = []
    for name, rivals in by_name.items():
        winner = rivals[0] if len(rivals) == 1 else _answering(name, rivals)
        if winner is not None:
            listed[name] = winner
        faults += [_conflict(rivals[0], other, winner) for other in rivals[1:]]
    return listed, faults


def _conflict(
    first: Declaration, other: Declaration, winner: Declaration | None
) -> Fault:
    return Fault(
        "name-conflict",
        first.name,
        other.place,
        severity="warning",
        runnable=first.name,
        received=first.name,
        expected=(winner.spec.path,) if winner else (),
        detail="installed",
        related=first.place,
    )


def _answering(name: str, rivals: list[Declaration]) -> Declaration | None:
    target = _program(name)
    if target is None:
        return None
    entries = [(each, _entry(each.spec, name)) for each in rivals]
    matching = [each for each, entry in entries if entry == target]
    matching = matching or [each for each, entry in entries if entry == ("", "")]
    if len(matching) > 1:
        package = "/" + target[0].partition(".")[0] + "/"
        matching = [each for each in matching if package in each.spec.path]
    return matching[0] if len(matching) == 1 else None


def _entry(spec: InstalledSpec, name: str) -> tuple[str, str] | None:
    target = spec.scripts.get(name)
    if target is None:
        return None
    module, _, function = target.partition(":")
    return module.strip(), function.partition(".")[0].strip()


def _program(name: str) -> tuple[str, str] | None:
    """(module, name) that the installed program imports and calls.

    ("", "") for one that isn't a console script; None where there is none.
    """
    try:
        with open(os.path.join(sys.prefix, "bin", name), "rb") as file:
            text = file.read(LONGEST_SCRIPT).decode("utf-8", "replace")
    except (OSError, ValueError):
        return None
    for line in text.splitlines():
        words = line.split()
        if len(words) == 4 and words[0] == "from" and words[2] == "import":
            return words[1], words[3]
    return "", ""
