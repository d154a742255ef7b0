"""`runspec jobs prune`: what is over can be removed, and nothing else (LCH-14)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import time

import pytest

from environments import Environment
from launching import Bench, number_in, recipe, until

WAITS = """\
import os, time
open("pid", "w").write(f"{os.getpid()}\\n")
while not os.path.exists("go"):
    time.sleep(0.01)
"""
PIPELINE = """\
[stages.one]
recipe = "one.py"
[stages.two]
recipe = "one.py"
after = ["one"]
"""
IDS = ("0123456789ab000000000001", "0123456789ab000000000002")


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    return Bench(bare, tmp_path)


def pruned(bench: Bench, *argv: str) -> tuple[int, int]:
    done = bench.runspec("jobs", "prune", *argv, "--format", "json")
    assert done.returncode == 0, done
    counts = json.loads(done.stdout)
    return counts["removed"], counts["left"]


def test_what_is_over_is_removed_and_what_runs_stays(bench: Bench) -> None:
    bench.write(one_py=recipe("print(1)"), waits_py=recipe(WAITS))
    for _ in range(2):
        assert bench.launch("one.py").returncode == 0
    job = bench.detached("waits.py")
    number_in(bench.work / "pid")
    assert pruned(bench, "--keep-days", "1") == (0, 3)
    assert pruned(bench, "--max", "0") == (2, 1)
    assert [path.name for path in bench.runs.iterdir()] == [f"waits-{job}"]
    (bench.work / "go").touch()
    assert bench.runspec("jobs", "status", job, "--wait").returncode == 0
    assert pruned(bench, "--keep-days", "0") == (1, 0)
    until(lambda: not [*bench.runs.iterdir()])


def test_a_pipeline_goes_with_its_stages(bench: Bench) -> None:
    bench.write(one_py=recipe("print(1)"), p_toml=PIPELINE)
    assert bench.launch("--pipeline", "p.toml").returncode == 0
    assert bench.launch("one.py").returncode == 0
    assert len([*bench.runs.iterdir()]) == 4
    assert pruned(bench, "--max", "1") == (1, 1)
    (left,) = bench.runs.iterdir()
    assert left.name.startswith("one-")


def on_slurm(bench: Bench, base: Path, id: str, code: str) -> None:
    """A job that ended on a cluster whose programs are on this machine."""
    folder = base / "jobs" / id
    folder.mkdir(parents=True)
    (folder / "job.sbatch").write_text(f"cd {base}/code/{code}\n")
    handle = {"job": "1", "cluster": "", "folder": str(folder), "array": ""}
    kept = {"id": id, "name": "a", "executor": "slurm", "phase": "ended", "status": 0}
    kept |= {"detail": "", "attached": False, "began": int(id[-1]), "ended": 9}
    kept |= {"folder": "", "handle": handle | {"tunnel": "local"}}
    run = bench.runs / f"a-{id}"
    run.mkdir(mode=0o700, parents=True)
    path = run / "job.json"
    path.write_text(json.dumps(kept | {"about": [], "ticket": {}}))
    path.chmod(0o600)


def test_code_on_a_cluster_here_goes_when_no_job_has_it(
    bench: Bench, tmp_path: Path
) -> None:
    base = tmp_path / "lab"
    for digest in ("aa", "bb", "cc"):
        (base / "code" / digest).mkdir(parents=True)
        (base / "code" / digest / "train.py").touch()
    long_ago = time() - 7 * 86_400
    for digest in ("aa", "bb"):
        os.utime(base / "code" / digest, (long_ago, long_ago))
    on_slurm(bench, base, IDS[0], "aa")
    on_slurm(bench, base, IDS[1], "bb")
    assert pruned(bench, "--max", "1") == (1, 1)
    assert [path.name for path in (base / "jobs").iterdir()] == [IDS[1]]
    left = sorted(path.name for path in (base / "code").iterdir())
    assert left == ["bb", "cc"], "used by a job, and used today"


def test_nothing_is_removed_where_nothing_says_what(bench: Bench) -> None:
    bench.write(one_py=recipe("print(1)"))
    assert bench.launch("one.py").returncode == 0
    assert bench.runspec("jobs", "prune").returncode == 2
    assert len([*bench.runs.iterdir()]) == 1
