"""`[config.logging]`: what a program logs and prints is kept (LOG)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logging_room import BEGIN, Room

SECRET = "hunter2hunter2"
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


# Records


def test_a_record_is_one_json_line_with_its_extra_fields(room: Room) -> None:
    before = datetime.now(UTC)
    done = room.run("log.info('moved %s', 'web', extra={'server': 'w-1', 'took': 1.5})")
    (record,) = room.records()
    moment = datetime.fromisoformat(record["time"])
    assert before - timedelta(seconds=1) < moment < datetime.now(UTC)
    assert record["time"].endswith("Z")
    assert len(record["time"]) == len("2030-01-31T18:00:00.000000Z")
    expected = {
        "level": "INFO",
        "logger": "deploy.db",
        "message": "moved web",
        "runnable": "deploy",
        "thread": "MainThread",
        "module": "deploy",
        "line": 7,
        "server": "w-1",
        "took": 1.5,
    }
    assert {name: record[name] for name in expected} == expected
    assert record["run"] == room.summary()["run"]
    assert record["pid"] == room.summary()["pid"]
    assert done.returncode == 0


def test_what_is_at_debug_is_in_the_log_and_not_on_the_console(room: Room) -> None:
    done = room.run("log.debug('fine detail')")
    assert [record["level"] for record in room.records()] == ["DEBUG"]
    assert "fine detail" not in done.stdout + done.stderr


def test_info_is_on_stdout_and_warnings_are_on_stderr(room: Room) -> None:
    source = "log.info('one', extra={'n': 1})\nlog.warning('two')\nlog.error('three')"
    done = room.run(source, "--no-summary")
    assert done.stdout == "one n=1\n"
    assert done.stderr == "warning: two\nerror: three\n"


def test_debug_shows_what_is_at_debug_too(room: Room) -> None:
    assert room.run("log.debug('fine')", "--debug").stdout == "debug: fine\n"


def test_a_result_that_is_json_is_not_mixed_with_the_log(room: Room) -> None:
    room.declare(output="json")
    done = room.run("log.info('working')\nprint('[1]')")
    assert json.loads(done.stdout) == [1]
    assert "working" in done.stderr


def test_log_lines_stand_where_they_were_between_what_is_printed(room: Room) -> None:
    done = room.run("print('1')\nlog.info('2')\nprint('3')\nlog.info('4')")
    assert done.stdout == "1\n2\n3\n4\n"


def test_a_console_of_the_programs_own_stays_alone(room: Room) -> None:
    begin = "import logging\nlogging.basicConfig(format='mine: %(message)s')\n" + BEGIN
    done = room.run("log.info('hello')", "--no-summary", begin=begin)
    assert done.stdout == ""
    assert done.stderr == "mine: hello\n"
    assert [record["message"] for record in room.records()] == ["hello"]


def test_an_extra_field_never_replaces_one_of_the_line(room: Room) -> None:
    room.run("log.info('x', extra={'time': 1, 'run': 2, 'extra_run': 3, 'pid': 4})")
    (record,) = room.records()
    assert record["extra_time"] == 1
    assert (record["extra_run"], record["extra_extra_run"]) == (3, 2)
    assert record["extra_pid"] == 4
    assert record["run"] == room.summary()["run"]


def test_an_exception_keeps_its_traceback(room: Room) -> None:
    source = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    log.exception('no')"
    done = room.run(source)
    (record,) = room.records()
    assert record["exception"].startswith("Traceback (most recent call last):\n")
    assert record["exception"].endswith("ZeroDivisionError: division by zero")
    assert record["exception"] in done.stderr


def test_arguments_that_do_not_fit_a_message_lose_no_record(room: Room) -> None:
    done = room.run("log.info('%d of %d', 'x')\nlog.info('next')", "--no-summary")
    first, second = room.records()
    assert first["message"] == "%d of %d ('x',) (TypeError)"
    assert second["message"] == "next"
    assert done.stderr == ""


def test_any_object_can_be_logged(room: Room) -> None:
    room.run(
        "class Bad:\n"
        "    def __str__(self): raise ValueError\n"
        "    __repr__ = __str__\n"
        "loop = []; loop.append(loop)\n"
        "extra = {'bad': Bad(), 'loop': loop, 'nan': float('nan'), 'big': 10**9999,\n"
        "    'half': '\\ud800', 'bytes': b'x', 'keys': {1: {2}}}\n"
        "log.info(Bad(), extra=extra)\n"
        "log.info('after', extra={'path': os.path})\n"
    )
    first, second = room.records()
    assert first["message"] == "<Bad: ValueError when it is shown>"
    assert first["bad"] == first["message"]
    assert first["loop"] == ["..."]
    assert first["nan"] == "nan"
    assert first["big"].startswith("0x")
    assert first["half"] == "\ud800"
    assert first["bytes"] == "b'x'"
    assert first["keys"] == {"1": [2]}
    assert second["message"] == "after"


def test_no_character_is_taken_for_the_end_of_a_line(room: Room) -> None:
    text = "a\n\r\x0b\x85\u2028\u202eb\x1b[2J\x9b"
    room.run(f"log.info({text!r})")
    assert (
        room.log.read_text("utf-8").splitlines()
        == (room.log.read_text("utf-8").split("\n")[:-1])
    )
    assert all(map(str.isprintable, room.log.read_text("utf-8").splitlines()))
    assert [record["message"] for record in room.records()] == [text]


def test_a_signal_handler_may_log_at_any_moment(room: Room) -> None:
    done = room.run(
        "import signal\n"
        "signal.signal(signal.SIGALRM, lambda *_: log.info('tick'))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0005)\n"
        "for n in range(1000):\n"
        "    log.debug('record', extra={'n': n})\n"
        "    print('printed', n, flush=True)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\n"
    )
    numbers = [record["n"] for record in room.records() if "n" in record]
    assert numbers == list(range(1000))
    assert any(record["message"] == "tick" for record in room.records())
    assert done.stdout.count("printed") == 1000
    assert done.returncode == 0


def test_threads_and_forks_write_into_one_log(room: Room) -> None:
    room.run(
        "import threading\n"
        "def work(who):\n"
        "    for n in range(50): log.debug('x', extra={'who': who, 'n': n})\n"
        "threads = [threading.Thread(target=work, args=(f't{t}',)) for t in range(4)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "pid = os.fork()\n"
        "work('child' if pid == 0 else 'parent')\n"
        "if pid: os.waitpid(pid, 0)\n"
    )
    seen: dict[str, list[int]] = {}
    for record in room.records():
        seen.setdefault(record["who"], []).append(record["n"])
    assert set(seen) == {"t0", "t1", "t2", "t3", "child", "parent"}
    assert all(numbers == list(range(50)) for numbers in seen.values())
    assert len(room.events("run")) == 1


# What is printed


def test_what_is_printed_is_recorded_and_log_lines_are_not_twice(room: Room) -> None:
    done = room.run(
        "print('printed', 'é')\nlog.info('logged')\n"
        "print('problem', file=sys.stderr)\nlog.warning('warned')\n"
    )
    out, err = room.events("output")
    assert (out["stream"], out["text"]) == ("stdout", "printed é\n")
    assert (err["stream"], err["text"]) == ("stderr", "problem\n")
    assert out["left_out"] == err["left_out"] == 0
    assert room.summary()["output"] == {"stdout": 11, "stderr": 8}
    assert done.stdout == "printed é\nlogged\n"


def test_of_much_output_beginning_and_end_are_recorded(room: Room) -> None:
    done = room.run("for n in range(300_000): print('line', n)")
    (out,) = room.events("output")
    size = len(done.stdout)
    assert room.summary()["output"]["stdout"] == size
    head, mark, tail = out["text"].partition(
        f"[… {out['left_out']} bytes left out …]\n"
    )
    assert mark
    assert head.startswith("line 0\nline 1\n")
    assert tail.endswith("line 299998\nline 299999\n")
    assert len(head) + len(tail) + out["left_out"] == size
    assert 60_000 < len(head) <= 65_536
    assert 60_000 < len(tail) <= 65_536
    assert done.stdout.startswith(head)
    assert done.stdout.endswith(tail)


@pytest.mark.parametrize("size", [65_535, 131_072, 131_073, 400_000])
def test_output_of_any_size_is_counted_to_the_byte(room: Room, size: int) -> None:
    source = f"text = ('x' * 99 + '\\n') * 4000\nsys.stdout.write(text[:{size}])"
    room.run(source)
    (out,) = room.events("output")
    shown = out["text"]
    if out["left_out"]:
        shown = shown.replace(f"[… {out['left_out']} bytes left out …]\n", "")
    assert len(shown) + out["left_out"] == size
    assert bool(out["left_out"]) == (size > 131_072)


def test_a_large_single_write_is_recorded(room: Room) -> None:
    room.run("sys.stdout.write('x\\n' * 5_000_000)")
    assert room.summary()["output"]["stdout"] == 10_000_000


STREAMS = (
    "def state(): return [(s.encoding, s.errors, s.line_buffering, s.isatty(),\n"
    "    s.fileno(), s.name, s.mode, s.newlines, s.writable(), s.buffer.name,\n"
    "    s.write_through) for s in (sys.stdout, sys.stderr)]\n"
)


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8:strict", "latin-1:replace"])
def test_the_streams_stay_as_they_were(
    room: Room, unbuffered: bool, encoding: str
) -> None:
    begin = BEGIN.replace(
        'args = parse("deploy")',
        f'{STREAMS}before = state()\nolder = sys.stdout\nargs = parse("deploy")',
    )
    more = {"PYTHONUNBUFFERED": "1"} if unbuffered else {}
    done = room.run(
        "assert before == state(), (before, state())\n"
        "assert sys.stdout is older is sys.__stdout__\n"
        "print('é', flush=True)\n"
        "sys.stdout.buffer.write(b'raw\\n')\nsys.stdout.flush()\n"
        "sys.stdout.reconfigure(errors='ignore')\nprint('end')\n",
        "--no-summary",
        begin=begin,
        PYTHONIOENCODING=encoding,
        **more,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    (out,) = room.events("output")
    assert out["text"] == "é\nraw\nend\n"


def test_without_buffering_output_appears_at_once(room: Room) -> None:
    path = room.program("print('half', end='')\nsys.stdin.read()")
    with subprocess.Popen(
        [sys.executable, "-u", str(path)],
        env=room.environ(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 100) == b"half"
        process.communicate(b"")


def test_on_a_terminal_lines_appear_at_once_and_in_colour(room: Room) -> None:
    path = room.program("print('ready')\nlog.warning('careful')\ninput('? ')")
    environ = room.environ(TERM="xterm")
    child = pexpect.spawn(sys.executable, [str(path)], env=environ, timeout=300)
    child.expect_exact("ready\r\n")
    child.expect_exact("\x1b[33mwarning:\x1b[0m careful\r\n")
    child.expect_exact("? ")
    child.sendline("yes")
    child.expect_exact("deploy: ok in")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_what_is_printed_when_the_interpreter_ends_is_not_lost(room: Room) -> None:
    done = room.run("class Late:\n    def __del__(self): print('bye')\nlate = Late()\n")
    assert done.stdout == "bye\n"
    assert done.returncode == 0


def test_a_reader_that_went_away_changes_nothing(room: Room) -> None:
    source = "for n in range(100_000): print('line', n)\nlog.info('done')"
    path = room.program(source)
    plain = room.package / "plain.py"
    plain.write_text("for n in range(100_000): print('line', n)\n")
    found = []
    for each in (path, plain):
        argv = f"{sys.executable} {each} | head -n 1; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["bash", "-c", argv],
            env=room.environ(),
            capture_output=True,
            text=True,
            timeout=300,
        )
        found.append((done.stdout, "BrokenPipeError" in done.stderr))
    assert found[0] == found[1]


def test_a_program_without_streams_logs_all_the_same(room: Room) -> None:
    path = room.program("log.info('x')\nlog.warning('y')")
    command = f"exec {sys.executable} {path} >&- 2>&- <&-"
    done = subprocess.run(["bash", "-c", command], env=room.environ(), timeout=300)
    assert done.returncode == 0
    assert len(room.records()) == 2


# The summary


def test_a_run_ends_with_a_summary(room: Room) -> None:
    done = room.run("log.warning('a')\nlog.warning('b')", "--target", "test")
    found = room.summary()
    assert found["status"] == 0
    assert found["ending"] == "exit"
    assert found["counts"] == {"WARNING": 2}
    assert found["values"][0] == ["target", "cli", "test"]
    assert found["uid"] == os.getuid()
    assert found["autonomy"] == "autonomous"
    assert found["agent"] is False
    assert 0 < found["seconds"] < 60
    assert found["message"].startswith("deploy: ok in ")
    assert found["message"].endswith(", 2 warnings")
    assert done.stderr == "warning: a\nwarning: b\n"


def test_a_summary_of_a_good_run_is_told_at_a_terminal_only(room: Room) -> None:
    program = str(room.program("", BEGIN))
    env = {**room.environ(), "TERM": "dumb"}
    argv = [program]
    child = pexpect.spawn(
        sys.executable, argv, cwd=str(room.package), env=env, encoding="utf-8"
    )
    child.expect(r"deploy: ok in .*, run \w+")
    child.expect(pexpect.EOF)
    child.close()
    assert room.run("").stderr == ""
    env["RUNSPEC_NO_SUMMARY"] = "1"
    quiet = pexpect.run(f"{sys.executable} {program}", cwd=str(room.package), env=env)
    assert quiet == b""


def test_info_of_a_library_is_in_the_log_and_its_warnings_on_the_console(
    room: Room,
) -> None:
    source = (
        "other = logging.getLogger('httpx')\n"
        "other.debug('fine')\nother.info('asked')\nother.warning('slow')\n"
        "logging.info('mine')\n"
    )
    done = room.run(source)
    assert (done.stdout, done.stderr) == ("mine\n", "warning: slow\n")
    messages = [r["message"] for r in room.records() if "event" not in r]
    assert messages == ["asked", "slow", "mine"]
    assert "fine" in room.run(source, "--debug").stdout


CONSOLE = """\
import sys
from runspec import parse

