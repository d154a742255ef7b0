"""The recipes of examples/recipes, launched as they are in every way there is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from corpus_session import Session
from environments import Environment
from rigs.ray import Ray
from rigs.ray import running as ray_running
from rigs.recipes import CACHE, EXAMPLE
from rigs.setup import rig, running
from rigs.slurm import Slurm
from rigs.tools import ray_tools

pytestmark = pytest.mark.slow
LIMIT = 1_200
"""Seconds that only a hang reaches: on a cluster each stage installs torch anew."""


class Copy:
    """A copy of the example, and a user who launches from it."""

    def __init__(self, environment: Environment, python: Path, place: Path) -> None:
        self.environment = environment
        self.place = place / "recipes"
        self.output = place / "output"
        self.state = place / "state"
        shutil.copytree(EXAMPLE, self.place)
        self.before: tuple[str, ...] = ()
        self.variables = {
            "PATH": os.pathsep.join((str(python.parent), os.environ["PATH"])),
            "VIRTUAL_ENV": str(environment.place),  # whose Python CACHE is built with
            "XDG_CACHE_HOME": str(CACHE),
            "XDG_STATE_HOME": str(self.state),
        }

    def run(self, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        self.variables.update(more)
        return subprocess.run(
            [*self.before, str(self.environment.bin / "runspec"), *argv],
            cwd=self.place,
            env=self.environment.environ(**self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )

    def configure(self, recipe: str, name: str, value: Path) -> None:
        """Change a value of its default configuration."""
        path = self.place / "config" / f"{recipe}.yaml"
        lines = path.read_text("utf-8").splitlines()
        rest = [line for line in lines if not line.startswith(f"{name}:")]
        path.write_text("\n".join((*rest, f"{name}: {value}", "")), "utf-8")

    def called(self, tool: str, **arguments: object) -> dict[str, Any]:
        """The result of a recipe that an agent calls."""
        process = subprocess.Popen(
            [str(self.environment.bin / "runspec"), "serve", "--path", "evaluate.py"],
            cwd=self.place,
            env=self.environment.environ(**self.variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        with process:
            try:
                session = Session(process, False)
                answer = session.call({"call": tool, "arguments": arguments})
            finally:
                process.kill()
        result: dict[str, Any] = answer["result"]
        return result

    def trained(self, *argv: str, **more: str) -> Mapping[str, Any]:
        """The metrics of a small training."""
        words = ("launch", "train.py", "-c", "tiny", f"output={self.output}")
        done = self.run(*words, *argv, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "epoch 3/3: loss" in done.stdout
        assert (self.output / "checkpoint.pt").stat().st_size > 1000
        metrics: Mapping[str, Any] = json.loads(
            (self.output / "metrics.json").read_text("utf-8")
        )
        first, *_, last = metrics["losses"]
        assert last < first
        return metrics


@pytest.fixture
def copy(with_omegaconf: Environment, recipe_python: Path, tmp_path: Path) -> Copy:
    return Copy(with_omegaconf, recipe_python, tmp_path)


def test_training_learns_the_same_by_itself_and_under_torchrun(copy: Copy) -> None:
    alone = copy.trained("--on", "local")
    two = copy.trained("--on", "torchrun2")
    assert (alone["processes"], two["processes"]) == (1, 2)
    assert two["losses"] == pytest.approx(alone["losses"], rel=1e-3)


@pytest.fixture
def ray(recipe_python: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ray]:
    """A cluster without a network, whose nodes have what the recipes import."""
    tools = rig(ray_tools)
    site = next(recipe_python.parent.parent.glob("lib/python*/site-packages"))
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with running(ray_running(tools)) as made:
        yield made


def test_training_runs_on_ray(copy: Copy, ray: Ray) -> None:
    copy.before = ray.before
    assert copy.trained("--on", "ray")["processes"] == 1


def test_the_pipeline_prepares_trains_and_evaluates_also_for_an_agent(
    copy: Copy,
) -> None:
    done = copy.run("launch", "--pipeline", "pipeline.toml", "train.epochs=8")
    assert done.returncode == 0, done.stdout + done.stderr
    line = next(x for x in done.stdout.splitlines() if x.startswith("evaluate │"))
    report = json.loads(line.partition("│")[2])
    assert report["images"] == 360
    assert report["accuracy"] > 0.9
    again = copy.run("launch", "--pipeline", "pipeline.toml", "--resume")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("ok, kept") == 3
    for name, path in (("data", "digits.npz"), ("checkpoint", "checkpoint.pt")):
        copy.configure("evaluate", name, next(copy.state.rglob(path)))
    copy.configure("evaluate", "output", copy.output)
    result = copy.called("digits-evaluate", split="test", worst=0)
    (block,) = result["content"]
    assert json.loads(block["text"]) == {**report, "worst": {}}


def test_the_pipeline_runs_on_slurm_and_trains_on_two_nodes(
    copy: Copy, slurm_cluster: Slurm
) -> None:
    path = copy.place / "pipeline.toml"
    text = path.read_text("utf-8").replace(
        "[stages.train]", "[stages.train]\non = 'slurm2'"
    )
    path.write_text(f"on = 'slurm'\n{text}", "utf-8")
    words = ("launch", "--pipeline", "pipeline.toml", "train.epochs=3")
    done = copy.run(*words, **slurm_cluster.environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("  ok  ") == 3
    metrics = json.loads(next(copy.state.rglob("metrics.json")).read_text("utf-8"))
    assert metrics["processes"] == 2
    assert metrics["losses"][-1] < metrics["losses"][0]


def test_a_wrong_argument_of_a_recipe_is_refused_before_it_is_launched(
    copy: Copy,
) -> None:
    done = copy.run("launch", "evaluate.py", "--", "--split", "tset")
    assert done.returncode == 2
    assert 'did you mean "test"?' in done.stderr


def test_all_recipes_of_the_example_are_found_and_without_fault(copy: Copy) -> None:
    found = json.loads(copy.run("list", "--format", "json").stdout)
    assert copy.run("check", "--strict").returncode == 0, found
