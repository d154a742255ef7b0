"""Environments of their own for what launches on other places is tested with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from rigs import debian
from rigs.kube import Kube
from rigs.kube import running as kube_running
from rigs.ray import Ray
from rigs.ray import running as ray_running
from rigs.setup import HERE, UnavailableError, kept, rig, running

MINUTES = 900.0


def environment(name: str) -> Path:
    """A virtual environment with what `requirements-NAME.txt` lists."""
    wanted = HERE / f"requirements-{name}.txt"
    return kept(name, [wanted], partial(_install, wanted))


def _install(wanted: Path, place: Path) -> None:
    run(sys.executable, "-m", "venv", str(place))
    pip = (str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "-r", str(wanted))


def run(*argv: str) -> None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=MINUTES)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(str(error)) from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["failed"]
        raise UnavailableError(f"{argv[0]}: {lines[-1]}")


def kube() -> Path:
    return environment("kube")


def ray_tools() -> Path:
    return environment("ray")


def sky() -> Path:
    return environment("sky")


def nemo() -> Path:
    return environment("nemo")


def bubblewrap() -> str:
    return debian.require("bwrap", "bubblewrap")


@pytest.fixture(scope="session")
def kube_tools() -> Path:
    """kubectl, kubernetes-validate and models of Kubeflow."""
    return rig(kube)


@pytest.fixture(scope="session")
def ray() -> Iterator[Ray]:
    """A Ray cluster that runs."""
    tools = rig(ray_tools)
    with running(ray_running(tools)) as made:
        yield made


@pytest.fixture(scope="session")
def sky_tools() -> Path:
    """SkyPilot."""
    return rig(sky)


@pytest.fixture(scope="session")
def nemo_tools() -> Path:
    """nemo_run."""
    return rig(nemo)


@pytest.fixture
def cluster(kube_tools: Path, tmp_path: Path) -> Iterator[Kube]:
    """An API server of Kubernetes with nothing in it yet."""
    rig(bubblewrap)
    place = tmp_path / "cluster"
    place.mkdir()
    with kube_running(place) as found:
        yield found