def run():
    args = parse("deploy")
    {body}

def main():
    {begin}return run()

{end}
"""


@pytest.mark.parametrize(
    ("body", "begin", "end", "status"),
    [
        ("pass", "", "sys.exit(main())", 0),
        ("return 3", "", "sys.exit(main())", 3),
        ("return 'no such host'", "", "sys.exit(main())", 1),
        ("return 3", "", "raise SystemExit(main())", 3),
        ("return 3", "", "main()", 0),
        ("sys.exit(4)", "", "sys.exit(main())", 4),
        ("return 5", "sys.settrace(None); ", "code = main()\nsys.exit(code)", 5),
        ("return 3", "", "try:\n    sys.exit(main())\nexcept SystemExit:\n    pass", 0),
    ],
)
def test_the_summary_of_a_console_script_has_what_its_main_function_returned(
    room: Room, body: str, begin: str, end: str, status: int
) -> None:
    source = CONSOLE.format(body=body, begin=begin, end=end)
    done = room.run(source, begin="")
    assert done.returncode == status
    assert room.summary()["status"] == status
    words = f"exit status {status}" if status else "ok"
    assert f"deploy: {words} in " in room.summary()["message"]
    assert (words in done.stderr) == (status != 0)


def test_a_debugger_stays_where_it_is(room: Room) -> None:
    source = """\
