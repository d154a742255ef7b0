"""What a program gets from `parse()`, `load_spec()` and `register_type()`."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pexpect
import pytest

import runspec
from environments import write
from runspec.resolve import COERCERS

SPEC = """\
[config]
types = ["hex"]

[tool]
description = "A tool"
autonomy = "autonomous"

[tool.args]
name = {type = "str", description = "Whose"}
times = {default = 1, range = [1, 9], autonomy = "confirm", description = "How often"}
color = {options = ["red", "blue"], default = "red", description = "Of what"}
dry-run = {default = false, description = "Only say what would be done"}
where = {type = "path", required = false, description = "Where"}
tag = {type = "int", multiple = true, default = [1], description = "Tags"}
mask = {type = "hex", default = "ff", description = "A mask"}
api-key = {type = "password", required = false, env = "TOOL_KEY", description = "Key"}
others = {type = "rest", description = "The others"}

[login]
description = "Asks"
autonomy = "autonomous"

[login.args]
token = {type = "password", description = "Key"}

[broken]
description = "Has a fault"
autonomy = "sometimes"
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write(tmp_path, {"runspec.toml": SPEC})


@pytest.fixture(autouse=True)
def hex_type() -> Iterator[None]:
    runspec.register_type("hex", lambda text, _: int(text, 16))
    yield
    for name in ("hex", "even"):
        COERCERS.pop(name, None)


Parse = Callable[..., runspec.Args]


@pytest.fixture
def parse(here: Path) -> Parse:
    def parse(*argv: str, name: str = "tool") -> runspec.Args:
        return runspec.parse(name, argv, here)

    return parse


@pytest.fixture
def refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str]]:
    """The exit status and the message of a call that is refused."""

    def refused(
        *argv: str, name: str = "tool", into: type[object] | None = None
    ) -> tuple[object, str]:
        with pytest.raises(SystemExit) as end:
            runspec.parse(name, argv, here, into=into)
        out, err = capsys.readouterr()
        assert out == ""
        return end.value.code, err

    return refused


def test_a_value_has_its_type_and_says_where_it_came_from(parse: Parse):
    args = parse("--name=ada", "--dry-run", "--tag=2", "--tag=3")
    assert (args.name.value, args.name.source) == ("ada", "cli")
    assert (args.times.value, args.times.source) == (1, "spec_default")
    assert (args.where.value, args.where.source) == (None, "not_set")
    assert (args.dry_run.value, args.tag.value) == (True, [2, 3])
    assert args.times.range == (1, 9)
    assert args.times.description == "How often"


def test_a_separator_with_nothing_after_it_is_an_empty_rest(parse: Parse):
    assert parse("--name=ada", "--").others.value == []


def test_a_path_is_an_absolute_path(parse: Parse):
    where = parse("--name=ada", "--where=a/../b").where.value
    assert where == Path.cwd() / "a" / ".." / "b"


@dataclasses.dataclass
class Tool:
    name: str
    times: int
    color: Literal["red", "blue"]
    dry_run: bool
    where: Path | None
    tag: list[int]
    mask: int
    api_key: str | None
    others: list[str]


def test_into_makes_a_dataclass_of_the_values(here: Path):
    made = runspec.parse("tool", ["--name=ada", "--where=/x"], here, into=Tool)
    assert made == Tool("ada", 1, "red", False, Path("/x"), [1], 255, None, [])


@dataclasses.dataclass
class Wrong:
    nam: str
    times: str
    color: Literal["red"]
    dry_run: bool
    where: Path
    tag: list[str]
    mask: int
    others: list[str]


def test_into_names_every_disagreement_at_once(
    refused: Callable[..., tuple[object, str]],
):
    status, text = refused("--name=ada", into=Wrong)
    assert status == 1
    assert text.count("into-unknown-field") == 1
    assert text.count("into-missing-field") == 2
    assert text.count("into-type") == 4
    for name in ("nam", "name", "api_key", "times", "color", "where", "tag"):
        assert f"Wrong.{name}" in text
    assert "Path | None" in text


def test_into_takes_nothing_but_a_dataclass(refused: Callable[..., tuple[object, str]]):
    status, text = refused("--name=ada", into=dict)
    assert status == 1
    assert "into-not-a-dataclass" in text


def test_a_wrong_call_is_reported_before_the_dataclass_is_filled(
    refused: Callable[..., tuple[object, str]],
):
    status, text = refused(into=Tool)
    assert status == 2
    assert "--name is required" in text


def test_a_registered_type_makes_the_value_of_its_text(parse: Parse):
    assert parse("--name=ada", "--mask=10").mask.value == 16
    assert parse("--name=ada").mask.value == 255


