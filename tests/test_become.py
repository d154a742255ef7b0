"""`run_as` by real sudo, su and doas, as a user who isn't root and as root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pexpect
import pytest

from environments import write
from rigs.desk import Client, text
from rigs.setup import running
from rigs.users import Users

SPEC = """\
[show]
description = "Says who it is"
autonomy = "autonomous"
run_as = "{user}"
become_method = "{method}"

[show.args]
word = {{default = "x", description = "A word"}}
token = {{type = "password", required = false, description = "A secret"}}
"""
WHO = 'id -un; printf "%s|" "$RUNSPEC_WORD" "$@"; echo'
DUMP = """\
import json, os, sys
lines = {}
for name in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{name}/cmdline", "rb") as file:
            lines[name] = file.read().decode(errors="replace")
    except OSError:
        pass
own = {n: v for n, v in os.environ.items()}
print(json.dumps({"argv": sys.argv[1:], "env": own, "lines": list(lines.values()),
                  "stdin": sys.stdin.read(), "cwd": os.getcwd()}))
"""


@pytest.fixture
def folder(users: Users) -> Iterator[Path]:
    """A directory that everybody can read."""
    path = Path(mkdtemp(prefix="spec-", dir=users.folder))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def laid_out(folder: Path, users: Users, program: str, method: str = "sudo") -> Path:
    spec = SPEC.format(user=users.oracle.pw_name, method=method)
    write(folder, {"runspec.toml": spec, "show.sh": program})
    return folder


def dumped(folder: Path, users: Users, method: str = "sudo") -> Path:
    """A runnable that shows what it was given, by a Python that all can run."""
    laid_out(folder, users, f'exec {users.python} -I {folder}/dump.py "$@"', method)
    return write(folder, {"dump.py": DUMP})


@pytest.mark.parametrize("method", ["sudo", "su"])
def test_root_runs_it_as_the_user_of_the_spec(
    users: Users, folder: Path, method: str
) -> None:
    laid_out(folder, users, WHO, method)
    call = ("run", "show", "--", "--word", "a b")
    done = users.run(*call, cwd=folder, root=True)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == f"{users.oracle.pw_name}\na b|--word|a b|\n"


def test_one_who_may_runs_it_as_that_user(users: Users, folder: Path) -> None:
    done = users.run("run", "show", cwd=laid_out(folder, users, WHO))
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.splitlines()[0] == users.oracle.pw_name


def test_an_agents_call_runs_as_that_user(users: Users, folder: Path) -> None:
    laid_out(folder, users, WHO)
    with Client(users, folder) as client:  # type: ignore[arg-type]
        assert text(client.call("show", word="w")).splitlines() == [
            users.oracle.pw_name,
            "w|--word=w|",
        ]


@pytest.fixture
def doas(users: Users) -> Iterator[None]:
    with running(users.doas()):
        yield


@pytest.mark.usefixtures("doas")
def test_doas_runs_it_as_that_user(users: Users, folder: Path) -> None:
    done = users.run("run", "show", cwd=laid_out(folder, users, WHO, "doas"))
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.splitlines()[0] == users.oracle.pw_name


@pytest.mark.parametrize("method", ["sudo", "su"])
def test_values_arrive_as_they_are_whatever_is_in_them(
    users: Users, folder: Path, method: str
) -> None:
    dumped(folder, users, method)
    odd = "new\nline 'q' \"d\" \\ $HOME `id` é \t* -- " + "x" * 50_000
    call = ("run", "show", "--", f"--word={odd}")
    done = users.run(*call, cwd=folder, root=True, stdin="in\0put")
    assert (done.stderr, done.returncode) == ("", 0)
    found = json.loads(done.stdout)
    assert found["argv"] == [f"--word={odd}"]
    assert found["env"]["RUNSPEC_SHOW_ARG_WORD"] == odd
    assert found["stdin"] == "in\0put"
    assert found["cwd"] == str(folder)


def test_a_megabyte_of_variables_arrives(users: Users, folder: Path) -> None:
    dumped(folder, users)
    names = [f"w{number}" for number in range(5)]
    more = "".join(f'{name} = {{type = "str", required = false}}\n' for name in names)
    spec = (folder / "runspec.toml").read_text("utf-8")
    write(folder, {"runspec.toml": spec + more})
    value = "é\n" * 35_000
    given = {f"RUNSPEC_SHOW_ARG_{name.upper()}": value for name in names}
    found = json.loads(users.run("run", "show", cwd=folder, **given).stdout)["env"]
    assert {name: found[name] for name in given} == given


def test_a_secret_is_in_no_process_command_line(users: Users, folder: Path) -> None:
    dumped(folder, users)
    secret = "hunter2-" + "s" * 1000
    done = users.run(
        "run", "show", cwd=folder, RUNSPEC_SHOW_ARG_TOKEN=secret, OTHER=secret
    )
    found = json.loads(done.stdout)
    assert found["env"]["RUNSPEC_SHOW_ARG_TOKEN"] == secret
    assert any("sudo" in line for line in found["lines"])
    assert not any(secret in line for line in found["lines"])


def test_the_environment_is_the_other_users_and_what_was_sent(
    users: Users, folder: Path
) -> None:
    dumped(folder, users)
    done = users.run(
        "run",
        "show",
        cwd=folder,
        LC_TIME="C",
        LD_PRELOAD="",
        BASH_ENV="/nowhere",
        SSH_AUTH_SOCK="/nowhere",
        RUNSPEC_OTHER="1",
    )
    found = json.loads(done.stdout)["env"]
    oracle = users.oracle
    assert {name: found[name] for name in ("HOME", "USER", "LOGNAME", "SHELL")} == {
        "HOME": oracle.pw_dir,
        "USER": oracle.pw_name,
        "LOGNAME": oracle.pw_name,
        "SHELL": "/bin/sh",
    }
    left = {
        name
        for name in found
        if not name.startswith("RUNSPEC_")
        and name not in ("HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "_")
    }
    assert left == {"LANG", "LC_TIME", "PATH", "SHLVL"}
    assert "RUNSPEC_OTHER" not in found


@pytest.mark.parametrize("method", ["sudo", "su"])
@pytest.mark.parametrize(
    ("program", "status"), [("exit 7", 7), ("kill -KILL $$", -9), ("kill $$", -15)]
)
def test_it_ends_as_the_program_ends(
    users: Users, folder: Path, method: str, program: str, status: int
) -> None:
    laid_out(folder, users, program, method)
    done = users.run("run", "show", cwd=folder, root=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", status)


def test_output_and_errors_stay_apart_and_whole(users: Users, folder: Path) -> None:
    laid_out(folder, users, "head -c 3000000 /dev/zero; echo said >&2")
    done = users.run("run", "show", cwd=folder)
    assert (len(done.stdout), done.stderr) == (3_000_000, "said\n")


def test_progress_reaches_the_client(users: Users, folder: Path) -> None:
    program = 'echo \'{"progress": 1, "message": "half"}\' >&$RUNSPEC_PROGRESS; id -un'
    laid_out(folder, users, program)
    with Client(users, folder) as client:  # type: ignore[arg-type]
        params = {"name": "show", "arguments": {}, "_meta": {"progressToken": 1}}
        call = client.ask("tools/call", **params)
        note = client.next()
        assert note["params"]["message"] == "half"
        assert text(client.response(call)["result"]).strip() == users.oracle.pw_name


def test_one_who_may_not_is_told_in_the_methods_own_words(
    users: Users, folder: Path
) -> None:
    laid_out(folder, users, WHO)
    spec = (folder / "runspec.toml").read_text("utf-8")
    write(folder, {"runspec.toml": spec.replace(users.oracle.pw_name, "daemon")})
    done = users.run("run", "show", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "become-failed" in done.stderr
    assert "sudo: a password is required" in done.stderr
    with Client(users, folder) as client:  # type: ignore[arg-type]
        result = client.call("show")
        assert result["isError"]
        assert "sudo did not become daemon: sudo: a password" in text(result)


@pytest.fixture
def asked(users: Users) -> Iterator[str]:
    """The password that sudo asks the caller for."""
    password = "correct horse"
    caller, before = users.caller.pw_name, users.sudoers.read_text("utf-8").strip()
    for name in (caller, users.oracle.pw_name):
        subprocess.run(["chpasswd"], input=f"{name}:{password}", text=True, check=True)
    users.allow(f"{caller} ALL=({users.oracle.pw_name}) ALL")
    yield password
    users.allow(before)


READS = 'read -p "name? " name; echo "$(id -un) $name $(test -t 0 && echo tty)"'


@pytest.mark.parametrize("method", ["sudo", "su"])
def test_a_person_at_a_terminal_may_be_asked_for_a_password(
    users: Users, folder: Path, asked: str, method: str
) -> None:
    laid_out(folder, users, READS, method)
    child = pexpect.spawn(
        str(users.bin / "runspec"),
        ["run", "show"],
        cwd=str(folder),
        env=users.environ(TERM="dumb"),
        encoding="utf-8",
        timeout=300,
    )
    try:
        child.expect("[Pp]assword.*: ")
        child.waitnoecho()
        child.sendline(asked)
        child.expect_exact("name? ")
        child.sendline("Ada")
        child.expect_exact(f"{users.oracle.pw_name} Ada tty")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
    finally:
        child.close(force=True)


def test_su_without_anybody_to_ask_fails_at_once(users: Users, folder: Path) -> None:
    laid_out(folder, users, WHO, "su")
    with Client(users, folder) as client:  # type: ignore[arg-type]
        result = client.call("show")
        assert result["isError"]
        assert "su did not become" in text(result)


def test_a_program_that_the_user_cant_run_says_why(users: Users, folder: Path) -> None:
    laid_out(folder, users, WHO)
    write(folder, {"show": "#!/bin/sh\nid -un\n"})
    (folder / "show").chmod(0o700)
    os.chown(folder / "show", users.caller.pw_uid, -1)
    done = users.run("run", "show", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "program-not-started" in done.stderr
    assert "Permission denied" in done.stderr


def test_a_sudo_that_logs_the_input_gets_no_secret(users: Users, folder: Path) -> None:
    laid_out(folder, users, WHO)
    before = users.sudoers.read_text("utf-8")
    log = users.folder / "io"
    users.allow(
        f"Defaults:{users.caller.pw_name} log_input, iolog_dir={log}", before.strip()
    )
    try:
        done = users.run("run", "show", cwd=folder, RUNSPEC_SHOW_ARG_TOKEN="hunter2")
    finally:
        users.allow(before.strip())
    assert (done.returncode, done.stdout) == (1, "")
    assert "become-failed" in done.stderr
    kept = [path for path in log.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"hunter2" in path.read_bytes() for path in kept)


def test_a_sudo_that_logs_the_output_still_logs_it(users: Users, folder: Path) -> None:
    laid_out(folder, users, "echo to-out; echo to-err >&2")
    before = users.sudoers.read_text("utf-8")
    log = users.folder / "io-out"
    users.allow(
        f"Defaults:{users.caller.pw_name} log_output, iolog_dir={log}, !compress_io",
        before.strip(),
    )
    try:
        done = users.run("run", "show", cwd=folder)
    finally:
        users.allow(before.strip())
    assert (done.returncode, done.stdout, done.stderr) == (0, "to-out\n", "to-err\n")
    kept = b"".join(path.read_bytes() for path in log.rglob("*") if path.is_file())
    assert b"to-out" in kept
    assert b"to-err" in kept


def test_history_and_ledger_say_as_whom_it_ran(users: Users, folder: Path) -> None:
    laid_out(folder, users, WHO)
    spec = (folder / "runspec.toml").read_text("utf-8")
    write(folder, {"runspec.toml": spec.replace("[show]", "[show]\naudit = 'on'", 1)})
    home = users.folder / "records"
    home.mkdir(exist_ok=True)
    os.chown(home, users.caller.pw_uid, users.caller.pw_gid)
    state = {"XDG_STATE_HOME": str(home)}
    assert users.run("run", "show", cwd=folder, **state).returncode == 0
    listed = users.run("history", "list", "--format", "json", cwd=folder, **state)
    (run,) = json.loads(listed.stdout)
    assert run["operator"]["euid"] == users.oracle.pw_uid
    assert run["operator"]["uid"] == users.caller.pw_uid
    (ledger,) = home.rglob("audit.jsonl")
    start = json.loads(ledger.read_text("utf-8").splitlines()[0])
    assert (start["kind"], start["run_as"]) == ("start", users.oracle.pw_name)
