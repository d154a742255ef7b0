"""Where a person decides: whether a call runs, or whether its output is given out.

The question goes to the person at the client where the client can put it; else, or
where the client declines at once, it waits for `runspec approve` as a ticket, and the
agent repeats the call once it is answered.
"""

from __future__ import annotations

from time import gmtime, monotonic, strftime

from ..approvals.ticket import APPROVED, DENIED, RELEASE, RUN
from .messages import INVALID_PARAMS, Malformed
from .protocol import APPROVAL
from .shapes import Question, text_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..approvals.store import Store
    from ..approvals.ticket import Ticket
    from ..render.plan import Output, Plan
    from .capture import Capture
    from .case import Case
    from .connection import Connection
    from .desk import Desk, End
    from .results import Outcome
    from .shapes import Ended, ToolResult

AT_ONCE = 1.0
"""Seconds; nobody reads a question faster, so it was the client that declined."""
REHEARSAL = 30.0
"""Seconds that a dry run may take."""
HELD = 8 << 20
"""Bytes of an output that are withheld; of a longer one, the first so many."""

NOT_RUN = """\
This needs a person's approval; nothing has run yet.

{plan}

Ask the person to run this in a terminal on this machine:

    runspec approve {id}

Then call the tool again with the same arguments. The request ends at {until}."""
WITHHELD = """\
This has run; its output is withheld until a person releases it.

Ask the person to run this in a terminal on this machine:

    runspec approve {id}

Then call the tool again with the same arguments: it doesn't run again, you get the
output. It is kept until {until}."""
DECLINED = "A person declined this call; it has not run. Don't try it again unasked."
KEPT_BACK = "This has run; a person decided not to give out its output."
STALE = (
    "requestState isn't valid for this call: it was changed, has expired, was used"
    " already or belongs to another call; call again without it"
)


