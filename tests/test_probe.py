"""One script on each place and in each emitted form: what it has, how it ends.

docs/reference/places.md names these tests; test_promises.py holds both together.
"""

from __future__ import annotations

import json
import os
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import Environment, wheel
from launch_project import Project
from launching import Bench, recipe
from rigs.kube import Kube, environ
from rigs.ray import ADDRESS, Ray
from rigs.setup import rig
from rigs.sky import Sky
from rigs.slurm import Slurm
from rigs.torch import torch
from slurming import ONE_NODE, Cluster
from test_emit import emitted, run

SECRET = "c0rrect horse"
STATUS = 7
PROBE = """\
# /// script
# requires-python = "{requires}"
# {dependencies}
# [tool.runspec]
# name = "probe"
# {image}
# env = {{ GREETING = "hello" }}
# [tool.runspec.run]
# launch = "direct"
# workdir = "sub"
# [tool.runspec.resources]
# gpus_per_node = 0
# ///
import json, os, sys

try:
    import needed
except ImportError:
    needed = None
names = ("GREETING", "TOKEN", "RUNSPEC_ATTEMPT")
found = {{name: os.environ.get(name) for name in names}}
found |= {{"needed": getattr(needed, "VALUE", None), "here": sorted(os.listdir())}}
print("probe " + json.dumps(found), flush=True)
sys.exit(7)
"""
FOUND = {
    "GREETING": "hello",
    "TOKEN": SECRET,
    "RUNSPEC_ATTEMPT": "1",
    "needed": 42,
    "here": ["here.txt"],
}
SECRETS = 'secrets = { TOKEN = "env:MINE" }'
UNFIT = "requires Python >=3.99"
BASE = "/usr/local/bin:/usr/bin:/bin"


class Probe:
    """The script's project, with a package that it depends on."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        built = wheel(folder, "needed", {"needed.py": "VALUE = 42\n"})
        self.needed = f'dependencies = ["needed @ file://{built}"]'
        (project.place / "sub").mkdir()
        (project.place / "sub" / "here.txt").touch()
        (project.place / "train.py").unlink()

    def write(self, requires: str = ">=3.8", image: str = "", needed: str = "") -> None:
        text = PROBE.format(
            requires=requires,
            dependencies=needed,
            image=f'image = "{image}"' if image else "",
        )
        (self.project.place / "probe.py").write_text(text, "utf-8")

    def profile(self, *lines: str) -> None:
        self.project.profile("place", SECRETS, *lines)


@pytest.fixture
def probe(tmp_path: Path, bare: Environment) -> Probe:
    made = Probe(Project(tmp_path / "project", bare), tmp_path)
    made.write(needed=made.needed)
    made.profile()
    return made


def found_in(output: str) -> dict[str, object]:
    line = next(line for line in output.splitlines() if "probe {" in line)
    found: dict[str, object] = json.loads(line[line.index("{") :])
    return found


def keeps_all(probe: Probe, *before: str, **variables: str) -> None:
    """Its status, its output, and all that the script has; then one without a Python
    that does.
    """
    words = ("launch", "--on", "place", "--strict", "probe.py")
    run = probe.project.command
    done = run(*words, before=before, MINE=SECRET, **variables)
    assert done.returncode == STATUS, done
    assert found_in(done.stdout) == FOUND
    probe.write(">=3.99")
    done = run(*words, before=before, MINE=SECRET, UV_OFFLINE="1", **variables)
    assert done.returncode == 125, done
    assert UNFIT in done.stdout + done.stderr


def ends_where_no_python_does(place: Path, *argv: str, **variables: str) -> None:
    done = run(place, *argv, MINE=SECRET, UV_OFFLINE="1", **variables)
    assert done.returncode == 125, done
    assert UNFIT in done.stdout + done.stderr


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Where nothing is known of this project."""
    place = tmp_path / "elsewhere"
    (place / "bin").mkdir(parents=True)
    for name in ("python", "python3"):
        (place / "bin" / name).symlink_to(sys.executable)
    return place


@pytest.mark.slow
def test_this_machine_keeps_what_a_script_says(probe: Probe) -> None:
    words = ("launch", "--on", "place", "--strict", "probe.py")
    done = probe.project.command(*words, MINE=SECRET)
    assert done.returncode == STATUS, done
    assert found_in(done.stdout) == FOUND
    probe.write(">=3.99")
    done = probe.project.command(*words, MINE=SECRET, PATH=BASE)
    assert done.returncode == 125, done
    assert "python-unfit" in done.stderr


@pytest.mark.slow
def test_slurm_keeps_what_a_script_says(probe: Probe, slurm_cluster: Slurm) -> None:
    probe.profile('executor = "slurm"')
    keeps_all(probe, **slurm_cluster.environ)