def test_what_a_registered_type_raises_is_why_the_value_is_refused(
    refused: Callable[..., tuple[object, str]], monkeypatch: pytest.MonkeyPatch
):
    why = "invalid literal for int() with base 16: 'xyz'"
    status, text = refused("--name=ada", "--mask=xyz")
    assert status == 2
    assert why in text
    monkeypatch.setenv("RUNSPEC_AGENT", "1")
    _, text = refused("--name=ada", "--mask=xyz")
    (problem,) = json.loads(text)["error"]["problems"]
    assert (problem["code"], problem["argument"]) == ("not-valid", "mask")
    assert why in problem["message"]


def test_a_registered_type_is_given_the_argument(here: Path):
    spec = '[tool]\n[tool.args]\nn = {type = "even", default = "4", hint = "by two"}\n'
    write(here, {"runspec.toml": '[config]\ntypes = ["even"]\n' + spec})
    runspec.register_type("even", lambda text, arg: (arg.name, arg.hint, int(text)))
    assert runspec.parse("tool", [], here).n.value == ("n", "by two", 4)


@pytest.mark.parametrize("name", ["str", "int", "flag", "password", "rest", "path"])
def test_a_type_of_runspecs_own_cannot_be_replaced(name: str):
    with pytest.raises(ValueError, match=f"'{name}' is a type of runspec's own"):
        runspec.register_type(name, lambda text, _: text)


def test_load_spec_gives_the_defaults_and_reads_no_call(
    here: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "argv", ["tool", "--times=7", "--nonsense"])
    monkeypatch.setenv("RUNSPEC_TOOL_ARG_TIMES", "8")
    args = runspec.load_spec("tool", here)
    assert (args.times.value, args.times.source) == (1, "spec_default")
    assert (args.name.value, args.name.source) == (None, "not_set")
    assert (args.mask.value, args.others.value) == (255, [])
    assert args.runspec_command is None


@pytest.mark.parametrize(
    ("load", "code"),
    [
        (lambda here: runspec.load_spec("broken", here), "unknown-value"),
        (lambda here: runspec.load_spec("toll", here), "unknown-runnable"),
        (lambda here: runspec.load_spec("tool", here / "no"), "spec-not-found"),
        (lambda here: runspec.parse("broken", [], here), "unknown-value"),
        (lambda here: runspec.parse("toll", [], here), "unknown-runnable"),
        (lambda here: runspec.parse("tool", [], here / "no"), "spec-not-found"),
    ],
)
def test_a_spec_that_cannot_be_used_ends_the_program_with_status_1(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    load: Callable[[Path], object],
    code: str,
):
    with pytest.raises(SystemExit) as end:
        load(here)
    assert end.value.code == 1
    assert code in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_an_answer_ends_the_program_with_status_0(
    here: Path, capsys: pytest.CaptureFixture[str], option: str
):
    with pytest.raises(SystemExit) as end:
        runspec.parse("tool", ["--nonsense=1", option], here)
    assert end.value.code == 0
    out, err = capsys.readouterr()
    assert "tool" in out
    assert err == ""


