"""The example packages, as a user of them sees them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "examples" / "pipeline" / "data"


def run(folder: Path, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder.parent / "home"),
        "LANG": "C.UTF-8",
        **variables,
    }
    return subprocess.run(
        argv, cwd=folder, env=environ, capture_output=True, text=True, timeout=300
    )


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "orders"))


def convert(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    call = ["pipeline", "run", "--input", "orders.csv", "--fields", "id,total"]
    return run(folder, *call, "--tag", "eu", *more, PIPELINE_API_KEY="k1")


@pytest.mark.slow
def test_the_demo_ends_every_step_as_it_should() -> None:
    done = run(ROOT, sys.executable, "tools/demo.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_greeting_is_repeated_and_loud(tmp_path: Path) -> None:
    done = run(tmp_path, "greet", "--name", "Ada", "-sn2", GREETING="Salut")
    assert done.stdout == "SALUT, ADA!\nSALUT, ADA!\n"


def test_a_csv_file_becomes_json_with_the_fields_and_tags_asked_for(
    orders: Path,
) -> None:
    done = convert(orders, "--tag", "web", "--batch-size", "2")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads((orders / "orders.out.json").read_text())
    assert found[0] == {"id": "1001", "total": "19.90", "tags": "eu web"}
    assert [record["id"] for record in found] == ["1001", "1002", "1003", "1004"]


def test_a_dry_run_writes_nothing(orders: Path) -> None:
    done = convert(orders, "--dry-run")
    assert done.stdout == "would write 4 records to orders.out.json\n"
    assert sorted(p.name for p in orders.iterdir()) == sorted(
        p.name for p in DATA.iterdir()
    )


def test_an_incomplete_record_stops_a_strict_run(orders: Path) -> None:
    done = convert(orders, "--strict")
    assert done.returncode == 1
    assert done.stderr == "pipeline: record 4 has no total\n"


def test_records_that_break_the_schema_are_listed(orders: Path) -> None:
    call = ["pipeline", "validate", "--input", "orders.csv"]
    done = run(orders, *call, "--schema", "orders.schema.json", "--format", "csv")
    assert done.returncode == 1
    assert done.stdout == "record,field,problem\n4,total,is missing\n"


def test_a_backup_holds_the_folder_without_what_is_excluded(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a b.txt").write_text("hello")
    (notes / "c.tmp").write_text("scratch")
    done = run(tmp_path, "backup", "notes", "--exclude", "*.tmp", "--exclude", "x y")
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("notes-*.tar.gz")
    listed = run(tmp_path, "tar", "--list", "--file", str(archive)).stdout
    assert listed.split("\n") == ["notes/", "notes/a b.txt", ""]


def test_only_the_newest_backups_of_that_folder_are_kept(tmp_path: Path) -> None:
    for name in ("notes", "notes-2"):
        (tmp_path / name).mkdir()
        run(tmp_path, "backup", name)
    for _ in range(3):
        done = run(tmp_path, "backup", "notes", "--keep", "2")
        assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in tmp_path.glob("*.tar.gz"))
    assert [name.startswith("notes-2-") for name in names] == [True, False, False]


def test_a_backup_with_a_passphrase_is_no_archive_to_anyone_else(
    tmp_path: Path,
) -> None:
    (tmp_path / "notes").mkdir()
    done = run(tmp_path, "backup", "notes", BACKUP_PASSPHRASE="open sesame")
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("notes-*.tar.gz.enc")
    assert archive.read_bytes().startswith(b"Salted__")


def test_a_wrong_backup_call_is_refused_before_bash_sees_it(tmp_path: Path) -> None:
    done = run(tmp_path, "backup", "notes", "--keep", "0")
    assert done.returncode == 2
    assert list(tmp_path.glob("notes-*")) == []
