"""Recipes by the command: listed, checked, shown, run and served."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from environments import Environment, write
from rigs.desk import Client, text
from runspec.mcp.toolbox import Selection, open_toolbox

HEAD = "# /// script\n# [tool.runspec]\n"
PLAIN = (
    f"{HEAD}# name = 'tools/echo'\n"
    "# description = 'Says it'\n# autonomy = 'autonomous'\n"
    "# [tool.runspec.args]\n# word = {default = 'hi', description = 'A word'}\n# ///\n"
    "import sys, os\nprint(sys.argv[1:], os.environ['RUNSPEC_WORD'])\n"
)
LAUNCHED = f"""\
{HEAD}# name = 'nano3/pretrain'
# [tool.runspec.run]
# launch = 'python'
# ///
"""
LOCAL = """\
# [tool.runspec.run]
# launch = 'direct'
# cmd = 'python {script}'
# [tool.runspec.resources]
# gpus_per_node = 0
# [tool.runspec.args]"""
FAULTY = f"{HEAD}# image = 3\n# nmae = 'x'\n# ///\n"
SPEC = "[deploy]\ndescription = 'x'\nautonomy = 'manual'\n[old.run]\nlaunch = 'ray'\n"
MOST_MEGABYTES = 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "a/echo.py": PLAIN,
        "a/train.py": LAUNCHED,
        "b/runspec.toml": SPEC,
        "b/old.py": "print('old')\n",
        "b/uv.py": "# /// script\n# dependencies = ['runspec']\n# ///\n",
        ".venv/pyvenv.cfg": "",
        ".venv/x.py": FAULTY,
        "env/pyvenv.cfg": "",
        "env/x.py": FAULTY,
    }
    return write(tmp_path, files)


def test_a_list_has_every_recipe_and_spec_in_columns(
    bare: Environment, folder: Path
) -> None:
    done = bare.run("list", cwd=folder)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "name            kind    launch    path",
        "tools/echo      recipe  torchrun  a/echo.py",
        "nano3/pretrain  recipe  direct    a/train.py",
        "deploy          spec    -         b/runspec.toml",
        "old             recipe  ray       b/runspec.toml",
        "",
        "3 recipes, 1 spec, 2 warnings; `runspec check` shows all",
    ]


def test_a_list_as_json_is_for_other_tools(bare: Environment, folder: Path) -> None:
    done = bare.run("list", str(folder / "a"), "--format", "json")
    found = json.loads(done.stdout)
    assert (found["files"], found["errors"], found["faults"]) == (2, 0, [])
    assert found["runnables"][1] == {
        "name": "nano3/pretrain",
        "runnable": "nano3-pretrain",
        "kind": "recipe",
        "launch": "direct",
        "path": str(folder / "a" / "train.py"),
        "usable": True,
    }


def test_a_list_says_what_is_faulty_and_fails(bare: Environment, folder: Path) -> None:
    write(folder, {"c/bad.py": FAULTY})
    done = bare.run("list", cwd=folder)
    assert done.returncode == 1
    assert "bad             recipe  -         c/bad.py" in done.stdout
    assert " --> c/bad.py:3:11" in done.stdout
    assert "nmae" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("4 recipes, 1 spec, 1 error, 3 warn")


def test_a_list_of_nothing_says_how_to_begin(bare: Environment, tmp_path: Path) -> None:
    done = bare.run("list", cwd=tmp_path)
    assert done.returncode == 0
    assert "no recipes or specs" in done.stdout
    assert "[tool.runspec]" in done.stdout


