"""A run whose end this process sees, in the journal and in the audit ledger."""

from __future__ import annotations

from time import time_ns

from ..guard import Audited
from ..guard import end_by as audited_end
from ..record import append, began, run_id
from ..specfile import environment_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..call import Invocation
    from ..record import Event
    from .account import Account

TICKET = frozenset(("audit", "directory", "kept", "principal", "run", "runnable"))
"""What a ticket has."""


class Recorded:
    """One run, from its begin to its end.

    `audited` is its place in the ledger; a server audits at least as `on` does.
    `account` is as whom it runs, where that is another user. `is_logged`: a log of
    this process takes its end.
    """

    account: Account | None = None
    is_logged = False

    def __init__(
        self,
        call: Invocation,
        via: str,
        *,
        least: str = "off",
        principal: str = "",
        id: str = "",
    ) -> None:
        self.id = id or run_id()
        self.audited = Audited(call, self.id, least=least, principal=principal)
        self.call = call
        self._via = via
        self._principal = principal
        self._directory = environment_directory(call.environ)
        self._kept = False
        self._event: Event | None = None

    def begin(self) -> bool:
        """Record that it begins; whether anything is kept of it, so that its end is
        to be told. Raises RunspecError where it must be audited and can't be.
        """
        self.audited.start("" if self.account is None else self.account.name)
        if self.call.config.history and self._directory:
            event: Event = began(self.call, self.id, self._via)
            event["principal"] = self._principal
            if self.account is not None:
                event["euid"] = self.account.uid
            self._event = event
            self._kept = append(self._directory, event)
        return self._kept or self.is_logged or self.audited.level != "off"

    def named(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The program's environment, so that it doesn't record itself again."""
        return {**environ, "RUNSPEC_RUN_ID": self.id}

    def moved(self, pid: int, start: str, host: str) -> None:
        """It goes on in another process, or at another place, which `host` names."""
        if self._kept and self._event is not None:
            there: Event = {"pid": pid, "start": start, "host": host}
            append(self._directory, {**self._event, **there})

    def ticket(self) -> dict[str, str]:
        """What another process needs to record how it ended (`end_by`)."""
        return {**self.audited.ticket(), "kept": "1" if self._kept else ""}

    def end(self, status: int, ending: str = "") -> None:
        """Record how it ended; a negative status is a signal's number."""
        end_by(self.ticket(), status, ending)


def end_by(ticket: Mapping[str, str], status: int | None, ending: str = "") -> None:
    """Record how a run ended, by its ticket."""
    ending = ending or ("signal" if status is not None and status < 0 else "exit")
    audited_end(ticket, status, ending)
    if ticket["kept"]:
        event: Event = {"event": "end", "run": ticket["run"], "at": time_ns()}
        event |= {"status": status, "ending": ending, "detail": ""}
        append(ticket["directory"], event)
