"""What another user, or what stands in PATH, can't do to whom it runs for."""

from __future__ import annotations

import marshal
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from socket import socketpair
from tempfile import mkdtemp

import pytest
from hypothesis import given, strategies

from environments import write
from launching import until
from rigs.users import Users
from runspec.run import handover

SPEC = """\
[naps]
description = "Waits, and has a child that does"
autonomy = "autonomous"
run_as = "{user}"
"""
NAPS = 'setsid sleep 1000 & echo "$$"; exec sleep 1000'
STOPS_ITS_KEEPER = 'kill -STOP "$PPID"; echo "$$"; exec sleep 1000'
ROUNDS = 12
SOON = 0.3
"""Seconds in which a program has started."""
PATIENCE = 300.0


@pytest.fixture
def folder(users: Users) -> Iterator[Path]:
    path = Path(mkdtemp(prefix="trust-", dir=users.folder))
    path.chmod(0o755)
    spec = SPEC.format(user=users.oracle.pw_name)
    yield write(path, {"runspec.toml": spec, "naps.sh": NAPS})
    shutil.rmtree(path)


def started(users: Users, folder: Path, **variables: str) -> subprocess.Popen[str]:
    """One that no terminal tells anything."""
    return subprocess.Popen(
        [str(users.bin / "runspec"), "run", "naps"],
        cwd=folder,
        env=users.environ(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left(users: Users) -> list[str]:
    """What still runs as the other user."""
    line = ("ps", "-u", users.oracle.pw_name, "-o", "stat=,pid=")
    said = subprocess.run(line, capture_output=True, text=True).stdout
    return [each for each in said.splitlines() if not each.startswith("Z")]


def kill_left(users: Users) -> None:
    for each in left(users):
        os.kill(int(each.split()[1]), signal.SIGKILL)


# What it says of its end


@pytest.mark.parametrize(
    "report", [(0, True, "", 0), (-9, True, "é x\ny", 3), (127, False, "no", 0)]
)
def test_a_report_arrives_as_it_was_told(report: handover.Report) -> None:
    near, far = socketpair()
    with near:
        handover.report(far, report, handover.BEGUN)
        assert handover.reported(near.recv(1 << 16)) == report


@given(
    strategies.binary(max_size=40) | strategies.text("+-0123456789 ").map(str.encode)
)
def test_whatever_another_user_answers_is_read_as_text(content: bytes) -> None:
    found = handover.reported(content)
    assert found is None or found[0] in handover.STATUSES


def test_what_python_would_make_objects_of_is_no_report() -> None:
    assert handover.reported(handover.BEGUN + marshal.dumps((0, True, "", 0))) is None
    assert handover.reported(b"-19999 1 0 ") is None


# What becomes another user


@pytest.mark.parametrize("place", ["theirs", "open", "relative"])
def test_a_method_that_somebody_else_put_in_path_is_passed_over(
    users: Users, folder: Path, place: str
) -> None:
    write(folder, {"bin/sudo": '#!/bin/sh\ntouch "$0.ran"\nexec /usr/bin/sudo "$@"\n'})
    fake = folder / "bin" / "sudo"
    (folder / "bin").chmod(0o777)
    fake.chmod(0o777 if place == "open" else 0o755)
    if place == "theirs":
        os.chown(fake, users.oracle.pw_uid, -1)
    (folder / "naps.sh").write_text("id -un\n")
    first = "bin" if place == "relative" else str(folder / "bin")
    done = started(users, folder, PATH=f"{first}:{users.environ()['PATH']}")
    assert done.communicate(timeout=PATIENCE)[0] == f"{users.oracle.pw_name}\n"
    assert not Path(f"{fake}.ran").exists()


# How it ends


@pytest.mark.slow
def test_an_interrupt_without_a_terminal_ends_all_of_it(
    users: Users, folder: Path
) -> None:
    with started(users, folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == -signal.SIGINT
    until(lambda: not left(users))


@pytest.mark.slow
def test_a_program_that_stops_its_keeper_holds_nobody_up(
    users: Users, folder: Path
) -> None:
    (folder / "naps.sh").write_text(STOPS_ITS_KEEPER)
    try:
        with started(users, folder) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.terminate()
            assert process.wait(PATIENCE) == -signal.SIGKILL
            assert process.stderr is not None
            assert "doesn't answer" in process.stderr.readline()
    finally:
        kill_left(users)
    until(lambda: not left(users))


@pytest.mark.slow
def test_a_client_that_is_killed_anywhere_leaves_nothing(
    users: Users, folder: Path
) -> None:
    chance = random.Random(ROUNDS)
    for _ in range(ROUNDS):
        process = started(users, folder)
        with process:
            try:
                process.wait(chance.random() * SOON)
            except subprocess.TimeoutExpired:
                process.kill()
    until(lambda: not left(users))
