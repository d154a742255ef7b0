"""The help page as a person reads it (HELP)."""

from __future__ import annotations

import io
import os

import pytest

from runspec.model import Arg, Config, Runnable
from runspec.model_more import Example, Group
from runspec.render.help import help_page
from runspec.render.text import Style, display_width, write
from runspec.render.usage import usage_line


def args(*declared: Arg) -> dict[str, Arg]:
    return {arg.name: arg for arg in declared}


def page(
    *chain: Runnable,
    width: int = 80,
    colour: bool = False,
    config: Config | None = None,
) -> str:
    style = Style(width, colour=colour)
    program = chain[0].name
    return help_page(chain, config or Config(), program=program, style=style)


def page_of(*declared: Arg, width: int = 80, **fields: object) -> str:
    runnable = Runnable(name="tool", args=args(*declared), **fields)
    return page(runnable, width=width)


def row_of(*declared: Arg, starting: str) -> str:
    """The line of the page that shows one argument, its spaces folded."""
    lines = [line.split() for line in page_of(*declared, width=100).splitlines()]
    return next(" ".join(line) for line in lines if " ".join(line).startswith(starting))


RUN = Runnable(
    name="run",
    description="Run the pipeline against one or more input files",
    autonomy="confirm",
    autonomy_reason="Writes output files and may call external APIs",
    args=args(
        Arg(name="input", type="path", required=True),
        Arg(name="tag", multiple=True, required=True),
        Arg(name="fields", multiple=True, delimiter=",", required=True),
        Arg(
            name="format",
            type="choice",
            options=("json", "csv", "parquet"),
            default="json",
        ),
        Arg(name="workers", type="int", default=4, range=(1, 32)),
        Arg(name="batch-size", type="int", default=1000, range=(1, 100000)),
        Arg(name="dry-run", type="flag", default=False),
        Arg(name="verbose", type="flag", default=False, short="-v"),
        Arg(name="strict", type="flag", default=False),
        Arg(
            name="api-key",
            env=("PIPELINE_API_KEY",),
            autonomy="manual",
            required=True,
        ),
        Arg(name="timeout", type="int", default=30, range=(1, 300)),
        Arg(name="threads", type="int", default=4, deprecated="use --workers instead"),
    ),
    groups={
        "input-format": Group(
            name="input-format", exclusive=True, args=("format", "raw")
        ),
        "api-auth": Group(
            name="api-auth", inclusive=True, args=("api-key", "api-endpoint")
        ),
    },
)
PIPELINE = Runnable(
    name="pipeline",
    description="Process and validate data pipeline files",
    autonomy="confirm",
    commands={
        "run": RUN,
        "validate": Runnable(
            name="validate",
            description="Validate pipeline config and input files without running",
            autonomy="autonomous",
        ),
    },
)
DEPLOY = Runnable(
    name="deploy",
    description="Deploy a release.\n\nWhat it does:\n- copies\n- restarts\n",
    autonomy="manual",
    examples=(
        Example(cmd="deploy prod v1.2.3 --fast", description="Deploy one release"),
        Example(cmd="deploy prod --slow"),
    ),
    args=args(
        Arg(name="target", position=1, required=True, description="Target host"),
        Arg(name="release", position=2, description="Release tag"),
        Arg(name="db-password", type="password", required=True),
        Arg(name="api-token", type="password", env=("DEPLOY_API_TOKEN",)),
        Arg(name="cache", type="flag", default=True, description="Use the cache"),
        Arg(name="fast", type="flag", default=False),
        Arg(name="slow", type="flag", default=False),
        Arg(name="upload", type="flag", default=False, description="Keep a copy"),
        Arg(name="bucket", description="Where the copy is kept"),
        Arg(name="region", default="eu-west-1"),
        Arg(name="extra", type="rest", description="Passed on"),
    ),
    groups={
        "mode": Group(name="mode", exactly_one=True, args=("fast", "slow")),
        "upload": Group(name="upload", trigger="upload", requires=("bucket", "region")),
    },
)


