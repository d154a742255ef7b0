"""Values: every text means to us what it means to the standard library (FILE-01)."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec.source.toml import parse_toml


def standard(text: str) -> dict[str, object] | None:
    """The tables that the standard library reads, None when it refuses."""
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def spelled(value: object) -> str:
    """Tells 1 from 1.0 and True, keeps the order of keys, and nan is nan."""
    return repr(value)


def assert_read_as_the_standard_library_does(text: str) -> None:
    document = parse_toml(text)
    expected = standard(text)
    faults = [(fault.code, fault.detail) for fault in document.faults]
    assert bool(faults) == (expected is None), faults
    if expected is not None:
        assert spelled(document.tables) == spelled(expected)


VALUES = [
    *("true", "false", "0", "-0", "+7", "1_000", "-17", "9223372036854775808"),
    *("0xDEAD_beef", "0x00", "0xe1", "0b1", "0o17", "0b1101_0110", "0o7_5_5", "1.0"),
    *("-0.0", "3.14_15", "5e+22", "1e06", "-2E-2", "6.626e-34", "1_0.0_1e1_0", "inf"),
    *("+inf", "-inf", "nan", "+nan", "-nan", "1e999", "0e0", "0.0", '""', "''"),
    *('"text"', "'raw \\n'", '"tab\there"', "'\"'", '"\'"', '"ünï 😀"'),
    *('"\\b\\t\\n\\f\\r\\"\\\\"', '"\\u00e9\\U0001F600"', '"\\\\\\\\"', '"\\\\n"'),
    *('"a\\"b\\"c"', '""""""', '"""a"""', '"""\nfirst"""', '"""\n\n"""', '"""a""""'),
    *('"""a"""""', '"""a ""b"" c"""', '"""""""', '"""a\\\n   b"""'),
    *('"""a \\  \n \n\t b"""', '"""\\""" """', '"""\\\\"""', '"""\\u00e9\n\\n"""'),
    *('"""\\\n"""', "''''''", "'''a'''", "'''\na\\b'''", "'''a''''", "''''a'''''"),
    *("'''a\n'b'\n'''", "1979-05-27", "07:32:00", "00:32:00.999999"),
    *("00:32:00.9999999999", "07:32:00.5", "1979-05-27T07:32:00Z"),
    *("1979-05-27 07:32:00z", "1979-05-27t00:32:00.9-07:00", "1979-05-27T07:32:00"),
    *("1979-05-27T00:32:00+00:00", "2024-02-29", "9999-12-31", "[]", "[ ]", "[1]"),
    *("[1,]", "[1, 'a', [2.0, []], {a = 1}]", "[\n]"),
    *("[ # c\n 1 # d\n , # e\n 2, # f\n # g\n]", "[[1, 2], ['a']]", "[1979-05-27 ,1]"),
    *("{}", "{ }", "{a=1}", "{ a = 1 , b.c = 2 }", "{a = [\n1,\n2\n], b = '''\n'''}"),
    *("{a.b = 1, a.c = 2}", "{'a b'.\"c\" = {d = {}}}", "[{a = 1}, {a = 2}]"),
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_read_as_the_standard_library_reads_it(value: str) -> None:
    text = f"key = {value} # comment\nnext = [{value}]\n"
    assert standard(text) is not None
    assert_read_as_the_standard_library_does(text)


