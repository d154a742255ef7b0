"""Every fault a spec can have: its code, its place, and that it comes alone.

In the texts, « and » stand around what the caret must underline.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec.errors import Fault, FilePlace
from runspec.source.toml import parse_toml
from runspec.spec.build import Spec, build
from runspec.spec.fields import TABLES


def spec_of(text: str) -> Spec:
    return build(parse_toml(text, "runspec.toml"))


def errors(text: str) -> list[Fault]:
    return [fault for fault in spec_of(text).faults if fault.severity == "error"]


def warnings(text: str) -> list[Fault]:
    quiet = ("no-description", "no-autonomy")
    return [
        fault
        for fault in spec_of(text).faults
        if fault.severity == "warning" and fault.code not in quiet
    ]


def marked(text: str) -> tuple[str, tuple[int, int, int]]:
    """The text without its marks, and the line, column and length they say."""
    before, _, rest = text.partition("«")
    inside, _, after = rest.partition("»")
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return before + inside + after, (line, column, len(inside))


def where(fault: Fault) -> tuple[int, int, int]:
    place = fault.place
    assert isinstance(place, FilePlace)
    return place.line, place.column, place.length


def arg(fields: str) -> str:
    return f"[x.args]\na = {{{fields}}}"


def group(fields: str, args: str = "a = 1\nb = 2") -> str:
    return f"[x.args]\n{args}\n[x.groups.«g»]\n{fields}"


ERRORS = [
    ("not-a-table", "deploy = «3»"),
    ("not-a-table", "[[«deploy»]]\na = 1"),
    ("name-invalid", '[«"my tool"»]'),
    ("name-invalid", '[«".x"»]'),
    ("name-invalid", "[x.commands.«-c»]"),
    ("name-invalid", "[x.args]\n«'a b'» = 1"),
    ("name-invalid", "[x.args]\n«-a» = 1"),
    ("name-invalid", "[x.args]\n«''» = 1"),
    ("name-reserved", "[x.args]\n«help» = 1"),
    ("name-reserved", "[x.args]\n«runspec-x» = 1"),
    ("name-conflict", "[x.args]\ndry-run = 1\n«dry_run» = 2"),
    ("name-conflict", "[x.args]\nx = true\n«no-x» = 1"),
    ("name-conflict", "[x.args]\n«no-x» = 1\nx = true"),
    # [config]
    ("not-a-table", "config = «1»"),
    ("unknown-value", "[config]\nautonomy-default = «'never'»"),
    ("unknown-value", "[config]\nenforce_run_as = «'on'»"),
    ("field-type", "[config]\nversion = «1»"),
    ("field-type", "[config]\ntypes = ['a', «1»]"),
    ("field-type", "[config]\njump-hosts = «[]»"),
    ("field-type", "[config.jump-hosts]\nweb = «'web'»"),
    ("range-invalid", "[config.jump-hosts.web]\nport = «0»"),
    ("rotate-invalid", "[config.logging]\nrotate = «'hourly'»"),
    ("rotate-invalid", "[config.logging]\nrotate = «'0 MB'»"),
    ("rotate-invalid", "[config.logging]\nrotate = «'MB'»"),
    ("range-invalid", "[config.logging]\nkeep = «-1»"),
    ("field-type", "[config.logging]\nkeep = «true»"),
    # runnables
    ("field-type", "[x]\ndescription = «5»"),
    ("unknown-value", "[x]\nautonomy = «'manul'»"),
    ("field-type", "[x]\noutput = «1»"),
    ("field-type", "[x]\ndiscoverable = «'operator'»"),
    ("field-type", "[x]\ndiscoverable = [«1»]"),
    ("unknown-value", "[x]\nserve = ['local', «'here'»]"),
    ("field-type", "[x]\nhosts = «'web'»"),
    ("field-type", "[x]\nhosts = ['web', «1»]"),
    ("field-type", "[x]\nrun_as = «1»"),
    ("run-as-empty", "[x]\nrun_as = «{}»"),
    ("field-type", "[x]\nrun_as.hosts.web = «1»"),
    ("pattern-invalid", "[x]\nrun_as.patterns.«'('» = 'a'"),
    ("unknown-value", "[x]\nbecome_method = «'sodo'»"),
    ("field-type", "[x]\nexamples = «{}»"),
    ("field-type", "[x]\nexamples = ['x', «1»]"),
    ("example-without-cmd", "[x]\nexamples = [«{description = 'a'}»]"),
    ("field-type", "[x]\nrequire-command = «'yes'»"),
    ("field-type", "[x]\nargs = «3»"),
    ("field-type", "[x]\ncommands = «'x'»"),
    ("field-type", "[x.commands]\nc = «1»"),
    ("field-type", "[x]\ngroups = «[]»"),
    ("field-type", "[x.groups]\ng = «true»"),
    ("unknown-value", "[x.run]\nlaunch = «'torchrum'»"),
    ("unknown-value", "[x.config]\nformat = «'ini'»"),
    ("range-invalid", "[x.resources]\nnodes = «0»"),
    ("unknown-value", "[x.resources]\ngpus_per_node = «'many'»"),
    ("field-type", "[x.resources]\ngpus_per_node = «1.5»"),
    ("field-type", "[x]\nenv = «5»"),
    ("field-type", "[x.env]\nA = «[]»"),
    ("env-invalid", "[x.env]\n«'A=B'» = 'c'"),
    ("env-invalid", '[x.env]\nA = «"a\\u0000"»'),
    # arguments
    ("unknown-type", arg("type = «'itn'»")),
    ("field-type", arg("type = «5»")),
    ("field-type", arg("required = «'no'»")),
    ("field-type", arg("meta = «1»")),
    ("unknown-value", arg("autonomy = «'auto'»")),
    ("field-type", arg("options = «'ab'»")),
    ("options-invalid", arg("options = «[]»")),
    ("options-invalid", arg("options = «['a', 1]»")),
    ("options-invalid", arg("options = «[1, 2.5]»")),
    ("options-invalid", arg("options = «[true]»")),
    ("options-invalid", arg("options = «[nan]»")),
    ("options-invalid", arg("type = «'choice'»")),
    ("options-invalid", arg("type = «'choice'», default = 'a'")),
    ("options-invalid", arg("options = «[]», default = 'a'")),
    ("options-invalid", arg("type = 'int', options = «['a']»")),
    ("options-invalid", arg("type = 'str', options = «[1]»")),
    ("field-type", arg("type = 'int', range = «5»")),
    ("range-invalid", arg("type = 'int', range = «[1]»")),
    ("range-invalid", arg("type = 'int', range = «[2, 1]»")),
    ("range-invalid", arg("type = 'int', range = «['a', 1]»")),
    ("range-invalid", arg("type = 'int', range = «[0, inf]»")),
    ("range-invalid", arg("type = 'int', range = «[false, true]»")),
    ("length-invalid", arg("min-length = «-1»")),
    ("length-invalid", arg("min-length = «3», max-length = 2")),
    ("field-type", arg("max-length = «1.0»")),
    ("pattern-invalid", arg("pattern = «'['»")),
    ("pattern-dangerous", arg("pattern = «'(a)\\1'»")),
    ("field-type", arg("pattern = «1»")),
    ("field-type", arg("multiple = «1»")),
    ("field-type", arg("delimiter = «1»")),
    ("delimiter-invalid", arg("delimiter = «''»")),
    ("delimiter-invalid", arg("delimiter = «', '»")),
    ("delimiter-invalid", arg("delimiter = «','», multiple = false")),
    ("field-type", arg("short = «1»")),
    ("short-invalid", arg("short = «'v'»")),
    ("short-invalid", arg("short = «'--v'»")),
    ("short-invalid", arg("short = «'--'»")),
    ("short-invalid", arg("short = «'-='»")),
    ("short-invalid", arg("short = «'- '»")),
    ("short-reserved", arg("short = «'-h'»")),
    ("short-conflict", "[x.args]\na = {short = '-v'}\nb = {short = «'-v'»}"),
    (
        "short-conflict",
        "[x]\nargs.a.short = '-v'\ncommands.c.commands.d.args.b.short = «'-v'»",
    ),
    ("position-invalid", arg("position = «0»")),
    ("position-invalid", arg("type = 'flag', position = «1»")),
    ("field-type", arg("position = «'1'»")),
    ("position-conflict", "[x.args]\na = {position = 1}\nb = {position = «1»}"),
    (
        "position-order",
        "[x.args]\na = {position = «1», multiple = true}\nb = {position = 2}",
    ),
    ("field-type", arg("env = «5»")),
    ("env-invalid", arg("env = «''»")),
    ("env-invalid", arg("env = ['A', «'A=B'»]")),
    ("arg-shadowed", "[x]\nargs.a = false\ncommands.c.args.«a» = 1"),
    ("rest-conflict", "[x.args]\na = {type = 'rest'}\n«b» = {type = 'rest'}"),
    ("rest-conflict", "[x]\nargs.a.type='rest'\ncommands.c.args.«b».type='rest'"),
    ("rest-invalid", arg("type = 'rest', position = «1»")),
    ("rest-invalid", arg("type = 'rest', short = «'-r'»")),
    ("rest-invalid", arg("type = 'rest', multiple = «true»")),
    ("rest-invalid", arg("type = 'rest', delimiter = «','»")),
    ("secret-positional", arg("type = 'password', position = «1»")),
    ("secret-default", arg("type = 'password', «default» = 'hunter2'")),
    # groups
    ("group-kind", group("args = ['a']")),
    ("group-kind", group("exclusive = false\nargs = ['a']")),
    ("group-kind", group("exclusive = true\ninclusive = true\nargs = ['a']")),
    ("group-kind", group("exclusive = true\nif = 'a'\nargs=['b']\nrequires=['b']")),
    ("group-incomplete", group("exclusive = true")),
    ("group-incomplete", group("exclusive = true\nargs = []")),
    ("group-incomplete", group("if = 'a'")),
    ("field-type", "[x.groups.g]\nargs = ['a']\nexclusive = «'yes'»"),
]


@pytest.mark.parametrize(("code", "text"), ERRORS)
def test_a_fault_has_its_code_and_place_and_comes_alone(code, text):
    text, place = marked(text)
    assert [(fault.code, where(fault)) for fault in errors(text)] == [(code, place)]


DEFAULTS = [
    ("default = «11», range = [1, 10]", "out-of-range"),
    ("default = [5, «11»], range = [1, 10]", "out-of-range"),
    ("default = «'c'», options = ['a', 'b']", "not-an-option"),
    ("default = «'1'», options = [1, 2]", "not-an-option"),
    ("default = «true», options = [1, 2]", "not-an-option"),
    ("default = «'1'», type = 'int'", "not-int"),
    ("default = «true», type = 'int'", "not-int"),
    ("default = «9223372036854775807», type = 'str'", "not-text"),
    ("default = «nan»", "not-float"),
    ("default = «inf»", "not-float"),
    ("default = «1», type = 'bool'", "not-bool"),
    ("default = «'yes'», type = 'flag'", "not-bool"),
    ("default = «''», type = 'path'", "not-path"),
    ("default = «'abc'», max-length = 2", "too-long"),
    ("default = «'a'», min-length = 2", "too-short"),
    ("default = «'ab'», pattern = '[a-z]'", "pattern-mismatch"),
    ("default = «2024-01-01»", "not-text"),
    ("default = «['a']», multiple = false", "not-text"),
    ("default = ['a', «1»]", "not-text"),
    ("default = [«{b = 1}»]", "not-text"),
    ("default = ['a', «1»], type = 'rest'", "not-text"),
    ('default = «"a\\u0000"»', "not-text"),
]


@pytest.mark.parametrize(("fields", "detail"), DEFAULTS)
def test_a_default_is_held_to_its_own_type_and_checks(fields, detail):
    text, place = marked(arg(fields))
    found = [(fault.code, fault.detail, where(fault)) for fault in errors(text)]
    assert found == [("default-invalid", detail, place)]


def test_every_bad_item_of_a_default_is_reported_with_its_number():
    faults = errors(arg("default = [0, 5, 11], range = [1, 10]"))
    assert [(fault.item, fault.received) for fault in faults] == [(1, 0), (3, 11)]
    assert {fault.expected for fault in faults} == {(1, 10)}


WARNINGS = [
    ("unknown-value", "[x]\noutput = «'xml'»"),
    ("unknown-value", "[x]\ndiscoverable = [«'public'»]"),
    ("unknown-value", arg("ui = «'dropdown'»")),
    ("unknown-key", "[config]\n«langage» = 'python'"),
    ("unknown-key", "[x]\n«descripton» = 'a'"),
    ("unknown-key", arg("«defualt» = 1")),
    ("unknown-key", "[x]\nexamples = [{cmd = 'x', «desc» = 'a'}]"),
    ("unknown-key", "[x.resources]\n«gpus» = 1"),
    ("version-unsupported", "[config]\nversion = «'2'»"),
    ("field-ignored", arg("type = 'int', «pattern» = 'a'")),
    ("field-ignored", arg("type = 'str', «range» = [1, 2]")),
    ("field-ignored", arg("type = 'path', «options» = ['a']")),
    ("field-ignored", arg("options = ['a'], «min-length» = 1")),
    ("field-ignored", arg("type = 'flag', «multiple» = true")),
    ("field-ignored", arg("type = 'rest', «required» = true")),
    ("default-unused", arg("required = true, «default» = 1")),
    ("default-unused", arg("type = 'rest', «default» = ['a']")),
    (
        "position-order-optional",
        "[x.args]\na = {position = 1, default = 1}\nb = {position = «2»}",
    ),
    ("name-shadowed", "[x.args]\n«get» = 1"),
    ("name-shadowed", "[x.args]\n«get-runspec-env» = 1"),
    ("name-shadowed", "[x.args]\n«__class__» = 1"),
    ("require-command-without-commands", "[x]\n«require-command» = true"),
    ("group-unknown-argument", "[x.groups.g]\nexclusive = true\nargs = [«'a'»]"),
    ("group-unknown-argument", "[x]\nargs.a=1\ngroups.g={if=«'b'», requires=['a']}"),
    ("group-unknown-argument", "[x]\nargs.a=1\ngroups.g={if='a', requires=[«'b'»]}"),
]


@pytest.mark.parametrize(("code", "text"), WARNINGS)
def test_a_warning_has_its_code_and_place_and_stops_nothing(code, text):
    text, place = marked(text)
    assert [(fault.code, where(fault)) for fault in warnings(text)] == [(code, place)]
    assert errors(text) == []


NEEDED = "a = {}\nb = {}"
UNSATISFIABLE = [
    group("exclusive = true\nargs = ['a', 'b']", NEEDED),
    group("exactly-one = true\nargs = ['a', 'b']", NEEDED),
    group("at-least-one = true\nargs = ['c']"),
    "[x.args]\na = {required=false}\nb = {required=false}\n"
    "[x.groups.f]\ninclusive = true\nargs = ['a', 'b']\n"
    "[x.groups.«g»]\nexactly-one = true\nargs = ['a', 'b']",
    "[x]\nargs.a = {}\ncommands.c.args.b = {}\n"
    "commands.c.groups.«g» = {exclusive = true, args = ['a', 'b']}",
]


@pytest.mark.parametrize("text", UNSATISFIABLE)
def test_groups_that_no_call_can_satisfy_are_reported_once(text):
    text, place = marked(text)
    found = [f for f in warnings(text) if f.code == "group-unsatisfiable"]
    assert [where(fault) for fault in found] == [place]


SATISFIABLE = [
    group("inclusive = true\nargs = ['a', 'b']", NEEDED),
    group("exclusive = true\nargs = ['a', 'b']", "a = {}\nb = 1"),
    group("if = 'a'\nrequires = ['b']", "a = {}\nb = 1"),
    group("if = 'a'\nrequires = ['b']", "a = {}\nb = {required = false}"),
    group("at-least-one = true\nargs = ['a', 'b']"),
]


@pytest.mark.parametrize("text", SATISFIABLE)
def test_groups_that_some_call_satisfies_are_not_reported(text):
    assert warnings(marked(text)[0]) == []


def test_many_groups_of_many_arguments_take_no_time():
    names = [f"a{n}" for n in range(12)]
    args = "\n".join(f"{name} = {{required = false}}" for name in names)
    groups = "\n".join(
        f"[x.groups.g{n}]\nexactly-one = true\nargs = {names[n % 5 :]}"
        for n in range(300)
    )
    assert spec_of(f"[x.args]\n{args}\n{groups}").names == ("x",)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("[x]\ndescripton = 'a'", "description"),
        ("[x]\nautonomy = 'manul'", "manual"),
        (arg("type = 'strr'"), "str"),
        (arg("ui = 'sliders'"), "slider"),
        ("[x]\ndiscoverable = ['operators']", "operator"),
        ("[x.args]\nfile = 1\n[x.groups.g]\nexclusive=true\nargs = ['flie']", "file"),
        ("[config]\ntypes = ['date']\n[x.args]\na = {type = 'dat'}", "date"),
    ],
)
def test_a_mistyped_word_is_named_with_the_nearest_known_one(text, near):
    nearest = [f.candidates[0] for f in spec_of(text).faults if f.candidates]
    assert nearest == [near]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("[x]\nautonomy = 'manual'", [("no-description", "x")]),
        ("[x]\ndescription = 'a'", [("no-autonomy", "x")]),
        (
            "[x]\ndescription='a'\nautonomy='manual'\ncommands.c.args.b = {}",
            [
                ("no-description", "x.commands.c"),
                ("no-description", "x.commands.c.args.b"),
            ],
        ),
        ("[x]\ndescription='a'\nautonomy='manual'\nargs.b = 1", []),
    ],
)
def test_missing_descriptions_and_autonomy_are_warned_of(text, missing):
    assert [(fault.code, fault.subject) for fault in spec_of(text).faults] == missing


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[x.args]\ndry-run = 1\ndry_run = 2", 2),
        ("[x.args]\na.short = '-v'\nb.short = '-v'", 2),
        ("[x.args]\na.position = 1\nb.position = 1", 2),
        ("[x.args]\na.type = 'rest'\nb.type = 'rest'", 2),
        ("[x]\nargs.a = false\ncommands.c.args.a = 1", 2),
        ("[x.args.a]\nmax-length = 1\nmin-length = 2", 2),
    ],
)
def test_a_conflict_names_the_other_place(text, line):
    (fault,) = errors(text)
    assert fault.related.line == line


def test_faults_come_together_in_the_order_of_their_places():
    text = "[x]\nautonomy = 1\nfoo = \n[x.args]\na = {type = 'itn'}\n[y]\noutput = 1"
    faults = spec_of(text).faults
    places = [where(fault)[:2] for fault in faults]
    assert places == sorted(places)
    assert [f.code for f in faults if f.severity == "error"] == [
        "field-type",
        "toml-syntax",
        "unknown-type",
        "field-type",
    ]


def test_a_fault_in_one_runnable_leaves_the_others_usable():
    spec = spec_of("[x]\nautonomy = 1\n[y]\noutput = 'json'\n[z]\nfoo =")
    assert list(spec.runnables) == ["y"]
    assert spec.names == ("x", "y", "z")
    assert [fault.code for fault in spec.errors_for("x")] == ["field-type"]
    assert [fault.code for fault in spec.errors_for("z")] == ["toml-syntax"]
    assert spec.errors_for("y") == ()


@pytest.mark.parametrize(
    "text",
    [
        "[config]\nautonomy-default = 1\n[x]",
        "[config]\nlang =\n[x]",
        "config = 1\n[x]",
    ],
)
def test_a_fault_in_config_stops_every_runnable(text):
    spec = spec_of(text)
    assert spec.runnables == {}
    assert len(spec.errors_for("x")) == 1
    assert spec.errors_for("x") == spec.errors_for(None)


def test_what_a_broken_line_would_have_said_is_not_missed():
    text = "[x]\nautonomy = 'manual'\ndescription = \n[x.groups.g]\nargs = \n"
    assert {fault.code for fault in spec_of(text).faults} == {"toml-syntax"}


def test_a_section_with_very_many_faults_is_reported_in_part_and_stays_unusable():
    keys = "\n".join(f"key{n} = 1" for n in range(5_000))
    spec = spec_of(f"[x]\n{keys}\nautonomy = 1")
    assert len(spec.faults) < 500
    assert [fault.code for fault in spec.errors_for("x")] == ["field-type"]


SECRETS = [
    "a = {type = 'password', default = 'hunter2', position = 1, foo = 3}",
    "a = {default = 'hunter2', type = 'password', posiiton = 3}",
    "a = {type = 'pasword', default = 'hunter2'}",
    'a = {type = "password", default = "\\u0068unter2", env = 5}',
    "a = {type = 'password', default = ['hunter2', 'x'], range = 5}",
    'a = {type = "password", foo = 1, default = """\nhunter2""", env = 5}',
    "a.type = 'password'\na.default = 'hunter2'\na.env = 5",
]


@pytest.mark.parametrize("text", SECRETS)
def test_the_default_of_a_password_is_in_no_fault(text):
    faults = spec_of(f"[x.args]\n{text}").faults
    assert faults
    for fault in faults:
        shown = [getattr(fault, slot) for slot in Fault.__slots__]
        shown += [fault.place.text]
        assert "unter2" not in repr(shown)


def test_the_caret_still_stands_under_what_follows_a_masked_secret():
    text = "[x.args]\na = {type = 'password', default = 'hunter2', posiiton = 3}"
    (fault,) = warnings(text)
    line, column, length = where(fault)
    assert line == 2
    assert fault.place.text[column - 1 :][:length] == "posiiton"


def test_building_a_document_twice_says_the_same():
    document = parse_toml("[x.args]\na = {type='password', default='hunter2', b=}")
    first, second = (
        [(f.code, f.place.text, where(f)) for f in build(document).faults]
        for _ in range(2)
    )
    assert first == second


KEYS = sorted({field.key for fields in TABLES.values() for field in fields})
WORDS = st.sampled_from([*KEYS, "x", "a-b", "a_b", "-v", "", "str", "rest", "password"])
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-2, 3),
    st.floats(),
    WORDS,
    st.text(max_size=6),
    st.dates(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=5)
    ),
    max_leaves=30,
)
ARGS = st.dictionaries(
    WORDS, st.dictionaries(st.sampled_from([f.key for f in TABLES["arg"]]), VALUES)
)
GROUPS = st.dictionaries(
    WORDS, st.dictionaries(st.sampled_from([f.key for f in TABLES["group"]]), VALUES)
)
FILES = st.dictionaries(
    st.sampled_from(["config", "x", "y"]),
    st.one_of(
        VALUES,
        st.fixed_dictionaries(
            {}, optional={"args": ARGS, "groups": GROUPS, "commands": VALUES}
        ),
        st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8),
    ),
    max_size=3,
)


def toml(value: object) -> str:
    """A value as TOML, tables inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        plain = (c if c.isalnum() else f"\\U{ord(c):08X}" for c in value)
        return f'"{"".join(plain)}"'
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        pairs = (f"{toml(key)} = {toml(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    return str(value)


@given(FILES)
def test_any_tables_give_a_spec_whose_runnables_are_usable_or_faulty(tables):
    text = "\n".join(f"{toml(key)} = {toml(value)}" for key, value in tables.items())
    document = parse_toml(text)
    assert document.faults == []
    spec = build(document)
    places = [where(fault)[:2] for fault in spec.faults]
    assert places == sorted(places)
    assert all(line >= 1 for line, _ in places)
    for name in spec.names:
        assert (name in spec.runnables) is not bool(spec.errors_for(name))


@given(st.text(alphabet="[]{}=.,\"'#\n ax1-", max_size=80))
def test_any_text_gives_a_spec(text):
    spec = spec_of(text)
    assert (None in {f.runnable for f in spec.faults}) or all(
        (name in spec.runnables) is not bool(spec.errors_for(name))
        for name in spec.names
    )
