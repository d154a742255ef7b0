"""What a tool costs through `runspec serve`, next to other servers of the same tools.

`python benchmarks/serve.py [--rounds N] [--json FILE]`; exits 1 over a limit, or where
a thousand calls leave anything behind.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, perf_counter_ns, sleep

import environments
from measure import Case, bare, benchmark
from session import Session

CALL = ("greet", {"name": "Ada"})
WAIT = ("pause", {"seconds": 0.5})
AT_ONCE = 8
MOST_OVER = 20
"""Milliseconds that a call may take over the bare start of the same program."""
WARM_UP = 50
CALLS = 200 if environments.REGRESSIONS in sys.argv else 1000
MOST_GROWTH = 1024
"""KiB by which the memory of a server and its helpers may be larger after 1,000 calls
than after the warm-up: what an allocator keeps for itself. Nothing else may grow.
"""
SETTLE = 5.0
"""Seconds that a server has to reap the last call."""
STATUS = "/proc/{}/status"
PEER_EVERY = 4
"""Peers without a limit need a quarter of the rounds; slow ones run once in SELDOM."""
SELDOM = 20


class Start(Case):
    """From the start of a server to its answer to `initialize`."""

    def once(self, environ: Mapping[str, str]) -> float:
        start = perf_counter_ns()
        session = Session(self.argv, environ)
        try:
            session.initialize()
            return (perf_counter_ns() - start) / 1e6
        finally:
            session.close()


class Over(Case):
    """By how much one case takes longer than another, both run for the purpose."""

    def __init__(self, name: str, case: Case, less: Case, most: float) -> None:
        super().__init__(name, case.argv, most=most)
        self.case = case
        self.less = less

    def once(self, environ: Mapping[str, str]) -> float:
        return self.case.once(environ) - self.less.once(environ)


class Call(Case):
    """Calls of one tool at the same time, until the last one is answered."""

    def __init__(
        self,
        name: str,
        session: Session,
        tool: tuple[str, Mapping[str, object]],
        base: Case | None = None,
        limit: float | None = None,
        *,
        count: int = 1,
        most: float | None = None,
        every: int = 1,
    ) -> None:
        super().__init__(name, session.argv, base, limit, most=most, every=every)
        self.session = session
        self.tool = tool
        self.count = count

    def once(self, _: Mapping[str, str]) -> float:
        start = perf_counter_ns()
        self.session.call(*self.tool, count=self.count)
        return (perf_counter_ns() - start) / 1e6


class Peer:
    """One server: the name of its rows, its command line, what it has running."""

    def __init__(self, name: str, argv: list[str], sessions: ExitStack) -> None:
        self.name = name
        self.argv = argv
        self.session = open_session(argv)
        sessions.callback(self.session.close)


def open_session(argv: list[str]) -> Session:
    """A server that has answered a first call, so that it is at its usual speed."""
    session = Session(argv, environments.environ(environments.BENCH / "home"))
    try:
        session.initialize()
        session.initialized()
        for _ in range(3):
            session.call(*CALL)
    except BaseException:
        session.close()
        raise
    return session


def serve(environment: Path) -> list[str]:
    return [str(environment / "bin" / "runspec"), "serve"]


def warm(environment: Path) -> list[str]:
    """A server of the same program, declared `warm`."""
    place = environments.BENCH / "warm"
    place.mkdir(parents=True, exist_ok=True)
    declared = environments.ROOT / "examples" / "greet" / "src" / "greet"
    spec = (declared / "runspec.toml").read_text("utf-8")
    (place / "runspec.toml").write_text(
        spec.replace("[greet]\n", "[greet]\nwarm = true\n"), "utf-8"
    )
    shutil.copy(environment / "bin" / "greet", place / "greet")
    return [*serve(environment), "--path", str(place), "--include", "greet"]


def cases(sessions: ExitStack) -> list[Case]:
    environment = environments.serving()
    ours = Peer("runspec serve", serve(environment), sessions)
    ahead = Peer("runspec serve, warm", warm(environment), sessions)
    python = bare(environment, "python -c pass")
    start = Start(f"{ours.name}: start to initialize", ours.argv)
    alone = Case(
        "greet --name Ada", [str(environment / "bin" / "greet"), "--name", "Ada"]
    )
    call = Call(f"{ours.name}: a call", ours.session, CALL, alone)
    quick = Call(f"{ahead.name}: a call", ahead.session, CALL)
    found = [
        python,
        start,
        Over("that less python -c pass", start, python, 60),
        alone,
        call,
        Over("that less greet --name Ada", call, alone, MOST_OVER),
        quick,
        together(ours, most=1000),
    ]
    try:
        public = Peer(
            f"{environments.PUBLIC} serve",
            serve(environments.serving_public()),
            sessions,
        )
        peer = environments.serving_fastmcp() / "bin" / "serve-fastmcp"
        fastmcp = Peer(environments.FASTMCP, [str(peer)], sessions)
    except environments.UnavailableError as error:
        print(f"without the peers that can't be installed: {error}", file=sys.stderr)
        return found
    start.base = Start(f"{public.name}: start to initialize", public.argv)
    start.limit = 0.5
    quick.base = Call(f"{public.name}: a call", public.session, CALL)
    quick.limit = 0.15
    return [
        *found,
        start.base,
        quick.base,
        together(public, every=SELDOM),
        Start(f"{fastmcp.name}: start to initialize", fastmcp.argv, every=PEER_EVERY),
        Call(f"{fastmcp.name}: a call", fastmcp.session, CALL, every=PEER_EVERY),
        together(fastmcp, every=SELDOM),
    ]


def together(peer: Peer, *, most: float | None = None, every: int = 1) -> Call:
    """As many calls as a server runs at once, each of which only waits."""
    name = f"{peer.name}: {AT_ONCE} calls of 0.5 s at once"
    return Call(name, peer.session, WAIT, count=AT_ONCE, most=most, every=every)


class Footprint:
    """What a server and its helpers hold: KiB of memory, descriptors, processes."""

    def __init__(self, server: int) -> None:
        pids = [server, *descendants(server)]
        self.memory = sum(map(memory, pids))
        self.descriptors = sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)
        self.processes = len(pids)

    def row(self, label: str) -> str:
        held = f"{self.memory:>7}  {self.descriptors:>11}  {self.processes:>9}"
        return f"{label:23}  {held}"

    def exceeds(self, other: Footprint) -> bool:
        return (
            self.memory - other.memory > MOST_GROWTH
            or self.descriptors > other.descriptors
            or self.processes > other.processes
        )


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, theirs included."""
    text = "".join(
        path.read_text("ascii") for path in Path(f"/proc/{pid}/task").glob("*/children")
    )
    children = [int(word) for word in text.split()]
    return [*children, *(each for child in children for each in descendants(child))]