BROKEN_VALUES = [
    *("", "True", "yes", "nul", "01", "+01", "1_", "_1", "1__0", "0x", "0x_1", "0X1"),
    *("-0x1", "0o8", "0b2", "0xg", "1.", ".5", "1.e5", "1._5", "1e", "1e+", "1e_5"),
    *("00.5", "1.5.5", "infinity", "+true", "+", "-", "1 2", "1'", "١", "1,", "0b0x1"),
    *('"', '"a', '"a\nb"', "'a\nb'", "'it's'", '"\\a"', '"\\u12"', '"\\ud800"'),
    *('"\\U00110000"', '"\\x41"', '"\\ "', '"""a', '"""a""""""', "'''a", '"\\"'),
    *('"""\\ a"""', '"""a\\"""', "1979-5-27", "1979-02-30", "0000-01-01", "1979-13-01"),
    *("1979-05-27T", "1979-05-27Z", "1979-05-27T07:32", "07:32", "24:00:00"),
    *("07:60:00", "07:32:60", "07:32:00.", "07:32:00Z", "1979-05-27T07:32:00+24:00"),
    *("7:32:00", "1979-05-27T07:32:00+07:60", "1979-05-27T07:32:00-7:00"),
    *("1979-05-27 1", "1979-05-27  07:32:00", "1979-05-27T07:32:00.1a", "1979_05-27"),
    *("1979-05-270", "[", "[1", "[1 2]", "[,]", "[1,,2]", "[1,", "]", "[a]", "[1]]"),
    *("[}", "{", "{a}", "{a=}", "{a=1,}", "{,}", "{a=1 b=2}", "{a=1\n}", "{\na=1}"),
    *("{a=1 # }", "{a=1, a=2}", "{a=1, a.b=2}", "{a={}, a.b=1}", "{a.b={}, a=1}"),
    *("{a=[{}], a.b=1}", "{a.b.c=1, a.b=2}", "{a=1", "}", "=", "= 1", "\\", "\ufeff1"),
    "\xa01",
]


@pytest.mark.parametrize("value", BROKEN_VALUES)
def test_a_value_that_the_standard_library_refuses_is_a_fault(value: str) -> None:
    text = f"key = {value}\n"
    assert standard(text) is None
    assert_read_as_the_standard_library_does(text)


def test_an_integer_of_five_thousand_digits_is_a_fault() -> None:
    assert_read_as_the_standard_library_does(f"key = {'9' * 5000}\n")


DOCUMENTS = [
    *("", "\n", " \t\n", "# comment", "#", "a=1", "a=1#", "\r\na = 1\r\n\r\n"),
    *("a = '\t'", "'a' = 1\n\"b\" = 2\n'' = 3", "1 = 1\n-_ = 2\n2.2 = 3\ntrue = 4"),
    *("a . b . c = 1", '"é.\\u00e9" = 1', "a.b = 1\na.c.d = 2\nb.a = 3\na.e = 4"),
    *("\ta = 1\n \t b = 2", "[a]", "[ a . 'b' ]\nc = 1", "[a.b]\nc = 1\n[a]\nd = 2"),
    *("[a.b.c]\n[a.b]\n[a]", "[[a]]", "[[a]]\nb=1\n[[ a ]] # c\nb=2"),
    "[[a]]\n[a.b]\nc=1\n[[a]]\n[a.b]\nc=2",
    *("[[a]]\n[[a.b]]\n[[a.b]]\n[[a]]\n[[a.b]]", "[a]\n[[a.b]]\n[a.c]", "[[a.b]]\n[a]"),
    *("[a]\nb.c = 1\n[a.d]", "a.b = 1\n[a.c]", "[a]\nb.c = 1\n[a.b.d]\ne = 1"),
    *("[a.b.c]\n[a]\nb.d = 1", "a = '''\r\n1\r\n'''", 'a = """\r\n1\\\r\n 2"""'),
    *("[a]\nb = 1\n[c]\nb = 1\n[a.d]\nb = 1", "[config]\n[config.config]\nconfig = {}"),
    *("a = [\r\n1,\r\n]\r\n", "[x.y.z.w]\n[x]\n[x.y]\na.b.c = 1\na.b.d = 2"),
]


@pytest.mark.parametrize("text", DOCUMENTS)
def test_a_document_is_read_as_the_standard_library_reads_it(text: str) -> None:
    assert standard(text) is not None
    assert_read_as_the_standard_library_does(text)