@pytest.mark.slow
def test_ten_thousand_files_take_little_memory(
    bare: Environment, tmp_path: Path
) -> None:
    code = '"""Code."""\n\n\ndef double(x):\n    return 2 * x\n' * 100
    for number in range(10_000):
        folder = tmp_path / str(number // 100)
        folder.mkdir(exist_ok=True)
        head = LAUNCHED if number % 10 == 0 else ""
        (folder / f"f{number}.py").write_text(head + code, "utf-8")
    done = bare.run("list", cwd=tmp_path)
    assert "1000 recipes" in done.stdout.splitlines()[-1]
    own = [str(bare.bin / "python"), "-c", MEMORY, str(bare.bin / "runspec"), "list"]
    peak = subprocess.run(own, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(peak.stderr) < MOST_MEGABYTES * 1024


MEMORY = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""


def test_a_folder_is_checked_with_its_recipes(bare: Environment, folder: Path) -> None:
    write(folder, {"c/bad.py": FAULTY, "d/torn.py": HEAD + "# name = 'x'\n"})
    done = bare.run("check", "--format", "json", cwd=folder)
    assert done.returncode == 1
    files = {f["path"]: f["faults"] for f in json.loads(done.stdout)["files"]}
    assert sorted(files) == [
        *("a/echo.py", "a/train.py", "b/runspec.toml", "c/bad.py", "d/torn.py")
    ]
    assert [(f["code"], f["line"], f["column"]) for f in files["c/bad.py"]] == [
        ("field-type", 3, 11),
        ("unknown-key", 4, 3),
    ]
    assert files["c/bad.py"][1]["candidates"] == ["name"]
    assert [f["code"] for f in files["d/torn.py"]] == ["block-unclosed"]


def test_a_script_is_shown_with_every_default_and_the_reason_of_each(
    bare: Environment, folder: Path
) -> None:
    done = bare.run("show", "a/train.py", "--format", "json", cwd=folder)
    found = json.loads(done.stdout)
    assert found["recipe"] == {
        "name": "nano3/pretrain",
        "image": None,
        "setup": "",
        "docs": "",
        "schema": "1",
        "run": {
            "launch": "direct",
            "cmd": "python {script} --config {config}",
            "workdir": None,
        },
        "config": {
            "dir": "./config",
            "default": "default",
            "format": "omegaconf",
            "overrides": "strict",
        },
        "resources": {"nodes": 1, "gpus_per_node": 8},
        "env": {},
        "dependencies": [],
        "requires_python": None,
        "config_dir": str(folder / "a" / "config"),
        "script_path": str(folder / "a" / "train.py"),
    }
    assert found["why"]["recipe"]["run"]["launch"] == "declared"
    assert found["why"]["recipe"]["run"]["cmd"] == "default"
    assert found["runnable"]["autonomy"] == "confirm"
    shown = bare.run("show", "./a/train.py", cwd=folder).stdout.splitlines()
    assert ["run.launch", '"direct"', "declared"] in [line.split() for line in shown]


def test_a_script_is_run_by_its_path_and_by_runspec_config(
    bare: Environment, folder: Path
) -> None:
    done = bare.run("run", "./echo.py", "--", "--word", "ho", cwd=folder / "a")
    assert done.stdout == "['--word', 'ho'] ho\n"
    config = str(folder / "a" / "echo.py")
    done = bare.run("run", "tools-echo", RUNSPEC_CONFIG=config)
    assert done.stdout == "[] hi\n"
    done = bare.run("run", "a/echo.py", "--", "--wrod", "ho", cwd=folder)
    assert done.returncode == 2
    assert "--word" in done.stderr


@pytest.mark.slow
def test_a_script_with_arguments_is_a_tool(bare: Environment, folder: Path) -> None:
    with Client(bare, folder, "--path", str(folder / "a" / "echo.py")) as client:
        assert client.names() == ["tools-echo"]
        result = client.call("tools-echo", word="ho")
        assert text(result) == "['--word=ho'] ho\n"


def test_a_tool_with_launch_tables_is_launched(folder: Path) -> None:
    paths = (str(folder / "a" / "train.py"), str(folder / "b"))
    tools = open_toolbox(Selection(paths=paths)).tools
    launched = tools["nano3-pretrain"].program()
    script = str(folder / "a" / "train.py")
    assert launched.argv[-5:] == ("-m", "runspec", "launch", script, "--")
    assert launched.script is None
    assert tools["nano3-pretrain"].autonomy == "confirm"
    assert tools["old"].program().argv[-3:] == ("launch", "old", "--")


@pytest.mark.slow
def test_a_call_of_a_launched_tool_runs_the_script_and_is_recorded_once(
    bare: Environment, tmp_path: Path
) -> None:
    script = PLAIN.replace("tools/echo", "tools/once")
    write(tmp_path, {"echo.py": script.replace("# [tool.runspec.args]", LOCAL)})
    with Client(bare, tmp_path, "--path", str(tmp_path / "echo.py")) as client:
        assert text(client.call("tools-once", word="ho")) == "['--word=ho'] ho\n"
    shown = bare.run("history", "--runnable", "tools-once", "--format", "json")
    assert [run["state"] for run in json.loads(shown.stdout)] == ["ok"]
