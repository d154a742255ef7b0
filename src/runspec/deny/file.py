"""The file of a kill switch (DNY-03).

{"version": 1, "rules": [{"id": "x7k2mp", "runnable": "deploy*", "user": "*",
    "host": "*", "reason": "…", "by": "ops", "at": "…Z", "until": "…Z"}, …]}

Only `reason` must be there. What can't be read, could be another user's work or says
anything else is a fault: whoever checks a call then denies it.
"""

from __future__ import annotations

import os
from stat import S_ISREG

from ..errors import Fault, FilePlace, RunspecError
from ..paths import CLOSED, NO_LINK, NO_TERMINAL
from ..source.folder import failed
from ..source.ownership import WRITABLE, distrust
from .rule import FIELDS, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..errors import Word

VERSION = 1
MOST_BYTES = 1 << 20
_READ = os.O_RDONLY | CLOSED | NO_LINK | NO_TERMINAL


def read(path: str) -> list[Rule]:
    """The rules of a file, in its order; none where it doesn't exist.

    Raises RunspecError: `deny-unreadable`, `deny-untrusted`, `deny-malformed`.
    """
    try:
        content = _content(path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        why = failed("", path, error).faults[0].detail
        raise refused("deny-unreadable", path, why) from None
    return _rules(path, content)


def text(rules: Sequence[Rule]) -> bytes:
    """A file with these rules."""
    import json

    plain = {"version": VERSION, "rules": [rule.plain() for rule in rules]}
    return (json.dumps(plain, indent=2) + "\n").encode()


def refused(
    code: str, path: str, why: str, received: Word | None = None
) -> RunspecError:
    """Why a file denies everything; `deny-untrusted` has the command that mends it."""
    place = FilePlace(path, 0, 0)
    return RunspecError(Fault(code, path, place, detail=why, received=received))


def _content(path: str) -> bytes:
    descriptor = os.open(path, _READ)
    try:
        _require_trusted(path, os.fstat(descriptor))
        content = b""
        while len(content) <= MOST_BYTES and (part := os.read(descriptor, 1 << 16)):
            content += part
    finally:
        os.close(descriptor)
    if len(content) > MOST_BYTES:
        raise refused("deny-malformed", path, f"it is longer than {MOST_BYTES} bytes")
    return content


def _require_trusted(path: str, status: os.stat_result) -> None:
    """It is of this user, of root, or of whoever owns the directory it stands in."""
    if not S_ISREG(status.st_mode):
        raise refused("deny-unreadable", path, "it is not a regular file")
    owners = (0, os.stat(os.path.dirname(path)).st_uid)
    found = distrust(path, status, open_to=WRITABLE, owners=owners)
    if found:
        raise refused("deny-untrusted", path, found.mend, found.why)


def _rules(path: str, content: bytes) -> list[Rule]:
    import json

    try:
        found = json.loads(
            content.decode("utf-8"), object_pairs_hook=_table, parse_constant=_constant
        )
        return [_rule(each, at) for at, each in enumerate(_items(found), 1)]
    except RecursionError:
        raise refused("deny-malformed", path, "it is nested too deeply") from None
    except ValueError as error:
        raise refused("deny-malformed", path, str(error)) from None


def _table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one table")
    return found


def _constant(name: str) -> object:
    raise ValueError(f"{name} is not a value of JSON")


def _items(found: object) -> list[object]:
    if not isinstance(found, dict) or found.keys() != {"version", "rules"}:
        raise ValueError("it must have exactly version and rules")
    if found["version"] != VERSION or isinstance(found["version"], bool):
        raise ValueError(f"version must be {VERSION}")
    rules = found["rules"]
    if not isinstance(rules, list):
        raise ValueError("rules must be a list")  # noqa: TRY004  it is data
    return rules


def _rule(found: object, at: int) -> Rule:
    if not isinstance(found, dict):
        raise ValueError(f"rule {at} must be a table")  # noqa: TRY004
    odd = sorted(found.keys() - set(FIELDS))
    if odd:
        raise ValueError(f"rule {at} has {odd[0]!r}, which no rule has")
    for name, value in found.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name} of rule {at} must be a text that isn't empty")
    if "reason" not in found:
        raise ValueError(f"rule {at} has no reason")
    for name in ("at", "until"):
        if name in found and not _is_stamp(found[name]):
            raise ValueError(f"{name} of rule {at} must be like 2030-12-31T23:59:59Z")
    return Rule(**{"id": f"rule-{at}", **found})


def _is_stamp(value: str) -> bool:
    from time import strptime

    try:
        strptime(value, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return len(value) == 20 and value.isascii()
