"""The client of the SDK for Python, in both eras, over pipes and over HTTP.

Each client takes all of its steps at once, for it takes a second to start; the tests
look at what it met with.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from environments import Environment
from rigs import setup

pytestmark = pytest.mark.slow

CLIENT = Path(setup.__file__).with_name("sdk_client.py")
REVISIONS = {
    "legacy": "2025-11-25",
    "auto": "2026-07-28",
    "2026-07-28": "2026-07-28",
}

Json = dict[str, Any]

STEPS = {
    "tools": {"take": ["tools"]},
    "resources": {"take": ["resources"]},
    "greeting": {"take": ["call", "greet", {"name": "Ada", "times": 2}]},
    "wrong": {"take": ["call", "greet", {"name": "Ada", "times": 99}]},
    "unknown": {"take": ["call", "no-such-tool", {}]},
    "progress": {"take": ["call", "test_tool_with_progress", {}]},
    "image": {"take": ["call", "test_image_content", {}]},
    "audio": {"take": ["call", "test_audio_content", {}]},
    "several": {"take": ["call", "test_multiple_content_types", {}]},
    "read": {"take": ["read", "runspec://output/nothing"]},
    "nobody": {"take": ["call", "test_elicitation", {"message": "nobody there"}]},
}


def asked(message: str, answer: str, thinks: float = 1.7) -> Json:
    """A call that a person is asked about, and what they say to it."""
    call = ["call", "test_elicitation", {"message": f"{message} MODE"}]
    return {"take": call, "answer": answer, "thinks": thinks}


QUESTIONS = {
    "accept": asked("agreed upon", "accept"),
    "decline": asked("declined", "decline"),
    "cancel": asked("cancelled", "cancel"),
    "at once": asked("declined at once", "decline", 0),
    "backup": {
        "take": ["call", "backup", {"folder": ".", "dry-run": True}],
        "answer": "accept",
        "thinks": 1.7,
    },
}


class Clients:
    """What a client of each mode meets with, by one transport."""

    def __init__(self, python: Path, folder: Path, server: Json) -> None:
        self.is_web = "url" in server
        self._python = python
        self._folder = folder
        self._server = server
        self.alone = cache(self._alone)
        self.with_person = cache(self._with_person)

    def _alone(self, mode: str) -> Json:
        """Without anybody to ask."""
        return self._taken({"mode": mode, "asks": False, "steps": STEPS})

    def _with_person(self, mode: str) -> Json:
        """With a person who answers."""
        steps = json.loads(json.dumps(QUESTIONS).replace("MODE", mode))
        return self._taken({"mode": mode, "asks": True, "steps": steps})

    def _taken(self, plan: Json) -> Json:
        done = subprocess.run(
            [str(self._python), str(CLIENT)],
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self._folder)},
            input=json.dumps({"server": self._server, **plan}),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        found: Json = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module", params=["stdio", "http"])
def clients(
    request: pytest.FixtureRequest,
    sdk: Path,
    served: Environment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Clients:
    python, folder = sdk / "bin" / "python", tmp_path_factory.mktemp("sdk")
    if request.param == "http":
        return Clients(python, folder, {"url": request.getfixturevalue("served_url")})
    command, environ = str(served.bin / "runspec"), served.environ()
    server = {"command": command, "args": ["serve"], "env": environ}
    return Clients(python, folder, {**server, "cwd": str(folder)})


@pytest.fixture(params=REVISIONS)
def mode(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def met(clients: Clients, mode: str) -> Json:
    """What a client without anybody to ask met with, step by step."""
    found: Json = clients.alone(mode)["met"]
    return found


@pytest.fixture
def asking(clients: Clients, mode: str) -> Json:
    """What a client with somebody to ask met with, step by step."""
    if clients.is_web:
        pytest.skip("over HTTP whoever calls isn't asked")
    found: Json = clients.with_person(mode)["met"]
    return found


def text_of(result: Json) -> str:
    return "".join(each.get("text", "") for each in result["content"])


def test_it_agrees_on_a_revision(clients: Clients, mode: str) -> None:
    found = clients.alone(mode)
    assert found["revision"] == REVISIONS[mode]
    if mode != "2026-07-28":  # there it asks nothing before the first request
        assert {"name", "version"} <= set(found["server"])
        assert {"tools", "resources"} <= set(found["capabilities"])


def test_it_lists_the_tools(met: Json) -> None:
    tools = {tool["name"]: tool for tool in met["tools"]["result"]["tools"]}
    assert {"greet", "links", "backup", "test_elicitation"} <= set(tools)
    own = [name for name in tools if name.startswith("runspec")]
    assert own == ["runspec_read_output"]
    assert tools["greet"]["inputSchema"]["required"] == ["name"]
    assert tools["links"]["annotations"]["readOnlyHint"] is True
    assert "outputSchema" in tools["links"]
    assert met["resources"]["result"]["resources"] == []


def test_a_call_gives_what_the_program_wrote(met: Json) -> None:
    result = met["greeting"]["result"]
    assert (result["isError"], text_of(result)) == (False, "Hello, Ada!\nHello, Ada!\n")


def test_a_wrong_call_gives_an_error_that_an_agent_can_act_on(met: Json) -> None:
    result = met["wrong"]["result"]
    assert result["isError"] is True
    assert "times" in text_of(result)
    assert "99" in text_of(result)


def test_an_unknown_tool_is_an_error_of_the_protocol(met: Json) -> None:
    assert met["unknown"]["error"]["code"] == -32602


def test_progress_arrives_in_order(met: Json) -> None:
    assert text_of(met["progress"]["result"]) == "All is done.\n"
    told = met["progress"]["progress"]
    assert told == [[0, 100, None], [50, 100, None], [100, 100, None]]


def test_pictures_sounds_and_several_parts_arrive_as_what_they_are(met: Json) -> None:
    for name, kind in (("image", "image/png"), ("audio", "audio/wav")):
        [block] = met[name]["result"]["content"]
        assert (block["type"], block["mimeType"]) == (name, kind)
    several = met["several"]["result"]["content"]
    assert [each["type"] for each in several] == ["text", "image", "text", "resource"]


def test_what_is_no_resource_cannot_be_read(met: Json, mode: str) -> None:
    expected = -32002 if mode == "legacy" else -32602
    assert met["read"]["error"]["code"] == expected


def test_a_client_that_cannot_ask_is_told_how_to_approve(met: Json) -> None:
    assert met["nobody"]["asked"] == []
    result = met["nobody"]["result"]
    assert result["isError"] is True
    assert "runspec approve " in text_of(result)


def test_over_http_nobody_is_asked_and_a_person_approves_elsewhere(
    clients: Clients, mode: str
) -> None:
    if not clients.is_web:
        pytest.skip("over pipes the person at the client is asked")
    met = clients.with_person(mode)["met"]["accept"]
    assert met["asked"] == []
    assert "runspec approve " in text_of(met["result"])


def test_a_person_who_agrees_lets_the_call_run(asking: Json) -> None:
    result = asking["accept"]["result"]
    assert result["isError"] is False
    assert text_of(result).startswith("agreed upon")
    assert len(asking["accept"]["asked"]) == 1
    assert "agreed upon" in asking["accept"]["asked"][0]


def test_a_bash_program_runs_as_agreed(asking: Json) -> None:
    result = asking["backup"]["result"]
    assert result["isError"] is False
    assert "--dry-run" in asking["backup"]["asked"][0]
    assert text_of(result).startswith("would ")


@pytest.mark.parametrize(
    ("answer", "words"),
    [("decline", "has not run"), ("cancel", "nothing has run yet")],
)
def test_a_person_who_does_not_agree_keeps_it_from_running(
    asking: Json, answer: str, words: str
) -> None:
    result = asking[answer]["result"]
    assert len(asking[answer]["asked"]) == 1
    assert result["isError"] is True
    assert words in text_of(result)


def test_a_client_that_declines_for_its_person_is_told_how_to_approve(
    asking: Json,
) -> None:
    result = asking["at once"]["result"]
    assert result["isError"] is True
    assert "runspec approve " in text_of(result)
