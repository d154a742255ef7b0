"""Where a person decides: whether a call runs, or whether its output is given out.

A question is a ticket first, which `runspec approve` decides. Where a person can be
at the client, the same question goes there, too, with a code in its text: an answer
without the code, or sooner than one reads, is none. The agent repeats the call once
the ticket is decided, and what it would do is derived anew then.
"""

from __future__ import annotations

from time import gmtime, strftime

from ..approvals.ticket import (
    APPROVED,
    DENIED,
    ELICITATION,
    RELEASE,
    RUN,
    RUNNING,
)
from .messages import INVALID_PARAMS, Malformed
from .protocol import APPROVAL, CODE_FORM
from .shapes import Question, Reply, text_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from ..approvals.store import Store
    from ..approvals.ticket import PlannedCall, Ticket
    from ..render.plan import Output, Plan
    from .capture import Capture
    from .case import Case
    from .connection import Connection
    from .desk import Desk, End
    from .results import Outcome
    from .shapes import Ended, ToolCall, ToolResult

    class Records(Protocol):
        """Where a decision is recorded."""

        def decided(self, kind: str, ticket: Ticket) -> None: ...


REHEARSAL = 30.0
"""Seconds that a dry run may take."""
HELD = 8 << 20
"""Bytes of an output that are withheld; of a longer one, the first so many."""

NOT_RUN = """\
This needs a person's approval; {run}.

{plan}

Ask the person to run this in a terminal on this machine:

    runspec approve {id}

Then call the tool again with the same arguments. The request ends at {until}."""
NOTHING_RAN = "nothing has run yet"
DRY_RAN = "only its dry run has run"
WITHHELD = """\
This has run; its output is withheld until a person releases it.

Ask the person to run this in a terminal on this machine:

    runspec approve {id}

Then call the tool again with the same arguments: it doesn't run again, you get the
output. It is kept until {until}."""
DECLINED = """\
A person declined this call; it has not run. Don't try it again unasked: until {until} \
the answer is the same."""
KEPT_BACK = """\
This has run; a person decided not to give out its output. Until {until} the answer \
is the same."""
GONE = "This has run; its output is gone, or was changed, and isn't given out."
UNDER_WAY = {
    RUN: "The same call is being prepared for a person's approval already; nothing "
    "has run. Call the tool again in a moment.",
    RELEASE: "The same call is running already, and doesn't run a second time. Its "
    "output will be withheld until a person releases it: call the tool again once it "
    "has ended, to learn what to ask the person for.",
}
TOO_LATE = """\
This call was decided or used elsewhere, or its time is over; it has not run. Call the \
tool again to ask anew."""
STALE = (
    "requestState isn't valid for this call: it was changed, has expired, was used"
    " already or belongs to another call; call again without it"
)
TYPE_CODE = "To say yes, type the code {code}. To say no, decline."