def test_the_complete_example_reads_as_one_page() -> None:
    assert (
        page(PIPELINE, RUN)
        == """\
Usage: pipeline run [options] --input PATH --tag TEXT... --fields TEXT,...
                    --api-key TEXT

Run the pipeline against one or more input files

Options:
      --input PATH                 [required]
      --tag TEXT                   [required] [repeatable]
      --fields TEXT,...            [required] [repeatable, split by ","]
      --format {json,csv,parquet}  [default: json]
      --workers INT                [default: 4] [1..32]
      --batch-size INT             [default: 1000] [1..100000]
      --dry-run
  -v, --verbose
      --strict
      --api-key TEXT               [required] [env: PIPELINE_API_KEY]
                                   [manual: agents can't set it]
      --timeout INT                [default: 30] [1..300]
      --threads INT                [default: 4]
                                   [deprecated: use --workers instead]
  -h, --help                       Show this help
      --version                    Show the version

Environment: RUNSPEC_PIPELINE_ARG_<NAME> sets an argument, such as
  RUNSPEC_PIPELINE_ARG_INPUT for --input
Config file: [pipeline] in ~/.config/runspec/runspec.config.toml, or beside
  the spec"""
    )


def test_a_level_with_commands_lists_them_first() -> None:
    assert (
        page(PIPELINE)
        == """\
Usage: pipeline [command]

Process and validate data pipeline files

Commands:
  run            Run the pipeline against one or more input files
  validate       Validate pipeline config and input files without running

Options:
  -h, --help     Show this help
      --version  Show the version

Commands: `pipeline <command> --help` tells more about one"""
    )


def test_groups_secrets_and_positionals_have_sections_of_their_own() -> None:
    assert (
        page(DEPLOY)
        == """\
Usage: deploy [options] (--fast | --slow) <target> [release] [-- extra...]

Deploy a release.

What it does:
- copies
- restarts

Arguments:
  <target>                 Target host [required]
  [release]                Release tag
  -- extra...              Passed on

Options:
      --cache, --no-cache  Use the cache [default: on]
  -h, --help               Show this help
      --version            Show the version

Mode (exactly one of these):
      --fast
      --slow

Upload (with --upload, --bucket and --region are required):
      --upload             Keep a copy
      --bucket TEXT        Where the copy is kept
      --region TEXT        [default: eu-west-1]

Secrets (from the environment, never on the command line):
  db-password              [required] [secret: set
                           RUNSPEC_DEPLOY_ARG_DB_PASSWORD, or be asked in a
                           terminal]
  api-token                [secret: set DEPLOY_API_TOKEN or
                           RUNSPEC_DEPLOY_ARG_API_TOKEN]

Examples:
  deploy prod v1.2.3 --fast  Deploy one release
  deploy prod --slow

Environment: RUNSPEC_DEPLOY_ARG_<NAME> sets an argument, such as
  RUNSPEC_DEPLOY_ARG_TARGET for <target>
Config file: [deploy] in ~/.config/runspec/runspec.config.toml, or beside the
  spec"""
    )


