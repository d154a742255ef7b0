"""What hostile, broken or unlucky surroundings can't do to a launch."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from environments import Environment
from launching import DIRECT, Bench, recipe, until
from runspec.errors import RunspecError, SpecError
from runspec.launch import jobs
from runspec.launch.profile.profiles import find, load
from runspec.launch.slurm.submit import HAS, UNPACK
from runspec.launch.transport import Here

SAYS = "import os\nos.write(1, b'one ')\nos.write(2, b'two')\n"
TAKES = '[tool.runspec.args]\ntoken = {type = "password", required = false}\n'
GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@x")
SECRET = "correct-horse-battery"
NOBODY = 65534
is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    return Bench(bare, tmp_path)


def git(bench: Bench, *words: str) -> bytes:
    done = subprocess.run([*GIT, *words], cwd=bench.work, capture_output=True)
    assert done.returncode == 0, done
    return done.stdout


def in_shell(bench: Bench, line: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell that runs `runspec`."""
    return subprocess.run(
        ["sh", "-c", line],
        cwd=bench.work,
        env=bench.environ(),
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_word_that_looks_like_a_placeholder_is_passed_on_as_it_is(
    bench: Bench,
) -> None:
    bench.write(train_py=recipe("import sys; print(*sys.argv[1:])"))
    done = bench.launch("train.py", "--", "{config}", "a{script}b")
    assert done.stdout == "{config} a{script}b\n"


# What is left of a launch


def test_an_end_by_a_signal_without_a_name_is_shown(bench: Bench) -> None:
    bench.write(train_py=recipe("import os; os.kill(os.getpid(), 35)"))
    bench.launch("train.py")
    done = bench.runspec("jobs")
    assert "signal 35" in done.stdout
    assert (done.stderr, done.returncode) == ("", 0)


WRONG = {
    "handle-empty": {"handle": {}},
    "handle-of-slurm": {"executor": "slurm"},
    "pid-is-no-number": {"handle.pid": "all"},
    "pid-of-everybody": {"handle.pid": "-1", "handle.start": ""},
    "an-option-for-slurm": {"executor": "slurm", "handle.job": "--user=root"},
    "nul": {"handle.folder": "/tmp/\0"},
    "never": {"began": float("nan")},
    "no-such-time": {"ended": 1e300, "phase": "ended"},
    "no-status": {"status": 10**30, "phase": "ended"},
    "half-a-ticket": {"ticket": {"run": "x"}},
    "a-folder-above": {"id": ".."},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=[*WRONG])
def test_a_job_that_somebody_has_changed_is_damaged_and_nothing_else_happens(
    bench: Bench, wrong: dict[str, object]
) -> None:
    bench.write(train_py=recipe(""))
    bench.launch("train.py")
    (folder,) = bench.run_folders
    (folder / "state").unlink()
    kept = json.loads((folder / "job.json").read_text())
    kept |= {"phase": "running", "status": None, "ended": None, "attached": False}
    for name, value in wrong.items():
        table, _, key = name.rpartition(".")
        (kept[table] if table else kept)[key] = value
    (folder / "job.json").write_text(json.dumps(kept))
    part = folder.name[-8:]
    for words in (("list",), ("status", part), ("logs", part), ("cancel", part)):
        done = bench.runspec("jobs", *words)
        assert done.returncode in (0, 1), done
        assert "Traceback" not in done.stderr
        assert not done.stderr or "can't be understood" in done.stderr, done


def test_a_deep_job_file_is_damaged(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "job.json").write_text("[" * 500_000)
    (tmp_path / "job.json").chmod(0o600)
    with pytest.raises(RunspecError) as caught:
        jobs.load(str(tmp_path))
    assert [fault.code for fault in caught.value.faults] == ["job-damaged"]


def test_a_log_that_nobody_writes_is_not_waited_for(bench: Bench) -> None:
    bench.write(train_py=recipe(""))
    bench.launch("train.py")
    (folder,) = bench.run_folders
    os.mkfifo(folder / "log")
    assert bench.runspec("jobs", "logs", folder.name[-8:]).returncode in (0, 1)


# What a process may be started without


@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", "<&-", ">&- 2>&-"])
def test_a_daemon_without_streams_loses_no_output(bench: Bench, closed: str) -> None:
    bench.write(train_py=recipe(SAYS))
    assert in_shell(bench, f"runspec launch --detach train.py {closed}").returncode == 0
    until(bench.run_folders.__len__)
    log = bench.run_folders[0] / "log"
    until(lambda: log.exists() and log.read_text() == "one two")


def test_without_stdout_it_ends_as_its_script(bench: Bench) -> None:
    bench.write(train_py=recipe("import sys; sys.exit(7)"))
    done = in_shell(bench, "runspec launch train.py >&-")
    assert (done.stderr, done.returncode) == ("", 7)


@pytest.mark.parametrize(
    ("verb", "status"),
    [("launch {}/train.py", 125), ("list", 1), ("check", 1), ("show x", 1)],
)
def test_a_working_directory_that_is_gone_is_said(
    bench: Bench, verb: str, status: int
) -> None:
    bench.write(train_py=recipe(""))
    gone = bench.folder / "gone"
    words = verb.format(bench.work)
    done = in_shell(
        bench, f"mkdir {gone}; cd {gone}; rmdir {gone}; exec runspec {words}"
    )
    assert done.returncode == status
    assert done.stderr.startswith("error[")
    assert "Traceback" not in done.stderr


# Code of somebody else


def test_changes_are_kept_as_git_applies_them_whatever_is_configured(
    bench: Bench,
) -> None:
    bench.write(train_py=recipe(""), a_txt="one\n")
    (bench.work / ".gitattributes").write_text("*.txt diff=evil\n")
    git(bench, "init", "-q")
    git(bench, "add", ".")
    git(bench, "commit", "-qm", "x")
    for setting in (
        ("diff.evil.textconv", "sh -c 'touch ran; echo evil'"),
        ("diff.noprefix", "true"),
        ("color.diff", "always"),
    ):
        git(bench, "config", *setting)
    bench.write(a_txt="two\n")
    commit = git(bench, "rev-parse", "HEAD").decode().strip()
    assert bench.launch("train.py", GIT_DIR="/nowhere").returncode == 0
    (folder,) = bench.run_folders
    assert json.loads((folder / "code.json").read_text())["commit"] == commit
    git(bench, "checkout", "-q", "a.txt")
    git(bench, "apply", str(folder / "diff.patch"))
    assert (bench.work / "a.txt").read_text() == "two\n"
    assert not (bench.work / "ran").exists()


def test_a_filter_of_the_repository_sees_nothing_of_the_call(bench: Bench) -> None:
    bench.write(train_py=recipe("", f"{TAKES}{DIRECT}"), a_txt="one\n")
    (bench.work / ".gitattributes").write_text("*.txt filter=spy\n")
    git(bench, "init", "-q")
    git(bench, "add", ".")
    git(bench, "commit", "-qm", "x")
    seen = bench.folder / "seen"
    git(bench, "config", "filter.spy.clean", f"sh -c 'env >>{seen}; cat'")
    bench.write(a_txt="three\n")
    done = bench.launch("train.py", RUNSPEC_TRAIN_ARG_TOKEN=SECRET)
    assert done.returncode == 0
    assert "PATH=" in seen.read_text()
    assert SECRET not in seen.read_text()


@is_root
def test_profiles_that_somebody_swaps_meanwhile_are_not_read(tmp_path: Path) -> None:
    mine, theirs, script = (
        tmp_path / name for name in ("env.toml", "theirs", "train.py")
    )
    for path in (mine, theirs, script):
        path.write_text("[a]\n")
    os.chown(theirs, NOBODY, NOBODY)
    found = find(str(tmp_path), {}, str(script))
    assert found == str(mine)
    theirs.rename(mine)
    with pytest.raises(SpecError) as caught:
        load(found, str(script))
    assert [fault.code for fault in caught.value.faults] == ["profiles-untrusted"]


@is_root
def test_root_runs_no_line_of_a_profile_in_whose_folder_it_is(bench: Bench) -> None:
    """It launches a script of its own from there."""
    bench.write(env_toml='[here]\nstartup_commands = ["touch owned"]\n')
    for path in (bench.work, bench.work / "env.toml"):
        os.chown(path, NOBODY, NOBODY)
    script = bench.folder / "own.py"
    script.write_text(recipe(""))
    assert bench.codes(str(script), "--on", "here") == ["profiles-untrusted"]
    assert not (bench.work / "owned").exists()


@is_root
def test_code_that_another_user_put_there_under_its_hash_is_not_run(
    tmp_path: Path,
) -> None:
    place = tmp_path / "code" / ("0" * 64)
    place.mkdir(parents=True)
    transport = Here()
    assert transport.run(("sh", "-c", HAS, "sh", str(place))).status == 0
    os.chown(place, NOBODY, NOBODY)
    (place / "train.py").touch()
    assert transport.run(("sh", "-c", HAS, "sh", str(place))).status == 1
    archive = subprocess.run(["tar", "-cT", "/dev/null"], capture_output=True).stdout
    named = tmp_path / "code" / _sha256(archive)
    place.rename(named)
    done = transport.run(("sh", "-c", UNPACK, "sh", str(named)), archive)
    assert done.status == 1
    assert "somebody else" in done.said


def _sha256(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()