class Gate:
    """One call before a person; what runs it says the rest."""

    def __init__(
        self,
        desk: Desk,
        call: ToolCall,
        client: Connection,
        store: Store,
        planned: PlannedCall,
        audited: Records,
        *,
        asks: bool,
    ) -> None:
        self._desk = desk
        self._call = call
        self._client = client
        self._store = store
        self._planned = planned
        self._session = client.session
        self._audited = audited
        self._asks = asks

    async def describe(self, ticket: Ticket, changes: list[str]) -> None:
        """Write the planned call into a ticket, after a dry run if it has one."""
        raise NotImplementedError

    async def withhold(self, ticket: Ticket) -> Output | ToolResult | Ended:
        """Run it, and write that into a ticket; what it wrote, or why nothing ran."""
        raise NotImplementedError

    async def run(self) -> End:
        """Run it."""
        raise NotImplementedError

    async def hand_out(self, output: Output) -> ToolResult | Ended:
        """The result that was withheld."""
        raise NotImplementedError

    async def confirmed(self) -> End:
        """Run it once a person has said yes (`confirm`)."""
        reply = self._brought(RUN)
        ticket = self._decision(RUN)
        if reply is not None and (ticket is None or ticket.id != reply.ticket):
            return text_result(TOO_LATE, is_error=True)
        if ticket is None:
            changes = self._store.changes(self._planned, RUN, self._session)
            ticket, is_new = self._reserve(RUN)
            if is_new:
                await self._propose(ticket, changes)
        if ticket.status == RUNNING:
            return text_result(UNDER_WAY[RUN], is_error=True)
        if ticket.status not in (APPROVED, DENIED):
            end = await self._put(ticket, reply)
            if end is not None:
                return end
        if ticket.status == DENIED:
            return self._declined(DECLINED, ticket)
        if not self._store.take(ticket):
            return text_result(TOO_LATE, is_error=True)
        self._audited.decided("approval", ticket)
        return await self.run()

    async def released(self) -> End:
        """Run it, and give out its output once a person says so (`supervised`)."""
        reply = self._brought(RELEASE)
        ticket = self._decision(RELEASE)
        if reply is not None and (ticket is None or ticket.id != reply.ticket):
            return text_result(TOO_LATE, is_error=True)
        if ticket is None:
            ticket, is_new = self._reserve(RELEASE)
            failed = await self._hold(ticket) if is_new else None
            if failed is not None:
                return failed
        if ticket.status == RUNNING:
            return text_result(UNDER_WAY[RELEASE], is_error=True)
        if ticket.status not in (APPROVED, DENIED):
            end = await self._put(ticket, reply)
            if end is not None:
                return end
        if ticket.status == DENIED:
            return self._declined(KEPT_BACK, ticket)
        return await self._given_out(ticket)

    def _decision(self, kind: str) -> Ticket | None:
        return self._store.decision(self._planned, kind, self._session)

    def _reserve(self, kind: str) -> tuple[Ticket, bool]:
        """A place for the question before anything runs (APV-03)."""
        planned = self._planned
        quota = self._desk.policy.quota(planned.tool, planned.principal)
        return self._store.reserve(self._planned, kind, self._session, quota)

    async def _put(self, ticket: Ticket, reply: Verdict | None) -> End | None:
        """Have the person at the client answer, if there can be one.

        None where they did: then the ticket's status says what.
        """
        if reply is None:
            if not self._asks:
                return self._waiting(ticket)
            state, code = self._store.seal(self._planned, ticket)
            message = f"{self._question(ticket)}\n\n{TYPE_CODE.format(code=code)}"
            if self._call.revision.stateless:
                return Question(message, state, CODE_FORM)
            answer = await self._client.ask(self._call, message, CODE_FORM)
            reply = self._verdict(ticket.kind, state, answer)
        if not reply.action:
            return self._waiting(ticket)
        approved = reply.action == "accept"
        if not self._store.decide(ticket, approved, ELICITATION):
            return text_result(TOO_LATE, is_error=True)
        ticket.status = APPROVED if approved else DENIED
        return None

    def _brought(self, kind: str) -> Verdict | None:
        """The answer that came with `requestState` (MRTR, server requirements).

        None where none came: then the question is put again.
        """
        call = self._call
        if call.state is None:
            return None
        answer = (call.answers or {}).get(APPROVAL)
        reply = Reply(None)
        if isinstance(answer, dict):
            reply = Reply(answer.get("action"), answer.get("content"))
        verdict = self._verdict(kind, call.state, reply)
        return verdict if answer is not None else None

    def _verdict(self, kind: str, state: str, reply: Reply) -> Verdict:
        found = self._store.unseal(state, self._planned, kind, reply.action, reply.code)
        if found is None:
            raise Malformed(INVALID_PARAMS, STALE)
        return Verdict(*found)

    async def _propose(self, ticket: Ticket, changes: list[str]) -> None:
        """Have the planned call before a person, with what a dry run of it wrote."""
        try:
            await self.describe(ticket, changes)
            self._store.present(ticket)
        except BaseException:
            self._store.abandon(ticket)
            raise

    async def _hold(self, ticket: Ticket) -> ToolResult | Ended | None:
        """Run it, and keep what it wrote until a person decides.

        The result where nothing was run; the plan has nothing of the output.
        """
        from ..render.plan import Output

        try:
            output = await self.withhold(ticket)
            if not isinstance(output, Output):
                self._store.abandon(ticket)
                return output
            self._store.present(ticket, held=output)
        except BaseException:
            self._store.abandon(ticket)
            raise
        return None

    def _question(self, ticket: Ticket) -> str:
        """What a person is asked, with the head of an output that is withheld."""
        from ..render.plan import release_text

        output = self._store.output(ticket) if ticket.kind == RELEASE else None
        return release_text(ticket.plan, output) if output else ticket.question

    def _waiting(self, ticket: Ticket) -> ToolResult:
        self._desk.tell_same_user()
        text = NOT_RUN if ticket.kind == RUN else WITHHELD
        run = DRY_RAN if ticket.dry_run else NOTHING_RAN
        said = text.format(
            plan=ticket.plan, id=ticket.id, until=_until(ticket), run=run
        )
        return text_result(said, is_error=True)

    def _declined(self, text: str, ticket: Ticket) -> ToolResult:
        self._audited.decided("denial", ticket)
        return text_result(text.format(until=_until(ticket)), is_error=True)

    async def _given_out(self, ticket: Ticket) -> ToolResult | Ended:
        output = self._store.output(ticket)
        if output is None or not self._store.take(ticket):
            return text_result(GONE, is_error=True)
        self._audited.decided("release", ticket)
        return await self.hand_out(output)


