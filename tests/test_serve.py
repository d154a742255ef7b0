"""What an agent gets of `runspec serve` on standard input and output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from environments import Environment, wheel, write
from rigs.desk import ASKS, READ_OUTPUT, STATELESS, VERSIONS, Client, said, text, tools
from rigs.servers import META, PATIENCE, request

pytestmark = pytest.mark.slow

SPEC = """
[echo]
description = "Repeats its arguments"
autonomy = "autonomous"
effects = "read"
examples = [{ cmd = "echo --word hi", description = "Just a word" }]

[echo.args]
word = { type = "str", required = false, description = "A word" }
count = { default = 1, range = [1, 5], description = "How often" }

[fails]
description = "Fails"
autonomy = "autonomous"

[big]
description = "Prints ten million bytes"
autonomy = "autonomous"

[numbers]
description = "Prints JSON"
autonomy = "autonomous"
output = "json"
[numbers.output-schema]
type = "object"
properties = { total = { type = "integer" } }
required = ["total"]

[waits]
description = "Waits for others"
autonomy = "autonomous"

[steps]
description = "Tells how far it is"
autonomy = "autonomous"
"""
PROGRAMS = {
    "echo": 'printf "%s\\n" "$@"; echo "agent=$RUNSPEC_AGENT"; wc -c < /dev/stdin',
    "fails": "echo half; echo 'no room' >&2; exit 3",
    "big": "echo begin; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo end",
    "numbers": """echo '{"total": 3}'""",
    # Each waits until as many are there as the test says.
    "waits": "echo >> here; until [[ $(wc -l < here) -ge $(<wanted) ]]; do :; done",
    "steps": 'for i in 1 2 3; do echo "$i/3 step $i" >&"$RUNSPEC_PROGRESS"; done',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tools(tmp_path / "own", SPEC, **PROGRAMS)


@pytest.mark.parametrize("revision", VERSIONS)
def test_the_revision_that_a_client_asks_for_is_spoken(
    bare: Environment, folder: Path, revision: str
) -> None:
    with Client(bare, folder, revision=revision) as client:
        assert client.greeting["protocolVersion"] == revision
        assert client.names() == ["echo", "fails", "big", "numbers", "waits", "steps"]
        assert "agent=1" in text(client.call("echo"))


def test_a_client_of_an_unknown_revision_is_offered_the_newest_with_a_handshake(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, revision="2099-01-01") as client:
        assert client.greeting["protocolVersion"] == "2025-11-25"


def test_a_stateless_client_needs_no_handshake(bare: Environment, folder: Path) -> None:
    with Client(bare, folder, revision=STATELESS) as client:
        found = client.get("server/discover")["result"]
        assert found["supportedVersions"] == [STATELESS]
        assert found["resultType"] == "complete"
        listed = client.get("tools/list")["result"]
        assert listed["ttlMs"] > 0
        assert listed["cacheScope"] == "private"
        assert client.call("echo")["resultType"] == "complete"
        wrong = request("tools/list", 9, _meta=META | {next(iter(META)): "1900-01-01"})
        client.say(wrong)
        error = client.next()["error"]
        assert error["code"] == -32022
        assert error["data"] == {"supported": [STATELESS], "requested": "1900-01-01"}
        assert client.get("ping")["error"]["code"] == -32601


def test_a_tool_is_listed_with_what_a_client_needs_to_judge_it(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        listed = client.get("tools/list")["result"]["tools"]
        echo, numbers = listed[0], listed[3]
        assert echo["title"] == "echo"
        assert "Repeats its arguments" in echo["description"]
        assert "echo --word hi" in echo["description"]
        assert echo["inputSchema"]["additionalProperties"] is False
        assert echo["annotations"]["readOnlyHint"] is True
        assert echo["x-autonomy"] == echo["_meta"]["dev.runspec/autonomy"]
        assert numbers["outputSchema"]["required"] == ["total"]


def test_a_value_that_looks_like_an_option_stays_a_value(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        result = client.call("echo", word="--count=5; rm -rf / #", count=2)
        lines = text(result).splitlines()
        assert lines == ["--word=--count=5; rm -rf / #", "--count=2", "agent=1", "0"]


def test_a_wrong_call_says_all_that_is_wrong_and_what_would_do(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        result = client.call("echo", wrod="hi")
        assert result["isError"]
        error = said(result)["error"]
        assert error["problems"][0]["suggestion"] == "word"
        out_of_range = client.call("echo", count=9)
        assert said(out_of_range)["error"]["problems"][0]["code"] == "out-of-range"


def test_a_failure_has_what_was_printed_and_the_exit_status(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        result = client.call("fails")
        assert result["isError"]
        assert "half" in text(result)
        assert "exit status 3" in text(result)
        assert "no room" in text(result)


def test_json_comes_as_structured_content_where_the_revision_has_it(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder, revision="2025-06-18") as client:
        assert client.call("numbers")["structuredContent"] == {"total": 3}
    with Client(bare, folder, revision="2025-03-26") as client:
        result = client.call("numbers")
        assert "structuredContent" not in result
        assert json.loads(text(result)) == {"total": 3}


def test_a_long_output_is_given_head_and_tail_and_can_be_read_whole(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        result = client.call("big")
        shown = text(result)
        first, begin, *_ = shown.splitlines()
        assert first.startswith("[10000011 bytes: shown are the first 15000 ")
        assert begin.startswith("begin")
        assert shown.endswith("end\n")
        assert len(shown) < 31_000
        (link,) = (b for b in result["content"] if b["type"] == "resource_link")
        whole, uri = "", link["uri"]
        while uri:
            (part,) = client.get("resources/read", uri=uri)["result"]["contents"]
            whole += part["text"]
            uri = part.get("_meta", {}).get("dev.runspec/next")
        assert whole == "begin\n" + "x" * 10_000_000 + "\nend\n"


def test_a_model_reads_a_long_output_by_the_built_in_tool(
    bare: Environment, tmp_path: Path
) -> None:
    spec = '[log]\ndescription = "x"\nautonomy = "autonomous"\neffects = "read"\n'
    program = 'for i in {1..9000}; do echo "line $i"; done; echo "the ERROR is here"'
    folder = tools(tmp_path / "own", spec, log=program)
    with Client(bare, folder) as client:
        *_, reader = client.get("tools/list")["result"]["tools"]
        assert reader["name"] == READ_OUTPUT
        assert reader["annotations"]["readOnlyHint"] is True
        first, *_ = text(client.call("log")).splitlines()
        uri = first.split(" at ")[1].split()[0]
        found = text(client.call(READ_OUTPUT, uri=uri, grep="ERROR"))
        head, line = found.splitlines()
        assert "; the end]" in head
        offset, _, words = line.partition(": ")
        assert words == "the ERROR is here"
        part = text(client.call(READ_OUTPUT, uri=uri, offset=int(offset), length=9))
        assert part.splitlines()[1] == "the ERROR"
        assert f"go on with offset {int(offset) + 9}" in part
        every = text(client.call(READ_OUTPUT, uri=uri, grep="line", length=1000))
        assert "go on with offset " in every.splitlines()[0]
        assert every.splitlines()[1] == "0: line 1"


def test_a_wrong_read_of_an_output_says_what_is_wrong(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        for arguments, words in (
            ({}, "uri must be a string"),
            ({"uri": "runspec://output/0"}, "no such output"),
            ({"uri": "x", "offset": -1}, "offset must be 0 to"),
            ({"uri": "x", "offset": True}, "offset must be an integer"),
            ({"uri": "x", "grep": ""}, "at least one character"),
            ({"uri": "x", "tail": 5}, "unknown argument: tail"),
        ):
            result = client.call(READ_OUTPUT, **arguments)
            assert result["isError"]
            assert words in text(result)


def test_a_queued_call_says_how_many_are_before_it(
    bare: Environment, folder: Path
) -> None:
    (folder / "wanted").write_text("2\n")
    with Client(bare, folder, "--jobs", "1") as client:
        first = client.ask("tools/call", name="waits", arguments={})
        told = client.ask(
            "tools/call", name="echo", _meta={"progressToken": "second"}, arguments={}
        )
        queued = client.next()["params"]
        assert queued["progressToken"] == "second"
        assert queued["message"] == "queued: 0 before it"
        with (folder / "here").open("a") as here:
            here.write("\n\n")
        ended = [client.next()["id"], client.next()["id"]]
        assert ended == [first, told]


def test_what_a_tool_says_of_its_progress_is_passed_on(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        params = {"name": "steps", "_meta": {"progressToken": "p"}}
        client.say(request("tools/call", 7, **params))
        told = []
        while "id" not in (message := client.next()):
            told.append(message["params"])
        assert told[-1] == {
            "progressToken": "p",
            "progress": 3,
            "total": 3,
            "message": "step 3",
        }


def test_calls_run_side_by_side_and_a_ping_is_answered_meanwhile(
    bare: Environment, folder: Path
) -> None:
    (folder / "wanted").write_text("9")
    with Client(bare, folder) as client:
        calls = {client.begin("waits") for _ in range(8)}
        assert client.get("ping")["result"] == {}, "before any of the eight"
        with (folder / "here").open("a") as here:
            here.write("the test\n")
        assert {client.next()["id"] for _ in calls} == calls


def test_no_more_calls_run_at_once_than_is_allowed(
    bare: Environment, folder: Path
) -> None:
    (folder / "wanted").write_text("3")
    with Client(bare, folder, "--jobs", "2") as client:
        calls = {client.begin("waits") for _ in range(3)}
        here = folder / "here"
        until = monotonic() + PATIENCE
        while not here.exists() or here.read_text() != "\n\n":
            assert client.get("ping")["result"] == {}
            assert monotonic() < until
        for _ in range(50):
            assert client.get("ping")["result"] == {}
        assert here.read_text() == "\n\n"
        with here.open("a") as file:
            file.write("the test\n")
        assert {client.next()["id"] for _ in calls} == calls


def test_a_broken_spec_is_left_out_and_said_and_the_others_work(
    bare: Environment, folder: Path
) -> None:
    broken = '\n[broken]\ndescription = "x"\n[broken.args]\nn = { type = "integer" }\n'
    with (folder / "runspec.toml").open("a") as file:
        file.write(broken)
    with Client(bare, folder) as client:
        assert "broken" not in client.names()
        assert "agent=1" in text(client.call("echo"))
        (fault,) = client.get("resources/list")["result"]["resources"]
        assert fault["uri"] == "runspec://faults"
        read = client.get("resources/read", uri="runspec://faults")["result"]
        assert "runspec.toml:" in read["contents"][0]["text"]
        assert "runspec.toml:" in client.said()


def test_clients_are_told_when_a_package_comes_or_goes(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    environment = make_environment()
    spec = '[late]\ndescription = "Came later"\nautonomy = "autonomous"\n'
    files = {"late/__init__.py": "", "late/runspec.toml": spec}
    package = wheel(tmp_path, "late", files)
    listen = {"notifications": {"toolsListChanged": True}}
    with Client(environment, tmp_path, revision=STATELESS) as client:
        assert client.names() == []
        stream = client.ask("subscriptions/listen", **listen)
        subscription = "io.modelcontextprotocol/subscriptionId"
        acknowledged = client.next()
        assert acknowledged["params"]["notifications"] == {"toolsListChanged": True}
        environment.install(package)
        told = client.next()
        assert told["method"] == "notifications/tools/list_changed"
        assert told["params"]["_meta"] == {subscription: stream}
        assert client.names() == ["late"]
        client.stdin.close()
        assert client.next()["id"] == stream
    with Client(environment, tmp_path) as client:
        assert client.names() == ["late"]
        environment.uninstall("late")
        assert client.next()["method"] == "notifications/tools/list_changed"
        assert client.names() == []


def test_a_long_list_comes_in_pages(bare: Environment, tmp_path: Path) -> None:
    sections = [
        f'[tool-{n}]\ndescription = "x"\nautonomy = "autonomous"\n'
        for n in range(1_100)
    ]
    folder = write(tmp_path / "own", {"runspec.toml": "".join(sections)})
    with Client(bare, folder, "--listed", "1100") as client:
        found, cursor = [], {}
        while True:
            page = client.get("tools/list", **cursor)["result"]
            found += [tool["name"] for tool in page["tools"]]
            if "nextCursor" not in page:
                break
            cursor = {"cursor": page["nextCursor"]}
        assert found[:-1] == [f"tool-{n}" for n in range(1_100)]
        assert client.get("tools/list", cursor="no such")["error"]["code"] == -32602


def test_only_what_is_meant_for_agents_here_is_served(
    bare: Environment, tmp_path: Path
) -> None:
    spec = """
