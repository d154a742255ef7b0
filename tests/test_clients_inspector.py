"""The inspector's CLI as a client, strict about what it is offered."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from environments import Environment
from rigs import setup
from rigs.fixtures import path_with_node

pytestmark = pytest.mark.slow

ERAS = ("legacy", "modern")


class Inspector:
    """Its command line, in a folder of its own."""

    def __init__(self, tools: Path, folder: Path, target: list[str]) -> None:
        self._argv = [*setup.inspector(tools), "--cli", *target]
        self._folder = folder

    def run(self, era: str, *options: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": os.environ["PATH"], "HOME": str(self._folder)}
        return subprocess.run(
            [*self._argv, "--protocol-era", era, "--format", "json", *options],
            cwd=self._folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def result(self, era: str, *options: str) -> Any:
        done = self.run(era, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["result"]

    def call(self, era: str, tool: str, **arguments: object) -> Any:
        given = ("--tool-args-json", json.dumps(arguments))
        return self.result(era, "--method", "tools/call", "--tool-name", tool, *given)


def over_pipes(
    tools: Path, served: Environment, folder: Path, *options: str
) -> Inspector:
    """It starts the server itself, with Node in its PATH."""
    environ = served.environ(PATH=path_with_node(served))
    given = [f"-e{name}={value}" for name, value in environ.items()]
    server = [str(served.bin / "runspec"), "serve", *options]
    return Inspector(tools, folder, [*given, *server])


@pytest.fixture(params=["stdio", "http"])
def inspector(
    request: pytest.FixtureRequest,
    node_tools: Path,
    served: Environment,
    tmp_path: Path,
) -> Inspector:
    if request.param == "stdio":
        return over_pipes(node_tools, served, tmp_path)
    url = request.getfixturevalue("served_url")
    return Inspector(node_tools, tmp_path, ["--server-url", url])


@pytest.mark.parametrize("era", ERAS)
def test_it_has_nothing_to_say_against_the_tools(
    inspector: Inspector, era: str
) -> None:
    done = inspector.run(era, "--method", "tools/list", "--strict")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found.get("schemaFindings", []) == []
    names = [tool["name"] for tool in found["result"]["tools"]]
    assert {"greet", "links", "backup", "test_simple_text"} <= set(names)


@pytest.mark.parametrize("era", ERAS)
def test_it_calls_a_python_program(inspector: Inspector, era: str) -> None:
    result = inspector.call(era, "greet", name="Ada", times=2, shout=True)
    assert result["content"] == [{"type": "text", "text": "HELLO, ADA!\nHELLO, ADA!\n"}]


@pytest.mark.parametrize("era", ERAS)
def test_it_calls_a_bash_program_that_it_may_confirm_itself(
    node_tools: Path, served: Environment, tmp_path: Path, era: str
) -> None:
    (tmp_path / "notes").mkdir()
    inspector = over_pipes(node_tools, served, tmp_path, "--confirm=host")
    call = {"folder": "notes", "into": "archives", "dry-run": True}
    result = inspector.call(era, "backup", **call)
    assert result["content"][0]["text"].startswith("would ")


@pytest.mark.parametrize("era", ERAS)
def test_it_calls_a_node_program_and_gets_its_data(
    inspector: Inspector, era: str, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("[b](b.md)\n", "utf-8")
    result = inspector.call(era, "links", folder=str(docs))
    data = result["structuredContent"]
    assert (data["files"], data["links"]) == (1, 1)
    assert [each["link"] for each in data["broken"]] == ["b.md"]


@pytest.mark.parametrize("era", ERAS)
def test_a_call_that_wants_a_person_says_how_to_approve_it(
    inspector: Inspector, era: str, tmp_path: Path
) -> None:
    given = json.dumps({"folder": str(tmp_path), "into": str(tmp_path)})
    call = ("--method", "tools/call", "--tool-name", "backup")
    done = inspector.run(era, *call, "--tool-args-json", given)
    assert done.returncode != 0
    assert "runspec approve" in done.stdout + done.stderr
