"""Nothing is left running: whole process trees, on a real `runspec serve`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments import Environment
from rigs.desk import STATELESS, Client, text, tools
from rigs.family import FAMILY, PATIENCE, Family
from rigs.servers import META, Web, request, web_server

pytestmark = pytest.mark.slow

SPEC = """
[tree]
description = "Starts a family of processes and waits"
autonomy = "autonomous"

[short]
description = "The same, for three seconds at most"
autonomy = "autonomous"
timeout = 3

[quick]
description = "Ends, and leaves a process behind"
autonomy = "autonomous"
"""
QUICK = """
(setsid bash -c 'echo $BASHPID > pids; exec sleep 1000' &)
echo done
"""


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    programs = {"tree": FAMILY, "short": FAMILY, "quick": QUICK}
    found = Family(tools(tmp_path / "own", SPEC, **programs))
    yield found
    found.close()


def test_a_cancelled_call_ends_with_its_whole_family_and_gets_no_response(
    bare: Environment, family: Family
) -> None:
    with Client(bare, family.folder) as client:
        call = client.begin("tree")
        family.begun()
        params = {"requestId": call, "reason": "changed my mind"}
        method = "notifications/cancelled"
        client.say({"jsonrpc": "2.0", "method": method, "params": params})
        assert family.gone()
        assert client.get("ping")["id"] == call + 1


@pytest.mark.parametrize("revision", ["2024-11-05", STATELESS])
def test_the_end_of_input_ends_every_family_and_the_server(
    bare: Environment, family: Family, revision: str
) -> None:
    with Client(bare, family.folder, revision=revision) as client:
        client.begin("tree")
        family.begun()
        client.stdin.close()
        assert client.process.wait(PATIENCE) == 0
        assert family.gone(0)


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 0), (signal.SIGINT, -signal.SIGINT), (signal.SIGHUP, 0)],
)
def test_a_signal_ends_every_family_and_the_server(
    bare: Environment, family: Family, number: signal.Signals, status: int
) -> None:
    with Client(bare, family.folder) as client:
        client.begin("tree")
        family.begun()
        client.process.send_signal(number)
        assert client.process.wait(PATIENCE) == status
        assert family.gone(0)


def test_a_server_that_is_killed_leaves_nothing_behind(
    bare: Environment, family: Family
) -> None:
    with Client(bare, family.folder) as client:
        client.begin("tree")
        family.begun()
        client.process.kill()
        assert family.gone()


def test_a_timeout_ends_the_whole_family_and_says_so(
    bare: Environment, family: Family
) -> None:
    with Client(bare, family.folder) as client:
        result = client.call("short")
        assert result["isError"]
        assert "timeout" in text(result)
        family.begun(1)  # a busy machine may not get further in that time
        assert family.gone(0)


def test_a_tool_that_leaves_a_process_with_its_output_open_still_ends(
    bare: Environment, family: Family
) -> None:
    with Client(bare, family.folder) as client:
        assert text(client.call("quick")) == "done\n"
        family.begun(1)
        assert family.gone(0)


def test_over_http_a_cancelled_call_ends_with_its_whole_family(
    served: Environment, family: Family
) -> None:
    with web_server(served, "--path", str(family.folder), cwd=family.folder) as url:
        web = Web(url)
        web.shake_hands("2025-11-25")
        with web.stream(request("tools/call", 7, name="tree", arguments={})):
            family.begun()
            note = {"jsonrpc": "2.0", "method": "notifications/cancelled"}
            web.tell({**note, "params": {"requestId": 7}})
            assert family.gone()


def test_over_http_a_stateless_client_that_leaves_ends_its_call(
    served: Environment, family: Family
) -> None:
    with web_server(served, "--path", str(family.folder), cwd=family.folder) as url:
        with Web(url).stream(stateless(7, "tree")):
            family.begun()
        assert family.gone()


def stateless(request_id: int, tool: str) -> dict[str, object]:
    return request("tools/call", request_id, name=tool, arguments={}, _meta=META)


def test_over_http_a_signal_ends_every_family_and_the_server(
    served: Environment, family: Family
) -> None:
    with web_server(served, "--path", str(family.folder), cwd=family.folder) as url:
        stream = Web(url).stream(stateless(7, "tree"))
        stream.__enter__()
        family.begun()
    assert family.gone(0)
    stream.__exit__(None, None, None)
