"""torchrun, uv and environments of a script's own (LCH-08, LCH-10)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from environments import Environment, wheel
from launching import Bench, recipe
from rigs.setup import rig
from rigs.torch import torch
from rigs.uv import uv

ALL_REDUCE = """\
import os, sys
import torch, torch.distributed as dist
dist.init_process_group("gloo")
rank = torch.tensor([float(dist.get_rank() + 1)])
dist.all_reduce(rank)
with open(f"rank-{dist.get_rank()}", "w") as file:
    file.write(f"{rank.item():.0f} of {dist.get_world_size()} {sys.argv[1:]}")
dist.destroy_process_group()
sys.exit(9 if "--fail" in sys.argv else 0)
"""
TORCHRUN = "[tool.runspec.run]\nlaunch = 'torchrun'\n"
SHOW = "import json, sys, thing; print(json.dumps([thing.__name__, sys.executable]))"


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    return Bench(bare, tmp_path)


@pytest.fixture
def thing(tmp_path: Path) -> str:
    """A line of the block that depends on a package, from a file."""
    path = wheel(tmp_path, "thing", {"thing.py": ""})
    return f"dependencies = ['thing @ file://{path}']\n"


@pytest.mark.slow
def test_torchrun_starts_as_many_processes_as_the_profile_says(bench: Bench) -> None:
    site = next((rig(torch) / "lib").glob("python*")) / "site-packages"
    profile = f"[two]\nnproc_per_node = 2\nenv_vars = {{ PYTHONPATH = '{site}' }}\n"
    bench.write(train_py=recipe(ALL_REDUCE, TORCHRUN), env_toml=profile)
    done = bench.launch("train.py", "--on", "two", "--", "--steps", "1")
    assert done.returncode == 0, done
    for rank in (0, 1):
        said = (bench.work / f"rank-{rank}").read_text()
        assert said == "3 of 2 ['--steps', '1']"


def test_torchrun_counts_the_gpus_that_are_there_else_one_process(bench: Bench) -> None:
    bench.write(train_py=recipe("", TORCHRUN))
    call = ("train.py", "--dry-run")
    none = bench.launch(*call, CUDA_VISIBLE_DEVICES="")
    assert "--standalone --nnodes=1 --nproc-per-node 1 " in none.stdout
    assert "0 of 8" in none.stderr
    two = bench.launch(*call, CUDA_VISIBLE_DEVICES="0,1")
    assert "--nproc-per-node 2 " in two.stdout
    one = bench.launch(*call, "--gpus", "1", CUDA_VISIBLE_DEVICES="0,1")
    assert "--nproc-per-node 1 " in one.stdout
    assert one.stderr == ""


@pytest.mark.parametrize(
    ("cmd", "end"),
    [
        ("python {script}", "--nproc-per-node 1 {script}"),
        ("python -m pkg.train", "--nproc-per-node 1 -m pkg.train"),
        ("python -u {script}", "--nproc-per-node 1 --no-python {python} -u {script}"),
        ("tool {script}", "--nproc-per-node 1 --no-python tool {script}"),
        ("torchrun --nnodes 1 {script}", "torchrun --nnodes 1 {script}"),
    ],
)
def test_torchrun_takes_the_place_of_python(bench: Bench, cmd: str, end: str) -> None:
    bench.write(train_py=recipe("", f"{TORCHRUN}cmd = '{cmd}'\n"))
    done = bench.launch("train.py", "--dry-run", CUDA_VISIBLE_DEVICES="0", CODE="1")
    python = bench.environment.bin / "python"
    wanted = end.format(script=bench.work / "train.py", python=python)
    assert done.stdout.splitlines()[-1].endswith(wanted)


def test_uv_runs_a_script_with_dependencies(bench: Bench, thing: str) -> None:
    program = rig(uv)
    bench.write(train_py=recipe(SHOW, above=thing))
    path = f"{program}{os.pathsep}{os.environ['PATH']}"
    done = bench.launch("train.py", "--", "1", PATH=path, UV_OFFLINE="1")
    assert done.returncode == 0, done
    name, python = json.loads(done.stdout)
    assert name == "thing"
    assert Path(python).parent != bench.environment.bin


@pytest.mark.slow
def test_without_uv_an_environment_is_built_once(bench: Bench, thing: str) -> None:
    bench.write(train_py=recipe(SHOW, above=thing))
    path = "/usr/bin:/bin"
    first, second = (bench.launch("train.py", PATH=path) for _ in range(2))
    assert "building the script's environment" in first.stderr
    assert (second.returncode, second.stderr) == (0, "")
    assert first.stdout == second.stdout
    python = Path(json.loads(second.stdout)[1])
    assert (python.parent.parent / "whole").exists()


@pytest.mark.slow
def test_an_environment_that_cant_be_built_isnt_kept(bench: Bench) -> None:
    block = "dependencies = ['nothing-like-this @ file:///nowhere.whl']\n"
    bench.write(train_py=recipe("open('ran', 'w')", above=block))
    done = bench.launch("train.py", PATH="/usr/bin:/bin")
    assert done.returncode == 125
    assert "environment-not-built" in done.stderr
    assert not (bench.work / "ran").exists()
    scripts = bench.environment.cache / "scripts"
    kept = {each.parent for each in scripts.glob("*/pyvenv.cfg")}
    assert kept == {each.parent for each in scripts.glob("*/whole")}
    assert bench.run_folders == []


@pytest.mark.parametrize("wanted", [">=4", "<3", "==3.1.*", "~=2.7", "!=3.*", "what"])
def test_a_python_that_doesnt_fit_stops_the_launch(bench: Bench, wanted: str) -> None:
    bench.write(train_py=recipe("", above=f"requires-python = '{wanted}'\n"))
    assert bench.codes("train.py") == ["python-unfit"]


@pytest.mark.parametrize("wanted", [">=3.11", ">3,<4", "==3.*", "~=3.0", "!=3.1.*"])
def test_a_python_that_fits_runs_it(bench: Bench, wanted: str) -> None:
    bench.write(train_py=recipe("", above=f"requires-python = '{wanted}'\n"))
    assert bench.launch("train.py").returncode == 0


@pytest.fixture
def other_python(tmp_path: Path, thing: str) -> Path:
    """A project's environment that has a package which runspec's own hasn't."""
    place = tmp_path / "project"
    venv = (sys.executable, "-m", "venv", "--without-pip", str(place))
    subprocess.run(venv, check=True)
    (site,) = (place / "lib").glob("python*/site-packages")
    (site / "thing.py").write_text("")
    return place


def test_a_script_runs_on_the_activated_environment(
    bench: Bench, other_python: Path
) -> None:
    bench.write(train_py=recipe(SHOW))
    done = bench.launch("train.py", VIRTUAL_ENV=str(other_python))
    assert done.returncode == 0, done
    assert json.loads(done.stdout) == ["thing", str(other_python / "bin" / "python")]
    path = f"{other_python / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = bench.runspec("run", "./train.py", PATH=path)
    assert done.returncode == 0, done
    shown = bench.launch("train.py", "--explain", VIRTUAL_ENV=str(other_python)).stdout
    assert f"VIRTUAL_ENV is {other_python}" in shown


def test_the_python_of_a_profile_wins(bench: Bench, other_python: Path) -> None:
    profile = f"[own]\npython = '{other_python}/bin/python'\n"
    bench.write(train_py=recipe(SHOW), env_toml=profile)
    done = bench.launch("train.py", "--on", "own")
    assert (done.returncode, json.loads(done.stdout)[0]) == (0, "thing"), done
