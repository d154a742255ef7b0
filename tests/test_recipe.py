"""`runspec.recipe.parse`: what a script says it needs, and what is wrong with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environments import write
from runspec import SpecError
from runspec.errors import FilePlace
from runspec.recipe import Recipe, parse
from runspec.source.spec import read_spec, runnable_name
from runspec.spec.build import build
from runspec.spec.names import section_name

EXAMPLE = """\
#!/usr/bin/env python3
# /// script
# [tool.runspec]
# schema = "1"
# docs = "https://example.org/v1/spec.md"
# name = "nano3/pretrain"
# image = "nvcr.io/nvidia/nemo:25.11.nemotron_3_nano"
# setup = "NeMo and all training dependencies are pre-installed in the image."
#
# [tool.runspec.run]
# launch = "torchrun"
#
# [tool.runspec.config]
# dir = "./config"
# default = "default"
# format = "omegaconf"
#
# [tool.runspec.resources]
# nodes = 1
# gpus_per_node = 8
#
# [tool.runspec.env]
# NCCL_NVLS_ENABLE = "0"
# ///

import torch
"""


def recipe(folder: Path, text: str, name: str = "train.py") -> Recipe:
    return parse(write(folder, {name: text}) / name)


def block(*lines: str) -> str:
    return "\n".join(["# /// script", *(f"# {line}" for line in lines), "# ///", ""])


def codes(error: SpecError) -> list[str]:
    return [fault.code for fault in error.faults]


def test_a_recipe_has_the_attributes_of_the_document(tmp_path: Path) -> None:
    spec = recipe(tmp_path, EXAMPLE)
    assert spec.schema == "1"
    assert spec.docs == "https://example.org/v1/spec.md"
    assert spec.name == "nano3/pretrain"
    assert spec.image == "nvcr.io/nvidia/nemo:25.11.nemotron_3_nano"
    assert spec.setup.startswith("NeMo and all")
    assert (spec.run.launch, spec.run.workdir) == ("torchrun", None)
    assert spec.run.cmd == "python {script} --config {config}"
    assert (spec.config.dir, spec.config.default) == ("./config", "default")
    assert spec.config.format == "omegaconf"
    assert (spec.resources.nodes, spec.resources.gpus_per_node) == (1, 8)
    assert dict(spec.env) == {"NCCL_NVLS_ENABLE": "0"}
    assert spec.config_dir == str(tmp_path / "config")
    assert spec.script_path == spec.spec_path == str(tmp_path / "train.py")
    assert spec.runnable.name == "nano3-pretrain"
    assert (spec.dependencies, spec.requires_python) == ((), None)
    assert spec.warnings == ()


def test_a_recipe_that_says_nothing_has_the_defaults_of_the_document(
    tmp_path: Path,
) -> None:
    spec = recipe(tmp_path, block("[tool.runspec]"))
    assert (spec.schema, spec.docs, spec.name, spec.setup) == ("1", "", "", "")
    assert spec.image is None
    assert (spec.run.launch, spec.run.workdir) == ("torchrun", None)
    assert spec.run.cmd == "python {script} --config {config}"
    assert (spec.config.dir, spec.config.default) == ("./config", "default")
    assert spec.config.format == "omegaconf"
    assert (spec.resources.nodes, spec.resources.gpus_per_node) == (1, 8)
    assert dict(spec.env) == {}
    assert spec.runnable.name == "train"


def test_it_is_told_what_the_script_says_from_what_is_a_default(tmp_path: Path) -> None:
    spec = recipe(tmp_path, EXAMPLE)
    assert spec.declares("name")
    assert spec.declares("run")
    assert spec.declares("run", "launch")
    assert spec.declares("env", "NCCL_NVLS_ENABLE")
    assert not spec.declares("run", "cmd")
    assert not spec.declares("env", "OTHER")
    assert not spec.declares("args")


def test_a_recipe_cannot_be_changed(tmp_path: Path) -> None:
    spec = recipe(tmp_path, EXAMPLE)
    with pytest.raises(AttributeError, match="read-only"):
        spec.warnings = ()
    with pytest.raises(AttributeError):
        spec.name = "x"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="read-only"):
        spec.run.launch = "ray"
    with pytest.raises(TypeError):
        spec.env["A"] = "b"  # type: ignore[index]


def test_the_config_directory_is_that_of_the_script_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = block("[tool.runspec]", "[tool.runspec.config]", "dir = '../conf/a'")
    write(tmp_path, {"stage/train.py": text})
    monkeypatch.chdir(tmp_path)
    assert parse("stage/train.py").config_dir == str(tmp_path / "conf" / "a")


def test_doubts_are_warnings_and_the_recipe_is_there(tmp_path: Path) -> None:
    spec = recipe(
        tmp_path,
        block(
            "requires_python = '>=3.11'",
            "[tool.runspec]",
            "schema = '9'",
            "[tool.runspec.resources]",
            "gpus_per_nod = 4",
        ),
    )
    shown = [
        (fault.code, fault.place.line, fault.place.column, fault.candidates)
        for fault in spec.warnings
        if isinstance(fault.place, FilePlace)
    ]
    assert shown == [
        ("unknown-key", 2, 3, ("requires-python",)),
        ("version-unsupported", 4, 12, ()),
        ("unknown-key", 6, 3, ("gpus_per_node",)),
    ]
    assert spec.resources.gpus_per_node == 8


def test_everything_that_is_wrong_is_said_at_once_and_where(tmp_path: Path) -> None:
    text = block(
        "dependencies = 'torch'",
        "[tool.runspec]",
        "image = 3",
        "name =",
        "[tool.runspec.run]",
        "launch = 'torchrn'",
    )
    with pytest.raises(SpecError) as caught:
        recipe(tmp_path, f'"""It trains."""\n\n{text}')
    places = [
        (fault.code, fault.place.line, fault.place.column)
        for fault in caught.value.faults
        if isinstance(fault.place, FilePlace)
    ]
    assert places == [
        ("field-type", 4, 18),
        ("field-type", 6, 11),
        ("toml-syntax", 7, 9),
        ("unknown-value", 9, 12),
    ]
    assert "9 | # launch = 'torchrn'" in str(caught.value)
    assert 'did you mean "torchrun"?' in str(caught.value)


def test_a_section_of_a_spec_file_is_a_recipe_too(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "runspec.toml": "[config]\nautonomy-default = 'manual'\n"
            "[train.run]\nlaunch = 'ray'\n[other]\n",
            "train.py": "",
        },
    )
    for path in (tmp_path, tmp_path / "runspec.toml"):
        spec = parse(path, "train")
        assert spec.run.launch == "ray"
        assert spec.script_path == str(tmp_path / "train.py")
        assert spec.config_dir == str(tmp_path / "config")
        assert spec.project.autonomy_default == "manual"
    with pytest.raises(SpecError) as caught:
        parse(tmp_path)
    assert codes(caught.value) == ["runnable-unnamed"]
    with pytest.raises(SpecError) as caught:
        parse(tmp_path, "trian")
    assert codes(caught.value) == ["unknown-runnable"]
    assert caught.value.faults[0].candidates == ("train",)


def test_a_script_is_known_by_its_identity_and_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, {"train.py": EXAMPLE}) / "train.py"
    for name in ("nano3/pretrain", "nano3-pretrain"):
        assert parse(path, name).name == "nano3/pretrain"
    with pytest.raises(SpecError) as caught:
        parse(path, "sft")
    assert codes(caught.value) == ["unknown-runnable"]


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    with open(tmp_path / "zeros.py", "wb") as file:
        file.truncate(17 * 1024 * 1024)
    found = {}
    for name in ("pipe.py", "folder.py", "zeros.py", "gone.py", "a\0b.py"):
        with pytest.raises(SpecError) as caught:
            parse(tmp_path / name)
        found[name] = codes(caught.value)
    assert found == {
        "pipe.py": ["not-a-file"],
        "folder.py": ["not-a-file"],
        "zeros.py": ["too-large"],
        "gone.py": ["spec-not-found"],
        "a\0b.py": ["unreadable"],
    }


def test_only_the_head_of_a_large_script_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, {"train.py": EXAMPLE}) / "train.py"
    with open(path, "ab") as file:
        file.truncate(1 << 40)
    assert parse(path).name == "nano3/pretrain"


@given(st.text(), st.text(st.characters(exclude_characters="/\0")))
def test_any_identity_gives_a_name_that_tools_and_jobs_can_have(
    identity: str, stem: str
) -> None:
    name = runnable_name(identity, f"/x/{stem}.py")
    assert section_name(name)
    assert name != "config"
    assert not name.endswith("-")


@given(st.text())
def test_any_block_gives_faults_and_no_crash(text: str) -> None:
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"runspec-{os.getpid()}.py"
    path.write_text(block("[tool.runspec]", *text.split("\n")), "utf-8", newline="")
    try:
        for fault in build(read_spec(str(path))).faults:
            assert isinstance(fault.place, FilePlace)
            assert fault.place.line >= 1
            assert fault.place.text == "" or fault.place.text.startswith("#")
    except UnicodeEncodeError:
        pass
    finally:
        path.unlink(missing_ok=True)


OWN = block(
    "[tool.runspec]",
    "name = 'a/b'",
    "[tool.runspec.args]",
    "lr = 0.1",
) + (
    "import sys, runspec\n"
    "args = runspec.parse()\n"
    "print(args.lr.value, args.runspec_source, 'runspec.source.toml' in sys.modules)\n"
)


def started(path: Path, *argv: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, str(path), *argv],
        capture_output=True,
        text=True,
        cwd=path.parent,
        env={"PATH": os.environ["PATH"], "HOME": str(path.parent), **environ},
        timeout=300,
    )
    assert done.returncode == 0, done
    return done.stdout


def old(path: Path) -> Path:
    """Long unchanged, so that its compiled form is kept."""
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_a_running_script_is_its_own_spec_and_its_block_is_read_once(
    tmp_path: Path,
) -> None:
    path = old(write(tmp_path, {"t.py": OWN, "runspec.toml": "[t]\n"}) / "t.py")
    assert started(path, "--lr", "1") == f"1.0 {path} True\n"
    assert started(path, "--lr", "2") == f"2.0 {path} False\n"
    path.write_text(OWN.replace("0.1", "0.25"), "utf-8")
    assert started(path) == f"0.25 {path} True\n"


def test_a_spec_that_is_named_goes_before_a_script_s_own_block(tmp_path: Path) -> None:
    other = "[t]\n[t.args]\nlr = 7\n"
    path = write(tmp_path, {"t.py": OWN, "other.toml": other}) / "t.py"
    named = str(tmp_path / "other.toml")
    assert started(path, RUNSPEC_CONFIG=named).startswith(f"7 {named}")


def test_a_script_that_another_imports_is_not_the_spec(tmp_path: Path) -> None:
    main = "import t\n"
    spec = "[main]\n[main.args]\nlr = 7\n"
    files = {"t.py": OWN, "main.py": main, "runspec.toml": spec}
    path = write(tmp_path, files) / "main.py"
    assert started(path).startswith(f"7 {tmp_path / 'runspec.toml'}")
