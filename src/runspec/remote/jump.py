"""One call of a tool on another host, as if it were of this one (JMP).

spec ◀─describe── Client ──run──▶ what is asked, what is written, how it ended
  └─▶ the command line, checked here
"""

from __future__ import annotations

import os

from ..errors import CallError, Fault, RunspecError, SpecError
from ..loop import Cancelled, Future
from ..nearest import nearest
from . import wire
from .client import PATIENCE, Client, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from .. import Loaded
    from ..call import Invocation
    from ..loop import Loop
    from ..spec.plain import Json
    from .begun import Begun
    from .client import Object

    class Front(Protocol):
        """Where the call is made: whoever reads and answers there."""

        @property
        def is_person(self) -> bool:
            """Whether somebody can be asked."""

        async def write(self, stream: int, data: bytes) -> None:
            """Show what was written. Raises OSError where nobody reads it."""

        def progress(self, params: Object) -> None:
            """Show how far it is."""

        async def confirm(self, host: str, message: str) -> str:
            """Ask: accept, decline or cancel."""

        async def code(self, host: str, message: str) -> str | None:
            """Ask for the code in a question; "" is a no, None is no answer."""

        async def secret(self, host: str, name: str) -> str | None:
            """Ask for a secret; None where there is none."""


ENDING = 6.0
"""Seconds that the other side has to end a program and all that it has started."""
TOKEN = "progress"  # noqa: S105  of progress, not of access


class Asked(Exception):  # noqa: N818  an answer, not an error
    """Help or the version was asked for; `version` is that of the other side."""

    def __init__(self, call: Invocation, version: str) -> None:
        super().__init__()
        self.call = call
        self.version = version


class Ended:
    """How a call ended.

    `status` is the program's own, or minus a signal's number; `ending` "exit",
    "timeout", "not-started" or "refused", with `detail` in words.
    """

    __slots__ = ("detail", "ending", "status")

    def __init__(self, status: int, ending: str, detail: str = "") -> None:
        self.status = status
        self.ending = ending
        self.detail = detail


