"""Where the names of POSIX are missing: help, parsing and checking work (Windows)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from environments import write

SPEC = """\
[greet]
description = "Greets"
autonomy = "autonomous"

[greet.args]
name = { type = "str", description = "Whom" }
times = { default = 1, range = [1, 3], description = "How often" }
out = { type = "path", required = false, description = "Where to" }
token = { type = "password", required = false, description = "Who asks" }
"""
WITHOUT = """\
import os, select, signal, socket, sys
GONE = '''O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK WNOHANG chown fchmod
fchown fork forkpty get_blocking getegid geteuid getgid getgroups getpgid getuid
initgroups killpg mkfifo openpty pread pwrite register_at_fork set_blocking setgid
setsid setuid sysconf uname waitid waitpid posix_spawn sched_getaffinity'''.split()
for module, names in (
    (os, GONE),
    (signal, ["SIGHUP", "SIGKILL", "SIGCHLD", "SIGUSR1", "pthread_sigmask", "alarm"]),
    (select, ["epoll", "poll"]),
    (socket, ["AF_UNIX"]),
):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
for name in "fcntl grp posix pwd pty resource syslog termios tty _signal".split():
    sys.modules[name] = None
"""
PROGRAM = """\
from without import *
import runspec
args = runspec.parse()
print(args.name.value, args.times.value)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    files = {"without.py": WITHOUT, "greet.py": PROGRAM, "runspec.toml": SPEC}
    return write(tmp_path / "work", files)


def run(place: Path, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *argv],
        cwd=place,
        env={"PATH": os.environ["PATH"], "HOME": str(place.parent), **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


def command(place: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """`runspec ARGV`, there."""
    code = "from without import *; from runspec.cli import main; sys.exit(main())"
    return run(place, "-c", f"{code}", *argv)


def test_a_right_call_is_parsed_and_leaves_no_history(place: Path):
    for _ in range(2):
        done = run(place, "greet.py", "--name", "ada", "--times=2")
        assert (done.returncode, done.stdout, done.stderr) == (0, "ada 2\n", "")
    assert not (place.parent / ".local").exists()


def test_secrets_and_files_of_variables_are_read(place: Path):
    write(place, {".env": "RUNSPEC_GREET_ARG_TOKEN=hunter2\n"})
    done = run(place, "greet.py", "--name=ada", RUNSPEC_ENV_FILE=str(place / ".env"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ada 1\n", "")


def test_help_and_errors_are_shown(place: Path):
    done = run(place, "greet.py", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--times" in done.stdout
    done = run(place, "greet.py", "--nmae", "ada", "--times=9")
    assert done.returncode == 2
    assert "did you mean --name" in done.stderr
    assert "--times must be between 1 and 3" in done.stderr


def test_a_faulty_spec_is_shown(place: Path):
    write(place, {"runspec.toml": SPEC.replace("autonomous", "autonomos")})
    done = run(place, "greet.py", "--name", "ada")
    assert done.returncode == 1
    assert "runspec.toml:3:12" in done.stderr


@pytest.mark.parametrize(
    "argv", [("--help",), ("check",), ("list",), ("local",), ("show", "greet")]
)
def test_verbs_that_start_nothing_work(place: Path, argv: tuple[str, ...]):
    done = command(place, *argv)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize(
    "argv",
    [
        *(("history",), ("jobs",), ("serve",), ("approve",), ("jump", "box")),
        *(("run", "greet"), ("logs", "greet"), ("launch", "greet.py")),
    ],
)
def test_verbs_that_need_posix_say_so(place: Path, argv: tuple[str, ...]):
    done = command(place, *argv)
    assert done.returncode == 1
    assert f"runspec {argv[0]} needs a POSIX system" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("subject", "head"),
    [
        ("audit", '[config]\naudit = "on"\n'),
        ("[config.logging]", "[config.logging]\n"),
        ("run_as", ""),
        ("hosts", ""),
    ],
)
def test_what_a_spec_needs_of_posix_is_named(place: Path, subject: str, head: str):
    spec = SPEC
    if not head:
        value = '"root"' if subject == "run_as" else '["web-*"]'
        spec = spec.replace("[greet.args]", f"{subject} = {value}\n\n[greet.args]")
    write(place, {"runspec.toml": head + spec})
    done = run(place, "greet.py", "--name", "ada")
    assert done.returncode == 1
    assert f"{subject} needs a POSIX system" in done.stderr
    assert done.stdout == ""