import sys
from runspec import parse

def trace(*_):
    return None

def main():
    parse("deploy")

sys.settrace(trace)
main()
print(sys.gettrace() is trace)
"""
    done = room.run(source, begin="")
    assert done.stdout == "True\n"


def test_no_summary_leaves_the_log_as_it_is(room: Room) -> None:
    assert room.run("", "--no-summary").stderr == ""
    assert room.summary()["status"] == 0


def test_an_agent_gets_no_summary_line(room: Room) -> None:
    assert room.run("", RUNSPEC_AGENT="1").stderr == ""
    assert room.summary()["agent"] is True


def test_a_crash_is_in_the_summary_and_its_traceback_in_the_log(room: Room) -> None:
    done = room.run("raise ValueError('no such host')")
    assert done.returncode == 1
    assert "failed with ValueError: no such host" in done.stderr.splitlines()[-1]
    assert room.summary()["ending"] == "exception"
    (err,) = room.events("output")
    assert err["text"].startswith("Traceback")


# Secrets

LEAKS = """\
secret = args.api_token.value
log.info('it is %s', secret, extra={'field': secret, 'nested': {'a': [secret]}})
log.warning(f'https://user:{secret}@host/')
try:
    raise ValueError(secret)
except ValueError:
    log.exception('failed with it')
