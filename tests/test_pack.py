"""The code that goes along with a launch."""

from __future__ import annotations

import os
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from runspec.errors import RunspecError
from runspec.launch.pack import pack

pytestmark = pytest.mark.usefixtures("identity")


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "a")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@b")


def git(folder: Path, *words: str) -> None:
    allowed = ("-c", "protocol.file.allow=always", *words)
    subprocess.run(["git", *allowed], cwd=folder, check=True, capture_output=True)


def repository(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "1")
    return folder


def members(
    root: Path, packager: str = "git", patterns: Sequence[str] = (), most: int = 9
) -> dict[str, tarfile.TarInfo]:
    archive = pack(str(root), packager, patterns, most, needed="train.py")
    with archive.file, tarfile.open(fileobj=archive.file) as tar:
        return {member.name: member for member in tar}


def digest(root: Path) -> str:
    archive = pack(str(root), "git", (), 9, needed="train.py")
    archive.file.close()
    return archive.digest


def code(root: Path, packager: str = "git", most: int = 9) -> tuple[str, str]:
    with pytest.raises(RunspecError) as raised:
        pack(str(root), packager, (), most, needed="train.py")
    (fault,) = raised.value.faults
    return fault.code, str(raised.value)


def test_what_git_tracks_or_would_goes_along(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", train="1", gone="2")
    (root / "gone.py").unlink()
    (root / "new.py").write_text("3")
    (root / ".gitignore").write_text("*.bin\n")
    (root / "large.bin").write_text("4")
    (root / ".runspec_env").write_text("TOKEN=5\n")
    assert members(root).keys() == {"train.py", "new.py", ".gitignore"}


def test_repositories_within_go_along(tmp_path: Path) -> None:
    deep = repository(tmp_path / "deep", deep="1")
    sub = repository(tmp_path / "sub", sub="1")
    git(sub, "submodule", "add", str(deep), "deep")
    git(sub, "commit", "-qm", "2")
    root = repository(tmp_path / "a", train="1")
    git(root, "submodule", "add", str(sub), "sub")
    git(root, "submodule", "update", "--init", "--recursive")
    (root / "sub" / "untracked.py").write_text("2")
    repository(root / "nested", nested="1")
    names = {name for name in members(root) if name.endswith(".py")}
    expected = {"train.py", "sub/sub.py", "sub/untracked.py", "sub/deep/deep.py"}
    assert names == expected | {"nested/nested.py"}


def test_a_submodule_that_was_never_fetched_is_empty(tmp_path: Path) -> None:
    sub = repository(tmp_path / "sub", sub="1")
    root = repository(tmp_path / "a", train="1")
    git(root, "submodule", "add", str(sub), "sub")
    git(root, "submodule", "deinit", "--force", "sub")
    assert members(root).keys() == {"train.py", ".gitmodules"}


def test_links_and_modes_are_kept(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", train="1")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o750)
    (root / "link").symlink_to("train.py")
    (root / "nowhere").symlink_to("/nonexistent")
    os.link(root / "train.py", root / "twin.py")
    found = members(root)
    assert found["run.sh"].mode == 0o750
    assert (found["link"].issym(), found["link"].linkname) == (True, "train.py")
    assert found["nowhere"].linkname == "/nonexistent"
    assert found["twin.py"].isreg()
    assert found["twin.py"].size == 1


def test_the_same_files_have_the_same_name(tmp_path: Path) -> None:
    first = repository(tmp_path / "a", train="1", other="2")
    second = repository(tmp_path / "b", other="2", train="1")
    for path in second.glob("*.py"):
        os.utime(path, (1, 1))
    assert digest(first) == digest(second)
    (second / "other.py").write_text("3")
    changed = digest(second)
    assert changed != digest(first)
    (second / "other.py").chmod(0o755)
    assert digest(second) != changed


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", train="1")
    odd = os.fsdecode(b"a\xff 'b'\n.py")
    (root / odd).write_text("2")
    archive = pack(str(root), "git", (), 9, needed="train.py")
    out = tmp_path / "out"
    out.mkdir()
    with archive.file:
        subprocess.run(["tar", "-xf", "-", "-C", out], stdin=archive.file, check=True)
    assert (out / odd).read_text() == "2"


def test_outside_a_repository_every_file_goes_along(tmp_path: Path) -> None:
    (tmp_path / "sub" / "__pycache__").mkdir(parents=True)
    for name in ("train.py", "sub/a.py", "sub/__pycache__/a.pyc", ".runspec_env"):
        (tmp_path / name).write_text("1")
    os.mkfifo(tmp_path / "pipe")
    assert members(tmp_path).keys() == {"train.py", "sub/a.py"}


def test_patterns_name_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a" / "lib").mkdir(parents=True)
    root = tmp_path / "a"
    for name in ("train.py", "lib/b.py", "lib/.runspec_env", "data.bin", "../out.py"):
        (root / name).write_text("1")
    found = members(root, "pattern", ("*.py", "lib", "../out.py"))
    assert found.keys() == {"train.py", "lib/b.py"}


def test_too_much_is_said_with_the_largest_files(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", train="1")
    (root / "model.bin").write_bytes(b"\0" * 2_000_000)
    found, said = code(root, most=1)
    assert found == "code-too-large"
    assert "model.bin (2.0 MB)" in said


def test_a_script_that_would_be_missing_is_said(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", train="1")
    git(root, "rm", "--cached", "train.py")
    (root / ".gitignore").write_text("train.py\n")
    assert code(root)[0] == "code-missing"
    assert code(root, "pattern")[0] == "code-missing"


def test_a_repository_that_git_refuses_isnt_guessed_at(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", train="1")
    (root / ".git" / "HEAD").write_text("nonsense")
    assert code(root)[0] == "git-failed"


def test_what_a_hook_of_git_has_set_doesnt_lead_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "a", train="1")
    other = repository(tmp_path / "b", other="1")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert members(root).keys() == {"train.py"}


def test_a_file_of_secrets_is_never_sent(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", train="")
    (root / ".env").write_text("TOKEN=x")
    git(root, "add", "-f", ".env")
    (root / "sub").mkdir()
    (root / "sub" / ".env").write_text("TOKEN=x")
    assert sorted(members(root)) == ["train.py"]


def test_outside_a_repository_what_is_ignored_stays(tmp_path: Path) -> None:
    files = {
        "train.py": "",
        ".gitignore": "data/\n*.log\n!keep.log\n",
        "data/large": "",
        "keep.log": "",
        "run.log": "",
        "pkg/.gitignore": "made.py\n!run.log\n",
        "pkg/made.py": "",
        "pkg/own.py": "",
        "pkg/run.log": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    names = {each for each in members(tmp_path) if not each.endswith(".gitignore")}
    assert names == {"train.py", "keep.log", "pkg/own.py", "pkg/run.log"}
