"""What people do in the first hour, wrongly first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

from environments import Environment, wheel, write

PRUNE = """\
[prune]
description = "Prunes"
autonomy = "confirm"

[prune.commands.top]
description = "All"
args.force = {default = false, description = "Anyway"}
args.host = {default = "dev", description = "Where"}

[prune.commands.sub]
description = "Some"
args.depth = {default = 1, description = "How deep"}
args.force = {default = false, description = "Anyway"}
args.host = {default = "dev", description = "Where"}
"""
CALLS_ITSELF = """\
echo "$RUNSPEC_COMMAND force=$RUNSPEC_FORCE host=$RUNSPEC_HOST"
if [[ $RUNSPEC_COMMAND == top ]]; then
    ./prune.sh sub --depth 2
    ./prune.sh --nonsense
fi
"""


def _guarded(bare: Environment, folder: Path) -> Path:
    """The stub that `init --lang bash` writes, with what a person adds to it."""
    folder.mkdir(exist_ok=True)
    bare.run("init", "--name", "prune", "--lang", "bash", cwd=folder)
    stub = folder / "prune.sh"
    head, _, _ = stub.read_text("utf-8").partition("\ngreeting=")
    write(folder, {"prune.sh": head + "\n" + CALLS_ITSELF, "runspec.toml": PRUNE})
    return folder


def test_a_script_that_calls_itself_has_each_call_checked(
    bare: Environment, tmp_path: Path
) -> None:
    folder = _guarded(bare, tmp_path)
    done = bare.run(
        "top", "--force", "--host", "prod", program=str(folder / "prune.sh"), cwd=folder
    )
    assert done.stdout.splitlines() == [
        "top force=1 host=prod",
        "sub force=0 host=dev",
    ]
    assert "--nonsense" in done.stderr
    assert done.returncode == 2


def test_what_the_operator_set_holds_for_nested_calls_too(
    bare: Environment, tmp_path: Path
) -> None:
    folder = _guarded(bare, tmp_path)
    own = {"RUNSPEC_PRUNE_ARG_HOST": "test"}
    done = bare.run("run", "prune", "top", "--host", "prod", cwd=folder, **own)
    assert done.stdout.splitlines() == [
        "top force=0 host=prod",
        "sub force=0 host=test",
    ]


def test_a_python_program_that_calls_another_call_of_itself(
    bare: Environment, tmp_path: Path
) -> None:
    program = """\
import os, subprocess, sys
from runspec import parse
args = parse("prune")
print(*args.runspec_command_path, args.force.value, args.force.source, flush=True)
if args.runspec_command == "top":
    subprocess.run([sys.executable, __file__, "sub"], check=True)