[everywhere]
description = "x"
autonomy = "autonomous"
[helper]
description = "x"
autonomy = "autonomous"
discoverable = false
[remote]
description = "x"
autonomy = "autonomous"
serve = ["remote"]
[elsewhere]
description = "x"
autonomy = "autonomous"
hosts = ["no-such-host-*"]
"""
    folder = write(tmp_path / "own", {"runspec.toml": spec})
    with Client(bare, folder) as client:
        assert client.names() == ["everywhere"]
        assert client.get("tools/call", name="helper")["error"]["code"] == -32602
    with Client(bare, folder, SSH_CONNECTION="1 2 3 4") as client:
        assert client.names() == ["everywhere", "remote"]
    with Client(bare, folder, "--exclude", "every*", "-i", "*") as client:
        assert client.names() == []


def test_the_server_has_the_name_of_its_config_or_of_its_environment(
    bare: Environment, folder: Path
) -> None:
    with Client(bare, folder) as client:
        assert client.greeting["serverInfo"]["name"] == bare.place.parent.name
    spec = '[config]\nname = "ops"\n' + SPEC
    (folder / "runspec.toml").write_text(spec)
    with Client(bare, folder) as client:
        assert client.greeting["serverInfo"]["name"] == "ops"


def test_a_tool_that_runs_as_somebody_else_is_refused(
    bare: Environment, tmp_path: Path
) -> None:
    spec = '[x]\ndescription = "x"\nautonomy = "autonomous"\nrun_as = "nobody-here"\n'
    folder = tools(tmp_path / "own", spec, x="id -un")
    with Client(bare, folder) as client:
        result = client.call("x")
        assert result["isError"]
        assert "nobody-here" in text(result)


def test_a_call_that_waits_for_a_person_takes_no_place_of_others(
    bare: Environment, tmp_path: Path
) -> None:
    spec = """
