"""What a person gets of `runspec jump` to many hosts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from environments import Environment, write
from rigs import jumping
from rigs.desk import tools
from rigs.jumping import Room
from runspec.errors import RunspecError
from runspec.remote.hosts import Hosts

pytestmark = pytest.mark.slow

MANY = tuple(f"n-{number:03}" for number in range(1, 201))
ALIAS = """
[config.jump-hosts.{name}]
host = "rig"
bin = "{bin}"
groups = ["all"]
options = ["-F", "{{config}}"]
"""
RUNSPEC = """\
#!/bin/sh
HOST_NAME={name} exec {program} "$@" --path {folder}
"""
SPEC = """
[says]
description = "Says where it is"
autonomy = "autonomous"
[says.args]
status = { default = 0, description = "How it ends" }

[fails-on]
description = "Fails on one host"
autonomy = "autonomous"
[fails-on.args]
host = { type = "str", description = "Where" }

[overwrites]
description = "Moves on its terminal"
autonomy = "autonomous"

[waits]
description = "Waits"
autonomy = "autonomous"
"""
PROGRAMS = {
    "says": "echo on $HOST_NAME; echo oops >&2; printf end; exit $RUNSPEC_STATUS",
    "fails_on": "test $HOST_NAME != $RUNSPEC_HOST",
    "overwrites": "printf 'hi\\r\\033[2Jx\\n'",
    "waits": "sleep 1000 & echo $! >> $HOME/pids; wait",
}


@pytest.fixture(scope="module")
def room(bare: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tools(tmp_path_factory.mktemp("there"), SPEC, **PROGRAMS)
    here = tmp_path_factory.mktemp("fleet")
    more = ""
    for name in MANY:
        words = {"name": name, "program": bare.bin / "runspec", "folder": folder}
        program = write(here / name, {"runspec": RUNSPEC.format(**words)}) / "runspec"
        program.chmod(0o755)
        more += ALIAS.format(name=name, bin=program)
    with jumping.room(bare, here, folder, more) as made:
        yield made


def test_each_line_stands_behind_its_host(room: Room) -> None:
    done = room.run("n-[001-003]", "says")
    assert done.returncode == 0
    lines = sorted(done.stdout.splitlines())
    assert lines == sorted(
        f"n-00{n} | {text}" for n in (1, 2, 3) for text in (f"on n-00{n}", "end")
    )
    assert done.stderr.count(" | oops\n") == 3
    assert done.stderr.splitlines()[-1] == "3 ok"
    assert "n-002  0" in done.stderr


def test_outputs_are_collected_by_host(room: Room) -> None:
    done = room.run("n-001,n-002", "says", "--collect", "--parallel", "1")
    assert done.stdout == "on n-001\nendon n-002\nend"
    assert done.stderr.index("== n-001 ==") < done.stderr.index("== n-002 ==")


def test_a_group_ends_well_only_where_every_host_does(room: Room) -> None:
    done = room.run(
        *("n-001,@web,n-00[2-3],n-001,no-runspec", "fails-on", "--format", "json"),
        *("--", "--host", "n-002"),
    )
    assert done.returncode == 1
    found = json.loads(done.stdout)
    states = {each["host"]: each["state"] for each in found["hosts"]}
    assert states == {
        "n-001": "ok",
        "rig": "failed",  # it has no HOST_NAME
        "n-002": "failed",
        "n-003": "ok",
        "no-runspec": "failed",
    }
    assert found["failed"] == 3
    missing = next(e for e in found["hosts"] if e["host"] == "no-runspec")
    assert missing["problems"][0]["code"] == "runspec-missing"


def test_after_so_many_failures_no_more_are_begun(room: Room) -> None:
    done = room.run(
        *("n-[001-010]", "says", "--stop-after", "2", "--parallel", "1"),
        *("--format", "json", "--", "--status", "3"),
    )
    states = [each["state"] for each in json.loads(done.stdout)["hosts"]]
    assert sorted(states) == ["failed"] * 2 + ["not run"] * 8


def test_a_signal_ends_every_host(room: Room) -> None:
    pids = room.sshd.home / "pids"
    with room.started("n-[001-004]", "waits") as process:
        jumping.until(lambda: pids.exists() and len(pids.read_text().split()) == 4)
        process.send_signal(signal.SIGINT)
        assert process.wait(300) == 1
        jumping.gone(*map(int, pids.read_text().split()))


def test_the_tools_of_many_hosts_are_listed(room: Room) -> None:
    done = room.run("n-001,n-002", "--format", "json")
    hosts = json.loads(done.stdout)["hosts"]
    names = [[tool["name"] for tool in each["tools"]] for each in hosts]
    assert names == [["says", "fails-on", "overwrites", "waits"]] * 2


MEASURED = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""
"""Runs a command in a process that is small, which the kernel counts for it, too."""


def test_200_hosts_need_little_memory(room: Room) -> None:
    argv = room.argv("@all", "says", "--parallel", "20", "--format", "json")
    measured = [sys.executable, "-c", MEASURED, *argv]
    done = subprocess.run(
        measured, **room.place(), stdin=subprocess.DEVNULL, capture_output=True
    )
    assert done.returncode == 0
    found = json.loads(done.stdout)
    outputs = {each["host"]: each["stdout"] for each in found["hosts"]}
    assert outputs == {name: f"on {name}\nend" for name in MANY}
    assert int(done.stderr.splitlines()[-1]) < 80_000


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("a", ["a"]),
        ("a,b,a", ["a", "b"]),
        ("db-[08-11]", ["db-08", "db-09", "db-10", "db-11"]),
        ("db-[8-10]", ["db-8", "db-9", "db-10"]),
        ("r[1,3]c[01-02]", ["r1c01", "r1c02", "r3c01", "r3c02"]),
        ("[2-3].x", ["2.x", "3.x"]),
        ("ada@web", ["ada@web"]),
    ],
)
def test_ranges_stand_for_names(text: str, hosts: list[str]) -> None:
    assert list(Hosts({}).expand(text)) == hosts


@pytest.mark.parametrize(
    "text", ["", "a,", "db-[1-", "db-1]", "db-[]", "db-[a-b]", "db-[3-1]", "[1-99999]"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(RunspecError) as error:
        Hosts({}).expand(text)
    assert error.value.faults[0].code == "hosts-invalid"


def test_an_unknown_group_is_told_with_the_nearest(room: Room) -> None:
    done = room.run("@wbe", "says")
    assert done.returncode == 1
    assert "group-unknown" in done.stderr
    assert 'did you mean "web"?' in done.stderr


def test_at_a_terminal_no_host_overwrites_the_name_of_another(room: Room) -> None:
    with room.terminal("n-[001-002]", "overwrites") as terminal:
        terminal.ended()
    for name in ("n-001", "n-002"):
        assert f"{name} | hi\\r\\x1b[2Jx\n" in terminal.text
    raw = room.run("n-[001-002]", "overwrites").stdout
    assert raw.count("\x1b[2Jx\n") == 2


def test_few_descriptors_reach_fewer_hosts_at_once(room: Room) -> None:
    words = " ".join(room.argv("n-[001-030]", "says", "--parallel", "30"))
    place = room.place()
    done = subprocess.run(
        ["sh", "-c", f"ulimit -n 40; exec {words}"],
        cwd=place["cwd"],
        env=place["env"],
        capture_output=True,
        text=True,
    )
    assert "30 ok" in done.stderr
    assert done.returncode == 0
