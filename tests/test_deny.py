"""The kill switch: what is denied doesn't run, and a file in doubt denies (DNY)."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runspec import deny
from runspec.audit.verify import examined
from runspec.deny.rule import Denial, Rule, stamp
from runspec.deny.switch import add, take
from runspec.deny.who import people
from runspec.errors import RunspecError
from runspec.record import environment_directory

CHILD = """
import json, sys
sys.prefix, *sys.argv = json.loads(sys.argv[1])
from runspec.cli import main
sys.exit(main())
"""
TIMEOUT = 300
PAST, FUTURE = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"


class Room:
    """An environment with its user, and the command in it."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place = place
        self.prefix = place / "venv"
        self.prefix.mkdir()
        monkeypatch.setattr(sys, "prefix", str(self.prefix))
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(place / "home"),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "LANG": "C.UTF-8",
        }
        self.shared = self.prefix / ".runspec_deny"
        self.records = Path(environment_directory(self.environ))
        self.own = self.records / "deny.json"

    def write(self, content: bytes | str, mode: int = 0o644) -> None:
        self.shared.write_bytes(
            content.encode() if isinstance(content, str) else content
        )
        self.shared.chmod(mode)

    def rules(self, *rules: dict[str, str]) -> None:
        self.write(json.dumps({"version": 1, "rules": rules}))

    def check(
        self,
        runnable: str = "deploy",
        users: tuple[str, ...] = ("ops", "1000"),
        host: str = "web-01.example.org",
    ) -> Denial | None:
        return deny.check(runnable, users, host, self.environ)

    def code(self) -> str:
        found = self.check()
        return found.fault.code if found else ""

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        arguments = json.dumps([str(self.prefix), "runspec", "deny", *argv])
        return subprocess.run(
            [sys.executable, "-c", CHILD, arguments],
            env=self.environ,
            cwd=self.place,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )

    def listed(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.run("list", "-f", "json").stdout)
        return found


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    return Room(tmp_path, monkeypatch)


# What a rule denies


def test_without_a_file_nothing_is_denied(room: Room):
    assert not deny.present(room.environ)
    assert room.check() is None


def test_a_rule_denies_everything_unless_it_says_what(room: Room):
    room.rules({"reason": "incident 4711"})
    found = room.check()
    assert deny.present(room.environ)
    assert found is not None
    assert (found.reason, found.rule, found.file) == (
        "incident 4711",
        "rule-1",
        str(room.shared),
    )
    assert (found.fault.code, found.fault.subject) == ("run-denied", "deploy")


GLOBS = [
    ({"runnable": "deploy"}, True),
    ({"runnable": "dep*"}, True),
    ({"runnable": "deploy prod"}, True),
    ({"runnable": "deploy *"}, True),
    ({"runnable": "deploy stage"}, False),
    ({"runnable": "prod"}, False),
    ({"runnable": "DEPLOY"}, False),
    ({"runnable": "eploy"}, False),
    ({"user": "ops"}, True),
    ({"user": "o?s"}, True),
    ({"user": "1000"}, True),
    ({"user": "root"}, False),
    ({"host": "web-01"}, True),
    ({"host": "WEB-*"}, True),
    ({"host": "web-01.example.org"}, True),
    ({"host": "*.example.org"}, True),
    ({"host": "web-0[2-9]"}, False),
    ({"runnable": "deploy", "user": "ops", "host": "web-01"}, True),
    ({"runnable": "deploy", "user": "ops", "host": "db-01"}, False),
]


@pytest.mark.parametrize(("rule", "denies"), GLOBS)
def test_every_glob_of_a_rule_must_match(
    room: Room, rule: dict[str, str], denies: bool
):
    room.rules({"reason": "x", **rule})
    assert (room.check("deploy prod") is not None) is denies


