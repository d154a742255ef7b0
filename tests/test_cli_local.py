"""`runspec local` and the command as such, through the installed program."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import ROOT, Environment, names, wheel

FAULTY = """\
[good]
description = "Works"
autonomy = "autonomous"

[bad]
description = "Doesn't"
autonomy = "autonomos"
"""
COMPLETE = ROOT / "examples" / "pipeline" / "src" / "pipeline" / "runspec.toml"


@pytest.fixture(scope="module")
def environment(
    make_environment: Callable[[], Environment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Environment:
    """The complete example of the format, and a package with a faulty runnable."""
    made = make_environment()
    folder = tmp_path_factory.mktemp("wheels")
    complete = COMPLETE.read_text("utf-8")
    example = wheel(
        folder,
        "complete",
        {"complete/__init__.py": "", "complete/runspec.toml": complete},
    )
    half = wheel(folder, "half", {"half/__init__.py": "", "half/runspec.toml": FAULTY})
    made.install("--no-index", example, half)
    return made


@pytest.fixture
def pipeline(environment: Environment) -> list[dict[str, object]]:
    done = environment.run("local", "--format", "mcp", "--runnable", "pipeline")
    assert done.returncode == 0
    tools: list[dict[str, object]] = json.loads(done.stdout)["tools"]
    return tools


def test_the_complete_example_is_two_tools(pipeline: list[dict[str, object]]) -> None:
    assert [tool["name"] for tool in pipeline] == ["pipeline_run", "pipeline_validate"]
    assert [tool["x-autonomy"] for tool in pipeline] == ["confirm", "autonomous"]


def test_openai_and_anthropic_have_the_same_schemas_in_their_own_shape(
    environment: Environment, pipeline: list[dict[str, object]]
) -> None:
    def emitted(form: str) -> list[dict[str, dict[str, object]]]:
        done = environment.run("local", "--format", form, "-r", "pipeline")
        found: list[dict[str, dict[str, object]]] = json.loads(done.stdout)
        return found

    schemas = [tool["inputSchema"] for tool in pipeline]
    assert [tool["input_schema"] for tool in emitted("anthropic")] == schemas
    functions = [tool["function"] for tool in emitted("openai")]
    assert [function["parameters"] for function in functions] == schemas


def test_bare_schemas_have_no_keys_of_the_format(environment: Environment) -> None:
    for form in ("mcp", "openai", "anthropic"):
        full = environment.run("local", "--format", form).stdout
        bare = environment.run("local", "--format", form, "--bare").stdout
        assert '"x-autonomy"' in full
        assert '"x-' not in bare
        assert json.loads(bare)


def test_json_has_every_field_and_where_it_comes_from(
    environment: Environment,
) -> None:
    done = environment.run("local", "--format", "json", "--runnable", "good")
    (found,) = json.loads(done.stdout)
    assert (found["distribution"], found["version"]) == ("half", "1.0")
    assert found["source"] == str(environment.site / "half" / "runspec.toml")
    assert found["runnable"] == "good"
    assert (found["spec"]["autonomy"], found["spec"]["become_method"]) == (
        "autonomous",
        "sudo",
    )
    assert found["spec"]["run_as"] is found["spec"]["discoverable"] is None
    assert found["config_autonomy"] == "confirm"
    assert found["config_run_as"] is None


def test_text_lists_files_with_their_runnables_and_faults_below(
    environment: Environment,
) -> None:
    done = environment.run("local")
    assert done.returncode == 0
    assert environment.run("local", "--strict").returncode == 1
    listing, _, faults = done.stdout.partition("half 1.0")[2].partition("error[")
    assert "good  autonomous" in listing
    assert "bad" not in listing
    assert 'did you mean "autonomous"?' in faults
    assert "2 runnables in 2 files, 1 error, " in done.stdout


def test_a_fault_of_one_runnable_leaves_the_tools_of_the_others(
    environment: Environment,
) -> None:
    done = environment.run("local", "--format", "mcp")
    assert done.returncode == 0
    assert list(names(done)) == ["pipeline_run", "pipeline_validate", "good"]
    assert "unknown-value" in done.stderr


def test_warnings_do_not_bury_the_schemas_under_text(environment: Environment) -> None:
    done = environment.run("local", "--format", "mcp", "-r", "pipeline")
    assert done.stderr.count("\n") == 1
    assert "warnings" in done.stderr


def test_an_unknown_runnable_is_named_with_the_nearest(
    environment: Environment,
) -> None:
    done = environment.run("local", "--runnable", "pipelin")
    assert (done.returncode, done.stdout) == (1, "")
    assert 'did you mean "pipeline"?' in done.stderr


def test_schemas_are_utf_8_in_any_locale(
    environment: Environment, tmp_path: Path
) -> None:
    spec = '[size]\ndescription = "Größe"\nautonomy = "confirm"\n'
    built = wheel(
        tmp_path, "umlaut", {"umlaut/__init__.py": "", "umlaut/runspec.toml": spec}
    )
    environment.install("--no-index", "--target", str(tmp_path / "t"), built)
    done = environment.run(
        "local",
        "--format",
        "mcp",
        "-r",
        "size",
        PYTHONPATH=str(tmp_path / "t"),
        PYTHONIOENCODING="latin-1",
    )
    (tool,) = json.loads(done.stdout)["tools"]
    assert tool["description"] == "Größe"


def test_a_reader_that_goes_away_is_no_error_message(environment: Environment) -> None:
    call = f"{environment.bin}/runspec local --format json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", call],
        env=environment.environ(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.stdout, "Traceback" in done.stderr) == ("[", False)
    assert "Broken" not in done.stderr


def test_a_full_disk_is_one_message(environment: Environment) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [str(environment.bin / "runspec"), "local", "-r", "good"],
            env=environment.environ(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "runspec: the output can't be written: No space left on device\n"
    )


def test_closed_streams_are_no_traceback(environment: Environment) -> None:
    call = f"{environment.bin}/runspec local -r good >&- 2>&-; echo $?"
    done = subprocess.run(
        ["bash", "-c", call],
        env=environment.environ(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout == "0\n"


def test_an_interrupt_ends_it_by_the_signal_and_no_traceback(
    environment: Environment, tmp_path: Path
) -> None:
    for number in range(2000):
        (tmp_path / f"d{number}").mkdir()
    program = (
        "import os, signal, sys\n"
        "from runspec.cli import main\n"
        "signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), 2))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.03)\n"
        "sys.argv = ['runspec', 'check', *['.'] * 500]\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run(
        [str(environment.bin / "python"), "-c", program],
        cwd=tmp_path,
        env=environment.environ(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_wrong_call_of_the_command_is_told_as_of_any_other(bare: Environment) -> None:
    done = bare.run("local", "--fromat", "mcp")
    assert done.returncode == 2
    assert "--format" in done.stderr
    assert bare.run().returncode == 0
    assert bare.run("lcoal").returncode == 2


def test_the_module_is_the_command(bare: Environment) -> None:
    done = bare.run("-m", "runspec", "--help", program="python")
    assert done.returncode == 0
    assert done.stdout == bare.run("--help").stdout


@pytest.mark.parametrize("verb", ["local", "check", "show", "init", "env", "run"])
def test_every_verb_has_a_help_page(bare: Environment, verb: str) -> None:
    done = bare.run(verb, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: runspec {verb}")


def test_the_spec_of_the_command_has_no_faults(bare: Environment) -> None:
    done = bare.run("check", str(bare.site / "runspec" / "cli"), "--format", "json")
    (file,) = json.loads(done.stdout)["files"]
    assert file["faults"] == []
