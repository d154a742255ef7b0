"""What finding every runnable of a large environment costs, against bare Python.

500 distributions, 50 of them with a spec. `python benchmarks/discovery.py
[--rounds N] [--json FILE]`; exits 1 over a limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import environments
from measure import Case, bare, benchmark

DISTRIBUTIONS = 500
WITH_SPEC = 50
SPEC = """\
[tool-{n}]
description = "Tool number {n}"
autonomy = "confirm"

[tool-{n}.args]
name = {{ type = "str", description = "A name" }}
times = {{ default = 1, range = [1, 10], description = "How often" }}
shout = {{ default = false, description = "In capital letters" }}
"""
SCRIPT = """\
#!/bin/sh
exec python -c 'import {name}; {name}.main()' "$@"
"""


def populate(environment: Path) -> None:
    """Writes the distributions as wheels would leave them, then counts the tools."""
    site = next((environment / "lib").glob("python*")) / "site-packages"
    for number in range(DISTRIBUTIONS):
        _install(site, site / f"sample_{number}-1.0.dist-info", number)
    shown = subprocess.run(local(environment), stdout=subprocess.PIPE, check=True)
    found = len(json.loads(shown.stdout)["tools"])
    if found != WITH_SPEC:
        raise RuntimeError(f"{found} tools were found, {WITH_SPEC} are there")


def _install(site: Path, info: Path, number: int) -> None:
    name = f"sample_{number}"
    files = {f"{name}/__init__.py": "def main():\n    pass\n"}
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    if number < WITH_SPEC:
        files[f"{name}/runspec.toml"] = SPEC.format(n=number)
        files[f"../../../bin/tool-{number}"] = SCRIPT.format(name=name)
        metadata += "Requires-Dist: runspec\n"
    files |= {
        f"{info.name}/METADATA": metadata,
        f"{info.name}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
        f"{info.name}/entry_points.txt": (
            f"[console_scripts]\ntool-{number} = {name}:main\n"
        ),
    }
    record = f"{info.name}/RECORD"
    files[record] = "".join(f"{path},,\n" for path in [*files, record])
    for path, text in files.items():
        target = site / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, "utf-8")
        if "/bin/" in path:
            target.chmod(0o755)


def cases() -> list[Case]:
    environment = environments.large()
    populate(environment)
    base = bare(environment, "python -c pass")
    found = [base, Case("runspec local --format mcp", local(environment), base, 3.0)]
    try:
        public = environments.large_public()
    except environments.UnavailableError as error:
        print(f"without the public package: {error}", file=sys.stderr)
        return found
    populate(public)
    base = bare(public, "python -c pass, public")
    name = f"{environments.PUBLIC} local --format mcp"
    return [*found, base, Case(name, local(public), base, every=4)]


def local(environment: Path) -> list[str]:
    return [str(environment / "bin" / "runspec"), "local", "--format", "mcp"]


if __name__ == "__main__":
    sys.exit(benchmark(cases, 20))
