"""What each place and each emitted form does with each promise of a launch.

The table in docs/reference/places.md is what this test finds; `make examples` doesn't
change it, `RUNSPEC_WRITE_TABLE=1` does.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache

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
    "retries with torchrun": "max_retries = 2",
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

"""
MIDDLE = """
## What has tried it

Each **yes** was tried: by this test of the project, on the real component or, of
Kubernetes and SkyPilot, on a server that runs what a cluster would run; or why not.

"""
ALWAYS = ("exit status", "logs", "cancel")
"""Promises that no setting asks for."""
PROBE, EMIT = "test_probe.py", "test_emit.py"
BY_PLACE = {
    "local": f"{PROBE}::test_this_machine_keeps_what_a_script_says",
    "slurm": f"{PROBE}::test_slurm_keeps_what_a_script_says",
    "ray": f"{PROBE}::test_ray_keeps_what_a_script_says",
    "kubernetes": f"{PROBE}::"
    "test_pods_keep_what_a_script_says_but_what_their_image_has",
    "skypilot": f"{PROBE}::test_skypilot_keeps_what_a_script_says",
    "--emit bash": f"{PROBE}::test_a_file_of_bash_keeps_what_a_script_says",
    "--emit slurm": f"{PROBE}::test_a_file_for_slurm_keeps_what_a_script_says",
    "--emit kubernetes": f"{PROBE}::"
    "test_manifests_keep_what_a_script_says_but_what_their_image_has",
    "--emit skypilot": f"{PROBE}::test_a_task_of_skypilot_keeps_what_a_script_says",
    "--emit nemo-run": f"{PROBE}::test_a_program_of_nemo_run_keeps_what_a_script_says",
}
"""One script that tells what it has; it shows what isn't in TRIED."""
BY_SIGNAL = (
    f"{PROBE}::test_a_job_of_slurm_saves_before_its_limit_which_ends_it_with_124"
)
VALID = "test_kubernetes.py::test_every_manifest_is_valid"
READ = "test_skypilot.py::test_skypilot_reads_every_task"
BY_NEMO = f"{EMIT}::test_nemo_run_asks_slurm_for_the_same"
OWN = "the file is its place's: its own tools do that"
SAME = "the same job as without --emit: "
TRIED = {
    ("cancel", "local"): "test_launch_jobs.py::test_cancelling_ends_the_whole_tree",
    ("timeout", "local"): f"{PROBE}::test_a_limit_of_time_ends_a_script_here_with_124",
    ("signal before the limit", "local"): f"{PROBE}::"
    "test_a_script_here_saves_before_its_limit",
    ("retries with torchrun", "local"): f"{PROBE}::"
    "test_torchrun_begins_again_as_often_as_a_profile_says",
    ("two nodes", "slurm"): "test_slurm.py::test_torchrun_reduces_over_two_nodes",
    ("image", "slurm"): "test_slurm_script.py::"
    "test_a_container_in_the_task_gets_the_words",
    ("timeout", "slurm"): BY_SIGNAL,
    ("signal before the limit", "slurm"): BY_SIGNAL,
    ("retries", "slurm"): "test_slurm_again.py::"
    "test_a_job_that_fails_is_tried_again_as_often_as_its_profile_says",
    ("retries with torchrun", "slurm"): "as without torchrun: the job is put back",
    ("array", "slurm"): "test_slurm.py::test_an_array_fails_as_its_first_failing_task",
    ("cancel", "slurm"): "test_slurm.py::test_interrupting_the_client_cancels_the_job",
    ("cancel", "ray"): "test_ray.py::test_an_interrupt_stops_the_job",
    ("retries with torchrun", "ray"): "torchrun's own, as here",
    ("two nodes", "kubernetes"): "test_kubernetes.py::"
    "test_each_kind_runs_on_two_nodes_and_passes_the_exit_status_on",
    ("image", "kubernetes"): VALID,
    ("timeout", "kubernetes"): VALID,
    ("retries", "kubernetes"): "its controller does it, which can't be had here",
    ("retries with torchrun", "kubernetes"): "its controller does it, too",
    ("cancel", "kubernetes"): "test_kubernetes.py::"
    "test_an_interrupt_removes_the_job_and_all_it_owns",
    ("two nodes", "skypilot"): "test_skypilot.py::"
    "test_nodes_of_a_named_cluster_meet_at_the_first_and_it_stays",
    ("image", "skypilot"): "a cloud runs it; its reader of tasks takes it",
    ("retries with torchrun", "skypilot"): "torchrun's own, as here",
    ("cancel", "skypilot"): "test_skypilot.py::"
    "test_an_interrupt_cancels_the_job_and_takes_its_cluster_down",
    ("two nodes", "--emit bash"): f"{EMIT}::"
    "test_bash_on_several_nodes_asks_which_one_it_is",
    ("retries with torchrun", "--emit bash"): f"{PROBE}::"
    "test_torchrun_begins_again_as_often_as_a_profile_says",
    ("cancel", "--emit bash"): "it is a program of your shell",
    ("two nodes", "--emit slurm"): SAME + "see slurm",
    ("image", "--emit slurm"): SAME + "see slurm",
    ("timeout", "--emit slurm"): SAME + "see slurm",
    ("retries", "--emit slurm"): SAME + "see slurm",
    ("retries with torchrun", "--emit slurm"): SAME + "see slurm",
    ("signal before the limit", "--emit slurm"): SAME + "see slurm",
    ("array", "--emit slurm"): SAME + "see slurm",
    ("cancel", "--emit slurm"): OWN,
    ("two nodes", "--emit kubernetes"): VALID,
    ("image", "--emit kubernetes"): VALID,
    ("timeout", "--emit kubernetes"): VALID,
    ("retries", "--emit kubernetes"): SAME + "see kubernetes",
    ("retries with torchrun", "--emit kubernetes"): SAME + "see kubernetes",
    ("cancel", "--emit kubernetes"): OWN,
    ("two nodes", "--emit skypilot"): READ,
    ("image", "--emit skypilot"): SAME + "see skypilot",
    ("retries with torchrun", "--emit skypilot"): "torchrun's own, as here",
    ("cancel", "--emit skypilot"): OWN,
    ("two nodes", "--emit nemo-run"): BY_NEMO,
    ("image", "--emit nemo-run"): BY_NEMO,
    ("timeout", "--emit nemo-run"): BY_NEMO,
    ("retries with torchrun", "--emit nemo-run"): "torchrun's own, as here",
    ("cancel", "--emit nemo-run"): OWN,
    ("exit status", "--emit skypilot"): "sky's own: 100 for a job that failed",
    ("exit status", "--emit nemo-run"): "1, as NeMo-Run tells only that it failed",
}
"""What shows a cell that BY_PLACE doesn't, or why nothing does."""


