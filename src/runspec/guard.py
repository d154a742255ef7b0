"""What stands before and behind a run beside its own checks: denials and the ledger."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from . import Loaded
    from .approvals.ticket import Ticket
    from .call import Invocation
    from .errors import RunspecError
    from .model import Config, Runnable
    from .record import Event

OWN = os.path.join(os.path.dirname(__file__), "cli", "runspec.toml")
"""The spec of the `runspec` command, which nothing denies (DNY-04)."""


def audit_level(chain: Sequence[Runnable], config: Config, least: str = "off") -> str:
    """How a run is audited: off, on or required; `least` where the spec says less."""
    from .spec.inherit import inherited

    level = str(inherited(chain, "audit") or config.audit)
    return least if level == "off" else level


def require_allowed(call: Invocation) -> None:
    """Raise RunspecError where something denies this call (DNY-04)."""
    if call.spec_path == OWN:
        return
    from .deny import require_allowed as require

    require(" ".join(level.name for level in call.chain), call.environ)


def audit_refusal(
    error: RunspecError,
    loaded: Loaded,
    run: str,
    principal: str = "",
    least: str = "off",
) -> None:
    """What was refused before there was a call to speak of (AUD-02)."""
    from .audit import audited
    from .specfile import environment_directory

    _, runnable, config, _ = loaded
    chain = [runnable]
    for name in getattr(error, "command", ()):
        chain += [each for each in (chain[-1].commands.get(name),) if each]
    if audit_level(chain, config, least) == "off":
        return
    about: Event = {**_about(chain, run, principal), "why": error.faults[0].code}
    audited(environment_directory(os.environ), "on", "refusal", about)


ABOUT = ("run", "runnable", "principal")
"""What every record says."""


def _about(chain: Sequence[Runnable], run: str, principal: str) -> dict[str, str]:
    return {
        "run": run,
        "runnable": " ".join(level.name for level in chain),
        "principal": principal,
    }


class Audited:
    """One call in the ledger; raises RunspecError where it must be there and can't.

    `dry_run`: it is one, made for the person who decides about the call itself.
    """

    dry_run = False

    def __init__(
        self, call: Invocation, run: str, *, least: str = "off", principal: str = ""
    ) -> None:
        from .specfile import environment_directory

        self._call = call
        self._run = run
        self._about = _about(call.chain, run, principal)
        self._directory = environment_directory(call.environ)
        self.level = audit_level(call.chain, call.config, least)

    def start(self, user: str = "") -> None:
        """It is about to start; with every value but secrets, and as another `user`."""
        from .record import began

        event = began(self._call, self._run, "")
        kept = ("agent", "autonomy", "values", "spec", "cwd", "claims", "ssh")
        run_as: Event = {"run_as": user} if user else {}
        fields = {name: event[name] for name in kept}
        if self.dry_run:
            fields["dry_run"] = True
        self._add("start", self.level, {**fields, **run_as})

    def end(self, status: int | None, ending: str) -> None:
        """It has ended; what is over can't be refused any more."""
        end_by(self.ticket(), status, ending)

    def ticket(self) -> dict[str, str]:
        """What another process needs to say how it ended (`end_by`)."""
        return {"directory": self._directory, "audit": self.level, **self._about}

    def refused(self, why: str) -> None:
        """It was refused: a code of a fault, or a word."""
        self._add("refusal", self.level, {"why": why})

    def decided(self, kind: str, ticket: Ticket) -> None:
        """A person decided about it: `approval`, `denial` or `release`."""
        self._add(kind, self.level, {"by": ticket.by, "channel": ticket.channel})

    def _add(self, kind: str, level: str, fields: Event) -> None:
        if level == "off":
            return
        from .audit import audited

        audited(self._directory, level, kind, {**self._about, **fields})


def end_by(ticket: Mapping[str, str], status: int | None, ending: str) -> None:
    """A run has ended, of which there is a ticket; that can't be refused any more."""
    if ticket["audit"] == "off":
        return
    from .audit import audited

    fields: Event = {name: ticket[name] for name in ABOUT}
    audited(
        ticket["directory"], "on", "end", {**fields, "status": status, "ending": ending}
    )
