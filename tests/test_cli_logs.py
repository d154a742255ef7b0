"""`runspec logs`: reading what was logged (LOG)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from logging_room import Room

WORK = """\
log.debug('looking', extra={'n': 1})
log.info('moved\\nto %s', 'w-1', extra={'server': 'w-1', 'size': [1, 2]})
log.warning('slow')
try:
    1 / 0
except ZeroDivisionError:
    log.exception('no')
print('printed')
"""


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


@pytest.fixture
def worked(room: Room) -> Room:
    room.run(WORK)
    return room


def _line(message: str, moment: datetime, run: str = "a1", **more: object) -> str:
    fields = {
        "time": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "level": "INFO",
        "logger": "app",
        "message": message,
        "run": run,
        **more,
    }
    return json.dumps(fields) + "\n"


def _write(room: Room, *lines: str, name: str = "deploy.log") -> None:
    room.folder.mkdir(mode=0o700, exist_ok=True)
    (room.folder / name).write_text("".join(lines), "utf-8")


def _messages(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [json.loads(line)["message"] for line in done.stdout.splitlines()]


NOW = datetime.now(UTC)


def test_a_log_is_shown_as_a_person_reads_it(worked: Room) -> None:
    done = worked.command("deploy")
    assert done.returncode == 0
    shown = [line[24:] for line in done.stdout.splitlines() if line[:2] == "20"]
    assert shown[:4] == [
        "DEBUG    deploy.db looking n=1",
        "INFO     deploy.db moved server=w-1 size=[1, 2]",
        "WARNING  deploy.db slow",
        "ERROR    deploy.db no",
    ]
    assert "\n    to w-1\n" in done.stdout
    assert "\n    Traceback (most recent call last):\n" in done.stdout
    assert "\n    ZeroDivisionError: division by zero\n" in done.stdout
    assert "\n    printed\n" in done.stdout
    assert shown[-1].startswith("INFO     runspec deploy: ok in ")
    assert shown[-1].endswith(f"[run {worked.summary()['run']}]")


def test_times_are_local(room: Room) -> None:
    _write(room, _line("x", datetime(2030, 1, 31, 23, 30, tzinfo=UTC)))
    assert room.command("deploy").stdout.startswith("2030-01-31 23:30:00.000 ")


def test_json_is_the_lines_as_they_are(worked: Room) -> None:
    done = worked.command("deploy", "--json")
    assert done.stdout == worked.log.read_text("utf-8")


def test_only_a_level_and_above(worked: Room) -> None:
    done = worked.command("deploy", "--level", "WARNING", "--json")
    assert _messages(done) == ["slow", "no"]


def test_only_one_run_by_the_beginning_of_its_id(worked: Room) -> None:
    worked.run("log.info('second')", "--no-summary")
    run = worked.summary()["run"]
    done = worked.command("deploy", "--run", run[:20], "--json")
    assert _messages(done)[0] == "second"
    assert {json.loads(line)["run"] for line in done.stdout.splitlines()} == {run}


def test_only_what_is_new_enough(room: Room) -> None:
    hours = (5, 3, 1, 0)
    lines = [_line(f"{h}h", NOW - timedelta(hours=h)) for h in hours]
    _write(room, *lines)
    assert _messages(room.command("deploy", "--since", "2h", "--json")) == ["1h", "0h"]
    day = (NOW - timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M")
    assert _messages(room.command("deploy", "-s", day, "-j")) == ["3h", "1h", "0h"]


def test_a_time_that_is_none_is_a_wrong_call(worked: Room) -> None:
    done = worked.command("deploy", "--since", "yesterday")
    assert done.returncode == 2
    assert "90m, 2h, 7d" in done.stderr


def test_only_the_last_lines(worked: Room) -> None:
    done = worked.command("deploy", "--last", "1", "--json")
    assert len(_messages(done)) == 1
    assert json.loads(done.stdout)["event"] == "run"


def test_old_files_come_first(room: Room) -> None:
    _write(room, _line("3", NOW), name="deploy.log")
    _write(room, _line("2", NOW), name="deploy.log.1")
    _write(room, _line("1", NOW), name="deploy.log.2")
    _write(room, _line("0", NOW), name="deploy.log.10")
    _write(room, _line("no", NOW), name="deploy.log.bak")
    assert _messages(room.command("deploy", "--json")) == ["0", "1", "2", "3"]


def test_what_is_kept_elsewhere_is_merged_by_time(room: Room) -> None:
    (room.package / "logs").write_text("")
    room.run("log.info('elsewhere')")
    room.folder.unlink()
    first = _line("before", NOW - timedelta(days=1))
    _write(room, first, _line("after", NOW + timedelta(days=1)))
    found = _messages(room.command("deploy", "--json"))
    assert found[:2] == ["before", "elsewhere"]
    assert found[-1] == "after"


def test_a_line_that_is_none_is_shown_as_it_is(room: Room) -> None:
    _write(room, _line("a", NOW), "by hand \x1b[2J\n", '{"half": \n', _line("b", NOW))
    lines = room.command("deploy").stdout.splitlines()
    assert lines[1:3] == ["by hand \\x1b[2J", '{"half": ']
    found = room.command("deploy", "--json").stdout.splitlines()
    assert json.loads(found[1]) == {"malformed": "by hand \x1b[2J"}
    assert len(room.command("deploy", "--level", "INFO").stdout.splitlines()) == 2


def test_nothing_in_a_log_controls_the_terminal(room: Room) -> None:
    evil = "\x1b[2J\u202e\x07"
    line = _line(evil, NOW, exception=evil, server=evil, event="x")
    _write(room, line.replace("app", "\\u001b[2J"), _line(evil, NOW, key=evil))
    shown = room.command("deploy").stdout
    assert all(line.isprintable() for line in shown.splitlines())


def test_a_runnable_that_is_not_there_is_said(room: Room) -> None:
    done = room.command("deplyo")
    assert done.returncode == 1
    assert "deploy" in done.stderr


def test_a_runnable_that_has_not_logged_is_said(room: Room) -> None:
    done = room.command("deploy")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "runspec: deploy has logged nothing yet\n"


def test_the_log_of_what_was_removed_can_still_be_read(room: Room) -> None:
    (room.package / "logs").write_text("")
    room.run("log.info('kept')")
    (room.package / "runspec.toml").write_text("")
    assert _messages(room.command("deploy", "--json"))[0] == "kept"


# Following


class Follower:
    """`runspec logs deploy --follow --json`, line by line."""

    def __init__(self, room: Room) -> None:
        command = [sys.executable, "-m", "runspec", "logs", "deploy", "-f", "-j"]
        self.process = subprocess.Popen(
            command,
            cwd=room.package,
            env=room.environ(),
            stdout=subprocess.PIPE,
            text=True,
        )

    def message(self) -> str:
        assert self.process.stdout is not None
        message = json.loads(self.process.stdout.readline())["message"]
        assert isinstance(message, str)
        return message


@pytest.fixture
def follower(room: Room) -> Iterator[Follower]:
    _write(room, _line("before", NOW))
    found = Follower(room)
    yield found
    found.process.kill()
    found.process.communicate()


def test_following_goes_on_through_rotation(room: Room, follower: Follower) -> None:
    assert follower.message() == "before"
    room.declare('rotate = "1 KB"\nkeep = 500')
    room.run("for n in range(200): log.debug(f'{n}')", "--no-summary")
    assert [follower.message() for _ in range(200)] == [str(n) for n in range(200)]
    assert len(os.listdir(room.folder)) > 30


def test_following_survives_a_folder_that_is_removed(
    room: Room, follower: Follower
) -> None:
    assert follower.message() == "before"
    room.log.unlink()
    room.folder.rmdir()
    room.run("log.info('again')")
    assert follower.message() == "again"


def test_following_ends_at_an_interrupt(follower: Follower) -> None:
    assert follower.message() == "before"
    follower.process.send_signal(2)
    assert follower.process.wait(300) == -signal.SIGINT


# The logs there are


def test_without_a_runnable_the_logs_are_listed(worked: Room) -> None:
    _write(worked, "x" * 1500, name="deploy.log.1")
    done = worked.command()
    assert done.returncode == 0
    head, row, *_ = done.stdout.splitlines()
    assert head.split()[:3] == ["runnable", "size", "files"]
    assert row.startswith("deploy")
    assert " kB  2 " in row
    assert row.endswith(str(worked.log))
    assert worked.command("status").stdout == done.stdout
    assert worked.command("status", "deploy").stdout == done.stdout


def test_the_list_is_json_where_that_is_asked_for(worked: Room) -> None:
    (row,) = json.loads(worked.command("status", "--json").stdout)
    assert row["runnable"] == "deploy"
    assert row["path"] == str(worked.log)
    assert row["bytes"] == worked.log.stat().st_size
    assert row["files"] == 1


def test_where_there_is_no_log_that_is_said(room: Room) -> None:
    done = room.command()
    assert done.returncode == 0
    assert "There are no logs yet" in done.stdout


def test_a_runnable_may_be_called_as_a_command(room: Room) -> None:
    spec = (room.package / "runspec.toml").read_text()
    (room.package / "runspec.toml").write_text(spec.replace("[deploy", "[prune"))
    _write(room, _line("mine", NOW), name="prune.log")
    assert _messages(room.command("--json", "--", "prune")) == ["mine"]


# Pruning


@pytest.fixture
def aged(worked: Room) -> Room:
    for number in range(1, 6):
        _write(worked, "x" * 1000 + "\n", name=f"deploy.log.{number}")
        then = time.time() - number * 86_400 + 3600
        os.utime(worked.old(number), (then, then))
    return worked


def test_old_files_are_removed_by_age(aged: Room) -> None:
    done = aged.command("prune", "--keep-days", "3")
    assert done.stdout == "Removed 2 old files, 2 kB.\n"
    assert [n for n in range(1, 7) if aged.old(n).exists()] == [1, 2, 3]
    assert aged.log.exists()


def test_old_files_are_removed_by_number(aged: Room) -> None:
    done = aged.command("prune", "deploy", "--max", "1", "--json")
    assert json.loads(done.stdout) == {"removed": 4, "bytes": 4004}
    assert [n for n in range(1, 7) if aged.old(n).exists()] == [1]


def test_old_files_are_removed_by_the_words_of_the_public_command(aged: Room) -> None:
    words = ("prune", "--older-than", "3", "--max-files=9")
    done = aged.command(*words, "--dry-run")
    assert done.stdout == "Would remove 2 old files, 2 kB.\n"
    assert [n for n in range(1, 7) if aged.old(n).exists()] == [1, 2, 3, 4, 5]
    assert aged.command(*words).stdout == "Removed 2 old files, 2 kB.\n"
    assert [n for n in range(1, 7) if aged.old(n).exists()] == [1, 2, 3]


def test_each_run_can_have_a_file_of_its_own(room: Room) -> None:
    room.declare('store = "per-run"')
    for word in ("one", "two"):
        room.run(f"log.info('{word}')")
    files = sorted(room.folder.iterdir())
    assert len(files) == 2
    for path, word in zip(files, ("one", "two"), strict=True):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert lines[0]["message"] == word
        at = datetime.fromisoformat(lines[0]["time"]).strftime("%Y%m%dT%H")
        run = lines[0]["run"]
        assert path.name.startswith(f"deploy.{at}")
        assert path.name.endswith(f"Z.{run}.log")
        assert path.stat().st_mode & 0o777 == 0o600
    shown = room.command("deploy", "--json")
    assert [m for m in _messages(shown) if m in ("one", "two")] == ["one", "two"]
    last = room.command("deploy", "--json", "--run", run)
    assert [m for m in _messages(last) if m in ("one", "two")] == ["two"]
    (row,) = json.loads(room.command("--json").stdout)
    assert (row["runnable"], row["files"]) == ("deploy", 2)
    assert row["path"] == str(files[1])
    done = room.command("prune", "--max", "1")
    assert done.stdout.startswith("Removed 1 old file,")
    assert list(room.folder.iterdir()) == [files[1]]


def test_files_of_runs_are_told_from_others(room: Room) -> None:
    room.declare('store = "per-run"')
    stamp = "20300131T180000Z"
    for name in (f"deploy.{stamp}.xyz.log", f"deploy.{stamp}.log", "deploy.log.1"):
        _write(room, _line(name, NOW), name=name)
    _write(room, _line("own", NOW), name=f"deploy.{stamp}.0197a3f2.log")
    _write(room, _line("another", NOW), name=f"deploy.db.{stamp}.0197a3f2.log")
    shown = _messages(room.command("deploy", "--json"))
    assert sorted(shown) == ["deploy.log.1", "own"]


def test_what_is_to_be_removed_must_be_said(aged: Room) -> None:
    done = aged.command("prune")
    assert done.returncode == 2
    assert aged.old(5).exists()


def test_pruning_follows_no_link(worked: Room) -> None:
    real = worked.package / "real"
    worked.folder.rename(real)
    (real / "deploy.log.1").write_text("x")
    worked.folder.symlink_to(real)
    worked.command("prune", "--max", "0")
    assert (real / "deploy.log.1").exists()
