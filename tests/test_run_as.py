"""Which user a runnable runs as, and the words by which one becomes that user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from environments import write
from rigs.users import Users
from runspec.run.become import METHODS, command_line, quoted

WORDS = st.lists(
    st.text(st.characters(blacklist_characters="\0", codec="utf-8"), max_size=30),
    min_size=1,
    max_size=6,
)
SPEC = """\
[show]
description = "Says who it is"
autonomy = "autonomous"
become_method = "{method}"
become_flags = "-h 'this host' -x"
run_as = {run_as}
"""
STAND_IN = """\
#!/bin/sh
printf '%s\\n' "$@" > {record}
while [ "$1" != {marker} ]; do shift; done
shift {drop}
exec setpriv --reuid={uid} --regid={gid} --clear-groups "$@"
"""
PRINTS = """
import os, sys
os.write(1, b"\\0".join(map(os.fsencode, sys.argv[1:])))
"""


@pytest.fixture
def folder(users: Users) -> Iterator[Path]:
    path = Path(mkdtemp(prefix="as-", dir=users.folder))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@settings(max_examples=60)
@given(WORDS)
@example(["'", "\\'", "-c", "$(id)", "`id`", "!!", "\n", "", "a b", "~", "*", "#", "é"])
def test_a_shell_takes_a_quoted_command_apart_into_its_words(words: list[str]) -> None:
    command = quoted([sys.executable, "-S", "-c", PRINTS, *words])
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert done.stdout.split(b"\0") == [os.fsencode(word) for word in words]


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_user_whose_name_looks_like_an_option_stays_a_user(method: str) -> None:
    words = command_line(method, [], "-x", ["true"], asks=False)
    before = words[words.index("-x") - 1]
    assert before in ("-u", "--")


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("method", ["sudo", "dzdo", "doas"])
def test_nobody_is_asked_where_nobody_is_there(method: str, asks: bool) -> None:
    words = command_line(method, ["-H"], "oracle", ["true", "-u"], asks=asks)
    flags = [] if asks else ["-n"]
    assert words == [method, *flags, "-H", "-u", "oracle", "--", "true", "-u"]


@pytest.mark.parametrize(
    ("method", "before"),
    [
        ("pbrun", ["-h", "this host", "-x", "-u"]),
        ("dzdo", ["-n", "-h", "this host", "-x", "-u"]),
    ],
)
def test_other_methods_get_their_own_words(
    users: Users, folder: Path, method: str, before: list[str]
) -> None:
    oracle, record = users.oracle, folder / "words.txt"
    spec = SPEC.format(method=method, run_as=f"'{oracle.pw_name}'")
    drop = 2 if method == "pbrun" else 3
    stand_in = STAND_IN.format(
        record=record, marker="-u", drop=drop, uid=oracle.pw_uid, gid=oracle.pw_gid
    )
    files = {"runspec.toml": spec, "show.sh": "id -un", f"bin/{method}": stand_in}
    write(folder, files)
    (folder / "bin" / method).chmod(0o755)
    path = f"{folder}/bin:{os.environ['PATH']}"
    done = users.run("run", "show", cwd=folder, root=True, PATH=path)
    assert (done.stderr, done.stdout) == ("", f"{oracle.pw_name}\n")
    words = record.read_text("utf-8").splitlines()
    separator = [] if method == "pbrun" else ["--"]
    assert words[: len(before) + 1 + len(separator)] == [
        *before,
        oracle.pw_name,
        *separator,
    ]
    assert words[-4:-1] == ["-I", "-S", "-c"]


HERE = os.uname().nodename


@pytest.mark.parametrize(
    "run_as",
    [
        "{{default = 'nobody-x', hosts.'{host}' = '{user}'}}",
        "{{default = 'nobody-x', hosts.'{upper}' = '{user}'}}",
        "{{hosts.'{host}' = '{user}', patterns.'.*' = 'nobody-x'}}",
        "{{default = 'nobody-x', patterns = {{'{host}.+' = 'y', '.*' = '{user}'}}}}",
        "{{default = '{user}', hosts.'not-here' = 'nobody-x'}}",
        "'$ORACLE'",
        "'${{ORACLE}}'",
        "{{default = '$ORACLE'}}",
    ],
)
def test_the_user_is_that_of_this_machine(
    users: Users, folder: Path, run_as: str
) -> None:
    name = users.oracle.pw_name
    written = run_as.format(host=HERE, upper=HERE.upper(), user=name)
    spec = SPEC.format(method="sudo", run_as=written).replace("become_flags", "#")
    write(folder, {"runspec.toml": spec, "show.sh": "id -un"})
    done = users.run("run", "show", cwd=folder, ORACLE=name)
    assert (done.stderr, done.stdout) == ("", f"{name}\n")


CHECKED = """\
import sys
sys.path.insert(0, {source!r})
import runspec
args = runspec.parse()
print("went on")
"""


def checked(users: Users, folder: Path) -> str:
    """A Python program that calls parse(), as the caller and the oracle can run it."""
    spec = SPEC.format(method="sudo", run_as=f"'{users.oracle.pw_name}'")
    spec = spec.replace("become_flags", "#") + "[show.args]\nword = 'x'\n"
    program = f"#!{users.python}\n" + CHECKED.format(
        source=str(users.folder / "source")
    )
    write(folder, {"runspec.toml": spec, "show": program})
    (folder / "show").chmod(0o755)
    return str(folder / "show")


def as_caller(
    users: Users, *argv: str, shell: str = ""
) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-c", shell] if shell else list(argv)
    caller = users.caller
    return subprocess.run(
        words,
        user=caller.pw_uid,
        group=caller.pw_gid,
        extra_groups=[],
        env=users.environ(),
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_direct_call_as_another_user_says_what_to_run_and_that_works(
    users: Users, folder: Path
) -> None:
    program = checked(users, folder)
    refused = as_caller(users, program, "--word", "it's $HOME")
    assert (refused.returncode, refused.stdout) == (1, "")
    instead = refused.stderr.partition("instead: ")[2].strip()
    assert instead.startswith(f"sudo -u {users.oracle.pw_name} -- ")
    done = as_caller(users, shell=instead)
    assert (done.stderr, done.stdout) == ("", "went on\n")


def test_what_runspec_runs_is_that_user_already(users: Users, folder: Path) -> None:
    checked(users, folder)
    done = users.run("run", "show", "--", "--word", "y", cwd=folder)
    assert (done.stderr, done.stdout) == ("", "went on\n")


def test_an_env_file_of_the_caller_is_no_obstacle(users: Users, folder: Path) -> None:
    checked(users, folder)
    spec = (folder / "runspec.toml").read_text("utf-8")
    env_file = f"[config]\nrunspec_env = '{folder}/my.env'\n"
    more = "more = {type = 'str', required = false}\n"
    write(folder, {"runspec.toml": env_file + spec + more})
    write(folder, {"my.env": "RUNSPEC_SHOW_ARG_WORD=kept\n"})
    (folder / "my.env").chmod(0o600)
    os.chown(folder / "my.env", users.caller.pw_uid, -1)
    done = users.run("run", "show", cwd=folder)
    assert (done.stderr, done.stdout) == ("", "went on\n")


def test_help_is_for_everybody(users: Users, folder: Path) -> None:
    done = as_caller(users, checked(users, folder), "--help")
    assert done.returncode == 0
    assert "Usage: show" in done.stdout
