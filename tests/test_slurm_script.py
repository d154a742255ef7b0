"""The job script is bash, whatever its values are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launching import recipe
from runspec.launch.containers import split_mount
from runspec.launch.places.slurm import SlurmExecutor
from runspec.launch.plan import Plan
from runspec.model_more import Profile
from runspec.recipe import parse

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
STAND_IN = """\
#!/bin/bash
# srun: its command alone, and its own words kept.
printf '%s\\0' "$@" >"$SEEN"
while [ "$1" != bash ]; do shift; done
exec "$@"
"""
SHOW = """\
#!/bin/bash
printf '%s\\0' "$@" "$VALUE"
"""


def plan(folder: Path, **changed: object) -> Plan:
    """A plan of a script in `folder` that a profile sends to Slurm."""
    script = folder / "train.py"
    script.write_text(recipe("print('here')"))
    basic: dict[str, object] = {
        "id": "0123",
        "name": "lab/train",
        "recipe": parse(str(script)),
        "folder": str(folder / "run"),
        "root": str(folder),
        "script": str(script),
        "config": None,
        "command": ("python", "{script}"),
        "launcher": "direct",
        "container": "none",
        "executor": "slurm",
        "image": None,
        "workdir": None,
        "mounts": (),
        "startup": (),
        "environ": {},
        "secrets": {},
        "nodes": 1,
        "gpus": 0,
        "settings": Profile(packager="none"),
    }
    return Plan(**{**basic, **changed})  # type: ignore[arg-type]


def script_of(plan: Plan) -> str:
    return SlurmExecutor().render(plan)[0].text


@pytest.fixture
def stage(tmp_path: Path) -> SimpleNamespace:
    """Programs that stand in for srun and the script."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"srun": STAND_IN, "show": SHOW}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (tmp_path / "run").mkdir()
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environ = {"PATH": path, "SEEN": str(tmp_path / "seen"), "LANG": "C.UTF-8"}
    return SimpleNamespace(folder=tmp_path, environ=environ)


@settings(max_examples=40)
@given(words=st.lists(TEXT, max_size=4), value=TEXT, option=TEXT)
def test_no_value_means_anything_to_bash(
    stage: SimpleNamespace, words: list[str], value: str, option: str
) -> None:
    made = plan(
        stage.folder,
        command=("show", *words),
        environ={"VALUE": value},
        settings=Profile(packager="none", srun_args=(f"--x={option}",)),
    )
    done = subprocess.run(
        ["bash", "-c", script_of(made)], env=stage.environ, capture_output=True
    )
    assert done.stderr == b""
    assert done.stdout.decode().split("\0") == [*words, value, ""]
    seen = (stage.folder / "seen").read_text("utf-8").split("\0")
    assert f"--x={option}".replace("\r", "\n") in [
        each.replace("\r", "\n") for each in seen
    ]


@pytest.mark.parametrize("runtime", ["docker", "podman", "apptainer"])
def test_a_container_in_the_task_gets_the_words(
    stage: SimpleNamespace, runtime: str
) -> None:
    """A stand-in for the runtime keeps its words, and runs what follows the image."""
    client = stage.folder / "bin" / runtime
    client.write_text(
        '#!/bin/bash\nprintf "%s\\n" "$@" >"$SEEN.client"\n'
        'until [[ $1 == *image:1 ]]; do shift; done\nshift\nexec "$@"\n'
    )
    client.chmod(0o755)
    made = plan(
        stage.folder,
        container=runtime,
        image="image:1",
        command=("show", "a b", "it's $HOME"),
        environ={"VALUE": "x"},
        secrets={"TOKEN": "env:T"},
        mounts=("/data:/data:ro",),
        startup=("VALUE=$VALUE$VALUE",),
    )
    (stage.folder / "run" / "secrets").write_text("export TOKEN=very-secret\n")
    environ = {**stage.environ, "SLURM_JOB_ID": "7", "SLURM_PROCID": "0"}
    done = subprocess.run(
        ["bash", "-c", script_of(made)], env=environ, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "a b\0it's $HOME\0xx\0"), done
    words = Path(f"{stage.environ['SEEN']}.client").read_text()
    assert "very-secret" not in words
    assert split_mount("/data:/data:ro")[0] in words
    assert not (stage.folder / "run" / "secrets").exists()


def test_the_exit_status_is_kept_in_a_file(stage: SimpleNamespace) -> None:
    made = plan(stage.folder, command=("bash", "-c", "exit 23"))
    done = subprocess.run(["bash", "-c", script_of(made)], env=stage.environ)
    assert done.returncode == 23
    assert (stage.folder / "run" / "exit_code").read_text() == "23\n"