log.info('x', extra={secret: 1}, stack_info=True)
print('printed', secret)
print('printed', secret, file=sys.stderr)
raise SystemExit
"""


def test_a_secret_is_nowhere(room: Room) -> None:
    done = room.run(LEAKS, API_TOKEN=SECRET)
    assert SECRET not in room.log.read_text("utf-8")
    shown = [line for line in done.stdout.splitlines() if "printed" not in line]
    shown += [line for line in done.stderr.splitlines() if "printed" not in line]
    assert SECRET not in "\n".join(shown)
    assert len(room.records()) == 4
    assert room.records()[0]["message"] == "it is ***"
    assert ["api-token", "env", "***"] in room.summary()["values"]


@settings(max_examples=15)
@given(
    secret=st.text(
        st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="*"),
        min_size=8,
        max_size=60,
    ).filter(lambda text: len(set(text.strip())) > 5)
)
def test_no_secret_is_in_the_log_in_any_form(room: Room, secret: str) -> None:
    room.log.unlink(missing_ok=True)
    room.run(LEAKS, API_TOKEN=secret)
    content = room.log.read_text("utf-8")
    texts = [content, *map(str, room.lines())]
    forms = [
        secret.strip(),
        json.dumps(secret.strip())[1:-1],
        base64.b64encode(secret.strip().encode()).decode(),
    ]
    assert not [form for form in forms for text in texts if form in text]


def test_what_looks_like_a_secret_is_masked_too(room: Room) -> None:
    room.run(
        "log.info('Authorization: Bearer abcdefghijkl')\n"
        "log.info('x', extra={'password': 'tiger', 'config': {'api_key': ['k']}})\n"
        "print('password=tiger')\n"
    )
    content = room.log.read_text("utf-8")
    assert "abcdefghijkl" not in content
    assert "tiger" not in content
    assert '"api_key": "***"' in content


def test_a_key_that_is_cut_by_what_is_left_out_is_masked(room: Room) -> None:
    room.run(
        "key = '\\n'.join('K' * 64 for _ in range(4000))\n"
        "print('-----BEGIN PRIVATE KEY-----', key, sep='\\n')\n"
        "print('-----END PRIVATE KEY-----')\n"
        "print('the end')\n"
    )
    (out,) = room.events("output")
    assert out["left_out"]
    assert "KKKK" not in out["text"]
    assert out["text"].endswith("the end\n")


# Where it is kept


def test_log_and_folder_are_closed_to_others(room: Room) -> None:
    os.umask(previous := os.umask(0))
    assert isinstance(previous, int)
    room.run("os.umask(0)", begin="import os\nos.umask(0)\n" + BEGIN)
    assert room.folder.stat().st_mode & 0o777 == 0o700
    assert room.log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_others_could_read_is_closed(room: Room) -> None:
    room.run("")
    room.log.chmod(0o644)
    room.run("")
    assert room.log.stat().st_mode & 0o777 == 0o600


def _symlink(room: Room) -> None:
    room.folder.mkdir()
    target = room.home / "target"
    target.write_text("untouched")
    room.log.symlink_to(target)


def _folder_symlink(room: Room) -> None:
    (room.home / "elsewhere").mkdir()
    room.folder.symlink_to(room.home / "elsewhere")


def _fifo(room: Room) -> None:
    room.folder.mkdir()
    os.mkfifo(room.log)


def _directory(room: Room) -> None:
    room.log.mkdir(parents=True)


def _hard_link(room: Room) -> None:
    room.folder.mkdir()
    target = room.home / "target"
    target.write_text("untouched")
    room.log.hardlink_to(target)


def _folder_of_all(room: Room) -> None:
    room.folder.mkdir()
    room.folder.chmod(0o777)


def _not_a_folder(room: Room) -> None:
    room.folder.write_text("")


@pytest.mark.parametrize(
    "trap",
    [
        _symlink,
        _folder_symlink,
        _fifo,
        _directory,
        _hard_link,
        _folder_of_all,
        _not_a_folder,
    ],
)
def test_what_is_no_log_is_never_written_to(
    room: Room, trap: Callable[[Room], None]
) -> None:
    trap(room)
    for _ in range(2):
        done = room.run("log.info('kept')\nlog.info('also')")
        told = [line for line in done.stderr.splitlines() if "can't be the log" in line]
        assert len(told) == 1
        assert str(room.fallback) in told[0]
    assert len(room.records(room.fallback)) == 4
    assert room.fallback.stat().st_mode & 0o777 == 0o600
    target = room.home / "target"
    assert not target.exists() or target.read_text() == "untouched"
    assert not list(room.home.glob("elsewhere/*"))


@ROOT_ONLY
@pytest.mark.parametrize("owned", ["file", "folder"])
def test_what_another_user_owns_is_not_written_to(room: Room, owned: str) -> None:
    room.folder.mkdir()
    room.log.touch()
    os.chown(room.log if owned == "file" else room.folder, 12345, 12345)
    done = room.run("log.info('kept')")
    assert "owned by user 12345" in done.stderr
    assert room.log.read_text() == ""
    assert len(room.records(room.fallback)) == 1


@pytest.mark.unprivileged
def test_a_directory_that_cannot_be_written_to_is_told_of_once(room: Room) -> None:
    path = room.program("log.info('kept')")
    room.package.chmod(0o555)
    try:
        told = []
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, str(path)],
                env=room.environ(),
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0
            told.append("can't be the log (Permission denied): see " in done.stderr)
    finally:
        room.package.chmod(0o755)
    assert told == [True, False]
    assert len(room.records(room.fallback)) == 2


def test_where_nothing_can_be_kept_it_is_said_and_counted(room: Room) -> None:
    room.folder.write_text("")
    done = room.run("log.warning('a')\nlog.warning('b')", HOME="/dev/null")
    assert done.returncode == 0
    assert done.stderr.count("records can't be kept in") == 1
    assert "could not be kept in the log" in done.stderr
    assert "warning: a\nwarning: b\n" in done.stderr


# What goes wrong meanwhile


def test_a_full_disk_ends_nothing_and_tears_no_line(room: Room) -> None:
    done = room.run(
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "for n in range(100): log.debug('record', extra={'n': n})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
    )
    assert done.returncode == 0
    kept = [record["n"] for record in room.records()]
    assert kept == list(range(len(kept)))
    assert 5 < len(kept) < 100
    assert done.stderr.count("records can't be kept in") == 1
    assert f"{101 - len(kept)} records could not be kept in the log" in done.stderr


def test_once_there_is_room_again_records_are_kept(room: Room) -> None:
    done = room.run(
        "import resource\n"
        "most = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, most[1]))\n"
        "for n in range(5): log.debug('record', extra={'n': n})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, most)\n"
        "log.debug('after')\n"
    )
    assert room.records()[-1]["message"] == "after"
    lost = 6 - len(room.records())
    assert room.summary()["lost"] == lost > 0
    assert f"{lost} records could not be kept" in done.stderr


def test_a_removed_folder_is_made_again(room: Room) -> None:
    source = "log.info('a')\nimport shutil\nshutil.rmtree('logs')\nlog.info('b')"
    done = room.run(source, "--no-summary")
    assert [record["message"] for record in room.records()] == ["b"]
    assert done.stderr == ""


def test_a_folder_that_is_replaced_by_a_link_is_left(room: Room) -> None:
    done = room.run(
        "log.info('a')\nos.rename('logs', 'old')\n"
        "os.mkdir('trap')\nos.symlink('trap', 'logs')\nos.unlink('old/deploy.log')\n"
        "log.info('b')\n"
    )
    assert "can't be the log" in done.stderr
    assert not list((room.package / "trap").iterdir())
    assert [record["message"] for record in room.records(room.fallback)] == ["b"]


def test_a_torn_line_of_a_killed_process_is_cut_off(room: Room) -> None:
    room.run("log.info('first')")
    with room.log.open("ab") as file:
        file.write(b'{"time": "2030-01-31T18:00:00.000000Z", "level": "IN')
    room.run("log.info('second')")
    assert [record["message"] for record in room.records()] == ["first", "second"]


def test_what_is_no_record_stays_a_line_of_its_own(room: Room) -> None:
    room.folder.mkdir(mode=0o700)
    room.log.write_text("written by hand")
    room.run("log.info('x')")
    first, second, *_ = room.log.read_text("utf-8").splitlines()
    assert first == "written by hand"
    assert json.loads(second)["message"] == "x"


@pytest.mark.slow
def test_a_process_that_never_lets_go_of_the_log_hangs_nobody(room: Room) -> None:
    room.run("")
    with room.log.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        room.run("for n in range(20): log.info('x')")
    assert len(room.records()) == 20


# Rotation


def _begun(moment: datetime) -> str:
    time = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    return f'{{"time": "{time}", "message": "old"}}\n'


def _log_begun(room: Room, moment: datetime) -> None:
    room.folder.mkdir(mode=0o700, exist_ok=True)
    room.log.write_text(_begun(moment))


@pytest.mark.parametrize(
    ("rotate", "days", "rotated"),
    [
        ("midnight", 0, False),
        ("midnight", 1, True),
        ("daily", 1, True),
        ("weekly", 7, True),
    ],
)
def test_a_log_is_put_aside_when_its_day_or_week_is_over(
    room: Room, rotate: str, days: int, rotated: bool
) -> None:
    room.declare(f'rotate = "{rotate}"')
    _log_begun(room, datetime.now().astimezone() - timedelta(days=days))
    room.run("")
    assert room.old(1).exists() is rotated
    if rotated:
        assert "old" in room.old(1).read_text()
        assert all(line["message"] != "old" for line in room.lines())


def test_a_week_begins_on_monday(room: Room) -> None:
    room.declare('rotate = "weekly"')
    today = datetime.now().astimezone().replace(hour=12)
    _log_begun(room, today - timedelta(days=today.weekday()))
    room.run("")
    assert not room.old(1).exists()
    _log_begun(room, today - timedelta(days=today.weekday() + 1))
    room.run("")
    assert room.old(1).exists()


@pytest.mark.parametrize(("hour", "rotated"), [(1, True), (12, False)])
def test_midnight_is_that_of_the_local_time_zone(
    room: Room, hour: int, rotated: bool
) -> None:
    now = datetime.now(UTC)
    behind = (now - now.replace(hour=hour, minute=0, second=0)) // timedelta(seconds=1)
    sign = "+" if behind >= 0 else "-"
    hours, seconds = divmod(abs(behind), 3600)
    _log_begun(room, now - timedelta(hours=2))
    room.run("", TZ=f"XXX{sign}{hours}:{seconds // 60}:{seconds % 60}")
    assert room.old(1).exists() is rotated


def test_a_clock_that_goes_back_over_midnight_rotates_nothing(room: Room) -> None:
    _log_begun(room, datetime.now().astimezone() + timedelta(days=1))
    room.run("")
    assert not room.old(1).exists()
    assert len(room.lines()) == 2


def test_a_log_begun_by_a_clock_that_was_far_ahead_is_put_aside(room: Room) -> None:
    _log_begun(room, datetime.now().astimezone() + timedelta(days=9000))
    room.run("")
    assert room.old(1).exists()


def test_of_old_files_as_many_are_kept_as_declared(room: Room) -> None:
    room.declare('rotate = "2 KB"\nkeep = 3')
    source = "for n in range(100): log.debug('record', extra={'n': n})"
    room.run(source, "--no-summary")
    names = sorted(path.name for path in room.folder.iterdir())
    assert names == ["deploy.log", *(f"deploy.log.{n}" for n in (1, 2, 3))]
    files = [room.old(n) for n in (3, 2, 1)] + [room.log]
    numbers = [r["n"] for path in files for r in room.records(path)]
    assert numbers == list(range(numbers[0], 100))
    assert all(path.stat().st_size <= 2000 for path in files[:-1])


def test_a_log_that_keeps_no_old_file_begins_anew(room: Room) -> None:
    room.declare('rotate = "2 KB"\nkeep = 0')
    room.run("for n in range(100): log.debug('record', extra={'n': n})")
    assert os.listdir(room.folder) == ["deploy.log"]
    assert room.log.stat().st_size < 4000


def test_a_record_larger_than_a_log_may_be_is_kept_whole(room: Room) -> None:
    room.declare('rotate = "1 KB"')
    room.run("log.debug('x' * 5000)\nlog.debug('y')")
    assert len(room.records(room.old(2))[0]["message"]) == 5000


def test_rotation_passes_over_a_number_that_is_free(room: Room) -> None:
    room.declare('rotate = "1 B"\nkeep = 9')
    room.folder.mkdir(mode=0o700)
    room.log.write_text("0\n")
    room.old(1).write_text("1\n")
    room.old(3).write_text("3\n")
    room.run("", "--no-summary")
    texts = [room.old(n).read_text() for n in (1, 2, 3)]
    assert texts == ["0\n", "1\n", "3\n"]


# Many processes, some of them killed

SOAK = """\
import threading
def work(who):
    for n in range(args.count.value):
        log.debug('record', extra={'who': who, 'n': n, 'pad': 'x' * (n * 37 % 700)})
        os.write(ACK, f'{who} {n}\\n'.encode())
