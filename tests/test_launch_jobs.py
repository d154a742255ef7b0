"""`runspec jobs`: what was detached is found again, with its end (LCH-12)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from environments import Environment
from launching import DIRECT, Bench, kill_left, number_in, recipe, runs, until

WAITS = """\
import os, sys, time
print("first", flush=True)
open("pid", "w").write(f"{os.getpid()}\\n")
while not os.path.exists("go"):
    time.sleep(0.01)
print("second")
sys.exit(4)
"""


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    return Bench(bare, tmp_path)


def status(bench: Bench, job: str) -> dict[str, Any]:
    done = bench.runspec("jobs", "status", job, "--format", "json")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_detached_job_goes_on_and_is_found_again(bench: Bench) -> None:
    bench.write(train_py=recipe(WAITS))
    job = bench.detached("train.py")
    number_in(bench.work / "pid")
    assert bench.runspec("jobs", "logs", job[-8:]).stdout == "first\n"
    assert status(bench, job[:6])["phase"] == "running"
    (bench.work / "go").touch()
    done = bench.runspec("jobs", "logs", job, "--follow")
    assert (done.returncode, done.stdout) == (4, "first\nsecond\n")
    assert bench.runspec("jobs", "status", job, "--wait").returncode == 4
    (listed,) = json.loads(bench.runspec("jobs", "-f", "json").stdout)
    assert (listed["phase"], listed["status"], listed["id"]) == ("ended", 4, job)
    (run,) = json.loads(bench.runspec("history", "-f", "json").stdout)
    assert (run["run"], run["status"]) == (job, 4)


def test_a_detached_job_needs_nothing_of_its_client(bench: Bench) -> None:
    bench.write(train_py=recipe("import sys; print(repr(sys.stdin.read()))"))
    job = bench.detached("train.py")
    until(lambda: status(bench, job)["phase"] == "ended")
    assert bench.runspec("jobs", "logs", job).stdout == "''\n"


def test_cancelling_ends_the_whole_tree(bench: Bench) -> None:
    bench.write(train_py=recipe(WAITS))
    job = bench.detached("train.py")
    pid = number_in(bench.work / "pid")
    assert bench.runspec("jobs", "cancel", job).returncode == 0
    until(lambda: status(bench, job)["phase"] == "cancelled")
    assert not runs(pid)
    assert status(bench, job)["status"] == -signal.SIGTERM
    assert "ended already" in bench.runspec("jobs", "cancel", job).stdout


def test_a_job_whose_supervisor_is_killed_is_lost_and_its_script_gone(
    bench: Bench,
) -> None:
    bench.write(train_py=recipe(WAITS))
    job = bench.detached("train.py")
    pid = number_in(bench.work / "pid")
    try:
        os.kill(int(status(bench, job)["handle"]["pid"]), signal.SIGKILL)
        until(lambda: not runs(pid))
    finally:
        kill_left(pid)
    assert status(bench, job)["phase"] == "lost"
    assert bench.runspec("jobs", "status", job, "--wait").returncode == 123


def test_a_job_whose_end_is_known_needs_its_place_no_more(bench: Bench) -> None:
    bench.write(train_py=recipe("raise SystemExit(3)"))
    job = bench.detached("train.py")
    until(lambda: status(bench, job)["phase"] == "ended")
    (folder,) = bench.run_folders
    (folder / "state").unlink()
    assert status(bench, job)["status"] == 3


def test_an_id_that_isnt_there_or_isnt_clear_is_said(bench: Bench) -> None:
    bench.write(train_py=recipe(""))
    jobs = [bench.detached("train.py") for _ in range(2)]
    common = jobs[0][:6]
    assert jobs[1].startswith(common)
    for part, code in ((common, "job-ambiguous"), ("ffffff", "job-not-found")):
        done = bench.runspec("jobs", "status", part, RUNSPEC_AGENT="1")
        (problem,) = json.loads(done.stderr)["error"]["problems"]
        assert (done.returncode, problem["code"]) == (1, code)


def test_a_damaged_job_hides_no_other(bench: Bench) -> None:
    bench.write(train_py=recipe(""))
    good, bad = (bench.detached("train.py") for _ in range(2))
    until(lambda: status(bench, bad)["phase"] == "ended")
    folder = next(each for each in bench.run_folders if each.name.endswith(bad))
    (folder / "job.json").write_text("{")
    done = bench.runspec("jobs", "--format", "json")
    assert [each["id"] for each in json.loads(done.stdout)] == [good]
    assert done.returncode == 1
    assert "job-damaged" in done.stderr


def test_without_jobs_the_list_says_how_to_begin(bench: Bench) -> None:
    done = bench.runspec("jobs")
    assert (done.returncode, "runspec launch" in done.stdout) == (0, True)


def test_output_that_nobody_reads_to_its_end_is_no_error(bench: Bench) -> None:
    body = "import sys\nfor n in range(100_000): print(n)\n"
    bench.write(train_py=recipe(body))
    job = bench.detached("train.py")
    until(lambda: status(bench, job)["phase"] == "ended")
    script = f"{bench.environment.bin}/runspec jobs logs {job} | head -n 1"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=bench.work,
        env=bench.environ(),
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_logs_are_cut_and_what_a_verb_has_no_use_for_is_refused(bench: Bench) -> None:
    bench.write(train_py=recipe("print('a\\nb\\nc')"))
    id = bench.detached("train.py")
    until(lambda: status(bench, id)["phase"] == "ended")
    assert bench.runspec("jobs", "logs", id, "-n", "2").stdout == "b\nc\n"
    refused = bench.runspec("jobs", "cancel", id, "-n", "2")
    assert refused.returncode == 2
    assert "has no use for it" in refused.stderr


def test_the_list_is_chosen_by_name_and_state(bench: Bench) -> None:
    bench.write(
        train_py=recipe("raise SystemExit(3)"),
        other_py=recipe(""),
        env_toml="[here]\n",
    )
    bench.launch("train.py", "--on", "here")
    bench.launch("other.py")

    def listed(*argv: str) -> list[str]:
        said = bench.runspec("jobs", "--format", "json", *argv).stdout
        return [each["name"] for each in json.loads(said)]

    assert listed() == ["other", "train"]
    assert listed("--state", "ok") == ["other"]
    assert listed("--name", "tr*") == ["train"]
    assert "  here  " in bench.runspec("jobs").stdout


def test_a_recipe_is_launched_by_the_name_that_list_shows(bench: Bench) -> None:
    body = "print('ran')"
    block = f"name = 'my/train'\n{DIRECT}"
    bench.write(sub__train_py=recipe(body, block))
    assert bench.launch("my/train").stdout == "ran\n"
    bench.write(sub__again_py=recipe(body, block))
    done = bench.launch("my/train")
    assert done.returncode == 125
    assert "sub/again.py" in done.stderr
