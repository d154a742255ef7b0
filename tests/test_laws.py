"""What holds for every input, tried on many."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runspec
from corpus_room import LONG_AGO, settle

SPEC = """\
[config]
autonomy-default = "autonomous"

[tool]
description = "Has one of everything"
autonomy = "autonomous"
colour = "a key that the format doesn't know"

[tool.args]
text = {type = "str", default = "t", description = "d"}
word = {default = "ab", pattern = "[a-z]+", min-length = 2, max-length = 8}
number = {type = "int", default = 1, short = "-n", env = ["NUMBER"], description = "d"}
small = {type = "int", default = 3, range = [1, 9], autonomy = "supervised"}
ratio = {type = "float", default = 0.5, description = "d"}
on = {type = "bool", default = false, description = "d"}
quick = {default = false, short = "-q", autonomy = "confirm", description = "d"}
careful = {default = true, description = "d"}
where = {type = "path", required = false, autonomy = "manual", description = "d"}
color = {options = ["red", "blue"], default = "red", description = "d"}
level = {options = [1, 2, 3], default = 1, description = "d"}
tag = {type = "str", multiple = true, required = false, description = "d"}
ids = {type = "int", multiple = true, required = false, description = "d"}
parts = {type = "str", delimiter = ",", required = false, description = "d"}
old = {type = "str", required = false, deprecated = "use text", description = "d"}
password = {type = "password", required = false, env = "TOOL_PASSWORD", min-length = 4}
others = {type = "rest", description = "d"}

[tool.groups.either]
exclusive = true
args = ["quick", "on"]

[tool.groups.both]
if = "old"
requires = ["where"]

[tool.commands.go]
description = "Goes"
autonomy = "supervised"

[tool.commands.go.args]
target = {type = "str", position = 1, description = "d"}
far = {default = false, short = "-f", description = "d"}

[tool.commands.stay]
description = "Stays"
require-command = true

[tool.commands.stay.commands.here]
description = "Stays here"

[tool.commands.stay.commands.here.args]
steps = {type = "int", position = 1, multiple = true, required = false}
"""
NAMES = [
    *("text", "word", "number", "small", "ratio", "on", "quick", "careful", "where"),
    *("color", "level", "tag", "ids", "parts", "old", "password", "target", "far"),
    *("steps", "no-careful", "help", "version", "txt", "pasword", "colour"),
]


class Room:
    """A directory with a spec, and the calls made there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spec = path / "runspec.toml"
        self._number = 0

    def write(self, content: str | bytes) -> str:
        """Another spec; its path."""
        self._number += 1
        path = self.path / f"{self._number}.toml"
        text = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(text)
        os.utime(path, (LONG_AGO, LONG_AGO))
        return str(path)

    def forget(self) -> None:
        """Make the next call a cold one."""
        shutil.rmtree(self.path / "__pycache__", ignore_errors=True)


class Call:
    """One call: its result or how it ended, and what it wrote."""

    def __init__(
        self, name: str, argv: list[str], spec: str, environ: dict[str, str]
    ) -> None:
        out, err = io.BytesIO(), io.BytesIO()
        self.args: runspec.Args | None = None
        self.exit: object = None
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(io.TextIOWrapper(out, "utf-8")) as stdout,
            contextlib.redirect_stderr(
                io.TextIOWrapper(err, "utf-8", "backslashreplace")
            ) as stderr,
        ):
            for key, value in environ.items():
                patch.setenv(key, value)
            try:
                self.args = runspec.parse(name, argv, spec)
            except SystemExit as end:
                self.exit = end.code
            stdout.flush()
            stderr.flush()
        self.stdout, self.stderr = out.getvalue().decode(), err.getvalue().decode()

    @property
    def values(self) -> dict[str, tuple[object, str]] | None:
        """The value and source of each argument."""
        args = self.args
        if args is None:
            return None
        return {name: (args.get(name).value, args.get(name).source) for name in args}

    def one(self, name: str) -> object:
        assert self.args is not None, self.stderr
        return self.args.get(name).value


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    made = Room(tmp_path_factory.mktemp("laws"))
    made.spec.write_text(SPEC, "utf-8")
    os.utime(made.spec, (LONG_AGO, LONG_AGO))
    settle(made.path)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            patch.delenv(name)
        patch.setenv("HOME", str(made.path))
        patch.setenv("COLUMNS", "100")
        patch.setattr(sys, "prefix", str(made.path))
        patch.chdir(made.path)
        yield made


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
"""What a command line can hold as UTF-8."""
RAW = st.binary(max_size=12).map(os.fsdecode).filter(lambda text: "\0" not in text)
"""What a command line can hold at all: bytes."""
INT = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(allow_nan=False, allow_infinity=False)
SECRET = st.text("abcdefghijkmnpqrstuvwxyz", min_size=9, max_size=20).map("S3".__add__)