@pytest.mark.slow
def test_ray_keeps_what_a_script_says(probe: Probe, ray: Ray) -> None:
    probe.profile('executor = "ray"', f'address = "{ADDRESS}"')
    keeps_all(probe, *ray.before)


def test_skypilot_keeps_what_a_script_says(
    probe: Probe, sky_tools: Path, tmp_path: Path
) -> None:
    sky = Sky(sky_tools, tmp_path / "sky")
    probe.project.path(sky.bin)
    probe.project.variables |= sky.variables
    probe.profile('executor = "skypilot"')
    keeps_all(probe)


def test_pods_keep_what_a_script_says_but_what_their_image_has(
    probe: Probe, cluster: Kube, kube_tools: Path
) -> None:
    probe.project.path(kube_tools / "bin")
    probe.project.variables |= environ(cluster)
    probe.profile('executor = "kubernetes"')
    probe.write(image="i", needed=probe.needed)
    words = ("launch", "--on", "place", "probe.py")
    done = probe.project.command(*words, MINE=SECRET)
    assert done.returncode == STATUS, done
    assert found_in(done.stdout) == {**FOUND, "needed": None}
    assert "dependencies-uninstalled" in done.stderr


@pytest.fixture
def emit(probe: Probe) -> Callable[..., str]:
    """The file of a form; without `--strict` it would be the same."""

    def emitted_by(form: str) -> str:
        return emitted(probe.project, form, "--on", "place", "--strict", "probe.py")

    return emitted_by


@pytest.mark.slow
def test_a_file_of_bash_keeps_what_a_script_says(
    probe: Probe, elsewhere: Path, emit: Callable[..., str]
) -> None:
    done = run(elsewhere, "bash", text=emit("bash"), MINE=SECRET)
    assert done.returncode == STATUS, done
    assert found_in(done.stdout) == FOUND
    probe.write(">=3.99")
    ends_where_no_python_does(elsewhere, "bash", text=emit("bash"))


@pytest.mark.slow
def test_a_file_for_slurm_keeps_what_a_script_says(
    probe: Probe, elsewhere: Path, emit: Callable[..., str], slurm_cluster: Slurm
) -> None:
    words = ("bash", "script", "--wait")
    (elsewhere / "script").write_text(emit("slurm"), "utf-8")
    known = {**slurm_cluster.environ, "MINE": SECRET, "RUN_DIR": str(elsewhere / "r")}
    done = run(elsewhere, *words, **known)
    assert done.returncode == STATUS, done
    assert found_in((elsewhere / "r" / "output").read_text("utf-8")) == FOUND
    probe.write(">=3.99")
    (elsewhere / "script").write_text(emit("slurm"), "utf-8")
    known["RUN_DIR"] = str(elsewhere / "unfit")
    done = run(elsewhere, *words, UV_OFFLINE="1", **known)
    assert done.returncode == 125, done
    assert UNFIT in (elsewhere / "unfit" / "output").read_text("utf-8")


def test_a_task_of_skypilot_keeps_what_a_script_says(
    elsewhere: Path, emit: Callable[..., str], sky_tools: Path, tmp_path: Path
) -> None:
    sky = Sky(sky_tools, tmp_path / "sky")
    known = {**sky.variables, "TOKEN": SECRET}
    words = (str(sky.bin / "sky"), "launch", "--cluster", "c", "--name", "n")
    text = emit("skypilot")
    done = run(elsewhere, *words, "--secret", "TOKEN", text=text, **known)
    assert done.returncode == 0, done
    logs = run(elsewhere, words[0], "logs", "c", "1", **known)
    assert found_in(logs.stdout) == FOUND
    assert logs.returncode == 100  # sky's own for a job that failed


