"""`runspec jump` to many hosts: what each writes, and how each ended."""

from __future__ import annotations

import os
import sys

from ..remote.begun import begin_call
from ..remote.fleet import FAILED, NOT_RUN, OK, Fleet
from ..remote.jump import Asked, Ended, Jump
from .front import Front
from .onehost import ending_in_words, stdin_here, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO, Any

    from ..call import Args
    from ..loop import Loop
    from ..remote.fleet import Report
    from ..remote.ssh import Target
    from ..spec.plain import Json
    from .onehost import Stops

    Object = dict[str, Json]

LONGEST = 1 << 16
"""Bytes of a line that is prefixed; a longer one is broken."""
SHOWN = 1 << 20
"""Bytes of each output in JSON: the first ones."""
CHUNK = 1 << 16
EACH = 8
"""Descriptors that a host takes: its pipes while they are made, and its outputs."""
RESERVE = 20
"""Descriptors of all others here."""
STREAMS = {1: "stdout", 2: "stderr"}


async def jump_to_all(
    loop: Loop, targets: Mapping[str, Target], args: Args, stops: Stops
) -> int:
    """Run the tool on each; 0 where all of them ended with 0, else 1."""
    if args.tool.value is None:
        return await _list_all(loop, targets, args)
    if stdin_here() is not None and not _is_empty():
        _say("the tool's input is left out: it can't go to many hosts")
    fleet = _Calls(loop, targets, args, stops)
    return await fleet.run()


def _is_empty() -> bool:
    """Whether there is nothing to read anyway."""
    import stat

    return stat.S_ISCHR(os.fstat(0).st_mode)


class _Calls:
    """The calls, each with a front of its own."""

    def __init__(
        self, loop: Loop, targets: Mapping[str, Target], args: Args, stops: Stops
    ) -> None:
        self._loop = loop
        self._targets = targets
        self._args = args
        self._stops = stops
        self._shared = Shared(loop)
        self._running: dict[str, Jump] = {}
        self._fronts: dict[str, HostFront] = {}
        self._json: list[Json] = []
        self._width = max(map(len, targets))
        self._fleet = Fleet(
            loop,
            list(targets),
            self._one,
            parallel=_at_once(args.parallel.value),
            stop_after=args.stop_after.value,
        )

    async def run(self) -> int:
        task = self._loop.spawn(self._fleet.run(self._told))
        await self._loop.first(task, self._stops.next)
        if not task.settled:
            self._fleet.stop()
            leaving = [
                self._loop.spawn(each.leave()) for each in self._running.values()
            ]
            for each in leaving:
                await self._loop.first(each, self._stops.next)
            for jump in tuple(self._running.values()):
                await jump.client.close()
        await task
        self._shared.clear()
        self._show()
        reports = self._fleet.reports
        return 0 if all(each.state == OK for each in reports) else 1

    async def _one(self, host: str) -> Ended:
        front = self._fronts[host] = self._front(host)
        begun = begin_call(self._targets[host])
        jump = Jump(self._loop, begun, front, self._args.timeout.value)
        self._running[host] = jump
        self._stops.clients.add(jump.client)
        name: str = self._args.tool.value
        try:
            return await jump.run(name, tokens(self._args), None)
        except Asked:
            return Ended(1, "refused", "help and the version are those of one host")
        finally:
            del self._running[host]
            self._stops.clients.discard(jump.client)
            await jump.client.close()

    def _front(self, host: str) -> HostFront:
        if self._args.format.value == "json" or self._args.collect.value:
            return Collected(host, self._shared)
        return Prefixed(host.ljust(self._width), self._shared)

    async def _told(self, report: Report) -> None:
        front = self._fronts.pop(report.host)
        if self._args.format.value == "json":
            assert isinstance(front, Collected)
            self._json.append({**plain_report(report), **front.outputs()})
        else:
            await front.end()
            if report.faults or report.detail:
                _say(f"{report.host}: {why(report)}")

    def _show(self) -> None:
        from . import output

        reports = self._fleet.reports
        if self._args.format.value == "json":
            left = [plain_report(each) for each in reports if each.state == NOT_RUN]
            hosts: list[Json] = [*self._json, *left]
            failed = sum(each.state == FAILED for each in reports)
            output.show_json({"hosts": hosts, "failed": failed})
            return
        print("\n".join(table(reports)), file=sys.stderr)


