"""What an agent can't do without a person's yes, on a real `runspec serve`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments import Environment
from rigs.desk import ASKS, STATELESS, Client, text, tools, typed
from rigs.people import approve, ticket

pytestmark = pytest.mark.slow

SPEC = """
[free]
description = "Harmless"
autonomy = "autonomous"

[free.args]
name = { type = "str", required = false, description = "Whom" }
force = { default = false, autonomy = "confirm", description = "Also if in use" }
wipe = { default = false, autonomy = "manual", description = "Everything" }

[asks]
description = "Deletes old files"
autonomy = "confirm"
autonomy-reason = "Deleted files can't be brought back"

[asks.args]
target = { type = "str", description = "What" }

[rehearsed]
description = "Deploys"
autonomy = "confirm"

[rehearsed.args]
target = { type = "str", description = "Where" }
dry-run = { default = false, description = "Only say what would happen" }

[shown]
description = "Reads mail"
autonomy = "supervised"

[by-hand]
description = "Drops the database"
autonomy = "manual"
autonomy-reason = "Irreversible"
"""
IF_DRY = '[[ $RUNSPEC_DRY_RUN == 1 ]] && echo "would restart 3" && exit\n'
LOG = 'echo "$RUNSPEC_RUNNABLE ${RUNSPEC_TARGET:-}" >> ran.txt\n'
PROGRAMS = {
    "free": LOG + 'echo "hello ${RUNSPEC_NAME:-}"',
    "asks": LOG + 'echo "deleted $RUNSPEC_TARGET"',
    "rehearsed": '[[ $RUNSPEC_DRY_RUN == 1 ]] && echo "would restart 3" && exit\n'
    + LOG,
    "shown": LOG + 'echo "the letters"',
    "by_hand": LOG,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tools(tmp_path / "own", SPEC, **PROGRAMS)


def ran(folder: Path) -> list[str]:
    path = folder / "ran.txt"
    return path.read_text().splitlines() if path.exists() else []


def test_an_autonomous_tool_runs_freely(bare: Environment, folder: Path) -> None:
    with Client(bare, folder) as client:
        assert text(client.call("free", name="Ada")) == "hello Ada\n"


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25"])
def test_a_confirm_tool_runs_once_the_person_at_the_client_accepts(
    bare: Environment, folder: Path, revision: str
) -> None:
    with Client(bare, folder, revision=revision, capabilities=ASKS) as client:
        call = client.begin("asks", target="logs")
        question = client.question()
        assert question["method"] == "elicitation/create"
        plan = question["params"]["message"]
        assert "'logs'" in plan or "logs" in plan
        assert "Deleted files can't be brought back" in plan
        assert ran(folder) == []
        client.person_answers(question, "accept")
        assert text(client.response(call)["result"]) == "deleted logs\n"
        assert ran(folder) == ["asks logs"]


def test_a_person_s_no_at_the_client_is_final(bare: Environment, folder: Path) -> None:
    with Client(bare, folder, capabilities=ASKS) as client:
        call = client.begin("asks", target="logs")
        question = client.question()
        client.person_answers(question, "decline")
        result = client.response(call)["result"]
        assert result["isError"]
        assert "declined" in text(result)
        assert "runspec approve" not in text(result)
        assert ran(folder) == []


@pytest.mark.parametrize("capabilities", [{}, ASKS])
def test_where_no_person_was_asked_one_approves_in_a_terminal_and_the_call_runs_once(
    bare: Environment, folder: Path, capabilities: dict[str, object]
) -> None:
    with Client(bare, folder, capabilities=capabilities) as client:

        def call() -> dict[str, object]:
            begun = client.begin("asks", target="logs")
            if capabilities:
                client.answer(client.question(), "decline")
            return client.response(begun)["result"]  # type: ignore[no-any-return]

        first = call()
        assert first["isError"]
        assert "Deletes old files" in text(first)
        assert ran(folder) == []
        shown = approve(bare, ticket(first))
        assert "logs" in shown
        second = client.call("asks", target="logs")
        assert text(second) == "deleted logs\n"
        assert ticket(call()) != ticket(first)
        assert ran(folder) == ["asks logs"]


def test_an_approval_holds_for_exactly_the_call_that_was_shown(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        approve(bare, ticket(client.call("asks", target="logs")))
        assert client.call("asks", target="everything")["isError"]
        assert ran(folder) == []


def test_what_a_person_denies_in_a_terminal_does_not_run(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        approve(bare, ticket(client.call("asks", target="logs")), "no")
        result = client.call("asks", target="logs")
        assert result["isError"]
        assert "declined" in text(result)
        assert ran(folder) == []


def test_an_argument_makes_the_call_as_strict_as_it_is_itself(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        result = client.call("free", force=True)
        assert result["isError"]
        assert ticket(result)
        assert ran(folder) == []


def test_an_argument_for_persons_only_is_neither_listed_nor_taken(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        listed = client.get("tools/list")["result"]["tools"]
        free = next(tool for tool in listed if tool["name"] == "free")
        assert "wipe" not in free["inputSchema"]["properties"]
        result = client.call("free", wipe=True)
        assert result["isError"]
        problem = json.loads(text(result))["error"]["problems"][0]
        assert problem["argument"] == "wipe"
        assert ran(folder) == []


def test_a_manual_tool_is_not_listed_and_refuses_a_direct_call(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        assert client.names() == ["free", "asks", "rehearsed", "shown"]
        result = client.call("by-hand")
        assert result["isError"]
        assert "Only a person may run this (Irreversible)" in text(result)
        assert ran(folder) == []


def test_the_plan_has_what_a_real_dry_run_wrote(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, capabilities=ASKS) as client:
        call = client.begin("rehearsed", target="web")
        question = client.question()
        assert "would restart 3" in question["params"]["message"]
        assert ran(folder) == []
        client.person_answers(question, "accept")
        assert not client.response(call)["result"]["isError"]
        assert ran(folder) == ["rehearsed web"]


def test_the_output_of_a_supervised_tool_is_withheld_until_it_is_released(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        first = client.call("shown")
        assert first["isError"]
        assert "letters" not in text(first)
        assert ran(folder) == ["shown "]
        assert ticket(client.call("shown")) == ticket(first)
        assert "the letters" in approve(bare, ticket(first))
        assert text(client.call("shown")) == "the letters\n"
        assert ran(folder) == ["shown "]
        assert ticket(client.call("shown")) != ticket(first)
        assert ran(folder) == ["shown ", "shown "]


def test_a_supervised_output_is_released_by_the_person_at_the_client(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, capabilities=ASKS) as client:
        call = client.begin("shown")
        question = client.question()
        assert "the letters" in question["params"]["message"]
        client.person_answers(question, "accept")
        assert text(client.response(call)["result"]) == "the letters\n"


def test_confirmation_is_left_to_the_host_only_where_somebody_says_so(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, "--confirm", "host") as client:
        assert text(client.call("asks", target="logs")) == "deleted logs\n"
        assert client.call("shown")["isError"]


@pytest.mark.parametrize(
    ("operator", "declared", "runs"),
    [("auto", "host", False), ("host", "terminal", False), ("host", "host", True)],
)
def test_a_package_can_only_be_stricter_than_the_operator(
    bare: Environment, folder: Path, operator: str, declared: str, runs: bool
) -> None:
    spec = f'[config]\nconfirm = "{declared}"\n' + SPEC
    (folder / "runspec.toml").write_text(spec)
    with Client(bare, folder, "--confirm", operator) as client:
        assert client.call("asks", target="logs")["isError"] is not runs
        assert ran(folder) == ["asks logs"] * runs


@pytest.mark.parametrize("place", ["operator", "package"])
def test_where_only_a_terminal_counts_the_client_is_not_asked(
    bare: Environment, folder: Path, place: str
) -> None:
    options = ("--confirm", "terminal") if place == "operator" else ()
    if place == "package":
        spec = '[config]\nconfirm = "terminal"\n' + SPEC
        (folder / "runspec.toml").write_text(spec)
    with Client(bare, folder, *options, capabilities=ASKS) as client:
        first = client.call("asks", target="logs")
        withheld = client.call("shown")
        assert ran(folder) == ["shown "]
        approve(bare, ticket(first))
        approve(bare, ticket(withheld))
        assert text(client.call("asks", target="logs")) == "deleted logs\n"
        assert text(client.call("shown")) == "the letters\n"


def test_in_the_stateless_era_the_answer_comes_with_the_repeated_call(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, revision=STATELESS, capabilities=ASKS) as client:
        asked = client.call("asks", target="logs")
        assert asked["resultType"] == "input_required"
        (question,) = asked["inputRequests"].values()
        assert question["method"] == "elicitation/create"
        assert ran(folder) == []
        repeated = _repeat(client, asked, "accept")
        assert text(repeated["result"]) == "deleted logs\n"
        assert ran(folder) == ["asks logs"]
        assert _repeat(client, asked, "accept")["error"]["code"] == -32602
        assert ran(folder) == ["asks logs"]


def _repeat(
    client: Client,
    asked: dict[str, object],
    action: str,
    *,
    slow: bool = True,
    **other: object,
) -> dict[str, object]:
    requests = asked["inputRequests"]
    assert isinstance(requests, dict)
    ((key, question),) = requests.items()
    if slow:
        client.read_slowly()
    content = typed(question) if action == "accept" else {}
    params: dict[str, object] = {
        "name": "asks",
        "arguments": {"target": "logs"},
        "inputResponses": {key: {"action": action, "content": content}},
        "requestState": asked["requestState"],
    }
    return client.get("tools/call", **(params | other))


def test_a_request_state_is_no_use_when_it_was_changed_or_is_of_another_call(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, revision=STATELESS, capabilities=ASKS) as client:
        asked = client.call("asks", target="logs")
        state = str(asked["requestState"])
        for other in (
            {"arguments": {"target": "everything"}},
            {"requestState": state + "x"},
            {"requestState": state[:-2]},
            {"requestState": ""},
        ):
            assert _repeat(client, asked, "accept", **other)["error"]["code"] == -32602
        assert ran(folder) == []


def test_in_the_stateless_era_a_supervised_output_is_released_by_the_repeated_call(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, revision=STATELESS, capabilities=ASKS) as client:
        asked = client.call("shown")
        assert asked["resultType"] == "input_required"
        repeated = _repeat(client, asked, "accept", name="shown", arguments={})
        assert text(repeated["result"]) == "the letters\n"
        assert ran(folder) == ["shown "]


def test_secrets_reach_the_program_by_environment_and_no_plan(
    bare: Environment, tmp_path: Path
) -> None:
    spec = """
[login]
description = "Logs in"
autonomy = "confirm"

[login.args]
token = { type = "password", env = "LOGIN_TOKEN", description = "Of the service" }
"""
    program = 'echo "$#: $*"; [[ $RUNSPEC_TOKEN == s3cret-value ]] && echo right'
    folder = tools(tmp_path / "own", spec, login=program)
    with Client(bare, folder, LOGIN_TOKEN="s3cret-value") as client:
        listed = client.get("tools/list")["result"]["tools"][0]
        assert listed["inputSchema"]["properties"] == {}
        refused = client.call("login")
        assert "s3cret-value" not in text(refused)
        assert "s3cret-value" not in approve(bare, ticket(refused))
        assert text(client.call("login")) == "0: \nright\n"
