"""What an agent gets of `runspec serve --host`: the tools of other hosts, too."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments import Environment
from rigs import jumping
from rigs.desk import ASKS, STATELESS, Client, text, tools, typed
from rigs.jumping import Room
from rigs.people import approve, ticket

pytestmark = pytest.mark.slow

SPEC = """
[echo]
description = "Repeats its arguments"
autonomy = "autonomous"
[echo.args]
word = { type = "str", description = "A word" }

[asks]
description = "Needs a yes"
autonomy = "confirm"

[steps]
description = "Tells how far it is"
autonomy = "autonomous"

[waits]
description = "Waits"
autonomy = "autonomous"

[long]
description = "Writes much"
autonomy = "autonomous"
"""
PROGRAMS = {
    "echo": 'echo "$RUNSPEC_WORD"; echo oops >&2; exit 3',
    "asks": "echo ran",
    "steps": 'for i in 1 2 3; do echo "$i/3 step $i" >&"$RUNSPEC_PROGRESS"; done',
    "waits": "echo $$ > $HOME/pid; sleep 1000",
    "long": "head -c 300000 /dev/zero | tr '\\0' x",
}
OWN = """
[own]
description = "Of this machine"
autonomy = "autonomous"
"""


@pytest.fixture(scope="module")
def room(bare: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tools(tmp_path_factory.mktemp("there"), SPEC, **PROGRAMS)
    with jumping.room(bare, tmp_path_factory.mktemp("serve"), folder) as made:
        tools(made.here / "own", OWN, own="echo own")
        yield made


def client(room: Room, *options: str, **more: object) -> Client:
    own = ("--path", str(room.here / "own"), "--host", "rig", *options)
    return Client(room.environment, room.serving, *own, **room.variables, **more)  # type: ignore[arg-type]


def test_tools_of_a_host_stand_beside_ones_own(room: Room) -> None:
    with client(room, "--exclude", "long") as agent:
        assert sorted(agent.names()) == [
            *("own", "rig_asks", "rig_echo", "rig_steps", "rig_waits")
        ]
        assert text(agent.call("own")) == "own\n"
        result = agent.call("rig_echo", word="hi there")
        assert result["isError"] is True
        assert result["_meta"]["dev.runspec/exit-status"] == 3
        assert "hi there" in text(result)
        unknown = agent.get("tools/call", name="rig_long", arguments={})
        assert unknown["error"]["code"] == -32602


def test_a_wrong_call_is_answered_by_the_host(room: Room) -> None:
    with client(room) as agent:
        result = agent.call("rig_echo", wrod="hi")
        assert result["isError"] is True
        assert "unknown-argument" in text(result)


def test_questions_reach_the_person_at_the_client(room: Room) -> None:
    with client(room, capabilities=ASKS) as agent:
        number = agent.begin("rig_asks")
        question = agent.question()
        assert "asks" in question["params"]["message"]
        agent.person_answers(question, "accept")
        assert text(agent.response(number)["result"]) == "ran\n"
    with client(room) as agent:
        assert "runspec approve" in text(agent.call("rig_asks"))


def test_questions_are_put_without_a_session_too(room: Room) -> None:
    with client(room, revision=STATELESS, capabilities=ASKS) as agent:
        asked = agent.get("tools/call", name="rig_asks", arguments={})["result"]
        assert asked["resultType"] == "input_required"
        (question,) = asked["inputRequests"].values()
        answer = {"action": "accept", "content": typed(question)}
        again = {"inputResponses": {"approval": answer}, "arguments": {}}
        state = asked["requestState"]
        other = agent.get("tools/call", name="rig_echo", requestState=state, **again)
        assert "error" in other
        asked = agent.get("tools/call", name="rig_asks", arguments={})["result"]
        (question,) = asked["inputRequests"].values()
        agent.read_slowly()
        again["inputResponses"]["approval"]["content"] = typed(question)
        result = agent.get(
            "tools/call", name="rig_asks", requestState=asked["requestState"], **again
        )["result"]
        assert text(result) == "ran\n"


def test_progress_and_long_outputs_pass_through(room: Room) -> None:
    with client(room) as agent:
        number = agent.ask(
            *("tools/call",),
            name="rig_steps",
            arguments={},
            _meta={"progressToken": "mine"},
        )
        seen = []
        while (message := agent.next()).get("id") != number:
            if message.get("method") == "notifications/progress":
                seen.append(message["params"])
        assert {each["progressToken"] for each in seen} == {"mine"}
        assert seen[-1]["message"] == "step 3"
        result = agent.call("rig_long")
        (uri,) = [e["uri"] for e in result["content"] if e["type"] == "resource_link"]
        read = agent.get("resources/read", uri=uri)["result"]
        assert read["contents"][0]["text"] == "x" * 300_000


def test_a_cancelled_call_ends_there(room: Room) -> None:
    pid = room.sshd.home / "pid"
    with client(room) as agent:
        number = agent.begin("rig_waits")
        jumping.until(lambda: pid.exists() and pid.read_text().strip())
        params = {"requestId": number}
        cancelled = {"method": "notifications/cancelled", "params": params}
        agent.say({"jsonrpc": "2.0", **cancelled})
        jumping.gone(int(pid.read_text()))


def test_a_host_that_is_down_stops_nobody_and_comes_back(
    room: Room,
) -> None:
    with client(room, "--host", "no-runspec", "--host", "wrong-key") as agent:
        assert "rig_echo" in agent.names()
        assert "own" in agent.names()
        down = agent.get("tools/call", name="wrong-key_echo", arguments={})
        assert "Permission denied" in down["error"]["message"]
        room.sshd.end_logins("serve")
        while agent.next().get("method") != "notifications/tools/list_changed":
            pass
        assert "hi" in text(agent.call("rig_echo", word="hi"))
        assert "rig_echo" in agent.names()
        assert "no-runspec: its tools are left out" in agent.said()


PLAIN = """
[config.jump-hosts.plain]
host = "rig"
bin = "{plain}/runspec"
options = ["-F", "{{config}}"]
"""


class Plain:
    """An agent of a server that has the tools of a host which enforces nothing."""

    def __init__(self, room: Room, log: Path) -> None:
        self.room = room
        self.log = log

    def agent(self, *options: str, **more: object) -> Client:
        own = ("--host", "plain", *options)
        variables = self.room.variables
        return Client(
            self.room.environment, self.room.serving, *own, **variables, **more
        )  # type: ignore[arg-type]

    def ran(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def plain(bare: Environment, tmp_path: Path) -> Iterator[Plain]:
    program = tmp_path / "plain" / "runspec"
    program.parent.mkdir()
    log = tmp_path / "ran.txt"
    script = Path(__file__).parent / "rigs" / "plain_host.py"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} {script} {log}\n")
    program.chmod(0o755)
    folder = tools(tmp_path / "there", SPEC, **PROGRAMS)
    more = PLAIN.format(plain=program.parent)
    here = tmp_path / "here"
    here.mkdir()
    with jumping.room(bare, here, folder, more) as room:
        yield Plain(room, log)


def test_levels_are_enforced_here_where_the_host_does_not_show_that_it_does(
    plain: Plain,
) -> None:
    with plain.agent() as agent:
        assert "plain_by-hand" not in agent.names()
        assert text(agent.call("plain_free")) == "free ran"
        refused = agent.call("plain_by-hand")
        assert refused["isError"] is True
        assert "Only a person may run this" in text(refused)
        for tool in ("asks", "odd", "none"):
            assert "runspec approve" in text(agent.call(f"plain_{tool}"))
        assert plain.ran() == ["free"]
        approve(plain.room.environment, ticket(agent.call("plain_asks", days=3)))
        assert "runspec approve" in text(agent.call("plain_asks", days=4))
        assert text(agent.call("plain_asks", days=3)) == "asks ran"
        assert agent.call("plain_asks", days=3)["isError"] is True
        assert plain.ran() == ["free", "asks"]


def test_an_output_of_such_a_host_is_withheld_here(plain: Plain) -> None:
    with plain.agent() as agent:
        call = agent.ask(
            "tools/call", name="plain_held", arguments={}, _meta={"progressToken": 7}
        )
        seen = []
        while (message := agent.next()).get("id") != call:
            seen.append(message)
        assert "held ran" not in json.dumps(seen)
        assert "held ran" not in text(message["result"])
        shown = approve(plain.room.environment, ticket(message["result"]))
        assert "held ran" in shown
        assert text(agent.call("plain_held")) == "held ran"
        assert plain.ran() == ["held"]


@pytest.mark.parametrize("revision", ["2025-11-25", STATELESS])
def test_a_person_at_the_client_is_asked_for_such_a_host(
    plain: Plain, revision: str
) -> None:
    with plain.agent(revision=revision, capabilities=ASKS) as agent:
        if revision == STATELESS:
            asked = agent.call("plain_asks")
            ((key, question),) = asked["inputRequests"].items()
            agent.read_slowly()
            answer = {"action": "accept", "content": typed(question)}
            result = agent.get(
                "tools/call",
                name="plain_asks",
                arguments={},
                inputResponses={key: answer},
                requestState=asked["requestState"],
            )["result"]
        else:
            call = agent.begin("plain_asks")
            agent.person_answers(agent.question(), "accept")
            result = agent.response(call)["result"]
        assert text(result) == "asks ran"
        assert plain.ran() == ["asks"]
