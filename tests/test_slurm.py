"""Launching on a real Slurm of two nodes, from a machine that has its commands."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import ROOT, Environment
from launching import recipe, until
from rigs.setup import rig
from rigs.slurm import Slurm
from rigs.tools import ray_tools
from rigs.torch import torch
from slurming import ECHO, HEAD, NAPS, ONE_NODE, TWO_NODES, Cluster

NETWORK = 'ip link set lo up && ip address add 192.0.2.1/32 dev lo && exec "$@"'
"""Slurm looks no name up where there is nothing but loopback (RFC 3493, ADDRCONFIG)."""
SECRET = "s3cr-'$(id)\"-t"


@pytest.fixture
def cluster(bare: Environment, tmp_path: Path, slurm_cluster: Slurm) -> Cluster:
    return Cluster(bare, tmp_path, slurm_cluster)


def programs(environment: Callable[[], Path]) -> Path:
    """The programs of a rig."""
    return rig(environment) / "bin"


@pytest.fixture
def torch_programs() -> Path:
    return programs(torch)


@pytest.fixture
def ray_programs() -> Path:
    return programs(ray_tools)


def test_a_failing_script_gives_its_own_exit_status(cluster: Cluster) -> None:
    body = f"{HEAD}print('node', node)\nsys.exit(7 if node == '1' else time.sleep(20))"
    cluster.write(train_py=recipe(body, TWO_NODES))
    done = cluster.lab()
    assert done.returncode == 7, done
    assert "node 1\n" in done.stdout


def test_a_script_gets_its_words_and_variables_as_they_are(cluster: Cluster) -> None:
    body = HEAD + "print(repr(os.environ['ODD']), sys.argv[1:])"
    cluster.write(train_py=recipe(body, ONE_NODE))
    odd = "a 'b' \"c\" $HOME `id` \\ *\n#!"
    cluster.profile(env_vars={"ODD": odd})
    done = cluster.lab("--", odd, "")
    assert done.stdout == f"{odd!r} {[odd, '']!r}\n", done


def test_nodes_find_the_first_one(cluster: Cluster) -> None:
    body = f"{HEAD}import socket\naddress = os.environ['MASTER_ADDR']\n"
    body += "port = int(os.environ['MASTER_PORT'])\n"
    body += "if node == '0':\n    with socket.create_server((address, port)) as server:"
    body += "\n        print(server.accept()[0].recv(9).decode())\n"
    body += "while node == '1':\n    try:\n"
    body += "        with socket.create_connection((address, port)) as to:\n"
    body += "            to.sendall(b'met')\n        break\n"
    body += "    except ConnectionRefusedError:\n        time.sleep(0.02)\n"
    cluster.write(train_py=recipe(body, TWO_NODES))
    done = cluster.lab()
    assert (done.returncode, done.stdout) == (0, "met\n"), done


def test_a_secret_reaches_the_script_and_no_file(cluster: Cluster) -> None:
    body = HEAD + "assert os.environ['TOKEN'] == os.environ['WANTED']\nprint('same')"
    cluster.write(train_py=recipe(body, ONE_NODE))
    cluster.profile(secrets={"TOKEN": "env:HAVE"}, env_vars={"WANTED": "x"})
    refused = cluster.lab(HAVE=SECRET)
    assert refused.returncode == 1
    assert "AssertionError" in refused.stdout
    for path in cluster.folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    cluster.profile(secrets={"TOKEN": "env:HAVE"})
    cluster.write(train_py=recipe(f"{HEAD}print(len(os.environ['TOKEN']))", ONE_NODE))
    assert cluster.lab(HAVE=SECRET).stdout == f"{len(SECRET)}\n"


def test_interrupting_the_client_cancels_the_job(cluster: Cluster) -> None:
    cluster.write(train_py=NAPS)
    with cluster.going() as client:
        client.send_signal(signal.SIGINT)
        _, said = client.communicate(timeout=300)
        assert b"cancel" in said
        assert client.returncode not in (0, 5)
        until(lambda: not cluster.slurm.jobs())
        assert "went on" not in cluster.output()


def test_a_client_that_was_killed_finds_its_job_again(cluster: Cluster) -> None:
    cluster.write(train_py=NAPS)
    with cluster.going() as client:
        client.kill()
        client.wait()
        (job,) = json.loads(cluster.runspec("jobs", "--format", "json").stdout)
        assert job["phase"] == "running"
        (code,) = cluster.runs.glob("*/code/*")
        (code / "done").touch()
        found = cluster.runspec("jobs", "logs", job["id"], "--follow")
        assert found.returncode == 5, found
        assert found.stdout.startswith("began\nwent on\n")


def test_a_job_that_slurm_forgot_has_its_exit_status_still(cluster: Cluster) -> None:
    cluster.write(train_py=recipe("raise SystemExit(9)", ONE_NODE))
    id = cluster.detached("train.py", "--on", "lab")
    until((cluster.run_folders[0] / "exit_code").exists)
    until(lambda: not cluster.slurm.jobs())
    job = cluster.run_folders[0] / "job.json"
    kept = json.loads(job.read_text())
    kept["handle"]["job"] = "999999"
    job.write_text(json.dumps(kept))
    status = cluster.runspec("jobs", "status", id, "--format", "json")
    assert json.loads(status.stdout)["status"] == 9, status


def test_accounting_is_asked_first(cluster: Cluster, tmp_path: Path) -> None:
    """The rig has none, so a stand-in for sacct says what happened."""
    cluster.write(train_py=ECHO)
    id = cluster.detached("train.py", "--on", "lab")
    (tmp_path / "bin").mkdir()
    sacct = tmp_path / "bin" / "sacct"
    sacct.write_text(
        '#!/bin/sh\necho "$@" >"$0.asked"\necho "TIMEOUT|0:15|TimeLimit"\n'
    )
    sacct.chmod(0o755)
    path = f"{sacct.parent}:{cluster.environ()['PATH']}"
    until(lambda: not cluster.slurm.jobs())
    (cluster.run_folders[0] / "exit_code").unlink()
    said = cluster.runspec("jobs", "status", id, "--format", "json", PATH=path)
    job = json.loads(said.stdout)
    assert (job["phase"], job["status"]) == ("ended", 124)
    assert job["detail"] == "TIMEOUT (TimeLimit)"
    assert f"--jobs={cluster.handle()['job']}" in Path(f"{sacct}.asked").read_text()


def test_what_sbatch_refuses_is_in_the_error_and_nothing_is_left(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.write(train_py=ECHO)
    cluster.profile(partition="nope", remote_job_dir=str(tmp_path / "lab"))
    (fault,) = cluster.faults("train.py", "--on", "lab")
    assert fault["code"] == "slurm-refused"
    assert "invalid partition specified: nope" in fault["message"]
    assert not [*(tmp_path / "lab" / "jobs").iterdir()]
    assert not cluster.slurm.jobs()


def test_a_job_whose_id_got_lost_is_cancelled(cluster: Cluster, tmp_path: Path) -> None:
    """A stand-in submits by the real sbatch, and tells nobody."""
    cluster.write(train_py=NAPS)
    (tmp_path / "bin").mkdir()
    sbatch = tmp_path / "bin" / "sbatch"
    sbatch.write_text('#!/bin/sh\n/usr/bin/sbatch "$@" >"$0.said"\nexit 1\n')
    sbatch.chmod(0o755)
    path = f"{sbatch.parent}:{cluster.environ()['PATH']}"
    assert cluster.codes("train.py", "--on", "lab", PATH=path) == ["slurm-refused"]
    assert Path(f"{sbatch}.said").read_text().strip().isdigit()
    until(lambda: not cluster.slurm.jobs())


def test_what_a_site_prints_beside_the_id_is_no_part_of_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.write(train_py=ECHO)
    (tmp_path / "bin").mkdir()
    sbatch = tmp_path / "bin" / "sbatch"
    sbatch.write_text('#!/bin/sh\necho Welcome\n/usr/bin/sbatch "$@"\necho 7 free\n')
    sbatch.chmod(0o755)
    path = f"{sbatch.parent}:{cluster.environ()['PATH']}"
    done = cluster.lab(PATH=path)
    assert (done.stdout, done.returncode) == ("node 0\n", 0)


def test_who_waits_and_who_doesnt_have_partitions_of_their_own(
    cluster: Cluster,
) -> None:
    cluster.write(train_py=ECHO)
    cluster.profile(partition="no", run_partition="debug", batch_partition="batch")
    attached = cluster.lab("--dry-run").stdout
    assert "#SBATCH --partition=debug\n" in attached
    assert "#SBATCH --partition=batch\n" in cluster.lab("--dry-run", "--detach").stdout
    assert not cluster.run_folders


def test_an_array_fails_as_its_first_failing_task(cluster: Cluster) -> None:
    body = "import os, sys\nindex = int(os.environ['SLURM_ARRAY_TASK_ID'])\n"
    body += "print('task', index, os.environ['TOKEN'])\nsys.exit(index - 1)"
    cluster.write(train_py=recipe(body, ONE_NODE))
    cluster.profile(array="1-5:2", secrets={"TOKEN": "cmd:printf %s 5"})
    done = cluster.lab()
    assert done.returncode == 2, done
    lines = [line for line in done.stdout.splitlines() if line.startswith("task")]
    assert lines == ["task 1 5", "task 3 5", "task 5 5"]


@pytest.mark.slow
def test_a_job_whose_dependency_failed_is_cancelled(cluster: Cluster) -> None:
    cluster.write(train_py=recipe("raise SystemExit(1)", ONE_NODE))
    cluster.detached("train.py", "--on", "lab")
    cluster.profile(dependency=f"afterok:{cluster.handle()['job']}")
    done = cluster.lab()
    assert done.returncode not in (0, None), done
    assert "cancelled" in done.stderr


def test_what_slurm_cant_take_is_said_before_anything_is_done(
    cluster: Cluster,
) -> None:
    cluster.write(train_py=ECHO)
    cluster.profile(array="1-", remote_job_dir="runs", tunnel="ssh")
    codes = cluster.codes("train.py", "--on", "lab")
    expected = ["setting-missing", "slurm-array-invalid", "slurm-value-invalid"]
    assert sorted(codes) == expected
    cluster.profile(account="a\n#SBATCH --wrap=b")
    assert cluster.codes("train.py", "--on", "lab") == ["slurm-value-invalid"]


def test_a_bad_image_fails_with_what_slurm_says(cluster: Cluster) -> None:
    """The rig has no pyxis, so srun doesn't know its options."""
    cluster.write(train_py=ECHO)
    cluster.profile(container_image="nvcr.io/nvidia/nemo:1", mounts=["/a:/b"])
    shown = cluster.lab("--dry-run").stdout
    assert "--container-image=nvcr.io#nvidia/nemo:1" in shown
    done = cluster.lab()
    assert done.returncode not in (0, None)
    assert "container-image" in done.stdout