[asks]
description = "x"
autonomy = "confirm"
[free]
description = "x"
autonomy = "autonomous"
"""
    folder = tools(tmp_path / "own", spec, asks="echo asked", free="echo free")
    with Client(bare, folder, "--jobs", "1", capabilities=ASKS) as client:
        client.begin("asks")
        client.question()
        assert text(client.call("free")) == "free\n"


def test_a_python_tool_starts_as_on_the_command_line(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    spec = '[tells]\ndescription = "x"\nautonomy = "autonomous"\n'
    program = (
        "import os, sys\n"
        "def main():\n"
        "    line = open('/proc/self/cmdline').read().split('\\0')\n"
        "    depth = len(sys._getframe().f_back.f_code.co_filename)\n"
        "    names = [os.path.basename(each) for each in line]\n"
        "    print(names, depth, hash('a text'), sep='|')\n"
    )
    files = {"tells/__init__.py": program, "tells/runspec.toml": spec}
    environment = make_environment()
    environment.install(wheel(tmp_path, "tells", files, {"tells": "tells:main"}))
    plain = environment.run(program="tells").stdout.split("|")
    with Client(environment, tmp_path) as client:
        found = [text(client.call("tells")).split("|") for _ in range(3)]
    assert [each[:2] for each in found] == [plain[:2]] * 3
    assert len({each[2] for each in found}) == 3


def test_a_warm_tool_s_module_is_imported_once_and_each_call_is_still_its_own(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    spec = '[hot]\ndescription = "x"\nautonomy = "autonomous"\nwarm = true\n'
    program = (
        "import os\nimport runspec\n"
        "imported_in = os.getpid()\ncount = 0\n"
        "def main():\n"
        "    global count\n    count += 1\n    runspec.parse()\n"
        "    print(imported_in, imported_in != os.getpid(), count)\n"
    )
    files = {"hot/__init__.py": program, "hot/runspec.toml": spec}
    environment = make_environment()
    environment.install(wheel(tmp_path, "hot", files, {"hot": "hot:main"}))
    with Client(environment, tmp_path) as client:
        outputs = {text(client.call("hot")) for _ in range(3)}
        assert len(outputs) == 1
        assert outputs.pop().endswith(" True 1\n")


def test_secrets_that_a_tool_prints_are_masked_whatever_form_they_have(
    bare: Environment, tmp_path: Path
) -> None:
    spec = """
