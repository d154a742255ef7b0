"""What a person, an agent and GitHub read when something is wrong (FILE-06, ERR)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec.errors import (
    ArgvPlace,
    CallError,
    EnvPlace,
    Fault,
    FilePlace,
    Place,
    SpecError,
)
from runspec.model import Arg, Runnable
from runspec.render.fault import (
    call_error,
    call_error_json,
    faults_json,
    github,
    render_faults,
)
from runspec.render.messages import MESSAGES
from runspec.render.text import Style, display_width
from runspec.spec.fields import AUDIENCES, GROUP_KINDS, TABLES

SPEC = Path(__file__).parents[1] / "docs" / "spec" / "SPEC.md"

DEPLOY = Runnable(
    name="deploy",
    args={
        arg.name: arg
        for arg in (
            Arg(name="target", position=1, required=True),
            Arg(name="quality", type="int", default=85, range=(1, 100)),
            Arg(name="slug", required=True, pattern="[a-z]+", min_length=3),
            Arg(name="ticket", multiple=True, pattern="[A-Z]+-[0-9]+"),
            Arg(name="format", type="choice", options=("json", "csv"), default="json"),
            Arg(name="db-password", type="password", required=True),
            Arg(name="api-token", type="password", env=("API_TOKEN",)),
            Arg(name="upload", type="flag", default=False),
            Arg(name="bucket"),
            Arg(name="region"),
        )
    },
)


def in_file(line: str = "x = 1", column: int = 1, length: int = 1) -> FilePlace:
    return FilePlace("runspec.toml", 4, column, line, length)


def in_argv(*argv: str, index: int, start: int = 0, length: int = 0) -> ArgvPlace:
    return ArgvPlace(argv, index, start, length)


def called(
    *faults: Fault, style: Style | None = None, command: tuple[str, ...] = ()
) -> str:
    """The text of a wrong call without the usage below it."""
    error = CallError(*faults, runnable="deploy", command=command)
    text = call_error(
        error,
        program="deploy",
        usage="deploy [options] <target>",
        style=style or Style(),
        chain=[DEPLOY],
    )
    return text.rpartition("\n\nUsage: ")[0]


def as_json(*faults: Fault) -> dict[str, object]:
    error = CallError(*faults, runnable="deploy")
    text = call_error_json(error, chain=[DEPLOY], usage="deploy <target>")
    assert text.isascii()
    assert "\n" not in text
    body = json.loads(text)["error"]
    assert isinstance(body, dict)
    return body


def problem(fault: Fault) -> dict[str, object]:
    problems = as_json(fault)["problems"]
    assert isinstance(problems, list)
    found: dict[str, object] = problems[0]
    return found


# Every code


def codes_of_the_specification() -> set[str]:
    """The words in backticks that are no keys or values of the format."""
    text = SPEC.read_text(encoding="utf-8")
    hyphenated = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", text))
    keys = {field.key for fields in TABLES.values() for field in fields}
    known = keys | {*AUDIENCES, *GROUP_KINDS, "no-x", "per-run", "trusted-folders"}
    single = {
        word for word in ("encoding", "unreadable", "unwritable") if f"`{word}`" in text
    }
    found = {word for word in hyphenated - known if not word.startswith("x-")}
    return found | single | {"deprecated"}


def test_every_code_of_the_specification_has_a_message_and_the_reverse() -> None:
    assert set(MESSAGES) == codes_of_the_specification()


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_a_fault_that_says_little_still_reads_as_a_sentence(code: str) -> None:
    text = render_faults([Fault(code, "subject", expected=("one", "two"))])
    headline = text.splitlines()[0]
    assert not re.search(r"[{}<\0]|  |: *$| ,|\(\)", headline.partition(": ")[2])


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_a_fault_names_its_subject_or_what_was_received(code: str) -> None:
    fault = Fault(
        code,
        "subject",
        received="received",
        expected=("one", "two"),
        candidates=("nearest",),
        detail="detail",
    )
    text = render_faults([fault])
    whole_line = ("toml-syntax", "env-file-syntax", "command-missing")
    grouped = ("group-inclusive", "group-requires", "group-at-least-one")
    http = ("not-installed", "peer-unknown", "token-short", "token-signs")
    alone = ("approval-unnamed", *(f"http-{each}" for each in http))
    told = (*whole_line, *grouped, *alone)
    assert "subject" in text or "received" in text or code in told


def test_a_code_that_nobody_knows_is_shown_as_it_is() -> None:
    assert render_faults([Fault("brand-new", "x")]) == "error[brand-new]: x: brand new"


# Faults of a file


def test_a_mistyped_value_is_underlined_with_what_was_meant() -> None:
    fault = Fault(
        "unknown-value",
        "deploy.autonomy",
        FilePlace("pkg/runspec.toml", 4, 12, 'autonomy = "manul"', 7),
        received="manul",
        expected=("autonomous", "supervised", "confirm", "manual"),
        candidates=("manual",),
    )
    assert (
        render_faults([fault])
        == """\
