"""What the tests of `runspec serve` share: environments of tools, and clients."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from environments import PIP, ROOT, Environment
from rigs import setup
from rigs.servers import web_server
from rigs.setup import rig
from rigs.users import Users

EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/pyproject.toml"))
SUITE = ROOT / "tests" / "fixtures" / "conformance"


@pytest.fixture(scope="session")
def make_served(
    make_environment: Callable[[], Environment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], Environment]:
    """Makes an environment of the examples and the suite's fixtures."""
    wheels = tmp_path_factory.mktemp("wheels")
    build = [*PIP, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels)]
    subprocess.run([*build, *map(str, (*EXAMPLES, SUITE))], check=True)

    def make() -> Environment:
        environment = make_environment()
        environment.install(*map(str, wheels.glob("*.whl")))
        pip = [*PIP, "--python", str(environment.bin / "python"), "install", "--quiet"]
        subprocess.run([*pip, *_http_extra()], check=True)
        return environment

    return make


@pytest.fixture(scope="session")
def served(make_served: Callable[[], Environment]) -> Environment:
    """One that no test changes."""
    return make_served()


def _http_extra() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extra: list[str] = project["optional-dependencies"].get(
        "http", ["starlette", "uvicorn"]
    )
    return extra


@pytest.fixture(scope="session")
def served_url(
    served: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same over HTTP."""
    folder = tmp_path_factory.mktemp("web")
    with web_server(served, cwd=folder, PATH=path_with_node(served)) as url:
        yield url


def path_with_node(environment: Environment) -> str:
    """PATH for a server whose tools need Node, once that is there."""
    node = Path(setup.node(setup.RIGS / "node")).parent
    return os.pathsep.join((str(environment.bin), str(node), os.environ["PATH"]))


@pytest.fixture(scope="session")
def node_tools() -> Path:
    """Node, the inspector and the conformance suite."""
    return rig(setup.node_tools)


@pytest.fixture(scope="session")
def sdk() -> Path:
    """The environment of the MCP SDK."""
    return rig(setup.sdk)


@pytest.fixture(scope="session")
def users() -> Iterator[Users]:
    """Users to become, and one who may."""
    with rig(Users) as made:
        yield made