LIKELY = st.sampled_from(
    ["1", "0", "-5", "x", "", "true", "red", "blu", "2", "9" * 30, "1e999", "a,b", "~"]
)
TOKEN = st.one_of(
    st.sampled_from(NAMES).map("--{}".format),
    st.builds("--{}={}".format, st.sampled_from(NAMES), LIKELY | RAW),
    st.sampled_from(["-n", "-q", "-f", "-nq", "-qn5", "-h", "-n=", "-", "--", "-x1"]),
    st.sampled_from(["go", "stay", "here", "gone", "hre"]),
    LIKELY,
    RAW,
)
ARGV = st.lists(TOKEN, max_size=9)
VARIABLE = st.one_of(
    st.sampled_from(NAMES).map(
        lambda name: f"RUNSPEC_TOOL_ARG_{name.upper().replace('-', '_')}"
    ),
    st.sampled_from(["NUMBER", "TOOL_PASSWORD", "RUNSPEC_DEFAULTS", "NO_COLOR"]),
    st.sampled_from(["RUNSPEC_ENV_FILE", "RUNSPEC_DEBUG", "XDG_CONFIG_HOME", "LANG"]),
    st.sampled_from(["TERM", "COLUMNS", "HOME", "XDG_CACHE_HOME"]),
)
ENVIRON = st.dictionaries(VARIABLE, LIKELY | RAW, max_size=4)
AGENT = st.sampled_from([{}, {"RUNSPEC_AGENT": "1"}])

PIECE = st.sampled_from(
    [
        *("[tool]", "[tool.args]", "[config]", "[tool.args.x]", "[tool.commands.go]"),
        *("[tool.groups.g]", "[[tool]]", "[tool", "[tool.run_as]", "[tool.run]"),
        *("type = 'int'", "type = 'choice'", "type = 'rest'", "type = 'password'"),
        *("default = 1", "default = [1, 'a']", "default = nan", "default = 1979-05-27"),
        *("options = []", "options = ['a', 1]", "range = [9, 1]", "range = 'a'"),
        *("pattern = '('", "pattern = '(a*)*b'", "min-length = -1", "delimiter = ''"),
        *("multiple = true", "position = 0", "short = '--'", "required = true"),
        *("x = {default = 1}", "x = {type = 'int', ", "a = 1", "a-b = 1", "a_b = 2"),
        *("args = ['x', 'y']", "exclusive = true", "if = 'x'", "requires = [1]"),
        *("autonomy = 'sometimes'", "autonomy-default = 1", "examples = [{}]"),
        *('"" = 1', "a.b.c = 1", 'x = """', "x = '''a", "meta = {d = 07:32:00}"),
        *("env = {A = true}", "hosts = 'a'", "discoverable = 5", "\t# a comment"),
    ]
)
LINE = PIECE | st.text(max_size=20)


@st.composite
def _spoiled(draw: st.DrawFn) -> str:
    """The rich spec with one piece replaced."""
    start = draw(st.integers(0, len(SPEC)))
    end = draw(st.integers(start, min(start + 40, len(SPEC))))
    return SPEC[:start] + draw(LINE) + SPEC[end:]


TOML = st.one_of(st.lists(LINE, max_size=12).map("\n".join), _spoiled())
LAW = settings(deadline=None, max_examples=100)
FEW = settings(deadline=None, max_examples=50)


@LAW
@given(argv=ARGV, environ=ENVIRON, agent=AGENT)
def test_every_call_ends_with_a_result_or_an_exit_status(
    room: Room, argv: list[str], environ: dict[str, str], agent: dict[str, str]
):
    call = Call("tool", argv, str(room.spec), {**environ, **agent})
    assert (call.args is not None) is (call.exit is None)
    assert call.exit in (None, 0, 2)
    if call.exit == 2:
        assert call.stderr
    if call.args is not None:
        assert repr(call.args)