class ToolGate(Gate):
    """A call of a tool of this machine."""

    def __init__(
        self, desk: Desk, case: Case, client: Connection, store: Store
    ) -> None:
        planned, audited = case.planned(), case.run.audited
        super().__init__(
            desk, case.call, client, store, planned, audited, asks=case.asks
        )
        self._case = case

    async def describe(self, ticket: Ticket, changes: list[str]) -> None:
        from ..render.plan import dry_run_text, plan_text

        rehearsal = self._rehearsal()
        if rehearsal is not None:
            outcome = await self._desk.outcome(rehearsal, self._client, REHEARSAL)
            ticket.dry_run = dry_run_text(_written(outcome))
        plan = self._plan(changes)
        ticket.plan, ticket.full = plan_text(plan), plan_text(plan, whole=True)
        ticket.files = dict(self._case.pin.files)

    def _rehearsal(self) -> Case | None:
        tool, principal = self._planned.tool, self._case.principal
        wanted = self._desk.policy.rehearses(tool, principal)
        return self._case.rehearsal() if wanted else None

    async def withhold(self, ticket: Ticket) -> Output | ToolResult | Ended:
        from ..render.plan import ran_text

        outcome = await self._desk.outcome(self._case, self._client)
        if outcome.ending == "not-started":
            return await self._desk.result(self._case, outcome, self._client)
        plan = self._plan([])
        ticket.plan, ticket.full = ran_text(plan), ran_text(plan, whole=True)
        return _written(outcome)

    async def run(self) -> End:
        return await self._desk.run(self._case, self._client)

    async def hand_out(self, output: Output) -> ToolResult | Ended:
        outcome = self._desk.revived(self._case, output)
        return await self._desk.result(self._case, outcome, self._client)

    def _plan(self, changes: list[str]) -> Plan:
        from ..render.plan import Plan

        case, planned = self._case, self._planned
        return Plan(
            case.invocation,
            (planned.runnable, *planned.argv),
            host=planned.host,
            user=planned.user,
            principal=_asker(planned.principal, planned.client),
            reason=case.served.tool.autonomy_reason,
            level=case.level,
            given=case.line.given,
            program=planned.program,
            loose=case.pin.loose,
            cwd=planned.cwd,
            changes=changes,
        )


class Verdict:
    """What an answer comes to for a ticket: "accept", "decline", or "" for neither."""

    __slots__ = ("action", "ticket")

    def __init__(self, ticket: str, action: str) -> None:
        self.ticket = ticket
        self.action = action


def _asker(principal: str, client: str) -> str:
    return f"{principal}, by {client}" if client else principal


def _until(ticket: Ticket) -> str:
    return strftime("%H:%M UTC", gmtime(ticket.expires))


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
