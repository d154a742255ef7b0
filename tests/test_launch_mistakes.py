"""What a person sees who mistypes something of a launch: where, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments import Environment
from launching import DIRECT, Bench, recipe

NAMED = f"name = 'digits/train'\n{DIRECT}"


@pytest.fixture
def bench(bare: Environment, tmp_path: Path) -> Bench:
    bench = Bench(bare, tmp_path)
    config = "[tool.runspec.config]\nformat = 'json'\n"
    bench.write(
        train_py=recipe("print('ran')", NAMED + config),
        config__default_json='{"train": {"rate": 0.1}}',
        config__tiny_json="{}",
        env_toml="[lab]\nexecutor = 'slrum'\n",
    )
    return bench


@pytest.mark.parametrize("typed", ["trian.py", "./trian.py", "train", "digit/trian"])
def test_a_mistyped_recipe_is_answered_with_the_nearest(
    bench: Bench, typed: str
) -> None:
    done = bench.launch(typed)
    assert done.returncode == 125
    assert 'did you mean "train.py"?' in done.stderr
    assert "init" not in done.stderr


def test_a_recipe_is_launched_by_the_name_that_list_shows(bench: Bench) -> None:
    done = bench.launch("digits/train")
    assert (done.returncode, done.stdout) == (0, "ran\n")


STATUSES = {"run": 1, "show": 1, "launch": 125}


@pytest.mark.parametrize("verb", STATUSES)
def test_a_file_that_isnt_there_is_said_by_its_name(bench: Bench, verb: str) -> None:
    done = bench.runspec(verb, "nowhere/at-all.py")
    assert done.returncode == STATUSES[verb]
    assert "there is no file " in done.stderr
    assert "nowhere/at-all.py" in done.stderr


def test_a_name_that_nothing_has_says_where_to_look(bench: Bench) -> None:
    done = bench.launch("quux")
    assert "`runspec list`" in done.stderr
    assert "`runspec local`" in done.stderr


def test_a_configuration_that_isnt_there_names_those_that_are(bench: Bench) -> None:
    done = bench.launch("train.py", "-c", "large")
    assert done.returncode == 125
    assert "there is: default, tiny" in done.stderr


@pytest.mark.parametrize("typed", ["trian.rate=1", "train.rat=1"])
def test_a_mistyped_key_is_answered_with_the_whole_path(
    bench: Bench, typed: str
) -> None:
    done = bench.launch("train.py", typed)
    assert done.returncode == 2
    assert 'did you mean "train.rate"?' in done.stderr


def test_an_executor_that_isnt_stands_where_it_was_written(bench: Bench) -> None:
    done = bench.launch("train.py", "--on", "lab")
    assert "env.toml:2:12" in done.stderr
    assert 'did you mean "slurm"?' in done.stderr


def test_an_option_for_the_script_is_told_where_to_go(bench: Bench) -> None:
    done = bench.launch("train.py", "--lr", "1")
    assert done.returncode == 2
    assert "put it behind --" in done.stderr


def test_a_secret_that_isnt_set_says_how_to_give_it(bench: Bench) -> None:
    done = bench.launch("train.py", "--env", "FOO")
    assert done.returncode == 125
    assert "FOO" in done.stderr
    assert "NAME=VALUE" in done.stderr


def test_torchrun_without_torch_is_explained(bench: Bench) -> None:
    bench.write(all_py=recipe("", "[tool.runspec.resources]\ngpus_per_node = 0\n"))
    done = bench.launch("all.py")
    assert done.returncode == 1
    assert "torchrun is part of torch" in done.stderr


def test_the_logs_of_an_attached_job_say_where_they_went(bench: Bench) -> None:
    assert bench.launch("train.py").stdout == "ran\n"
    (run,) = bench.runs.iterdir()
    done = bench.runspec("jobs", "logs", run.name[-8:])
    assert (done.returncode, done.stdout) == (0, "")
    assert "went to its terminal" in done.stderr


def test_a_script_may_be_the_configured_spec_of_every_verb(bench: Bench) -> None:
    for argv in (("env",), ("show", "digits-train"), ("launch", "digits-train")):
        done = bench.runspec(*argv, RUNSPEC_CONFIG="train.py")
        assert done.returncode == 0, done
