"""What the operator of a server says about calls: the one place that is asked.

A package declares how far an agent may go; the operator can only be stricter.

    confirm = "terminal"

    [[rule]]
    tool = "purge*"
    principal = "token *"
    level = "confirm"
    paths = ["/srv/data"]
"""

from __future__ import annotations

import os

from ..approvals.store import QUOTA
from ..errors import Fault, RunspecError
from ..policy import AUTONOMY, strictest

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
    that waits has its dry run, `rate` how many calls of one who asks begin in a
    minute, `jobs` how many are under way at once. None says nothing.
    """

    __slots__ = (
        "dry_run",
        "environ",
        "jobs",
        "level",
        "paths",
        "pending",
        "principal",
        "rate",
        "tool",
    )

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
        rate: int | None = None,
        jobs: int | None = None,
    ) -> None:
        self.tool = tool
        self.principal = principal
        self.level = level
        self.pending = pending
        self.paths = paths
        self.environ = environ
        self.dry_run = dry_run
        self.rate = rate
        self.jobs = jobs

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

    def limiting(self, tool: str, principal: str) -> list[Rule]:
        """The rules that limit how many such calls one who asks may make."""
        return [
            rule
            for rule in self._rules
            if (rule.rate is not None or rule.jobs is not None)
            and rule.applies(tool, principal)
        ]

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


MACHINE = "/etc/runspec/policy.toml"
"""The machine's policy, where a server isn't told another one."""
KEYS: dict[str, type] = {
    "tool": str,
    "principal": str,
    "level": str,
    "pending": int,
    "rate": int,
    "jobs": int,
    "paths": list,
    "environ": list,
    "dry-run": bool,
}

COUNTS = ("rate", "jobs")
"""Keys that are at least 1."""


def read_policy(path: str | None, confirm: str) -> Policy:
    """The policy in a file, by default the machine's if there is one.

    `confirm` counts where it is stricter than the file's. Raises RunspecError
    (`unreadable`, `policy-untrusted`, `policy-invalid`).
    """
    if path is None and not os.path.lexists(MACHINE):
        return Policy(confirm=confirm)
    path = os.path.abspath(path or MACHINE)
    data = _load(path)
    declared = data.pop("confirm", confirm)
    rules = data.pop("rule", [])
    if declared not in CONFIRM:
        raise _invalid(path, f"confirm is {', '.join(CONFIRM)}")
    if data or not isinstance(rules, list):
        raise _invalid(path, "it has confirm and [[rule]] only")
    stricter = max(confirm, str(declared), key=CONFIRM.index)
    found = [_rule(path, at, each) for at, each in enumerate(rules, 1)]
    return Policy(confirm=stricter, rules=found)


def _load(path: str) -> dict[str, object]:
    import tomllib

    from ..source.ownership import distrust_place

    try:
        distrust = distrust_place(path)
        if distrust is not None:
            raise RunspecError(Fault("policy-untrusted", path, detail=distrust.why))
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        detail = error.strerror or ""
        raise RunspecError(Fault("unreadable", path, detail=detail)) from None
    except ValueError as error:
        raise _invalid(path, str(error)) from None


def _rule(path: str, at: int, data: object) -> Rule:
    where = f"rule {at}"
    if not isinstance(data, dict):
        raise _invalid(path, f"{where} is no table")
    for key, value in data.items():
        kind = KEYS.get(key)
        if kind is None:
            raise _invalid(path, f"{where}: unknown key {key!r}")
        if type(value) is not kind:
            raise _invalid(path, f"{where}: {key} must be of type {kind.__name__}")
        if isinstance(value, list) and not all(isinstance(e, str) for e in value):
            raise _invalid(path, f"{where}: {key} must be strings")
        if key in COUNTS and isinstance(value, int) and value < 1:
            raise _invalid(path, f"{where}: {key} must be at least 1")
    if data.get("level", AUTONOMY[0]) not in AUTONOMY:
        raise _invalid(path, f"{where}: level is one of {', '.join(AUTONOMY)}")
    paths = data.get("paths")
    for each in paths if isinstance(paths, list) else ():
        if not os.path.isabs(each):
            raise _invalid(path, f"{where}: {each!r} must be an absolute path")
    words = {key.replace("-", "_"): value for key, value in data.items()}
    return Rule(**words)


def _invalid(path: str, why: str) -> RunspecError:
    return RunspecError(Fault("policy-invalid", path, detail=why))
