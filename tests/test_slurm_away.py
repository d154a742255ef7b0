"""A real Slurm whose controller goes away, comes back or never answers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments import Environment
from launching import until
from rigs.setup import running
from rigs.slurm import Slurm
from rigs.slurm import slurm as cluster_of_its_own
from slurming import ECHO, NAPS, Cluster

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own() -> Iterator[Slurm]:
    """One that no other test needs while it is away."""
    with running(cluster_of_its_own()) as made:
        yield made


@pytest.fixture
def cluster(bare: Environment, tmp_path: Path, own: Slurm) -> Cluster:
    return Cluster(bare, tmp_path, own)


def read_until(client: subprocess.Popen[bytes], words: str) -> None:
    """Read its stderr, up to a line with these words."""
    assert client.stderr is not None
    for line in client.stderr:
        if words.encode() in line:
            return
    pytest.fail(f"it has ended without: {words}")


def test_a_cluster_that_comes_back_has_lost_nothing(cluster: Cluster) -> None:
    cluster.write(train_py=NAPS)
    with cluster.going() as client:
        cluster.slurm.stop_controller()
        read_until(client, "doesn't answer")
        cluster.slurm.start_controller()
        read_until(client, "answers again")
        (code,) = cluster.runs.glob("*/code/*")
        (code / "done").touch()
        output, _ = client.communicate(timeout=300)
        assert client.returncode == 5
        assert output.startswith(b"began\nwent on\n")


def test_a_cluster_that_stays_away_is_left_in_time(cluster: Cluster) -> None:
    cluster.write(train_py=NAPS)
    cluster.profile(patience=1)
    with cluster.going() as client:
        cluster.slurm.stop_controller()
        try:
            _, said = client.communicate(timeout=300)
        finally:
            cluster.slurm.start_controller()
        assert client.returncode == 123
        assert b"place-silent" in said
        assert b"runspec jobs" in said
        assert cluster.slurm.jobs() == [cluster.handle()["job"]]


def test_a_controller_that_never_answers_may_have_a_job(cluster: Cluster) -> None:
    """So the error says what to look for."""
    cluster.write(train_py=ECHO)
    cluster.slurm.suspend("slurmctld")
    try:
        done = cluster.lab()
    finally:
        cluster.slurm.resume("slurmctld")
    assert done.returncode == 123
    assert "slurm-uncertain" in done.stderr
    assert "comment runspec:" in done.stderr
    until(lambda: not cluster.slurm.jobs())
