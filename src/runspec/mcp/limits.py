"""How many calls one who asks may make, as the operator's policy says (SRV-43)."""

from __future__ import annotations

from collections import deque
from time import monotonic

from ..errors import Fault, RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .policy import Policy, Rule

MINUTE = 60.0


class Limits:
    """Calls of each who asks, counted for each rule that limits them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._recent: dict[tuple[Rule, str], deque[float]] = {}
        self._running: dict[tuple[Rule, str], int] = {}

    def begin(self, tool: str, principal: str) -> list[Rule]:
        """The rules that count a call, which `end` takes once it is over.

        Raises RunspecError (`calls-limited`) where one of them has no room for it.
        """
        rules = self._policy.limiting(tool, principal)
        now = monotonic()
        for rule in rules:
            self._require_room(rule, tool, principal, now)
        for rule in rules:
            self._recent.setdefault((rule, principal), deque()).append(now)
            running = self._running.get((rule, principal), 0)
            self._running[rule, principal] = running + 1
        return rules

    def end(self, rules: list[Rule], principal: str) -> None:
        for rule in rules:
            self._running[rule, principal] -= 1

    def _require_room(self, rule: Rule, tool: str, principal: str, now: float) -> None:
        recent = self._recent.get((rule, principal), deque())
        while recent and now - recent[0] >= MINUTE:
            recent.popleft()
        if rule.rate is not None and len(recent) >= rule.rate:
            wait = int(MINUTE - (now - recent[0])) + 1
            words = f"{rule.rate} calls a minute: call again in {wait} s"
            raise RunspecError(Fault("calls-limited", tool, detail=words))
        if (
            rule.jobs is not None
            and self._running.get((rule, principal), 0) >= rule.jobs
        ):
            words = f"{rule.jobs} at once: call again when one has ended"
            raise RunspecError(Fault("calls-limited", tool, detail=words))