error[unknown-value]: deploy.autonomy can't be "manul"
 --> pkg/runspec.toml:4:12
4 | autonomy = "manul"
  |            ^^^^^^^
  expected: autonomous, supervised, confirm or manual
  help: did you mean "manual"?"""
    )


def test_the_first_of_two_definitions_is_shown_with_the_second() -> None:
    fault = Fault(
        "duplicate-key",
        "description",
        FilePlace("runspec.toml", 15, 1, 'description = "b"', 11),
        received="description",
        related=FilePlace("runspec.toml", 2, 1, 'description = "a"', 11),
    )
    assert (
        render_faults([fault])
        == """\
error[duplicate-key]: description is defined twice
  --> runspec.toml:15:1
 2 | description = "a"
   | ----------- first defined here
15 | description = "b"
   | ^^^^^^^^^^^
  help: remove one of the two"""
    )


def test_a_second_place_in_another_file_is_named() -> None:
    fault = Fault(
        "name-conflict",
        "deploy",
        FilePlace("/b/runspec.toml", 9, 2, "[deploy]", 6),
        received="deploy",
        detail="installed",
        expected=("/a/runspec.toml",),
        related=FilePlace("/a/runspec.toml", 6, 2, "[deploy]", 6),
    )
    assert (
        render_faults([fault])
        == """\
error[name-conflict]: several packages declare the runnable "deploy"
 --> /b/runspec.toml:9:2
9 | [deploy]
  |  ^^^^^^
 ::: /a/runspec.toml:6:2 the first one
  help: listed is that of /a/runspec.toml, whose program answers to the name"""
    )


def test_faults_are_divided_by_a_blank_line_and_warnings_say_so() -> None:
    faults = [
        Fault("toml-syntax", "", in_file("x 1", 3), detail="expected '='"),
        Fault("no-description", "deploy", in_file("[deploy]", 2), severity="warning"),
    ]
    assert (
        render_faults(faults)
        == """\
error[toml-syntax]: this is not valid TOML: expected '='
 --> runspec.toml:4:3
4 | x 1
  |   ^

warning[no-description]: deploy has no description
 --> runspec.toml:4:2
4 | [deploy]
  |  ^
  help: help pages and agents show it: add description = "...\""""
    )


def test_a_default_that_breaks_a_check_is_told_in_the_words_of_the_check() -> None:
    fault = Fault(
        "default-invalid",
        "deploy.args.quality.default",
        in_file("default = 500", 11, 3),
        received=500,
        expected=(1, 100),
        detail="out-of-range",
    )
    assert render_faults([fault]).startswith(
        "error[default-invalid]: deploy.args.quality.default must be between 1 and "
        "100, not 500\n"
    )


def test_a_missing_spec_lists_where_it_was_looked_for() -> None:
    fault = Fault("spec-not-found", "runspec.toml", expected=("/home/me", "/home", "/"))
    assert (
        render_faults([fault])
        == """\
error[spec-not-found]: no runspec.toml was found
  looked in:
    /home/me
    /home
    /
  help: write one with `runspec init`, or name it in RUNSPEC_CONFIG"""
    )


