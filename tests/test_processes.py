"""How the server's programs start and end: nothing is left, nothing runs twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from processes import (
    BASH,
    LIMIT,
    Server,
    bash,
    children,
    has_ended,
    on_loop,
    python,
    runs,
    zygote,
)
from runspec.loop import Loop
from runspec.run.order import Order
from runspec.run.starter import Starter
from runspec.run.tree import Group

STUBBORN = "trap '' TERM; echo $BASHPID; while :; do sleep 600; done"
DEEP = f"""\
(trap '' TERM; echo $BASHPID; exec sleep 601) &
setsid {BASH} -c "{STUBBORN.replace("$", chr(92) + "$")}" &
({BASH} -c '(echo $BASHPID; exec setsid sleep 602) & exit') &
wait
"""
"""Three processes that don't end of themselves: one ignores TERM, one is in a session
of its own, one has lost its parent. Each writes its id."""
SERVER = """\
import sys
from processes import Server, bash
from runspec.loop import Loop

async def serve(loop):
    server = Server(loop)
    job = server.starter.start(bash(sys.argv[1]))
    for _ in range(3):
        print(await server.line(job.stdout), flush=True)
    await job.ended

with Loop() as loop:
    loop.run(serve(loop))
"""


LOCKED = """\
import os, signal
os.setuid(65534)
print(os.getpid(), flush=True)
signal.pause()
"""
"""A process that root may not signal without CAP_KILL."""
WITHOUT_KILL = ("setpriv", "--bounding-set=-kill", "--inh-caps=-kill")
RESERVED = 3 << 31
"""Signals that the C library keeps to itself, as bits (signal(7), NPTL)."""


def write(path: Path, source: str) -> Path:
    path.write_text(source, "utf-8")
    return path


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.py"


@pytest.mark.parametrize("status", [0, 1, 3, 255])
@on_loop
async def test_the_exit_status_is_the_programs(server: Server, status: int):
    ran = await server.bash(f"exit {status}")
    assert (ran.status, ran.ending.started, ran.ending.left) == (status, True, 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGPIPE])
@on_loop
async def test_a_signal_that_ends_the_program_is_its_status(
    server: Server, number: signal.Signals
):
    ran = await server.bash(f"kill -{int(number)} $$")
    assert ran.status == -number


@on_loop
async def test_a_program_gets_its_arguments_untouched(server: Server):
    argv = ("a b", "", "*", "$HOME", "--x=-1", "\n", "ü", "\udcff")
    ran = await server.run(bash('printf "%s\\0" "$@"', *argv))
    assert ran.stdout.split(b"\0")[:-1] == [os.fsencode(each) for each in argv]


@on_loop
async def test_the_environment_is_the_orders_and_the_progress_descriptor(
    server: Server,
):
    environ = {"A": "1", "B": "two\nlines", "EMPTY": ""}
    ran = await server.run(Order(("/usr/bin/env", "-0"), environ, "/"))
    got = dict(each.split("=", 1) for each in ran.text.split("\0") if each)
    assert got.pop("RUNSPEC_PID").isdecimal()
    assert got == {**environ, "RUNSPEC_PROGRESS": "3"}


@on_loop
async def test_a_forked_script_has_the_orders_environment_and_no_other(
    server: Server, script: Path
):
    write(script, "import os\nprint(sorted(os.environ.items()))\nos.system('env -0')")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PYTHON", "LC_", "LD_")) or name in ("LANG", "HOME")
    }
    environ = {**kept, "ONLY": "this", "PATH": os.environ["PATH"]}
    ran = await server.python(script, environ=environ)
    number = ran.text.partition("'RUNSPEC_PID', '")[2].partition("'")[0]
    fresh = subprocess.run(
        [sys.executable, script],
        env={**environ, "RUNSPEC_PROGRESS": "3", "RUNSPEC_PID": number},
        cwd=script.parent,
        capture_output=True,
    )
    assert b"('ONLY', 'this')" in ran.stdout
    assert _lines(ran.stdout) == _lines(fresh.stdout)


def _lines(output: bytes) -> list[bytes]:
    """The shell adds SHLVL and the like in an order of its own."""
    return sorted(output.replace(b"\0", b"\n").splitlines())


@on_loop
async def test_standard_input_is_empty(server: Server):
    ran = await server.bash("cat; readlink /proc/self/fd/0")
    assert ran.text == "/dev/null\n"


@pytest.mark.parametrize("forked", [True, False])
@on_loop
async def test_no_descriptor_is_inherited(server: Server, script: Path, forked: bool):
    write(script, "import os\nprint(sorted(os.listdir('/proc/self/fd')))")
    left_open = os.open("/", os.O_RDONLY)
    os.set_inheritable(left_open, True)
    try:
        await server.python(script)
        ran = await server.python(script, warm=forked)
    finally:
        os.close(left_open)
    assert ran.text == "['0', '1', '2', '3', '4']\n"  # 4 is the listing


@on_loop
async def test_what_is_written_to_the_progress_descriptor_arrives(
    server: Server, script: Path
):
    ran = await server.bash('echo 1/2 >&"$RUNSPEC_PROGRESS"')
    assert ran.progress == b"1/2\n"
    write(script, "import os\nos.write(int(os.environ['RUNSPEC_PROGRESS']), b'2/2')")
    assert (await server.python(script)).progress == b"2/2"


@on_loop
async def test_signals_are_as_a_new_process_expects_them(server: Server):
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    try:
        ran = await server.run(Order(("/bin/cat", "/proc/self/status"), {}, "/"))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    found = dict(line.split(":\t", 1) for line in ran.text.splitlines())
    masks = [int(found[name], 16) for name in ("SigBlk", "SigIgn", "SigCgt")]
    assert [mask & ~RESERVED for mask in masks] == [0, 0, 0]


@on_loop
async def test_a_program_that_cannot_be_executed_says_why(
    server: Server, tmp_path: Path
):
    plain = write(tmp_path / "plain", "echo\n")
    missing = tmp_path / "missing"
    argv = (str(missing), str(plain), BASH, "/bin/ls")
    orders = [Order((each,), {}, "/") for each in argv[:2]]
    orders.append(Order((BASH,), {}, str(missing)))
    orders.append(Order(("/bin/ls", "a\0b"), {}, "/"))
    endings = [(await server.run(order)).ending for order in orders]
    assert [ending.reason for ending in endings] == [
        f"No such file or directory: {missing}",
        f"Permission denied: {plain}",
        f"No such file or directory: {missing}",
        "embedded null byte",
    ]
    assert not any(ending.started for ending in endings)


@on_loop
async def test_a_script_that_is_gone_says_so(server: Server, script: Path):
    ending = (await server.python(script)).ending
    assert (ending.started, ending.reason) == (
        False,
        f"No such file or directory: {script}",
    )


@pytest.mark.parametrize("argument", ["\ud800", "a\0b"])
@on_loop
async def test_a_script_is_not_given_what_no_process_can_have(
    server: Server, script: Path, argument: str
):
    write(script, "print('ran')")
    for warm in (True, False):
        ran = await server.python(script, argument, warm=warm)
        assert (ran.ending.started, ran.stdout) == (False, b"")


@on_loop
async def test_an_order_of_megabytes_reaches_a_script(server: Server, script: Path):
    write(script, "import sys\nprint(len(sys.argv[1]))")
    assert (await server.python(script, "x" * 3_000_000)).text == "3000000\n"


@pytest.mark.parametrize("end", ["stop", "close"])
@on_loop
async def test_stopping_ends_every_descendant(server: Server, end: str):
    job = server.starter.start(bash(DEEP))
    pids = [int(await server.line(job.stdout)) for _ in range(3)]
    assert all(map(runs, pids))
    if end == "stop":
        job.stop(0.2)
        job.stop(600)
    else:
        await server.starter.close()
    ran = await server.result(job)
    assert not any(map(runs, pids))
    assert (ran.ending.left, ran.ending.started) == (0, True)
    assert ran.status in (-signal.SIGTERM, -signal.SIGKILL)


@on_loop
async def test_a_program_that_ends_on_term_has_its_last_words(server: Server):
    job = server.starter.start(
        bash("trap 'echo bye; exit 7' TERM; echo on; while :; do sleep 0.01; done")
    )
    assert await server.line(job.stdout) == "on"
    job.stop(30)
    ran = await server.result(job)
    assert (ran.text, ran.status) == ("bye\n", 7)


@on_loop
async def test_a_stopped_process_hears_term(server: Server):
    job = server.starter.start(bash("echo on; kill -STOP $$"))
    assert await server.line(job.stdout) == "on"
    job.stop(30)
    assert (await server.result(job)).status == -signal.SIGTERM


@on_loop
async def test_what_a_program_leaves_behind_ends_soon_after_it(server: Server):
    ran = await server.bash(DEEP.replace("wait\n", "sleep 0.2; exit 5"))
    pids = [int(each) for each in ran.text.split()]
    assert len(pids) == 3
    assert not any(map(runs, pids))
    assert ran.status == 5


@on_loop
async def test_what_still_writes_when_the_program_has_ended_may_finish(server: Server):
    ran = await server.bash("(sleep 0.2; echo late) & echo early")
    assert ran.text == "early\nlate\n"


@pytest.mark.slow
@on_loop
async def test_a_background_process_that_keeps_stdout_does_not_hold_the_call(
    server: Server,
):
    ran = await server.bash("sleep 603 & echo $!")
    assert not runs(int(ran.text))
    assert ran.status == 0


def test_no_process_outlives_a_server_that_is_killed():
    tests = Path(__file__).parent
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, DEEP],
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout is not None
        pids = [int(server.stdout.readline()) for _ in range(3)]
        pids.append(zygote(server.pid))
        assert all(map(runs, pids))
        server.kill()
    assert all(map(has_ended, pids))


@pytest.mark.slow
@pytest.mark.skipif(
    os.getuid() != 0 or not shutil.which("setpriv"),
    reason="needs a process that root may not signal",
)
def test_a_process_that_may_not_be_signalled_is_given_up_and_counted():
    source = SERVER.replace("range(3)", "range(1)").replace(
        "await job.ended", "job.stop(0.1)\n    print((await job.ended).left)"
    )
    program = f"exec {sys.executable} -c '{LOCKED}'"
    done = subprocess.run(
        [*WITHOUT_KILL, sys.executable, "-c", source, program],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    pid, left = map(int, done.stdout.split())
    os.kill(pid, signal.SIGKILL)
    assert left == 1


@on_loop
async def test_a_zygote_that_was_killed_is_replaced(server: Server, script: Path):
    write(script, "print('ran')")
    assert (await server.python(script)).text == "ran\n"
    first = zygote()
    os.kill(first, signal.SIGKILL)
    assert has_ended(first)
    for _ in range(3):
        assert (await server.python(script)).text == "ran\n"
    assert zygote() != first


@on_loop
async def test_a_call_outlives_the_zygote_that_forked_it(server: Server):
    job = server.starter.start(bash("echo on; until [ -e $0.x ]; do :; done & sleep 1"))
    assert await server.line(job.stdout) == "on"
    os.kill(zygote(), signal.SIGKILL)
    job.stop(0.2)
    assert (await server.result(job)).ending.left == 0


@on_loop
async def test_calls_that_a_dying_zygote_had_not_begun_run_once(
    server: Server, tmp_path: Path, script: Path
):
    log = tmp_path / "log"
    write(script, f"open({str(log)!r}, 'a').write('ran\\n')")
    await server.python(script, warm=False)
    pid = zygote()
    await server.waiting()
    os.kill(pid, signal.SIGSTOP)
    jobs = [server.starter.start(python(script, warm=False)) for _ in range(4)]
    spared = await server.result(jobs[0])  # its process was there already
    os.kill(pid, signal.SIGKILL)
    rest = [await server.result(job) for job in jobs[1:]]
    assert [ran.status for ran in (spared, *rest)] == [0, 0, 0, 0]
    assert log.read_text() == "ran\n" * 5


@on_loop
async def test_a_call_that_is_stopped_before_it_begins_never_runs(
    server: Server, script: Path
):
    order = python(write(script, "print('ran')"), warm=False)
    await server.run(order)
    waiting = await server.waiting()
    jobs = [server.starter.start(order) for _ in range(3)]
    for job in jobs:
        job.stop(1)
    for job in jobs:
        ran = await server.result(job)
        assert (ran.ending.started, ran.stdout) == (False, b"")
    assert all(map(has_ended, waiting))


def test_an_interpreter_that_cannot_start_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, script: Path
):
    @on_loop
    async def run(server: Server) -> None:
        ran = await server.python(write(script, "print('ran')"))
        assert (ran.ending.started, ran.stdout) == (False, b"")
        assert "No such file" in ran.ending.reason

    monkeypatch.setattr(sys, "executable", str(script.parent / "missing"))
    run()


@pytest.mark.slow
@on_loop
async def test_200_calls_leave_no_descriptor_and_no_process(
    server: Server, script: Path
):
    write(script, "import sys\nsys.exit(int(sys.argv[1]) % 3)")
    await server.python(script, "0")
    pid = zygote()
    before = len(os.listdir("/proc/self/fd")), len(os.listdir(f"/proc/{pid}/fd"))
    for number in range(0, 200, 4):
        orders = [python(script, str(number + each)) for each in range(3)]
        jobs = [server.starter.start(each) for each in (*orders, bash("exit 9"))]
        got = [(await server.result(job)).status for job in jobs]
        assert got == [*((number + each) % 3 for each in range(3)), 9]
    assert zygote() == pid
    await server.python(script, "0")
    assert len(os.listdir("/proc/self/fd")) <= before[0] + 7  # and a spare slot's
    until = monotonic() + LIMIT
    while len(os.listdir(f"/proc/{pid}/fd")) > before[1]:  # it makes a spare keeper
        assert monotonic() < until
        await server.loop.sleep(0.005)
    await server.starter.close()
    assert not runs(pid)


def test_a_closed_starter_leaves_nothing_and_starts_nothing(script: Path):
    write(script, "print('ran')")
    open_before = os.listdir("/proc/self/fd")

    async def use(loop: Loop) -> None:
        server = Server(loop)
        await server.python(script)
        await server.starter.close()
        ran = await server.python(script)
        assert (ran.ending.started, ran.stdout) == (False, b"")

    with Loop() as loop:
        loop.run(use(loop))
    assert os.listdir("/proc/self/fd") == open_before
    assert not [pid for pid in children(os.getpid()) if not runs(pid)]


def test_a_server_does_not_import_from_the_directory_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    @on_loop
    async def run(server: Server) -> None:
        assert (await server.bash("echo ran")).text == "ran\n"

    for name in ("socket", "signal", "runspec", "marshal"):
        write(tmp_path / f"{name}.py", "raise SystemExit")
    monkeypatch.chdir(tmp_path)
    run()


@on_loop
async def test_a_program_whose_keeper_is_killed_dies_with_it(server: Server):
    job = server.starter.start(bash("echo $PPID $$; exec sleep 606"))
    keeper, program = map(int, (await server.line(job.stdout)).split())
    os.kill(keeper, signal.SIGKILL)
    ending = (await server.result(job)).ending
    assert (ending.started, ending.status) == (True, -signal.SIGKILL)
    assert "killed" in ending.reason
    assert has_ended(program)


def test_a_process_group_is_ended_where_descendants_cannot_be_told():
    source = "trap 'echo heard' TERM; echo on; while :; do sleep 0.01; done"
    with subprocess.Popen(
        [BASH, "-c", source], stdout=subprocess.PIPE, start_new_session=True
    ) as leader:
        assert leader.stdout is not None
        assert leader.stdout.readline() == b"on\n"
        group = Group(leader.pid)
        group.end()
        assert leader.stdout.readline() == b"heard\n"
        assert not group.empty()
        group.kill()
        assert leader.wait() == -signal.SIGKILL


def test_a_server_loads_nothing_slow_before_it_starts_something():
    source = (
        "import sys, runspec.run.starter as s, runspec.loop as l\n"
        "with l.Loop() as loop: s.Starter(loop)\n"
        "print({'socket', 'subprocess', 'signal', 'json', 're'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True)
    assert done.stdout == b"set()\n"


def test_preparing_needs_no_call(script: Path):
    async def use(loop: Loop) -> None:
        starter = Starter(loop)
        starter.prepare()
        assert runs(zygote())
        await starter.close()

    with Loop() as loop:
        loop.run(use(loop))