def test_any_of_several_rules_denies(room: Room):
    room.rules(
        {"runnable": "other", "reason": "a"}, {"runnable": "deploy", "reason": "b"}
    )
    found = room.check()
    assert found is not None
    assert found.reason == "b"


@pytest.mark.parametrize(("until", "denies"), [(PAST, False), (FUTURE, True)])
def test_a_rule_ends_when_it_says(room: Room, until: str, denies: bool):
    room.rules({"reason": "x", "until": until})
    assert (room.check() is not None) is denies


def test_both_files_count(room: Room):
    room.own.parent.mkdir(parents=True, mode=0o700)
    room.own.write_text('{"version": 1, "rules": [{"reason": "mine"}]}')
    found = room.check()
    assert found is not None
    assert (found.reason, found.file) == ("mine", str(room.own))
    room.rules({"reason": "everybody's"})
    found = room.check()
    assert found is not None
    assert found.reason == "everybody's"


def test_a_user_without_a_home_still_has_the_environments_file(room: Room):
    room.rules({"reason": "x"})
    assert deny.check("a", (), "h", {"HOME": "nowhere"}) is not None


def test_who_runs_it_is_the_kernels_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("USER", "ceo")
    monkeypatch.setenv("LOGNAME", "ceo")
    assert "ceo" not in people()
    assert str(os.getuid()) in people()


def test_a_call_of_this_user_is_refused_with_the_reason(room: Room):
    mine = {"user": str(os.getuid()), "host": os.uname().nodename}
    room.rules({"reason": "freeze", **mine})
    with pytest.raises(RunspecError) as error:
        deny.require_allowed("deploy", room.environ)
    (fault,) = error.value.faults
    assert (fault.code, fault.detail) == ("run-denied", "freeze")
    room.rules({"reason": "freeze", "user": "nobody-at-all"})
    deny.require_allowed("deploy", room.environ)


# A file in doubt

MALFORMED = [
    "",
    "{",
    "[]",
    "null",
    "{}",
    '{"version": 1}',
    '{"rules": []}',
    '{"version": 2, "rules": []}',
    '{"version": true, "rules": []}',
    '{"version": 1, "rules": {}}',
    '{"version": 1, "rules": [], "x": 1}',
    '{"version": 1, "rules": [1]}',
    '{"version": 1, "rules": [{}]}',
    '{"version": 1, "rules": [{"reason": ""}]}',
    '{"version": 1, "rules": [{"reason": null}]}',
    '{"version": 1, "rules": [{"reason": "x", "runnable": ["a"]}]}',
    '{"version": 1, "rules": [{"reason": "x", "runable": "a"}]}',
    '{"version": 1, "rules": [{"reason": "x", "until": "tomorrow"}]}',
    '{"version": 1, "rules": [{"reason": "x", "until": "2030-13-01T00:00:00Z"}]}',
    '{"version": 1, "rules": [{"reason": "x", "reason": "y"}]}',
    '{"version": NaN, "rules": []}',
    '{"version": 1, "rules": []} x',
    '{"version": 1, "rules": ' + "[" * 100_000,
    '{"version": ' + "1" * 10_000 + ', "rules": []}',
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"\0" * 100,
    b" " * 2_000_000,
]


@pytest.mark.parametrize("content", MALFORMED, ids=range(len(MALFORMED)))
def test_a_file_that_cannot_be_understood_denies_everything(
    room: Room, content: str | bytes
):
    room.write(content)
    found = room.check("anything", ("anybody",), "anywhere")
    assert found is not None
    assert (found.fault.code, found.rule) == ("deny-malformed", "")
    assert found.reason
    assert found.fault.detail


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_a_file_that_was_cut_off_denies_everything(room: Room, cut: int):
    room.write(
        json.dumps({"version": 1, "rules": [{"reason": "x", "user": "nobody"}]})[:cut]
    )
    assert room.code() == "deny-malformed"


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o664, 0o602])
def test_a_file_that_others_can_write_denies_everything(room: Room, mode: int):
    room.rules()
    room.shared.chmod(mode)
    found = room.check()
    assert found is not None
    assert found.fault.code == "deny-untrusted"
    assert found.fault.received == f"mode {mode:04o}"
    assert found.fault.detail == f"chmod go-w {room.shared}"