def test_an_untrusted_file_comes_with_the_command_that_mends_it() -> None:
    fault = Fault(
        "env-file-untrusted",
        "/srv/.runspec_env",
        FilePlace("/srv/.runspec_env", 0, 0),
        received="mode 0666",
        detail="chmod go-w /srv/.runspec_env",
    )
    assert (
        render_faults([fault])
        == """\
error[env-file-untrusted]: /srv/.runspec_env isn't read, because another user could \
read or change it (mode 0666)
 --> /srv/.runspec_env
  help: run `chmod go-w /srv/.runspec_env`"""
    )


def test_the_caret_stays_below_wide_characters_and_tabs() -> None:
    fault = Fault("toml-syntax", "", in_file('\t東京 = "é" ~', 11, 1), detail="no")
    source, carets = render_faults([fault]).splitlines()[2:4]
    at = display_width(source.partition("~")[0])
    assert carets == "  |" + " " * (at - 3) + "^"


def test_control_characters_of_a_file_are_shown_as_escapes() -> None:
    line = 'x = "\x1b[31m\u202e" ~\x07'
    fault = Fault("toml-syntax", "\x1b", in_file(line, 14), detail="\x1b[2J")
    text = render_faults([fault])
    assert text.replace("\n", "").isprintable()
    assert text.splitlines()[2:] == [
        '4 | x = "\\x1b[31m\\u202e" ~\\x07',
        "  |                      ^",
    ]


@pytest.mark.parametrize("width", [40, 80])
def test_a_long_line_is_cut_around_its_caret(width: int) -> None:
    line = "a" * 500_000 + " ~ " + "b" * 500_000
    fault = Fault("toml-syntax", "", in_file(line, 500_002), detail="no")
    source, carets = render_faults([fault], style=Style(width)).splitlines()[2:4]
    assert len(source) <= width
    assert source[carets.index("^")] == "~"
    assert source.startswith("4 | ...a")
    assert source.endswith("b...")


def test_on_a_terminal_messages_are_folded_to_its_width() -> None:
    fault = Fault(
        "secret-default", "deploy.args.password.default", FilePlace("a.toml", 0, 0)
    )
    lines = render_faults([fault], style=Style(50, terminal=True)).splitlines()
    assert lines == [
        "error[secret-default]:",
        "  deploy.args.password.default: a secret can't",
        "  have a default, for whoever reads the file would",
        "  know it",
        " --> a.toml",
        "  help: remove it: the value comes from the",
        "    environment or a prompt",
    ]


def test_colours_change_nothing_but_the_looks() -> None:
    fault = Fault(
        "unknown-value",
        "x.output",
        in_file('output = "xml"', 10, 5),
        received="xml",
        expected=("text", "json"),
        related=FilePlace("runspec.toml", 1, 1, "[x]", 3),
    )
    coloured = render_faults([fault], style=Style(colour=True))
    assert "\x1b[1;31merror[unknown-value]:\x1b[0m" in coloured
    assert "\x1b[1;31m^^^^^\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]+m", "", coloured) == render_faults([fault])


def test_the_text_of_an_error_is_that_of_its_faults() -> None:
    fault = Fault("not-a-file", "/dev/zero", FilePlace("/dev/zero", 0, 0))
    assert str(SpecError(fault)) == render_faults([fault])


# Wrong calls


def test_a_value_out_of_range_is_underlined_on_the_command_line() -> None:
    fault = Fault(
        "out-of-range",
        "quality",
        in_argv("--quality", "500", index=1),
        received="500",
        expected=(1, 100),
    )
    error = CallError(fault, runnable="deploy")
    usage = "deploy [options] <target>"
    assert (
        call_error(error, program="deploy", usage=usage, style=Style(), chain=[DEPLOY])
        == """\
error: --quality must be between 1 and 100, not 500
  deploy --quality 500
                   ^^^

Usage: deploy [options] <target>
Try `deploy --help`."""
    )


def test_the_hint_at_the_end_names_the_command_that_was_called() -> None:
    error = CallError(Fault("command-missing"), runnable="db", command=("migrate",))
    text = call_error(error, program="db", usage="db migrate", style=Style())
    assert text.endswith("Usage: db migrate\nTry `db migrate --help`.")


