"""`runspec check`, through the installed program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments import DESCRIBED, Environment, write

GOOD = f"[good]\n{DESCRIBED}"
WARNED = "[silent]\nautonomy = 'confirm'\n"
FAULTY = f"[bad]\n{DESCRIBED}outptu = 'text'\n[bad.args]\nx = {{type = 'strr'}}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Specs at several depths, and some that nobody means."""
    write(
        tmp_path,
        {
            "a/runspec.toml": GOOD,
            "a/b/runspec.toml": WARNED,
            "c/runspec.toml": FAULTY,
            ".git/runspec.toml": FAULTY,
            "node_modules/x/runspec.toml": FAULTY,
            "env/pyvenv.cfg": "",
            "env/lib/x/runspec.toml": FAULTY,
            "c/other.toml": FAULTY,
        },
    )
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    return tmp_path


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def test_every_spec_below_the_current_directory_is_checked_once(
    bare: Environment, tree: Path
) -> None:
    done = bare.run("check", cwd=tree)
    assert done.returncode == 1
    assert last_line(done.stdout) == "3 files, 1 error, 3 warnings"
    assert "c/runspec.toml:4:1" in done.stdout
    assert "c/runspec.toml:6:" in done.stdout
    assert 'did you mean "str"?' in done.stdout
    assert 'did you mean "output"?' in done.stdout


def test_a_file_of_any_name_can_be_named(bare: Environment, tree: Path) -> None:
    done = bare.run("check", "c/other.toml", "a/runspec.toml", cwd=tree)
    assert done.returncode == 1
    assert last_line(done.stdout) == "2 files, 1 error, 2 warnings"


def test_a_file_that_is_named_twice_is_checked_once(
    bare: Environment, tree: Path
) -> None:
    done = bare.run("check", "a/runspec.toml", "a/loop/a/runspec.toml", cwd=tree)
    assert last_line(done.stdout) == "1 file, 0 errors, 0 warnings"


def test_warnings_fail_only_when_it_is_strict(bare: Environment, tree: Path) -> None:
    assert bare.run("check", "a", cwd=tree).returncode == 0
    assert bare.run("check", "a", "--strict", cwd=tree).returncode == 1
    assert bare.run("check", "a/runspec.toml", "--strict", cwd=tree).returncode == 0


def test_json_has_every_fault_with_its_place(bare: Environment, tree: Path) -> None:
    done = bare.run("check", "c", "--format", "json", cwd=tree)
    found = json.loads(done.stdout)
    assert (found["errors"], found["warnings"]) == (1, 2)
    (file,) = found["files"]
    assert file["path"] == "c/runspec.toml"
    (error,) = [f for f in file["faults"] if f["severity"] == "error"]
    assert (error["code"], error["line"]) == ("unknown-type", 6)
    assert error["candidates"][0] == "str"


def test_github_gets_one_annotation_a_fault(bare: Environment, tree: Path) -> None:
    done = bare.run("check", "--format", "github", cwd=tree)
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert lines[-1].startswith("::error file=c/runspec.toml,line=6,")
    assert bare.run("check", "a/runspec.toml", "-f", "github", cwd=tree).stdout == ""


@pytest.mark.parametrize(
    ("path", "code"),
    [("absent.toml", "spec-not-found"), ("/dev/zero", "not-a-file"), ("e", "")],
)
def test_what_is_no_spec_is_an_error(
    bare: Environment, tmp_path: Path, path: str, code: str
) -> None:
    (tmp_path / "e").mkdir()
    done = bare.run("check", path, cwd=tmp_path)
    assert done.returncode == 1
    assert code in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_without_a_spec_says_so(bare: Environment, tmp_path: Path) -> None:
    done = bare.run("check", cwd=tmp_path)
    assert done.returncode == 1
    assert "spec-not-found" in done.stdout
    assert str(tmp_path) in done.stdout
    assert last_line(done.stdout) == "0 files, 1 error, 0 warnings"


def test_one_path_that_has_no_spec_does_not_hide_the_others(
    bare: Environment, tree: Path
) -> None:
    (tree / "empty").mkdir()
    done = bare.run("check", "empty", "c", cwd=tree)
    assert done.returncode == 1
    assert "unknown-type" in done.stdout
    assert "spec-not-found" in done.stdout


def test_a_name_that_is_not_utf_8_is_no_traceback(
    bare: Environment, tmp_path: Path
) -> None:
    import os

    os.makedirs(os.fsencode(tmp_path) + b"/\xff")
    with open(os.fsencode(tmp_path) + b"/\xff/runspec.toml", "w") as file:
        file.write(FAULTY)
    for form in ("text", "json", "github"):
        done = bare.run("check", "--format", form, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (1, "")