[leaks]
description = "x"
autonomy = "autonomous"

[leaks.args]
key = { type = "password", env = "LEAK_KEY", description = "x" }
"""
    program = (
        'echo "plain $RUNSPEC_KEY"; echo -n "$RUNSPEC_KEY" | base64;'
        ' echo "password=other-secret" >&2; exit 1'
    )
    folder = tools(tmp_path / "own", spec, leaks=program)
    with Client(bare, folder, LEAK_KEY="open sesame/42") as client:
        said = text(client.call("leaks"))
        assert "sesame" not in said
        assert "b3BlbiBz" not in said
        assert "other-secret" not in said
        assert "plain ***" in said


def test_a_denied_tool_is_refused_with_the_reason_and_the_ledger_says_so(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    environment = make_environment()
    spec = '[x]\ndescription = "x"\nautonomy = "autonomous"\n'
    folder = tools(tmp_path / "own", spec, x="echo ran")
    environment.run("deny", "add", "x", "--reason", "under repair")
    with Client(environment, folder) as client:
        result = client.call("x")
        assert result["isError"]
        assert "under repair" in text(result)
        environment.run("deny", "remove", "1")
    kinds = [
        json.loads(line)["kind"]
        for path in environment.home.rglob("audit.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert "refusal" in kinds
    assert "start" not in kinds


def test_a_wrong_call_is_a_refusal_in_the_ledger(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    environment = make_environment()
    spec = '[x]\ndescription = "x"\nautonomy = "autonomous"\n'
    folder = tools(tmp_path / "own", spec, x="echo ran")
    with Client(environment, folder) as client:
        assert client.call("x", wrong=1)["isError"]
    (told,) = json.loads(environment.run("audit", "--format", "json").stdout)
    assert (told["kind"], told["runnable"]) == ("refusal", "x")
    assert told["why"] == "unknown-argument"


def test_a_call_is_in_the_history_and_in_the_ledger(
    make_environment: Callable[[], Environment], tmp_path: Path
) -> None:
    environment = make_environment()
    spec = '[x]\ndescription = "x"\nautonomy = "autonomous"\n'
    folder = tools(tmp_path / "own", spec, x="exit 7")
    with Client(environment, folder) as client:
        assert client.call("x")["isError"]
    (run,) = json.loads(environment.run("history", "--format", "json").stdout)
    assert (run["runnable"], run["via"], run["status"]) == ("x", "serve", 7)
    assert environment.run("audit", "verify").returncode == 0


@pytest.mark.slow
def test_more_than_a_hundred_tools_are_two_for_agents_and_all_for_runspec(
    bare: Environment, tmp_path: Path
) -> None:
    tool = 'description = "Does it"\nautonomy = "autonomous"\n'
    spec = "".join(f"[t{n}]\n{tool}" for n in range(101))
    folder = tools(tmp_path / "own", spec, t7="echo seven")
    with Client(bare, folder) as client:
        assert client.names() == ["runspec_search_tools", "runspec_call_tool"]
        called = client.call("runspec_call_tool", name="t7", arguments={})
        assert text(called) == "seven\n"
        unknown = client.response(client.begin("runspec_call_tool", name="t777"))
        assert "Unknown tool: t777" in unknown["error"]["message"]
        unnamed = client.response(client.begin("runspec_call_tool"))
        assert '"name" must be a string' in unnamed["error"]["message"]
    info = {"name": "runspec", "version": "1"}
    with Client(bare, folder, revision=STATELESS) as client:
        meta = META | {"io.modelcontextprotocol/clientInfo": info}
        client.say(request("tools/list", 1, _meta=meta))
        assert len(client.response(1)["result"]["tools"]) > 50