@pytest.mark.slow
def test_torchrun_reduces_over_two_nodes(
    cluster: Cluster, torch_programs: Path
) -> None:
    body = "import os\nimport torch\nimport torch.distributed as nodes\n"
    body += "nodes.init_process_group('gloo')\nsum = torch.ones(1)\n"
    body += "nodes.all_reduce(sum)\nif nodes.get_rank() == 0:\n"
    body += "    print('sum', sum.item())\nnodes.destroy_process_group()\n"
    block = "[tool.runspec.resources]\nnodes = 2\ngpus_per_node = 1\n"
    cluster.write(train_py=recipe(body, block))
    cluster.profile(env_vars={"GLOO_SOCKET_IFNAME": "lo"})
    path = f"{torch_programs}:{cluster.environ()['PATH']}"
    done = cluster.lab(PATH=path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "sum 2.0"), done


@pytest.mark.slow
def test_ray_has_a_cluster_on_all_nodes_that_ends_with_the_job(
    cluster: Cluster, ray_programs: Path
) -> None:
    """In a network of its own, since Ray listens on that of the machine."""
    body = "import ray\nray.init(log_to_driver=False)\n"
    body += "alive = [node for node in ray.nodes() if node['Alive']]\n"
    body += "print('nodes', len(alive), ray.cluster_resources()['GPU'])\n"
    body += "raise SystemExit(6)"
    block = "[tool.runspec.run]\nlaunch = 'ray'\n"
    block += "[tool.runspec.resources]\nnodes = 2\ngpus_per_node = 1\n"
    cluster.write(train_py=recipe(body, block))
    inside = ["unshare", "--net", "bash", "-c", NETWORK, "-"]
    launch = [str(cluster.environment.bin / "runspec"), "launch", "train.py"]
    path = f"{ray_programs}:{cluster.environ()['PATH']}"
    done = subprocess.run(
        [*inside, sys.executable, "-m", "rigs.slurm", *launch, "--on", "lab"],
        cwd=cluster.work,
        env=cluster.environ(PATH=path, PYTHONPATH=str(ROOT / "tests")),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 6, done
    assert "nodes 2 2.0\n" in done.stdout