class Gate:
    """One case before a person."""

    def __init__(
        self, desk: Desk, case: Case, client: Connection, store: Store
    ) -> None:
        self._desk = desk
        self._case = case
        self._client = client
        self._store = store
        self._planned = case.planned()
        self._audited = case.run.audited

    async def confirmed(self) -> End:
        """Run it once a person has said yes (`confirm`)."""
        ticket = self._store.decision(self._planned, RUN)
        if ticket and ticket.status == APPROVED and self._store.take(ticket):
            return await self._run(ticket.by)
        if ticket and ticket.status == DENIED:
            return self._declined(DECLINED, ticket.by)
        plan = ticket.plan if ticket else await self._proposed()
        answer = await self._answer(RUN, plan)
        if isinstance(answer, Question):
            return answer
        if answer == "accept":
            return await self._run(self._by)
        if answer == "decline":
            return self._declined(DECLINED, self._by)
        ticket = self._store.open(self._planned, RUN, plan)
        return _waiting(NOT_RUN, ticket)

    async def released(self) -> End:
        """Run it, and give out its output once a person says so (`supervised`)."""
        ticket = self._store.decision(self._planned, RELEASE)
        if ticket is None:
            outcome = await self._desk.outcome(self._case, self._client)
            if outcome.ending == "not-started":
                return await self._desk.result(self._case, outcome, self._client)
            ticket = self._hold(outcome)
        if ticket.status == APPROVED:
            return await self._given_out(ticket)
        if ticket.status == DENIED:
            return self._declined(KEPT_BACK, ticket.by)
        answer = await self._answer(RELEASE, self._shown(ticket))
        if isinstance(answer, Question):
            return answer
        if answer == "accept":
            self._store.decide(ticket, True, self._by)
            ticket.by = self._by
            return await self._given_out(ticket)
        if answer == "decline":
            self._store.decide(ticket, False, self._by)
            return self._declined(KEPT_BACK, self._by)
        return _waiting(WITHHELD, ticket)

    async def _answer(self, kind: str, plan: str) -> str | Question:
        """What the person at the client says: "accept", "decline", or "" where none
        could be asked. In the stateless era, a question comes first.
        """
        call = self._case.call
        if call.state is not None:
            return self._brought(kind, plan)
        if not call.elicits:
            return ""
        if call.revision.stateless:
            return self._question(kind, plan)
        began = monotonic()
        action = await self._client.ask(call, plan)
        return _meant(action, monotonic() - began)

    def _question(self, kind: str, plan: str) -> Question:
        state = self._store.seal(self._planned, kind)
        self._desk.asked(state)
        return Question(plan, state)

    def _brought(self, kind: str, plan: str) -> str | Question:
        """The answer that came with `requestState` (MRTR, server requirements)."""
        call = self._case.call
        state = str(call.state)
        if not self._store.unseal(state, self._planned, kind):
            raise Malformed(INVALID_PARAMS, STALE)
        answer = (call.answers or {}).get(APPROVAL)
        action = answer.get("action") if isinstance(answer, dict) else None
        if action is None and call.elicits:
            return self._question(kind, plan)
        return _meant(str(action), self._desk.waited(state))

    async def _proposed(self) -> str:
        """The planned call in words, with what a dry run of it wrote."""
        from ..render.plan import plan_text

        rehearsal = self._case.rehearsal()
        if rehearsal is None:
            return plan_text(self._plan())
        outcome = await self._desk.outcome(rehearsal, self._client, REHEARSAL)
        return plan_text(self._plan(), _written(outcome))

    def _plan(self) -> Plan:
        from ..render.plan import Plan

        case, planned = self._case, self._planned
        return Plan(
            case.invocation,
            (planned.runnable, *planned.argv),
            host=planned.host,
            user=planned.user,
            principal=planned.principal,
            reason=case.served.tool.autonomy_reason,
            level=case.level,
            given=case.line.given,
        )

    def _hold(self, outcome: Outcome) -> Ticket:
        """What a program wrote, until a person decides; the plan has none of it."""
        from ..render.plan import ran_text

        plan = ran_text(self._plan())
        return self._store.open(self._planned, RELEASE, plan, held=_written(outcome))

    def _shown(self, ticket: Ticket) -> str:
        """The call that ran and the head of its output, for a person only."""
        from ..render.plan import release_text

        output = self._store.output(ticket)
        return release_text(ticket.plan, output) if output else ticket.plan

    async def _run(self, by: str) -> ToolResult | Ended:
        self._audited.decided("approval", by)
        return await self._desk.run(self._case, self._client)

    def _declined(self, text: str, by: str) -> ToolResult:
        self._audited.decided("denial", by)
        return text_result(text, is_error=True)

    async def _given_out(self, ticket: Ticket) -> ToolResult | Ended:
        self._audited.decided("release", ticket.by)
        output = self._store.output(ticket)
        if output is None or not self._store.take(ticket):
            return text_result(KEPT_BACK, is_error=True)
        outcome = self._desk.revived(self._case, output)
        return await self._desk.result(self._case, outcome, self._client)

    @property
    def _by(self) -> str:
        return f"a person at the client of {self._case.principal}"


def _meant(action: str, seconds: float | None) -> str:
    """A client that declines faster than a person reads has asked nobody."""
    if action == "accept":
        return "accept"
    return "" if seconds is not None and seconds < AT_ONCE else "decline"


def _written(outcome: Outcome) -> Output:
    """What a program wrote, in bounded memory."""
    from ..render.plan import Output

    stdout, stderr = _head(outcome.stdout), _head(outcome.stderr)
    outcome.close()
    return Output(stdout, stderr, outcome.status)


def _head(capture: Capture) -> bytes:
    """The first HELD bytes, and a line that says so where there were more."""
    left = capture.size - HELD
    mark = f"\n[{left} more bytes were not kept]\n".encode() if left > 0 else b""
    return capture.read(0, HELD) + mark


def _waiting(text: str, ticket: Ticket) -> ToolResult:
    until = strftime("%H:%M UTC", gmtime(ticket.expires))
    said = text.format(plan=ticket.plan, id=ticket.id, until=until)
    return text_result(said, is_error=True)
