"""The tools of other hosts, beside those of this one (JMP-14).

agent ──call──▶ Remotes ──▶ Remote (one host) ──tools/call──▶ its `runspec serve`
      ◀─────────────────── questions, progress, the result as it is
"""

from __future__ import annotations

from ..loop import Cancelled, Future, TooLate
from ..remote.plain import is_offered, level_of
from ..remote.wire import CALL_TOOL, READ_OUTPUT, SEARCH_TOOLS
from .messages import INVALID_PARAMS, Malformed
from .protocol import APPROVAL
from .remote_host import Remote, Underway
from .shapes import Ended, Question, Reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..remote.ssh import Target
    from ..spec.plain import Json
    from .connection import Connection
    from .revisions import Revision
    from .server import Server
    from .shapes import Object, ToolCall

FIRST = 5.0
"""Seconds that a server waits for its hosts before it serves without some."""
ANSWERED = 900.0
"""Seconds that a question to a person is open."""
MOST_LINKS = 1_000
LONGEST_NAME = 128
STALE = "requestState isn't valid for this call, or was used already"


class Remotes:
    """All hosts of a server. Their tools are named `host_tool`."""

    def __init__(self, server: Server, targets: Iterable[Target]) -> None:
        self._server = server
        self._remotes = {
            remote.prefix: remote
            for remote in (Remote(server, each, self._changed) for each in targets)
        }
        self._open: dict[str, Underway] = {}
        self._links: dict[str, Remote] = {}

    async def opened(self) -> None:
        """Wait until each host has answered, or for a while."""
        loop = self._server.loop

        async def all_tried() -> None:
            for remote in self._remotes.values():
                await remote.first

        try:
            await loop.within(FIRST, all_tried())
        except TooLate:
            return

    async def close(self) -> None:
        for remote in self._remotes.values():
            await remote.close()

    def has(self, name: str) -> bool:
        """Whether a name is one of a tool of a host, which may be gone by now."""
        return self._found(name) is not None

    def gate(self, call: ToolCall) -> tuple[Remote, Object, str] | None:
        """The host, the tool as it lists it, and its level where that is gated here.

        None for a tool whose host shows that it enforces levels, or isn't there, and
        for an answer to a question of the host's own.
        """
        found = self._found(call.name)
        if found is None or call.state in self._open:
            return None
        remote, tool = found
        item = remote.tools.get(tool)
        if item is None or remote.enforces:
            return None
        return remote, item, level_of(item)

    def listing(self, revision: Revision) -> dict[str, Object]:
        """The tools of the hosts that are there, as `tools/list` has them."""
        found: dict[str, Object] = {}
        for remote in self._remotes.values():
            for name, item in remote.tools.items():
                if name in (READ_OUTPUT, SEARCH_TOOLS, CALL_TOOL):
                    continue  # the one of this server reads theirs, too
                own = _own_name(remote, name)
                if not remote.enforces and not is_offered(item):
                    continue
                if self._server.selects(own, name):
                    found[own] = _listed(item, own, remote.target.name, revision)
        return found

    def holds(self, uri: str) -> bool:
        """Whether a resource is one that a host named in a result."""
        return uri in self._links

    async def read(self, uri: str) -> Ended:
        return Ended(await self._links[uri].read(uri))

    async def forward(self, call: ToolCall, client: Connection) -> Ended | Question:
        """A call of one of their tools. Raises Malformed where there is no result."""
        if call.state is not None:
            underway = self._repeated(call, client)
        else:
            underway = self._begun(call, client)
        return await self._outcome(underway)

    def _begun(self, call: ToolCall, client: Connection) -> Underway:
        uri = call.arguments.get("uri")
        if call.name == READ_OUTPUT and isinstance(uri, str):
            found: tuple[Remote, str] | None = (self._links[uri], READ_OUTPUT)
        else:
            found = self._found(call.name)
        assert found is not None  # the protocol has asked `has`
        remote, tool = found
        underway = Underway(call, client)
        underway.result = self._server.loop.spawn(remote.call(tool, underway))
        return underway

    def _repeated(self, call: ToolCall, client: Connection) -> Underway:
        """The call that an answer is for (2026-07-28)."""
        underway = self._open.pop(str(call.state), None)
        if underway is None or not underway.is_of(call, client):
            raise Malformed(INVALID_PARAMS, STALE)
        answer = (call.answers or {}).get(APPROVAL)
        underway.call, underway.client = call, client
        given = answer if isinstance(answer, dict) else {}
        underway.answer.settle(Reply(given.get("action"), given.get("content")))
        return underway

    async def _outcome(self, underway: Underway) -> Ended | Question:
        result = underway.result
        assert result is not None
        try:
            await self._server.loop.first(result, underway.question)
        except Cancelled:
            result.cancel()
            await self._server.loop.first(result)
            raise
        if not result.settled:
            return self._question(underway)
        body = result.value()
        self._remember_links(body, underway.call.name)
        return Ended(_for_revision(body, underway.call.revision))

    def _question(self, underway: Underway) -> Question:
        from secrets import token_urlsafe

        (message, form), underway.question = underway.question.value(), Future()
        state = token_urlsafe()
        self._open[state] = underway
        self._server.loop.spawn(self._expire(state))
        return Question(message, state, form)

    async def _expire(self, state: str) -> None:
        await self._server.loop.sleep(ANSWERED)
        underway = self._open.pop(state, None)
        if underway is not None and underway.result is not None:
            underway.result.cancel()

    def _remember_links(self, body: Object, name: str) -> None:
        found = self._found(name)
        content = body.get("content")
        for block in content if isinstance(content, list) else ():
            uri = block.get("uri") if isinstance(block, dict) else None
            if isinstance(uri, str) and found is not None:
                self._links[uri] = found[0]
        while len(self._links) > MOST_LINKS:
            del self._links[next(iter(self._links))]

    def _found(self, name: str) -> tuple[Remote, str] | None:
        """The host and its tool that a name means, whether it is there or not."""
        for prefix, remote in self._remotes.items():
            tool = name.removeprefix(f"{prefix}_")
            if tool != name and self._server.selects(name, tool):
                listed = {_own_name(remote, each): each for each in remote.tools}
                return remote, listed.get(name, tool)
        return None

    def _changed(self) -> None:
        for connection in tuple(self._server.connections):
            connection.changed()


def _own_name(remote: Remote, tool: str) -> str:
    return f"{remote.prefix}_{tool}"[:LONGEST_NAME]


def _listed(item: Object, name: str, host: str, revision: Revision) -> Object:
    """The tool of a host, by its name here, without what a revision hasn't."""
    from .listing import PREFIX

    found = {**item, "name": name}
    if isinstance(item.get("title"), str):
        found["title"] = f"{item['title']} ({host})"
    meta = item.get("_meta")
    if isinstance(meta, dict):
        found["_meta"] = {**meta, f"{PREFIX}host": host}
    if not revision.titles:
        found.pop("title", None)
        found.pop("_meta", None)
    if not revision.annotations:
        found.pop("annotations", None)
    if not revision.structured:
        found.pop("outputSchema", None)
    return found


def _for_revision(body: Object, revision: Revision) -> Object:
    """A result as it is, without what a revision hasn't."""
    content = body.get("content")
    if not revision.structured:
        body = {key: each for key, each in body.items() if key != "structuredContent"}
    if not revision.links and isinstance(content, list):
        body = {**body, "content": [_without_link(each) for each in content]}
    return body


def _without_link(block: Json) -> Json:
    if isinstance(block, dict) and block.get("type") == "resource_link":
        return {"type": "text", "text": str(block.get("uri"))}
    return block