@pytest.mark.unprivileged
def test_a_file_that_cannot_be_read_denies_everything(room: Room):
    room.rules()
    room.shared.chmod(0o000)
    assert room.code() == "deny-unreadable"


@pytest.mark.unprivileged
def test_a_directory_that_cannot_be_searched_denies_everything(room: Room):
    room.records.mkdir(parents=True)
    room.records.chmod(0o000)
    try:
        assert deny.present(room.environ)
        assert room.code() == "deny-unreadable"
    finally:
        room.records.chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_file_of_somebody_else_denies_everything(room: Room):
    room.rules()
    os.chown(room.shared, 54_321, -1)
    assert room.code() == "deny-untrusted"
    os.chown(room.prefix, 54_321, -1)
    try:
        assert room.code() == ""
    finally:
        os.chown(room.prefix, os.geteuid(), -1)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


STANDS: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "directory": Path.mkdir,
    "socket": _socket,
    "symlink": lambda path: path.symlink_to("/dev/zero"),
    "symlink-to-nothing": lambda path: path.symlink_to("nothing"),
}


@pytest.mark.parametrize("kind", STANDS)
def test_what_is_no_file_denies_everything_at_once(room: Room, kind: str):
    STANDS[kind](room.shared)
    assert room.code() == "deny-unreadable"
    assert room.run("add", "x", "--reason", "y").returncode == 1
    assert os.path.lexists(room.shared)


@pytest.mark.parametrize("content", ["{", '{"version": 1, "rules": []}'])
def test_nothing_is_written_over_a_file_in_doubt(room: Room, content: str):
    room.write(content, 0o644 if content == "{" else 0o666)
    for argv in (
        ("add", "x", "--reason", "y"),
        ("all", "--reason", "y"),
        ("remove", "x"),
    ):
        done = room.run(*argv)
        assert (done.returncode, done.stdout) == (1, "")
        assert "deny-" in done.stderr
        assert room.shared.read_text() == content
    done = room.run("list")
    assert (done.returncode, done.stdout) == (1, "")
    assert "deny-" in done.stderr


# The command


def test_a_person_denies_lists_and_allows_again(room: Room):
    assert room.run().stdout == "Nothing is denied here.\n"
    done = room.run("add", "deploy*", "--reason", "freeze", "--host", "web-*")
    assert (done.returncode, done.stderr) == (0, "")
    (rule,) = room.listed()
    assert rule["id"] in done.stdout
    assert f"runspec deny remove {rule['id']}" in done.stdout
    assert (rule["runnable"], rule["host"], rule["reason"]) == (
        "deploy*",
        "web-*",
        "freeze",
    )
    assert rule["by"] in people()
    assert rule["file"] == str(room.shared)
    found = room.check()
    assert found is not None
    assert found.rule == rule["id"]
    done = room.run("remove", rule["id"])
    assert (done.returncode, done.stdout) == (
        0,
        "No longer denied: deploy* on web-*.\n",
    )
    assert room.check() is None
    assert not deny.present(room.environ)


def test_all_is_denied_at_once(room: Room):
    assert room.run("all").returncode == 0
    found = room.check("anything", (), "anywhere")
    assert found is not None
    assert found.reason == "no reason was given"
    assert room.run("clear").returncode == 0
    assert room.run("all", "--reason", "incident").returncode == 0
    found = room.check("anything", (), "anywhere")
    assert found is not None
    assert found.reason == "incident"