"""
    folder = write(tmp_path, {"runspec.toml": PRUNE, "prune.py": program})
    done = bare.run("run", "prune", "--", "top", "--force", cwd=folder)
    assert done.stdout.splitlines() == ["top True cli", "sub False spec_default"]


def test_a_guard_behind_a_wrapper_ends(bare: Environment, tmp_path: Path) -> None:
    folder = _guarded(bare, tmp_path)
    wrapper = '#!/bin/sh\n"$(dirname "$0")"/../prune.sh "$@"\n'
    write(folder, {"bin/prune": wrapper})
    (folder / "bin" / "prune").chmod(0o755)
    (folder / "prune.sh").rename(folder / "tool.sh")
    write(folder, {"prune.sh": (folder / "tool.sh").read_text("utf-8")})
    (folder / "prune.sh").chmod(0o755)
    done = bare.run("sub", program=str(folder / "bin" / "prune"), cwd=folder)
    assert (done.stdout, done.returncode) == ("sub force=0 host=dev\n", 0)


def test_a_linked_stub_finds_its_spec(bare: Environment, tmp_path: Path) -> None:
    folder = _guarded(bare, tmp_path / "tool")
    link = tmp_path / "p"
    link.symlink_to(folder / "prune.sh")
    done = bare.run("sub", program=str(link))
    assert (done.stdout, done.returncode) == ("sub force=0 host=dev\n", 0)


def test_a_stub_without_runspec_says_so(bare: Environment, tmp_path: Path) -> None:
    folder = _guarded(bare, tmp_path)
    path = os.pathsep.join(("/usr/bin", "/bin"))
    done = bare.run("sub", program=str(folder / "prune.sh"), PATH=path)
    assert done.returncode == 127
    assert done.stderr.count("\n") == 1
    assert "install" in done.stderr


def test_options_of_the_program_need_no_separator(
    bare: Environment, tmp_path: Path
) -> None:
    folder = _guarded(bare, tmp_path)
    done = bare.run("run", "prune", "sub", "--help", cwd=folder)
    assert done.stdout.startswith("Usage: prune sub")
    done = bare.run("run", "prune", "--", "sub", "--force", cwd=folder)
    assert done.stdout == "sub force=1 host=dev\n"


def test_a_script_in_another_language_is_found_as_a_python_one_is(
    bare: Environment, tmp_path: Path
) -> None:
    block = '# /// script\n# [tool.runspec]\n# description = "D"\n'
    block += '# autonomy = "autonomous"\n# ///\n'
    write(tmp_path, {"deploy.sh": f"#!/bin/bash\n{block}echo from $BASH\n"})
    assert "deploy.sh" in bare.run("list", cwd=tmp_path).stdout
    done = bare.run("run", "./deploy.sh", cwd=tmp_path)
    assert done.stdout.startswith("from /")
    assert "deploy.sh" in bare.run("run", "deploy", cwd=tmp_path).stderr


def _calls(folder: Path, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), **more}
    return subprocess.run(
        [sys.executable, "p.py", *argv],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
    )


PARSES = "import runspec\nrunspec.parse('p')\n"
VALUES = """\
[p]
description = "Tries it"
autonomy = "autonomous"

[p.args]
name = {default = "Ada", description = "Who"}
n = {default = 3, description = "How often"}
x = {type = "str", multiple = true, required = false, description = "Things"}
to = {type = "path", default = "-", description = "Where to"}
pw = {type = "password", env = "PW", required = false, description = "Secret"}
"""


def test_an_argument_in_a_text_is_its_value(tmp_path: Path) -> None:
    program = """\
from runspec import parse
args = parse("p")
print(f"/srv/{args.name}/x", str(args.n), f"{args.n:03}", str(args.pw), f"{args.pw}")
"""
    write(tmp_path, {"runspec.toml": VALUES, "p.py": program})
    done = _calls(tmp_path, PW="hunter2hunter2")
    assert done.stdout == "/srv/Ada/x 3 003 *** ***\n"


@pytest.mark.parametrize(
    "use", ['"%d" % args.n', '",".join(args.x)', "Path(args.x)", "int(args.n)"]
)
def test_an_argument_taken_for_its_value_says_what_to_write(
    tmp_path: Path, use: str
) -> None:
    program = "from pathlib import Path\nfrom runspec import parse\n"
    program += f"args = parse('p')\n{use}\n"
    write(tmp_path, {"runspec.toml": VALUES, "p.py": program})
    assert ".value" in _calls(tmp_path).stderr


def test_a_path_goes_where_the_system_goes(tmp_path: Path) -> None:
    program = "from runspec import parse\nargs = parse('p')\nprint(args.to.value)\n"
    write(tmp_path, {"runspec.toml": VALUES, "p.py": program, "real/deep/x": ""})
    write(tmp_path, {"real/file": "beside deep"})
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "real" / "deep")
    done = _calls(tmp_path, "--to", "a/./link/../file")
    assert Path(done.stdout.strip()).read_text("utf-8") == "beside deep"
    assert _calls(tmp_path).stdout == "-\n"
    assert _calls(tmp_path, "--to", "-").stdout == "-\n"
    assert _calls(tmp_path, "--to", "./-").stdout == f"{tmp_path}/-\n"


def test_a_text_where_another_type_belongs_is_called_a_text(tmp_path: Path) -> None:
    spec = VALUES.replace("default = 3", 'type = "int", default = "5"')
    spec = spec.replace('required = false, description = "Secret"', 'required = "true"')
    write(tmp_path, {"runspec.toml": spec, "p.py": PARSES})
    said = _calls(tmp_path).stderr
    assert 'not "5" (text)' in said
    assert 'not "true" (text)' in said


def test_workers_of_a_pool_belong_to_the_run(tmp_path: Path) -> None:
    program = """\
