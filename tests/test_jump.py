"""What a person gets of `runspec jump`: a tool of another host, as if it were here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from environments import Environment
from rigs import jumping
from rigs.desk import Client, tools
from rigs.jumping import Room
from rigs.sshd import Relay, silent
from runspec.remote.hosts import Hosts
from runspec.remote.ssh import Target, runspec_argv

pytestmark = pytest.mark.slow

SPEC = """
[says]
description = "Writes on both streams"
autonomy = "autonomous"
[says.args]
word = { type = "str", multiple = true, required = false, description = "Words" }
times = { default = 1, range = [1, 5], description = "How often" }
status = { default = 0, description = "How it ends" }

[copies]
description = "stdin to stdout"
autonomy = "autonomous"

[kills]
description = "Ends itself by a signal"
autonomy = "autonomous"

[waits]
description = "Waits, with a child of its own"
autonomy = "autonomous"

[floods]
description = "Writes without end"
autonomy = "autonomous"
[floods.args]
megabytes = { type = "int", position = 1, description = "How much" }

[logs-in]
description = "Has a secret"
autonomy = "autonomous"
[logs-in.args]
token = { type = "password", description = "The secret" }

[asks]
description = "Needs a yes"
autonomy = "confirm"

[forbidden]
description = "By hand"
autonomy = "manual"

[held]
description = "Its output is withheld"
autonomy = "supervised"

[who]
description = "Says who calls"
autonomy = "autonomous"

[late]
description = "Writes after a while"
autonomy = "autonomous"