class Jump:
    """One host, from here to the end of its call.

    Every method that waits raises RunspecError where the host can't be reached or
    hasn't what is wanted, and CallError for a wrong command line.
    """

    def __init__(
        self, loop: Loop, begun: Begun, front: Front, patience: float = PATIENCE
    ) -> None:
        self.target = begun.target
        self.loaded: Loaded | None = None
        self._loop = loop
        self._front = front
        self._patience = patience
        self._broken: Future[OSError] = Future()
        self._room = 0
        self._more_room: Future[None] = Future()
        self._running = 0
        asks = front.is_person
        self.client = Client(loop, begun, listener=self, asks=asks)

    async def tools(self) -> list[Json]:
        """What the host offers, as `tools/list` has it."""
        await self.client.open(self._patience)
        found = await self._listed()
        if self.client.streams:
            return [*found]
        from .plain import is_offered

        return [each for each in found if is_offered(each)]

    async def _listed(self) -> list[Object]:
        found: list[Object] = []
        params: Object = {}
        while True:
            answer = await self._answer("tools/list", params)
            items = answer.get("tools")
            if isinstance(items, list):
                found += [
                    each
                    for each in items
                    if isinstance(each, dict) and each.get("name") != wire.READ_OUTPUT
                ]
            cursor = answer.get("nextCursor")
            if not isinstance(cursor, str):
                return found
            params = {"cursor": cursor}

    async def run(self, name: str, argv: Sequence[str], stdin: int | None) -> Ended:
        """Check the call, run it and pass everything on until it has ended.

        Raises Asked where help or the version was asked for, OSError where nobody
        reads what it writes.
        """
        from ..guard import require_allowed
        from ..run.recorded import Recorded

        await self._open()
        if not self.client.streams:
            return await self._run_plain(name, argv, stdin)
        call = await self._checked(name, argv)
        require_allowed(call)
        recorded = Recorded(call, "jump")
        recorded.begin()
        ended = Ended(-9, "cancelled")
        try:
            ended = await self._run(call, name, argv, stdin)
        finally:
            recorded.end(ended.status, "" if ended.ending == "exit" else ended.ending)
        return ended

    def signal(self, number: int) -> None:
        """Pass a signal on to the program."""
        if self._running:
            params: Object = {"request": self._running, "number": number}
            self.client.notify(wire.SIGNAL, params)

    async def leave(self) -> None:
        """End the program there, and wait until nothing of it runs any more."""
        await self.client.leave(ENDING)

    async def _open(self) -> None:
        from .checked import prepare

        self._loop.soon(prepare)
        await self.client.open(self._patience)

    async def _run_plain(
        self, name: str, argv: Sequence[str], stdin: int | None
    ) -> Ended:
        """The same by plain MCP: what the tool said is written when it has ended."""
        from ..guard import require_allowed
        from ..run.recorded import Recorded
        from . import plain
        from .checked import checked, loaded

        host = self.target.name
        if plain.has_input(stdin):
            version = self.client.server.get("version")
            received = version if isinstance(version, str) else None
            raise RunspecError(Fault("host-old", host, received=received))
        tools = await self._listed()
        found = plain.named(tools, name, argv)
        if found is None:
            raise self._unknown(name, [str(each.get("name")) for each in tools])
        tool, rest = found
        name = str(tool["name"])
        self.loaded = loaded(name, plain.spec_text(tool, rest), f"{host}:{name}")
        call = checked(self.loaded, rest)
        if call.asked:
            raise Asked(call, "")
        require_allowed(call)
        await self._confirm_plain(plain.level_of(tool), name, rest)
        recorded = Recorded(call, "jump")
        recorded.begin()
        status = -9
        try:
            params: Object = {"name": name, "arguments": plain.arguments_of(call)}
            answer = await self._until(params, None, "tools/call")
            await self._front.write(wire.STDOUT, _said(answer.get("content")).encode())
            status = 1 if answer.get("isError") else 0
        finally:
            recorded.end(status, "")
        return Ended(status, "exit")

    async def _confirm_plain(self, level: str, name: str, argv: Sequence[str]) -> None:
        """What the host doesn't enforce is asked here. Raises RunspecError."""
        if level == "autonomous":
            return
        host = self.target.name
        if level == "manual":
            raise RunspecError(Fault("host-tool-manual", host, received=name))
        if self._front.is_person:
            from ..run.become import quoted

            line = quoted([name, *argv])
            text = f"This tool of {host} is to be confirmed by a person:\n\n  {line}"
            if await self._front.confirm(host, text) == "accept":
                return
        raise RunspecError(Fault("host-tool-unconfirmed", host, received=name))

    async def _checked(self, name: str, argv: Sequence[str]) -> Invocation:
        from .checked import checked, loaded

        answer = await self._described(name)
        text, path, version = (answer.get(key) for key in ("spec", "path", "version"))
        where = f"{self.target.name}:{path}"
        self.loaded = loaded(name, text if isinstance(text, str) else "", where)
        call = checked(self.loaded, argv)
        if call.asked:
            raise Asked(call, version if isinstance(version, str) else "")
        return call

    async def _described(self, name: str) -> Object:
        try:
            return await self._request(wire.DESCRIBE, {"name": name})
        except Refused as error:
            data = error.data.get("names") if isinstance(error.data, dict) else None
            known = data if isinstance(data, list) else []
            names = [each for each in known if isinstance(each, str)]
            raise self._unknown(name, names) from None

    def _unknown(self, name: str, names: list[str]) -> SpecError:
        near = nearest(name, names)
        where = self.target.name
        return SpecError(
            Fault("host-tool-unknown", where, received=name, candidates=near)
        )

    async def _run(
        self, call: Invocation, name: str, argv: Sequence[str], stdin: int | None
    ) -> Ended:
        params: Object = {"name": name, "argv": [*argv], "stdin": stdin is not None}
        params["agent"] = os.environ.get("RUNSPEC_AGENT") == "1"
        params["_meta"] = {"progressToken": TOKEN}
        answer = await self._until(params, stdin)
        wrong = self._wrong(answer)
        names = _lacking(wrong)
        if names and self._front.is_person:
            params["secrets"] = await self._secrets(names)
            answer = await self._until(params, stdin)
            wrong = self._wrong(answer)
        if wrong:
            raise CallError(*wrong, runnable=name, command=call.command)
        return _ended(answer)

    async def _secrets(self, names: list[str]) -> Object:
        found: Object = {}
        for name in names:
            secret = await self._front.secret(self.target.name, name)
            if secret is not None:
                found[name] = secret
        return found

    async def _until(
        self, params: Object, stdin: int | None, method: str = wire.RUN
    ) -> Object:
        """The answer to a call, while its streams are passed on."""
        self._running, result = self.client.ask(method, params)
        feeding = self._loop.spawn(self._feed(stdin)) if stdin is not None else None
        try:
            await self._loop.first(result, self._broken)
            if self._broken.settled:
                raise self._broken.value()
            return result.value()
        except Refused as error:
            raise self._ended_by(error.message) from None
        finally:
            self._running = 0
            if feeding is not None:
                feeding.cancel()

    async def _feed(self, stdin: int) -> None:
        """Pass on what there is to read, as far as there is room for it."""
        try:
            while True:
                while self._room <= 0:
                    self._more_room = Future()
                    await self._more_room
                await self._loop.readable(stdin)
                data = os.read(stdin, min(self._room, wire.CHUNK))
                self._room -= len(data)
                params: Object = {"request": self._running, "data": wire.text_of(data)}
                if not data:
                    params["end"] = True
                self.client.notify(wire.INPUT, params)
                if not data:
                    return
        except Cancelled:
            return

    async def heard(self, method: str, params: Object) -> None:
        """What the host tells (`Listener`)."""
        if method == wire.OUTPUT:
            await self._heard_output(params)
        elif method == wire.ROOM:
            count = params.get("bytes")
            self._room += count if isinstance(count, int) else 0
            self._more_room.settle(None)
        elif method == "notifications/progress":
            self._front.progress(params)

    async def _heard_output(self, params: Object) -> None:
        data, stream = wire.bytes_of(params.get("data")), params.get("stream")
        if data is None or stream not in (wire.STDOUT, wire.STDERR):
            return
        try:
            await self._front.write(stream, data)  # type: ignore[arg-type]
        except OSError as error:
            self._broken.settle(error)

    async def asked(self, params: Object) -> tuple[str, Object]:
        """A question to the person here (`Listener`)."""
        message = params.get("message")
        text = message if isinstance(message, str) else ""
        if not wire.has_code(params):
            return await self._front.confirm(self.target.name, text), {}
        code = await self._front.code(self.target.name, text)
        if code is None:
            return "cancel", {}
        return ("accept", {"code": code}) if code else ("decline", {})

    async def _answer(self, method: str, params: Object) -> Object:
        try:
            return await self._request(method, params)
        except Refused as error:
            raise self._ended_by(error.message) from None

    async def _request(self, method: str, params: Object) -> Object:
        return await self._loop.within(
            self._patience, self.client.request(method, params)
        )

    def _ended_by(self, message: str) -> RunspecError:
        return RunspecError(Fault("host-ended", self.target.name, detail=message))

    def _wrong(self, answer: Object) -> list[Fault]:
        wrong = answer.get("wrong")
        if not isinstance(wrong, dict):
            return []
        from .faults import faults_of

        return faults_of(wrong.get("faults"), self.target.name)


def _lacking(wrong: list[Fault]) -> list[str]:
    """The secrets that a call lacks, where it lacks nothing else."""
    missing = [
        fault.subject
        for fault in wrong
        if fault.code == "missing-argument" and fault.detail == "password"
    ]
    return missing if len(missing) == len(wrong) else []


def _ended(answer: Object) -> Ended:
    status, ending = answer.get("status"), answer.get("ending")
    if isinstance(status, int) and isinstance(ending, str):
        detail = answer.get("detail")
        return Ended(status, ending, detail if isinstance(detail, str) else "")
    return Ended(1, "refused", _said(answer.get("content")))


def _said(content: Json) -> str:
    """The text of a result that is no run."""
    blocks = content if isinstance(content, list) else []
    texts = (each.get("text") for each in blocks if isinstance(each, dict))
    return "\n".join(each for each in texts if isinstance(each, str))