def test_a_value_of_the_environment_names_its_variable() -> None:
    fault = Fault(
        "out-of-range",
        "quality",
        EnvPlace("RUNSPEC_DEPLOY_ARG_QUALITY"),
        received="500",
        expected=(1, 100),
    )
    assert (
        called(fault)
        == """\
error: --quality must be between 1 and 100, not 500
  from the variable RUNSPEC_DEPLOY_ARG_QUALITY"""
    )


def test_a_value_of_a_file_names_its_line_without_showing_it() -> None:
    fault = Fault(
        "not-int", "quality", FilePlace("/srv/.runspec_env", 3, 1), received="9_9"
    )
    assert (
        called(fault)
        == """\
error: --quality must be an integer, not "9_9"
 --> /srv/.runspec_env:3:1
  expected: an integer of at most 64 bits"""
    )


def test_wrong_items_of_one_list_are_one_problem() -> None:
    argv = ("--ticket", "PROJ-1", "--ticket", "bad-2", "--ticket=nope")
    faults = [
        Fault(
            "pattern-mismatch",
            "ticket",
            ArgvPlace(argv, index, start, 0 if not start else 4),
            received=received,
            expected=("[A-Z]+-[0-9]+",),
            item=item,
        )
        for index, start, received, item in ((3, 0, "bad-2", 2), (4, 9, "nope", 3))
    ]
    assert (
        called(*faults)
        == """\
error: --ticket: 2 items are wrong
  deploy --ticket PROJ-1 --ticket bad-2 --ticket=nope
                                  ^^^^^          ^^^^
  item 2 must match [A-Z]+-[0-9]+, not "bad-2"
  item 3 must match [A-Z]+-[0-9]+, not "nope\""""
    )


def test_one_wrong_item_is_named_with_its_position() -> None:
    fault = Fault("not-int", "ticket", received="x", item=2)
    assert called(fault).startswith("error: item 2 of --ticket must be an integer")


def test_many_wrong_items_are_counted() -> None:
    faults = [Fault("not-int", "ticket", received="x", item=n) for n in range(1, 5001)]
    lines = called(*faults).splitlines()
    assert lines[0] == "error: --ticket: 5000 items are wrong"
    assert lines[11] == "  and 4990 more"
    assert len(lines) == 13


def test_many_problems_are_counted() -> None:
    argv = tuple(f"--x{n}" for n in range(100_000))
    faults = [
        Fault("unknown-argument", token, ArgvPlace(argv, n), received=token)
        for n, token in enumerate(argv)
    ]
    assert called(*faults).endswith("\n\n99980 more problems aren't shown.")


def test_an_unknown_option_comes_with_the_nearest() -> None:
    fault = Fault(
        "unknown-argument",
        "--qualty",
        in_argv("--qualty=5", index=0, length=8),
        received="--qualty",
        candidates=("--quality",),
    )
    assert (
        called(fault)
        == """\
error: unknown option --qualty
  deploy --qualty=5
         ^^^^^^^^
  help: did you mean --quality?"""
    )


def test_an_option_before_its_subcommand_is_told_where_it_belongs() -> None:
    fault = Fault(
        "unknown-argument",
        "--key",
        received="--key",
        expected=("get-issue",),
        detail="command",
    )
    text = called(fault)
    assert "--key belongs to the subcommand get-issue" in text
    assert "put --key behind the name of the subcommand" in text


def test_an_unknown_option_near_a_missing_one_is_one_mistake() -> None:
    fault = Fault(
        "mistyped-argument",
        "slug",
        in_argv("--slg", "x", index=0),
        received="--slg",
        candidates=("--slug",),
        detail="--slg",
    )
    assert (
        called(fault)
        == """\
error: --slg is not an argument; did you mean --slug, which is required?
  deploy --slg x
         ^^^^^"""
    )