def test_the_words_of_the_public_command_do_the_same_here(room: Room):
    add = ("add", "-r", "deploy", "-r", "db *", "-u", "ops", "-H", "a", "-H", "b")
    assert room.run(*add).returncode == 0
    scopes = [(rule["runnable"], rule["host"]) for rule in room.listed()]
    assert scopes == [("deploy", "a"), ("deploy", "b"), ("db *", "a"), ("db *", "b")]
    assert json.loads(room.run("list", "--json").stdout) == room.listed()
    assert room.run("all").returncode == 0
    assert room.check("anything") is not None
    done = room.run("enable")
    assert done.stdout == "No longer denied: everything.\n"
    assert room.check("anything") is None
    assert room.run("remove", "-r", "deploy").returncode == 0
    assert room.run("remove", "2").returncode == 0
    assert [(rule["runnable"], rule["host"]) for rule in room.listed()] == [
        ("db *", "a")
    ]
    done = room.run("remove", "-r", "gone")
    assert (done.returncode, "deny-not-found" in done.stderr) == (1, True)
    assert room.run("remove").returncode == 2
    assert room.run("clear").returncode == 0
    assert room.listed() == []


def test_there_is_no_mode_in_which_rules_only_warn(room: Room):
    assert room.run("mode", "enforce").returncode == 0
    for mode in ("warn", "off"):
        done = room.run("mode", mode)
        assert (done.returncode, done.stdout) == (2, "")


def test_a_file_of_the_public_implementation_is_not_read_which_is_said(room: Room):
    (room.prefix / "runspec_denylist.toml").write_text("")
    done = room.run("list")
    assert (done.returncode, done.stdout) == (0, "Nothing is denied here.\n")
    assert "runspec_denylist.toml isn't read" in done.stderr


