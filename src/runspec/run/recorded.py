"""A run whose end this process sees, in the journal and in the audit ledger."""

from __future__ import annotations

from time import time_ns

from ..guard import Audited
from ..record import append, began, run_id
from ..specfile import environment_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..call import Invocation
    from ..record import Event


class Recorded:
    """One run, from its begin to its end.

    `audited` is its place in the ledger; a server audits at least as `on` does.
    """

    def __init__(
        self, call: Invocation, via: str, *, least: str = "off", principal: str = ""
    ) -> None:
        self.id = run_id()
        self.audited = Audited(call, self.id, least=least, principal=principal)
        self._call = call
        self._via = via
        self._principal = principal
        self._directory = environment_directory(call.environ)
        self._kept = False

    def begin(self) -> bool:
        """Record that it begins; whether anything is kept of it, so that its end is
        to be told. Raises RunspecError where it must be audited and can't be.
        """
        self.audited.start()
        if self._call.config.history and self._directory:
            event: Event = began(self._call, self.id, self._via)
            event["principal"] = self._principal
            self._kept = append(self._directory, event)
        return self._kept or self.audited.level != "off"

    def named(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The program's environment, so that it doesn't record itself again."""
        return {**environ, "RUNSPEC_RUN_ID": self.id}

    def end(self, status: int, ending: str = "") -> None:
        """Record how it ended; a negative status is a signal's number."""
        ending = ending or ("signal" if status < 0 else "exit")
        self.audited.end(status, ending)
        if self._kept:
            event: Event = {"event": "end", "run": self.id, "at": time_ns()}
            event |= {"status": status, "ending": ending, "detail": ""}
            append(self._directory, event)
