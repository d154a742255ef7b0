"""`runspec launch` on this machine: what a script gets, and how it ends (LCH)."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments import Environment
from launching import DIRECT, Bench, kill_left, number_in, recipe, runs, until

SHOW = """\
import json, os, sys
config = open(sys.argv[2]).read() if "--config" in sys.argv else None
print(json.dumps([sys.argv[1:], config, dict(os.environ), os.getcwd(), sys.executable]))
"""
JSON_CONFIG = DIRECT + "[tool.runspec.config]\nformat = 'json'\n"
SECRET = "correct-horse-battery"


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    return Bench(bare, tmp_path)


def shown(
    done: subprocess.CompletedProcess[str],
) -> tuple[list[str], str, dict[str, str], str, str]:
    assert done.returncode == 0, done
    argv, config, environ, cwd, python = json.loads(done.stdout)
    return argv, config, environ, cwd, python


def test_a_script_gets_its_merged_configuration_and_what_is_passed_on(
    bench: Bench,
) -> None:
    bench.write(train_py=recipe(SHOW, JSON_CONFIG), config__tiny_json='{"a": {"b": 1}}')
    call = ("train.py", "-c", "tiny", "a.b=5", "--", "--resume", "x=1")
    argv, config, _, cwd, _ = shown(bench.launch(*call))
    assert argv[0] == "--config"
    assert argv[2:] == ["--resume", "x=1"]
    assert json.loads(config) == {"a": {"b": 5}}
    assert cwd == str(bench.work)


def test_a_recipe_without_configuration_gets_no_config_option(bench: Bench) -> None:
    bench.write(train_py=recipe(SHOW))
    argv, config, _, _, python = shown(bench.launch("train.py"))
    assert (argv, config) == ([], None)
    assert python == str(bench.environment.bin / "python")


def test_options_count_before_and_behind_the_recipe(bench: Bench) -> None:
    bench.write(train_py=recipe(SHOW, JSON_CONFIG), config__tiny_json='{"a": 1}')
    before = bench.launch("--config=tiny", "--env", "X=1", "train.py", "a=2")
    behind = bench.launch("train.py", "a=2", "--env=X=1", "-c", "tiny")
    for done in (before, behind):
        _, config, environ, _, _ = shown(done)
        assert (json.loads(config), environ["X"]) == ({"a": 2}, "1")


def test_an_option_nobody_knows_is_an_error_with_the_nearest(bench: Bench) -> None:
    bench.write(train_py=recipe(SHOW))
    found = bench.faults("train.py", "--detatch")
    assert [each["code"] for each in found] == ["unknown-argument"]
    assert "--detach" in json.dumps(found)
    assert bench.run_folders == []


def test_variables_of_the_upper_layers_win(bench: Bench) -> None:
    names = "A='recipe'\nB='recipe'\nC='recipe'\nD='recipe'\n"
    block = f"{JSON_CONFIG}[tool.runspec.env]\n{names}"
    run_env = {
        "run": {"env": {"env_vars": {"B": "config", "C": "config", "D": "config"}}}
    }
    profile = "[here]\nenv_vars = { C = 'profile', D = 'profile' }\n"
    bench.write(
        train_py=recipe(SHOW, block),
        config__default_json=json.dumps(run_env),
        env_toml=profile,
    )
    call = ("train.py", "--on", "here", "-e", "D=typed")
    environ = shown(bench.launch(*call))[2]
    found = [environ[name] for name in "ABCD"]
    assert found == ["recipe", "config", "profile", "typed"]


def test_explain_says_where_each_value_comes_from(bench: Bench) -> None:
    bench.write(
        train_py=recipe(SHOW, JSON_CONFIG + "[tool.runspec.env]\nA='1'\n"),
        config__default_json='{"lr": 1}',
        env_toml="[here]\nnodes = 1\n",
    )
    done = bench.launch("train.py", "--on", "here", "lr=2", "-e", "B=2", "--explain")
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "env.toml:2" in lines["nodes"]
    assert "train.py" in lines["A"]
    assert lines["B"].endswith("--env")
    assert lines["lr"].split()[1:] == ["2", "override", "lr=2"]
    assert bench.run_folders == []


def test_a_dry_run_shows_what_would_run_and_writes_nothing(bench: Bench) -> None:
    bench.write(
        train_py=recipe("open('ran', 'w')", JSON_CONFIG), config__default_json="{}"
    )
    before = sorted(bench.folder.rglob("*"))
    done = bench.launch("train.py", "--dry-run", "-e", "X=a b", "--", "it's")
    assert done.returncode == 0
    assert sorted(bench.folder.rglob("*")) == before
    printed = done.stdout.splitlines()[-1]
    script = f"set -- {printed}; printf '%s\\n' \"$@\""
    words = subprocess.check_output(["sh", "-c", script], text=True).splitlines()
    assert words[:2] == [
        str(bench.environment.bin / "python"),
        str(bench.work / "train.py"),
    ]
    assert words[-1] == "it's"
    assert "export 'X=a b'" in done.stdout


def test_a_failing_script_gives_its_own_exit_status(bench: Bench) -> None:
    bench.write(train_py=recipe("import sys; sys.exit(7)"))
    done = bench.launch("train.py")
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


def test_a_script_that_a_signal_ends_ends_the_launch_so(bench: Bench) -> None:
    bench.write(train_py=recipe("import os; os.kill(os.getpid(), 9)"))
    assert bench.launch("train.py").returncode == -9


def test_output_is_the_scripts_own_to_the_byte(bench: Bench) -> None:
    body = "import sys; sys.stdout.buffer.write(bytes(range(256)))\n"
    body += "sys.stdout.flush(); sys.stderr.write('no newline')"
    bench.write(train_py=recipe(body))
    with bench.started("train.py") as process:
        out, err = process.communicate(timeout=300)
    assert (out, err) == (bytes(range(256)), b"no newline")


def test_what_is_typed_reaches_the_script(bench: Bench) -> None:
    bench.write(train_py=recipe("print(input()[::-1])"))
    program = [str(bench.environment.bin / "runspec"), "launch", "train.py"]
    done = subprocess.run(
        program,
        cwd=bench.work,
        env=bench.environ(),
        input=b"abc\n",
        capture_output=True,
    )
    assert done.stdout == b"cba\n"


ARGS = """\
name = 'tool'
description = 'Does it'
autonomy = 'confirm'
[tool.runspec.run]
launch = 'direct'
[tool.runspec.args]
steps = {default = 3, range = [1, 9], description = 'How many'}
token = {type = 'password', required = false, description = 'A secret'}
"""


def test_a_call_is_checked_before_anything_starts(bench: Bench) -> None:
    bench.write(tool_py=recipe("open('ran', 'w')", ARGS))
    done = bench.launch("tool.py", "--", "--steps", "12")
    assert done.returncode == 2
    assert "--steps" in done.stderr
    assert not (bench.work / "ran").exists()
    assert bench.run_folders == []


def test_the_script_finds_its_call_in_variables(bench: Bench) -> None:
    bench.write(tool_py=recipe(SHOW, ARGS))
    call = ("tool.py", "--", "--steps=4")
    argv, _, environ, _, _ = shown(bench.launch(*call, RUNSPEC_TOOL_ARG_TOKEN=SECRET))
    assert argv == ["--steps=4"]
    assert (environ["RUNSPEC_STEPS"], environ["RUNSPEC_TOKEN"]) == ("4", SECRET)
    assert environ["RUNSPEC_RUNNABLE"] == "tool"
    text = "".join(path.read_text() for path in bench.run_folders[0].iterdir())
    assert SECRET not in text


def test_help_behind_the_dashes_is_the_scripts_own(bench: Bench) -> None:
    bench.write(tool_py=recipe("open('ran', 'w')", ARGS))
    done = bench.launch("tool.py", "--", "--help")
    assert done.returncode == 0
    assert "--steps" in done.stdout
    assert not (bench.work / "ran").exists()


def test_a_run_is_in_the_history_once_with_its_end(bench: Bench) -> None:
    bench.write(tool_py=recipe("import sys; sys.exit(5)", ARGS))
    bench.launch("tool.py")
    done = bench.runspec("history", "--format", "json")
    (run,) = json.loads(done.stdout)
    assert (run["runnable"], run["via"], run["status"]) == ("tool", "launch", 5)
    assert bench.run_folders[0].name.endswith(run["run"])


def test_a_denied_recipe_is_not_launched(bench: Bench) -> None:
    bench.write(tool_py=recipe("open('ran', 'w')", ARGS))
    bench.runspec("deny", "add", "tool", "--reason", "frozen")
    try:
        assert bench.codes("tool.py") == ["run-denied"]
    finally:
        (rule,) = json.loads(bench.runspec("deny", "-f", "json").stdout)
        bench.runspec("deny", "remove", rule["id"])
    assert not (bench.work / "ran").exists()


def test_a_run_directory_has_all_that_a_run_was_made_from(bench: Bench) -> None:
    bench.write(train_py=recipe(SHOW, JSON_CONFIG), config__default_json='{"a": 1}')
    git(bench.work, "init", "--quiet")
    git(bench.work, "add", ".")
    git(bench.work, "commit", "--quiet", "--message", "One")
    git(bench.work, "remote", "add", "origin", f"https://me:{SECRET}@host/repo.git")
    commit = git(bench.work, "rev-parse", "HEAD")
    (bench.work / "config" / "default.json").write_text('{"a": 2}\n')
    (bench.work / "new.py").write_text("new\n")
    environ = shown(bench.launch("train.py"))[2]
    (folder,) = bench.run_folders
    assert environ["RUNSPEC_RUN_DIR"] == str(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    code = json.loads((folder / "code.json").read_text())
    assert (code["commit"], code["dirty"]) == (commit, True)
    assert code["remote"] == "https://host/repo.git"
    assert code["untracked"] == ["new.py"]
    assert '+{"a": 2}' in (folder / "diff.patch").read_text()
    assert json.loads((folder / "config.json").read_text()) == {"a": 2}
    assert json.loads((folder / "plan.json").read_text())["launcher"] == "direct"
    typed = json.loads((folder / "argv.json").read_text())["argv"]
    assert typed[1:] == ["launch", "train.py"]


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    argv = ["git", "-C", str(folder), *who, *words]
    return subprocess.check_output(argv, text=True).strip()


SECRETS = f"""\
[here.secrets]
FROM_FILE = "file:{{file}}"
FROM_COMMAND = "cmd:printf '%s' {SECRET}-3"
"""


def test_secrets_reach_the_script_and_nothing_else(bench: Bench) -> None:
    secret = bench.folder / "secret"
    secret.write_text(f"{SECRET}-2\n")
    bench.write(train_py=recipe(SHOW), env_toml=SECRETS.format(file=secret))
    call = ("train.py", "--on", "here", "-e", "TYPED")
    environ = shown(bench.launch(*call, TYPED=f"{SECRET}-1"))[2]
    names = ("TYPED", "FROM_FILE")
    assert [environ[name] for name in names] == [f"{SECRET}-1", f"{SECRET}-2"]
    assert environ["FROM_COMMAND"] == f"{SECRET}-3"
    shown_plan = bench.launch(*call, "--dry-run", TYPED=f"{SECRET}-1").stdout
    assert f"{SECRET}-1" not in shown_plan
    bench.detached(*call, TYPED=f"{SECRET}-1")
    until(lambda: job(bench)["phase"] == "ended")
    files = [path for path in bench.runs.rglob("*") if path.is_file()]
    assert (bench.run_folders[-1] / "log").stat().st_size > 0
    kept = "".join(path.read_text() for path in files)
    assert f"{SECRET}-1" not in kept
    assert f"{SECRET}-2" not in kept


def job(bench: Bench) -> dict[str, object]:
    done = bench.runspec("jobs", "--format", "json", "--limit", "1")
    (found,) = json.loads(done.stdout)
    return dict(found)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (("-e", "NOT_THERE"), "secret-unavailable"),
        (("-e", "1x=2"), "not-valid"),
        (("-e", f"API_TOKEN={SECRET}"), "secret-in-env"),
        (("--on", "nowhere"), "profiles-absent"),
        (("--nodes", "2"), "nodes-not-here"),
    ],
)
def test_what_cant_be_had_stops_a_launch(
    bench: Bench, call: tuple[str, ...], code: str
) -> None:
    bench.write(train_py=recipe("open('ran', 'w')"))
    found = bench.faults("train.py", *call)
    assert [each["code"] for each in found] == [code]
    assert SECRET not in json.dumps(found)
    assert not (bench.work / "ran").exists()
    assert bench.run_folders == []


def test_startup_commands_run_before_in_the_same_shell(bench: Bench) -> None:
    profile = "[here]\nstartup_commands = ['export A=1', 'echo first']\n"
    profile += "[bad]\nstartup_commands = ['exit 3', 'echo no']\n"
    bench.write(train_py=recipe("import os; print(os.environ['A'])"), env_toml=profile)
    done = bench.launch("train.py", "--on", "here")
    assert done.stdout == "first\n1\n"
    done = bench.launch("train.py", "--on", "bad")
    assert (done.returncode, done.stdout) == (3, "")


def test_a_full_disk_leaves_no_run_directory(bench: Bench, tmp_path: Path) -> None:
    bench.write(train_py=recipe("open('ran', 'w')", JSON_CONFIG))
    bench.write(config__default_json=json.dumps({"a": "x" * 50_000}))
    limited = f"ulimit -f 16; exec {bench.environment.bin}/runspec launch train.py"
    done = subprocess.run(
        ["bash", "-c", limited],
        cwd=bench.work,
        env=bench.environ(RUNSPEC_AGENT="1"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 125
    (problem,) = json.loads(done.stderr)["error"]["problems"]
    assert problem["code"] == "unwritable"
    assert bench.run_folders == []
    assert not (bench.work / "ran").exists()


def test_a_full_disk_costs_a_detached_job_its_output_only(bench: Bench) -> None:
    body = "print('x' * 50_000, flush=True); open('done', 'w').write('1')\n"
    bench.write(train_py=recipe("import resource\n" + body))
    limited = f"ulimit -f 16; exec {bench.environment.bin}/runspec launch -d train.py"
    subprocess.run(
        ["bash", "-c", limited], cwd=bench.work, env=bench.environ(), check=True
    )
    until(lambda: job(bench)["phase"] == "ended")
    found = job(bench)
    assert found["status"] == 0
    assert "dropped" in str(found["detail"])


def test_nothing_that_isnt_used_is_imported(bench: Bench) -> None:
    bench.write(train_py=recipe("", JSON_CONFIG), config__default_json="{}")
    python = str(bench.environment.bin / "python")
    argv = [python, "-X", "importtime", "-m", "runspec", "launch", "train.py"]
    done = subprocess.run(
        argv, cwd=bench.work, env=bench.environ(), capture_output=True, text=True
    )
    assert done.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "runspec.launch.places.local" in loaded
    heavy = {"omegaconf", "yaml", "rich", "ray", "kubernetes", "subprocess", "asyncio"}
    assert not loaded & heavy


LINGERS = """\
import os, subprocess, sys
argv = [sys.executable, "-c", "import signal; signal.pause()"]
child = subprocess.Popen(argv, start_new_session=True)
with open("pids", "w") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
%s
"""


@pytest.fixture
def pids(bench: Bench) -> Iterator[list[int]]:
    """What `LINGERS` started, once it has; killed at the end whatever happens."""
    found: list[int] = []
    yield found
    kill_left(*found)


def started_tree(bench: Bench, pids: list[int]) -> None:
    path = bench.work / "pids"
    until(lambda: path.exists() and path.read_text().endswith("\n"))
    pids += map(int, path.read_text().split())


def test_nothing_is_left_when_the_client_is_killed(
    bench: Bench, pids: list[int]
) -> None:
    bench.write(train_py=recipe(LINGERS % "child.wait()"))
    with bench.started("train.py") as client:
        started_tree(bench, pids)
        client.kill()
    until(lambda: not any(map(runs, pids)))
    until(lambda: job(bench)["phase"] == "cancelled")


def test_nothing_is_left_when_the_script_ends(bench: Bench, pids: list[int]) -> None:
    bench.write(train_py=recipe(LINGERS % "sys.exit(4)"))
    assert bench.launch("train.py").returncode == 4
    started_tree(bench, pids)
    assert not any(map(runs, pids))


def test_term_reaches_the_whole_tree_and_the_status_is_the_scripts(
    bench: Bench, pids: list[int]
) -> None:
    saving = "child.wait(); signal.pause()"
    first = "import signal\nsignal.signal(15, lambda *_: os._exit(9))\n"
    bench.write(train_py=recipe(first + LINGERS % saving))
    with bench.started("train.py") as client:
        started_tree(bench, pids)
        client.terminate()
        assert client.wait(300) == 9
    assert not any(map(runs, pids))


def test_a_user_signal_reaches_the_script(bench: Bench) -> None:
    body = "import os, signal\nsignal.signal(signal.SIGUSR1, lambda *_: os._exit(6))\n"
    body += "open('pid', 'w').write(f'{os.getpid()}\\n')\nsignal.pause()\n"
    bench.write(train_py=recipe(body))
    with bench.started("train.py") as client:
        number_in(bench.work / "pid")
        client.send_signal(signal.SIGUSR1)
        assert client.wait(300) == 6


def test_a_program_that_isnt_there_is_said(bench: Bench) -> None:
    bench.write(
        train_py=recipe(
            "", "[tool.runspec.run]\nlaunch = 'direct'\ncmd = 'nowhere {script}'\n"
        )
    )
    assert bench.codes("train.py") == ["program-not-started"]
    assert bench.run_folders == []


def test_a_plain_runnable_is_launched_by_its_name(bench: Bench) -> None:
    bench.write(runspec_toml="[hello]\n", hello_py="print('hi')\n")
    done = bench.launch("hello")
    assert (done.returncode, done.stdout) == (0, "hi\n")


def test_a_command_template_is_what_runs(bench: Bench) -> None:
    cmd = f"{sys.executable} -c 'import sys; print(sys.argv[1:])' a={{script}} \"b c\""
    block = f"[tool.runspec.run]\nlaunch = 'direct'\ncmd = {json.dumps(cmd)}\n"
    bench.write(train_py=recipe("", block))
    done = bench.launch("train.py", "--", "d")
    assert done.stdout.strip() == str([f"a={bench.work}/train.py", "b c", "d"])


def test_a_working_directory_is_below_the_code(bench: Bench) -> None:
    block = "[tool.runspec.run]\nlaunch = 'direct'\nworkdir = 'sub'\n"
    bench.write(train_py=recipe(SHOW, block), sub__x="")
    assert shown(bench.launch("train.py"))[3] == str(bench.work / "sub")
    os.unlink(bench.work / "sub" / "x")
    (bench.work / "sub").rmdir()
    assert bench.codes("train.py") == ["workdir-not-found"]


def test_a_server_that_has_begun_the_run_records_it_alone(bench: Bench) -> None:
    bench.write(tool_py=recipe(SHOW, ARGS))
    served = {
        "RUNSPEC_RUNNABLE": "tool",
        "RUNSPEC_RUN_ID": "0123456789ab0123456789ab",
        "RUNSPEC_CONFIG": str(bench.work / "tool.py"),
        "RUNSPEC_TOOL_ARG_TOKEN": SECRET,
        "RUNSPEC_TOOL_ARG_STEPS": "7",
    }
    words = ["sh", "-c", 'RUNSPEC_PID=$$ exec "$@"', "sh"]
    words += [str(bench.environment.bin / "runspec"), "launch"]
    done = subprocess.run(
        [*words, str(bench.work / "tool.py")],
        cwd=bench.work,
        env=bench.environ(**served),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    environ = shown(done)[2]
    assert environ["RUNSPEC_STEPS"] == "7"
    assert environ["RUNSPEC_TOOL_ARG_TOKEN"] == SECRET
    assert environ["RUNSPEC_RUN_ID"] == served["RUNSPEC_RUN_ID"]
    assert json.loads(bench.runspec("history", "--format", "json").stdout) == []


def test_a_recipe_may_launch_itself(bench: Bench) -> None:
    body = "import os, subprocess, sys\n"
    body += "if 'INNER' in os.environ: sys.exit(4)\n"
    body += "argv = ['runspec', 'launch', 'tool.py', '-e', 'INNER=1']\n"
    body += "sys.exit(subprocess.run(argv).returncode)\n"
    bench.write(tool_py=recipe(body, ARGS))
    assert bench.launch("tool.py").returncode == 4
    runs = json.loads(bench.runspec("history", "--format", "json").stdout)
    assert [run["status"] for run in runs] == [4, 4]