names = [f'{args.target.value}-{t}' for t in range(2)]
threads = [threading.Thread(target=work, args=(name,)) for name in names]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_rotation_while_ten_processes_write_and_some_are_killed(
    room: Room, seed: int
) -> None:
    room.declare('rotate = "12 KB"\nkeep = 5000')
    acked, processes = _soaked(room, random.Random(seed))
    seen: list[tuple[str, str]] = []
    for path in room.folder.iterdir():
        seen += [(r["who"], str(r["n"])) for r in room.records(path)]
    assert len(seen) == len(set(seen))
    assert acked <= set(seen)
    assert len(set(seen) - acked) <= 2 * len(processes)
    assert len(os.listdir(room.folder)) > 20
    statuses = [process.returncode for process in processes]
    assert set(statuses) <= {0, -signal.SIGKILL}
    assert 0 in statuses


def _soaked(
    room: Room, chance: random.Random
) -> tuple[set[tuple[str, str]], list[subprocess.Popen[bytes]]]:
    """What was told to be written, and the processes, all ended."""
    reading, writing = os.pipe()
    path = room.program(f"ACK = {writing}\n{SOAK}")
    processes = [
        subprocess.Popen(
            [sys.executable, path, "--target", f"p{n}", "--count", "150"],
            env=room.environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[writing],
        )
        for n in range(10)
    ]
    os.close(writing)
    doomed = {chance.randrange(20_000): each for each in chance.sample(processes, 4)}
    told = b""
    with open(reading, "rb", buffering=0) as acknowledged:
        while chunk := acknowledged.read(1 << 12):
            told += chunk
            for size in [size for size in doomed if size <= len(told)]:
                doomed.pop(size).kill()
    for process in processes:
        process.wait(300)
    lines = [line.split() for line in told.decode().splitlines()]
    return {(line[0], line[1]) for line in lines if len(line) == 2}, processes
