"""What an agent gets of `runspec serve --host`: the tools of other hosts, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from environments import Environment
from rigs import jumping
from rigs.desk import ASKS, STATELESS, Client, text, tools, typed
from rigs.jumping import Room

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
