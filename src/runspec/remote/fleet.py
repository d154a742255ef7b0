"""The same call on many hosts, so many at once."""

from __future__ import annotations

from time import monotonic

from ..errors import RunspecError
from ..loop import Future

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ..errors import Fault
    from ..loop import Loop
    from .jump import Ended

OK, FAILED, NOT_RUN = "ok", "failed", "not run"


class Report:
    """What became of a host.

    `state` is OK, FAILED or NOT_RUN; `status` that of the program, None where there
    was none; `faults` say why there was none, `detail` says more of its end.
    """

    __slots__ = ("detail", "faults", "host", "seconds", "status")

    def __init__(self, host: str) -> None:
        self.host = host
        self.status: int | None = None
        self.seconds: float | None = None
        self.detail = ""
        self.faults: tuple[Fault, ...] = ()

    @property
    def state(self) -> str:
        if self.seconds is None:
            return NOT_RUN
        return OK if self.status == 0 else FAILED


class Fleet:
    """Runs `one` for each host, at most `parallel` at once, and reports in order.

    After `stop_after` hosts that failed (0: never), or once `stop` was called, none is
    begun any more.
    """

    def __init__(
        self,
        loop: Loop,
        hosts: Sequence[str],
        one: Callable[[str], Awaitable[Ended]],
        *,
        parallel: int,
        stop_after: int,
    ) -> None:
        self.reports = [Report(host) for host in hosts]
        self._loop = loop
        self._one = one
        self._parallel = parallel
        self._stop_after = stop_after
        self._left = iter(self.reports)
        self._failed = 0
        self._stopped = False

    def stop(self) -> None:
        """Begin no more."""
        self._stopped = True

    async def run(self, told: Callable[[Report], Awaitable[None]]) -> None:
        """All of them; `told` hears of each that has ended."""
        workers: list[Future[None]] = [
            self._loop.spawn(self._work(told))
            for _ in range(min(self._parallel, len(self.reports)))
        ]
        for worker in workers:
            await worker

    async def _work(self, told: Callable[[Report], Awaitable[None]]) -> None:
        for report in self._left:
            if self._stopped:
                return
            await self._run(report)
            self._failed += report.state == FAILED
            if self._stop_after and self._failed >= self._stop_after:
                self._stopped = True
            await told(report)

    async def _run(self, report: Report) -> None:
        began = monotonic()
        try:
            ended = await self._one(report.host)
        except RunspecError as error:
            report.faults = error.faults
        else:
            report.status = None if ended.ending == "refused" else ended.status
            report.detail = ended.detail
        report.seconds = monotonic() - began
