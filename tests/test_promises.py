"""What each place and each emitted form does with each promise of a launch.

The table in docs/reference/places.md is what this test finds; `make examples` doesn't
change it, `RUNSPEC_WRITE_TABLE=1` does.
"""

from __future__ import annotations

import json
import os

import pytest

from environments import ROOT, Environment
from launching import Bench, recipe

TABLE = ROOT / "docs" / "reference" / "places.md"
PLACES = {
    "local": "",
    "slurm": 'executor = "slurm"\n',
    "ray": 'executor = "ray"\naddress = "http://127.0.0.1:1"\n',
    "kubernetes": 'executor = "kubernetes"\ncontainer_image = "i"\n',
    "skypilot": 'executor = "skypilot"\n',
}
FORMS = {
    "bash": "local",
    "slurm": "slurm",
    "kubernetes": "kubernetes",
    "skypilot": "skypilot",
    "nemo-run": "slurm",
}
PROMISES = {
    "env": 'env_vars = { A = "1" }',
    "secrets": 'secrets = { T = "env:HOME" }',
    "workdir": 'workdir = "."',
    "two nodes": "nodes = 2",
    "image": 'container_image = "reg/i:1"',
    "dependencies": "",
    "requires-python": "",
    "timeout": 'time = "00:10:00"',
    "retries": "max_retries = 2",
    "signal before the limit": 'time = "00:10:00"\ncheckpoint_signal = "USR1@60"',
    "array": 'array = "0-3"',
}
BLOCK = "[tool.runspec.run]\nlaunch = '{launch}'\n"
BLOCK += "[tool.runspec.resources]\ngpus_per_node = 0\n"
ABOVE = {
    "dependencies": "dependencies = ['six']\n",
    "requires-python": "requires-python = '>=3.8'\n",
}
HEAD = """\
# What each place keeps

Each place, and each form of [`--emit`](../how-to/emit.md), was asked for each of these
with `--strict`: **yes** is a launch without a warning, anything else the code of the
warning or the error that it gives. Nothing is dropped without one.
Exit statuses, logs and cancelling are the same everywhere, and tried by the tests of
each place.

"""


@pytest.fixture(scope="module")
def bench(bare: Environment, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(bare, tmp_path_factory.mktemp("promises"))


def verdict(bench: Bench, place: str, promise: str, form: str = "") -> str:
    """`yes`, or the codes of what is warned of or refused."""
    settings = PROMISES[promise]
    base = PLACES[place]
    if "container_image" in settings:
        base = base.replace('container_image = "i"\n', "")
    launch = "torchrun" if promise == "two nodes" and place != "ray" else "direct"
    block = BLOCK.format(launch=launch)
    bench.write(
        train_py=recipe("", block, above=ABOVE.get(promise, "")),
        env_toml=f"[place]\n{base}{settings}\n",
    )
    words = ("--emit", form) if form else ("--dry-run",)
    call = ("train.py", "--on", "place", *words)
    done = bench.launch(*call, "--strict", RUNSPEC_AGENT="1")
    if done.returncode == 0:
        return "yes"
    assert done.returncode == 125, done
    problems = json.loads(done.stderr.splitlines()[-1])["error"]["problems"]
    relaxed = bench.launch(*call)
    kind = "warning" if relaxed.returncode == 0 else "error"
    return f"{kind} `{problems[0]['code']}`"


def test_the_table_of_places_says_what_each_does(bench: Bench) -> None:
    columns = [*((p, "") for p in PLACES), *((p, form) for form, p in FORMS.items())]
    heads = [f"--emit {form}" if form else place for place, form in columns]
    lines = [
        f"| Promise | {' | '.join(heads)} |",
        f"|---{'|---' * len(columns)}|",
    ]
    for promise in PROMISES:
        cells = [verdict(bench, place, promise, form) for place, form in columns]
        lines.append(f"| {promise} | {' | '.join(cells)} |")
    text = HEAD + "\n".join(lines) + "\n"
    if os.environ.get("RUNSPEC_WRITE_TABLE") == "1":
        TABLE.write_text(text, "utf-8")
    assert TABLE.read_text("utf-8") == text