BROKEN_DOCUMENTS = [
    *("a", "a.", ".a = 1", "a..b = 1", "a = 1 b = 2", "a b = 1", "é = 1", "= 1"),
    *("a == 1", "a = 1\na = 2", "a = 1\n'a' = 2", "a = 1\na.b = 2", "a.b = 1\na = 2"),
    *("a = 1\n[a]", "a = {}\n[a]", "a = {}\na.b = 1", "a = {}\n[a.b]", "a = []\n[[a]]"),
    *("a = [{}]\n[a.b]", "[a]\n[a]", "[a.b]\n[a.b]", "[a]\n[[a]]", "[[a]]\n[a]"),
    *("[a.b]\n[[a]]", "[a]\na=1\na=2", "[a]\nb.c = 1\n[a.b]", "a.b = 1\n[a]"),
    *("a.b.c = 1\n[a.b]", "[a.b]\n[a]\nb.c = 1", "[[a.b]]\n[a]\nb.c = 1"),
    *("[a.b.c]\n[a]\nb.c.d = 1", "a.b = 1\n[[a]]", "a=1\n[a.b.c]", "[a", "[a]]"),
    *("[[a]", "[[a] ]", "[ [a]]", "[]", "[[]]", "[a.]", "[.a]", "[a b]", "[", "[a] b"),
    *("[a] = 1", "[[a]] [b]", "[a]\nb = 1 [c]", "'''a''' = 1", '"""a""" = 1'),
    *('"a\nb" = 1', "'a = 1", '"\\q" = 1', '["a\\q"]', "a = 1\rb = 2", "a = '\r'"),
    *("\r", "# \x00", "a = '\x1f'", 'a = "\x7f"', "a = '''\x0b'''", "\x0c"),
    *("a\x00 = 1", "\ufeffa", "#\r"),
]


@pytest.mark.parametrize("text", BROKEN_DOCUMENTS)
def test_a_document_that_the_standard_library_refuses_has_a_fault(text: str) -> None:
    if not text.startswith("\ufeff"):
        assert standard(text) is None
    assert parse_toml(text).faults


# Documents by grammar, right ones and nearly right ones.

