"""How a program ends: by Ctrl-C, and with nothing left to end it with."""

from __future__ import annotations

import os
import pty
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import write

SPEC = """\
[t]
description = "Tries it"
autonomy = "autonomous"
args.pw = {type = "password", env = "PW", description = "The database's password"}
"""
WAITS = """\
import os, time, runspec
args = runspec.parse("t")
os.write(1, b"re" b"ady\\n")
time.sleep(600)
"""
CATCHES = """\
import os, sys, time, runspec
args = runspec.parse("t")
try:
    os.write(1, b"re" b"ady\\n")
    time.sleep(600)
except KeyboardInterrupt:
    sys.exit(7)
"""
USES_UP = """\
import os, runspec
args = runspec.parse("t")
held = []
try:
    while True:
        held.append(os.open("/dev/null", 0))
except OSError as error:
    raise RuntimeError("cannot connect as admin:" + args.pw.value) from error
"""
SECRET = "hunter2hunter2"
LOGGING = "[config.logging]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, {"runspec.toml": SPEC, "t.py": WAITS, "f.py": USES_UP})


def _environ(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), **more}


def _typed(folder: Path, line: str, prompt: str, key: bytes, **more: str) -> str:
    """What a shell shows that runs `line`; `key` is typed at each new `prompt`."""
    child, terminal = pty.fork()
    if not child:
        os.chdir(folder)
        os.execve("/bin/bash", ["bash", "-c", line], _environ(folder, **more))
    shown, typed = b"", 0
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
        if shown.count(prompt.encode()) > typed:
            typed += 1
            os.write(terminal, key)
    os.close(terminal)
    os.waitpid(child, 0)
    return shown.decode("utf-8", "replace").replace("\r", "")


PYTHON = sys.executable


@pytest.mark.parametrize("logging", ["", LOGGING])
@pytest.mark.parametrize("command", [f"{PYTHON} t.py", f"{PYTHON} -m t"])
def test_ctrl_c_ends_the_loop_of_the_shell_too(
    folder: Path, command: str, logging: str
) -> None:
    write(folder, {"runspec.toml": logging + SPEC})
    line = f"for i in 1 2 3; do {command}; done; echo went on"
    shown = _typed(folder, line, "ready", b"\x03", PW=SECRET)
    assert shown.count("ready") == 1
    assert "went on" not in shown
    history = f"{PYTHON} -m runspec history"
    assert "SIGINT" in _typed(folder, history, "\0", b"", PW=SECRET)


@pytest.mark.parametrize(
    ("command", "prompt"),
    [
        (f"{PYTHON} t.py", "password): "),
        (f"{PYTHON} -m runspec run t", "password): "),
        (f"{PYTHON} -m runspec serve --path runspec.toml", "Ctrl-C"),
    ],
)
def test_ctrl_c_where_runspec_waits_ends_the_loop_too(
    folder: Path, command: str, prompt: str
) -> None:
    line = f"for i in 1 2 3; do {command}; done; echo went on"
    shown = _typed(folder, line, prompt, b"\x03")
    assert shown.count(prompt) == 1
    assert "went on" not in shown
    assert "Traceback" not in shown


def test_a_program_that_catches_ctrl_c_keeps_its_status(folder: Path) -> None:
    write(folder, {"t.py": CATCHES})
    line = f"{PYTHON} t.py; echo status $?"
    assert "status 7" in _typed(folder, line, "ready", b"\x03", PW=SECRET)


def _limited(number: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


@pytest.mark.parametrize("logging", ["", LOGGING])
def test_a_traceback_has_no_secret_where_no_descriptor_is_left(
    folder: Path, logging: str
) -> None:
    write(folder, {"runspec.toml": logging + SPEC})
    done = subprocess.run(
        [PYTHON, "f.py"],
        cwd=folder,
        env=_environ(folder, PW=SECRET),
        capture_output=True,
        text=True,
        preexec_fn=_limited(64),
    )
    assert done.returncode == 1
    assert SECRET not in done.stderr
    assert "RuntimeError: cannot connect as admin:***" in done.stderr
    assert "excepthook" not in done.stderr
    assert "not shown" not in done.stderr
    history = subprocess.run(
        [PYTHON, "-m", "runspec", "history"],
        cwd=folder,
        env=_environ(folder),
        capture_output=True,
        text=True,
    )
    assert "failed 1" in history.stdout


def test_an_empty_or_broken_answer_at_a_secrets_prompt_is_asked_again(
    folder: Path,
) -> None:
    write(folder, {"t.py": WAITS.replace("time.sleep(600)", "print(args.pw.value)")})
    keys = iter([b"\n", b"\xff\xfe\n", b"typed\n"])
    shown = ""
    child, terminal = pty.fork()
    if not child:
        os.chdir(folder)
        os.execve(PYTHON, [PYTHON, "t.py"], _environ(folder))
    asked = 0
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        shown += chunk.decode("utf-8", "replace")
        if shown.count("t: pw (The database's password): ") > asked:
            asked += 1
            os.write(terminal, next(keys))
    os.close(terminal)
    assert os.waitpid(child, 0)[1] == 0, shown
    assert asked == 3
    assert "typed" in shown


def test_ctrl_d_at_a_secrets_prompt_is_a_missing_argument(folder: Path) -> None:
    line = f"{PYTHON} t.py; echo status $?"
    shown = _typed(folder, line, "password): ", b"\x04")
    assert "status 2" in shown
    assert "--pw is required" in shown or "pw is required" in shown
    assert "terminal" not in shown
    assert "PW" in shown