[db]
description = "Has commands"
require-command = true
autonomy = "autonomous"
[db.commands.migrate]
description = "Moves on"
"""
PROGRAMS = {
    "says": 'printf "%s\\n" "$@"; echo "$RUNSPEC_TIMES times"; echo oops >&2;'
    " exit $RUNSPEC_STATUS",
    "copies": "exec cat",
    "kills": "kill -KILL $$",
    "waits": "sleep 1000 & echo $$ $!; wait",
    "floods": "exec head -c ${RUNSPEC_MEGABYTES}M /dev/zero",
    "logs_in": 'echo "$$ ${#RUNSPEC_TOKEN}"; read -r line < $HOME/gate; echo done',
    "asks": "echo ran",
    "forbidden": "echo ran",
    "held": "echo withheld; exit 3",
    "db": 'echo "$@"',
    "late": "sleep 2; echo late",
    "who": 'echo "agent ${RUNSPEC_AGENT:-no}"',
}


@pytest.fixture(scope="module")
def room(bare: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tools(tmp_path_factory.mktemp("there"), SPEC, **PROGRAMS)
    with jumping.room(bare, tmp_path_factory.mktemp("jump"), folder) as made:
        yield made


def test_a_hosts_tools_are_listed(room: Room) -> None:
    done = room.run("rig")
    assert (done.returncode, done.stderr) == (0, "")
    assert "says" in done.stdout
    assert "db migrate" in done.stdout
    assert "forbidden" not in done.stdout
    found = json.loads(room.run("rig", "--format", "json").stdout)
    names = [tool["name"] for tool in found["tools"]]
    assert names[:2] == ["says", "copies"]


def test_streams_and_exit_status_are_the_tools_own(room: Room) -> None:
    done = room.run("rig", "says", "--", "--word", "a b", "--word=$x'", "--status=7")
    assert done.returncode == 7
    assert done.stdout == "--word\na b\n--word=$x'\n--status=7\n1 times\n"
    assert done.stderr == "oops\n"


def test_a_signal_that_ends_the_tool_ends_the_call(room: Room) -> None:
    assert room.run("rig", "kills").returncode == -signal.SIGKILL


def test_what_is_piped_in_arrives_byte_for_byte(room: Room) -> None:
    data = os.urandom(3_000_000)
    done = subprocess.run(
        room.argv("rig", "copies"),
        **room.place(),
        input=data,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == data


def test_a_wrong_call_is_refused_in_the_words_of_the_tool(room: Room) -> None:
    done = room.run("rig", "says", "--", "--tims", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean --times?" in done.stderr
    assert "Usage: says" in done.stderr
    done = room.run("rig", "says", "--", "--times", "9")
    assert done.returncode == 2
    assert "must be between 1 and 5" in done.stderr
    done = room.run("rig", "db")
    assert done.returncode == 2
    assert "migrate" in done.stderr
    assert room.run("rig", "db", "migrate").stdout == "migrate\n"
    assert "Has commands" in room.run("rig", "db", "--", "--help").stdout


def test_a_second_call_costs_no_handshake(room: Room) -> None:
    room.run("rig", "db", "migrate")
    before = room.sshd.log.count("Accepted publickey")
    assert before
    assert room.run("rig", "db", "migrate").returncode == 0
    assert room.sshd.log.count("Accepted publickey") == before


def test_a_banner_and_a_talkative_login_are_passed_over(room: Room) -> None:
    rc = room.sshd.home / ".bashrc"
    rc.write_text("set -x\necho Welcome\necho '{\"not\": \"it\"}'\nprintf 'no end: '\n")
    try:
        done = room.run("rig", "db", "migrate")
    finally:
        rc.unlink()
    assert (done.returncode, done.stdout, done.stderr) == (0, "migrate\n", "")


def test_a_proxy_is_gone_through(room: Room) -> None:
    assert room.run("behind", "db", "migrate").stdout == "migrate\n"


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("wrong-key", "host-unreachable"),
        ("unknown-key", "host-unreachable"),
        ("no-runspec", "runspec-missing"),
        ("silent", "host-unreachable"),
        ("stuck", "host-silent"),
    ],
)
def test_what_is_wrong_with_a_host_is_one_line(
    room: Room, host: str, code: str
) -> None:
    with silent() as port:
        room.sshd.client(port, name="silent")
        if host == "unknown-key":
            room.sshd.known("other_key")
        try:
            done = room.run(host, "db", "migrate", "--timeout", "2")
        finally:
            room.sshd.known("host_key")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"error[{code}]" in done.stderr.splitlines()[0]


def test_a_host_that_dies_while_it_writes_is_noticed(room: Room) -> None:
    with Relay(room.sshd.port) as relay:
        room.sshd.client(relay.port, name="relay")
        with room.started("dying", "floods", "1000") as process:
            assert process.stdout is not None
            process.stdout.read(1_000_000)
            relay.freeze()
            process.stdout.read()
            assert process.wait(300) == 1
            assert process.stderr is not None
            assert b"error[host-lost]" in process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_call_ends_all_that_it_started(
    room: Room, number: signal.Signals
) -> None:
    with room.started("rig", "waits") as process:
        assert process.stdout is not None
        pids = [int(each) for each in process.stdout.readline().split()]
        assert len(pids) == 2
        process.send_signal(number)
        assert process.wait(300) == -number
        jumping.gone(*pids)


def test_a_client_that_is_no_longer_heard_is_gone(
    bare: Environment, tmp_path: Path
) -> None:
    folder = tools(tmp_path / "own", SPEC, **PROGRAMS)
    alive = jumping.extension(alive=0.1)
    with Client(bare, folder, capabilities=alive) as client:
        client.ask("runspec/run", name="waits", argv=[])
        pids = jumping.written(client).split()
        jumping.gone(*map(int, pids))
        client.process.wait(300)


def test_a_client_that_says_that_it_stops_may_be_silent(
    bare: Environment, tmp_path: Path
) -> None:
    folder = tools(tmp_path / "own", SPEC, **PROGRAMS)
    alive = jumping.extension(alive=0.1)
    with Client(bare, folder, capabilities=alive) as client:
        number = client.ask("runspec/run", name="late", argv=[])
        client.say({"jsonrpc": "2.0", "method": "runspec/suspend"})
        assert jumping.written(client) == "late"
        assert client.response(number)["result"]["status"] == 0
        client.say({"jsonrpc": "2.0", "method": "runspec/resume"})
        client.process.wait(300)


def test_a_jump_that_is_suspended_goes_on_where_it_was(room: Room) -> None:
    with room.terminal("rig", "waits") as terminal:
        pids = [int(each) for each in terminal.line().split()]
        terminal.type("\x1a")
        jumping.until(lambda: terminal.is_stopped)
        terminal.resume()
        terminal.type("\x03")
        terminal.ended()
        jumping.gone(*pids)


def test_a_tool_hears_whether_an_agent_calls(room: Room) -> None:
    assert room.run("rig", "who").stdout == "agent no\n"
    assert room.run("rig", "who", RUNSPEC_AGENT="1").stdout == "agent 1\n"


def test_a_person_is_asked_as_one(room: Room) -> None:
    with room.terminal("rig", "asks") as terminal:
        terminal.wait("A person asks to run asks")


def test_a_command_in_sshs_own_configuration_is_not_run(
    room: Room, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    text = room.sshd.config.read_text("utf-8")
    config.write_text(f"{text}    RemoteCommand echo wrong\n", "utf-8")
    target = Target("rig", program="/nowhere/runspec", options=["-F", str(config)])
    done = subprocess.run(runspec_argv(target, ["serve"]), capture_output=True)
    assert (done.returncode, done.stdout) == (127, b"")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("[::1]:2299", "::1 2299"),
        ("ada@[::1]:2299", "ada@::1 2299"),
        ("[fe80::1%eth0]", "fe80::1%eth0 None"),
    ],
)
def test_an_address_of_ipv6_may_have_a_port(name: str, place: str) -> None:
    hosts = Hosts({})
    assert hosts.expand(name) == (name,)
    assert hosts.expand(f"db-[1-2],{name}") == ("db-1", "db-2", name)
    target = hosts.target(name)
    assert f"{target.host} {target.port}" == place


def test_one_address_of_ipv6_is_no_fleet(room: Room) -> None:
    done = room.run("[::1]:1", "who")
    assert done.returncode == 1
    assert "host-unreachable" in done.stderr
    assert "1 failed" not in done.stderr


def test_200_megabytes_need_no_more_memory_than_a_few(room: Room) -> None:
    """Nobody reads at first: then the program waits, and nothing grows."""
    with room.started("rig", "floods", "200") as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"\0"
        head = jumping.one(room.sshd, "head")
        assert jumping.settled(head) < 8_000_000
        server = jumping.one(room.sshd, "runspec")
        size = 1
        while data := process.stdout.read1(1 << 20):  # type: ignore[attr-defined]
            size += len(data)
            if size > 150_000_000 and server:
                assert jumping.peak(server) < 80_000
                assert jumping.peak(process.pid) < 80_000
                server = 0
        assert (size, process.wait(300)) == (200 << 20, 0)


def test_a_secret_is_asked_for_here_and_stands_nowhere_else(room: Room) -> None:
    gate = room.sshd.home / "gate"
    os.mkfifo(gate)
    with room.terminal("rig", "logs-in") as terminal:
        terminal.wait("token (rig): ")
        terminal.type("hunter2-secret\n")
        own, length = terminal.line().split()
        assert length == str(len("hunter2-secret"))
        assert jumping.seen("hunter2-secret") <= {int(own)}
        opened = os.open(gate, os.O_RDWR)  # never waits for the other side
        os.write(opened, b"\n")
        terminal.wait("done")
        assert terminal.ended() == 0
        assert "hunter2" not in terminal.text
        os.close(opened)
    done = room.run("rig", "logs-in")
    assert done.returncode == 2
    assert "token is required" in done.stderr
    for path in room.environment.place.rglob("journal*"):
        assert b"hunter2" not in path.read_bytes()


def test_a_yes_is_given_at_this_terminal(room: Room) -> None:
    with room.terminal("rig", "asks") as terminal:
        terminal.wait("Approve it on rig? Type the code, or no: ")
        terminal.type_code()
        terminal.wait("ran")
        assert terminal.ended() == 0


def test_a_withheld_output_is_released_at_this_terminal(room: Room) -> None:
    with room.terminal("rig", "held") as terminal:
        terminal.wait("Type the code, or no: ")
        terminal.type_code()
        assert terminal.ended() == 3
        assert terminal.text.rstrip().endswith("withheld")


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("asks", "runspec approve"),
        ("held", "runspec approve"),
        ("forbidden", "Only a person may run this"),
    ],
)
def test_without_a_terminal_nobody_says_yes(room: Room, tool: str, words: str) -> None:
    done = room.run("rig", tool)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr


def test_both_sides_have_it_in_their_history(room: Room) -> None:
    room.run("rig", "says", "--", "--times", "2")
    command = ("history", "--format", "json", "--runnable", "says", "--limit", "1")
    (here,) = json.loads(room.environment.run(*command).stdout)
    home = str(room.sshd.home)
    (there,) = json.loads(room.environment.run(*command, HOME=home).stdout)
    assert (here["via"], there["via"]) == ("jump", "serve")
    assert here["spec"] == f"rig:{there['spec']}"
    assert here["status"] == there["status"] == 0


class TestTheExtension:
    """Whoever has it gains nothing but the streams."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tools(tmp_path / "own", SPEC, **PROGRAMS)

    @pytest.mark.parametrize("tool", ["asks", "held", "forbidden"])
    def test_levels_of_autonomy_hold(
        self, bare: Environment, folder: Path, tool: str
    ) -> None:
        with Client(bare, folder, capabilities=jumping.extension()) as client:
            answer = client.get("runspec/run", name=tool, argv=[])["result"]
            assert answer["isError"] is True
            assert "status" not in answer

    def test_an_answer_counts_as_for_any_call(
        self, bare: Environment, folder: Path
    ) -> None:
        has = {**jumping.extension(), "elicitation": {}}
        with Client(bare, folder, capabilities=has) as client:
            number = client.ask("runspec/run", name="asks", argv=[])
            client.person_answers(client.question(), "accept")
            assert jumping.written(client) == "ran"
            assert client.response(number)["result"]["status"] == 0

    def test_others_do_not_have_it(self, bare: Environment, folder: Path) -> None:
        with Client(bare, folder) as client:
            experimental = client.greeting["capabilities"]["experimental"]
            assert list(experimental) == ["io.runspec/autonomy"]
            for method in ("runspec/run", "runspec/describe"):
                answer = client.get(method, name="says", argv=[])
                assert answer["error"]["code"] == -32601


WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(words=st.lists(WORDS, max_size=8))
@settings(max_examples=60)
def test_words_reach_the_other_shell_as_they_are(words: list[str]) -> None:
    argv = runspec_argv(Target("h", program="printf/runspec"), ["%s\\0", *words])
    line = " ".join(argv[argv.index("--") + 3 :])
    done = subprocess.run(["sh", "-c", f"printf {line}"], capture_output=True)
    assert done.returncode == 0
    assert done.stdout == b"".join(each.encode() + b"\0" for each in words or [""])


NAMES = st.text(
    st.characters(exclude_characters="/", categories=("L", "N", "P", "S", "Zs")),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in (".", "..") and name.isprintable())
"""Of a directory; one that begins with `-` is refused, as the corpus says."""


@given(name=NAMES)
@example(name="+")
@example(name="+ö")
@settings(max_examples=60)
def test_no_path_of_runspec_runs_anything_else(tmp_path: Path, name: str) -> None:
    assume(not name.startswith("-"))
    program = tmp_path / name / "runspec"
    program.parent.mkdir(exist_ok=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n')
    program.chmod(0o700)
    argv = runspec_argv(Target("h", program=f"{name}/runspec"), ["serve"])
    line = " ".join(argv[argv.index("--") + 2 :])
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True)
    itself = os.fsencode(f"{name}/runspec") + b"\nserve\n"
    if name.startswith("~"):
        assert done.stdout in (b"", itself)
    else:
        assert done.stdout in (itself, b"./" + itself)
        assert done.stderr == b""
