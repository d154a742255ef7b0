"""`runspec serve`: every runnable as a tool of an agent (SRV)."""

from __future__ import annotations

import os

from ..compat import signal
from ..loop import Future, Loop
from ..mcp.policy import read_policy
from ..mcp.server import Options, Server
from ..mcp.toolbox import Selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..call import Args
    from ..remote.ssh import Target

ON_A_TERMINAL = (
    "speaks the Model Context Protocol to a client, not to a person;"
    " `runspec connect` prints a client's configuration, Ctrl-C ends this"
)


def run(args: Args) -> int:
    """Serve until the client leaves or a signal comes: 0."""
    targets = _targets(args.host.value) if args.host.value else []
    with Loop() as loop:
        server = Server(loop, _options(args))
        stopped = _stop_signal(loop)
        if targets:
            loop.run(server.connect(targets))
        if args.http.value:
            from ..mcp.http import serve_http

            status = loop.run(serve_http(server, args, stopped))
            _end_as_asked(stopped)
            return status
        if os.isatty(0):
            from . import output

            output.note(ON_A_TERMINAL)
        from ..mcp.stdio import serve_stdio

        loop.run(serve_stdio(server, stopped))
        _end_as_asked(stopped)
        return 0


def _options(args: Args) -> Options:
    selection = Selection(
        include=tuple(args.include.value or ()),
        exclude=tuple(args.exclude.value or ()),
        paths=tuple(str(path) for path in args.path.value or ()),
        environ=os.environ,
    )
    return Options(
        selection,
        jobs=args.jobs.value,
        timeout=args.timeout.value,
        inline=args.inline.value,
        listed=args.listed.value,
        policy=read_policy(_text(args.policy.value), args.confirm.value),
    )


def _text(path: object) -> str | None:
    return None if path is None else str(path)


def _targets(hosts: Sequence[str]) -> list[Target]:
    """Where the tools of other hosts are. Raises RunspecError."""
    from ..remote.hosts import known_hosts
    from .lookup import spec_from_here

    known = known_hosts(spec_from_here())
    names = dict.fromkeys(name for each in hosts for name in known.expand(each))
    return [known.target(name) for name in names]


def _end_as_asked(stopped: Future[int]) -> None:
    """Whoever typed Ctrl-C sees that the server ended by it."""
    if stopped.settled and stopped.value() == signal.SIGINT:
        raise KeyboardInterrupt


def _stop_signal(loop: Loop) -> Future[int]:
    """Settles when a signal asks the server to end, with its number."""
    stopped: Future[int] = Future()

    def stop(number: int, _: object) -> None:
        loop.from_thread(lambda: stopped.settle(number))

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    return stopped
