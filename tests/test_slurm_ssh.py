"""Launching on a real Slurm over a real ssh."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments import Environment
from launching import recipe
from rigs.setup import rig
from rigs.slurm import Slurm
from rigs.sshd import Sshd, silent
from slurming import ECHO, HEAD, ONE_NODE, TWO_NODES, Cluster

USUAL = [
    "cat",
    "head",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sh",
    "sha256sum",
    "tail",
    "tar",
    "wc",
]
"""What every machine has, and Slurm's aren't among."""


@pytest.fixture(scope="module")
def login(
    bare: Environment, slurm_cluster: Slurm, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sshd]:
    """A host with Slurm's commands, which says a lot when somebody logs in."""
    folder = tmp_path_factory.mktemp("login")
    banner = folder / "banner"
    banner.write_text("Welcome to the lab\n")
    settings = f"Banner {banner}"
    with rig(lambda: Sshd(folder / "sshd", settings, **slurm_cluster.environ)) as sshd:
        chatter = "echo chatter; echo more chatter >&2\n"
        path = f"export PATH={bare.bin}:/usr/bin:/bin\n"
        (sshd.home / ".bashrc").write_text(chatter + path)
        yield sshd


@pytest.fixture
def cluster(
    bare: Environment, tmp_path: Path, slurm_cluster: Slurm, login: Sshd
) -> Cluster:
    made = Cluster(bare, tmp_path, slurm_cluster)
    remote(made, login)
    return made


def remote(cluster: Cluster, login: Sshd, **settings: object) -> None:
    ssh = ["-F", str(login.config)]
    folder = str(cluster.folder / "far away")
    basic = {"tunnel": "ssh", "host": "rig", "ssh_options": ssh}
    cluster.profile(**{**basic, "remote_job_dir": folder, **settings})


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c")
    allowed = ("protocol.file.allow=always", *words)
    subprocess.run(["git", *identity, *allowed], cwd=folder, check=True)


def codes(cluster: Cluster) -> dict[str, int]:
    """The folders of code there, and when each was made."""
    found = (cluster.folder / "far away" / "code").iterdir()
    return {path.name: path.stat().st_ino for path in found}


