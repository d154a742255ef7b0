"""What tests change on this machine: only with consent, and nothing of it stays."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from environments import ROOT
from launching import runs, until
from rigs import debian, machine, setup
from rigs.users import Users

LEAVES = """
import os, signal
from rigs import debian, machine
from rigs.users import Users
with Users() as users, debian.daemons_held_back():
    users.allow("# nothing")
    if not machine.DOAS.exists():
        machine.DOAS.write_text(f"# {machine.mark()}\\n")
    print(users.caller.pw_name, users.folder, users.sudoers, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
DAEMON = """
import os, signal, subprocess, sys
from rigs import machine
folder = machine.private_folder("daemon")
argv = [sys.executable, "-c", "import signal; signal.pause()", str(folder)]
print(folder, subprocess.Popen(argv, start_new_session=True).pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(source: str) -> list[str]:
    """What a process has printed that ended by SIGKILL."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    argv = [sys.executable, "-c", source]
    with subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        words = process.stdout.readline().decode().split()
    assert process.returncode == -9
    return words


@pytest.mark.parametrize(
    "change", [Users, lambda: debian.require("no-such-program", "no-such-package")]
)
def test_nothing_is_changed_without_consent(
    change: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(machine.VARIABLE, raising=False)
    with pytest.raises(setup.UnavailableError) as caught:
        change()
    assert str(caught.value) == machine.SKIPPED


def test_without_consent_a_test_is_skipped_with_that_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(machine.VARIABLE, raising=False)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception) as caught:
        setup.rig(Users)
    assert str(caught.value) == machine.SKIPPED


def test_a_rig_that_ci_has_not_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv(machine.VARIABLE, raising=False)
    with pytest.raises(setup.UnavailableError):
        setup.rig(Users)


def test_users_and_rules_of_a_run_that_was_killed_are_removed(users: Users) -> None:
    name, *paths = killed(LEAVES)
    assert pwd.getpwnam(name)
    pid = name.rpartition("-")[2]
    found = machine.sweep()
    assert {name, *paths} <= set(found)
    with pytest.raises(KeyError):
        pwd.getpwnam(name)
    for path in (*map(Path, paths), machine.DOAS, machine.POLICY):
        with suppress(FileNotFoundError, IsADirectoryError):
            assert f"-{pid}" not in path.read_text("utf-8")
    assert not any(map(os.path.exists, paths))
    assert pwd.getpwnam(users.caller.pw_name), "those of a run that goes on stay"


def test_daemons_of_a_run_that_was_killed_are_ended() -> None:
    folder, pid = killed(DAEMON)
    assert folder in machine.sweep()
    assert not Path(folder).exists()
    until(lambda: not runs(pid))
