"""`runspec init`: what it writes works at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import Environment, write

STUBS = {"python": "py", "bash": "sh", "javascript": "js", "typescript": "mts"}
RUNNING = ["python", "bash", "javascript"]
"""Languages whose stubs run as they are; TypeScript is compiled first."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "src" / "hello_tool"
    folder.mkdir(parents=True)
    return folder


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def needs(lang: str) -> None:
    if lang == "javascript" and shutil.which("node") is None:
        pytest.skip("needs Node")


@pytest.mark.parametrize("lang", STUBS)
def test_it_writes_a_spec_without_faults_and_a_stub(
    bare: Environment, package: Path, lang: str
) -> None:
    done = bare.run("init", "--name", "hello", "--lang", lang, cwd=package)
    assert (done.returncode, done.stderr) == (0, "")
    assert files(package) == {"runspec.toml", f"hello.{STUBS[lang]}"}
    assert bare.run("check", "--strict", cwd=package).returncode == 0


@pytest.mark.parametrize("lang", RUNNING)
def test_the_stub_runs_at_once(bare: Environment, package: Path, lang: str) -> None:
    needs(lang)
    bare.run("init", "--name", "say-hello", "--lang", lang, cwd=package)
    call = ["run", "say-hello", "--", "--name", "Ada", "--shout", "-n2"]
    done = bare.run(*call, cwd=package)
    assert (done.stdout, done.stderr) == ("HELLO, ADA!\nHELLO, ADA!\n", "")
    done = bare.run("run", "say-hello", "--", "-n99", cwd=package)
    assert done.returncode == 2


@pytest.mark.parametrize("lang", ["bash", "javascript"])
def test_a_script_that_is_typed_by_its_own_name_goes_through_runspec(
    bare: Environment, package: Path, tmp_path: Path, lang: str
) -> None:
    needs(lang)
    bare.run("init", "--name", "hello", "--lang", lang, cwd=package)
    program = os.path.relpath(package / f"hello.{STUBS[lang]}", bare.bin)
    done = bare.run("--name", "Ada", program=program, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("Hello, Ada!\n", "")
    done = bare.run("--nmae", "Ada", program=program, cwd=tmp_path)
    assert done.returncode == 2
    assert "--name" in done.stderr


@pytest.mark.parametrize("lang", RUNNING)
def test_the_example_has_two_runnables_that_work(
    bare: Environment, package: Path, lang: str
) -> None:
    needs(lang)
    done = bare.run("init", "--example", "--lang", lang, cwd=package)
    assert done.returncode == 0
    assert bare.run("check", "--strict", cwd=package).returncode == 0
    data = write(
        package / "data", {"big.log": "x" * 900, "small.txt": "y", "old.log": ""}
    )
    os.utime(data / "old.log", (1_600_000_000, 1_600_000_000))
    done = bare.run("run", "largest", "--", "data", "--top", "1", cwd=package)
    assert done.stdout.split() == ["900", str(data / "big.log")]
    prune = ["run", "prune", "--", "data", "--older-than", "30", "--suffix", ".log"]
    assert "old.log" in bare.run(*prune, "--dry-run", cwd=package).stdout
    assert (data / "old.log").exists()
    assert bare.run(*prune, cwd=package).stdout == f"deleted {data / 'old.log'}\n"
    assert files(data) == {"big.log", "small.txt"}
    done = bare.run("run", "largest", "--", "nowhere", cwd=package)
    assert (done.returncode, "not a directory" in done.stderr) == (1, True)


def test_the_name_is_that_of_the_directory_when_none_is_given(
    bare: Environment, package: Path
) -> None:
    bare.run("init", cwd=package)
    assert "[hello_tool]" in (package / "runspec.toml").read_text()


def test_the_language_is_that_of_the_nearest_spec(
    bare: Environment, package: Path
) -> None:
    write(package.parent, {"runspec.toml": '[config]\nlang = "bash"\n'})
    bare.run("init", "--name", "hello", cwd=package)
    assert files(package) == {"runspec.toml", "hello.sh"}


@pytest.mark.parametrize("name", ["my tool", "config", "-x", "a/b", ".x", ""])
def test_a_name_that_cannot_be_one_is_refused(
    bare: Environment, package: Path, name: str
) -> None:
    done = bare.run("init", f"--name={name}", cwd=package)
    assert (done.returncode, files(package)) == (1, set())
    assert "name-invalid" in done.stderr


@pytest.mark.parametrize("name", ["class", "1st", "a.b", "x-y"])
def test_names_that_are_odd_to_python_or_toml_work(
    bare: Environment, package: Path, name: str
) -> None:
    bare.run("init", "--name", name, cwd=package)
    assert bare.run("check", "--strict", cwd=package).returncode == 0
    text = (package / "runspec.toml").read_text()
    assert text.startswith(f'["{name}"]' if "." in name else f"[{name}]")


@pytest.mark.parametrize(
    "taken", ["runspec.toml", "hello.py", "../../pyproject.toml", "../../.gitignore"]
)
def test_nothing_is_written_when_one_file_is_there_already(
    bare: Environment, package: Path, taken: str
) -> None:
    (package / taken).write_text("mine")
    before = files(package.parent.parent)
    done = bare.run("init", "--name", "hello", "--write-project", cwd=package)
    assert (done.returncode, done.stdout) == (1, "")
    assert os.path.basename(taken) in done.stderr
    assert files(package.parent.parent) == before
    assert (package / taken).read_text() == "mine"


def test_a_dangling_link_is_not_written_through(
    bare: Environment, package: Path, tmp_path: Path
) -> None:
    (package / "runspec.toml").symlink_to(tmp_path / "elsewhere")
    assert bare.run("init", cwd=package).returncode == 1
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_is_left_when_a_file_cannot_be_written(
    bare: Environment, package: Path
) -> None:
    """The project's directory is a name that is too long for the second file."""
    done = bare.run("init", "--name", "n" * 253, cwd=package)
    assert (done.returncode, files(package)) == (1, set())
    assert "Traceback" not in done.stderr


def test_the_project_directory_must_be_above_the_package(
    bare: Environment, package: Path, tmp_path: Path
) -> None:
    done = bare.run("init", "--project-dir", str(tmp_path / "other"), cwd=package)
    assert (done.returncode, files(package)) == (1, set())
    assert "Traceback" not in done.stderr


def test_a_folder_that_python_cannot_import_has_a_package_in_src(
    bare: Environment, tmp_path: Path
) -> None:
    folder = tmp_path / "my-tool"
    folder.mkdir()
    done = bare.run("init", "--write-project", cwd=folder)
    assert done.returncode == 0
    assert files(folder) >= {"pyproject.toml", "src/my_tool/runspec.toml"}


@pytest.mark.slow
@pytest.mark.parametrize("lang", RUNNING)
def test_the_written_project_installs_and_its_command_runs(
    make_environment: Callable[[], Environment], package: Path, lang: str
) -> None:
    needs(lang)
    environment = make_environment()
    call = ["init", "--name", "hello", "--lang", lang, "--write-project"]
    assert environment.run(*call, cwd=package).returncode == 0
    environment.install(str(package.parent.parent))
    done = environment.run("--name", "Ada", "-n2", program="hello")
    assert (done.stdout, done.stderr) == ("Hello, Ada!\nHello, Ada!\n", "")
    assert environment.run("--times", "x", program="hello").returncode == 2
    assert "1 runnable in 1 file" in environment.run("local").stdout
