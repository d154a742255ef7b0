"""`runspec launch --sweep`: one launch for each combination of values (CNF-08)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments import Environment
from launching import recipe
from rigs.slurm import Slurm
from runspec.launch.config.sweep import points, values
from slurming import Cluster

BLOCK = """\
[tool.runspec.run]
launch = "direct"
[tool.runspec.config]
format = "json"
[tool.runspec.resources]
nodes = 1
gpus_per_node = 0
"""
BODY = """\
import json, os, sys
config = json.load(open(sys.argv[2]))
print(config, len(os.environ["TOKEN"]))
sys.exit(config["lr"] + config["seed"] if config["lr"] == 2 else 0)
"""
PLAIN = st.text("abc0-.", min_size=1)


@given(st.lists(PLAIN, min_size=1), st.lists(PLAIN, min_size=2))
def test_all_combinations_are_points_the_last_key_changes_fastest(
    first: list[str], second: list[str]
) -> None:
    found = points([f"a={','.join(first)}", "--x=1,2", f"b={','.join(second)}"])
    assert [each.tokens for each in found] == [
        (f"a={a}", "--x=1,2", f"b={b}") for a in first for b in second
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[1,2],{a: 1, b: 2}", ["[1,2]", "{a: 1, b: 2}"]),
        ("'a,b',\"c,d\"", ["'a,b'", '"c,d"']),
        ("${oc.env:X,1},2", ["${oc.env:X,1}", "2"]),
        ("it's,2", ["it's", "2"]),
        ("1,", ["1", ""]),
    ],
)
def test_commas_in_quotes_and_brackets_do_not_separate(
    text: str, found: list[str]
) -> None:
    assert values(text) == found


@pytest.mark.slow
def test_on_slurm_a_sweep_is_one_array_with_a_job_for_each_point(
    bare: Environment, tmp_path: Path, slurm_cluster: Slurm
) -> None:
    cluster = Cluster(bare, tmp_path, slurm_cluster)
    cluster.write(
        train_py=recipe(BODY, BLOCK), config__default_json='{"lr":1,"seed":1}'
    )
    cluster.profile(secrets={"TOKEN": "env:HAVE"})
    sweep = ("lr=1,2", "seed=3,4", "--sweep", "--at-once", "2")
    done = cluster.lab(*sweep, HAVE="four")
    assert done.returncode == 5, done
    for lr in (1, 2):
        for seed in (3, 4):
            assert f"{{'lr': {lr}, 'seed': {seed}}} 4\n" in done.stdout
    listed = json.loads(cluster.runspec("jobs", "--format", "json").stdout)
    assert [each["point"] for each in listed][::-1] == [
        "lr=1 seed=3",
        "lr=1 seed=4",
        "lr=2 seed=3",
        "lr=2 seed=4",
    ]
    ids = {each["handle"]["job"].partition("_")[0] for each in listed}
    assert len(ids) == 1
    assert not list(tmp_path.rglob("secrets*"))
