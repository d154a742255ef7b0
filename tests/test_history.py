"""`runspec history`: what ran, whatever happened to it and to its records (HIS)."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments import write
from runspec import record
from runspec.records.frames import Frames
from runspec.records.store import Store
from runspec.specfile import environment_directory

COMMAND = [sys.executable, "-m", "runspec", "history"]
SPEC = """\
[job]
description = "A job"
autonomy = "autonomous"
[job.args]
status = 0
how = { options = ["exit", "raise", "kill", "class", "return"], default = "exit" }
token = { type = "password", env = "TOKEN", required = false }
[job.commands.sub]
description = "A part of it"
"""
JOB = """\
import os, sys
from runspec import parse
args = parse()
status = args.status.value
if args.how.value == "exit":
    sys.exit(status)
if args.how.value == "raise":
    raise LookupError("it isn't there")
if args.how.value == "kill":
    os.kill(os.getpid(), 9)
if args.how.value == "class":
    raise SystemExit(status)
"""
AGO = 1_000_000_000
HOUR = 3600 * AGO


class Desk:
    """A user's records, programs that leave some, and the command that shows them."""

    def __init__(self, place: Path) -> None:
        self.ids = 0
        self.place = place
        self.state = place / "state"
        variables = {"XDG_STATE_HOME": str(self.state)}
        self.folder = Path(environment_directory(variables))
        self.database = self.folder / "history.db"

    def environ(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.place),
            "XDG_STATE_HOME": str(self.state),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **more,
        }

    def run(self, *argv: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """`runspec history`; what it says of itself is never a traceback."""
        done = subprocess.run(
            [*COMMAND, *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            env=self.environ(),
            cwd=self.place,
            **more,
        )
        assert "Traceback" not in done.stderr
        return done

    def runs(self, *argv: str, status: int = 0) -> list[dict[str, Any]]:
        """What it lists as JSON, the newest first."""
        done = self.run(*argv, "--format", "json")
        assert done.returncode == status, done.stderr
        found = json.loads(done.stdout)
        assert isinstance(found, list)
        return found

    def job(self, *argv: str, **variables: str) -> None:
        """Run a real program with these arguments."""
        if not (self.place / "job.py").exists():
            write(self.place, {"runspec.toml": SPEC, "job.py": JOB})
        subprocess.run(
            [sys.executable, "job.py", *argv],
            env=self.environ(**variables),
            cwd=self.place,
            capture_output=True,
            timeout=300,
        )

    def new_id(self) -> str:
        """An id that sorts behind those before it, also within a millisecond."""
        self.ids += 1
        return f"{record.run_id()[:12]}{self.ids:04x}{os.getpid():08x}"

    def began(self, run: str = "", **fields: Any) -> str:
        """Record that a run of this very process began; its id."""
        run = run or self.new_id()
        event = {
            "event": "begin",
            "run": run,
            "via": "parse",
            "runnable": "job",
            "command": [],
            "at": time.time_ns(),
            **record.process({}),
            **fields,
        }
        assert record.append(str(self.folder), event)
        return run

    def ended(self, run: str, status: int | None = 0, **fields: Any) -> str:
        event = {"event": "end", "run": run, "at": time.time_ns(), "ending": "exit"}
        if status is not None:
            event["status"] = status
        assert record.append(str(self.folder), {**event, **fields})
        return run

    def ran(self, status: int | None = 0, **fields: Any) -> str:
        return self.ended(self.began(**fields), status)

    def age_journals(self) -> None:
        """Let what was renamed be old enough to be removed."""
        for path in self.folder.glob("journal-*"):
            path.rename(path.with_name("journal-" + "0" * 12 + path.name[-12:]))

    def notes(self, done: subprocess.CompletedProcess[str]) -> list[str]:
        """The codes of what it says on stderr."""
        lines = done.stderr.splitlines()
        heads = [line for line in lines if line.startswith(("error[", "warning["))]
        return [line.partition("[")[2].partition("]")[0] for line in heads]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


class TestRuns:
    def test_each_way_to_end_has_its_true_status(self, desk: Desk) -> None:
        desk.job("--status", "0")
        desk.job("--status", "7")
        desk.job("--how", "class", "--status", "3")
        desk.job("--how", "raise")
        desk.job("--how", "return")
        desk.job("--how", "kill")
        desk.job("sub", "--status", "9")
        desk.job("--no-such-option")
        found = [(each["state"], each["status"]) for each in reversed(desk.runs())]
        assert found == [
            ("ok", 0),
            ("failed", 7),
            ("failed", 3),
            ("failed", 1),
            ("ok", 0),
            ("lost", None),
            ("failed", 9),
            ("refused", 2),
        ]

    def test_the_list_says_what_ran_how_it_ended_and_by_whom(self, desk: Desk) -> None:
        run = desk.ran(7, command=["sub", "part"])
        done = desk.run()
        assert (done.returncode, done.stderr) == (0, "")
        head, row = done.stdout.splitlines()
        assert head.split() == ["began", "runnable", "status", "took", "by", "id"]
        name = __import__("pwd").getpwuid(os.getuid()).pw_name
        assert row[10:].split() == [
            "job", "sub", "part", "failed", "7", *row.split()[6:8], name, run[-8:],
        ]  # fmt: skip

    def test_a_machine_without_any_history_is_no_error(self, desk: Desk) -> None:
        for argv in ([], ["list"], ["running"], ["stats"]):
            done = desk.run(*argv)
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout.startswith("Nothing is recorded here yet.")
        assert desk.runs() == []
        assert not desk.state.exists()

    def test_all_that_is_known_of_a_run_is_shown_but_no_secret(
        self, desk: Desk
    ) -> None:
        variables = {"TOKEN": "hunter2", "USER": "ceo", "RUNSPEC_RUN_LABEL": "night"}
        desk.job("--status", "5", **variables, SSH_CONNECTION="192.0.2.7 1 192.0.2.8 2")
        (found,) = desk.runs()
        shown = desk.run("show", found["run"][:20]).stdout
        for part in ("failed 5", "status", '"5"', "***", "night", "192.0.2.7", "uid "):
            assert part in shown
        (by,) = [line for line in shown.splitlines() if line.split()[:1] == ["by"]]
        assert "ceo" not in by
        assert "192.0.2.7" not in by
        assert 'USER="ceo"' in shown
        assert found["operator"]["uid"] == os.getuid()
        claims = {"USER": "ceo", "SSH_CONNECTION": "192.0.2.7 1 192.0.2.8 2"}
        assert found["claims"] == claims
        assert found["values"][0] == {"name": "status", "source": "cli", "value": "5"}
        kept = b"".join(path.read_bytes() for path in desk.folder.iterdir())
        assert b"hunter2" not in kept

    def test_the_words_of_the_public_command_do_the_same_here(self, desk: Desk) -> None:
        desk.job("--status", "5", RUNSPEC_LABEL="night", RUNSPEC_TRIGGER="cron")
        desk.job(RUNSPEC_LABEL="day", RUNSPEC_RUN_LABEL="noon", RUNSPEC_RUNBOOK="db")
        for words in (["--failed"], ["--status=failed"]):
            (found,) = json.loads(desk.run("--json", *words).stdout)
            assert (found["label"], found["claims"]) == (
                "night",
                {"RUNSPEC_TRIGGER": "cron"},
            )
        (found,) = json.loads(desk.run("--json", "--status", "completed").stdout)
        assert (found["label"], found["claims"]) == ("noon", {"RUNSPEC_RUNBOOK": "db"})
        assert desk.run("--status", "crashed").stdout == "No run is like that.\n"
        done = desk.run("prune", "--older-than", "7", "--max-rows=1")
        assert done.stdout == "Removed 1 run; 1 is left.\n"

    def test_a_run_is_found_by_either_end_of_its_id(self, desk: Desk) -> None:
        one = desk.ran(run="0123456789ab" + "a" * 12)
        two = desk.ran(run="0123456789ab" + "b" * 12)
        for part, run in ((one[:13], one), (two[:13].upper(), two), (two[-8:], two)):
            done = desk.run("show", part, "--format", "json")
            assert json.loads(done.stdout)["run"] == run
        both = desk.run("show", one[:12])
        assert (both.returncode, both.stdout) == (1, "")
        assert desk.notes(both) == ["run-ambiguous"]
        assert one in both.stderr
        none = desk.run("show", "ffff")
        assert (none.returncode, desk.notes(none)) == (1, ["run-not-found"])

    def test_filters_choose_runs(self, desk: Desk) -> None:
        now = time.time_ns()
        old = desk.ran(0, at=now - 5 * HOUR, runnable="deploy", uid=4711, label="x")
        bad = desk.ran(3, at=now - HOUR, runnable="deploy-all")
        live = desk.began(runnable="build")

        def found(*argv: str) -> set[str]:
            return {each["run"] for each in desk.runs(*argv)}

        assert found("--runnable", "deploy") == {old}
        assert found("-r", "deploy*") == {old, bad}
        assert found("--status", "failed") == {bad}
        assert found("--status", "3") == {bad}
        assert found("--status", "ok") == {old}
        assert found("--user", "4711") == {old}
        assert found("--since", "2h") == {bad, live}
        assert found("--label", "x") == {old}
        assert found("running") == {live}
        assert found("--limit", "1") == {live}
        assert found("--limit", "0") == found("list") == {old, bad, live}

    @pytest.mark.parametrize(
        "argv", [("--status", "good"), ("--user", "no such"), ("--since", "soon")]
    )
    def test_a_filter_that_means_nothing_is_a_wrong_call(
        self, desk: Desk, argv: tuple[str, str]
    ) -> None:
        done = desk.run(*argv)
        assert (done.returncode, done.stdout) == (2, "")
        assert argv[0] in done.stderr

    def test_a_clock_that_goes_back_takes_no_time_and_no_order(
        self, desk: Desk
    ) -> None:
        now = time.time_ns()
        first = desk.began("1" * 24, at=now)
        second = desk.ran(run="2" * 24, at=now - HOUR)
        desk.ended(first, at=now - HOUR)
        found = desk.runs()
        assert [each["run"] for each in found] == [second, first]
        assert found[1]["seconds"] == 0

    def test_sums_are_by_runnable(self, desk: Desk) -> None:
        for at in range(1, 21):
            run = desk.began(at=at * HOUR, runnable="one")
            desk.ended(run, at % 2, at=at * HOUR + at * AGO)
        desk.began(runnable="two", pid=0)
        one, two = desk.runs("stats")
        assert (one["runs"], one["failed"], one["ok"]) == (20, 10, 10)
        assert (one["median_seconds"], one["p95_seconds"]) == (10, 19)
        assert one["last"].startswith("1970-01-01T20:00")
        assert (two["lost"], two["median_seconds"]) == (1, None)
        assert len(desk.run("stats").stdout.splitlines()) == 3

    def test_what_an_event_holds_breaks_no_line_and_no_record(self, desk: Desk) -> None:
        nasty = "a\n\x1b[2J\udcff\0" + "x" * 20_000
        run = desk.ran(
            runnable=nasty,
            command=[nasty, 4],
            values=[[nasty, "cli", nasty], ["short"], 7],
            claims={nasty: nasty},
            pid=1 << 70,
            login=nasty,
        )
        assert [each["run"] for each in desk.runs()] == [run]
        for argv in ([], ["show", run]):
            done = desk.run(*argv)
            assert done.returncode == 0
            assert "\x1b" not in done.stdout


FORKS = """\
import os, signal, sys
from runspec import parse
parse("job", config_path="runspec.toml")
child = os.fork()
if not child:
    sys.exit(3)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), flush=True)
if sys.argv[1:] == ["--how", "kill"]:
    os.kill(os.getpid(), signal.SIGKILL)
"""


class TestEnds:
    @pytest.mark.parametrize(
        ("argv", "state", "status"), [([], "ok", 0), (["--how", "kill"], "lost", None)]
    )
    def test_a_fork_that_exits_writes_no_end_of_its_parent(
        self, desk: Desk, argv: list[str], state: str, status: int | None
    ) -> None:
        write(desk.place, {"runspec.toml": SPEC, "forks.py": FORKS})
        done = subprocess.run(
            [sys.executable, "forks.py", *argv],
            env=desk.environ(),
            cwd=desk.place,
            stdout=subprocess.PIPE,
            text=True,
            timeout=300,
        )
        assert done.stdout == "3\n"
        (found,) = desk.runs()
        assert (found["state"], found["status"]) == (state, status)

    def test_a_run_whose_process_is_gone_is_lost(self, desk: Desk) -> None:
        gone = desk.began(start="another boot 1")
        live = desk.began()
        elsewhere = desk.began(host="another-machine", pid=1)
        found = {each["run"]: each for each in desk.runs()}
        assert found[gone]["state"] == "lost"
        assert found[gone]["noticed"] is not None
        assert found[live]["state"] == found[elsewhere]["state"] == "running"

    def test_a_lost_run_whose_end_comes_in_after_all_is_not_lost(
        self, desk: Desk
    ) -> None:
        run = desk.began(pid=0)
        assert desk.runs()[0]["state"] == "lost"
        desk.ended(run, 4)
        (found,) = desk.runs()
        assert (found["state"], found["status"], found["noticed"]) == (
            "failed",
            4,
            None,
        )

    def test_events_may_come_in_any_order_and_again(self, desk: Desk) -> None:
        run = record.run_id()
        desk.ended(run, 3)
        desk.runs()
        desk.began(run)
        desk.ended(run, 3)
        desk.began(run)
        (found,) = desk.runs()
        assert (found["state"], found["status"], found["runnable"]) == (
            "failed",
            3,
            "job",
        )

    def test_what_the_server_stopped_is_told_from_what_failed(self, desk: Desk) -> None:
        for ending in ("cancelled", "timeout", "not-started", "signal"):
            desk.ended(desk.began(principal="ada"), -15, ending=ending)
        assert {each["state"] for each in desk.runs()} == {"failed"}
        text = desk.run().stdout
        for word in ("cancelled", "timed out", "not started", "SIGTERM"):
            assert word in text
        assert "ada" in desk.run("show", desk.runs()[0]["run"]).stdout

    def test_an_end_without_a_status_is_told_from_a_good_one(self, desk: Desk) -> None:
        desk.ran(None)
        assert [each["state"] for each in desk.runs()] == ["unknown"]

    def test_what_is_written_to_a_journal_that_was_read_is_read_later(
        self, desk: Desk
    ) -> None:
        first = desk.ran()
        with open(desk.folder / "journal", "ab", buffering=0) as writer:
            assert [each["run"] for each in desk.runs()] == [first]
            desk.age_journals()
            assert [each["run"] for each in desk.runs()] == [first]
            (path,) = desk.folder.glob("journal-*")
            second = record.run_id()
            event = {"event": "refused", "run": second, "runnable": "late", "at": 1}
            writer.write(record.frame(event))
        desk.runs()
        assert not path.exists()
        assert {each["run"] for each in desk.runs()} == {first, second}


class TestManyProcesses:
    @pytest.mark.slow
    def test_forty_processes_lose_nothing_while_the_history_is_read(
        self, desk: Desk
    ) -> None:
        writers = [_forked(lambda: _many_runs(desk, 50)) for _ in range(40)]
        reader = Store(str(desk.folder))
        while not all(map(_is_over, writers)):
            reader.ask(lambda connection: None)
        found = desk.runs("--limit", "0")
        assert len(found) == len({each["run"] for each in found}) == 2000
        assert {each["state"] for each in found} == {"ok"}

    @pytest.mark.slow
    def test_readers_killed_at_any_point_lose_and_double_nothing(
        self, desk: Desk
    ) -> None:
        chance = random.Random(7)
        expected = {}
        for _ in range(500):
            for _ in range(3):
                status = chance.randrange(3)
                expected[desk.ran(status)] = status
            if chance.random() < 0.5:
                desk.age_journals()
            reader = _forked(lambda: Store(str(desk.folder)).ask(lambda _: None))
            time.sleep(chance.random() * 0.012)
            os.kill(reader, signal.SIGKILL)
            os.waitpid(reader, 0)
        found = {each["run"]: each["status"] for each in desk.runs("--limit", "0")}
        assert found == expected

    def test_writers_killed_at_any_point_leave_whole_records(self, desk: Desk) -> None:
        done, tell = os.pipe()
        for at in range(20):
            writer = _forked(lambda: _many_runs(desk, 1_000_000, tell))
            for _ in range(2 + at % 4):
                os.read(done, 1)
            os.kill(writer, signal.SIGKILL)
            os.waitpid(writer, 0)
        os.close(done)
        os.close(tell)
        states = [each["state"] for each in desk.runs("--limit", "0")]
        assert len(states) > 20
        assert states.count("lost") <= 20
        assert set(states) <= {"ok", "lost"}

    def test_several_at_once_show_the_same(self, desk: Desk) -> None:
        runs = {desk.ran() for _ in range(10)}
        with ThreadPoolExecutor(8) as pool:
            for found in pool.map(lambda _: desk.runs(), range(8)):
                assert {each["run"] for each in found} == runs


def _forked(body: Callable[[], object]) -> int:
    """Run something in a process of its own; its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        body()
        os._exit(0)
    finally:
        os._exit(1)


def _is_over(pid: int) -> bool:
    """Whether it has ended; it must have succeeded then."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return True
    assert status == 0
    return found == pid


def _many_runs(desk: Desk, count: int, tell: int | None = None) -> None:
    """Each is told by a byte, where somebody wants to know."""
    for _ in range(count):
        desk.ran()
        if tell is not None:
            os.write(tell, b".")


def _garbage(desk: Desk) -> None:
    desk.database.write_bytes(random.Random(1).randbytes(20_000))


def _middle(desk: Desk) -> None:
    with open(desk.database, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        for page in range(4096, size, 8192):
            file.seek(page)
            file.write(b"\xff" * 4096)


def _page(desk: Desk) -> None:
    """One page in the middle of the rows."""
    with open(desk.database, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size // 8192 * 4096)
        file.write(b"\xff" * 4096)


def _cut(desk: Desk) -> None:
    os.truncate(desk.database, desk.database.stat().st_size // 2)


def _foreign(desk: Desk) -> None:
    desk.database.unlink()
    with sqlite3.connect(desk.database) as connection:
        connection.execute("CREATE TABLE runs (x)")
    connection.close()
    desk.database.chmod(0o600)


def _fifo(desk: Desk) -> None:
    desk.database.unlink()
    os.mkfifo(desk.database)


def _symlink(desk: Desk) -> None:
    desk.database.unlink()
    desk.database.symlink_to("/etc/hostname")


def _directory(desk: Desk) -> None:
    desk.database.unlink()
    desk.database.mkdir()


DAMAGES = [_page, _middle, _cut, _garbage, _foreign, _fifo, _symlink, _directory]


class TestDamage:
    @pytest.mark.parametrize("damage", DAMAGES)
    def test_a_damaged_history_is_set_aside_and_made_anew(
        self, desk: Desk, damage: Callable[[Desk], None]
    ) -> None:
        runs = {desk.ran(values=[["x", "cli", "y" * 900]]) for _ in range(100)}
        desk.runs()
        desk.age_journals()
        desk.runs()
        assert not list(desk.folder.glob("journal-*"))
        damage(desk)
        new = desk.ran()
        done = desk.run("--limit", "0", "--format", "json")
        assert (done.returncode, desk.notes(done)) == (0, ["history-set-aside"])
        found = {each["run"] for each in json.loads(done.stdout)}
        assert {new} <= found <= {*runs, new}
        assert damage is not _page or len(found) > len(runs) / 2
        (aside,) = desk.folder.glob("aside-*-history.db")
        assert os.path.lexists(aside)
        assert desk.run().stderr == ""

    @pytest.mark.parametrize("lost", ["remove", "empty"])
    def test_runs_after_a_history_was_lost_are_recorded(
        self, desk: Desk, lost: str
    ) -> None:
        desk.ran()
        desk.runs()
        desk.database.unlink()
        if lost == "empty":
            desk.database.touch(0o600)
        new = desk.ran()
        assert new in {each["run"] for each in desk.runs()}

    def test_damaged_records_are_skipped_and_counted(self, desk: Desk) -> None:
        journal = desk.folder / "journal"
        first = desk.ran()
        with open(journal, "ab") as file:
            file.write(record.frame({"event": "begin", "run": "torn" * 6})[:-9])
        second = desk.ran()
        with open(journal, "ab") as file:
            file.write(b"\0" * 5000 + record.frame({"event": "what"}))
        third = desk.ran()
        done = desk.run("--format", "json")
        assert (done.returncode, desk.notes(done)) == (0, ["history-damaged"])
        found = {each["run"] for each in json.loads(done.stdout)}
        assert found == {first, second, third}
        assert desk.run().stderr == ""

    @pytest.mark.parametrize("kind", ["fifo", "symlink", "directory", "socket"])
    def test_what_is_no_journal_is_set_aside(self, desk: Desk, kind: str) -> None:
        desk.folder.mkdir(parents=True, mode=0o700)
        place = desk.folder / "journal"
        if kind == "fifo":
            os.mkfifo(place)
        elif kind == "symlink":
            place.symlink_to("/etc/passwd")
        elif kind == "directory":
            place.mkdir()
        else:
            with socket.socket(socket.AF_UNIX) as made:
                os.chdir(desk.folder)
                made.bind("journal")
                os.chdir(desk.place)
        done = desk.run()
        assert (done.returncode, desk.notes(done)) == (0, ["history-set-aside"])
        run = desk.ran()
        assert [each["run"] for each in desk.runs()] == [run]

    def test_a_newer_schema_is_said_and_not_touched(self, desk: Desk) -> None:
        desk.ran()
        desk.runs()
        with sqlite3.connect(desk.database) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        before = desk.database.read_bytes()
        desk.ran()
        for argv in ([], ["prune", "--max", "0"], ["reindex"]):
            done = desk.run(*argv)
            assert (done.returncode, desk.notes(done)) == (1, ["history-newer"])
        assert desk.database.read_bytes() == before
        assert (desk.folder / "journal").exists()

    @pytest.mark.parametrize("place", ["", "history.db"])
    def test_what_others_could_write_is_refused(self, desk: Desk, place: str) -> None:
        desk.ran()
        desk.runs()
        (desk.folder / place).chmod(0o777)
        done = desk.run()
        assert (done.returncode, done.stdout) == (1, "")
        assert desk.notes(done) == ["history-untrusted"]

    def test_nobody_else_can_read_any_of_it(self, desk: Desk) -> None:
        before = os.umask(0)
        try:
            desk.ran()
            desk.runs()
            desk.age_journals()
            desk.runs()
            desk.run("reindex")
            desk.run("prune", "--max", "0")
        finally:
            os.umask(before)
        modes = {
            path.name: path.stat().st_mode & 0o777 for path in desk.folder.iterdir()
        }
        assert "history.db" in modes
        assert set(modes.values()) == {0o600}
        assert desk.folder.stat().st_mode & 0o777 == 0o700


class TestFullAndReadOnly:
    def _is_shown_and_stays(self, desk: Desk, run: str, **more: Any) -> None:
        done = desk.run("--format", "json", **more)
        assert (done.returncode, desk.notes(done)) == (1, ["history-not-kept"])
        found = json.loads(done.stdout)
        assert run in {each["run"] for each in found}
        journals = b"".join(path.read_bytes() for path in desk.folder.glob("journal*"))
        assert run.encode() in journals

    @pytest.mark.parametrize("kind", ["new", "old"])
    def test_what_does_not_fit_is_shown_and_kept_for_later(
        self, desk: Desk, kind: str
    ) -> None:
        if kind == "old":
            desk.ran()
            desk.runs()
        runs = [desk.ran(values=[["x", "cli", "y" * 900]]) for _ in range(200)]

        def small() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))

        done = desk.run("--format", "json", "--limit", "0", preexec_fn=small)
        assert (done.returncode, desk.notes(done)) == (1, ["history-not-kept"])
        assert {each["run"] for each in json.loads(done.stdout)} >= set(runs)
        assert {each["run"] for each in desk.runs("--limit", "0")} >= set(runs)

    def test_a_full_disk_is_said_and_nothing_is_lost(
        self, desk: Desk, small_disk: Path
    ) -> None:
        desk.state = small_disk
        desk.folder = Path(environment_directory({"XDG_STATE_HOME": str(small_disk)}))
        first = desk.ran()
        desk.runs()
        second = desk.ran()
        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(b"x" * (1 << 20))
        self._is_shown_and_stays(desk, second)
        for argv in (["prune", "--max", "0"], ["reindex"]):
            done = desk.run(*argv)
            assert (done.returncode, desk.notes(done)) == (1, ["history-not-kept"])
        filler.unlink()
        assert {each["run"] for each in desk.runs()} == {first, second}

    @pytest.mark.unprivileged
    def test_a_read_only_directory_is_said_and_what_is_in_it_shown(
        self, desk: Desk
    ) -> None:
        first = desk.ran()
        desk.runs()
        second = desk.ran()
        desk.folder.chmod(0o500)
        try:
            self._is_shown_and_stays(desk, first)
            self._is_shown_and_stays(desk, second)
        finally:
            desk.folder.chmod(0o700)
        assert {each["run"] for each in desk.runs()} == {first, second}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 256 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(place)]
    if (
        not shutil.which("mount")
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("file systems can't be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


class TestPruning:
    def test_what_is_pruned_is_nowhere_any_more(self, desk: Desk) -> None:
        day = 24 * HOUR
        now = time.time_ns()
        old = desk.ran(at=now - 10 * day, runnable="secretive")
        kept = [desk.ran(at=now - day), desk.began(at=now - 9 * day)]
        desk.runs()
        desk.age_journals()
        desk.runs()
        done = desk.run("prune", "--keep-days", "5")
        assert done.stdout == "Removed 1 run; 2 are left.\n"
        desk.run("reindex")
        assert {each["run"] for each in desk.runs()} == set(kept)
        for path in desk.folder.iterdir():
            content = path.read_bytes()
            assert old.encode() not in content
            assert b"secretive" not in content

    def test_pruning_gives_room_back(self, desk: Desk) -> None:
        for _ in range(300):
            desk.ran(values=[["x", "cli", "y" * 900]])
        desk.runs()
        before = desk.database.stat().st_size
        assert desk.run("prune", "--max", "3").returncode == 0
        assert desk.database.stat().st_size < before / 4

    def test_the_newest_are_kept(self, desk: Desk) -> None:
        runs = [desk.ran(runnable=name) for name in "ababab"]
        assert desk.run("prune", "--max", "2", "-r", "a", "-f", "json").returncode == 0
        assert [each["run"] for each in desk.runs()] == [
            *reversed([runs[1], runs[2], runs[3], runs[4], runs[5]])
        ]
        assert desk.run("prune", "--max", "0").stdout == "Removed 5 runs; 0 are left.\n"

    def test_how_much_to_keep_must_be_said(self, desk: Desk) -> None:
        run = desk.ran()
        assert desk.run("prune").returncode == 2
        assert [each["run"] for each in desk.runs()] == [run]


class TestReindex:
    def test_the_rebuilt_history_has_the_same_runs(self, desk: Desk) -> None:
        known = [desk.ran(), desk.began()]
        before = desk.runs()
        done = desk.run("reindex")
        assert done.stdout == "Rebuilt the history: it has 2 runs.\n"
        assert {each["run"] for each in before} == set(known)
        assert desk.runs() == before


EVENTS = st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers())
PIECES = st.lists(
    st.tuples(st.just("event"), EVENTS) | st.tuples(st.just("bytes"), st.binary()),
    max_size=12,
)


SIZED = b"([<>lc"
"""What marshal has before a length for which it takes memory at once."""


def _is_small(payload: bytes) -> bool:
    return not any(each & 0x7F in SIZED for each in payload)


class TestFrames:
    @given(content=st.binary(max_size=300))
    def test_any_bytes_are_read_without_an_error(self, content: bytes) -> None:
        assert _read(content)[0] == []

    @given(pieces=PIECES, cut=st.integers(0, 40))
    def test_every_whole_frame_is_found_whatever_stands_between(
        self, pieces: list[tuple[str, Any]], cut: int
    ) -> None:
        framed = [
            record.frame(piece) if kind == "event" else piece for kind, piece in pieces
        ]
        events = [piece for kind, piece in pieces if kind == "event"]
        tail = record.frame({"torn": 1})[:cut]
        found, offset = _read(b"".join(framed) + tail)
        whole = len(record.frame({"torn": 1})) <= cut
        assert found == [*events, *([{"torn": 1}] if whole else [])]
        assert offset <= len(b"".join(framed)) + cut

    @given(payload=st.binary(max_size=60).filter(_is_small))
    def test_a_right_sum_over_anything_is_no_error(self, payload: bytes) -> None:
        length = len(payload).to_bytes(4, "little")
        _read(length + record.checksum(payload) + payload)

    def test_a_long_file_takes_little_memory(self, tmp_path: Path) -> None:
        path = tmp_path / "journal"
        one = record.frame({"event": "begin", "run": "1" * 24, "x": "y" * 100_000})
        with open(path, "wb") as file:
            for _ in range(300):
                file.write(one + b"\0" * 50_000)
        import tracemalloc

        with open(path, "rb") as file:
            frames = Frames(file.fileno())
            tracemalloc.start()
            count = 0
            while frames.next() is not None:
                count += 1
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert (count, frames.damaged) == (300, 299)
        assert peak < 8 << 20


def _read(content: bytes) -> tuple[list[object], int]:
    descriptor = os.memfd_create("journal")
    try:
        os.write(descriptor, content)
        frames = Frames(descriptor)
        found: list[object] = []
        while (event := frames.next()) is not None:
            found.append(event)
        return found, frames.offset
    finally:
        os.close(descriptor)
