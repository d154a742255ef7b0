"""`runspec launch` by SkyPilot: its reader of tasks, and a stand-in for its program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from environments import Environment
from launch_project import HOSTILE, Project, interrupted, told, toml
from rigs.sky import Sky

SECRET = "c0rrect horse $(battery) 'staple'"
TORCHRUN = """\
#!/bin/sh
echo "torchrun $*"
[ "$4" = 0 ] || exit 0
while [ "$1" != --nproc-per-node ]; do shift; done
shift 2
exec python3 "$@"
"""
READ = """
import sys, sky, yaml
for path in sys.argv[1:]:
    found = yaml.safe_load(open(path))
    given = [(name, "x") for name in found.get("secrets", {})]
    task = sky.Task.from_yaml_config(found, secrets_overrides=given)
    resources = next(iter(task.resources))
    print(task.num_nodes, resources.accelerators, resources.infra, sep="|")
    print(repr(task.envs.get("HOSTILE")))
"""


@pytest.fixture
def sky(sky_tools: Path, tmp_path: Path) -> Sky:
    return Sky(sky_tools, tmp_path / "sky")


@pytest.fixture
def project(tmp_path: Path, bare: Environment, sky: Sky) -> Project:
    made = Project(tmp_path / "project", bare)
    made.recipe(image="")
    made.path(sky.bin)
    made.variables |= sky.variables
    made.profile("sky", *PROFILE)
    return made


PROFILE = ('executor = "skypilot"', 'cloud = "aws"')


def test_a_script_runs_with_its_configuration_environment_and_secret(
    project: Project, sky: Sky
) -> None:
    project.profile(
        "sky",
        *PROFILE,
        'secrets = { TOKEN = "env:MINE" }',
        f"env_vars = {{ HOSTILE = {toml(HOSTILE)} }}",
    )
    args = ("--on", "sky", "train.py", "lr=0.25", "--", "it's", "$(id)", "a\nb")
    done = project.launch(*args, MINE=SECRET)
    assert done.returncode == 0, done.stderr
    said = told(done.stdout)
    assert said["environ"] == {"HOSTILE": HOSTILE, "TOKEN": SECRET}
    assert said["argv"][2:] == ["it's", "$(id)", "a\nb"]
    assert json.loads(said["config"]) == {"lr": 0.25}
    assert SECRET not in str(sky.calls())
    for path in project.left():
        assert SECRET not in path.read_text("utf-8")


def test_a_failing_script_gives_its_own_exit_status_and_the_cluster_goes(
    project: Project, sky: Sky
) -> None:
    done = project.launch("--on", "sky", "train.py", "--", "fail")
    assert done.returncode == 7
    assert told(done.stdout)["argv"][-1] == "fail"
    assert sky.clusters() == []


def test_nodes_of_a_named_cluster_meet_at_the_first_and_it_stays(
    project: Project, sky: Sky
) -> None:
    project.recipe("torchrun", nodes=2, image="")
    (sky.bin / "torchrun").write_text(TORCHRUN, "utf-8")
    (sky.bin / "torchrun").chmod(0o755)
    project.profile("sky", *PROFILE, 'cluster = "mine"')
    done = project.launch("--on", "sky", "train.py", "--", "fail")
    assert done.returncode == 7
    for rank in (0, 1):
        assert f"--node-rank {rank} --master-addr 10.0.0.1 --master-port" in done.stdout
    assert sky.clusters() == ["mine"]
    assert not any("--down" in words for words in sky.calls())


def test_an_interrupt_cancels_the_job_and_takes_its_cluster_down(
    project: Project, sky: Sky
) -> None:
    process = project.start("launch", "--on", "sky", "train.py", "--", "wait")
    status, said = interrupted(process)
    assert status == 143
    assert "cancelling" in said
    assert [words[0] for words in sky.calls() if words[0] in ("cancel", "down")]
    assert sky.clusters() == []


def test_a_job_outlives_its_client_and_is_found_again(
    project: Project, sky: Sky
) -> None:
    done = project.launch("--on", "sky", "--detach", "train.py", "--", "fail")
    assert done.returncode == 0, done.stderr
    job = done.stdout.strip()
    logs = project.command("jobs", "logs", job, "--follow")
    assert logs.returncode == 7
    assert told(logs.stdout)["argv"][-1] == "fail"


def test_a_launch_that_fails_shows_why_and_leaves_nothing(
    project: Project, sky: Sky
) -> None:
    sky.refuse("no resources in any region")
    done = project.launch("--on", "sky", "train.py")
    assert done.returncode == 125
    assert "no resources in any region" in done.stderr
    assert "sky launch failed, with exit status 1" in done.stderr
    assert project.left() == []


def test_gpus_without_their_kind_are_asked_for(project: Project) -> None:
    done = project.launch("--on", "sky", "--gpus", "8", "train.py")
    assert done.returncode == 125
    assert 'accelerators = "H100:8"' in done.stderr


def test_skypilot_reads_every_task(
    project: Project, sky_tools: Path, tmp_path: Path
) -> None:
    project.recipe("torchrun", nodes=2, head='dependencies = ["humanize"]')
    project.profile(
        "sky",
        *PROFILE,
        'region = "us-east-1"\naccelerators = "H100"\nmem = "64G"\ncpus_per_task = 8',
        'disk_size = 100\nuse_spot = true\nsecrets = { TOKEN = "env:MINE" }',
        f'mounts = ["{tmp_path}:/data"]\nstartup_commands = ["true"]',
        f"env_vars = {{ HOSTILE = {toml(HOSTILE)} }}",
    )
    paths = []
    for number, words in enumerate((("--dry-run",), ("--emit", "skypilot"))):
        done = project.launch("--on", "sky", "--gpus", "8", *words, "train.py")
        assert done.returncode == 0, done.stderr
        paths.append(tmp_path / f"{number}.yaml")
        task = done.stdout.partition("\n# command\n")[0]
        paths[-1].write_text(task, "utf-8")
    argv = [str(sky_tools / "bin" / "python"), "-c", READ, *map(str, paths)]
    read = subprocess.run(argv, capture_output=True, text=True)
    assert read.returncode == 0, read.stderr
    lines = read.stdout.splitlines()
    assert lines[0].startswith("2|{'H100': 8")
    assert lines == lines[:2] * 2
    assert lines[1] == repr(HOSTILE)
