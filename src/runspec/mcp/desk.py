"""A call's life: which tool, which values, may it, run it, what came of it."""

from __future__ import annotations

import os
import sys
from time import monotonic

from ..compat import signal
from ..errors import CallError, Fault, RunspecError
from ..loop import Cancelled, Future
from ..remote.wire import READ_OUTPUT, SEARCH_TOOLS
from ..run.order import NOT_STARTED, Ending
from .limits import Limits
from .shapes import text_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from ..loop import Task
    from ..model import Runnable
    from ..render.plan import Output
    from ..run.order import Order
    from ..run.starter import Job
    from .capture import Capture
    from .case import Case
    from .connection import Connection
    from .policy import Policy
    from .remote_host import Remote
    from .remotes import Remotes
    from .results import Outcome
    from .served import ServedTool
    from .server import Server
    from .shapes import Ended, Object, Question, ToolCall, ToolResult

    End: TypeAlias = ToolResult | Question | Ended

SAME_USER = (
    "runspec serve: an agent that can run programs as this user could approve its own"
    " calls; where one has a shell, serve as another user"
)
GRACE = 2.0
"""Seconds between TERM and KILL."""
ERRORS_SHARE = 4
"""stderr has this part of the room that stdout has."""
FOLLOWED = 3
"""Streams of a program that end with it: stdout, stderr, progress."""


