"""A cookbook's own recipes, configurations and env.toml, launched as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments import Environment
from launching import Bench, recipe

BLOCK = """\
[tool.runspec.run]
launch = "direct"
[tool.runspec.config]
default = "default"
[tool.runspec.resources]
gpus_per_node = 0
[tool.runspec.env]
DATA = "$RUNSPEC_CODE_DIR/data"
"""
BODY = "import os, sys\nprint(open(sys.argv[2]).read())\nprint(os.environ['DATA'])\n"
TOKEN = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0bC3dXX"
CONFIG = """\
output_dir: ${oc.env:PWD}/out
max_tokens: 128
run:
  env:
    nodes: ${oc.env:NODES_ASKED,8}
    container_image: reg/special:1
    mounts: ["/c:/c"]
"""
LAB = """\
[lab]
executor = "slurm"
nodes = "${oc.env:NODES_HERE,2}"
account = "${oc.env:ACC,${oc.env:ACC2,foo}}"
container_image = "reg/base:1"
mounts = ["/lustre:/lustre"]
time = "01:00:00"
env_vars = { HF_TOKEN = "${oc.env:HF_TOKEN,''}", SHELL_SAYS = "${HOME}" }
"""


@pytest.fixture
def bench(with_omegaconf: Environment, tmp_path: Path) -> Bench:
    made = Bench(with_omegaconf, tmp_path)
    made.write(train_py=recipe(BODY, BLOCK), env_toml=LAB, config__default_yaml=CONFIG)
    return made


def explained(bench: Bench, *argv: str, **variables: str) -> dict[str, list[str]]:
    """Value and source of each row of `--explain`."""
    done = bench.launch("train.py", "--explain", *argv, **variables)
    assert done.returncode == 0, done.stderr
    rows = (line.split("  ") for line in done.stdout.splitlines())
    cells = [[each.strip() for each in row if each.strip()] for row in rows]
    return {row[0]: row[1:] for row in cells if len(row) > 1}


def codes(bench: Bench, *argv: str, **variables: str) -> list[str]:
    done = bench.launch("train.py", *argv, RUNSPEC_AGENT="1", **variables)
    problems = json.loads(done.stderr.splitlines()[-1])["error"]["problems"]
    return [each["code"] for each in problems]


def test_numbers_markers_and_paths_are_no_secrets_whatever_they_are_called(
    bench: Bench,
) -> None:
    bench.write(config__default_yaml="max_tokens: 128\npad_token: <pad>\n")
    rows = explained(
        bench,
        "max_tokens=256",
        *("-e", "MASK_TOKEN=<mask>"),
        *("-e", "GOOGLE_APPLICATION_CREDENTIALS=/etc/gcp.json"),
    )
    assert rows["max_tokens"][0] == "256"
    assert rows["pad_token"][0] == "<pad>"
    assert codes(bench, "-e", "HF_TOKEN_2=something-long") == ["secret-in-env"]
    assert codes(bench, "-e", f"X={TOKEN}") == ["secret-in-env"]


def test_the_command_line_that_is_kept_has_numbers_and_no_secrets(bench: Bench) -> None:
    bench.write(config__default_yaml="max_tokens: 128\napi_key: x\n")
    done = bench.launch("train.py", "max_tokens=256", "api_key=hunter2hunter2")
    assert done.returncode == 0, done.stderr
    (folder,) = bench.run_folders
    argv = json.loads((folder / "argv.json").read_text())["argv"]
    assert argv[-2:] == ["max_tokens=256", "api_key=***"]


def test_the_working_directory_is_resolved_here_and_the_code_elsewhere(
    bench: Bench,
) -> None:
    rows = explained(bench, "~run.env")
    assert rows["output_dir"][0] == f"{bench.work}/out"
    rows = explained(bench, "--on", "lab")
    assert rows["output_dir"][0] == "${oc.env:RUNSPEC_CODE_DIR}/out"


def test_the_script_knows_where_its_code_is(bench: Bench) -> None:
    done = bench.launch("train.py", "~run.env")
    assert done.stdout.splitlines()[-1] == f"{bench.work}/data"


def test_an_optional_secret_is_left_out_where_it_is_not_set(bench: Bench) -> None:
    assert explained(bench, "--on", "lab")["HF_TOKEN"] == [
        "left out",
        "HF_TOKEN isn't set here",
    ]
    rows = explained(bench, "--on", "lab", HF_TOKEN=TOKEN)
    assert rows["HF_TOKEN"][0] == "env:HF_TOKEN"
    assert rows["SHELL_SAYS"][0] == "${HOME}"


def test_image_nodes_and_mounts_of_a_configuration_win_over_a_profile(
    bench: Bench,
) -> None:
    rows = explained(bench, "--on", "lab")
    assert rows["container_image"][0] == "reg/special:1"
    assert "over reg/base:1 of profile lab" in rows["container_image"][1]
    assert rows["mounts"][0] == '["/c:/c", "/lustre:/lustre"]'
    assert rows["nodes"][0] == "8"
    assert explained(bench, "--on", "lab", "--nodes", "3")["nodes"][0] == "3"
    said = bench.launch("train.py", "--on", "lab", "--dry-run", "--nodes", "3").stderr
    assert "setting-overruled]: container_image" in said
    assert "setting-overruled]: nodes" not in said


@pytest.mark.parametrize(
    ("variables", "account"),
    [({}, "foo"), ({"ACC2": "two"}, "two"), ({"ACC": "prod", "ACC2": "two"}, "prod")],
)
def test_defaults_of_variables_may_be_variables(
    bench: Bench, variables: dict[str, str], account: str
) -> None:
    assert explained(bench, "--on", "lab", **variables)["account"][0] == account


def test_a_variable_is_read_as_the_kind_that_its_setting_has(bench: Bench) -> None:
    rows = explained(bench, "--on", "lab", NODES_ASKED="4")
    assert rows["nodes"][0] == "4"
    done = bench.launch("train.py", "--on", "lab", "--dry-run", NODES_HERE="many")
    assert done.returncode == 125
    assert "NODES_HERE is 'many', not an integer" in done.stderr


COOKBOOK = """\
[wandb]
project = "p"
[artifacts]
backend = "file"
[artifacts.manifest]
root = "store"
[box]
executor = "docker"
container_image = "reg/base:1"
run_command = "uv run {script}"
nprocs_per_node = 4
[away]
executor = "slurm"
[extras]
executor = "slurm"
pip_extras = ["x"]
[mounted]
executor = "slurm"
mounts = ["${auto_mount:git+https://example.org/x.git@main,/opt/x}"]
[open]
overrides = "open"
"""
STORED = "data: ${art:tok,path}\nrun: {tok: tok:latest}\nartifacts: {backend: mine}\n"


@pytest.fixture
def cookbook(bench: Bench) -> Bench:
    bench.write(env_toml=COOKBOOK, config__default_yaml="lr: 1\ntrain: {iters: 2}\n")
    return bench


def test_docker_is_this_machine_with_that_runtime(cookbook: Bench) -> None:
    rows = explained(cookbook, "--on", "box", CUDA_VISIBLE_DEVICES="")
    assert rows["executor"][0] == "local"
    assert rows["container_runtime"][0] == "docker"
    assert rows["nproc_per_node"][0] == "4"
    assert rows["cmd"][0] == "uv run {script}"


def test_keys_that_would_change_what_runs_are_errors(cookbook: Bench) -> None:
    assert codes(cookbook, "--on", "extras", "--dry-run") == ["setting-unsupported"]
    assert codes(cookbook, "--on", "mounted", "--dry-run") == ["auto-mount"]


def test_check_looks_at_every_profile(cookbook: Bench) -> None:
    done = cookbook.runspec("check", "env.toml")
    assert done.returncode == 1
    for words in ("extras.pip_extras", "startup_commands", "auto-mount"):
        assert words in done.stdout
    assert "unknown-key" not in done.stdout
    cookbook.write(env_toml='[lab]\nexecutor = "slurm"\n')
    assert cookbook.runspec("check", "env.toml").returncode == 0


def test_versions_of_artifacts_are_found(cookbook: Bench) -> None:
    cookbook.write(config__default_yaml=STORED)
    for number in (2, 10):
        folder = cookbook.work / "store" / "tok" / f"v{number}"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text('{"kind": "t"}')
    store = cookbook.work / "store" / "tok"
    assert explained(cookbook)["data"][0].endswith("/v10")
    (store / "latest").write_text("v2\n")
    assert explained(cookbook)["data"][0].endswith("/v2")
    assert explained(cookbook, "run.tok=tok:v10")["data"][0].endswith("/v10")
    assert explained(cookbook)["artifacts.backend"][0] == "mine"
    assert explained(cookbook)["artifacts.manifest.root"][0] == "store"


def test_what_is_only_elsewhere_is_left_for_the_script(cookbook: Bench) -> None:
    cookbook.write(config__default_yaml=STORED)
    assert codes(cookbook, "--explain") == ["config-interpolation"]
    rows = explained(cookbook, "--on", "away")
    assert rows["data"][0] == "${art:tok,path}"


def test_the_cookbooks_variable_names_the_file(cookbook: Bench) -> None:
    (cookbook.work / "env.toml").rename(cookbook.work / "env.lab.toml")
    rows = explained(cookbook, "--on", "away", NEMOTRON_ENV_FILE="env.lab.toml")
    assert rows["executor"][0] == "slurm"


def test_open_overrides_may_set_what_no_file_has(cookbook: Bench) -> None:
    assert codes(cookbook, "train.lr=3") == ["override-unknown"]
    done = cookbook.launch("train.py", "--on", "open", "train.lr=3", "train.itres=4")
    assert done.returncode == 0, done.stderr
    assert "lr: 3" in done.stdout
    assert 'did you mean "train.iters"?' in done.stderr
    assert done.stderr.count("it is added") == 1


def test_words_that_look_like_something_else_are_warned_of(bench: Bench) -> None:
    block = BLOCK.replace(
        'launch = "direct"\n',
        'launch = "direct"\ncmd = "python {script} {config} {oops} && echo $HOME"\n',
    )
    bench.write(train_py=recipe(BODY, block), config__default_yaml="lr: 1\n")
    said = bench.launch("train.py", "--dry-run", "10=x", "s =x").stderr
    for word in ("{oops}", "&&", "$HOME", "10=x", "s =x"):
        assert word in said
    assert said.count("cmd-word") == 3
    assert said.count("is no override") == 2


def test_an_image_that_nothing_runs_here_is_a_warning(bench: Bench) -> None:
    for config in ("lr: 1\n", CONFIG):
        bench.write(config__default_yaml=config)
        block = f'image = "reg/own:1"\n{BLOCK}'
        bench.write(train_py=recipe(BODY, block))
        done = bench.launch("train.py", *(["run.env.nodes=1"] * (config == CONFIG)))
        assert done.returncode == 0, done.stderr
        assert "image-unused" in done.stderr
