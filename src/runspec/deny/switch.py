"""Changing the files of a kill switch."""

from __future__ import annotations

import os
from time import time

from ..errors import Fault, FilePlace, RunspecError
from ..paths import make_private
from ..source.folder import acquire, failed
from ..source.replace import CREATE, remove
from .file import MOST_BYTES, read, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .rule import Rule

MODE = 0o644
"""Everybody's programs must be able to read it, whatever the umask is."""
_LOCK = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def writable(paths: tuple[str, ...]) -> str:
    """The file that this user's rules go into: the first whose directory is theirs.

    Raises RunspecError (`unwritable`) for a user who can write none.
    """
    for path in paths[:1]:
        if os.access(os.path.dirname(path), os.W_OK | os.X_OK):
            return path
    if len(paths) > 1:
        return paths[1]
    detail = "this user has no home directory"
    raise RunspecError(Fault("unwritable", paths[0], detail=detail))


def add(path: str, rule: Rule) -> None:
    """Add a rule to a file, which is made when missing; rules that are over go.

    Raises RunspecError, and changes nothing: `unwritable`, or what `read` raises.
    """
    now = time()
    _change(path, lambda rules: [*(r for r in rules if not r.is_over(now)), rule])


def take(path: str, rule_id: str) -> Rule | None:
    """Remove the rule of that id from a file; None where it has none."""
    taken: list[Rule] = []

    def without(rules: list[Rule]) -> list[Rule]:
        taken.extend(rule for rule in rules if rule.id == rule_id)
        return [rule for rule in rules if rule.id != rule_id]

    _change(path, without)
    return taken[0] if taken else None


def _change(path: str, change: Callable[[list[Rule]], list[Rule]]) -> None:
    try:
        make_private(os.path.dirname(path))
        descriptor = _locked(f"{path}.lock")
    except OSError as error:
        raise failed("unwritable", path, error) from None
    try:
        acquire(descriptor, path)
        before = read(path)
        after = change(before)
        if after != before:
            _write(path, after)
    finally:
        os.close(descriptor)


def _locked(path: str) -> int:
    """The lock's file; if root makes it, it is that of the directory's owner."""
    try:
        descriptor = os.open(path, _LOCK | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, _LOCK)
    if os.geteuid() == 0:
        os.fchown(descriptor, os.stat(os.path.dirname(path)).st_uid, -1)
    return descriptor


def _write(path: str, rules: list[Rule]) -> None:
    content = text(rules)
    if len(content) > MOST_BYTES:
        place = FilePlace(path, 0, 0)
        raise RunspecError(Fault("too-large", path, place, received=len(content)))
    temporary = f"{path}.new"
    remove(temporary)  # of a process that died
    try:
        if not rules:
            os.unlink(path)
            return
        with open(os.open(temporary, CREATE, MODE), "wb") as file:
            os.fchmod(file.fileno(), MODE)
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        remove(temporary)
        raise failed("unwritable", path, error) from None
