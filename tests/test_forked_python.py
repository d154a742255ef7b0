"""A Python script in a fork of a started interpreter does what `python SCRIPT` does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from processes import Server, has_ended, on_loop, python, runs, zygote
from runspec.run.order import Order

SAME = {
    "what a script finds": """
        import sys, os, io
        print(sorted(globals()), __name__, __file__, __doc__, __spec__, __package__)
        print(type(__loader__), __builtins__)
        print(sys.modules["__main__"].__dict__ is globals(), sys.executable, sys.prefix)
        print(sys.argv, sys.orig_argv[1:], sys.path, sys.flags)
        print(os.getcwd(), os.environ["HOME"], sys.warnoptions, sys._xoptions)
        """,
    "the streams": """
        import sys
        for each in (sys.stdin, sys.stdout, sys.stderr):
            print(each.name, each.encoding, each.errors, each.line_buffering)
            print(each.write_through, each.isatty(), each.fileno(), each.mode)
            print(type(each.buffer), type(each.buffer.raw), each.newlines)
        print(sys.stdout.seekable(), sys.stderr.seekable(), sys.stdin.seekable())
        print(repr(sys.stdin.read()))
        """,
    "an error": """
        def f(x):
            return 1 / x
        f(0)
        """,
    "an error from another": """
        try:
            {}["a"]
        except KeyError:
            raise ValueError("no a")
        """,
    "an error with a cause": """
        raise OSError(2, "gone") from ExceptionGroup("g", [TypeError(1), KeyError(2)])
        """,
    "a null": "print('a\0b')",
    "too deep": "x = " + "(" * 5000 + ")" * 5000,
    "no Python": "def f(:\n    pass\n",
    "no text": b"\xff\xfe = 1\n",
    "another encoding": "# coding: latin-1\nprint('ä')".encode("latin-1"),
    "a failing import": "import not_to_be_found",
    "a failing import of its own": "import broken",
    "exit": "import sys\nprint('out', end='')\nsys.exit()",
    "exit with a number": "raise SystemExit(7)",
    "exit with a large number": "raise SystemExit(257)",
    "exit with a larger number": "raise SystemExit(1 << 40)",
    "exit with a negative number": "raise SystemExit(-1)",
    "exit with a truth": "raise SystemExit(True)",
    "exit with a text": "raise SystemExit('this went wrong')",
    "exit with an object": "raise SystemExit(['x'])",
    "exit of a kind": """
        class Stop(SystemExit): pass
        raise Stop(4)
        """,
    "interrupted": "raise KeyboardInterrupt",
    "a signal": "import os\nprint('lost', end='')\nos.kill(os.getpid(), 9)",
    "abort": "import os\nos.abort()",
    "at once": "import os\nprint('lost', end='')\nos._exit(6)",
    "an own excepthook": """
        import sys, traceback
        def hook(kind, value, tb):
            print(kind, value, len(traceback.extract_tb(tb)))
            print(len(traceback.extract_tb(value.__traceback__)))
        sys.excepthook = hook
        raise ValueError(1)
        """,
    "an excepthook that exits": """
        import sys
        sys.excepthook = lambda *_: sys.exit(9)
        raise ValueError(1)
        """,
    "at the end": """
        import atexit, sys, threading, time
        class Last:
            def __del__(self):
                print("deleted", self.name, sys.stdout is not None)
        a = Last()
        a.name = "a"
        b = Last()
        b.name, b.self = "b", b
        atexit.register(print, "first registered")
        atexit.register(print, "second registered")
        def slow():
            time.sleep(0.1)
            print("thread")
        threading.Thread(target=slow).start()
        print("main", threading.main_thread() is threading.current_thread())
        """,
    "an error at the end": """
        import atexit
        class Failing:
            __repr__ = lambda self: "failing"
            def __call__(self):
                1 / 0
        atexit.register(Failing())
        """,
    "exit with a daemon thread": """
        import sys, threading, time
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        print("out")
        sys.exit(3)
        """,
    "files that nobody closes": """
        import sys
        class Log: pass
        Log.file = open("class.txt", "w")
        Log.file.write("in a class")
        file = open("global.txt", "w")
        file.write("in a global")
        def f(log=open("default.txt", "w")):
            log.write("in a default")
        f()
        import beside
        beside.keep()
        """,
    "files that nobody closes after an error": """
        class Log: pass
        Log.file = open("class.txt", "w")
        Log.file.write("in a class")
        file = open("global.txt", "w")
        file.write("in a global")
        def f():
            1 / 0
        f()
        """,
    "its own module": "import beside, socket\nprint(beside.NAME, socket.__file__)",
    "a warning": """
        import warnings
        warnings.warn("first")
        warnings.warn("old", DeprecationWarning)
        """,
    "pickled": """
        import pickle
        class C:
            x = 1
        print(type(pickle.loads(pickle.dumps(C()))) is C)
        """,
    "processes": """
        import multiprocessing as m
        def double(x):
            return 2 * x
        if __name__ == "__main__":
            for kind in ("fork", "spawn", "forkserver"):
                with m.get_context(kind).Pool(1) as pool:
                    print(kind, pool.map(double, [1, 2]))
        """,
    "a child": """
        import os, subprocess, sys
        print(subprocess.run(["sh", "-c", "echo out; exit 3"]).returncode, flush=True)
        pid = os.fork()
        if pid == 0:
            print("child")
            sys.exit(4)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """,
    "a task": """
        import asyncio
        async def main():
            process = await asyncio.create_subprocess_exec("true")
            print(await process.wait(), await asyncio.to_thread(len, "abc"))
        asyncio.run(main())
        """,
    "signals": """
        import signal
        for each in sorted(signal.valid_signals()):
            if each not in (32, 33):
                print(each, signal.getsignal(each))
        print(signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.set_wakeup_fd(-1))
        """,
    "the stack": """
        import inspect, sys
        print([frame.function for frame in inspect.stack()][:1])
        def f():
            raise ValueError
        try:
            f()
        except ValueError:
            import traceback
            traceback.print_exc()
        print(sys.exc_info())
        """,
    "output that fails": """
        import os
        print("lost")
        os.close(1)
        """,
    "the time": "import time\nprint(time.tzname, time.localtime(0)[:5])",
    "types": """
        from dataclasses import dataclass
        from typing import get_type_hints
        @dataclass
        class C:
            x: "int" = 1
        print(C(), get_type_hints(C), __annotations__)
        y: int = 2
        print(__annotations__)
        """,
    "a runspec of its own": "import runspec\nprint(runspec.__file__)",
}
"""What scripts do that a fork could do otherwise."""
SCRIPT = """\
#!{python}
import sys
from {module} import main
if __name__ == '__main__':
    sys.argv[0] = sys.argv[0].removesuffix('.exe')
    sys.exit(main())