def test_a_narrow_terminal_has_descriptions_below_the_names() -> None:
    runnable = Runnable(
        name="resize",
        args=args(
            Arg(
                name="quality",
                type="int",
                default=85,
                range=(1, 100),
                short="-q",
                description="Output quality. Values below 60 are rarely useful.",
            ),
            Arg(
                name="region",
                description="地域を指定します。環境変数でも指定できます。",
            ),
        ),
    )
    assert (
        page(runnable, width=40)
        == """\
Usage: resize [options]

Options:
  -q, --quality INT
          Output quality. Values below
          60 are rarely useful.
          [default: 85] [1..100]
      --region TEXT
          地域を指定します。環境変数でも
          指定できます。
  -h, --help
          Show this help
      --version
          Show the version

Environment: RUNSPEC_RESIZE_ARG_<NAME>
  sets an argument, such as
  RUNSPEC_RESIZE_ARG_QUALITY for
  --quality
Config file: [resize] in
  ~/.config/runspec/runspec.config.toml,
  or beside the spec"""
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = page(PIPELINE, RUN, width=width).splitlines()
    assert max(map(display_width, lines)) <= width


def test_colours_change_nothing_but_the_looks() -> None:
    plain, coloured = page(DEPLOY), page(DEPLOY, colour=True)
    for code in ("0", "1", "2", "33", "36"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain


def test_headings_are_bold_and_names_coloured() -> None:
    lines = page(PIPELINE, colour=True).splitlines()
    assert lines[0] == "\x1b[1mUsage:\x1b[0m \x1b[1mpipeline\x1b[0m [command]"
    assert lines[4] == "\x1b[1mCommands:\x1b[0m"
    assert lines[5].startswith("  \x1b[36mrun\x1b[0m    ")


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        (Arg(name="ratio", type="float", default=0.5), "--ratio NUMBER [default: 0.5]"),
        (Arg(name="x", type="bool", default=True), "--x {true,false} [default: true]"),
        (Arg(name="x", default=""), '--x TEXT [default: ""]'),
        (
            Arg(name="x", default=["a", "b"], multiple=True),
            "[default: a, b] [repeatable]",
        ),
        (
            Arg(name="x", default=["a", "b"], delimiter=":"),
            '--x TEXT:... [default: a:b] [repeatable, split by ":"]',
        ),
        (Arg(name="x", pattern="[A-Z]+"), "--x TEXT [pattern: [A-Z]+]"),
        (Arg(name="x", min_length=3, max_length=40), "[3..40 characters]"),
        (Arg(name="x", min_length=3), "[at least 3 characters]"),
        (Arg(name="x", max_length=40), "[at most 40 characters]"),
        (Arg(name="x", env=("A", "B")), "--x TEXT [env: A, B]"),
        (Arg(name="x", type="iso-date"), "--x ISO-DATE"),
        (Arg(name="x", deprecated=""), "--x TEXT [deprecated]"),
        (Arg(name="x", autonomy="supervised"), "--x TEXT"),
        (Arg(name="x", default="y" * 90), f"[default: {'y' * 25}...{'y' * 12}]"),
        (Arg(name="x", description="One\n  two."), "--x TEXT One two."),
    ],
)
def test_what_is_known_of_an_argument_stands_behind_it(arg: Arg, expected: str) -> None:
    row = row_of(arg, starting="--x" if arg.name == "x" else f"--{arg.name}")
    assert row.endswith(expected)


def test_an_argument_stricter_than_its_runnable_says_so() -> None:
    strict = Arg(name="x", autonomy="confirm")
    assert "[confirm: agents ask first]" in page_of(strict, autonomy="autonomous")


def test_options_too_many_for_the_name_are_listed_behind_it() -> None:
    options = tuple(f"level-{number}" for number in range(500))
    text = page_of(Arg(name="x", type="choice", options=options))
    assert "--x CHOICE" in text
    assert "level-39 and 460 more]" in " ".join(text.split())
    assert "level-40" not in text


def test_a_secret_shows_no_default() -> None:
    assert "hunter2" not in page_of(Arg(name="p", type="password", default="hunter2"))


def test_options_of_the_level_above_are_global_options() -> None:
    top = Runnable(
        name="db",
        args=args(Arg(name="host", required=True), Arg(name="site", position=1)),
        commands={"seed": Runnable(name="seed", args=args(Arg(name="rows")))},
    )
    text = page(top, top.commands["seed"])
    assert text.startswith("Usage: db [site] seed [--rows TEXT] --host TEXT\n")
    assert "\nGlobal options:\n      --host TEXT  [required]\n" in text
    assert "\nArguments:\n  [site]\n" in text


def test_a_command_that_declares_an_argument_anew_shows_its_own() -> None:
    top = Runnable(
        name="db",
        args=args(Arg(name="rows", description="of the level above")),
        commands={
            "seed": Runnable(
                name="seed", args=args(Arg(name="rows", description="of the command"))
            )
        },
    )
    text = page(top, top.commands["seed"])
    assert "of the command" in text
    assert "of the level above" not in text


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (Group(name="g", exclusive=True, args=("a", "b")), "at most one of these"),
        (Group(name="g", inclusive=True, args=("a", "b")), "all or none of these"),
        (Group(name="g", at_least_one=True, args=("a", "b")), "one or more of these"),
        (Group(name="g", exactly_one=True, args=("a", "b")), "exactly one of these"),
        (Group(name="g", at_least_one=True, args=("a", "no")), "--a is required"),
        (
            Group(name="g", trigger="a", requires=("b",)),
            "with --a, --b is required",
        ),
    ],
)
def test_a_group_says_its_rule_in_words(group: Group, words: str) -> None:
    text = page_of(Arg(name="a"), Arg(name="b"), groups={"g": group})
    assert f"\nG ({words}):\n" in text