class Shared:
    """What all fronts share: the streams, and the one person."""

    def __init__(self, loop: Loop) -> None:
        from ..loop import Future

        self._future = Future
        self.front = Front(loop)
        self._busy: Future[None] | None = None
        self._secrets: dict[str, str | None] = {}

    def clear(self) -> None:
        self.front.clear()

    async def confirm(self, host: str, message: str) -> str:
        """One question after the other."""
        await self._turn()
        try:
            return await self.front.confirm(host, message)
        finally:
            self._done()

    async def code(self, host: str, message: str) -> str | None:
        await self._turn()
        try:
            return await self.front.code(host, message)
        finally:
            self._done()

    async def secret(self, host: str, name: str) -> str | None:
        """Each secret is asked for once."""
        await self._turn()
        try:
            if name not in self._secrets:
                self._secrets[name] = await self.front.secret(host, name)
            return self._secrets[name]
        finally:
            self._done()

    async def _turn(self) -> None:
        while self._busy is not None:
            await self._busy
        self._busy = self._future()

    def _done(self) -> None:
        busy, self._busy = self._busy, None
        if busy is not None:
            busy.settle(None)


class HostFront:
    """The front of one host of many."""

    def __init__(self, label: str, shared: Shared) -> None:
        self.label = label
        self.shared = shared
        self.is_person = shared.front.is_person

    async def write(self, stream: int, data: bytes) -> None:
        raise NotImplementedError

    async def end(self) -> None:
        """The host has ended."""
        raise NotImplementedError

    def progress(self, params: Object) -> None:
        message = params.get("message")
        if isinstance(message, str):
            self.shared.front.progress({**params, "message": f"{self.label} {message}"})

    async def confirm(self, host: str, message: str) -> str:
        return await self.shared.confirm(host, message)

    async def code(self, host: str, message: str) -> str | None:
        return await self.shared.code(host, message)

    async def secret(self, host: str, name: str) -> str | None:
        return await self.shared.secret(host, name)


class Prefixed(HostFront):
    """Whole lines, each behind the host's name, as they come."""

    def __init__(self, label: str, shared: Shared) -> None:
        super().__init__(label, shared)
        self._prefix = f"{label} | ".encode()
        self._plain = {stream: not os.isatty(stream) for stream in STREAMS}
        self._open = {stream: bytearray() for stream in STREAMS}

    async def write(self, stream: int, data: bytes) -> None:
        left = self._open[stream]
        left += data
        *lines, rest = bytes(left).split(b"\n")
        if len(rest) > LONGEST:
            lines, rest = [*lines, rest], b""
        self._open[stream] = bytearray(rest)
        await self._show(stream, lines)

    async def end(self) -> None:
        for stream, left in self._open.items():
            await self._show(stream, [bytes(left)] if left else [])

    async def _show(self, stream: int, lines: list[bytes]) -> None:
        if lines:
            shown = lines if self._plain[stream] else map(_harmless, lines)
            text = b"".join(self._prefix + line + b"\n" for line in shown)
            await self.shared.front.write(stream, text)


def _harmless(line: bytes) -> bytes:
    """A line that moves nothing on a terminal, so that its prefix stays in sight."""
    from ..render.text import escaped

    text = line.removesuffix(b"\r").decode("utf-8", "replace")
    return "\t".join(map(escaped, text.split("\t"))).encode()


