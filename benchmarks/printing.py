"""What a program that prints a lot pays for having it recorded.

`python benchmarks/printing.py [--rounds N] [--json FILE]`; exits 1 over the limit.
"""

from __future__ import annotations

import sys

import environments
from measure import Case, benchmark

MEGABYTES = 200
LIMIT = 1.3
PROGRAM = f"""\
from runspec import parse

parse()
line = "x" * 99
for _ in range({MEGABYTES} * 10_000):
    print(line)
"""
RUNNABLE = """
[shout]
description = "Print a lot"
autonomy = "autonomous"
"""
SPECS = {
    "without": "[config]\nhistory = false\n",
    "with": "[config]\nhistory = false\n\n[config.logging]\n",
}


def cases() -> list[Case]:
    """The same program with and without `[config.logging]`, to /dev/null.

    Nothing takes what is printed faster, so nothing makes recording it cost more.
    """
    python = str(environments.ours() / "bin" / "python")
    found = []
    for name, config in SPECS.items():
        place = environments.BENCH / "printing" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "runspec.toml").write_text(config + RUNNABLE, "utf-8")
        script = place / "shout.py"
        script.write_text(PROGRAM, "utf-8")
        label = f"{MEGABYTES} MB through print, {name} logging"
        found.append(Case(label, [python, str(script)]))
    without, recorded = found
    recorded.base, recorded.limit = without, LIMIT
    return found


if __name__ == "__main__":
    sys.exit(benchmark(cases, 5))