def test_an_argument_of_two_groups_is_listed_in_the_first() -> None:
    groups = {
        "one": Group(name="one", exclusive=True, args=("a", "b")),
        "two": Group(name="two", inclusive=True, args=("b", "c")),
    }
    text = page_of(Arg(name="a"), Arg(name="b"), Arg(name="c"), groups=groups)
    assert "\nTwo (all or none of --b and --c):\n      --c TEXT\n" in text
    assert text.count("\n      --b TEXT") == 1


def test_a_mandatory_command_stands_in_the_usage_without_brackets() -> None:
    top = Runnable(name="db", require_command=True, commands={"seed": Runnable()})
    assert usage_line([top], program="db") == "db <command>"


def test_the_usage_spells_out_optional_arguments_while_they_fit() -> None:
    few = Runnable(
        name="cp",
        args=args(
            Arg(name="force", type="flag", short="-f"),
            Arg(name="mode"),
            Arg(name="file", position=1, required=True, multiple=True),
        ),
    )
    assert usage_line([few], program="cp") == "cp [-f] [--mode TEXT] <file>..."
    many = Runnable(name="cp", args=args(*(Arg(name=f"option-{n}") for n in range(9))))
    assert usage_line([many], program="cp") == "cp [options]"


def test_an_argument_named_version_takes_the_place_of_the_built_in() -> None:
    text = page_of(Arg(name="version", description="Which release"))
    assert "Which release" in text
    assert "Show the version" not in text


def test_the_level_of_the_file_applies_where_none_is_declared() -> None:
    config = Config(autonomy_default="autonomous", help_autonomy=True)
    text = page(Runnable(name="x"), config=config)
    assert text.endswith("Autonomy: autonomous (agents may run this on their own)")


def test_control_characters_of_a_spec_never_reach_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\u202e"
    text = page_of(
        Arg(name="a", description=evil, default=evil, env=(evil,), pattern=evil),
        Arg(name="b", type="choice", options=(evil,), deprecated=evil),
        description=evil,
        autonomy_reason=evil,
        examples=(Example(cmd=evil, description=evil),),
        commands={"c": Runnable(name="c", description=evil)},
    )
    assert text.replace("\n", "").isprintable()
    assert "\\x1b]0;owned\\x07\\u202e" in text


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm"}, True),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    environ: dict[str, str], coloured: bool
) -> None:
    primary, secondary = os.openpty()
    with os.fdopen(primary), os.fdopen(secondary, "w") as terminal:
        assert Style.for_stream(terminal, environ).colour is coloured


@pytest.mark.parametrize(
    ("columns", "width"),
    [("72", 72), ("7", 40), ("500", 100), ("0", 80), ("wide", 80), ("٣٣", 80)],
)
def test_the_width_is_kept_between_40_and_100_columns(columns: str, width: int) -> None:
    assert Style.for_stream(io.StringIO(), {"COLUMNS": columns}).width == width


def test_without_a_terminal_there_are_80_columns_and_no_colours() -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (io.StringIO(), closed, None):
        style = Style.for_stream(stream, {})
        assert (style.width, style.colour, style.terminal) == (80, False, False)


def test_the_width_of_a_terminal_is_its_own() -> None:
    import fcntl
    import struct
    import termios

    primary, secondary = os.openpty()
    with os.fdopen(primary), os.fdopen(secondary, "w") as terminal:
        size = struct.pack("HHHH", 24, 66, 0, 0)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
        assert Style.for_stream(terminal, {}).width == 66


def test_what_an_encoding_lacks_is_written_as_escapes() -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="latin-1", newline="")
    write("größer → 東京", stream)
    stream.flush()
    assert buffer.getvalue() == "größer \\u2192 \\u6771\\u4eac\n".encode("latin-1")


def test_the_help_page_needs_no_slow_module() -> None:
    import subprocess
    import sys

    slow = ("re", "typing", "enum", "json", "textwrap", "unicodedata", "dataclasses")
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
from runspec.model import Arg, Config, Runnable
from runspec.render.help import help_page
from runspec.render.text import Style
runnable = Runnable(name="x", args={{"a": Arg(name="a", description="b")}})
help_page([runnable], Config(), program="x", style=Style())
print([name for name in {slow!r} if name in sys.modules])
"""
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path[:0] = {sys.path!r}\n{code}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