import copy, multiprocessing, pickle
from runspec import parse
args = parse("p")
def work(given):
    return f"{given.name} {given.n.value} {args.name}"
if __name__ == "__main__":
    pool = multiprocessing.get_context("spawn").Pool(1)
    print(pool.map(work, [args, copy.deepcopy(args)]))
    print(pickle.loads(pickle.dumps(args.name)), pickle.loads(pickle.dumps(args)).n)
    pool.close()
    pool.join()
"""
    write(tmp_path, {"runspec.toml": VALUES, "p.py": program})
    done = _calls(tmp_path, "--name", "Bob")
    assert done.stdout == "['Bob 3 Bob', 'Bob 3 Bob']\nBob 3\n", done.stderr
    history = subprocess.run(
        [sys.executable, "-m", "runspec", "history"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert history.stdout.count("\n") == 2, history.stdout


def test_errors_come_as_exceptions_and_values_as_a_dict(tmp_path: Path) -> None:
    program = """\
from runspec import CallError, parse
try:
    parse("p", ["--nonsense"], exit_on_error=False)
except CallError as error:
    print(error.faults[0].code)
print(parse("p", ["--n", "4"]).as_dict()["n"])
"""
    write(tmp_path, {"runspec.toml": VALUES, "p.py": program})
    assert _calls(tmp_path).stdout == "unknown-argument\n4\n"


GROUPS = """\
[p]
description = "Tries it"
autonomy = "autonomous"

[p.args]
mem = {default = false, description = "In memory"}
pg = {type = "str", env = "PG", required = false, description = "Database"}
n = {default = 1, description = "How often"}

[p.groups.place]
exclusive = true
args = ["mem", "pg"]
"""


def test_a_group_says_where_each_member_was_given(tmp_path: Path) -> None:
    write(tmp_path, {"runspec.toml": GROUPS, "p.py": PARSES})
    said = _calls(tmp_path, "--mem", PG="x").stderr
    assert "--pg (from the variable PG)" in said
    assert "unset PG" in said


def test_a_broken_group_is_reported_beside_other_errors(tmp_path: Path) -> None:
    write(tmp_path, {"runspec.toml": GROUPS, "p.py": PARSES})
    said = _calls(tmp_path, "--mem", "--pg", "x", "--n", "many").stderr
    assert "--n must be" in said
    assert "at most one of --mem and --pg" in said
    other = _calls(tmp_path, "--mem", "--pgg", "x").stderr
    assert "at most one" not in other


def test_init_begins_a_project_where_one_stands(
    bare: Environment, tmp_path: Path
) -> None:
    folder = tmp_path / "mytool"
    folder.mkdir()
    before = sorted(path.name for path in tmp_path.iterdir())
    done = bare.run("init", "-w", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (folder / "pyproject.toml").is_file()
    assert (folder / "src" / "mytool" / "runspec.toml").is_file()
    other = tmp_path / "My Project"
    other.mkdir()
    assert "--name" in bare.run("init", "-w", cwd=other).stderr


def test_a_word_of_another_library_gets_the_word_used_here(tmp_path: Path) -> None:
    for field, words in (
        ('choices = ["a", "b"]', "options"),
        ("min = 1", "range = [min, max]"),
        ('type = "file"', '"path"'),
        ('type = "url"', "pattern"),
    ):
        spec = f'[p]\ndescription = "D"\nautonomy = "confirm"\n[p.args.x]\n{field}\n'
        write(tmp_path, {"runspec.toml": spec, "p.py": PARSES})
        done = _calls(tmp_path, "--x", "z")
        assert done.returncode == 1, field
        assert words in done.stderr, field


def test_a_spec_with_subcommands_fills_a_class_for_each(tmp_path: Path) -> None:
    spec = """\
