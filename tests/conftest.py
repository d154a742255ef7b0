"""Environments that several test files share; each is built once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from environments import Environment, project_wheel
from rigs import machine

SHARED = ("slurm_cluster", "ray", "sky_tools", "recipe_python", "torch_programs")
"""Fixtures that start a cluster, or build for minutes."""
LARGEST = 300
"""Tests of a file that one worker runs all of."""
settings.register_profile(
    "fixed",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile(
    "fuzz", settings.get_profile("fixed"), derandomize=False, max_examples=1000
)
settings.load_profile("fixed")
pytest_plugins = ["rigs.fixtures", "rigs.tools", "rigs.slurm", "rigs.recipes"]


def pytest_configure(config: pytest.Config) -> None:
    """Clean up after runs that were killed; let programs hear what ends them.

    What a shell's job in the background ignores, its programs would ignore, too.
    """
    if not hasattr(config, "workerinput"):
        machine.sweep()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def make_environment(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], Environment]:
    """Makes a virtual environment with this project and nothing else in it."""
    built = project_wheel(tmp_path_factory.mktemp("wheel"))

    def make() -> Environment:
        return Environment(tmp_path_factory.mktemp("environment") / "venv", built)

    return make


@pytest.fixture(scope="session")
def bare(make_environment: Callable[[], Environment]) -> Environment:
    """This project alone; tests leave it as it is."""
    return make_environment()


def modes_hold(directory: Path) -> bool:
    """Whether file modes bind this process; they don't bind root."""
    path = directory / "locked"
    path.touch(mode=0o000)
    return not os.access(path, os.R_OK)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what file modes must hold for; `make pytest` runs it by itself.

    The tests of one cluster are run by one worker, so that it is started once, and
    those of a large rig, so that the others needn't wait until it is built; and those
    of one file, unless it is one of the largest, so that what they share is made once.
    """
    sizes = Counter(item.path for item in items)
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")
        used = getattr(item, "fixturenames", ())
        group = next((name for name in SHARED if name in used), item.path.name)
        if group in SHARED or sizes[item.path] <= LARGEST:
            item.add_marker(pytest.mark.xdist_group(group))
    with TemporaryDirectory() as directory:
        if modes_hold(Path(directory)):
            return
    left = [item for item in items if item.get_closest_marker("unprivileged")]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]