BARE_KEY = st.sampled_from(["a", "b", "c", "d-e", "_", "1", "-"])
QUOTED_KEY = st.sampled_from(['"a"', "'b'", '""', "'x y'", '"\\u0061"', '"é"'])
KEY = st.lists(BARE_KEY | QUOTED_KEY, min_size=1, max_size=3).map(".".join)
BLANK = st.sampled_from(["", " ", "\t", "  "])
BREAK = st.sampled_from(["", " ", "\n", "\r\n", " # c\n", "\n\n\t"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
BASIC = TEXT.map(lambda t: '"' + t.replace("\\", "\\\\").replace('"', '\\"') + '"')
LITERAL = TEXT.map(lambda t: f"'{t}'")
LONG_BASIC = TEXT.map(lambda t: f'"""{t}"""')
LONG_LITERAL = TEXT.map(lambda t: f"'''{t}'''")
NUMBER = st.one_of(
    st.integers().map(str),
    st.integers(0, 1 << 70).map(hex),
    st.integers(0, 1 << 20).map(oct),
    st.integers(0, 1 << 20).map(bin),
    st.floats().map(str),
    st.text("0123456789+-_.eExinfa", min_size=1, max_size=8),
)
TIME = st.one_of(
    st.dates().map(str),
    st.times().map(str),
    st.datetimes().map(str),
    st.datetimes(timezones=st.timezones()).map(str),
    st.text("0123456789-:.TZ +", min_size=1, max_size=20),
)
SCALAR = st.one_of(
    st.sampled_from(["true", "false"]),
    *(NUMBER, TIME, BASIC, LITERAL, LONG_BASIC, LONG_LITERAL),
)


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.tuples(BREAK, values, BREAK).map("".join), max_size=4)
    return st.tuples(items.map(",".join), BREAK, st.sampled_from(["", ",\n"])).map(
        lambda parts: f"[{parts[0]}{parts[2] if parts[0] else ''}{parts[1]}]"
    )


def pairs(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(BLANK, KEY, BLANK, st.just("="), BLANK, values, BLANK).map("".join)


def inline_tables(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(pairs(values), max_size=4).map(lambda p: "{" + ",".join(p) + "}")


VALUE = st.recursive(SCALAR, lambda v: arrays(v) | inline_tables(v), max_leaves=6)
HEADER = st.one_of(KEY.map(lambda k: f"[{k}]"), KEY.map(lambda k: f"[[{k}]]"))
LINE = st.one_of(pairs(VALUE), HEADER, HEADER, st.just("# c"), BLANK)
DOCUMENT = st.lists(
    st.tuples(LINE, st.sampled_from(["\n", "\r\n", " # c\n"])).map("".join), max_size=8
).map("".join)
FRAGMENT = st.sampled_from(
    [*"[]{}=.,#'\"\\ \n\r\t\0-+0:T", "[[", "]]", '"""', "'''", "\\\n", "a", "\n[a]\n"]
)


@given(DOCUMENT)
def test_any_document_means_what_it_means_to_the_standard_library(text: str) -> None:
    assert_read_as_the_standard_library_does(text)


@given(DOCUMENT, st.lists(st.tuples(st.integers(0, 400), st.booleans(), FRAGMENT)))
def test_a_damaged_document_is_refused_when_the_standard_library_refuses_it(
    text: str, damages: list[tuple[int, bool, str]]
) -> None:
    for at, replaces, fragment in damages:
        at = min(at, len(text))
        text = text[:at] + fragment + text[at + replaces :]
    assert_read_as_the_standard_library_does(text)


@given(st.lists(FRAGMENT | KEY | SCALAR, max_size=20).map("".join))
def test_any_row_of_tokens_is_refused_when_the_standard_library_refuses_it(
    text: str,
) -> None:
    assert_read_as_the_standard_library_does(text)


def test_one_byte_order_mark_is_passed_over() -> None:
    document = parse_toml("\ufeffa = 1\n")
    assert document.tables == {"a": 1}
    assert document.faults == []


def test_a_second_byte_order_mark_is_a_fault() -> None:
    assert [fault.code for fault in parse_toml("\ufeff\ufeffa = 1").faults] == [
        "toml-syntax"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 64 + "]" * 64,
        "a = " + "{a = " * 64 + "1" + "}" * 64,
        ".".join("a" * 65) + " = 1",
        "[" + ".".join("a" * 64) + "]\nb = 1",
    ],
)
def test_sixty_four_levels_are_read(text: str) -> None:
    document = parse_toml(text)
    assert document.faults == []
    assert document.tables == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 65 + "]" * 65,
        "a = " + "[" * 100_000,
        "a = [\n" + "[\n" * 5_000,
        "a = " + "{a = " * 65 + "1" + "}" * 65,
        "a = " + "{a=" * 100_000,
        ".".join("a" * 100_000) + " = 1",
        "[" + ".".join("a" * 100_000) + "]",
        "[" + ".".join("a" * 60) + "]\na.a.a.a.a.a = 1",
        "[[" + ".".join("a" * 65) + "]]",
        "a.a.a.a = " + "[" * 62 + "]" * 62,
    ],
)
def test_more_levels_are_too_deep(text: str) -> None:
    codes = [fault.code for fault in parse_toml(text + "\n").faults]
    assert codes[0] == "too-deep"
    assert len(codes) == 1


def test_twenty_thousand_keys_are_read() -> None:
    text = "".join(
        f"key-{number} = {{default = {number}}}\n" for number in range(20_000)
    )
    document = parse_toml(text)
    assert document.faults == []
    assert len(document.tables) == 20_000
    assert document.place(("key-19999",)).line == 20_000


@pytest.mark.parametrize(
    "text",
    [
        'a = "' + '\\"' * 200_000 + '"',
        "a = [" + '"x",' * 100_000 + "]",
        "a = [" + "\n" * 400_000 + "]",
        "a = {" + ",".join(f"k{number}=1" for number in range(40_000)) + "}",
        'a = """' + "\\\n" * 100_000 + '"""',
        " " * 400_000 + "a = '" + "x" * 400_000 + "'",
    ],
    ids=["escapes", "items", "lines", "pairs", "continued lines", "blanks"],
)
def test_a_long_value_is_read_whole(text: str) -> None:
    document = parse_toml(text)
    assert document.faults == []
    assert document.tables == tomllib.loads(text)