MISUSES: dict[str, Callable[[runspec.Args], object]] = {
    "bool": lambda args: bool(args.dry_run),
    "not": lambda args: not args.dry_run,
    "equal": lambda args: args.times == 1,
    "not-equal": lambda args: args.times != 1,
    "less": lambda args: args.times < 2,
    "at-least": lambda args: args.times >= 2,
    "add": lambda args: args.times + 1,
    "add-to": lambda args: 1 + args.times,
    "multiply": lambda args: args.times * 2,
    "divide": lambda args: 1 / args.times,
    "negate": lambda args: -args.times,
    "iterate": lambda args: list(args.tag),
    "index": lambda args: args.tag[0],
    "length": lambda args: len(args.tag),
    "contains": lambda args: 1 in args.tag,
    "int": lambda args: int(args.times),
    "float": lambda args: float(args.times),
    "as-an-index": lambda args: [0, 1][args.times],
    "range": lambda args: range(args.times),
    "open": lambda args: os.fspath(args.where),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_an_argument_taken_for_its_value_is_an_error_that_says_so(
    parse: Parse, misuse: str
):
    args = parse("--name=ada")
    with pytest.raises((TypeError, ValueError), match=r"write args\.\w+\.value"):
        MISUSES[misuse](args)


@pytest.mark.parametrize(
    ("wrong", "near"), [("tims", "times"), ("dry_rum", "dry_run"), ("colour", "color")]
)
def test_an_attribute_that_is_not_there_is_named_with_the_nearest_one(
    parse: Parse, wrong: str, near: str
):
    args = parse("--name=ada")
    with pytest.raises(AttributeError, match=f"'{wrong}'; did you mean args.{near}"):
        getattr(args, wrong)


def test_arguments_are_read_only(parse: Parse):
    args = parse("--name=ada")
    with pytest.raises(AttributeError, match=r"args\.times can't be set"):
        args.times = 3


def test_arguments_are_found_in_both_spellings(parse: Parse):
    args = parse("--name=ada", "--dry-run")
    assert "dry-run" in args
    assert "dry_run" in args
    assert "dry run" not in args
    assert 1 not in args
    assert args.get("dry-run") is args.get("dry_run") is args.dry_run
    assert args.get("nothing").source == "not_set"
    assert args.get("nothing", 5).value == 5


def test_arguments_are_listed_in_the_order_of_the_spec(parse: Parse):
    args = parse("--name=ada")
    names = [field.name for field in dataclasses.fields(Tool)]
    assert list(args) == names
    assert len(args) == len(names)
    assert {*names, "get", "get_runspec_env", "runspec_command"} <= set(dir(args))
    assert all(getattr(args, name) is not Ellipsis for name in dir(args))


def test_a_secret_is_masked_wherever_it_is_shown(
    parse: Parse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TOOL_KEY", "hunter2")
    args = parse("--name=ada")
    assert args.api_key.value == "hunter2"
    for shown in (repr(args), repr(args.api_key), str(args.api_key), f"{args}"):
        assert "hunter2" not in shown
        assert "***" in shown
    assert repr(args.name) == "<name='ada' from cli>"


def test_an_argument_that_asks_for_more_care_raises_the_autonomy(parse: Parse):
    assert parse("--name=ada").runspec_autonomy == "autonomous"
    assert parse("--name=ada", "--times=2").runspec_autonomy == "confirm"


def test_an_agent_gets_all_problems_as_one_line_of_json(
    refused: Callable[..., tuple[object, str]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RUNSPEC_AGENT", "1")
    status, text = refused("--times=12", "--colour=red")
    assert status == 2
    assert text.count("\n") == 1
    error = json.loads(text)["error"]
    assert (error["runnable"], error["command"]) == ("tool", [])
    assert error["exit_status"] == 2
    problems = {problem["code"]: problem for problem in error["problems"]}
    assert set(problems) == {"out-of-range", "unknown-argument", "missing-argument"}
    assert problems["out-of-range"]["argument"] == "times"
    assert problems["unknown-argument"]["suggestion"] == "--color"


def test_an_agent_gets_a_faulty_spec_as_json_too(
    refused: Callable[..., tuple[object, str]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RUNSPEC_AGENT", "1")
    status, text = refused(name="broken")
    assert status == 1
    error = json.loads(text)["error"]
    assert error["exit_status"] == 1
    assert [problem["code"] for problem in error["problems"]] == ["unknown-value"]


LOGIN = """\
import runspec
args = runspec.parse("login")
print(len(args.token.value), args.token.source)
"""


@pytest.fixture
def login(here: Path) -> Iterator[pexpect.spawn[str]]:
    write(here, {"login.py": LOGIN})
    child = pexpect.spawn(
        sys.executable,
        [str(here / "login.py")],
        cwd=str(here),
        env={"HOME": str(here), "TERM": "xterm"},
        encoding="utf-8",
        timeout=300,
    )
    yield child
    child.close(force=True)


def test_a_missing_secret_is_asked_for_without_echo(login: pexpect.spawn[str]):
    login.expect("login: token")
    assert login.waitnoecho(10)
    login.sendline("hunter2")
    login.expect(pexpect.EOF)
    login.close()
    assert login.exitstatus == 0
    assert "7 prompt" in login.before
    assert "hunter2" not in login.before


@pytest.mark.parametrize("end", ["sendintr", "sendeof"])
def test_a_question_left_without_an_answer_ends_the_program_quietly(
    login: pexpect.spawn[str], end: str
):
    login.expect("login: token")
    assert login.waitnoecho(10)
    getattr(login, end)()
    login.expect(pexpect.EOF)
    login.close()
    ended = (login.signalstatus, login.exitstatus)
    assert ended == ((2, None) if end == "sendintr" else (None, 2))
    assert "Traceback" not in login.before


def test_a_missing_secret_is_not_asked_for_where_nobody_is(
    refused: Callable[..., tuple[object, str]],
):
    status, text = refused(name="login")
    assert status == 2
    assert "token is required" in text