@pytest.mark.parametrize(("value", "runs"), [("1", False), ("", True), ("0", True)])
def test_a_trial_does_not_do_the_real_thing(room: Room, value: str, runs: bool):
    (room.place / "runspec.toml").write_text('[deploy]\nautonomy = "confirm"\n')
    program = room.place / "deploy.py"
    program.write_text("import runspec\nrunspec.parse()\nprint('deployed')\n")
    command = [sys.executable, "-m", "runspec", "run", "deploy"]
    for argv in ([sys.executable, str(program)], command):
        done = subprocess.run(
            argv,
            env=room.environ | {"RUNSPEC_MOCK": value},
            cwd=room.place,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        assert done.stdout == ("deployed\n" if runs else "")
        assert done.returncode == (0 if runs else 1)
        assert ("mock-unsupported" in done.stderr) is not runs


def test_a_rule_can_end_by_itself(room: Room):
    assert room.run("add", "a", "--reason", "x", "--until", "2h").returncode == 0
    assert (
        room.run("add", "b", "--reason", "x", "--until", "2999-01-01").returncode == 0
    )
    first, second = room.listed()
    assert stamp(0) < first["until"] < second["until"]
    for wrong in ("soon", "2001-01-01", "2h30", "-1h", "99999999999h", "2030-02-30"):
        done = room.run("add", "c", "--reason", "x", f"--until={wrong}")
        assert (done.returncode, done.stdout) == (2, "")
    assert len(room.listed()) == 2


def test_what_is_over_goes_with_the_next_rule(room: Room):
    room.rules({"id": "old", "reason": "x", "until": PAST})
    (rule,) = room.listed()
    assert rule["over"]
    assert "(over)" in room.run("list").stdout
    assert room.run("add", "a", "--reason", "x").returncode == 0
    assert [rule["runnable"] for rule in room.listed()] == ["a"]


def test_a_rule_that_is_not_there_has_its_nearest_named(room: Room):
    room.rules({"id": "x7k2mp", "reason": "x"})
    done = room.run("remove", "x7k2mq")
    assert done.returncode == 1
    assert "deny-not-found" in done.stderr
    assert "x7k2mp" in done.stderr


@pytest.mark.parametrize("text", [" ", "\n", "żółw \u202e", '"}', "-x", "*" * 300])
def test_any_text_is_kept_and_denies_no_more_than_it_says(room: Room, text: str):
    done = room.run("add", "other", f"--user={text}", f"--reason={text}")
    assert (done.returncode, done.stderr) == (0, "")
    assert room.check("deploy", ("ops",)) is None
    (rule,) = room.listed()
    assert (rule["user"], rule["reason"]) == (text, text)
    assert room.run("list").returncode == 0


def test_a_rule_that_says_nothing_is_refused(room: Room):
    for argv in (
        ("", "--reason", "x"),
        ("a", "--reason", ""),
        ("a", "--reason", "x", "--user="),
    ):
        assert room.run("add", *argv).returncode == 2
    assert not deny.present(room.environ)


def test_a_file_does_not_grow_until_it_cannot_be_read(room: Room):
    for _ in range(4):
        with_reason = Rule("x" * 250_000, runnable="other")
        add(str(room.shared), with_reason)
    with pytest.raises(RunspecError) as error:
        add(str(room.shared), Rule("x" * 250_000, runnable="other"))
    assert error.value.faults[0].code == "too-large"
    assert room.check() is None


def test_everybody_can_read_what_one_person_denied(room: Room):
    before = os.umask(0o077)
    try:
        room.run("all", "--reason", "x")
    finally:
        os.umask(before)
    assert room.shared.stat().st_mode & 0o777 == 0o644


@pytest.mark.unprivileged
def test_a_user_of_a_shared_environment_denies_for_themselves(room: Room):
    room.prefix.chmod(0o555)
    try:
        assert room.run("add", "a", "--reason", "x").returncode == 0
    finally:
        room.prefix.chmod(0o755)
    assert not room.shared.exists()
    assert [rule["file"] for rule in room.listed()] == [str(room.own)]
    assert room.check("a") is not None


def test_who_changed_the_switch_stands_in_the_ledger(room: Room):
    room.run("add", "deploy", "--reason", "freeze")
    (rule,) = room.listed()
    room.run("remove", rule["id"])
    kinds = []
    examined(
        str(room.records),
        each=lambda e: kinds.append((e.members["kind"], e.members["rule"])),
    )
    assert kinds == [("deny", rule["id"]), ("allow", rule["id"])]


def test_a_full_disk_changes_nothing(room: Room):
    room.rules({"id": "old", "reason": "x"})
    before = room.shared.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(RunspecError) as error:
            add(str(room.shared), Rule("y" * 100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.value.faults[0].code == "unwritable"
    assert room.shared.read_bytes() == before


ADDERS = """
import os, sys
from runspec.deny.rule import Rule
from runspec.deny.switch import add
for number in range(20):
    if not os.fork():
        status = 1
        try:
            for at in range(5):
                add(sys.argv[1], Rule("x", runnable=f"{number}-{at}"))
            status = 0
        finally:
            os._exit(status)
sys.exit(sum(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(20)))
"""


def test_many_persons_at_once_lose_no_rule(room: Room):
    command = [sys.executable, "-c", ADDERS, str(room.shared)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert (done.returncode, done.stderr) == (0, "")
    rules = json.loads(room.shared.read_text())["rules"]
    expected = {f"{number}-{at}" for number in range(20) for at in range(5)}
    assert {rule["runnable"] for rule in rules} == expected
    assert len(rules) == len({rule["id"] for rule in rules}) == 100
    assert take(str(room.shared), rules[0]["id"]) is not None
    assert take(str(room.shared), rules[0]["id"]) is None


LOADED = """
import sys
before = set(sys.modules)
import runspec.deny
print(*sorted(set(sys.modules) - before))
"""


def test_looking_for_a_file_loads_nothing_but_one_module():
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    own = {name for name in done.stdout.split() if name.startswith("runspec")}
    assert own - {"runspec", "runspec.deny"} == set()
