"""The words that a person reads before saying yes or no to an agent."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec import load_runnable
from runspec.render.plan import (
    Output,
    Plan,
    dry_run_text,
    fitted,
    plan_text,
    ran_text,
    release_text,
)
from runspec.render.text import display_width
from runspec.resolve import resolve

SPEC = """\
[deploy]
description = \"\"\"
Deploy a release.

The target is drained first.\"\"\"
autonomy = "autonomous"
autonomy-reason = "Changes\\n  production"
examples = [{cmd = "deploy staging", description = "Try it first"}, "deploy prod"]

[deploy.args]
target = {type = "str", position = 1}
note = {type = "str", default = "none"}
retries = {default = 3}
force = {default = false, autonomy = "confirm"}
tag = {type = "str", multiple = true, required = false}
region = {type = "str", required = false, env = "DEPLOY_REGION"}
token = {type = "password", required = false, env = "DEPLOY_TOKEN"}
key = {type = "str", required = false, env = "DEPLOY_KEY", autonomy = "manual"}
wipe = {type = "flag", env = "DEPLOY_WIPE", autonomy = "manual"}

[deploy.commands.back]
description = "Go back"
"""
TRICKS = "\x00\r\n\t\x1b[]\\\"'$` \u202e\u2066\u200d\u2028\u0301\u05d0\u3164\ufe0f"
TEXTS = st.text(alphabet=st.one_of(st.sampled_from(TRICKS), st.characters()))
"""Any text, most of it from what might deceive."""


class Deploy:
    """A spec, and the plans of calls of it."""

    def __init__(self, folder: Path) -> None:
        self.spec = folder / "runspec.toml"
        self.spec.write_text(SPEC, "utf-8")
        _, self.runnable, self.config, _ = load_runnable("deploy", str(self.spec), None)

    def plan(
        self,
        *argv: str,
        environ: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
    ) -> Plan:
        return Plan(
            resolve(
                self.runnable,
                self.config,
                argv,
                {"RUNSPEC_AGENT": "1", **(environ or {})},
                spec_path=str(self.spec),
            ),
            ["deploy", *argv] if command is None else command,
            host="web-01",
            user="ops",
            principal="uid 1000",
            reason=self.runnable.autonomy_reason,
        )

    def lines(self, *argv: str, **more: str) -> list[str]:
        return plan_text(self.plan(*argv, environ=more)).split("\n")


@pytest.fixture(scope="module")
def deploy(tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    return Deploy(tmp_path_factory.mktemp("deploy"))


def test_a_person_sees_what_runs_where_as_whom_and_why_they_are_asked(
    deploy: Deploy,
) -> None:
    lines = deploy.lines("prod", "--force")
    assert lines[0] == "An agent asks to run deploy."
    assert "  The target is drained first." in lines
    assert f"  Declared in  {deploy.spec}" in lines
    assert "  Runs on      web-01" in lines
    assert "  As the user  ops" in lines
    assert "  Asked by     uid 1000" in lines
    reason = "confirm, because of --force: Changes production"
    assert f"  Autonomy     {reason}" in lines


def test_a_command_is_named_with_its_runnable(deploy: Deploy) -> None:
    lines = deploy.lines("prod", "back")
    assert lines[0] == "An agent asks to run deploy back."
    assert lines[2] == "  Go back"


def test_every_value_stands_with_where_it_comes_from(deploy: Deploy) -> None:
    lines = deploy.lines("prod", "--tag=a", "--tag", "b c", DEPLOY_REGION="eu west")
    start = lines.index("Values, and where each comes from:")
    assert lines[start + 1 : start + 7] == [
        '  target  the agent                   "prod"',
        '  tag     the agent                   "a", "b c"',
        '  region  the variable DEPLOY_REGION  "eu west"',
        "",
        "As by default:",
        '  note "none", retries 3, force false, wipe false',
    ]


def test_a_secret_is_never_shown(deploy: Deploy) -> None:
    text = plan_text(deploy.plan("prod", environ={"DEPLOY_TOKEN": "hunter2"}))
    assert "token   the variable DEPLOY_TOKEN  ***" in text
    assert "hunter2" not in text


def test_what_agents_cannot_set_is_not_shown_for_they_may_see_the_plan(
    deploy: Deploy,
) -> None:
    text = plan_text(deploy.plan("prod", environ={"DEPLOY_KEY": "hunter2"}))
    assert "key     the variable DEPLOY_KEY  ***" in text
    assert "hunter2" not in text


def test_what_an_agent_gives_by_a_variable_is_shown_as_given(deploy: Deploy) -> None:
    environ = {"RUNSPEC_DEPLOY_ARG_NOTE": "-x", "RUNSPEC_DEPLOY_ARG_FORCE": "1"}
    by_name = deploy.runnable.args
    plan = deploy.plan("prod", environ=environ)
    told = Plan(
        plan.call,
        plan.command,
        host=plan.host,
        user=plan.user,
        principal=plan.principal,
        level="confirm",
        given=(by_name["target"], by_name["note"], by_name["force"]),
    )
    lines = plan_text(told).split("\n")
    assert "  Autonomy     confirm, because of --force" in lines
    assert '  note    the agent  "-x"' in lines
    assert "  force   the agent  true" in lines


def test_a_value_of_a_file_is_shown_with_its_line(
    deploy: Deploy, tmp_path: Path
) -> None:
    file = tmp_path / "vars"
    file.write_text("# one\nDEPLOY_REGION=eu\n", "utf-8")
    file.chmod(0o600)
    lines = deploy.lines("prod", RUNSPEC_ENV_FILE=str(file))
    assert any(line.split() == ["region", f"{file}:2", '"eu"'] for line in lines), lines


def test_what_stands_for_persons_only_is_shown_unless_it_may_be_a_secret(
    deploy: Deploy,
) -> None:
    text = plan_text(deploy.plan("prod", environ={"DEPLOY_WIPE": "true"}))
    assert "wipe    the variable DEPLOY_WIPE  true" in text


def test_what_has_changed_and_what_is_not_fixed_stands_first(deploy: Deploy) -> None:
    plan = deploy.plan("prod")
    plan.changes, plan.loose = ["the program"], "it is installed as editable"
    plan.program, plan.cwd = "/srv/deploy.sh", "/srv"
    lines = plan_text(plan).split("\n")
    assert "  Changed      since a person was last asked: the program" in lines
    assert "  Not fixed    it is installed as editable" in lines
    assert "  Starts       /srv/deploy.sh" in lines
    assert "  Directory    /srv" in lines


def test_a_long_value_is_cut_in_sight_with_its_length(deploy: Deploy) -> None:
    value = "a" * 5_000 + "END"
    text = plan_text(deploy.plan("prod", f"--note={value}"))
    assert '"...4,763 of 5,003 characters..."' in text
    assert 'END"' in text
    assert len(text) < 3_000


def test_of_many_values_and_tokens_the_number_is_told(deploy: Deploy) -> None:
    tags = [f"--tag=number {n}" for n in range(1_000)]
    text = plan_text(deploy.plan("prod", *tags))
    assert "more of 1,000" in text
    assert text.splitlines()[-1].endswith("more of 1,002")
    assert len(text) < 3_000
    assert "number 999" in plan_text(deploy.plan("prod", *tags), whole=True)


def test_the_command_line_is_the_exact_one_in_a_shells_spelling(
    deploy: Deploy,
) -> None:
    assert command_of(deploy.plan("prod", "--note=it's\n-x")) == (
        "deploy prod $'--note=it\\'s\\n-x'"
    )


def command_of(plan: Plan) -> str:
    lines = plan_text(plan).split("\n")
    return lines[lines.index("Command line:") + 1].removeprefix("  ")


@given(tokens=st.lists(TEXTS.map(lambda text: text.replace("\0", "")), max_size=5))
def test_bash_reads_the_shown_command_line_as_the_tokens_it_stands_for(
    deploy: Deploy, tokens: list[str]
) -> None:
    given = [text for text in tokens if text.isprintable() or _is_utf8(text)]
    shown = command_of(deploy.plan("prod", command=given))
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' begin {shown}"],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    printed = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    assert printed == ["begin", *given, ""]


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in text)


@given(value=TEXTS)
def test_no_value_can_forge_a_line_of_the_plan(deploy: Deploy, value: str) -> None:
    plain = deploy.plan("prod", "--note=x")
    plan = deploy.plan("prod", "--note=x", command=["deploy", f"--note={value}"])
    plan.call.values["note"].plain = value
    expected = plan_text(plain).split("\n")
    text = plan_text(plan)
    found = text.split("\n")
    assert text.splitlines() == found
    assert len(found) == len(expected)
    for before, now in zip(expected, found, strict=True):
        if before.startswith("  note "):
            assert now.startswith('  note    the agent  "')
        elif before.startswith("  deploy prod --note"):
            assert now.startswith("  deploy ")
        else:
            assert now == before
    assert all(line.isprintable() for line in found)
    assert "   " not in next(each for each in found if each[:6] == "  note")[21:]


@given(one=TEXTS, other=TEXTS)
def test_two_values_never_look_the_same(deploy: Deploy, one: str, other: str) -> None:
    plan = deploy.plan("prod", "--note=x")
    texts = []
    for value in (one[:200], other[:200]):
        plan.call.values["note"].plain = value
        texts.append(plan_text(plan))
    assert (texts[0] == texts[1]) == (one[:200] == other[:200])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\u202eb", '"a\\u202eb"'),
        ("a\u200db", '"a\\u200db"'),
        ("a\u3164b", '"a\\u3164b"'),
        ("a\ufe0fb", '"a\\ufe0fb"'),
        ("a\x1b[2Jb", '"a\\x1b[2Jb"'),
        ("a\udcffb", '"a\\xffb"'),
        ("a\\nb", '"a\\\\nb"'),
        ("\u0301a", '"\\u0301a"'),
        ("e\u0301\u0301\u0301", '"e\u0301\u0301\\u0301"'),
        ("a     b", '"a  \\x20  b"'),
        ('say "yes"', '"say \\"yes\\""'),
        ("Grüße 你好 שלום", '"Grüße 你好 שלום"'),
        ("", '""'),
    ],
)
def test_what_could_deceive_is_shown_for_what_it_is(
    deploy: Deploy, value: str, shown: str
) -> None:
    plan = deploy.plan("prod", "--note=x")
    plan.call.values["note"].plain = value
    assert f"  note    the agent  {shown}" in plan_text(plan).split("\n")


def test_text_from_right_to_left_cannot_reorder_the_command_line(
    deploy: Deploy,
) -> None:
    shown = command_of(deploy.plan("prod", command=["deploy", "אב", "--yes"]))
    assert shown == "deploy $'\\u05d0\\u05d1' --yes"


def test_a_dry_run_stands_behind_bars_and_its_status_is_told() -> None:
    dry = Output(b"would drain\n\nCommand line:\n\x1b[1mx\n", b"warn\xff", 3)
    lines = dry_run_text(dry).split("\n")
    assert lines == [
        "What a dry run of it wrote (exit status 3):",
        "  | would drain",
        "  |",
        "  | Command line:",
        "  | \\x1b[1mx",
        "and on stderr:",
        "  | warn\\xff",
    ]


def test_a_dry_run_that_wrote_nothing_or_was_killed_is_told() -> None:
    text = dry_run_text(Output(b"", b"", -9))
    assert text.endswith("(ended by signal 9):\n  (nothing)")


@pytest.mark.parametrize("content", [b"x" * 100_000, b"\n" * 100_000])
def test_of_long_output_the_head_is_shown_and_the_rest_counted(
    deploy: Deploy, content: bytes
) -> None:
    text = release_text(ran_text(deploy.plan("prod")), Output(content, b"", 0))
    assert text.startswith(ran_text(deploy.plan("prod")))
    assert "An agent ran deploy, and asks to see what it wrote." in text
    shown = text.partition("What it wrote")[2]
    assert shown.endswith("more bytes, which aren't shown")
    assert len(shown) < 5_000
    left = int(shown.rpartition("...and ")[2].split()[0].replace(",", ""))
    assert 95_000 < left < 100_000


@given(value=TEXTS, width=st.integers(min_value=40, max_value=100))
def test_on_a_terminal_no_value_begins_a_line(
    deploy: Deploy, value: str, width: int
) -> None:
    plan = deploy.plan("prod", "--note=x")
    plan.call.values["note"].plain = value * 5
    whole = plan_text(plan)
    lines = fitted(whole, width).split("\n")
    assert all(display_width(line) <= width for line in lines)
    heads = {line[:6] for line in whole.split("\n")}
    assert all(line[:6] in heads or line.startswith(" " * 8) for line in lines)
    joined = "".join(lines).replace(" ", "")
    assert joined == whole.replace("\n", "").replace(" ", "")
