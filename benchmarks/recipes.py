"""What reading recipes costs, against reading files and TOML with the standard library,
and what launching one does before its script's first line, against bare Python.

`python benchmarks/recipes.py [--rounds N] [--json FILE]`; exits 1 over the limit.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns

import environments
from measure import Case, bare, benchmark
from runspec.recipe import parse

COUNT = 1_000
LIMIT = 1.3
LAUNCH_LIMIT = 5.0
"""Starts of bare Python that a launch may take before its script starts."""
DOCS = "https://raw.githubusercontent.com/NVIDIA-NeMo/Nemotron/main/docs/runspec/v1/spec.md"
LAUNCHERS = ("torchrun", "ray", "direct", "python")
CODE = '''
"""Train, evaluate or prepare."""

import argparse


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    print(parser.parse_args())


if __name__ == "__main__":
    main()
'''


class Pass(Case):
    """One pass over all recipes, in this process."""

    def __init__(
        self,
        name: str,
        run: Callable[[], None],
        base: Case | None = None,
        limit: float | None = None,
    ) -> None:
        super().__init__(name, (), base, limit)
        self._run = run

    def once(self, _environ: Mapping[str, str]) -> float:
        start = perf_counter_ns()
        self._run()
        return (perf_counter_ns() - start) / 1e6


def block(number: int) -> str:
    """One recipe, as they are published: 15 to 26 lines of TOML."""
    launch = LAUNCHERS[number % len(LAUNCHERS)]
    lines = [
        "[tool.runspec]",
        'schema = "1"',
        f'docs = "{DOCS}"',
        f'name = "model{number // 10}/stage{number % 10}/train"',
        'image = "nvcr.io/nvidia/nemo:25.11.nemotron_3_nano"',
        'setup = "NeMo and all training dependencies are pre-installed in the image."',
        "",
        "[tool.runspec.run]",
        f'launch = "{launch}"',
    ]
    if number % 3 == 0:
        lines += ['cmd = "uv run --extra vllm python {script} --config {config}"']
    if number % 5 == 0:
        lines += ['workdir = "/opt/nemo-rl"']
    lines += ["", "[tool.runspec.config]", 'dir = "./config"', 'default = "default"']
    lines += [f'format = "{"yaml" if number % 7 == 0 else "omegaconf"}"', ""]
    lines += ["[tool.runspec.resources]", f"nodes = {1 + number % 16}"]
    lines += [f"gpus_per_node = {8 if number % 4 else chr(34) + 'gpu' + chr(34)}"]
    if number % 4 == 1:
        lines += ["", "[tool.runspec.env]", 'NCCL_NVLS_ENABLE = "0"']
    if number % 6 == 2:
        lines[:0] = ['requires-python = ">=3.11"', "dependencies = ["]
        lines[2:2] = ['  "torch>=2.6",', '  "datasets",', "]", ""]
    return "\n".join(lines) + "\n"


def cases() -> list[Case]:
    folder = environments.BENCH / "recipes"
    folder.mkdir(parents=True, exist_ok=True)
    blocks = [block(number) for number in range(COUNT)]
    paths = [_script(folder / f"train_{n}.py", text) for n, text in enumerate(blocks)]

    def standard() -> None:
        for path, text in zip(paths, blocks, strict=True):
            with open(path, encoding="utf-8") as file:
                file.read()
            tomllib.loads(text)

    def ours() -> None:
        for path in paths:
            parse(path)

    base = Pass(f"open().read() and tomllib, {COUNT} blocks", standard)
    read = Pass(f"recipe.parse, {COUNT} scripts", ours, base, LIMIT)
    return [base, read, *launches()]


class FirstLine(Case):
    """Milliseconds until a script's first line; above those of `than`, if there is one.

    The script writes the clock that this process has, too.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        folder: Path,
        *,
        than: FirstLine | None = None,
        base: Case | None = None,
        limit: float | None = None,
    ) -> None:
        super().__init__(name, argv, base, limit)
        self.folder = folder
        self._than = than
        self.latest = 0.0

    def once(self, environ: Mapping[str, str]) -> float:
        runs = {"RUNSPEC_RUNS_DIR": str(self.folder.parent / "runs")}
        start = perf_counter_ns()
        done = subprocess.run(
            self.argv, cwd=self.folder, env={**environ, **runs}, stdout=subprocess.PIPE
        )
        self.latest = (int(done.stdout) - start) / 1e6
        shutil.rmtree(runs["RUNSPEC_RUNS_DIR"], ignore_errors=True)
        return self.latest - (self._than.latest if self._than else 0.0)


def launches() -> list[Case]:
    """A recipe without a configuration, and one with JSON, in a git repository."""
    environment = environments.ours()
    folder = environments.BENCH / "launch" / "work"
    (folder / "config").mkdir(parents=True, exist_ok=True)
    (folder / "config" / "default.json").write_text('{"lr": 0.1}\n', "utf-8")
    for name, table in (("plain", ""), ("json", "[config]\nformat = 'json'\n")):
        (folder / f"{name}.py").write_text(_launched(table), "utf-8")
    for words in (("init", "--quiet"), ("add", ".")):
        subprocess.run(("git", "-C", str(folder), *words), check=True)
    python, runspec = (str(environment / "bin" / n) for n in ("python", "runspec"))
    base = bare(environment, "python -c pass")
    alone = FirstLine(
        "python plain.py, to its first line", [python, "plain.py"], folder
    )
    found: list[Case] = [base, alone]
    for name in ("plain", "json"):
        argv = [runspec, "launch", f"{name}.py"]
        said = f"runspec launch {name}.py, above that"
        case = FirstLine(said, argv, folder, than=alone, base=base, limit=LAUNCH_LIMIT)
        found.append(case)
    return found


def _launched(table: str) -> str:
    text = f"[run]\nlaunch = 'direct'\n{table}".replace("[", "[tool.runspec.")
    lines = [f"# {line}" for line in ("[tool.runspec]", *text.splitlines())]
    block = "\n".join(("# /// script", *lines, "# ///"))
    return f"{block}\nimport time\nprint(time.perf_counter_ns())\n"


def _script(path: Path, text: str) -> str:
    lines = [f"# {line}".rstrip() for line in text.splitlines()]
    block = "\n".join(["# /// script", *lines, "# ///"])
    content = f"#!/usr/bin/env python3\n{block}\n{CODE}"
    if not path.exists() or path.read_text("utf-8") != content:
        path.write_text(content, "utf-8")
    return str(path)


if __name__ == "__main__":
    sys.exit(benchmark(cases, 15))