class Desk:
    """Carries out calls, so many at once."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._free = server.options.jobs
        self._queue: list[Future[None]] = []
        self._warned = False
        self._limits = Limits(server.options.policy)

    async def carry_out(self, call: ToolCall, client: Connection) -> End:
        """What a call comes to: its result, or a question that comes first.

        Raises Malformed for a call that is no call.
        """
        try:
            rules = self._limits.begin(call.name, client.principal)
        except RunspecError as error:
            return _said(error)
        try:
            return await self._carry_out(call, client)
        finally:
            self._limits.end(rules, client.principal)

    async def _carry_out(self, call: ToolCall, client: Connection) -> End:
        if call.typed is not None:
            return await self._typed(call, client)
        from .case import open_case

        served = self._server.find(call.name)
        if served is None and call.name == READ_OUTPUT:
            return await self._read_output(call, client)
        if served is None and call.name == SEARCH_TOOLS:
            from .tool_search import search

            return search(self._server.every_tool(call.revision), call.arguments)
        if served is None:
            return await self._elsewhere(call, client)
        served.refresh()
        try:
            case = open_case(call, served, client.principal)
        except CallError as error:
            _audit_refusal(error, served, client)
            return _wrong_call(error, served.tool.chain, call)
        except RunspecError as error:
            return _said(error)
        return await self._allowed(case, client)

    async def _read_output(self, call: ToolCall, client: Connection) -> End:
        """A part of an output of this host, or of another one."""
        from .output_reader import read_output

        remotes = self._server.remotes
        if remotes is not None and self._server.is_elsewhere(call.arguments.get("uri")):
            return await remotes.forward(call, client)
        options = self._server.options
        return read_output(self._server.shelf, call.arguments, options.inline)

    async def _elsewhere(self, call: ToolCall, client: Connection) -> End:
        """What another host makes of a call; the protocol has asked whether one has
        such a tool or resource.
        """
        remotes = self._server.remotes
        assert remotes is not None
        uri = call.arguments.get("uri")
        if isinstance(uri, str) and self._server.is_elsewhere(uri):
            return await remotes.read(uri)
        from ..deny import require_allowed

        try:
            require_allowed(call.name, os.environ)
        except RunspecError as error:
            return _said(error)
        gated = remotes.gate(call)
        if gated is None:
            return await remotes.forward(call, client)
        return await self._gate(call, client, remotes, gated)

    async def _gate(
        self,
        call: ToolCall,
        client: Connection,
        remotes: Remotes,
        gated: tuple[Remote, Object, str],
    ) -> End:
        """A call of a host that doesn't enforce levels: they are enforced here."""
        from .host_gate import HostGate, HostRecords

        remote, item, declared = gated
        level = self.policy.level(call.name, client.principal, declared)
        records = HostRecords(remote.target.name, call.name, client.principal)
        if level == "manual":
            records.refused("manual")
            text = f"Only a person may run this: {call.name}"
            return text_result(text, is_error=True)
        confirm = self.policy.confirm
        if level == "autonomous" or (level == "confirm" and confirm == "host"):
            return await records.run(level, remotes.forward(call, client))
        asks = call.elicits and confirm != "terminal"
        found = remote, item
        store = self._server.approvals
        try:
            gate = HostGate(self, remotes, found, call, client, store, level, asks=asks)
            supervised = level == "supervised"
            return await (gate.released() if supervised else gate.confirmed())
        except RunspecError as error:
            return _said(error)

    async def _typed(self, call: ToolCall, client: Connection) -> End:
        """The same for a call as a person types it (JMP-09)."""
        from .typed import open_typed, wrong

        try:
            case = open_typed(call, self._server, client.principal)
        except CallError as error:
            served = self._server.of_runnable(call.name)[0]
            _audit_refusal(error, served, client)
            return wrong(error)
        except RunspecError as error:
            return _said(error)
        return await self._allowed(case, client)

    async def _allowed(self, case: Case, client: Connection) -> End:
        """The result at the level of autonomy that the call comes to (AUT)."""
        from ..guard import require_allowed

        case.policy = self.policy
        case.level = self.policy.level(case.served.name, case.principal, case.level)
        escape = case.escape()
        if escape is not None:
            case.run.audited.refused("path-confined")
            name, path = escape
            return _said(RunspecError(Fault("path-confined", name, received=path)))
        if case.level == "manual":
            case.run.audited.refused("manual")
            return text_result(case.only_by_hand(), is_error=True)
        try:
            require_allowed(case.invocation)
        except RunspecError as error:
            case.run.audited.refused(error.faults[0].code)
            return _said(error)
        confirm = self.policy.confirm_of(case.served.config)
        if confirm == "host" and case.call.typed is not None:
            confirm = "auto"  # such a client leaves the question to us
        case.asks = case.call.elicits and confirm != "terminal"
        try:
            if case.level == "autonomous" or (
                case.level == "confirm" and confirm == "host"
            ):
                return await self.run(case, client)
            from .gate import ToolGate

            gate = ToolGate(self, case, client, self._server.approvals)
            supervised = case.level == "supervised"
            return await (gate.released() if supervised else gate.confirmed())
        except RunspecError as error:
            return _said(error)

    async def run(self, case: Case, client: Connection) -> ToolResult | Ended:
        """Run it, once there is room, and make a result of what it came to."""
        return await self.result(case, await self.outcome(case, client), client)

    async def result(
        self, case: Case, outcome: Outcome, client: Connection
    ) -> ToolResult | Ended:
        """What the client is told of how a program ended."""
        if case.call.typed is not None:
            from .typed import told

            return await told(case, outcome, client)
        from .results import result_of

        revision, schema = case.call.revision, case.served.output_schema
        output = case.served.tool.output
        return result_of(outcome, output, schema, revision, self._server.shelf)

    def revived(self, case: Case, held: Output) -> Outcome:
        """The outcome of a call that ran before, from what was kept of it."""
        from .results import Outcome

        stdout, stderr = self._captures(case)
        stdout.write(held.stdout)
        stderr.write(held.stderr)
        stdout.end()
        stderr.end()
        return Outcome(held.status, stdout, stderr)

    def _captures(self, case: Case) -> tuple[Capture, Capture]:
        """For stdout and stderr, without secrets where they are text (LOG-07)."""
        from .capture import LIMIT, Capture
        from .media import is_textual, media_type_of

        room = self._server.options.inline
        textual = is_textual(media_type_of(case.served.tool.output))
        return (
            Capture(room, LIMIT, case.redactor if textual else None),
            Capture(room // ERRORS_SHARE, LIMIT, case.redactor),
        )

    @property
    def policy(self) -> Policy:
        """What the operator says."""
        return self._server.options.policy

    def tell_same_user(self) -> None:
        """Say once what approvals don't hold."""
        if not self._warned:
            self._warned = True
            print(SAME_USER, file=sys.stderr, flush=True)

    async def outcome(
        self, case: Case, client: Connection, limit: float | None = None
    ) -> Outcome:
        """Run a case, once there is room, and wait for its end.

        It is stopped after `limit` seconds, else after the runnable's own timeout,
        else after the server's, which a typed call hasn't. Raises SpecError where
        there is nothing to start.
        """
        order = case.order()
        own = self._server.options.timeout
        if case.call.typed is not None:
            own = 0.0  # as where it is typed
        for seconds in (case.timeout, own):
            limit = seconds if limit is None else limit
        await self._room(case.call)
        try:
            return await self._recorded(order, case, client, limit)
        finally:
            self._release()

    async def _recorded(
        self, order: Order, case: Case, client: Connection, limit: float | None
    ) -> Outcome:
        """Run it, and leave behind that it ran (HIS-01, AUD-02)."""
        run = case.run
        if run.begin():
            order.environ = run.named(order.environ)
        status, ending = -int(signal.SIGKILL), "cancelled"
        try:
            outcome = await self._attended(order, case, client, limit)
            status, ending = outcome.status, outcome.ending
            return outcome
        finally:
            run.end(status, "" if ending == "exit" else ending)

    async def _room(self, call: ToolCall) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn: Future[None] = Future()
        self._queue.append(turn)
        beat = call.beat
        before = beat.change(lambda: self._place(turn)) if beat else None
        try:
            await turn
        except Cancelled:
            if turn.settled:
                self._release()
            else:
                self._queue.remove(turn)
            raise
        finally:
            if beat is not None and before is not None:
                beat.restore(before)

    def _place(self, turn: Future[None]) -> str:
        """Where a call is in the queue, in words."""
        ahead = self._queue.index(turn) if turn in self._queue else 0
        return f"queued: {ahead} before it"

    def _release(self) -> None:
        if self._queue:
            self._queue.pop(0).settle(None)
        else:
            self._free += 1

    async def _attended(
        self, order: Order, case: Case, client: Connection, limit: float | None
    ) -> Outcome:
        loop = self._server.loop
        began = monotonic()
        stdout, stderr = self._captures(case)
        try:
            job = self._started(order, case)
        except OSError as error:  # no descriptor is left
            last = Ending(NOT_STARTED, False, str(error.strerror))
            return _outcome(last, stdout, stderr, 0.0, True)
        tasks = self._followers(job, case, client, (stdout, stderr))
        patience = None if case.streams else GRACE
        try:
            in_time = await self._ended(job, limit)
            for task in tasks[:FOLLOWED]:
                await loop.first(task, patience)
        except Cancelled:
            stdout.close()
            stderr.close()
            raise
        finally:
            for task in tasks:
                task.cancel()
        return _outcome(job.ended.value(), stdout, stderr, monotonic() - began, in_time)

    def _started(self, order: Order, case: Case) -> Job:
        typed = case.call.typed
        if typed is None:
            return self._server.starter.start(order)
        return self._server.starter.start_alone(order, stdin=typed.stdin)

    def _followers(
        self,
        job: Job,
        case: Case,
        client: Connection,
        captures: tuple[Capture, Capture],
    ) -> list[Task[None]]:
        """What takes what a program writes; the first FOLLOWED end with it."""
        from .capture import pour
        from .progress import follow
        from .typed import forward

        loop, call = self._server.loop, case.call
        streams = enumerate((job.stdout, job.stderr), 1)
        if case.streams:
            found = [forward(each, number, call, client) for number, each in streams]
        else:
            found = [pour(loop, each, captures[at - 1]) for at, each in streams]
        found.append(follow(loop, job.progress, lambda now: case.tell(now, client)))
        if call.typed is not None:
            found.append(call.typed.attend(job, call, client))
        return [loop.spawn(each) for each in found]

    async def _ended(self, job: Job, limit: float | None) -> bool:
        """Whether it ended in time; nothing of it runs any more in either case."""
        try:
            await self._server.loop.first(job.ended, limit or None)
            in_time = job.ended.settled
        except Cancelled:
            job.stop(GRACE)
            await job.ended
            raise
        if not in_time:
            job.stop(GRACE)
            await job.ended
        return in_time


def _outcome(
    last: Ending, stdout: Capture, stderr: Capture, seconds: float, in_time: bool
) -> Outcome:
    from .results import Outcome

    ending = "exit" if in_time else "timeout"
    if not last.started:
        ending = "not-started"
    detail = last.reason
    if last.left:
        detail = f"{last.left} of its processes could not be stopped"
    return Outcome(
        last.status, stdout, stderr, ending=ending, detail=detail, seconds=seconds
    )


def _wrong_call(
    error: CallError, chain: Sequence[Runnable], call: ToolCall
) -> ToolResult:
    """A call that the spec doesn't allow, as data an agent can act on."""
    from ..render.fault import call_error_json
    from ..render.usage import usage_line

    usage = usage_line(chain, program=chain[0].name)
    text = call_error_json(error, chain=chain, usage=usage, arguments=call.arguments)
    return text_result(text, is_error=True)


def _audit_refusal(error: CallError, served: ServedTool, client: Connection) -> None:
    from ..guard import audit_refusal
    from ..record import run_id

    loaded = (served.spec_path, served.runnable, served.config, ())
    audit_refusal(error, loaded, run_id(), client.principal, "on")


def _said(error: RunspecError) -> ToolResult:
    from ..render.fault import render_faults
    from ..render.text import Style

    return text_result(render_faults(error.faults, style=Style()), is_error=True)