@pytest.fixture(scope="module")
def bench(bare: Environment, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(bare, tmp_path_factory.mktemp("promises"))


def verdict(bench: Bench, place: str, promise: str, form: str = "") -> str:
    """`yes`, or the codes of what is warned of or refused."""
    settings = PROMISES[promise]
    base = PLACES[place]
    if "container_image" in settings:
        base = base.replace('container_image = "i"\n', "")
    several = promise == "two nodes" and place != "ray"
    launch = "torchrun" if several or "torchrun" in promise else "direct"
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


def test_the_table_of_places_says_what_each_does_and_what_has_tried_it(
    bench: Bench,
) -> None:
    columns = [*((p, "") for p in PLACES), *((p, form) for form, p in FORMS.items())]
    heads = [f"--emit {form}" if form else place for place, form in columns]
    cells: dict[tuple[str, str], str] = {}
    for promise in PROMISES:
        for head, (place, form) in zip(heads, columns, strict=True):
            cells[promise, head] = verdict(bench, place, promise, form)
    asked = as_table("Promise", heads, PROMISES, lambda *cell: cells[cell])
    tried = as_table("By", [*PROMISES, *ALWAYS], heads, lambda h, p: shown(cells, p, h))
    text = HEAD + asked + MIDDLE + tried
    if os.environ.get("RUNSPEC_WRITE_TABLE") == "1":
        TABLE.write_text(text, "utf-8")
    assert TABLE.read_text("utf-8") == text


def as_table(
    corner: str,
    heads: Iterable[str],
    rows: Iterable[str],
    cell: Callable[[str, str], str],
) -> str:
    heads = tuple(heads)
    lines = [f"| {corner} | {' | '.join(heads)} |", f"|---{'|---' * len(heads)}|"]
    for row in rows:
        texts = (cell(row, head) for head in heads)
        lines.append(f"| {row} | {' | '.join(texts)} |")
    return "\n".join(lines) + "\n"


def shown(cells: Mapping[tuple[str, str], str], promise: str, head: str) -> str:
    """What has tried a promise, where it is one."""
    if cells.get((promise, head), "yes") != "yes":
        assert (promise, head) not in TRIED, (promise, head)
        return "—"
    found = TRIED.get((promise, head), BY_PLACE[head])
    file, _, name = found.partition("::")
    if name:
        assert name in names_of(file), found
        return f"`{name}`"
    return found


@cache
def names_of(file: str) -> frozenset[str]:
    """The tests of a file."""
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    return frozenset(n.name for n in tree.body if isinstance(n, ast.FunctionDef))