"""
"""What pip writes for an entry point."""
LOGS = "open({log!r}, 'a').write('imported\\n')\n"
MAIN = "def main():\n    print('ran')\n"
TRACES = {
    "a thread": "import threading, time\nthreading.Thread(target=time.sleep, "
    "args=(600,), daemon=True).start()\n",
    "a child": "import subprocess\nCHILD = subprocess.Popen(['sleep', '604'])\n",
    "a child that has ended": "import subprocess\nsubprocess.run(['true'])\n",
    "a descriptor": "KEPT = open('/dev/null')\n",
    "another directory": "import os\nos.chdir('/')\n",
    "a signal's handler": "import signal\nsignal.signal(10, signal.SIG_IGN)\n",
    "a variable": "import os\nos.environ['TRACE'] = 'x'\n",
    "output": "print('hello')\n",
    "an error": "import os\nif 'CALLED' not in os.environ:\n    raise ValueError\n",
    "an exit": "import os, sys\nif 'CALLED' not in os.environ:\n    sys.exit(3)\n",
    "a crash": "import os\nif 'CALLED' not in os.environ:\n    os.abort()\n",
}
"""What an import may do that calls can't share."""


def write(path: Path, source: str | bytes) -> Path:
    path.write_bytes(source.encode() if isinstance(source, str) else source)
    return path


