"""`runspec launch` on Kubernetes: real kubectl, and an API server that runs pods."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import Environment
from launch_project import HOSTILE, PATIENCE, Project, interrupted, told, toml
from rigs.kube import Kube, environ

SECRET = "c0rrect horse $(battery) 'staple'"
PROFILE = ('executor = "kubernetes"', 'namespace = "ml"')
KINDS = ("job", "jobset", "pytorchjob", "trainjob", "rayjob")
TORCHRUN = """\
#!/bin/sh
echo "torchrun $*"
[ "$4" = 0 ] || exit 0
while [ "$1" != --nproc-per-node ]; do shift; done
shift 2
exec python "$@"
"""


@pytest.fixture
def project(tmp_path: Path, bare: Environment, kube_tools: Path) -> Project:
    made = Project(tmp_path / "project", bare)
    made.path(kube_tools / "bin")
    made.profile("k8s", *PROFILE)
    return made


@pytest.fixture
def on(project: Project, cluster: Kube) -> Callable[..., None]:
    """Gives the profile further lines, and kubectl the cluster."""
    project.variables |= environ(cluster)

    def add(*lines: str) -> None:
        project.profile("k8s", *PROFILE, *lines)

    return add


def test_a_script_runs_with_its_configuration_environment_and_secret(
    project: Project, cluster: Kube, on: Callable[..., None]
) -> None:
    on(
        'secrets = { TOKEN = "env:MINE" }',
        f"env_vars = {{ HOSTILE = {toml(HOSTILE)} }}",
    )
    args = ("--on", "k8s", "train.py", "lr=0.25", "--", "it's", "$(id)", "a\nb")
    done = project.launch(*args, MINE=SECRET)
    assert done.returncode == 0, done.stderr
    said = told(done.stdout)
    assert said["environ"] == {"HOSTILE": HOSTILE, "TOKEN": SECRET}
    assert said["argv"][2:] == ["it's", "$(id)", "a\nb"]
    assert json.loads(said["config"]) == {"lr": 0.25}
    with_secret = [body for body in cluster.bodies if b'"Secret"' in body]
    assert len(with_secret) == 1
    for path in project.left():
        assert SECRET not in path.read_text("utf-8")


def test_a_failing_script_gives_its_own_exit_status(
    project: Project, on: Callable[..., None]
) -> None:
    on()
    done = project.launch("--on", "k8s", "train.py", "--", "fail")
    assert done.returncode == 7
    assert told(done.stdout)["argv"][-1] == "fail"
    assert "pod demo-train-" in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_runs_on_two_nodes_and_passes_the_exit_status_on(
    project: Project, cluster: Kube, on: Callable[..., None], kind: str, tmp_path: Path
) -> None:
    project.recipe("ray" if kind == "rayjob" else "torchrun", nodes=2)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "torchrun").write_text(TORCHRUN, "utf-8")
    (tools / "torchrun").chmod(0o755)
    mount = f'mounts = ["{tools}:/tools:ro", "pvc:data:/data"]'
    start = "startup_commands = ['export PATH=/tools:$PATH', 'cp /tools/* /data']"
    on(f'kind = "{kind}"', mount, start)
    done = project.launch("--on", "k8s", "train.py", "--", "fail")
    assert done.returncode == 7, done.stderr
    assert told(done.stdout)["argv"][-1] == "fail"
    assert (cluster.place / "data" / "torchrun").exists()
    if kind != "rayjob":
        options = next(x for x in done.stdout.splitlines() if x.startswith("torchrun"))
        assert "--nnodes 2 --node-rank 0 --master-addr demo-train-" in options
        assert len(cluster.of_kind("Pod")) == 2
    assert ("Service" in cluster.kinds()) == (kind == "job")


def test_every_manifest_is_valid(
    project: Project, on: Callable[..., None], kube_tools: Path, tmp_path: Path
) -> None:
    """Strictly: by the schemas of Kubernetes, and Kubeflow's own models."""
    files = []
    for kind in KINDS:
        on(
            f'kind = "{kind}"',
            'service_account = "runner"\nimage_pull_secrets = ["registry"]',
            'tolerations = ["gpu=yes:NoSchedule", "spot"]\nshm_size = "16Gi"',
            'node_selector = { "example.org/pool" = "a100" }\ntime = "1-12:30"',
            'mem = "64G"\ncpus_per_task = 8\ngpus_per_node = 8\nnodes = 2',
            'mounts = ["/a:/b:ro", "pvc:c:/d"]\nsecrets = { T = "env:T" }',
        )
        project.recipe("ray" if kind == "rayjob" else "torchrun", nodes=2)
        for number, extra in enumerate((("--dry-run",), ("--emit", "kubernetes"))):
            shown = project.launch("--on", "k8s", "train.py", *extra)
            assert shown.returncode == 0, shown.stderr
            files.append(tmp_path / f"{kind}-{number}.yaml")
            files[-1].write_text(shown.stdout, "utf-8")
    argv = [str(kube_tools / "bin" / "python"), "-c", CHECK, *map(str, files)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    checked = done.stdout.split()
    assert checked.count("ConfigMap") == 3 * len(KINDS)
    assert {*checked} == {"ConfigMap", "Service", "Job", "JobSet", "TrainJob", "Pod"}


CHECK = """
import sys, yaml, kubernetes_validate
import kubeflow_trainer_api.models as models

OWN = {
    "JobSet": models.JobsetV1alpha2JobSet,
    "TrainJob": models.TrainerV1alpha1TrainJob,
}


def of_kubernetes(each):
    print(each["kind"])
    kubernetes_validate.validate(each, "1.32", strict=True)


def pods(value):
    if isinstance(value, dict):
        spec = value.get("spec", {})
        if "containers" in spec and "image" in spec["containers"][0]:
            yield value
        for each in value.values():
            yield from pods(each)
    if isinstance(value, list):
        for each in value:
            yield from pods(each)


for path in sys.argv[1:]:
    for each in yaml.safe_load_all(open(path)):
        if "." not in each["apiVersion"]:
            of_kubernetes(each)
            continue
        if each["kind"] in OWN:
            print(each["kind"])
            kept = OWN[each["kind"]].from_dict(each).to_dict()
            assert kept["spec"].keys() == each["spec"].keys(), kept
        for pod in pods(each):
            whole = {"apiVersion": "v1", "kind": "Pod"}
            whole["metadata"] = {"name": "x", **pod["metadata"]}
            whole["spec"] = {"restartPolicy": "Never", **pod["spec"]}
            of_kubernetes(whole)
"""


def test_an_image_that_cant_be_pulled_is_said_and_the_job_is_removed(
    project: Project, cluster: Kube, on: Callable[..., None]
) -> None:
    on()
    cluster.images = set()
    done = project.launch("--on", "k8s", "train.py")
    assert done.returncode == 125
    assert "can't start: ImagePullBackOff" in done.stderr
    assert "registry.example/demo:1" in done.stderr
    assert cluster.kinds() == []


@pytest.mark.parametrize("refused", ["secrets", "configmaps", "jobs"])
def test_objects_that_are_refused_leave_nothing_behind(
    project: Project, cluster: Kube, on: Callable[..., None], refused: str
) -> None:
    on('secrets = { TOKEN = "env:MINE" }')
    cluster.refused = {refused}
    done = project.launch("--on", "k8s", "train.py", MINE=SECRET)
    assert done.returncode == 125
    assert f"{refused} is forbidden" in done.stderr
    assert cluster.kinds() == []
    assert project.left() == []


def test_an_interrupt_removes_the_job_and_all_it_owns(
    project: Project, cluster: Kube, on: Callable[..., None]
) -> None:
    on()
    process = project.start("launch", "--on", "k8s", "train.py", "--", "wait")
    status, said = interrupted(process)
    assert status == 143
    assert "cancelling" in said
    assert cluster.kinds() == []


def test_a_job_outlives_its_client_and_is_found_again(
    project: Project, cluster: Kube, on: Callable[..., None]
) -> None:
    on()
    done = project.launch("--on", "k8s", "--detach", "train.py", "--", "fail")
    assert done.returncode == 0, done.stderr
    job = done.stdout.strip()
    with cluster.changed:
        assert cluster.changed.wait_for(lambda: _ended(cluster), PATIENCE)
    logs = project.command("jobs", "logs", job)
    assert told(logs.stdout)["argv"][-1] == "fail"
    assert project.command("jobs", "logs", job, "--follow").returncode == 7
    shown = project.command("jobs", "status", job, "--format", "json")
    assert json.loads(shown.stdout)["status"] == 7


def test_a_server_that_comes_back_is_waited_for(
    project: Project, cluster: Kube, on: Callable[..., None]
) -> None:
    on()
    process = project.start("launch", "--on", "k8s", "train.py", "--", "wait")
    cluster.stop()
    pod = next(iter(cluster.pods.values()))
    pod.end()
    back = threading.Timer(1.5, cluster.start)
    back.start()
    process.communicate(timeout=PATIENCE)
    back.join()
    assert process.returncode == 143


def test_a_server_that_isnt_there_is_named(project: Project, cluster: Kube) -> None:
    project.variables |= environ(cluster)
    cluster.stop()
    done = project.launch("--on", "k8s", "train.py")
    assert done.returncode == 125
    assert "kubernetes doesn't answer" in done.stderr
    assert project.left() == []


def test_code_that_no_configmap_holds_is_refused_with_the_way_out(
    project: Project, on: Callable[..., None]
) -> None:
    on()
    noise = b"".join(str(hash((n, "x"))).encode() for n in range(200_000))
    (project.place / "weights.bin").write_bytes(noise)
    done = project.launch("--on", "k8s", "--dry-run", "train.py")
    assert done.returncode == 125
    assert 'packager = "none"' in done.stderr
    on('packager = "none"', 'workdir = "/opt/demo"')
    done = project.launch("--on", "k8s", "--dry-run", "train.py")
    assert done.returncode == 0, done.stderr
    assert "/opt/demo/train.py" in done.stdout


def _ended(cluster: Kube) -> bool:
    return any("conditions" in job.get("status", {}) for job in cluster.of_kind("Job"))