[p]
description = "D"
autonomy = "confirm"
[p.commands.push]
description = "Push"
args.force = {default = false, description = "F"}
[p.commands.repo.commands.create]
description = "Create"
args.kind = {options = ["a", "b"], default = "a", description = "K"}
args.tag = {type = "str", multiple = true, required = false, description = "T"}
"""
    program = """\
from dataclasses import dataclass
from enum import Enum
from runspec import parse
class Kind(Enum):
    A = "a"
    B = "b"
@dataclass
class Push:
    force: bool
    runspec_command: str
    more: int = 3
@dataclass
class Create:
    kind: Kind
    tag: tuple[str, ...] | None
print(parse("p", into={"push": Push, "repo create": Create}))
"""
    write(tmp_path, {"runspec.toml": spec, "p.py": program})
    done = _calls(tmp_path, "push", "--force")
    assert done.stdout == "Push(force=True, runspec_command='push', more=3)\n"
    done = _calls(tmp_path, "repo", "create", "--kind", "b", "--tag", "x")
    assert done.stdout == "Create(kind=<Kind.B: 'b'>, tag=('x',))\n", done.stderr


def test_help_is_found_however_it_is_asked_for(
    bare: Environment, tmp_path: Path
) -> None:
    assert "--help" in _calls_with(tmp_path, "--hepl").stderr
    whole = bare.run("--help").stdout
    assert bare.run().stdout == whole
    assert bare.run("help").stdout == whole
    assert bare.run("help", "run").stdout == bare.run("run", "--help").stdout


def _calls_with(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    write(folder, {"runspec.toml": VALUES, "p.py": PARSES})
    return _calls(folder, *argv)


def test_a_newline_at_the_end_of_a_list_is_no_item(tmp_path: Path) -> None:
    program = "import runspec\nprint(runspec.parse('p').x.value)\n"
    write(tmp_path, {"runspec.toml": VALUES, "p.py": program})
    done = _calls(tmp_path, RUNSPEC_P_ARG_X="1\n2\n")
    assert done.stdout == "['1', '2']\n"


def test_a_program_that_goes_by_another_name_is_found_by_the_link_it_is(
    bare: Environment, tmp_path: Path
) -> None:
    two = "".join(
        f'[{name}]\ndescription = "D"\nautonomy = "confirm"\n'
        for name in ("tool-a", "tool-b")
    )
    program = "#!/usr/bin/env python3\nfrom runspec import parse\n"
    program += "print(parse().runspec_runnable)\n"
    write(tmp_path, {"runspec.toml": two, "tool-a": program, "other.py": program})
    (tmp_path / "tool-a").chmod(0o755)
    (tmp_path / "ta").symlink_to(tmp_path / "tool-a")
    done = bare.run(program=str(tmp_path / "ta"), cwd=tmp_path)
    assert done.stdout == "tool-a\n", done.stderr
    done = bare.run("other.py", program="python", cwd=tmp_path)
    assert 'parse("tool-a")' in done.stderr


def test_a_wheel_without_its_spec_is_told_before_and_after_it_is_built(
    bare: Environment, tmp_path: Path
) -> None:
    program = "from runspec import parse\ndef main():\n    parse()\n"
    folder = write(
        tmp_path,
        {
            "pyproject.toml": PYPROJECT,
            "src/tool/__init__.py": program,
            "src/tool/runspec.toml": VALUES.replace("[p", "[tool"),
        },
    )
    done = bare.run("check", "--strict", cwd=folder)
    assert done.returncode == 1
    assert "[tool.setuptools.package-data]" in done.stdout
    (tmp_path / "wheels").mkdir()
    built = wheel(
        tmp_path / "wheels",
        "tool",
        {"tool/__init__.py": program},
        scripts={"tool": "tool:main"},
    )
    bare.install("--no-index", str(built))
    try:
        done = bare.run(program="tool", cwd=tmp_path / "wheels")
    finally:
        bare.uninstall("tool")
    assert "tool 1.0 was installed without its runspec.toml" in done.stderr


PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "tool"
version = "1.0"
scripts = {tool = "tool:main"}
"""


