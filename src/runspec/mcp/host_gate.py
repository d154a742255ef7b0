"""A call of another host's tool before a person here (JMP-14).

A host that doesn't show that it enforces levels of autonomy has its tools gated here,
by the level that it lists for each.
"""

from __future__ import annotations

import os

from .gate import Gate
from .shapes import Ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ..approvals.store import Store
    from ..approvals.ticket import Ticket
    from ..record import Event
    from ..render.plan import Output
    from .connection import Connection
    from .desk import Desk, End
    from .remote_host import Remote
    from .remotes import Remotes
    from .shapes import Object, ToolCall, ToolResult


class HostRecords:
    """What the ledger of this machine has of a call on another host."""

    def __init__(self, host: str, tool: str, principal: str) -> None:
        from ..record import run_id
        from ..specfile import environment_directory

        self._directory = environment_directory(os.environ)
        self._about: Event = {
            "run": run_id(),
            "runnable": tool,
            "principal": principal,
            "on": host,
        }

    def decided(self, kind: str, ticket: Ticket) -> None:
        self._add(kind, {"by": ticket.by, "channel": ticket.channel})

    def refused(self, why: str) -> None:
        self._add("refusal", {"why": why})

    async def run(self, level: str, call: Awaitable[End]) -> End:
        """The result of a call, between records of its start and its end."""
        self._add("start", {"autonomy": level})
        end = await call
        if isinstance(end, Ended):
            status = 1 if end.body.get("isError") is True else 0
            self._add("end", {"status": status, "ending": "exit"})
        return end

    def _add(self, kind: str, fields: Event) -> None:
        from ..audit import audited

        audited(self._directory, "on", kind, {**self._about, **fields})


class HostGate(Gate):
    """A call of a tool of another host, gated here."""

    def __init__(
        self,
        desk: Desk,
        remotes: Remotes,
        found: tuple[Remote, Object],
        call: ToolCall,
        client: Connection,
        store: Store,
        level: str,
        *,
        asks: bool,
    ) -> None:
        from ..approvals.ticket import PlannedCall, canonical

        self._remote, self._item = found
        self._remotes = remotes
        self._level = level
        name = self._remote.target.name
        self._records = HostRecords(name, call.name, client.principal)
        planned = PlannedCall(
            tool=call.name,
            runnable=str(self._item.get("name")),
            spec_path=f"ssh:{name}",
            argv=(canonical(call.arguments).decode(),),
            host=name,
            user="",
            principal=client.principal,
            client=call.client,
            cwd=os.getcwd(),
            values=call.arguments,
            spec=canonical(self._item).decode(),
        )
        super().__init__(desk, call, client, store, planned, self._records, asks=asks)

    async def describe(self, ticket: Ticket, changes: list[str]) -> None:
        head = f"An agent asks to run {self._planned.tool}."
        self._write(ticket, head, changes)

    async def withhold(self, ticket: Ticket) -> Output | ToolResult | Ended:
        import json

        from ..render.plan import Output

        self._call.progress_token = None  # progress is withheld, too
        end = await self.run()
        if not isinstance(end, Ended):
            return Ended({"content": [], "isError": True})
        head = f"An agent ran {self._planned.tool}, and asks to see what it wrote."
        self._write(ticket, head, [])
        text = json.dumps(end.body, ensure_ascii=False, indent=1)
        return Output(text.encode("utf-8", "surrogatepass"), b"", 0)

    async def run(self) -> End:
        self._call.state = self._call.answers = None  # they were ours
        forward = self._remotes.forward(self._call, self._client)
        return await self._records.run(self._level, forward)

    async def hand_out(self, output: Output) -> ToolResult | Ended:
        import json

        return Ended(json.loads(output.stdout))

    def _write(self, ticket: Ticket, head: str, changes: list[str]) -> None:
        from ..render.plan import host_text

        facts = {
            "Runs on": self._planned.host,
            "Asked by": self._planned.principal,
            "Autonomy": f"{self._level}, enforced here, for the host doesn't",
        }
        if changes:
            changed = f"since a person was last asked: {', '.join(changes)}"
            facts = {"Changed": changed, **facts}
        about = str(self._item.get("description") or "")
        call = head, about, facts, self._call.arguments
        ticket.plan = host_text(*call, whole=False)
        ticket.full = host_text(*call, whole=True)