def test_a_missing_argument_lists_the_ways_to_give_it() -> None:
    variables = ("RUNSPEC_DEPLOY_ARG_SLUG",)
    fault = Fault("missing-argument", "slug", expected=variables, detail="str")
    assert (
        called(fault)
        == """\
error: --slug is required
  expected: text of at least 3 characters matching [a-z]+
  help: give --slug TEXT, or set RUNSPEC_DEPLOY_ARG_SLUG"""
    )


def test_a_missing_positional_is_named_as_the_usage_names_it() -> None:
    fault = Fault("missing-argument", "target", expected=("T",), detail="positional")
    assert called(fault) == "error: <target> is required\n  help: give it, or set T"


def test_a_missing_secret_is_never_asked_for_on_the_command_line() -> None:
    fault = Fault("missing-argument", "db-password", expected=("P",), detail="password")
    assert (
        called(fault)
        == """\
error: db-password is required
  help: set P, or run it in a terminal to be asked"""
    )


def test_a_secret_on_the_command_line_says_where_it_goes_instead() -> None:
    argv = ("--db-password", "***")
    fault = Fault("secret-on-argv", "db-password", ArgvPlace(argv, 1))
    assert (
        called(fault)
        == """\
error: db-password is a secret and can't be given on the command line, where shell \
history and ps show it
  deploy --db-password ***
                       ^^^
  help: set RUNSPEC_DEPLOY_ARG_DB_PASSWORD, or run it in a terminal to be asked"""
    )


def test_an_optional_secret_is_not_said_to_be_asked_for() -> None:
    text = called(Fault("secret-on-argv", "api-token"))
    assert text.endswith("\n  help: set API_TOKEN or RUNSPEC_DEPLOY_ARG_API_TOKEN")


def test_an_option_without_its_value_explains_values_with_a_dash() -> None:
    place = in_argv("--bucket", "-y", index=0)
    fault = Fault("value-missing", "bucket", place, received="--bucket")
    assert called(fault).endswith("\n  help: if -y is the value, write --bucket=-y")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            Fault("group-exclusive", "g", received="a, b", expected=("a", "b", "c")),
            "at most one of --a, --b and --c can be given, not --a and --b",
        ),
        (
            Fault("group-inclusive", "g", expected=("bucket",), detail="region"),
            "--bucket must be given too, because --region is",
        ),
        (
            Fault("group-at-least-one", "g", expected=("target", "region")),
            "at least one of <target> and --region must be given",
        ),
        (
            Fault("group-exactly-one", "g", expected=("bucket", "region")),
            "exactly one of --bucket and --region must be given",
        ),
        (
            Fault("group-requires", "g", expected=("bucket",), detail="upload"),
            "--bucket must be given too, because --upload is",
        ),
    ],
)
def test_a_broken_group_names_its_arguments(fault: Fault, message: str) -> None:
    assert called(fault).splitlines()[0] == f"error: {message}"


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (("it's",), "'it'\\''s'"),
        (("",), "''"),
        (("a b",), "'a b'"),
        (("$HOME",), "'$HOME'"),
        (("a/b.c=d",), "a/b.c=d"),
        (("東京",), "東京"),
        (("\x1b[31m",), "'\\x1b[31m'"),
        (("\udcff",), "'\\xff'"),
    ],
)
def test_tokens_are_shown_as_a_shell_takes_them(
    argv: tuple[str, ...], shown: str
) -> None:
    place = ArgvPlace(argv, 0)
    lines = called(Fault("unexpected-argument", argv[0], place, received=argv[0]))
    assert lines.splitlines()[1:3] == [
        f"  deploy {shown}",
        " " * 9 + "^" * display_width(shown),
    ]


def test_long_values_are_cut_in_the_middle() -> None:
    value = "a" * 1_000_000 + "z"
    fault = Fault(
        "not-int", "quality", in_argv("--quality", value, index=1), received=value
    )
    text = called(fault)
    assert f'not "{"a" * 30}...{"a" * 14}z"' in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_command_line_longer_than_the_terminal_is_cut_around_the_caret() -> None:
    argv = (*(f"--option-{n}" for n in range(30)), "500", *("more" for _ in range(30)))
    place = ArgvPlace(argv, 30)
    text = called(Fault("unexpected-argument", "500", place, received="500"))
    line, carets = text.splitlines()[1:3]
    assert len(line) <= 80
    assert line[carets.index("^") :].startswith("500 more")
    assert carets.count("^") == 3


