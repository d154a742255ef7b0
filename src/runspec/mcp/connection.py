"""One client: carries out the steps of the protocol, and reports back to it."""

from __future__ import annotations

import sys

from ..loop import Cancelled, Future
from . import messages
from .protocol import Protocol
from .steps import Answer, Begin, Feed, Send, Signal
from .stream_protocol import StreamProtocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from ..approvals.session import Session
    from ..loop import Task
    from ..spec.plain import Json
    from .revisions import Revision
    from .server import Server
    from .shapes import Object, Progress, Reply, RequestId, ToolCall
    from .steps import Step
    from .typed import Typed


WAITING = "waiting for a person"


class Connection:
    """What a transport talks to, in the loop's thread only.

    `send(text, about)` takes a message for the client as one line of JSON; `about`
    is the id of the request it belongs to, None where it belongs to none. `principal`
    says who is asking. `stateless`: the transport says that the client is of the
    stateless era. `drained` waits until the client has taken most of what was sent;
    only a transport that has it can stream, and has a person at the other end, if any.
    """

    def __init__(
        self,
        server: Server,
        send: Callable[[str, RequestId | None], None],
        principal: str,
        *,
        stateless: bool = False,
        drained: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.server = server
        self.principal = principal
        self._send = send
        self._drained = drained
        asks = drained is not None and server.options.policy.confirm != "terminal"
        self._protocol = (
            Protocol(server, stateless=stateless)
            if drained is None
            else StreamProtocol(server, asks=asks)
        )
        self._session: Session | None = None
        self._tasks: dict[RequestId, Task[None]] = {}
        self._ending: set[Task[None]] = set()
        self._answers: dict[RequestId, Future[Reply]] = {}
        self._typed: dict[RequestId, Typed] = {}
        server.connections.add(self)

    @property
    def revision(self) -> Revision | None:
        """The revision agreed on; None before, and in the stateless era."""
        return self._protocol.revision

    @property
    def session(self) -> str:
        """The id of this session in what it asks persons; raises RunspecError."""
        if self._session is None:
            self._session = self.server.approvals.session()
        return self._session.id

    @property
    def streams(self) -> bool:
        """Whether the client has the stream extension."""
        protocol = self._protocol
        return isinstance(protocol, StreamProtocol) and protocol.streams

    @property
    def silence(self) -> float | None:
        """Seconds without a sign of life after which the client is gone, if any."""
        protocol = self._protocol
        return protocol.silence if isinstance(protocol, StreamProtocol) else None

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
        if self._session is not None:
            self._session.close()

    def progress(self, call: ToolCall, now: Progress) -> None:
        """Tell the client how far a call is."""
        if call.beat is not None:
            call.beat.pass_on(now)
        else:
            self._do(self._protocol.progress(call, now))

    def start_beat(self, call: ToolCall) -> Task[None] | None:
        """Tell a client that wants progress what a call does, until this is cancelled.

        None where it doesn't, and for a person, who has a terminal (JMP-09).
        """
        if call.progress_token is None or call.typed is not None:
            return None
        from .progress import Beat

        call.beat = Beat(lambda now: self._do(self._protocol.progress(call, now)))
        return self.server.loop.spawn(call.beat.run(self.server.loop))

    async def output(self, call: ToolCall, stream: int, data: bytes) -> None:
        """Send on what a streamed call wrote, once the client has room for it."""
        from ..remote.wire import output_line

        assert self._drained is not None
        self._send(output_line(call.id, stream, data), call.id)
        await self._drained()

    def make_room(self, call: ToolCall, count: int) -> None:
        """Tell the client that it may send so many bytes more for the program."""
        from ..remote.wire import ROOM

        params: Object = {"request": call.id, "bytes": count}
        self._send(messages.encode(messages.notification(ROOM, params)), call.id)

    async def ask(self, call: ToolCall, message: str, form: Object) -> Reply:
        """Put a question to the person at the client."""
        question, steps = self._protocol.ask(call, message, form)
        answer: Future[Reply] = Future()
        self._answers[question] = answer
        before = call.beat.change(lambda: WAITING) if call.beat else None
        self._do(steps)
        try:
            return await answer
        finally:
            del self._answers[question]
            if call.beat is not None and before is not None:
                call.beat.restore(before)

    def _do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, Send):
                self._send(messages.encode(step.message), step.about)
            elif isinstance(step, Begin):
                self._begin(step.call)
            elif isinstance(step, Answer):
                if step.id in self._answers:
                    self._answers[step.id].settle(step.reply)
            elif isinstance(step, Feed | Signal):
                self._pass_on(step)
            else:
                self._stop(step.id)

    def _begin(self, call: ToolCall) -> None:
        if call.typed is not None:
            self._typed[call.id] = call.typed
        self._tasks[call.id] = self.server.loop.spawn(self._carry_out(call))

    def _pass_on(self, step: Feed | Signal) -> None:
        """To the program of a streamed call, where it is still under way."""
        typed = self._typed.get(step.id)
        if typed is None:
            return
        if isinstance(step, Signal):
            typed.signal(step.number)
        elif not typed.feed(step.data, end=step.end):
            self.cancel(step.id)

    def _stop(self, request_id: RequestId) -> None:
        self._typed.pop(request_id, None)
        task = self._tasks.pop(request_id, None)
        if task is not None and not task.settled:
            self._ending.add(task)
            task.then(lambda: self._ending.discard(task))
            task.cancel()

    async def _carry_out(self, call: ToolCall) -> None:
        beat = self.start_beat(call)
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
        finally:
            if beat is not None:
                beat.cancel()
        self._tasks.pop(call.id, None)
        self._typed.pop(call.id, None)
        self._do(steps)
        if self.listens:  # a tool may have installed another
            self.server.look_again()
