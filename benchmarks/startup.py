"""What a program pays for declaring itself, against bare Python and its peers.

`python benchmarks/startup.py [--rounds N] [--json FILE]`; exits 1 over a limit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import environments
from measure import Case, bare, benchmark

RIGHT = ["--name", "x"]
WRONG = ["--nmae", "x"]
PEER_EVERY = 4
"""Peers have no limit, so a quarter of the rounds is enough for their figures."""


def forget(environment: Path) -> Callable[[], None]:
    """Removes every compiled spec of the environment; its bytecode stays."""
    compiled = "lib/python*/site-packages/greet/__pycache__/runspec.toml.*"

    def remove() -> None:
        for path in environment.glob(compiled):
            path.unlink()

    return remove


def our_cases(environment: Path) -> list[Case]:
    base = bare(environment, "python -c pass")
    greet = str(environment / "bin" / "greet")
    cold = forget(environment)
    return [
        base,
        Case("greet --name x", [greet, *RIGHT], base, 1.15),
        Case("greet --help", [greet, "--help"], base, 1.3),
        Case("greet --nmae x", [greet, *WRONG], base, 1.8, status=2),
        Case("greet --name x, cold", [greet, *RIGHT], base, 2.0, before=cold),
    ]


def size_cases(environment: Path) -> list[Case]:
    """The same call with a spec of one runnable and with a spec of a thousand."""
    greet = str(environment / "bin" / "greet")
    spec = environments.ROOT / "examples/greet/src/greet/runspec.toml"
    text = spec.read_text("utf-8")
    found = []
    for count in (1, 1000):
        path = environments.BENCH / f"specs/{count}/runspec.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        others = "".join(
            "\n" + text.replace("[greet", f"[other-{n}") for n in range(count - 1)
        )
        if not path.exists() or path.read_text("utf-8") != text + others:
            path.write_text(text + others, "utf-8")
        found.append(
            Case(
                f"greet, {count} in its file",
                [greet, *RIGHT],
                environ={"RUNSPEC_CONFIG": str(path)},
            )
        )
    one, thousand = found
    thousand.base = one
    thousand.limit = 1.05
    return found


def peer_cases() -> list[Case]:
    """The other libraries; without those that can't be installed here."""
    found: list[Case] = []
    try:
        environment = environments.peers()
        names = ("argparse", "click", "typer", "cyclopts")
        base = bare(environment, "python -c pass, peers")
        found += [base, *(c for n in names for c in _peer(environment, n, base))]
        environment = environments.public()
        base = bare(environment, "python -c pass, public")
        found += [base, *_peer(environment, "", base)]
    except environments.UnavailableError as error:
        print(f"without the peers that can't be installed: {error}", file=sys.stderr)
    return found


def _peer(environment: Path, library: str, base: Case) -> list[Case]:
    program = str(environment / "bin" / (f"greet-{library}" if library else "greet"))
    name = library or environments.PUBLIC
    wrong = 2 if library else 1
    calls = (
        ("--name x", RIGHT, 0),
        ("--help", ["--help"], 0),
        ("--nmae x", WRONG, wrong),
    )
    return [
        Case(f"{name} {label}", [program, *argv], base, every=PEER_EVERY, status=status)
        for label, argv, status in calls
    ]


def cases() -> list[Case]:
    ours = environments.ours()
    return [*our_cases(ours), *size_cases(ours), *peer_cases()]


if __name__ == "__main__":
    sys.exit(benchmark(cases, 40))
