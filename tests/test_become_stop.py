"""Stop means stop: what runs as another user ends, though nobody may signal it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pexpect
import pytest

from environments import write
from rigs.desk import Client, text
from rigs.family import FAMILY, PATIENCE, Family
from rigs.users import Users

pytestmark = pytest.mark.slow

SPEC = """\
[tree]
description = "Starts a family of processes and waits"
autonomy = "autonomous"
run_as = "{user}"

[short]
description = "The same, for three seconds at most"
autonomy = "autonomous"
run_as = "{user}"
timeout = 3

[daemon]
description = "Ends, and leaves a process behind"
autonomy = "autonomous"
run_as = "{user}"
"""
BEHIND = """
(setsid bash -c 'echo $BASHPID > pids; exec sleep 1000' > /dev/null 2>&1 &)
echo done
"""


@pytest.fixture
def family(users: Users) -> Iterator[Family]:
    path = Path(mkdtemp(prefix="tree-", dir=users.folder))
    path.chmod(0o755)
    spec = SPEC.format(user=users.oracle.pw_name)
    programs = {"tree.sh": FAMILY, "short.sh": FAMILY, "daemon.sh": BEHIND}
    found = Family(write(path, {"runspec.toml": spec, **programs}))
    os.chown(path, users.caller.pw_uid, users.caller.pw_gid)
    yield found
    found.close()
    shutil.rmtree(path)


def server(users: Users, family: Family) -> Client:
    return Client(users, family.folder)  # type: ignore[arg-type]


def test_a_cancelled_call_ends_with_its_whole_family(
    users: Users, family: Family
) -> None:
    with server(users, family) as client:
        call = client.begin("tree")
        family.begun()
        method = "notifications/cancelled"
        client.say({"jsonrpc": "2.0", "method": method, "params": {"requestId": call}})
        assert family.gone()


def test_a_timeout_ends_the_whole_family(users: Users, family: Family) -> None:
    with server(users, family) as client:
        result = client.call("short")
        assert "timeout" in text(result)
        family.begun(1)  # a busy machine may not get further in that time
        assert family.gone(0)


def test_a_server_that_is_killed_leaves_nothing_behind(
    users: Users, family: Family
) -> None:
    with server(users, family) as client:
        client.begin("tree")
        family.begun()
        client.process.kill()
        assert family.gone()


def test_what_a_tool_leaves_behind_ends_with_it(users: Users, family: Family) -> None:
    with server(users, family) as client:
        assert text(client.call("daemon")) == "done\n"
        family.begun(1)
        assert family.gone(0)


def started(users: Users, family: Family) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(users.bin / "runspec"), "run", "tree"],
        cwd=family.folder,
        env=users.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_ends_with_its_whole_family(
    users: Users, family: Family, number: signal.Signals
) -> None:
    with started(users, family) as process:
        family.begun()
        process.send_signal(number)
        assert family.gone()
        process.wait(PATIENCE)


@pytest.mark.parametrize("pty", ["use_pty", "!use_pty"])
def test_an_interrupt_at_the_terminal_ends_the_whole_family(
    users: Users, family: Family, pty: str
) -> None:
    before = users.sudoers.read_text("utf-8").strip()
    users.allow(f"Defaults:{users.caller.pw_name} {pty}", before)
    child = pexpect.spawn(
        str(users.bin / "runspec"),
        ["run", "tree"],
        cwd=str(family.folder),
        env=users.environ(TERM="dumb"),
        timeout=PATIENCE,
    )
    try:
        family.begun()
        child.sendintr()
        assert family.gone()
        child.expect(pexpect.EOF)
        child.wait()
        assert child.signalstatus == signal.SIGINT
    finally:
        child.close(force=True)
        users.allow(before)


def test_what_a_person_starts_may_go_on_behind_it(users: Users, family: Family) -> None:
    done = users.run("run", "daemon", cwd=family.folder)
    assert (done.stdout, done.returncode) == ("done\n", 0)
    family.begun(1)
    assert not family.gone(0.5)
    family.kill()
