"""`runspec launch --pipeline`: real stages on this machine."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from environments import ROOT, Environment
from rigs.slurm import Slurm

LIMIT = 300
SCRIPT = """\
# /// script
# [tool.runspec]
# name = "{name}"
# description = "A stage"
# autonomy = "autonomous"
# [tool.runspec.run]
# launch = "direct"
# [tool.runspec.config]
# default = "{name}"
# [tool.runspec.resources]
# gpus_per_node = 0
# ///
import os, sys
from pathlib import Path
folder = Path(os.environ["RUNSPEC_ARTIFACTS_DIR"])
here = Path("{place}")
config = Path(sys.argv[2]).read_text()
with (here / "order").open("a") as order:
    order.write("{name} ")
print("{name} begins", flush=True)
{body}
"""
PIPELINE = """\
name = "lab"

[stages.report]
recipe = "report.py"
after = ["train"]

[stages.prepare]
recipe = "prepare.py"
produces = { data = "data.txt" }

[stages.train]
recipe = "train.py"
after = ["prepare"]
overrides = ["data=${art:data,path}"]
produces = { model = "model.txt" }

[stages.apart]
recipe = "apart.py"
"""
BODIES = {
    "prepare": '(folder / "data.txt").write_text("digits")',
    "train": """\
data = config.split("data: ")[1].split()[0].strip("'\\"")
(folder / "model.txt").write_text("learned from " + Path(data).read_text())
print((folder / "model.txt").read_text(), flush=True)
""",
    "report": "",
    "apart": "",
}
CONFIGS = {
    "prepare": "value: 1\n",
    "train": "value: 1\ndata: null\n",
    "report": "value: 1\n",
    "apart": "value: 1\n",
}
WAITS = 'open(here / "gate").readline()\n'


class Lab:
    """A folder with recipes and their pipeline, and runs of its own."""

    def __init__(self, environment: Environment, place: Path) -> None:
        self.environment = environment
        self.place = place / "lab"
        self.variables = {"XDG_STATE_HOME": str(place / "state")}
        (self.place / "config").mkdir(parents=True)
        self.write("pipeline.toml", PIPELINE)
        for name, body in BODIES.items():
            self.script(name, body)
            self.write(f"config/{name}.yaml", CONFIGS[name])

    def write(self, name: str, text: str) -> None:
        (self.place / name).write_text(text, "utf-8")

    def script(self, name: str, body: str) -> None:
        text = SCRIPT.replace("{name}", name).replace("{place}", str(self.place))
        text = text.replace("{body}", body)
        self.write(f"{name}.py", text)

    def run(self, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.typed("launch", "--pipeline", "pipeline.toml", *argv, **more)

    def typed(self, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.environment.run(*argv, cwd=self.place, **self.variables, **more)

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        return self.beside("launch", "--pipeline", "pipeline.toml", *argv)

    def beside(self, *argv: str) -> subprocess.Popen[bytes]:
        """In a group of its own, what it says in one pipe."""
        command = str(self.environment.bin / "runspec")
        return subprocess.Popen(
            [command, *argv],
            cwd=self.place,
            env=self.environment.environ(**self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )

    def began(self) -> list[str]:
        """The stages that began since this was asked last, in that order."""
        path = self.place / "order"
        found = path.read_text("utf-8").split() if path.exists() else []
        path.unlink(missing_ok=True)
        return found


@pytest.fixture
def lab(with_omegaconf: Environment, tmp_path: Path) -> Lab:
    return Lab(with_omegaconf, tmp_path)


@pytest.fixture
def gate(lab: Lab) -> Iterator[Callable[[], None]]:
    """What scripts with WAITS wait for; called, it lets one go on."""
    path = lab.place / "gate"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def let_go() -> None:
        os.write(descriptor, b"go\n")

    yield let_go
    os.close(descriptor)


def read_until(process: subprocess.Popen[bytes], words: str) -> str:
    """What it says, up to these words."""
    assert process.stdout is not None
    said = b""
    while words.encode() not in said:
        assert select.select([process.stdout], [], [], LIMIT)[0], said
        part = os.read(process.stdout.fileno(), 4096)
        assert part, said
        said += part
    return said.decode()


def outcomes(said: str) -> dict[str, str]:
    """The table at the end: stage → outcome."""
    lines = said.partition("stage ")[2].splitlines()[1:]
    rows = [re.split(" {2,}", line) for line in lines if "  " in line]
    return {row[0]: row[1] for row in rows if len(row) == 5}


def test_stages_run_after_those_they_wait_for_and_get_their_artifacts(
    lab: Lab,
) -> None:
    done = lab.run()
    assert done.returncode == 0, done.stderr
    assert lab.began() == ["prepare", "train", "report", "apart"]
    assert "train   │ learned from digits" in done.stdout
    assert outcomes(done.stdout) == dict.fromkeys(BODIES, "ok")
    assert list(outcomes(done.stdout)) == ["prepare", "train", "report", "apart"]


def test_a_dry_run_shows_each_plan_in_order_and_leaves_nothing(lab: Lab) -> None:
    done = lab.run("--dry-run", "train.value=5")
    assert done.returncode == 0, done.stderr
    heads = re.findall(r"^\d\. .*$", done.stdout, re.MULTILINE)
    assert heads == [
        "1. prepare on local",
        "2. train on local, after prepare",
        "3. report on local, after train",
        "4. apart on local",
    ]
    assert lab.began() == []
    assert not Path(lab.variables["XDG_STATE_HOME"]).exists()


def test_explain_says_where_the_values_of_each_stage_come_from(lab: Lab) -> None:
    done = lab.run("--explain", "train.value=5")
    assert done.returncode == 0, done.stderr
    assert re.search(r"value +5 +.*value=5", done.stdout)
    assert re.search(r"data +/\S+/data\.txt +", done.stdout)


def test_a_failing_stage_gives_its_status_and_stops_those_after_it(lab: Lab) -> None:
    lab.script("train", "sys.exit(7)")
    done = lab.run()
    assert done.returncode == 7
    assert lab.began() == ["prepare", "train", "apart"]
    assert outcomes(done.stdout) == {
        "prepare": "ok",
        "train": "failed 7",
        "report": "not run",
        "apart": "ok",
    }
    assert "--resume" in done.stderr


def test_resume_leaves_out_what_ended_well_even_though_a_script_was_mended(
    lab: Lab,
) -> None:
    lab.script("train", "sys.exit(7)")
    lab.run()
    lab.began()
    lab.script("train", BODIES["train"])
    done = lab.run("--resume")
    assert done.returncode == 0, done.stderr
    assert lab.began() == ["train", "report"]
    assert "train runs: it failed" in done.stderr
    assert outcomes(done.stdout)["prepare"] == "ok, kept"
    again = lab.run("--resume")
    assert (again.returncode, lab.began()) == (0, [])
    assert set(outcomes(again.stdout).values()) == {"ok, kept"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("config", "train runs: its configuration changed"),
        ("script", "train runs: its code changed"),
        ("artifact", "train runs: model changed"),
    ],
)
def test_a_stage_whose_inputs_changed_runs_again_with_all_after_it(
    lab: Lab, change: str, why: str
) -> None:
    lab.run()
    lab.began()
    if change == "config":
        lab.write("config/train.yaml", "value: 2\ndata: null\n")
    elif change == "script":
        lab.script("train", BODIES["train"] + "# changed\n")
    else:
        state = Path(lab.variables["XDG_STATE_HOME"])
        next(state.rglob("model.txt")).write_text("forged", "utf-8")
    done = lab.run("--resume")
    assert done.returncode == 0, done.stderr
    assert why in done.stderr
    assert lab.began() == ["train", "report"]


def test_a_module_counts_for_the_stages_that_import_it(lab: Lab) -> None:
    (lab.place / "parts").mkdir()
    lab.write("parts/__init__.py", "")
    lab.write("parts/one.py", "from . import two\n")
    lab.write("parts/two.py", "VALUE = 1\n")
    lab.write("alone.py", "VALUE = 1\n")
    lab.script("train", BODIES["train"] + "from parts.one import two\n")
    lab.run()
    lab.began()
    lab.write("alone.py", "VALUE = 2\n")
    lab.run("--resume")
    assert lab.began() == []
    lab.write("parts/two.py", "VALUE = 2\n")
    done = lab.run("--resume")
    assert lab.began() == ["train", "report"], done.stderr


def test_a_killed_client_loses_nothing_and_starts_nothing_twice(
    lab: Lab, gate: Callable[[], None]
) -> None:
    lab.script("train", WAITS + BODIES["train"])
    client = lab.start()
    read_until(client, "train begins")
    client.kill()
    client.communicate(timeout=LIMIT)
    second = lab.start("--resume")
    said = read_until(second, "train still runs")
    gate()
    rest = second.communicate(timeout=LIMIT)[0].decode()
    assert second.returncode == 0, said + rest
    assert lab.began() == ["prepare", "train", "report", "apart"]
    assert outcomes(rest)["train"].startswith("ok")


def test_only_one_process_drives_a_run(lab: Lab, gate: Callable[[], None]) -> None:
    lab.script("prepare", WAITS + BODIES["prepare"])
    client = lab.start()
    read_until(client, "prepare begins")
    refused = lab.run("--resume")
    assert refused.returncode == 125
    assert f"process {client.pid}" in refused.stderr
    gate()
    client.communicate(timeout=LIMIT)
    assert client.returncode == 0


def test_an_interrupt_ends_the_stage_that_runs_and_begins_no_other(
    lab: Lab, gate: Callable[[], None]
) -> None:
    lab.script("prepare", WAITS + BODIES["prepare"])
    client = lab.start()
    read_until(client, "prepare begins")
    client.send_signal(signal.SIGINT)
    rest = client.communicate(timeout=LIMIT)[0].decode()
    assert client.returncode == -signal.SIGINT
    assert outcomes(rest)["prepare"] == "cancelled"
    assert lab.began() == ["prepare"]


def test_a_script_that_did_not_write_its_artifact_has_failed(lab: Lab) -> None:
    lab.script("prepare", "")
    done = lab.run()
    assert done.returncode == 1
    assert "data.txt" in done.stderr
    assert outcomes(done.stdout)["train"] == "not run"


def test_everything_that_is_wrong_is_told_before_the_first_stage(lab: Lab) -> None:
    lab.write("config/report.yaml", "value: [1\n")
    text = PIPELINE.replace('"data=${art:data,path}"', '"dta=${art:data,path}"')
    lab.write("pipeline.toml", text.replace('"apart.py"', '"aprt.py"'))
    done = lab.run()
    assert done.returncode == 125
    for words in ("report.yaml", "pipeline.toml:14:14", "aprt.py"):
        assert words in done.stderr
    assert lab.began() == []


def test_an_override_that_was_typed_is_shown_where_it_was_typed(lab: Lab) -> None:
    done = lab.run("apart.value=2", "train.valeu=3")
    assert done.returncode == 2
    assert "train.valeu=3" in done.stderr
    assert "value" in done.stderr


def test_jobs_shows_the_stages_of_a_pipeline(lab: Lab) -> None:
    lab.run()
    done = lab.typed("jobs", "--format", "json")
    stages = {job.get("stage"): job for job in json.loads(done.stdout)}
    assert stages.keys() == BODIES.keys()
    assert len({job["pipeline"] for job in stages.values()}) == 1
    assert {job["status"] for job in stages.values()} == {0}


def test_each_stage_is_a_run_of_the_history(lab: Lab) -> None:
    lab.script("train", "sys.exit(7)")
    lab.run()
    done = lab.typed("history", "--format", "json")
    found = [(run["runnable"], run["status"]) for run in json.loads(done.stdout)]
    assert sorted(found)[-1] == ("train", 7)
    assert ("prepare", 0) in found


def test_the_schema_for_editors_says_what_the_reader_says() -> None:
    schema = json.loads((ROOT / "schema" / "pipeline.schema.json").read_text("utf-8"))
    validator = Draft202012Validator(schema)
    example = ROOT / "examples" / "recipes" / "pipeline.toml"
    assert list(validator.iter_errors(tomllib.loads(example.read_text("utf-8")))) == []
    assert list(validator.iter_errors(tomllib.loads(PIPELINE))) == []
    for wrong in ("", "[stages.a]", "[stages.a]\nrecipe = 'a.py'\nafter = 'b'"):
        assert list(validator.iter_errors(tomllib.loads(wrong))), wrong


@pytest.fixture
def on_slurm(lab: Lab, slurm_cluster: Slurm) -> Lab:
    lab.write("env.toml", '[cluster]\nexecutor = "slurm"\nnodes = 1\n')
    lab.variables.update(slurm_cluster.environ)
    return lab


@pytest.mark.slow
def test_slurm_gets_all_stages_at_once_and_the_client_may_leave(
    on_slurm: Lab, slurm_cluster: Slurm, gate: Callable[[], None]
) -> None:
    on_slurm.script("prepare", WAITS + BODIES["prepare"])
    left = on_slurm.run("--on", "cluster", "--detach")
    assert left.returncode == 0, left.stderr
    assert len(slurm_cluster.jobs()) == len(BODIES)
    shown = on_slurm.typed("jobs", "status", left.stdout.strip()).stdout
    assert outcomes(shown)["train"] == "queued"
    client = on_slurm.start("--resume", left.stdout.strip())
    said = read_until(client, "prepare still runs")
    gate()
    said += client.communicate(timeout=LIMIT)[0].decode()
    assert client.returncode == 0, said
    assert "learned from digits" in said
    assert sorted(on_slurm.began()) == sorted(BODIES)
    assert set(outcomes(said).values()) <= {"ok", "ok, kept"}


@pytest.mark.slow
def test_on_slurm_a_failing_stage_stops_those_after_it(
    on_slurm: Lab, slurm_cluster: Slurm
) -> None:
    on_slurm.script("prepare", "sys.exit(7)")
    done = on_slurm.run("--on", "cluster")
    assert done.returncode == 7, done.stderr
    assert outcomes(done.stdout) == {
        "prepare": "failed 7",
        "train": "not run",
        "report": "not run",
        "apart": "ok",
    }
    assert slurm_cluster.jobs() == []


def test_a_detached_pipeline_is_waited_for_and_ends_as_its_first_failed_stage(
    lab: Lab, gate: Callable[[], None]
) -> None:
    lab.script("prepare", WAITS + BODIES["prepare"])
    lab.script("train", "sys.exit(4)")
    left = lab.run("--detach")
    assert left.returncode == 0, left.stderr
    id = left.stdout.strip()
    assert lab.typed("jobs", "status", id).returncode == 0
    waiting = lab.beside("jobs", "status", id, "--wait")
    following = lab.beside("jobs", "logs", id, "--follow")
    read_until(following, "prepare begins")
    assert waiting.poll() is None
    gate()
    said = waiting.communicate(timeout=LIMIT)[0].decode()
    assert waiting.returncode == 4, said
    assert outcomes(said)["report"] == "not run"
    followed = following.communicate(timeout=LIMIT)[0].decode()
    assert following.returncode == 4, followed
    assert "train   │ train begins" in followed
    assert lab.typed("jobs", "status", id).returncode == 4
    lines = lab.typed("jobs", "logs", id).stdout
    assert "prepare │ prepare begins" in lines
    assert "apart   │ apart begins" in lines


def test_a_detached_pipeline_is_cancelled_with_all_its_stages(
    lab: Lab, gate: Callable[[], None]
) -> None:
    lab.script("prepare", WAITS)
    id = lab.run("--detach").stdout.strip()
    following = lab.beside("jobs", "logs", id, "--follow")
    read_until(following, "prepare begins")
    assert lab.typed("jobs", "cancel", id).returncode == 0
    following.communicate(timeout=LIMIT)
    assert following.returncode == 143
    said = lab.typed("jobs", "status", id).stdout
    assert set(outcomes(said).values()) == {"cancelled", "not run"}


@pytest.mark.slow
def test_a_pipeline_left_on_slurm_is_waited_for(on_slurm: Lab) -> None:
    on_slurm.script("train", "sys.exit(4)")
    id = on_slurm.run("--on", "cluster", "--detach").stdout.strip()
    waited = on_slurm.typed("jobs", "status", id, "--wait")
    assert waited.returncode == 4, waited.stdout
    assert outcomes(waited.stdout)["report"] == "not run"
    assert on_slurm.typed("jobs", "logs", id, "--follow").returncode == 4
