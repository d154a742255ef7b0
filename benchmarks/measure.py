"""Whole processes, measured side by side.

Every case runs once a round, so that a busy moment meets them all; a case's ratio
is the median over the rounds of its time to that of its bare interpreter in the
same round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns

import environments
from environments import BENCH, environ

LOOSE = 1.5
"""What a limit is multiplied by where only a real regression is to be found."""
FEWEST = 3
AGAIN = 4
"""How often a case over its limit is measured anew, for the machine may be busy."""


class Case:
    """One command line. `base` is the case its ratio is to; None for such a base.

    `limit` is the highest ratio allowed, `most` the most milliseconds, `before` runs,
    unmeasured, before each process, `every` is the number of rounds from one run to
    the next, `status` the exit status it must end with.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        base: Case | None = None,
        limit: float | None = None,
        *,
        most: float | None = None,
        before: Callable[[], None] | None = None,
        every: int = 1,
        status: int = 0,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.base = base
        self.limit = limit
        self.most = most
        self.before = before
        self.every = every
        self.status = status
        self.environ = dict(environ or {})
        self.looseness = 1.0
        self.times: list[float] = []
        self.ratios: list[float] = []

    @property
    def milliseconds(self) -> float:
        return statistics.median(self.times)

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def passed(self) -> bool:
        limit = None if self.limit is None else self.limit * self.looseness
        in_ratio = limit is None or (self.ratio or 0) <= limit
        most = None if self.looseness > 1 else self.most  # it is of an idle machine
        return in_ratio and (most is None or self.milliseconds <= most)

    @property
    def bound(self) -> str:
        """The limit as the table shows it."""
        if self.most is not None:
            return f"{self.most:g} ms"
        return "" if self.limit is None else f"{self.limit:.2f}"

    def once(self, environ: Mapping[str, str]) -> float:
        """Milliseconds of one run, in that environment."""
        return run_once(self, environ)


def bare(environment: Path, name: str) -> Case:
    """What nothing can be faster than: the interpreter of that environment."""
    return Case(name, [str(environment / "bin" / "python"), "-c", "pass"])


def run_once(case: Case, environ: Mapping[str, str]) -> float:
    """Milliseconds from spawn to exit. RuntimeError for another exit status."""
    if case.before:
        case.before()
    actions = [
        (os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0)
        for descriptor in (0, 1, 2)
    ]
    whole = {**environ, **case.environ}
    start = perf_counter_ns()
    pid = os.posix_spawn(case.argv[0], case.argv, whole, file_actions=actions)
    _, ended = os.waitpid(pid, 0)
    took = perf_counter_ns() - start
    status = os.waitstatus_to_exitcode(ended)
    if status != case.status:
        said = subprocess.run(case.argv, env=whole, capture_output=True, text=True)
        raise RuntimeError(
            f"{' '.join(case.argv)}: exit status {status}, {case.status} was expected"
            f"\n{said.stderr}"
        )
    return took / 1e6


def measure(cases: Sequence[Case], rounds: int, environ: Mapping[str, str]) -> None:
    """Fills the times of every case; one unmeasured round comes first."""
    for case in cases:
        case.once(environ)
    for at in range(rounds):
        due = [case for case in cases if at % case.every == 0]
        took = {case: case.once(environ) for case in due}
        for case in due:
            case.times.append(took[case])
            if case.base is not None:
                case.ratios.append(took[case] / took[case.base])


def measure_to_limits(
    cases: Sequence[Case], rounds: int, environ: Mapping[str, str]
) -> None:
    """As `measure`; what is over its limit is measured again, `AGAIN` times at most."""
    measure(cases, rounds, environ)
    for _ in range(AGAIN):
        failed = [case for case in cases if not case.passed]
        if not failed:
            return
        names = ", ".join(case.name for case in failed)
        print(f"over the limit, measured again: {names}", file=sys.stderr)
        again = [case for case in cases if _is_needed(case, failed)]
        for case in again:
            case.times.clear()
            case.ratios.clear()
        measure(again, rounds, environ)


def _is_needed(case: Case, failed: Sequence[Case]) -> bool:
    """Whether it is to be measured again, or something is measured against it."""
    bases = [each.base for each in failed if each.base is not None]
    further = [base.base for base in bases]
    return any(case is each for each in (*failed, *bases, *further))


def table(cases: Sequence[Case]) -> str:
    """A line for each case: milliseconds, ratio and limit."""
    width = max(len(case.name) for case in cases)
    lines = [f"{'':{width}}  {'ms':>7}  {'ratio':>6}  {'limit':>6}"]
    for case in cases:
        ratio = "" if case.ratio is None else f"{case.ratio:.2f}"
        verdict = "" if case.passed else "  over"
        lines.append(
            f"{case.name:{width}}  {case.milliseconds:7.1f}  {ratio:>6}"
            f"  {case.bound:>6}{verdict}"
        )
    return "\n".join(lines)


def machine() -> str:
    """The interpreter, the processor and how busy it is."""
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").split("\n")
        models = [line.partition(":")[2] for line in lines if "model name" in line]
        model = models[0].strip() if models else model
    load = os.getloadavg()[0]
    return (
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{os.cpu_count()} x {model}, load {load:.1f}"
    )


def report(cases: Sequence[Case], rounds: int, file: str | None) -> int:
    """Prints the table and, where asked for, writes JSON; 1 where a limit is passed."""
    print(f"{machine()}; medians of {rounds} rounds\n")
    print(table(cases))
    if file is not None:
        rows = [
            {
                "name": case.name,
                "milliseconds": round(case.milliseconds, 3),
                "ratio": None if case.ratio is None else round(case.ratio, 4),
                "limit": case.limit,
                "most": case.most,
                "passed": case.passed,
            }
            for case in cases
        ]
        found = {"machine": machine(), "rounds": rounds, "cases": rows}
        Path(file).write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0 if all(case.passed for case in cases) else 1


def benchmark(make: Callable[[], list[Case]], rounds: int) -> int:
    """A benchmark's command line: builds the cases, measures and reports them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument(
        environments.REGRESSIONS,
        dest="loose",
        action="store_true",
        help=f"a quarter of the rounds, without peers, {LOOSE} times the limits",
    )
    args = parser.parse_args()
    cases = make()
    if args.loose:
        args.rounds = max(FEWEST, args.rounds // 4)
        cases = [case for case in cases if _is_needed(case, _limited(cases))]
        for case in cases:
            case.looseness = LOOSE
    measure_to_limits(cases, args.rounds, environ(BENCH / "home"))
    return report(cases, args.rounds, args.json)


def _limited(cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases if case.limit or case.most]