def memory(pid: int) -> int:
    """The anonymous memory of a process that is in RAM, in KiB: what it made itself."""
    text = Path(STATUS.format(pid)).read_text("utf-8")
    line = next(each for each in text.splitlines() if each.startswith("RssAnon:"))
    return int(line.split()[1])


def settled(pid: int, bound: Footprint | None = None) -> Footprint:
    """What it holds once the last call is over: as soon as it is within `bound`."""
    deadline = monotonic() + SETTLE
    while True:
        try:
            now = Footprint(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue  # a process ended meanwhile
        if (bound and not now.exceeds(bound)) or monotonic() > deadline:
            return now
        sleep(0.05)


def leaks() -> bool:
    """Whether calls leave anything behind; prints what a server holds."""
    session = open_session(serve(environments.serving()))
    try:
        for _ in range(WARM_UP):
            session.call(*CALL)
        before = settled(session.process.pid)
        for _ in range(CALLS):
            session.call(*CALL)
        after = settled(session.process.pid, before)
    finally:
        session.close()
    grown = after.exceeds(before)
    print(f"\n{'held by runspec serve':23}  {'KiB':>7}  descriptors  processes")
    print(before.row(f"after {WARM_UP} calls"))
    print(after.row(f"after {CALLS} more") + ("  over" if grown else ""))
    print(f"limit: {MOST_GROWTH} KiB, no descriptor and no process more")
    return grown


def main() -> int:
    with ExitStack() as sessions:
        status = benchmark(lambda: cases(sessions), 20)
    if not os.path.exists(STATUS.format("self")):
        print("\nwhat a server holds isn't measured: this system doesn't tell")
        return status
    return 1 if leaks() else status


if __name__ == "__main__":
    sys.exit(main())
