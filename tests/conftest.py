"""Environments that several test files share; each is built once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from environments import Environment, project_wheel


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
