"""`runspec show` and `runspec env`, through the installed program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments import Environment, write

SPEC = """\
[config]
runspec_env = "HERE/all.env"

[deploy]
description = "Deploy"

[deploy.args]
target = {options = ["a", "b"]}
workers = 4
token = {type = "password", env = "TOKEN", required = false}

[deploy.groups.one]
at-least-one = true
args = ["target", "workers"]

[deploy.commands.now]
description = "At once"
[deploy.commands.now.args]
force = false

[own]
runspec_env = "HERE/own.env"

[bad]
output = 5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    spec = SPEC.replace("HERE", str(tmp_path))
    return write(
        tmp_path, {"runspec.toml": spec, "sub/x": "", "own.env": "A_B=secret-1"}
    )


def reason(text: str, section: str, field: str) -> list[str]:
    """The words of one field's line: its name, value and reason."""
    _, _, rest = text.partition(section)
    lines = (line.split() for line in rest.splitlines())
    return next(words for words in lines if words[:1] == [field])


def test_each_field_is_shown_with_the_rule_that_inferred_it(
    bare: Environment, folder: Path
) -> None:
    done = bare.run("show", "deploy", cwd=folder / "sub")
    assert done.returncode == 0
    text = done.stdout
    assert reason(text, "args.target", "type") == ["type", '"choice"', "inferred"]
    assert reason(text, "args.target", "required") == ["required", "true", "inferred"]
    assert reason(text, "args.workers", "type") == ["type", '"int"', "inferred"]
    assert reason(text, "args.workers", "default") == ["default", "4", "declared"]
    assert reason(text, "args.token", "type") == ["type", '"password"', "declared"]
    assert reason(text, "deploy", "autonomy")[2:] == ["from", "[config]"]
    assert reason(text, "deploy", "output") == ["output", '"text"', "default"]
    assert reason(text, "groups.one", "args")[-1] == "declared"
    assert reason(text, "commands", "now") == ["now", "At", "once"]


def test_a_command_is_shown_by_its_path(bare: Environment, folder: Path) -> None:
    done = bare.run("show", "deploy", "now", "--format", "json", cwd=folder)
    found = json.loads(done.stdout)
    assert found["command"] == ["deploy", "now"]
    assert found["runnable"]["args"]["force"]["type"] == "flag"
    assert found["why"]["args"]["force"]["type"] == "INF-03"
    assert found["why"]["description"] == "declared"


def test_a_mistyped_command_is_a_wrong_call(bare: Environment, folder: Path) -> None:
    done = bare.run("show", "deploy", "nwo", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'did you mean "now"?' in done.stderr


def test_a_mistyped_name_is_shown_with_the_nearest(
    bare: Environment, folder: Path
) -> None:
    done = bare.run("show", "deplyo", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert 'did you mean "deploy"?' in done.stderr


def test_a_faulty_runnable_is_not_shown_but_its_faults_are(
    bare: Environment, folder: Path
) -> None:
    done = bare.run("show", "bad", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert "runspec.toml:25:" in done.stderr


def test_nothing_to_show_anywhere_is_one_message(
    bare: Environment, tmp_path: Path
) -> None:
    done = bare.run("show", "deploy", cwd=tmp_path)
    assert done.returncode == 1
    assert "deploy" in done.stderr


class TestEnv:
    def test_the_file_of_a_runnable_and_its_names_are_shown_but_no_values(
        self, bare: Environment, folder: Path
    ) -> None:
        (folder / "own.env").chmod(0o600)
        for form in ("text", "json"):
            done = bare.run("env", "own", "--format", form, cwd=folder)
            assert done.returncode == 0
            assert str(folder / "own.env") in done.stdout
            assert "A_B" in done.stdout
            assert "secret-1" not in done.stdout + done.stderr

    def test_a_file_that_a_spec_names_and_is_not_there_is_said(
        self, bare: Environment, folder: Path
    ) -> None:
        done = bare.run("env", "deploy", cwd=folder)
        assert done.returncode == 0
        assert f"{folder / 'all.env'} doesn't exist" in done.stdout
        assert "[config]" in done.stdout

    def test_a_file_that_the_variable_names_and_is_not_there_is_an_error(
        self, bare: Environment, folder: Path
    ) -> None:
        done = bare.run("env", "deploy", cwd=folder, RUNSPEC_ENV_FILE="none.env")
        assert done.returncode != 0
        assert str(folder / "none.env") in done.stderr

    def test_the_variable_is_stronger_than_the_spec(
        self, bare: Environment, folder: Path
    ) -> None:
        write(folder, {"third.env": "C_D=2\n"})
        (folder / "third.env").chmod(0o600)
        done = bare.run("env", "own", cwd=folder, RUNSPEC_ENV_FILE="third.env")
        assert "C_D" in done.stdout
        assert "RUNSPEC_ENV_FILE" in done.stdout

    def test_without_any_file_it_says_where_one_would_be(
        self, bare: Environment, tmp_path: Path
    ) -> None:
        done = bare.run("env", cwd=tmp_path)
        assert done.returncode == 0
        assert str(bare.place / ".runspec_env") in done.stdout

    def test_a_file_that_others_can_write_is_refused(
        self, bare: Environment, folder: Path
    ) -> None:
        (folder / "own.env").chmod(0o666)
        done = bare.run("env", "own", cwd=folder)
        assert done.returncode != 0
        assert "chmod go-w" in done.stderr
