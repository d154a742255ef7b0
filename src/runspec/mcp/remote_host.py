"""One other host whose tools are served: the connection to it, and its calls."""

from __future__ import annotations

import sys

from ..errors import RunspecError
from ..loop import Cancelled, Future
from ..remote.begun import begin
from ..remote.client import Client, Refused
from ..remote.wire import enforces_autonomy, has_code
from .messages import INTERNAL_ERROR, INVALID_PARAMS, Malformed
from .protocol import CODE_FORM, EMPTY_FORM
from .shapes import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..loop import Loop, Task
    from ..remote.ssh import Target
    from .connection import Connection
    from .server import Server
    from .shapes import Object, Reply, ToolCall

AGAIN = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds between attempts to reach a host; the last goes on."""
PATIENCE = 30.0
"""Seconds in which a host must have answered."""
DOWN = "{host} can't be reached now: {why}"


class Underway:
    """A call on another host; `question` settles with what a person is asked.

    `call` and `client` are those of the agent, or of its repeated request.
    """

    def __init__(self, call: ToolCall, client: Connection) -> None:
        self.call = call
        self.client = client
        self.question: Future[tuple[str, Object]] = Future()
        self.answer: Future[Reply] = Future()
        self.result: Task[Object] | None = None

    def is_of(self, call: ToolCall, client: Connection) -> bool:
        """Whether a repeated request is of this call."""
        before = self.call
        same = before.name == call.name and before.arguments == call.arguments
        return same and self.client.principal == client.principal


class Remote:
    """One host: its tools while it is there, and the connection to it.

    `enforces`: it has shown that it enforces levels of autonomy.
    """

    def __init__(
        self, server: Server, target: Target, changed: Callable[[], None]
    ) -> None:
        self.target = target
        self.prefix = tool_name(target.name)
        self.tools: dict[str, Object] = {}
        self.enforces = False
        self.first: Future[None] = Future()
        self._server = server
        self._loop: Loop = server.loop
        self._changed = changed
        self._client: Client | None = None
        self._why = "it is being tried"
        self._wanted: Future[None] = Future()
        self._tried: Future[None] = Future()
        self._underway: dict[int, Underway] = {}
        self._task = self._loop.spawn(self._stay())

    async def close(self) -> None:
        self._task.cancel()
        await self._loop.first(self._task)

    async def call(self, tool: str, underway: Underway) -> Object:
        """The result of a call there. Raises Malformed where there is none."""
        params: Object = {"name": tool, "arguments": underway.call.arguments}
        client = await self._reached()
        number, result = client.ask("tools/call", self._with_progress(client, params))
        self._underway[number] = underway
        try:
            return await result
        except Cancelled:
            client.notify("notifications/cancelled", {"requestId": number})
            raise
        except Refused as error:
            raise Malformed(INVALID_PARAMS, error.message) from None
        except RunspecError as error:
            raise Malformed(INTERNAL_ERROR, _said(error)) from None
        finally:
            del self._underway[number]

    def _with_progress(self, client: Client, params: Object) -> Object:
        return {**params, "_meta": {"progressToken": client.next_id}}

    async def read(self, uri: str) -> Object:
        """A resource there. Raises Malformed."""
        client = await self._reached()
        try:
            return await client.request("resources/read", {"uri": uri})
        except Refused as error:
            raise Malformed(INVALID_PARAMS, error.message) from None
        except RunspecError as error:
            raise Malformed(INTERNAL_ERROR, _said(error)) from None

    async def _reached(self) -> Client:
        """The connection; where there is none, it is tried again at once."""
        if self._client is None:
            self._wanted.settle(None)
            await self._loop.first(self._tried, PATIENCE)
        if self._client is None:
            text = DOWN.format(host=self.target.name, why=self._why)
            raise Malformed(INTERNAL_ERROR, text)
        return self._client

    async def heard(self, method: str, params: Object) -> None:
        """What the host tells (`Listener`)."""
        if method == "notifications/tools/list_changed":
            self._loop.spawn(self._relist())
        elif method == "notifications/progress":
            token = params.get("progressToken")
            underway = self._underway.get(token) if isinstance(token, int) else None
            now = _progress(params)
            if underway is not None and now is not None:
                underway.client.progress(underway.call, now)

    async def asked(self, params: Object) -> tuple[str, Object]:
        """A question of the host to the person at the agent's client (`Listener`)."""
        underway = self._asking(params)
        message = params.get("message")
        if underway is None or not isinstance(message, str):
            return "cancel", {}
        call = underway.call
        if not call.elicits:
            return "cancel", {}
        form = CODE_FORM if has_code(params) else EMPTY_FORM
        if not call.revision.stateless:
            reply = await underway.client.ask(call, message, form)
        else:
            underway.answer = Future()
            underway.question.settle((message, form))
            reply = await underway.answer
        return reply.action, reply.content

    def _asking(self, params: Object) -> Underway | None:
        """The call that a question is about."""
        from .protocol import ABOUT

        meta = params.get("_meta")
        number = meta.get(ABOUT) if isinstance(meta, dict) else None
        if isinstance(number, int):
            return self._underway.get(number)
        only = list(self._underway.values())
        return only[0] if len(only) == 1 else None

    async def _stay(self) -> None:
        """Be connected, again and again."""
        failed = 0
        try:
            while True:
                connected = await self._connected()
                self._settle()
                self._tried = Future()
                failed = 0 if connected else failed + 1
                self._wanted = Future()
                pause = AGAIN[min(failed, len(AGAIN) - 1)]
                await self._loop.first(self._wanted, pause)
        except Cancelled:
            return

    async def _connected(self) -> bool:
        """Stay connected until the host is gone; False where it isn't there."""
        try:
            client = Client(self._loop, begin(self.target), listener=self, asks=True)
        except RunspecError as error:
            self._lost(error)
            return False
        try:
            await client.open(PATIENCE, streams=False)
            self.enforces = enforces_autonomy(client.capabilities)
            self._client = client
            await self._list(client)
            self._settle()
            await client.lost
        except RunspecError as error:
            self._lost(error)
            return False
        finally:
            self._client = None
            self._set({})
            await client.close()
        self._why = "the connection was lost"
        self._tell(self._why)
        return True

    def _settle(self) -> None:
        self.first.settle(None)
        self._tried.settle(None)

    def _lost(self, error: RunspecError) -> None:
        why = _said(error)
        if why != self._why:
            self._why = why
            self._tell(f"its tools are left out: {why}")

    def _tell(self, text: str) -> None:
        said = f"runspec serve: {self.target.name}: {text}"
        print(said, file=sys.stderr, flush=True)

    async def _relist(self) -> None:
        if self._client is not None:
            try:
                await self._list(self._client)
            except RunspecError:
                return  # its connection is lost, which is told

    async def _list(self, client: Client) -> None:
        found: dict[str, Object] = {}
        params: Object = {}
        while True:
            try:
                answer = await client.request("tools/list", params)
            except Refused:
                break
            items = answer.get("tools")
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict) and isinstance(item.get("name"), str):
                    found[str(item["name"])] = item
            if not isinstance(answer.get("nextCursor"), str):
                break
            params = {"cursor": answer["nextCursor"]}
        self._why = ""
        self._set(found)

    def _set(self, tools: dict[str, Object]) -> None:
        before, self.tools = self.tools, tools
        if tools != before:
            self._changed()


def tool_name(host: str) -> str:
    """A name of a host as it can stand in a tool's."""
    return "".join(
        each if each.isascii() and (each.isalnum() or each in "-.") else "-"
        for each in host
    )


def _progress(params: Object) -> Progress | None:
    done, total = params.get("progress"), params.get("total")
    message = params.get("message")
    if not isinstance(done, int | float):
        return None
    return Progress(
        done,
        total if isinstance(total, int | float) else None,
        message if isinstance(message, str) else None,
    )


def _said(error: RunspecError) -> str:
    """The first line of what is wrong, without its code."""
    from ..render.fault import render_faults

    return render_faults(error.faults).partition("\n")[0].partition(": ")[2]