def test_on_a_narrow_terminal_everything_fits() -> None:
    argv = ("--quality", "9" * 30, *("a" * 20 for _ in range(9)))
    faults = [
        Fault("not-int", "quality", ArgvPlace(argv, 1), received="9" * 30),
        Fault("secret-on-argv", "db-password", ArgvPlace(argv, 5)),
        Fault("unexpected-argument", "a", ArgvPlace(argv, 10), received="a"),
    ]
    lines = called(*faults, style=Style(60, terminal=True)).splitlines()
    assert max(map(display_width, lines)) <= 60


# Data


def test_an_agent_reads_one_json_object_on_one_line() -> None:
    fault = Fault(
        "out-of-range",
        "quality",
        in_argv("prod", "--quality", "500", index=2),
        received="500",
        expected=(1, 100),
    )
    assert as_json(fault) == {
        "runnable": "deploy",
        "command": [],
        "exit_status": 2,
        "problems": [
            {
                "code": "out-of-range",
                "argument": "quality",
                "item": None,
                "message": "--quality must be between 1 and 100, not 500",
                "expected": [1, 100],
                "received": "500",
                "source": "cli",
                "suggestion": None,
            }
        ],
        "usage": "deploy <target>",
        "suggested_call": "deploy prod --quality '<INT 1..100>'",
    }


@pytest.mark.parametrize(
    ("place", "source"),
    [
        (EnvPlace("API_TOKEN"), "API_TOKEN"),
        (FilePlace("/srv/.runspec_env", 3, 1), "/srv/.runspec_env:3"),
        (FilePlace("/srv/.runspec_env", 0, 0), "/srv/.runspec_env"),
        (ArgvPlace(("a",), 0), "cli"),
        (ArgvPlace(("a",), 1), None),
        (None, None),
    ],
)
def test_an_agent_reads_where_a_value_came_from(
    place: Place | None, source: str | None
) -> None:
    assert problem(Fault("not-int", "quality", place))["source"] == source


def test_an_agent_reads_what_a_missing_value_may_be() -> None:
    fault = Fault("missing-argument", "slug", expected=("S",), detail="str")
    found = problem(fault)
    assert found["expected"] == ["text of at least 3 characters matching [a-z]+"]
    assert found["suggestion"] == "give --slug TEXT, or set S"


@pytest.mark.parametrize(
    ("faults", "suggested"),
    [
        (
            [
                Fault(
                    "not-an-option",
                    "format",
                    in_argv("x", "--format=jsn", index=1, start=9, length=3),
                    received="jsn",
                    expected=("json", "csv"),
                    candidates=("json",),
                )
            ],
            "deploy x --format=json",
        ),
        (
            [
                Fault(
                    "unknown-argument",
                    "--buckt",
                    in_argv("--buckt", "a b", index=0, length=7),
                    received="--buckt",
                    candidates=("--bucket",),
                ),
                Fault("missing-argument", "target", detail="positional"),
            ],
            "deploy --bucket 'a b' '<target>'",
        ),
        (
            [
                Fault(
                    "secret-on-argv",
                    "db-password",
                    ArgvPlace(("--db-password", "***"), 1),
                )
            ],
            "deploy",
        ),
        (
            [
                Fault(
                    "secret-on-argv",
                    "db-password",
                    ArgvPlace(("--db-password=***",), 0),
                )
            ],
            "deploy",
        ),
        (
            [
                Fault("unexpected-argument", "y", ArgvPlace(("x", "y"), 1)),
                Fault("group-requires", "g", expected=("bucket",), detail="upload"),
            ],
            "deploy x --bucket '<TEXT>'",
        ),
        (
            [Fault("value-missing", "quality", ArgvPlace(("x", "--quality"), 1))],
            "deploy x '--quality=<INT 1..100>'",
        ),
        (
            [Fault("unexpected-value", "--upload", ArgvPlace(("--upload=3",), 0))],
            "deploy --upload",
        ),
        (
            [Fault("command-missing", "deploy", ArgvPlace(("x",), 1))],
            "deploy x '<command>'",
        ),
        ([Fault("unknown-argument", "--zz", ArgvPlace(("--zz",), 0))], None),
        ([Fault("not-int", "quality", EnvPlace("Q"))], None),
    ],
)
def test_an_agent_is_told_the_call_that_was_meant(
    faults: list[Fault], suggested: str | None
) -> None:
    assert as_json(*faults)["suggested_call"] == suggested


