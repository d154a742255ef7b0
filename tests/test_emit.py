"""`runspec launch --emit`: each file runs, without this project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from environments import Environment, wheel
from launch_project import HOSTILE, Project, told, toml
from launching import until
from rigs.kube import Kube, environ
from rigs.sky import Sky
from rigs.slurm import Slurm

SECRET = "c0rrect horse $(battery) 'staple'"
ARGS = ("it's", "$(id)", "a\nb", "--", "{config}", "")
SHOWN = ["it's", "$(id)", "a\nb", "--"]
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
SYSTEM = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
ECHO = """\
# /// script
# [tool.runspec]
# name = {name}
# [tool.runspec.run]
# launch = "direct"
# [tool.runspec.resources]
# gpus_per_node = 0
# ///
import json, os, sys
kept = {{k: v for k, v in os.environ.items() if k.startswith("V_")}}
print(json.dumps({{"argv": sys.argv[1:], "environ": kept}}))
"""


@pytest.fixture
def project(tmp_path: Path, bare: Environment) -> Project:
    made = Project(tmp_path / "project", bare)
    made.recipe(image="")
    return made


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    place = tmp_path / "elsewhere"
    place.mkdir()
    python = place / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    return place


def emitted(project: Project, form: str, *words: str) -> str:
    """Every byte of it."""
    command = str(project.environment.bin / "runspec")
    done = subprocess.run(
        [command, "launch", "--emit", form, *words],
        cwd=project.place,
        env=project.environ({}),
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert not project.runs.exists()
    return done.stdout.decode()


def run(
    place: Path, *argv: str, text: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """In a place that knows nothing of this project; `text` is a script's."""
    path = f"{place / 'bin'}:{SYSTEM['PATH']}"
    environ = {**SYSTEM, "PATH": path, "HOME": str(place), **variables}
    if text:
        (place / "script").write_bytes(text.encode())
    words = [*argv, "script"] if text else argv
    return subprocess.run(
        words,
        cwd=place,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_bash_runs_it_with_all_that_it_needs(project: Project, elsewhere: Path) -> None:
    project.profile(
        "here",
        'secrets = { TOKEN = "env:MINE" }',
        f"env_vars = {{ HOSTILE = {toml(HOSTILE)} }}",
        "startup_commands = ['echo first']",
    )
    words = ("--on", "here", "train.py", "lr=0.25", "--", *ARGS)
    script = emitted(project, "bash", *words)
    done = run(elsewhere, "bash", text=script, MINE=SECRET)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("first\n")
    said = told(done.stdout)
    assert said["environ"] == {"HOSTILE": HOSTILE, "TOKEN": SECRET}
    assert said["argv"][2:6] == SHOWN
    assert json.loads(said["config"]) == {"lr": 0.25}
    assert run(elsewhere, "bash", text=script).stderr.startswith("script: line ")
    assert SECRET not in script


def test_bash_ends_as_the_script_does(project: Project, elsewhere: Path) -> None:
    script = emitted(project, "bash", "train.py", "--", "fail")
    assert run(elsewhere, "bash", text=script).returncode == 7


def test_bash_installs_what_the_script_depends_on(
    project: Project, elsewhere: Path, tmp_path: Path
) -> None:
    files = {"needed.py": "VALUE = 42\n"}
    built = wheel(tmp_path, "needed", files)
    head = f'dependencies = ["needed @ file://{built}"]'
    project.recipe(image="", head=head)
    script = emitted(project, "bash", "train.py")
    path = project.place / "train.py"
    text = path.read_text("utf-8").replace("import json", "import needed, json")
    path.write_text(text, "utf-8")
    (elsewhere / "bin" / "python").unlink()
    (elsewhere / "bin" / "python3").symlink_to(sys.executable)
    done = run(elsewhere, "bash", text=script)
    assert done.returncode == 0, done.stderr
    assert told(done.stdout)


def test_bash_on_several_nodes_asks_which_one_it_is(
    project: Project, elsewhere: Path
) -> None:
    project.recipe("torchrun", nodes=2, image="")
    project.profile("two", "nodes = 2")
    script = emitted(project, "bash", "--on", "two", "train.py")
    (elsewhere / "bin" / "torchrun").write_text('#!/bin/sh\necho "$*"\n', "utf-8")
    (elsewhere / "bin" / "torchrun").chmod(0o755)
    done = run(elsewhere, "bash", text=script, MASTER_ADDR="first")
    assert "the number of this node" in done.stderr
    done = run(elsewhere, "bash", text=script, MASTER_ADDR="first", NODE_RANK="1")
    expected = "--nnodes 2 --node-rank 1 --master-addr first --master-port 29500"
    assert done.stdout.startswith(expected)


def test_slurm_submits_it_by_itself(
    project: Project, elsewhere: Path, slurm_cluster: Slurm
) -> None:
    project.profile(
        "cluster",
        'executor = "slurm"',
        'secrets = { TOKEN = "env:MINE" }',
        f"env_vars = {{ HOSTILE = {toml(HOSTILE)} }}",
    )
    script = emitted(project, "slurm", "--on", "cluster", "train.py", "--", "fail")
    (elsewhere / "script").write_text(script, "utf-8")
    words = ("bash", "script", "--parsable")
    done = run(elsewhere, *words, MINE=SECRET, **slurm_cluster.environ)
    assert done.returncode == 0, done.stderr
    (folder,) = (elsewhere / "runs").iterdir()
    until((folder / "exit_code").exists)
    assert (folder / "exit_code").read_text("utf-8") == "7\n"
    said = told((folder / "output").read_text("utf-8"))
    assert said["environ"] == {"HOSTILE": HOSTILE, "TOKEN": SECRET}
    assert not (folder / "secrets").exists()


def test_kubernetes_applies_it(
    project: Project, elsewhere: Path, cluster: Kube, kube_tools: Path
) -> None:
    project.recipe()
    project.profile("k8s", f"env_vars = {{ HOSTILE = {toml(HOSTILE)} }}")
    text = emitted(project, "kubernetes", "--on", "k8s", "train.py", "--", *ARGS)
    kubectl = str(kube_tools / "bin" / "kubectl")
    words = (kubectl, "--namespace=ml")
    apply = ("apply", "--server-side", "-f")
    done = run(elsewhere, *words, *apply, text=text, **environ(cluster))
    assert done.returncode == 0, done.stderr
    with cluster.changed:
        assert cluster.changed.wait_for(
            lambda: "conditions" in cluster.of_kind("Job")[0].get("status", {}), 30
        )
    logs = ("logs", "-l", "app.kubernetes.io/name=demo-train")
    said = told(run(elsewhere, *words, *logs, **environ(cluster)).stdout)
    assert said["environ"] == {"HOSTILE": HOSTILE}
    assert said["argv"][2:6] == SHOWN


def test_skypilot_launches_it(
    project: Project, elsewhere: Path, sky_tools: Path, tmp_path: Path
) -> None:
    project.profile("sky", 'secrets = { TOKEN = "env:MINE" }')
    text = emitted(project, "skypilot", "--on", "sky", "train.py", "--", *ARGS)
    sky = Sky(sky_tools, tmp_path / "sky")
    known = {**sky.variables, "TOKEN": SECRET}
    words = (str(sky.bin / "sky"), "launch", "--cluster", "c", "--name", "n")
    done = run(elsewhere, *words, "--secret", "TOKEN", text=text, **known)
    assert done.returncode == 0, done.stderr
    said = told(run(elsewhere, words[0], "logs", "c", "1", **known).stdout)
    assert said["environ"] == {"TOKEN": SECRET}
    assert said["argv"][2:6] == SHOWN


@pytest.mark.slow
def test_nemo_run_runs_it(project: Project, elsewhere: Path, nemo_tools: Path) -> None:
    project.profile("here", f"env_vars = {{ HOSTILE = {toml(HOSTILE)} }}")
    program = emitted(project, "nemo-run", "--on", "here", "train.py", "--", "fail")
    python = str(nemo_tools / "bin" / "python")
    home = {"NEMORUN_HOME": str(elsewhere / "nemo")}
    done = run(elsewhere, python, text=program, **home)
    assert done.returncode == 1, done.stderr
    logs = [path.read_text("utf-8") for path in elsewhere.rglob("stdout.log")]
    assert told("".join(logs))["environ"] == {"HOSTILE": HOSTILE}


@pytest.mark.slow
def test_nemo_run_asks_slurm_for_the_same(
    project: Project, elsewhere: Path, nemo_tools: Path
) -> None:
    project.recipe("torchrun", nodes=2)
    project.profile(
        "cluster",
        'executor = "slurm"\naccount = "me"\npartition = "batch"\ntime = "01:00:00"',
        f'mounts = ["{elsewhere}:/data"]',
    )
    program = emitted(project, "nemo-run", "--on", "cluster", "train.py")
    python = str(nemo_tools / "bin" / "python")
    (elsewhere / "p.py").write_text(program, "utf-8")
    home = {"NEMORUN_HOME": str(elsewhere / "nemo"), "COLUMNS": "300"}
    done = run(elsewhere, python, "p.py", "--dryrun", **home)
    assert done.returncode == 0, done.stderr
    for line in ("--account=me", "--nodes=2", "--partition=batch", "--time=01:00:00"):
        assert f"#SBATCH {line}" in done.stdout
    assert "--container-image registry.example/demo:1" in done.stdout


@pytest.mark.parametrize("form", ["kubernetes", "skypilot"])
def test_what_the_place_cant_do_its_file_cant_either(
    project: Project, form: str
) -> None:
    code = {"kubernetes": "image-missing", "skypilot": "accelerators-missing"}[form]
    done = project.launch("--emit", form, "--gpus", "2", "train.py", RUNSPEC_AGENT="1")
    assert done.returncode == 125
    assert code in done.stderr + done.stdout


@given(
    values=st.lists(TEXT, min_size=5, max_size=30),
    args=st.lists(TEXT, min_size=5, max_size=30),
    name=TEXT.filter(lambda text: text.isprintable()),
)
@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_value_is_changed_on_its_way(
    values: list[str],
    args: list[str],
    name: str,
    bare: Environment,
    sky_tools: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp("hostile")
    project = Project(place / "project", bare)
    wanted = {f"V_{number}": value for number, value in enumerate(values)}
    (project.place / "echo.py").write_text(ECHO.format(name=quoted(name)), "utf-8")
    pairs = ", ".join(f"{key} = {quoted(value)}" for key, value in wanted.items())
    imaged = "[imaged]\nextends = 'here'\ncontainer_image = 'i'"
    project.profile("here", f"env_vars = {{ {pairs} }}", imaged)
    words = ("echo.py", "--on", "here", "--", *args)
    script = emitted(project, "bash", *words)
    (place / "bin").mkdir()
    (place / "bin" / "python").symlink_to(sys.executable)
    done = run(place, "bash", text=script)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["argv"][2:], said["environ"]) == (args, wanted)
    found = parsed(sky_tools, emitted(project, "skypilot", *words))
    assert {k: v for k, v in found[0]["envs"].items() if k in wanted} == wanted
    words = ("echo.py", "--on", "imaged", "--", *args)
    *_, job = parsed(sky_tools, emitted(project, "kubernetes", *words))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    kept = {each["name"]: each["value"].replace("$$", "$") for each in container["env"]}
    assert {k: v for k, v in kept.items() if k in wanted} == wanted


def parsed(tools: Path, text: str) -> list[dict[str, Any]]:
    code = "import json, sys, yaml; print(json.dumps([*yaml.safe_load_all(sys.stdin)]))"
    argv = [str(tools / "bin" / "python"), "-X", "utf8", "-c", code]
    done = subprocess.run(argv, input=text.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def quoted(text: str) -> str:
    """A string of TOML, all of it escapes."""
    return '"' + "".join(f"\\U{ord(each):08x}" for each in text) + '"'