def test_code_goes_along_once(cluster: Cluster) -> None:
    """What git tracks, what isn't committed yet and what a submodule has."""
    other = cluster.folder / "other"
    other.mkdir()
    (other / "part.py").write_text("FROM_SUBMODULE = 'part'\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "1"]):
        git(other, *words)
    body = "import sys\nsys.path.append('sub')\nimport lib, part\n"
    body += "print(lib.TEXT, part.FROM_SUBMODULE)\nraise SystemExit(lib.STATUS)"
    cluster.write(
        train_py=recipe(body, ONE_NODE),
        _gitignore="ignored*\n",
        ignored_bin="x",
        _runspec_env="A=b\n",
    )
    git(cluster.work, "init", "-q")
    git(cluster.work, "submodule", "--quiet", "add", str(other), "sub")
    git(cluster.work, "add", "train.py", ".gitignore")
    git(cluster.work, "commit", "-qm", "1")
    cluster.write(lib_py="TEXT, STATUS = 'untracked', 3\n")
    for _ in range(2):
        done = cluster.lab()
        assert (done.returncode, done.stdout.split("\n")[0]) == (3, "untracked part")
    (name,) = sent = codes(cluster)
    code = cluster.folder / "far away" / "code" / name
    there = {path.name for path in code.rglob("*") if "__pycache__" not in path.parts}
    assert {"train.py", "lib.py", "part.py", ".gitignore"} <= there
    assert there.isdisjoint({".git", "ignored.bin", ".runspec_env"})
    cluster.write(lib_py="TEXT, STATUS = 'changed', 4\n")
    assert cluster.lab().returncode == 4
    assert len(codes(cluster)) == 2
    assert codes(cluster)[name] == sent[name]


def test_what_a_login_says_is_no_output(cluster: Cluster) -> None:
    cluster.write(train_py=ECHO)
    done = cluster.lab("--", "a b", "it's")
    assert (done.returncode, done.stdout) == (0, "node 0 a b it's\n"), done
    assert "chatter" not in done.stderr


def test_a_secret_isnt_left_on_the_cluster(cluster: Cluster, login: Sshd) -> None:
    body = f"{HEAD}print(len(os.environ['TOKEN']))\nsys.exit(node == '1')"
    cluster.write(train_py=recipe(body, TWO_NODES))
    remote(cluster, login, secrets={"TOKEN": "env:HAVE"})
    done = cluster.lab(HAVE="s3cret-on-the-wire")
    assert (done.returncode, done.stdout[:3]) == (1, "18\n"), done
    for path in cluster.folder.rglob("*"):
        assert not path.is_file() or b"s3cret-on" not in path.read_bytes(), path


def test_a_host_that_never_answers_is_said(cluster: Cluster, login: Sshd) -> None:
    cluster.write(train_py=ECHO)
    with silent() as port:
        options = ["-F", str(login.client(port, name="silent")), "-oConnectTimeout=1"]
        remote(cluster, login, ssh_options=options)
        (fault,) = cluster.faults("train.py", "--on", "lab")
    assert fault["code"] == "host-unreachable"
    assert "timed out" in fault["message"]


def test_a_full_disk_leaves_nothing(
    cluster: Cluster, login: Sshd, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        cluster.write(train_py=ECHO, data_txt="x" * 200_000)
        remote(cluster, login, remote_job_dir=str(full))
        (fault,) = cluster.faults("train.py", "--on", "lab")
        assert fault["code"] == "files-not-sent"
        assert "No space left" in fault["message"]
        assert not [path for path in full.rglob("*") if path.is_file()]
    finally:
        subprocess.run(["umount", str(full)], check=True)


def test_a_path_that_only_a_login_has_is_found(
    cluster: Cluster, login: Sshd, tmp_path: Path
) -> None:
    """As on clusters whose Slurm is somewhere else than in /usr/bin."""
    usual = tmp_path / "usual"
    usual.mkdir()
    for name in USUAL:
        (usual / name).symlink_to(f"/usr/bin/{name}")
    rc, profile = login.home / ".bashrc", login.home / ".profile"
    before = rc.read_text()
    rc.write_text(f"export PATH={usual}\n")
    profile.write_text(before)
    try:
        cluster.write(train_py=ECHO)
        done = cluster.lab()
        assert (done.returncode, done.stdout) == (0, "node 0\n"), done
    finally:
        rc.write_text(before)
        profile.unlink()


def test_a_thousand_jobs_are_asked_for_by_two_commands(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.write(train_py=ECHO)
    first = cluster.detached("train.py", "--on", "lab")
    (folder,) = cluster.run_folders
    text = (folder / "job.json").read_text("utf-8")
    for number in range(999):
        id = f"{first[:-6]}{number:06d}"
        copy = folder.parent / folder.name.replace(first, id)
        copy.mkdir(mode=0o700)
        own = text.replace(str(folder), str(copy)).replace(f'"{first}"', f'"{id}"')
        (copy / "job.json").write_text(own, "utf-8")
        (copy / "job.json").chmod(0o600)
    bin = tmp_path / "bin"
    bin.mkdir()
    count = bin / "count"
    ssh = f'#!/bin/sh\necho >>{count}\nexec {shutil.which("ssh")} "$@"\n'
    (bin / "ssh").write_text(ssh, "utf-8")
    (bin / "ssh").chmod(0o755)
    path = f"{bin}:{cluster.environ()['PATH']}"
    words = ("jobs", "list", "--format", "json", "--limit", "0")
    done = cluster.runspec(*words, PATH=path)
    assert done.returncode == 0, done
    assert count.read_text("utf-8").count("\n") == 2
    assert len(json.loads(done.stdout)) == 1000
