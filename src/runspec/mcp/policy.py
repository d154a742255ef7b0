"""What the operator of a server says about calls: the one place that is asked.

A package declares how far an agent may go; the operator can only be stricter.
"""

from __future__ import annotations

from ..approvals.store import QUOTA
from ..policy import strictest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeVar

    from ..model import Config

    T = TypeVar("T")

CONFIRM = ("host", "auto", "terminal")
"""Who asks a person before a `confirm` call, from the least to the most strict."""


class Rule:
    """What holds for calls of tools and principals that match, each a glob.

    `level` is the least strict that counts, `pending` how many calls may wait for a
    person, `paths` the directories that values of the type `path` are confined to,
    `environ` the variables that reach the program, as globs, `dry_run` whether a call
    that waits has its dry run. None says nothing.
    """

    __slots__ = ("dry_run", "environ", "level", "paths", "pending", "principal", "tool")

    def __init__(
        self,
        tool: str = "*",
        principal: str = "*",
        *,
        level: str | None = None,
        pending: int | None = None,
        paths: Sequence[str] | None = None,
        environ: Sequence[str] | None = None,
        dry_run: bool | None = None,
    ) -> None:
        self.tool = tool
        self.principal = principal
        self.level = level
        self.pending = pending
        self.paths = paths
        self.environ = environ
        self.dry_run = dry_run

    def applies(self, tool: str, principal: str) -> bool:
        from fnmatch import fnmatchcase

        return fnmatchcase(tool, self.tool) and fnmatchcase(principal, self.principal)


class Policy:
    """The operator's say: `confirm` is one of CONFIRM; of `rules`, all that apply."""

    def __init__(self, *, confirm: str = "auto", rules: Sequence[Rule] = ()) -> None:
        self.confirm = confirm
        self._rules = rules

    def confirm_of(self, config: Config) -> str:
        """Who asks: what the spec declares counts where it is stricter (SRV-23)."""
        declared = config.confirm if config.declares("confirm") else self.confirm
        return max(self.confirm, declared, key=CONFIRM.index)

    def level(self, tool: str, principal: str, declared: str) -> str:
        """The effective autonomy of a call whose spec says `declared`."""
        said = self._said(tool, principal, lambda rule: rule.level)
        return strictest((declared, *said))

    def quota(self, tool: str, principal: str) -> int:
        """How many calls of one who asks may wait for a person at once."""
        return min(
            self._said(tool, principal, lambda rule: rule.pending), default=QUOTA
        )

    def rehearses(self, tool: str, principal: str) -> bool:
        """Whether a call that waits for a person has its dry run before."""
        return all(self._said(tool, principal, lambda rule: rule.dry_run))

    def confinements(self, tool: str, principal: str) -> list[Sequence[str]]:
        """Lists of directories; a path must be in one of each list."""
        return list(self._said(tool, principal, lambda rule: rule.paths))

    def passes(self, tool: str, principal: str, variable: str) -> bool:
        """Whether a variable of the server's reaches the program."""
        from fnmatch import fnmatchcase

        return all(
            any(fnmatchcase(variable, each) for each in globs)
            for globs in self._said(tool, principal, lambda rule: rule.environ)
        )

    def _said(
        self, tool: str, principal: str, of: Callable[[Rule], T | None]
    ) -> Iterator[T]:
        for rule in self._rules:
            found = of(rule)
            if found is not None and rule.applies(tool, principal):
                yield found
