"""Jobs of Slurm that begin again, and what they have of the shell (SLM-07)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments import Environment
from launching import recipe, until
from rigs.slurm import Slurm
from slurming import HEAD, ONE_NODE, Cluster

AGAIN = recipe(
    HEAD + "attempt = int(os.environ['RUNSPEC_ATTEMPT'])\n"
    "print('attempt', attempt, len(os.environ['TOKEN']), flush=True)\n"
    "while attempt == 1 and 'wait' in sys.argv: time.sleep(0.05)\n"
    "sys.exit(5 if attempt == 2 else 7)\n",
    ONE_NODE,
)
SHELL = recipe(
    HEAD + "print(sorted(n for n in os.environ if n in sys.argv or 'BIND' in n))\n",
    ONE_NODE,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(bare: Environment, tmp_path: Path, slurm_cluster: Slurm) -> Cluster:
    made = Cluster(bare, tmp_path, slurm_cluster)
    made.write(train_py=AGAIN)
    return made


def attempts(cluster: Cluster) -> int:
    return cluster.output().count("attempt ")


def test_a_job_with_secrets_can_be_put_back_into_the_queue(cluster: Cluster) -> None:
    cluster.profile(secrets={"TOKEN": "env:HAVE"}, requeue=True)
    id = cluster.detached("train.py", "--on", "lab", "--", "wait", HAVE="four")
    until(lambda: attempts(cluster) == 1)
    job = cluster.handle()["job"]
    (secret,) = cluster.runs.glob("*/secrets")
    assert secret.stat().st_mode & 0o777 == 0o600
    assert not cluster.slurm.command("scontrol", "requeue", job).returncode
    done = cluster.runspec("jobs", "status", id, "--wait")
    assert done.returncode == 5
    assert "attempt 2" in done.stdout
    assert "attempt 2 4" in cluster.output()
    assert not secret.exists()


def test_a_job_that_fails_is_tried_again_as_often_as_its_profile_says(
    cluster: Cluster,
) -> None:
    cluster.profile(secrets={"TOKEN": "env:HAVE"}, max_retries=1)
    id = cluster.detached("train.py", "--on", "lab", HAVE="four")
    done = cluster.runspec("jobs", "status", id, "--wait", "--format", "json")
    assert done.returncode == 5
    assert "attempt 2" in json.loads(done.stdout)["detail"]


def test_a_job_has_nothing_of_the_shell_but_what_its_plan_says(
    cluster: Cluster,
) -> None:
    cluster.write(train_py=SHELL)
    cluster.profile(pass_env=["PASSED"])
    leaks = {"LEAKED": "1", "PASSED": "1", "SLURM_CPU_BIND": "quiet,mask_cpu:0x1"}
    words = ("--", "LEAKED", "PASSED", "PATH")
    done = cluster.lab(*words, **leaks)
    assert "['PASSED', 'PATH']" in done.stdout, done
    shown = cluster.lab("--dry-run", *words, **leaks).stdout
    assert "export PASSED=1" in shown
    assert "LEAKED=" not in shown


def test_dependencies_are_there_on_slurm_too(cluster: Cluster) -> None:
    block = f"requires-python = '>=3.99'\n{ONE_NODE}"
    above = "requires-python = '>=3.99'\n"
    cluster.write(train_py=recipe("print('ran')", ONE_NODE, above=above))
    done = cluster.lab(PATH="/usr/bin:/bin", UV_OFFLINE="1")
    assert done.returncode == 125, (done, block)
    assert "requires Python >=3.99" in done.stdout


def test_a_job_that_never_began_is_refused_not_failed(cluster: Cluster) -> None:
    cluster.profile(partition="nowhere")
    done = cluster.lab()
    assert done.returncode == 125
    assert "slurm-refused" in done.stderr
