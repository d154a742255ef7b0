"""A rule of the kill switch, and what it does to a call."""

from __future__ import annotations

import os
from time import time

from ..errors import Fault, FilePlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json

LETTERS = "abcdefghjkmnpqrstvwxyz23456789"
FIELDS = ("id", "runnable", "user", "host", "reason", "by", "at", "until")


class Rule:
    """Denies what all three globs match, until a time, "" for ever.

    `by` is who said so, `at` when. Times are RFC 3339 in UTC, to the second.
    """

    __slots__ = FIELDS

    def __init__(
        self,
        reason: str,
        *,
        runnable: str = "*",
        user: str = "*",
        host: str = "*",
        by: str = "",
        until: str = "",
        at: str = "",
        id: str = "",
    ) -> None:
        self.id = id or new_id()
        self.runnable = runnable
        self.user = user
        self.host = host
        self.reason = reason
        self.by = by
        self.at = at or stamp(time())
        self.until = until

    def plain(self) -> dict[str, Json]:
        """As it stands in the file."""
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name)}

    def is_over(self, now: float) -> bool:
        """Whether it denies nothing any more."""
        return self.until != "" and self.until <= stamp(now)

    def matches(self, runnable: str, users: tuple[str, ...], host: str) -> bool:
        """Whether the call is one that it denies, its time apart (DNY-02)."""
        from fnmatch import fnmatchcase

        words = runnable.split(" ")
        commands = [" ".join(words[: at + 1]) for at in range(len(words))]
        name = host.lower()
        hosts = (name, name.partition(".")[0])
        return (
            any(fnmatchcase(each, self.runnable) for each in commands)
            and any(fnmatchcase(each, self.user) for each in (*users, ""))
            and any(fnmatchcase(each, self.host.lower()) for each in hosts)
        )


class Denial:
    """Why a call is refused: a rule of a file, or, with `rule` "", the file itself.

    `fault` says it in words; RunspecError(fault) refuses the call.
    """

    __slots__ = ("fault", "file", "reason", "rule")

    def __init__(self, file: str, fault: Fault, reason: str, rule: str = "") -> None:
        self.file = file
        self.fault = fault
        self.reason = reason
        self.rule = rule

    @classmethod
    def by_rule(cls, runnable: str, file: str, rule: Rule) -> Denial:
        fault = Fault(
            "run-denied",
            runnable,
            FilePlace(file, 0, 0),
            received=rule.id,
            detail=rule.reason,
            expected=(rule.until,) if rule.until else (),
        )
        return cls(file, fault, rule.reason, rule.id)


def new_id() -> str:
    """Six letters and digits that no other rule is likely to have."""
    return "".join(LETTERS[byte % len(LETTERS)] for byte in os.urandom(6))


def stamp(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, without fractions."""
    from time import gmtime, strftime

    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(seconds))