def test_manifests_keep_what_a_script_says_but_what_their_image_has(
    probe: Probe, elsewhere: Path, cluster: Kube, kube_tools: Path
) -> None:
    probe.write(image="i")
    words = ("launch", "--on", "place", "--emit", "kubernetes", "probe.py")
    text = probe.project.command(*words).stdout
    kubectl = (str(kube_tools / "bin" / "kubectl"), "--namespace=ml")
    create = next(line for line in text.splitlines() if "create secret" in line)
    name = create.split("generic ")[1].split()[0]
    known = environ(cluster)
    value = b64encode(SECRET.encode()).decode()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    text = f"{json.dumps({**secret, 'data': {'TOKEN': value}})}\n---\n{text}"
    apply = ("apply", "--server-side", "-f")
    done = run(elsewhere, *kubectl, *apply, text=text, **known)
    assert done.returncode == 0, done
    with cluster.changed:
        assert cluster.changed.wait_for(
            lambda: "conditions" in cluster.of_kind("Job")[0].get("status", {}), 300
        )
    (pod,) = cluster.of_kind("Pod")
    (status,) = pod["status"]["containerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == STATUS
    logs = run(elsewhere, *kubectl, "logs", pod["metadata"]["name"], **known)
    assert found_in(logs.stdout) == {**FOUND, "needed": None}


@pytest.mark.slow
def test_a_program_of_nemo_run_keeps_what_a_script_says(
    probe: Probe, elsewhere: Path, emit: Callable[..., str], nemo_tools: Path
) -> None:
    python = str(nemo_tools / "bin" / "python")
    known = {"NEMORUN_HOME": str(elsewhere / "nemo"), "MINE": SECRET}
    done = run(elsewhere, python, text=emit("nemo-run"), **known)
    assert done.returncode == 1, done  # NeMo-Run tells only that it failed
    logs = [path.read_text("utf-8") for path in elsewhere.rglob("stdout.log")]
    assert found_in("\n".join(logs)) == FOUND
    probe.write(">=3.99")
    known["NEMORUN_HOME"] = str(elsewhere / "unfit")
    done = run(elsewhere, python, text=emit("nemo-run"), UV_OFFLINE="1", **known)
    assert done.returncode == 1, done
    assert UNFIT in "".join(
        path.read_text("utf-8") for path in (elsewhere / "unfit").rglob("*.log")
    )


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    folder = tmp_path / "bench"
    folder.mkdir()
    return Bench(bare, folder)


SAVES = """\
import signal, sys, time
def save(*_):
    print("saved", flush=True)
    if "end" in sys.argv: sys.exit(9)
signal.signal(signal.SIGUSR1, save)
print("began", flush=True)
while True: time.sleep(0.05)
"""


def test_a_limit_of_time_ends_a_script_here_with_124(bench: Bench) -> None:
    bench.write(
        train_py=recipe("import time\nprint('began', flush=True)\ntime.sleep(600)\n"),
        env_toml='[short]\ntime = "00:00:01"\n',
    )
    done = bench.launch("train.py", "--on", "short")
    assert (done.returncode, done.stdout) == (124, "began\n"), done


def test_a_script_here_saves_before_its_limit(bench: Bench) -> None:
    lines = '[short]\ntime = "00:01:00"\ncheckpoint_signal = "USR1@58"\n'
    bench.write(train_py=recipe(SAVES), env_toml=lines)
    done = bench.launch("train.py", "--on", "short", "--", "end")
    assert (done.returncode, done.stdout) == (9, "began\nsaved\n"), done


@pytest.mark.slow
def test_a_job_of_slurm_saves_before_its_limit_which_ends_it_with_124(
    bare: Environment, tmp_path: Path, slurm_cluster: Slurm
) -> None:
    cluster = Cluster(bare, tmp_path, slurm_cluster)
    cluster.write(train_py=recipe(SAVES, ONE_NODE))
    cluster.profile(time="00:01:00", checkpoint_signal="USR1@55")
    done = cluster.lab("--", "end")
    assert done.returncode == 9, done
    assert done.stdout.startswith("began\nsaved\n")
    done = cluster.lab()
    assert done.returncode == 124, done
    assert done.stdout.startswith("began\nsaved\n")


AGAIN = """\
import os, sys
count = int(os.environ["TORCHELASTIC_RESTART_COUNT"])
print("attempt", count + 1, os.environ.get("RUNSPEC_ATTEMPT"), flush=True)
sys.exit(0 if count == 2 else 5)
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["", "bash"])
def test_torchrun_begins_again_as_often_as_a_profile_says(
    bench: Bench, form: str
) -> None:
    tools = rig(torch)
    site = next((tools / "lib").glob("python*")) / "site-packages"
    lines = f"[again]\nmax_retries = 2\nenv_vars = {{ PYTHONPATH = '{site}' }}\n"
    block = "[tool.runspec.run]\nlaunch = 'torchrun'\n"
    block += "[tool.runspec.resources]\ngpus_per_node = 0\n"
    bench.write(train_py=recipe(AGAIN, block), env_toml=lines)
    call = ("train.py", "--on", "again", "--strict")
    path = f"{tools / 'bin'}:{os.environ['PATH']}"
    if form:
        text = bench.launch(*call, "--emit", form).stdout
        done = run(bench.folder, "bash", text=text, PATH=path)
    else:
        done = bench.launch(*call)
    assert done.returncode == 0, done
    assert "attempt 1 None\nattempt 2 None\nattempt 3 None\n" in done.stdout