def test_a_program_in_a_zip_archive_finds_its_spec(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "app/__main__.py": "import tool\n",
            "app/tool/__init__.py": PARSES + "print('ran')\n",
            "app/tool/runspec.toml": VALUES,
        },
    )
    zipapp.create_archive(tmp_path / "app", tmp_path / "p.py")
    (tmp_path / "app").rename(tmp_path / "gone")
    assert _calls(tmp_path).stdout == "ran\n"
    assert "did you mean --name" in _calls(tmp_path, "--nmae", "x").stderr


def test_a_config_file_says_what_is_wrong_with_it(
    bare: Environment, tmp_path: Path
) -> None:
    spec = VALUES.replace('default = "Ada"', 'type = "str"')
    program = "from runspec import parse\nargs = parse('p')\nprint(args.to.value)\n"
    write(tmp_path, {"runspec.toml": spec, "p.py": program})
    write(tmp_path, {"runspec.config.toml": '[pp]\nname = "Ada"\n'})
    said = _calls(tmp_path).stderr
    assert "--name is required" in said
    assert 'did you mean "p"?' in said
    assert 'did you mean "p"?' in bare.run("check", cwd=tmp_path).stdout
    write(tmp_path, {"runspec.config.toml": '[p]\nname = "Ada"\nto = "x/y"\n'})
    assert _calls(tmp_path).stdout == f"{tmp_path}/x/y\n"
    assert "runspec.config.toml" in _calls(tmp_path, "--help").stdout
    write(tmp_path, {"one/call.toml": '[p]\nname = "Ada"\nto = "z"\n'})
    done = _calls(tmp_path, RUNSPEC_CONFIG_FILE="one/call.toml")
    assert done.stdout == f"{tmp_path}/one/z\n"


def test_what_only_python_could_check_is_told_for_a_shell_script(
    bare: Environment, tmp_path: Path
) -> None:
    spec = VALUES.replace("[p]", '[config]\ntypes = ["date"]\n[p]', 1)
    spec = spec.replace("default = 3", 'type = "date", required = false')
    write(tmp_path, {"runspec.toml": spec, "p.sh": "#!/bin/bash\necho $RUNSPEC_N\n"})
    (tmp_path / "p.sh").chmod(0o755)
    assert bare.run("run", "p", "--n", "2024-99-99", cwd=tmp_path).returncode == 0
    done = bare.run("check", cwd=tmp_path)
    assert 'type = "str" with a pattern' in done.stdout
    assert "type-unchecked" in done.stdout


def test_the_history_shows_calls_and_leaves_mistyped_ones_out(
    bare: Environment, tmp_path: Path
) -> None:
    spec = VALUES.partition("pw =")[0]
    write(tmp_path, {"runspec.toml": spec, "p.sh": "#!/bin/bash\nexit 0\n"})
    (tmp_path / "p.sh").chmod(0o755)
    bare.run("run", "p", "--nmae", "Ada", cwd=tmp_path)
    bare.run("run", "p", "--name", "Grace", "--x", "1", "--x", "2", cwd=tmp_path)
    listed = bare.run("history", "--runnable", "p", cwd=tmp_path).stdout
    assert "name=Grace x=1,2" in listed
    assert "--nmae" not in listed
    assert "refused call" in listed.splitlines()[-1]
    refused = bare.run("history", "--status", "refused", cwd=tmp_path).stdout
    assert "p --nmae" in refused
    newest = json.loads(bare.run("history", "--format", "json", cwd=tmp_path).stdout)[0]
    shown = bare.run("history", "show", newest["run"], cwd=tmp_path).stdout
    assert '"1", "2"' in shown


