"""One client: carries out the steps of the protocol, and reports back to it."""

from __future__ import annotations

import sys

from ..loop import Cancelled, Future
from . import messages
from .protocol import Protocol
from .steps import Answer, Begin, Send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..loop import Task
    from ..spec.plain import Json
    from .revisions import Revision
    from .server import Server
    from .shapes import Progress, RequestId, ToolCall
    from .steps import Step


class Connection:
    """What a transport talks to, in the loop's thread only.

    `send(text, about)` takes a message for the client as one line of JSON; `about`
    is the id of the request it belongs to, None where it belongs to none. `principal`
    says who is asking. `stateless`: the transport says that the client is of the
    stateless era.
    """

    def __init__(
        self,
        server: Server,
        send: Callable[[str, RequestId | None], None],
        principal: str,
        *,
        stateless: bool = False,
    ) -> None:
        self.server = server
        self.principal = principal
        self._send = send
        self._protocol = Protocol(server, stateless=stateless)
        self._tasks: dict[RequestId, Task[None]] = {}
        self._ending: set[Task[None]] = set()
        self._answers: dict[RequestId, Future[str]] = {}
        server.connections.add(self)

    @property
    def revision(self) -> Revision | None:
        """The revision agreed on; None before, and in the stateless era."""
        return self._protocol.revision

    @property
    def listens(self) -> bool:
        """Whether the client would be told of changes."""
        return self._protocol.listens

    def receive(self, message: Json) -> None:
        """Take one decoded message, or a batch of them."""
        self._do(self._protocol.receive(message))

    def refuse(self, error: messages.Malformed) -> None:
        """Answer what could not be decoded."""
        found = messages.error(error.request_id, error.code, error.message, error.data)
        self._send(messages.encode(found), None)

    def cancel(self, request_id: RequestId) -> None:
        """The client no longer waits for this request."""
        self._do(self._protocol.cancel(request_id))

    def changed(self) -> None:
        """Tell the client that the list of tools is another."""
        self._do(self._protocol.changed())

    async def close(self) -> None:
        """Stop every call, and wait until nothing of them runs."""
        for request_id in tuple(self._tasks):
            self._stop(request_id)
        self._do(self._protocol.end())
        for task in tuple(self._ending):
            await self.server.loop.first(task)
        self.server.connections.discard(self)

    def progress(self, call: ToolCall, now: Progress) -> None:
        """Tell the client how far a call is."""
        self._do(self._protocol.progress(call, now))

    async def ask(self, call: ToolCall, message: str) -> str:
        """Put a question to the person at the client: accept, decline or cancel."""
        question, steps = self._protocol.ask(call, message)
        answer: Future[str] = Future()
        self._answers[question] = answer
        self._do(steps)
        try:
            return await answer
        finally:
            del self._answers[question]

    def _do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, Send):
                self._send(messages.encode(step.message), step.about)
            elif isinstance(step, Begin):
                call = step.call
                self._tasks[call.id] = self.server.loop.spawn(self._carry_out(call))
            elif isinstance(step, Answer):
                if step.id in self._answers:
                    self._answers[step.id].settle(step.action)
            else:
                self._stop(step.id)

    def _stop(self, request_id: RequestId) -> None:
        task = self._tasks.pop(request_id, None)
        if task is not None and not task.settled:
            self._ending.add(task)
            task.then(lambda: self._ending.discard(task))
            task.cancel()

    async def _carry_out(self, call: ToolCall) -> None:
        try:
            end = await self.server.desk.carry_out(call, self)
            steps = self._protocol.finish(call, end)
        except Cancelled:
            return
        except messages.Malformed as error:
            steps = self._protocol.refuse(call, error.code, error.message)
        except Exception as error:  # noqa: BLE001  one call must not end the server
            said = f"{call.name}: {type(error).__name__}: {error}"
            print(f"runspec serve: {said}", file=sys.stderr, flush=True)
            steps = self._protocol.refuse(call, messages.INTERNAL_ERROR, said)
        self._tasks.pop(call.id, None)
        self._do(steps)
        if self.listens:  # a tool may have installed another
            self.server.look_again()
