"""A call as a person types it, and the streams of its program (JMP-09)."""

from __future__ import annotations

import os

from ..errors import MASK, RunspecError
from ..loop import Future
from ..remote.wire import CHUNK, STDERR, STDOUT, WINDOW
from .capture import read_some
from .shapes import Ended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..call import Invocation
    from ..errors import CallError
    from ..loop import Loop
    from ..run.starter import Job
    from .case import Case
    from .connection import Connection
    from .results import Outcome
    from .served import ServedTool
    from .server import Server
    from .shapes import Object, ToolCall

LARGEST_SPEC = 4 << 20
"""Bytes of a spec that are handed out; a larger one is no spec."""


class Typed:
    """The tokens behind the runnable's name, secrets by the name of their argument.

    `stdin`: there is something to read for the program; `feed` takes it. `agent`: by
    its own word, an agent calls.
    """

    __slots__ = (
        "_ended",
        "_job",
        "_more",
        "_parts",
        "_size",
        "agent",
        "argv",
        "secrets",
        "stdin",
    )

    def __init__(
        self, argv: Sequence[str], secrets: Mapping[str, str], *, stdin: bool
    ) -> None:
        self.argv = list(argv)
        self.secrets = secrets
        self.stdin = stdin
        self.agent = True
        self._job: Job | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._ended = False
        self._more: Future[None] = Future()

    def feed(self, data: bytes, *, end: bool) -> bool:
        """Take what the program is to read; False where that is too much."""
        if self._size + len(data) > WINDOW:
            return False
        if data:
            self._parts.append(data)
            self._size += len(data)
        self._ended = self._ended or end
        self._more.settle(None)
        return True

    def signal(self, number: int) -> None:
        """Pass a signal on, once there is a program."""
        if self._job is not None:
            self._job.signal(number)

    async def attend(self, job: Job, call: ToolCall, client: Connection) -> None:
        """Write to the program's stdin until there is no more, or nobody reads it."""
        self._job = job
        if job.stdin is None:
            return
        loop = client.server.loop
        client.make_room(call, WINDOW)
        try:
            while not (self._ended and not self._parts):
                if not self._parts:
                    self._more = Future()
                    await self._more
                    continue
                data = self._parts.pop(0)
                if not await _written(loop, job.stdin, data):
                    return
                self._size -= len(data)
                client.make_room(call, len(data))
        finally:
            os.close(job.stdin)


async def _written(loop: Loop, descriptor: int, data: bytes) -> bool:
    """False where nobody reads it any more."""
    left = memoryview(data)
    while left:
        await loop.writable(descriptor)
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            continue
        except OSError:
            return False
    return True


async def forward(
    descriptor: int, stream: int, call: ToolCall, client: Connection
) -> None:
    """Send on what a program writes as it comes, then close the descriptor."""
    import binascii  # noqa: F401  what encodes it, while the program starts

    try:
        while data := await read_some(client.server.loop, descriptor, CHUNK):
            await client.output(call, stream, data)
    finally:
        os.close(descriptor)


async def told(case: Case, outcome: Outcome, client: Connection) -> Ended:
    """The end of a streamed call, behind what was withheld of its output until now."""
    for stream, capture in ((STDOUT, outcome.stdout), (STDERR, outcome.stderr)):
        offset = 0
        while data := capture.read(offset, CHUNK):
            offset += len(data)
            await client.output(case.call, stream, data)
    outcome.close()
    body: Object = {"status": outcome.status, "ending": outcome.ending}
    body["detail"] = outcome.detail
    body["seconds"] = round(outcome.seconds, 3)
    return Ended(body)


def wrong(error: CallError) -> Ended:
    """A call that the spec doesn't allow, for whoever typed it."""
    from ..remote.faults import plain_fault

    faults: Object = {"command": [*error.command]}
    faults["faults"] = [plain_fault(each) for each in error.faults]
    return Ended({"wrong": faults})


def described(tool: ServedTool) -> Object | None:
    """The spec of a runnable, for the other side to read; None where it is gone."""
    from ..source.file import read_text

    text = read_text(tool.spec_path)
    if not isinstance(text, str) or len(text) > LARGEST_SPEC:
        return None
    return {
        "name": tool.runnable_name,
        "path": tool.spec_path,
        "version": tool.version,
        "spec": text,
    }


def prepare(tool: ServedTool) -> None:
    """Load what its call needs, while whoever was told its spec checks the call."""
    import fcntl  # noqa: F401

    from ..audit import ledger  # noqa: F401
    from ..deny import require_allowed  # noqa: F401
    from ..run import account, alone, argv, environment, recorded, starter  # noqa: F401
    from . import case, desk  # noqa: F401

    try:
        _ = tool.tool
        tool.program()
    except RunspecError:
        return  # the call says why


def open_typed(call: ToolCall, server: Server, principal: str) -> Case:
    """The call, checked against its spec; raises CallError or SpecError.

    Raises Malformed for a runnable that isn't served.
    """
    from .messages import INVALID_PARAMS, Malformed

    tools = server.of_runnable(call.name)
    if call.typed is None or not tools:
        raise Malformed(INVALID_PARAMS, f"no such runnable: {call.name[:200]}")
    return _opened(call, call.typed, tools, principal)


def _opened(
    call: ToolCall, typed: Typed, tools: Sequence[ServedTool], principal: str
) -> Case:
    from ..resolve import resolve, variable_of
    from ..run.argv import CommandLine
    from ..run.types import carry_types
    from .case import Case

    for each in tools:
        each.refresh()
    runnable, config = tools[0].runnable, tools[0].config
    carry_types(config)
    secret = {
        variable_of(runnable.name, name): text for name, text in typed.secrets.items()
    }
    environ = {**os.environ, **secret}
    environ.pop("RUNSPEC_AGENT", None)
    if typed.agent:
        environ["RUNSPEC_AGENT"] = "1"
    environ.pop("RUNSPEC_DEFAULTS", None)  # it is about the call that started us
    path = tools[0].spec_path
    invocation = resolve(runnable, config, typed.argv, environ, spec_path=path)
    served = _tool_of(tools, invocation)
    given = tuple(
        value.arg
        for value in invocation.values.values()
        if value.source == "cli" or value.arg.name in typed.secrets
    )
    line = CommandLine(typed.argv, dict.fromkeys(secret, MASK), given)
    return Case(call, served, line, invocation, principal)


def _tool_of(tools: Sequence[ServedTool], invocation: Invocation) -> ServedTool:
    """The one that its command is; a selection may have left it out."""
    from .messages import INVALID_PARAMS, Malformed

    if invocation.asked:
        raise Malformed(INVALID_PARAMS, f"--{invocation.asked} is for the other side")
    for tool in tools:
        if tool.entry["command"] == list(invocation.command):
            return tool
    words = " ".join((invocation.runnable.name, *invocation.command))
    raise Malformed(INVALID_PARAMS, f"{words} isn't served here")


def rehearsed(case: Case, option: str) -> Case:
    """The same call with one option more, captured as any other."""
    from .shapes import ToolCall

    typed = case.call.typed
    assert typed is not None
    end = typed.argv.index("--") if "--" in typed.argv else len(typed.argv)
    argv = [*typed.argv[:end], option, *typed.argv[end:]]
    call = ToolCall(case.call.id, case.call.name, {}, case.call.revision)
    call.client = case.call.client
    again = Typed(argv, typed.secrets, stdin=False)
    again.agent = typed.agent
    return _opened(call, again, (case.served,), case.principal)