def fresh(order: Order) -> tuple[int, bytes, bytes]:
    """What a new interpreter does with it."""
    done = subprocess.run(
        order.argv,
        env={**order.environ, "RUNSPEC_PROGRESS": "3"},
        cwd=order.cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        timeout=300,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("what", SAME)
@on_loop
async def test_a_script_does_in_a_fork_what_it_does_alone(
    server: Server, tmp_path: Path, what: str
):
    source = SAME[what]
    script = tmp_path / "the script.py"
    write(script, dedent(source) if isinstance(source, str) else source)
    write(tmp_path / "broken.py", "import os\n1 / 0\n")
    write(tmp_path / "socket.py", "")
    write(tmp_path / "beside.py", BESIDE)
    order = python(script, "--x=1", "b c", environ=os.environ | {"TZ": "Asia/Tokyo"})
    expected = fresh(order), _texts(tmp_path)
    ran = await server.run(order)
    got = (ran.status, ran.stdout, ran.stderr), _texts(tmp_path)
    assert got == expected


BESIDE = """\
NAME = __name__
_file = None
def keep():
    global _file
    _file = open("module.txt", "w")
    _file.write("in a module")
"""


def _texts(place: Path) -> dict[str, str]:
    """The files that it has written, which are removed."""
    found = {path.name: path.read_text() for path in place.glob("*.txt")}
    for name in found:
        (place / name).unlink()
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [("PYTHONIOENCODING", "latin-1"), ("LC_ALL", "C"), ("PYTHONUTF8", "1")],
)
@on_loop
async def test_variables_that_an_interpreter_reads_hold_for_a_call(
    server: Server, tmp_path: Path, name: str, value: str
):
    source = "import sys, locale\nprint(sys.stdout.encoding, locale.getencoding(), 'ä')"
    environ = {**os.environ, name: value}
    order = python(write(tmp_path / "script.py", source), environ=environ)
    ran = await server.run(order)
    assert (ran.status, ran.stdout, ran.stderr) == fresh(order)


@on_loop
async def test_a_call_in_a_fork_has_an_interpreter_that_was_started_before(
    server: Server, tmp_path: Path
):
    command = "print(open('/proc/self/cmdline').read())"
    script = write(tmp_path / "script.py", command)
    assert "run.zygote" in (await server.python(script)).text
    assert "run.zygote" not in (await server.python(script, warm=False)).text


class Package:
    """A module with a console script, as an installer writes them."""

    def __init__(self, place: Path, source: str) -> None:
        self.log = place / "log"
        (place / "lib").mkdir()
        (place / "bin").mkdir()
        self.module = place / "lib" / "warmly.py"
        self.module.write_text(LOGS.format(log=str(self.log)) + source + MAIN)
        self.script = place / "bin" / "warmly"
        text = SCRIPT.format(python=sys.executable, module="warmly")
        self.script.write_text(text)
        self.script.chmod(0o755)

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "CALLED": "1"}

    def order(self, warm: bool = True) -> Order:
        path = str(self.script)
        return Order((path,), self.environ, "/", script=path, warm=warm)

    def imports(self) -> int:
        return self.log.read_text().count("imported")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory whose `lib` this process and those it starts import from."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    return tmp_path


@on_loop
async def test_a_warm_script_is_imported_once(server: Server, place: Path):
    package = Package(place, "")
    for _ in range(3):
        ran = await server.run(package.order())
        assert (ran.text, ran.stderr, ran.status) == ("ran\n", b"", 0)
    assert package.imports() == 1


@on_loop
async def test_warm_scripts_are_prepared_before_a_call(server: Server, place: Path):
    package = Package(place, "")
    server.starter.prepare(str(package.script))
    await server.run(package.order())
    assert package.imports() == 1