@LAW
@given(text=TOML | st.binary(max_size=60), agent=AGENT)
def test_every_spec_ends_with_a_result_or_an_exit_status(
    room: Room, text: str | bytes, agent: dict[str, str]
):
    if isinstance(text, str):
        text = text.encode(errors="replace")
    spec = room.write(text)
    for argv in (["--x=1", "--y"], ["--help"]):
        call = Call("tool", argv, spec, agent)
        assert call.exit in (None, 0, 1, 2)
        assert (call.exit in (1, 2)) <= bool(call.stderr)


@LAW
@given(
    text=TEXT,
    number=INT,
    ratio=FLOAT,
    on=st.booleans(),
    careful=st.booleans(),
    where=RAW.filter(bool),
    color=st.sampled_from(["red", "blue"]),
    level=st.sampled_from([1, 2, 3]),
    tag=st.lists(TEXT, min_size=1, max_size=4),
    ids=st.lists(INT, min_size=1, max_size=4),
    parts=st.lists(TEXT.filter(lambda text: "," not in text), max_size=4).filter(
        lambda parts: parts != [""]
    ),
    others=st.lists(RAW.map(lambda text: text.encode(errors="replace").decode())),
)
def test_values_written_to_a_command_line_are_read_back(
    room: Room, where: str, parts: list[str], others: list[str], **values: object
):
    argv = [f"--where=/{where}", f"--parts={','.join(parts)}"]
    for name, value in values.items():
        texts = value if isinstance(value, list) else [value]
        argv += [f"--{name}={text}" for text in texts]
    call = Call("tool", [*argv, "--", *others], str(room.spec), {})
    assert call.one("where") == Path(os.path.abspath(f"/{where}"))
    assert call.one("parts") == parts
    assert call.one("others") == others
    assert {name: call.one(name) for name in values} == values


@FEW
@given(argv=ARGV, environ=ENVIRON, agent=AGENT)
def test_a_cold_and_a_warm_call_agree(
    room: Room, argv: list[str], environ: dict[str, str], agent: dict[str, str]
):
    def call() -> Call:
        return Call("tool", argv, str(room.spec), {**environ, **agent})

    room.forget()
    cold = call()
    assert list((room.path / "__pycache__").iterdir())
    warm = call()
    assert warm.values == cold.values
    assert (warm.exit, warm.stdout, warm.stderr) == (
        cold.exit,
        cold.stdout,
        cold.stderr,
    )
    if cold.args is not None and warm.args is not None:
        assert warm.args.runspec_autonomy == cold.args.runspec_autonomy
        assert warm.args.runspec_spec == cold.args.runspec_spec


@LAW
@given(
    secret=SECRET,
    tail=st.sampled_from(["", "\udcff", "\n", "\u00e9", "x" * 3000]),
    variable=st.sampled_from(["TOOL_PASSWORD", "RUNSPEC_TOOL_ARG_PASSWORD"]),
    argv=ARGV,
    environ=ENVIRON,
    agent=AGENT,
)
def test_a_secret_of_the_environment_is_shown_nowhere(
    room: Room,
    secret: str,
    tail: str,
    variable: str,
    argv: list[str],
    environ: dict[str, str],
    agent: dict[str, str],
):
    given_ = {**environ, **agent, variable: secret + tail}
    call = Call("tool", argv, str(room.spec), given_)
    shown = call.stdout + call.stderr
    if call.args is not None:
        shown += repr(call.args) + repr(call.args.get("password"))
    assert secret not in shown


ASKING = st.sampled_from(
    ["--quick", "--small=2", "--where=/x", "--text=a", "--tag=a", "--no-careful"]
)


@LAW
@given(
    fewer=st.lists(ASKING, max_size=4),
    more=st.lists(ASKING, max_size=4),
    command=st.sampled_from([[], ["go", "x"], ["stay", "here"]]),
)
def test_more_arguments_never_lower_the_autonomy(
    room: Room, fewer: list[str], more: list[str], command: list[str]
):
    scale = ["autonomous", "supervised", "confirm", "manual"]
    levels = []
    for argv in (fewer, [*fewer, *more]):
        args = Call("tool", [*command, *argv], str(room.spec), {}).args
        assert args is not None
        levels.append(scale.index(args.runspec_autonomy))
    assert levels[0] <= levels[1]
    if "--where=/x" in fewer + more:
        assert levels[1] == scale.index("manual")