def _at_once(parallel: int) -> int:
    """So many, or as many as this process may have descriptors for."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return parallel
    return max(1, min(parallel, (limit - RESERVE) // EACH))


class Collected(HostFront):
    """What a host writes, kept until it has ended."""

    def __init__(self, label: str, shared: Shared) -> None:
        super().__init__(label, shared)
        self._files: dict[int, IO[bytes]] = {}
        self._sizes = dict.fromkeys(STREAMS, 0)

    async def write(self, stream: int, data: bytes) -> None:
        if stream not in self._files:
            from tempfile import TemporaryFile

            self._files[stream] = TemporaryFile()  # noqa: SIM115  end() closes it
        self._files[stream].write(data)
        self._sizes[stream] += len(data)

    async def end(self) -> None:
        await self.shared.front.write(2, f"== {self.label} ==\n".encode())
        for stream, file in sorted(self._files.items()):
            file.seek(0)
            while data := file.read(CHUNK):
                await self.shared.front.write(stream, data)
            file.close()

    def outputs(self) -> Object:
        """The first SHOWN bytes of each as text, and how many there were."""
        found: Object = {}
        for stream, name in STREAMS.items():
            file = self._files.get(stream)
            text = b""
            if file is not None:
                file.seek(0)
                text = file.read(SHOWN)
                file.close()
            found[name] = text.decode("utf-8", "replace")
            found[f"{name}_bytes"] = self._sizes[stream]
        return found


def plain_report(report: Report) -> Object:
    from ..render.fault import faults_json

    seconds = report.seconds
    found: Object = {"host": report.host, "state": report.state}
    found["status"] = report.status
    found["seconds"] = None if seconds is None else round(seconds, 3)
    if report.faults:
        problems: Any = faults_json(report.faults)
        found["problems"] = problems
    elif report.detail:
        found["detail"] = report.detail
    return found


def why(report: Report) -> str:
    """Why a host has failed, in lines."""
    if not report.faults:
        return ending_in_words("", Ended(0, report.detail)).removeprefix(": ")
    from ..render.fault import render_faults

    return render_faults(report.faults)


def table(reports: list[Report]) -> list[str]:
    """A line for each host, and a sum."""
    from ..render.text import BOLD, RED, YELLOW, Style, escaped
    from . import output

    style = Style.for_stream(sys.stderr, os.environ)
    cells = [("host", "status", "seconds")]
    for each in reports:
        seconds = "" if each.seconds is None else f"{each.seconds:.1f}"
        cells.append((escaped(each.host), status_word(each), seconds))
    head, *lines = output.rows(cells, indent=0)
    looks = {FAILED: RED, NOT_RUN: YELLOW}
    shown = [
        style.paint(line, looks[each.state]) if each.state in looks else line
        for line, each in zip(lines, reports, strict=True)
    ]
    counts = dict.fromkeys((OK, FAILED, NOT_RUN), 0)
    for each in reports:
        counts[each.state] += 1
    total = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return [style.paint(head, BOLD), *shown, total]


def status_word(report: Report) -> str:
    if report.state == NOT_RUN:
        return NOT_RUN
    if report.status is None:
        return report.faults[0].code if report.faults else "refused"
    return f"signal {-report.status}" if report.status < 0 else str(report.status)


async def _list_all(loop: Loop, targets: Mapping[str, Target], args: Args) -> int:
    """The tools of each host."""
    from . import output
    from .tools import listed

    shared = Shared(loop)
    found: dict[str, list[Json]] = {}

    async def one(host: str) -> Ended:
        begun = begin_call(targets[host])
        jump = Jump(loop, begun, HostFront(host, shared), args.timeout.value)
        try:
            found[host] = [*await jump.tools()]
        finally:
            await jump.client.close()
        return Ended(0, "exit")

    async def told(report: Report) -> None:
        if report.faults:
            _say(f"{report.host}: {why(report)}")

    parallel = _at_once(args.parallel.value)
    fleet = Fleet(loop, list(targets), one, parallel=parallel, stop_after=0)
    await fleet.run(told)
    known = [host for host in targets if host in found]
    if args.format.value == "json":
        hosts: list[Json] = [{"host": each, "tools": found[each]} for each in known]
        output.show_json({"hosts": hosts})
    elif known:
        output.show("\n\n".join(listed(host, found[host]) for host in known))
    return 0 if len(known) == len(targets) else 1


def _say(text: str) -> None:
    from . import output

    output.note(text)
