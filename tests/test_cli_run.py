"""`runspec run`: a checked call of any program (INJ)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import DESCRIBED, Environment, wheel, write

SPEC = f"""\
[show-all]
{DESCRIBED}
[show-all.args]
target = {{type = "str", description = "Where"}}
times = {{default = 2, range = [1, 9], description = "How often"}}
dry-run = {{default = false, description = "Only say"}}
tag = {{type = "str", multiple = true, required = false, description = "Tags"}}
config = {{type = "str", required = false, description = "Clashes with runspec's own"}}
rest = {{type = "rest", description = "The rest"}}
"""
SHELL = '#!/bin/bash\nprintf "%s|" "$@"\necho\nenv | grep ^RUNSPEC_ | sort\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, {"runspec.toml": SPEC, "show-all": SHELL})
    (tmp_path / "show-all").chmod(0o755)
    return tmp_path


def variables(text: str) -> dict[str, str]:
    lines = text.splitlines()[1:]
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_values_are_exported_under_both_names(bare: Environment, folder: Path) -> None:
    done = bare.run(
        "run", "show-all", "--", "--target", "prod", "--dry-run", cwd=folder
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = variables(done.stdout)
    assert found["RUNSPEC_TARGET"] == "prod"
    assert found["RUNSPEC_SHOW_ALL_ARG_TARGET"] == "prod"
    assert found["RUNSPEC_DRY_RUN"] == "1"
    assert found["RUNSPEC_TIMES"] == "2"
    assert found["RUNSPEC_RUNNABLE"] == "show-all"
    assert found["RUNSPEC_CONFIG"] == str(folder / "runspec.toml")
    assert "RUNSPEC_TAG" not in found


def test_the_arguments_reach_the_program_as_they_were(
    bare: Environment, folder: Path
) -> None:
    argv = ["--target", "a b", "--tag=x", "--", "--help", "", "*"]
    done = bare.run("run", "show-all", "--", *argv, cwd=folder)
    assert done.stdout.splitlines()[0] == "--target|a b|--tag=x|--|--help||*|"


def test_exec_is_another_word_for_run(bare: Environment, folder: Path) -> None:
    argv = ["--target", "a b", "--timeout", "5"]
    spec = SPEC.replace("tag =", 'timeout = {type = "int", required = false}\ntag =')
    write(folder, {"runspec.toml": spec})
    for words in (["exec", "show-all", "--", *argv], ["run", "show-all", *argv]):
        done = bare.run(*words, cwd=folder)
        assert done.stdout.splitlines()[0] == "--target|a b|--timeout|5|"


@pytest.mark.parametrize(
    "option",
    ["--label=x", "--trigger=x", "--lock=x", "--skip-if-running", "--timeout=5"],
)
def test_what_exec_cannot_do_is_refused_and_never_the_programs(
    bare: Environment, folder: Path, option: str
) -> None:
    program = ["--", "--target", "x"]
    for words in ([option, "show-all"], ["show-all", option]):
        done = bare.run("exec", *words, *program, cwd=folder)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"unknown option {option.partition('=')[0]}" in done.stderr


def test_names_of_runspec_itself_are_never_overwritten(
    bare: Environment, folder: Path
) -> None:
    argv = ["--target", "x", "--config", "mine"]
    found = variables(bare.run("run", "show-all", "--", *argv, cwd=folder).stdout)
    assert found["RUNSPEC_CONFIG"] == str(folder / "runspec.toml")
    assert found["RUNSPEC_SHOW_ALL_ARG_CONFIG"] == "mine"


def test_nothing_of_the_parents_call_leaks_in(bare: Environment, folder: Path) -> None:
    inherited = {"RUNSPEC_OTHER": "1", "RUNSPEC_BACKUP_ARG_KEEP": "1"}
    call = ["run", "show-all", "--", "--target", "x"]
    done = bare.run(*call, cwd=folder, RUNSPEC_AGENT="1", **inherited)
    found = variables(done.stdout)
    assert found["RUNSPEC_AGENT"] == "1"
    assert not inherited.keys() & found.keys()


def test_a_wrong_call_is_the_runnables_own_error(
    bare: Environment, folder: Path
) -> None:
    done = bare.run("run", "show-all", "--", "--times", "10", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "show-all --times 10" in done.stderr
    assert "--target" in done.stderr
    assert "Usage: show-all" in done.stderr


def test_the_help_is_that_of_the_runnable(bare: Environment, folder: Path) -> None:
    done = bare.run("run", "show-all", "--", "--help", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: show-all")


def test_the_exit_status_is_that_of_the_program(
    bare: Environment, folder: Path
) -> None:
    write(folder, {"show-all": "#!/bin/sh\nread line; echo got $line >&2; exit 7\n"})
    call = ["run", "show-all", "--", "--target", "x"]
    done = bare.run(*call, cwd=folder, stdin="hello\n")
    assert (done.returncode, done.stderr) == (7, "got hello\n")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("show-all.sh", "echo $RUNSPEC_TARGET"),
        ("show-all.py", "import os; print(os.environ['RUNSPEC_TARGET'])"),
        ("show_all.py", "import os; print(os.environ['RUNSPEC_TARGET'])"),
        ("show-all.js", "console.log(process.env.RUNSPEC_TARGET)"),
        ("show-all.mjs", "console.log(process.env.RUNSPEC_TARGET)"),
    ],
)
def test_a_program_beside_the_spec_is_started_by_its_ending(
    bare: Environment, tmp_path: Path, name: str, text: str
) -> None:
    if name.endswith("js") and shutil.which("node") is None:
        pytest.skip("needs Node")
    write(tmp_path, {"runspec.toml": SPEC, name: text, "sub/x": ""})
    call = ["run", "show-all", "--", "--target", "prod"]
    done = bare.run(*call, cwd=tmp_path / "sub")
    assert (done.stdout, done.returncode) == ("prod\n", 0)


def test_a_program_of_the_path_comes_last(bare: Environment, tmp_path: Path) -> None:
    write(tmp_path, {"runspec.toml": SPEC, "bin/show-all": "#!/bin/sh\necho here\n"})
    (tmp_path / "bin" / "show-all").chmod(0o755)
    path = f"{tmp_path / 'bin'}:{bare.environ()['PATH']}"
    call = ["run", "show-all", "--", "--target", "x"]
    assert bare.run(*call, cwd=tmp_path, PATH=path).stdout == "here\n"


def test_a_program_that_is_nowhere_is_one_error_with_the_places(
    bare: Environment, tmp_path: Path
) -> None:
    write(tmp_path, {"runspec.toml": SPEC})
    done = bare.run("run", "show-all", "--", "--target", "x", cwd=tmp_path)
    assert done.returncode == 1
    for place in (bare.bin / "show-all", tmp_path / "show-all", "PATH"):
        assert str(place) in done.stderr


def test_a_program_without_permission_is_said_to_be_that(
    bare: Environment, folder: Path
) -> None:
    (folder / "show-all").chmod(0o644)
    done = bare.run("run", "show-all", "--", "--target", "x", cwd=folder)
    assert done.returncode == 1
    assert "executable" in done.stderr
    assert str(folder / "show-all") in done.stderr


@pytest.mark.parametrize("text", ["no shebang \x00", "#!/no/such/interpreter\n"])
def test_a_program_that_cannot_be_started_is_one_error(
    bare: Environment, folder: Path, text: str
) -> None:
    write(folder, {"show-all": text})
    done = bare.run("run", "show-all", "--", "--target", "x", cwd=folder)
    assert done.returncode == 1
    assert str(folder / "show-all") in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_name_is_one_error_with_the_nearest(
    bare: Environment, folder: Path
) -> None:
    done = bare.run("run", "show-al", cwd=folder)
    assert done.returncode == 1
    assert "show-all" in done.stderr


def test_a_runnable_of_another_spec_is_found_though_a_parent_names_its_own(
    bare: Environment, folder: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other", {"runspec.toml": f"[parent]\n{DESCRIBED}"})
    parent = str(other / "runspec.toml")
    call = ["run", "show-all", "--", "--target", "x"]
    done = bare.run(*call, cwd=folder, RUNSPEC_CONFIG=parent)
    assert variables(done.stdout)["RUNSPEC_CONFIG"] == str(folder / "runspec.toml")


def test_an_installed_runnable_is_stronger_than_one_of_the_directory(
    make_environment: Callable[[], Environment], folder: Path
) -> None:
    """A directory that somebody else wrote must not take over an installed name."""
    environment = make_environment()
    spec = f"[show-all]\n{DESCRIBED}"
    files = {"tool/__init__.py": "", "tool/runspec.toml": spec}
    programs = {"show-all": "#!/bin/sh\necho installed $RUNSPEC_RUNNABLE\n"}
    built = wheel(folder, "tool", files, programs=programs)
    environment.install("--no-index", built)
    done = environment.run("run", "show-all", cwd=folder)
    assert done.stdout == "installed show-all\n"


@pytest.mark.parametrize("by", ["parse", "run"])
def test_a_wrong_call_of_an_audited_runnable_is_a_refusal_in_the_ledger(
    make_environment: Callable[[], Environment], tmp_path: Path, by: str
) -> None:
    environment = make_environment()
    spec = '[config]\naudit = "on"\n[job]\ndescription = "Works"\n[job.args]\nn = 1\n'
    program = "from runspec import parse\nparse('job')\n"
    write(tmp_path, {"runspec.toml": spec, "job.py": program})
    words = ["job.py"] if by == "parse" else ["run", "job", "--"]
    name = "python" if by == "parse" else "runspec"
    done = environment.run(*words, "--n", "many", program=name, cwd=tmp_path)
    assert done.returncode == 2
    (told,) = json.loads(environment.run("audit", "--format", "json").stdout)
    assert (told["kind"], told["runnable"], told["why"]) == (
        "refusal",
        "job",
        "not-int",
    )
