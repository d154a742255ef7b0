"""What a program pays for declaring itself, against bare Python and its peers.

`python benchmarks/startup.py [--rounds N] [--json FILE]`; exits 1 over a limit.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import environments
from measure import Case, bare, benchmark

RIGHT = ["--name", "x"]
WRONG = ["--nmae", "x"]
PEER_EVERY = 4
"""Peers have no limit, so a quarter of the rounds is enough for their figures."""


SPEC = environments.ROOT / "examples" / "greet" / "src" / "greet" / "runspec.toml"
NO_HISTORY = "[config]\nhistory = false\n\n"


def spec(name: str, text: str) -> dict[str, str]:
    """The environment of a program with this spec, written where it isn't yet."""
    path = environments.BENCH / "specs" / name / "runspec.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
    return {"RUNSPEC_CONFIG": str(path)}


def forget(name: str) -> Callable[[], None]:
    """Removes the compiled form of that spec."""
    folder = environments.BENCH / "specs" / name / "__pycache__"

    def remove() -> None:
        for path in folder.glob("runspec.toml.*"):
            path.unlink()

    return remove


def our_cases(environment: Path) -> list[Case]:
    base = bare(environment, "python -c pass")
    greet = str(environment / "bin" / "greet")
    quiet = spec("quiet", NO_HISTORY + SPEC.read_text("utf-8"))
    cold = spec("cold", NO_HISTORY + SPEC.read_text("utf-8"))
    right = Case("greet --name x", [greet, *RIGHT], base, 1.2, environ=quiet)
    recorded = spec("recorded", SPEC.read_text("utf-8"))
    return [
        base,
        right,
        *image_cases(environment, base),
        Case("greet --help", [greet, "--help"], base, 1.3, environ=quiet),
        Case("greet --nmae x", [greet, *WRONG], base, 1.8, status=2, environ=quiet),
        Case(
            "greet --name x, cold",
            [greet, *RIGHT],
            base,
            2.0,
            before=forget("cold"),
            environ=cold,
        ),
        Case("greet, with history", [greet, *RIGHT], right, 1.1, environ=recorded),
    ]


def image_cases(environment: Path, base: Case) -> list[Case]:
    """As in container images: no bytecode is written, or nothing at all."""
    greet = str(environment / "bin" / "greet")
    quiet = spec("no-bytecode", NO_HISTORY + SPEC.read_text("utf-8"))
    ahead = spec("ahead", NO_HISTORY + SPEC.read_text("utf-8"))
    path = ahead["RUNSPEC_CONFIG"]
    runspec = str(environment / "bin" / "runspec")
    subprocess.run([runspec, "compile", path], check=True, stdout=subprocess.DEVNULL)
    os.utime(path, (0, 0))  # as a layer of an image: another mtime, and another ctime
    Path(path).parent.chmod(0o555)
    quiet["PYTHONDONTWRITEBYTECODE"] = "1"
    nowhere = {**ahead, "HOME": "/nowhere", "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [greet, *RIGHT]
    return [
        Case("greet, no bytecode written", argv, base, 1.2, environ=quiet),
        Case("greet, compiled ahead, read-only", argv, base, 1.2, environ=nowhere),
    ]


def size_cases(environment: Path) -> list[Case]:
    """The same call with a spec of one runnable and with a spec of a thousand."""
    greet = str(environment / "bin" / "greet")
    text = NO_HISTORY + SPEC.read_text("utf-8")
    found = []
    for count in (1, 1000):
        others = "".join(
            "\n" + SPEC.read_text("utf-8").replace("[greet", f"[other-{n}")
            for n in range(count - 1)
        )
        environ = spec(str(count), text + others)
        name = f"greet, {count} in its file"
        found.append(Case(name, [greet, *RIGHT], environ=environ))
    one, thousand = found
    thousand.base = one
    thousand.limit = 1.05
    return found


def logging_cases(peers: Path) -> list[Case]:
    """A call whose spec has [config.logging], and the same set up by hand."""
    text = "[config]\nhistory = false\n\n[config.logging]\n\n" + SPEC.read_text("utf-8")
    environ = spec("logging", text)
    by_hand = Case("argparse and logging", [str(peers / "bin/greet-logging"), *RIGHT])
    greet = str(environments.ours() / "bin" / "greet")
    ours = Case("greet, with logging", [greet, *RIGHT], by_hand, 1.0, environ=environ)
    return [by_hand, ours]


def peer_cases() -> list[Case]:
    """The other libraries; without those that can't be installed here."""
    found: list[Case] = []
    try:
        environment = environments.peers()
        names = ("argparse", "click", "typer", "cyclopts")
        base = bare(environment, "python -c pass, peers")
        found += logging_cases(environment)
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