def test_faults_of_a_file_are_plain_data() -> None:
    fault = Fault(
        "unknown-value",
        "deploy.autonomy",
        in_file('autonomy = "manul"', 12, 7),
        runnable="deploy",
        received="manul",
        expected=("confirm", "manual"),
        candidates=("manual",),
    )
    assert faults_json([fault]) == [
        {
            "code": "unknown-value",
            "severity": "error",
            "runnable": "deploy",
            "subject": "deploy.autonomy",
            "message": 'deploy.autonomy can\'t be "manul"',
            "file": "runspec.toml",
            "line": 4,
            "column": 12,
            "received": "manul",
            "expected": ["confirm", "manual"],
            "candidates": ["manual"],
            "help": 'did you mean "manual"?',
        }
    ]


def test_a_fault_of_a_whole_file_has_no_line() -> None:
    (found,) = faults_json([Fault("not-a-file", "x", FilePlace("x", 0, 0))])
    assert (found["file"], found["line"], found["column"]) == ("x", None, None)


def test_github_gets_one_escaped_command_a_line() -> None:
    faults = [
        Fault(
            "unknown-value",
            "x.output",
            FilePlace("a,b:c%.toml", 4, 10, 'output = "50%"', 5),
            received="50%\n::error::",
            expected=("text", "json"),
        ),
        Fault("no-description", "x", FilePlace("a.toml", 1, 1), severity="warning"),
        Fault("not-a-file", "/dev/zero", FilePlace("/dev/zero", 0, 0)),
    ]
    assert github(faults).splitlines() == [
        "::error file=a%2Cb%3Ac%25.toml,line=4,col=10,endColumn=15,"
        'title=unknown-value::x.output can\'t be "50%25\\n::error::". '
        "expected: text or json",
        "::warning file=a.toml,line=1,col=1,endColumn=2,title=no-description::"
        'x has no description. help pages and agents show it: add description = "..."',
        "::error file=/dev/zero,title=not-a-file::/dev/zero is not a regular file",
    ]


# Laws

places = st.one_of(
    st.none(),
    st.builds(EnvPlace, st.text()),
    st.builds(
        FilePlace,
        st.text(),
        st.integers(0, 9),
        st.integers(0, 300),
        st.text(max_size=300),
        st.integers(0, 300),
    ),
    st.builds(
        ArgvPlace,
        st.lists(st.text(max_size=100), max_size=50).map(tuple),
        st.integers(0, 50),
        st.integers(0, 120),
        st.integers(0, 120),
    ),
)
received = st.one_of(st.none(), st.text(), st.integers(), st.floats())
faults = st.builds(
    Fault,
    st.sampled_from([*sorted(MESSAGES), "brand-new"]),
    st.one_of(st.text(), st.sampled_from(sorted(DEPLOY.args))),
    places,
    received=received,
    expected=st.lists(received.filter(lambda word: word is not None)).map(tuple),
    candidates=st.lists(st.text()).map(tuple),
    detail=st.text(),
    item=st.one_of(st.none(), st.integers(1, 9)),
    related=places,
)


@given(st.lists(faults, max_size=4), st.integers(40, 100), st.booleans())
def test_no_fault_breaks_a_terminal_or_the_program(
    found: list[Fault], width: int, terminal: bool
) -> None:
    style = Style(width, terminal=terminal)
    for text in (
        render_faults(found, style=style),
        called(*found, style=style),
        github(found),
    ):
        joiners = dict.fromkeys(map(ord, "\n\u200c\u200d"))
        assert text.translate(joiners).isprintable()
    json.dumps(faults_json(found))
    as_json(*found)
