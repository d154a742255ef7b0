"""`runspec launch` in a container on this machine (LCH-11)."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments import Environment
from launching import Bench, number_in, recipe, until
from rigs.containers import IMAGE, Podman
from rigs.setup import rig
from rigs.sshd import below
from runspec.launch.containers import Inside, container_argv

SECRET = "correct-horse-battery"
COMMAND = "[tool.runspec.run]\nlaunch = 'direct'\ncmd = 'python3 {script}'\n"
PROFILE = f"""\
[pod]
container_runtime = "podman"
container_image = "{IMAGE}"
container_args = ["--rootfs"]
mounts = ["{{data}}:/mnt:ro"]
[pod.secrets]
TOKEN = "file:{{data}}/secret"
[missing]
container_runtime = "podman"
container_image = "containers-storage:nowhere"
container_args = ["--pull", "never"]
"""
SHOW = """\
import json, os
about = [os.environ["TOKEN"], os.getcwd(), os.listdir("/mnt"), os.getpid()]
with open(os.environ["RUNSPEC_RUN_DIR"] + "/made", "w") as file:
    json.dump(about, file)
raise SystemExit(5)
"""


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    made = rig(lambda: Podman(tmp_path_factory.mktemp("podman")))
    yield made
    made.close()


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    found = Bench(bare, tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    (data / "secret").write_text(SECRET)
    found.write(env_toml=PROFILE.format(data=data))
    return found


def test_a_script_runs_in_its_container_with_what_it_needs(
    bench: Bench, podman: Podman
) -> None:
    bench.write(train_py=recipe(SHOW, COMMAND))
    call = ("train.py", "--on", "pod")
    assert bench.launch(*call, **podman.environ).returncode == 5
    (folder,) = bench.run_folders
    token, cwd, data, pid = json.loads((folder / "made").read_text())
    assert (token, cwd, data, pid) == (SECRET, str(bench.work), ["secret"], 1)
    assert SECRET not in bench.launch(*call, "--dry-run", **podman.environ).stdout
    assert podman.names() == []


@pytest.mark.slow
def test_no_container_is_left_when_the_client_is_killed(
    bench: Bench, podman: Podman
) -> None:
    body = "import os, time, signal\nsignal.signal(15, signal.SIG_IGN)\n"
    body += "open('ready', 'w').write('1\\n')\ntime.sleep(600)\n"
    bench.write(train_py=recipe(body, COMMAND))
    with bench.started("train.py", "--on", "pod", **podman.environ) as client:
        number_in(bench.work / "ready")
        assert len(podman.names()) == 1
        client.kill()
    until(lambda: podman.names() == [])


@pytest.mark.slow
def test_a_container_whose_runtime_client_was_killed_is_removed(
    bench: Bench, podman: Podman
) -> None:
    """As the kernel does where memory runs out; the container itself runs on."""
    body = "import time\nopen('ready', 'w').write('1\\n')\ntime.sleep(600)\n"
    bench.write(train_py=recipe(body, COMMAND))
    with bench.started("train.py", "--on", "pod", **podman.environ) as client:
        number_in(bench.work / "ready")
        (name,) = podman.names()
        (runs,) = [pid for pid in below(client.pid) if is_client(pid, name)]
        os.kill(runs, signal.SIGKILL)
        assert client.wait(300) == -signal.SIGKILL
        assert podman.names() == []


def is_client(pid: int, name: str) -> bool:
    """Whether a process is `podman run` of the container of that name."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return words[1:2] == ["run"] and name in words


def test_an_image_that_cant_be_had_is_said(bench: Bench, podman: Podman) -> None:
    bench.write(train_py=recipe(SHOW, COMMAND))
    done = bench.launch("train.py", "--on", "missing", **podman.environ)
    assert done.returncode == 125
    assert "could not run the container" in done.stderr


def test_a_runtime_or_image_that_isnt_there_stops_the_launch(bench: Bench) -> None:
    profiles = "[a]\ncontainer_runtime = 'apptainer'\n"
    profiles += "[b]\ncontainer_runtime = 'pyxis'\n"
    bench.write(train_py=recipe(SHOW, COMMAND), env_toml=profiles)
    assert bench.codes("train.py", "--on", "a") == ["program-missing", "image-missing"]
    assert bench.codes("train.py", "--on", "b") == ["container-not-here"]


INSIDE = Inside(
    "org/image:1",
    ("python", "x.py"),
    name="n",
    workdir="/w",
    mounts=("/a:/b:ro",),
    variables=("X",),
    gpus="2",
    user="7:8",
    args=("--ipc=host",),
    host_network=True,
)


@pytest.mark.parametrize(
    ("runtime", "words"),
    [
        (
            "docker",
            "docker run --rm --name n --init --network host --gpus 2 --user 7:8 "
            "--volume /a:/b:ro --env X --workdir /w --ipc=host org/image:1 python x.py",
        ),
        (
            "podman",
            "podman run --rm --name n --network host --device nvidia.com/gpu=0 "
            "--device nvidia.com/gpu=1 --userns keep-id --user 7:8 --volume /a:/b:ro "
            "--env X --workdir /w --ipc=host org/image:1 python x.py",
        ),
        (
            "apptainer",
            "apptainer exec --nv --bind /a:/b:ro --pwd /w --ipc=host "
            "docker://org/image:1 python x.py",
        ),
    ],
)
def test_each_runtime_is_told_in_its_own_words(runtime: str, words: str) -> None:
    assert " ".join(container_argv(runtime, INSIDE)) == words