def test_a_secret_in_the_wrong_place_of_a_call_is_not_kept(
    bare: Environment, tmp_path: Path
) -> None:
    secret = "hunter2hunter2"
    write(tmp_path, {"runspec.toml": VALUES, "p.sh": "#!/bin/bash\nexit 0\n"})
    (tmp_path / "p.sh").chmod(0o755)
    for words in ((secret,), ("--nmae", secret), ("--n", secret), ("--pw", secret)):
        assert bare.run("run", "p", *words, cwd=tmp_path).returncode == 2
    listed = bare.run("history", "--status", "refused", cwd=tmp_path).stdout
    assert listed.count("refused") >= 4
    assert secret not in listed
    assert not [
        each for each in bare.home.rglob("*") if secret.encode() in _content(each)
    ]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_the_history_of_another_environment_is_named(
    bare: Environment, tmp_path: Path
) -> None:
    write(tmp_path, {"runspec.toml": VALUES, "p.py": PARSES})
    home = str(bare.home)
    assert _calls(tmp_path, HOME=home).returncode == 0
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert _calls(tmp_path, HOME=home, **state).returncode == 0
    nothing = bare.run("history", **state).stdout
    assert "--all" in nothing
    assert Path(sys.prefix).name.lstrip(".") in nothing
    assert "p " in bare.run("history", "--all", **state).stdout


def test_a_shell_script_with_logging_has_a_log(
    bare: Environment, tmp_path: Path
) -> None:
    spec = VALUES.replace("[p]", "[config.logging]\n[p]", 1)
    write(tmp_path, {"runspec.toml": spec, "p.sh": "#!/bin/bash\nexit 3\n"})
    (tmp_path / "p.sh").chmod(0o755)
    done = bare.run("run", "p", cwd=tmp_path, PW="hunter2hunter2")
    assert done.returncode == 3
    log = bare.run("logs", "p", cwd=tmp_path).stdout
    assert "begins" in log
    assert "exit status 3" in log
    assert "hunter2" not in (tmp_path / "logs" / "p.log").read_text("utf-8")


def test_each_run_of_a_shell_script_can_have_a_log_of_its_own(
    bare: Environment, tmp_path: Path
) -> None:
    spec = VALUES.replace("[p]", '[config.logging]\nstore = "per-run"\n[p]', 1)
    write(tmp_path, {"runspec.toml": spec, "p.sh": "#!/bin/bash\nexit 3\n"})
    (tmp_path / "p.sh").chmod(0o755)
    for _ in range(2):
        assert bare.run("run", "p", cwd=tmp_path).returncode == 3
    names = [path.name for path in (tmp_path / "logs").iterdir()]
    assert len(names) == 2
    assert all(name.count(".") == 3 for name in names)


def test_a_dash_that_is_not_a_hyphen_is_told(bare: Environment, tmp_path: Path) -> None:
    assert "type --help" in bare.run("\u2013help").stderr
    assert "type --n" in _calls_with(tmp_path, "\u2014n").stderr.replace("-n", "--n")
    assert "type --format" in bare.run("show", "\u2014format").stderr


def test_the_list_of_commands_is_whole_and_help_fits_its_lines(
    bare: Environment,
) -> None:
    said = bare.run("nonsense").stderr
    assert "more" not in said
    assert "jump" in said
    whole = bare.run("--help").stdout
    assert max(map(len, whole.splitlines())) <= 80
    assert "Autonomy" not in whole


def test_options_of_a_script_belong_behind_the_separator(bare: Environment) -> None:
    assert "put it behind --" in bare.run("launch", "x", "--foo", "1").stderr


def test_colours_can_be_forced(tmp_path: Path) -> None:
    write(tmp_path, {"runspec.toml": VALUES, "p.py": PARSES})
    assert "\x1b[" not in _calls(tmp_path, "--hepl").stderr
    assert "\x1b[" in _calls(tmp_path, "--hepl", FORCE_COLOR="1").stderr


def test_a_second_runnable_is_added_to_the_spec_that_is_there(
    bare: Environment, tmp_path: Path
) -> None:
    assert bare.run("init", "--name", "one", cwd=tmp_path).returncode == 0
    before = (tmp_path / "runspec.toml").read_text("utf-8")
    assert bare.run("init", "--name", "one", cwd=tmp_path).returncode == 1
    done = bare.run("init", "--name", "two", "--lang", "bash", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    after = (tmp_path / "runspec.toml").read_text("utf-8")
    assert after.startswith(before.rstrip())
    assert "[two]" in after
    assert bare.run("check", "--strict", cwd=tmp_path).returncode == 0
    done = bare.run("run", "two", "--name", "Ada", cwd=tmp_path)
    assert "Ada" in done.stdout
