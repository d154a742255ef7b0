"""A client of `runspec serve` on another host, over the pipes of ssh.

Process (ssh) ──lines──▶ Client ──▶ answers of requests, and what a Listener hears
"""

from __future__ import annotations

import os

from ..errors import Fault, RunspecError
from ..loop import Cancelled, Future, TooLate
from . import wire
from .codec import decoded, encoded
from .pipes import Writer
from .process import Process
from .ssh import failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from ..loop import Loop, Task
    from ..spec.plain import Json
    from .begun import Begun

    Object = dict[str, Json]

    class Listener(Protocol):
        """Who hears what isn't an answer."""

        async def heard(self, method: str, params: Object) -> None:
            """A notification; nothing more is read before it returns."""

        async def asked(self, params: Object) -> tuple[str, Object]:
            """A question to a person: accept, decline or cancel."""


SILENCE = wire.MISSED * wire.ALIVE
"""Seconds without an answer after which a host counts as gone."""
PATIENCE = 60.0
"""Seconds in which a host must have answered."""
LAST_WORD = 1.0
"""Seconds that may pass until a host has heard that this process stops."""
CHUNK = 1 << 18
LONGEST = 64 << 20
"""Bytes of one message."""
CHATTER = 1 << 18
"""Bytes that a login may say before the server does."""
KEPT = 2_000
REVISION = "2025-11-25"