@on_loop
async def test_a_warm_import_sees_no_variable_of_a_call(server: Server, place: Path):
    package = Package(place, "import os\nSEEN = os.environ.get('CALLED')\n")
    package.module.write_text(
        package.module.read_text().replace("'ran'", "SEEN, os.environ['CALLED']")
    )
    assert (await server.run(package.order())).text == "None 1\n"


@on_loop
async def test_calls_of_a_warm_script_share_nothing(server: Server, place: Path):
    package = Package(place, "COUNT = [0]\n")
    main = "def main():\n    COUNT[0] += 1\n    print(COUNT)\n"
    package.module.write_text(package.module.read_text().replace(MAIN, main))
    for _ in range(3):
        assert (await server.run(package.order())).text == "[1]\n"
    assert package.imports() == 1


@on_loop
async def test_a_script_that_isnt_warm_is_imported_by_each_call(
    server: Server, place: Path
):
    package = Package(place, "")
    for _ in range(3):
        assert (await server.run(package.order(warm=False))).text == "ran\n"
    assert package.imports() == 3


@pytest.mark.parametrize("trace", TRACES)
@on_loop
async def test_a_module_whose_import_leaves_a_trace_is_imported_by_each_call(
    server: Server, place: Path, trace: str
):
    package = Package(place, TRACES[trace])
    texts = {(await server.run(package.order())).text for _ in range(2)}
    assert texts == {"hello\nran\n" if trace == "output" else "ran\n"}
    assert package.imports() == 3  # one to see that it can't be kept


@on_loop
async def test_what_an_import_ahead_has_started_is_ended(server: Server, place: Path):
    source = "import subprocess\nCHILD = subprocess.Popen(['sleep', '605'])\n"
    source += f"open({str(place / 'pid')!r}, 'a').write(f'{{CHILD.pid}}\\n')\n"
    package = Package(place, source)
    await server.run(package.order())
    pids = [int(each) for each in (place / "pid").read_text().split()]
    assert len(pids) == 2
    assert all(map(has_ended, pids))


@on_loop
async def test_a_change_of_a_warm_module_is_seen(server: Server, place: Path):
    package = Package(place, "")
    await server.run(package.order())
    package.module.write_text(package.module.read_text().replace("ran", "ran anew"))
    for _ in range(2):
        assert (await server.run(package.order())).text == "ran anew\n"
    assert package.imports() == 2


@on_loop
async def test_a_warm_zygote_that_was_killed_is_replaced(server: Server, place: Path):
    package = Package(place, "import os\n")
    package.module.write_text(package.module.read_text().replace(MAIN, GRANDPARENT))
    warm = int((await server.run(package.order())).text)
    base = zygote()
    os.kill(warm, signal.SIGKILL)
    assert has_ended(warm)
    for _ in range(3):
        assert int((await server.run(package.order())).text) not in (warm, base)
    assert zygote() == base
    assert package.imports() == 2


@on_loop
async def test_an_import_ahead_that_does_not_end_ends_with_the_server(
    server: Server, place: Path
):
    pipe = place / "pid"
    os.mkfifo(pipe)
    package = Package(place, f"import os, signal\npid = open({str(pipe)!r}, 'w')\n")
    source = package.module.read_text() + "print(os.getpid(), file=pid, flush=True)\n"
    package.module.write_text(source + "signal.pause()\n")
    server.starter.prepare(str(package.script))
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    importing = int(await server.line(reader))
    os.close(reader)
    assert runs(importing)
    await server.starter.close()
    assert has_ended(importing)


@on_loop
async def test_a_warm_zygote_ends_with_the_server(server: Server, place: Path):
    package = Package(place, "import os\n")
    package.module.write_text(package.module.read_text().replace(MAIN, GRANDPARENT))
    warm = int((await server.run(package.order())).text)
    await server.starter.close()
    assert has_ended(warm)


GRANDPARENT = """\
def main():
    with open(f"/proc/{os.getppid()}/stat") as file:
        print(file.read().rpartition(")")[2].split()[1])
"""
"""Says which process the keeper was forked from."""