class Refused(Exception):  # noqa: N818  the server's word, not a fault of ours
    """An error response: `message`, and the `data` that came with it."""

    def __init__(self, message: str, data: Json) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class Client:
    """One connection. It is open once `open` has returned; `lost` settles at its end.

    Every method that waits raises RunspecError where the host can't be reached, has no
    `runspec`, doesn't answer in time or is gone.
    """

    def __init__(
        self,
        loop: Loop,
        begun: Begun,
        *,
        listener: Listener | None = None,
        asks: bool = False,
    ) -> None:
        self.target = begun.target
        self.capabilities: Object = {}
        self.server: Object = {}
        self.lost: Future[None] = Future()
        self._loop = loop
        self._listener = listener
        self._asks = asks
        self._opened = False
        self._why: Fault | None = None
        self._count = 0
        self._waiting: dict[int, Future[Object]] = {}
        self._chatter = bytearray()
        self._overheard_size = 0
        self._tasks: list[Task[None]] = []
        self._process = Process(loop, begun)
        self._writer = Writer(loop, self._process.stdin)

    @property
    def streams(self) -> bool:
        return wire.has_streams(self.capabilities)

    async def open(self, seconds: float = PATIENCE, *, streams: bool = True) -> None:
        """Agree on the protocol, or raise RunspecError for what is there instead."""
        self._tasks.append(self._loop.spawn(self._read()))
        capabilities: Object = {"elicitation": {}} if self._asks else {}
        if streams:
            capabilities["experimental"] = wire.offered()
        params: Object = {
            "protocolVersion": REVISION,
            "capabilities": capabilities,
            "clientInfo": {"name": wire.NAME, "version": _version()},
        }
        _, asked = self.ask("initialize", params)
        try:
            answer = await self._loop.within(seconds, asked)
        except TooLate:
            raise await self._silent(seconds) from None
        except Refused as error:
            detail = error.message
            raise RunspecError(
                Fault("host-ended", self.target.name, detail=detail)
            ) from None
        self._take_answer(answer)
        self.notify("notifications/initialized", {})
        self._tasks.append(self._loop.spawn(self._live()))

    def _take_answer(self, answer: Object) -> None:
        found, server = answer.get("capabilities"), answer.get("serverInfo")
        self.capabilities = found if isinstance(found, dict) else {}
        self.server = server if isinstance(server, dict) else {}
        self._opened = True

    async def _silent(self, seconds: float) -> RunspecError:
        self._process.kill()
        _, said = await self._process.ended()
        last = _last_line(said) or _last_line(bytes(self._chatter))
        after = f"{seconds:g} s"
        return RunspecError(
            Fault("host-silent", self.target.name, received=after, detail=last)
        )

    @property
    def next_id(self) -> int:
        """The id of the next request."""
        return self._count + 1

    async def request(self, method: str, params: Object) -> Object:
        """The result of a request. Raises Refused and RunspecError."""
        number, future = self.ask(method, params)
        try:
            return await future
        finally:
            self._waiting.pop(number, None)

    def ask(self, method: str, params: Object) -> tuple[int, Future[Object]]:
        """A request by its id, and its result to come."""
        self._count += 1
        number = self._count
        future: Future[Object] = Future()
        self._waiting[number] = future
        if self.lost.settled:
            future.fail(RunspecError(self._why or self._gone("")))
        self._send({"id": number, "method": method, "params": params})
        return number, future

    def notify(self, method: str, params: Object) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Object) -> None:
        self._writer.write(encoded({"jsonrpc": "2.0", **message}))

    async def suspend(self) -> None:
        """Say that this process stops until it is continued, as by Ctrl-Z."""
        if self.streams:
            self.notify(wire.SUSPEND, {})
            await self._writer.flushed(LAST_WORD)

    def resume(self) -> None:
        """Say that it goes on."""
        if self.streams:
            self.notify(wire.RESUME, {})

    async def leave(self, seconds: float) -> None:
        """Let the server end all it has started, and wait for that."""
        await self._writer.flushed(seconds)
        self._writer.broken.settle(None)
        self._process.close_stdin()
        await self._loop.first(self.lost, seconds)
        await self.close()

    async def close(self) -> None:
        """End the connection now; the server then ends what it has started."""
        self._process.kill()
        for task in self._tasks:
            task.cancel()
            await self._loop.first(task)
        self._fail(self._why or self._gone(""))
        await self._writer.flushed()
        await self._process.close()

    async def _read(self) -> None:
        lines = wire.Lines(LONGEST)
        try:
            while data := await self._heard():
                for line in lines.feed(data):
                    await self._take(line)
        except Cancelled:
            return
        except TooLate:
            await self._lose(f"it has been silent for {SILENCE:g} s")
            return
        await self._lose("")

    async def _heard(self) -> bytes:
        """What comes next; at its end nothing, and TooLate where there is no end."""
        patience = SILENCE if self._opened else None
        try:
            await self._loop.within(patience, self._readable())
        except TooLate:  # it may be this process that was stopped
            await self._loop.within(wire.ALIVE, self._readable())
        try:
            return os.read(self._process.stdout, CHUNK)
        except OSError:
            return b""

    async def _readable(self) -> None:
        await self._loop.readable(self._process.stdout)

    async def _take(self, line: bytes | None) -> None:
        message = _message(line)
        if message is None:
            self._overheard(line or b"")
            return
        params = message.get("params")
        body: Object = params if isinstance(params, dict) else {}
        method = message.get("method")
        if not isinstance(method, str):
            self._answered(message)
        elif "id" in message:
            reply = self._reply(message["id"], method, body)
            self._tasks.append(self._loop.spawn(reply))
        elif self._listener is not None:
            await self._listener.heard(method, body)

    def _overheard(self, line: bytes) -> None:
        """What a login says before the server does."""
        if self._opened:
            return
        self._overheard_size += len(line)
        self._chatter += line + b"\n"
        del self._chatter[:-KEPT]
        if self._overheard_size > CHATTER:
            self._process.kill()

    def _answered(self, message: Object) -> None:
        number = message.get("id")
        future = self._waiting.get(number) if isinstance(number, int) else None
        if future is None:
            return
        result, error = message.get("result"), message.get("error")
        if isinstance(result, dict):
            future.settle(result)
            return
        found: Object = error if isinstance(error, dict) else {}
        future.fail(Refused(str(found.get("message")), found.get("data")))

    async def _reply(self, number: Json, method: str, params: Object) -> None:
        """Answer a request of the server."""
        if method == "elicitation/create" and self._listener is not None:
            try:
                action, content = await self._listener.asked(params)
            except Cancelled:
                return
            result: Object = {"action": action}
            if action == "accept":
                result["content"] = content
            self._send({"id": number, "result": result})
        elif method == "ping":
            self._send({"id": number, "result": {}})
        else:
            error: Object = {"code": -32601, "message": f"no such method: {method}"}
            self._send({"id": number, "error": error})

    async def _live(self) -> None:
        """Give signs of life, so that the server knows that somebody waits."""
        try:
            while not self.lost.settled:
                await self._loop.sleep(wire.ALIVE)
                self._count += 1
                self._send({"id": self._count, "method": "ping", "params": {}})
        except Cancelled:
            return

    async def _lose(self, why: str) -> None:
        status, said = await self._process.ended(0.0 if why else 2.0)
        if self._opened or why:
            self._why = self._gone(why or _last_line(said))
        else:
            said = said if said.strip() else bytes(self._chatter)
            self._why = failure(self.target, status, said)
        self._fail(self._why)

    def _fail(self, why: Fault) -> None:
        """Nothing is answered any more."""
        self._why = why
        self._writer.broken.settle(None)
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.fail(RunspecError(why))
        self.lost.settle(None)

    def _gone(self, why: str) -> Fault:
        return Fault("host-lost", self.target.name, detail=why)


def _message(line: bytes | None) -> Object | None:
    """The message that a line is, or ends with; None for what isn't the protocol."""
    if not line or b'"jsonrpc"' not in line:
        return None
    for start in (0, line.find(b'{"jsonrpc"')):
        try:
            found = decoded(line[start:].decode())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return None


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").splitlines()
    return next((each for each in reversed(lines) if each.strip()), "").strip()


def _version() -> str:
    from .. import __version__

    return __version__
