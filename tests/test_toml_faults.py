"""Faults of a text: what is reported, where, for whom, and what is still read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec.errors import Fault, FilePlace
from runspec.source.toml import MOST_FAULTS, parse_toml


def lines(*texts: str) -> str:
    return "\n".join(texts) + "\n"


def place_of(fault: Fault) -> tuple[int, int, int]:
    assert isinstance(fault.place, FilePlace)
    return fault.place.line, fault.place.column, fault.place.length


def only_fault(text: str) -> Fault:
    faults = parse_toml(text).faults
    assert len(faults) == 1, [(fault.code, place_of(fault)) for fault in faults]
    return faults[0]


def test_a_fault_has_its_line_column_length_and_text() -> None:
    fault = only_fault("[deploy]\n  autonomy = manual # who\n")
    assert isinstance(fault.place, FilePlace)
    assert place_of(fault) == (2, 14, 6)
    assert fault.place.text == "  autonomy = manual # who"
    assert (fault.code, fault.received) == ("toml-syntax", "manual")
    assert (fault.subject, fault.runnable) == ("deploy.autonomy", "deploy")


def test_columns_count_characters() -> None:
    assert place_of(only_fault('"ünï😀" = x\n')) == (1, 10, 1)


@pytest.mark.parametrize(
    ("text", "place", "received", "expected"),
    [
        ("key", (1, 4, 1), None, ("=",)),
        ("key: 5", (1, 4, 1), ":", ("=",)),
        ("my key = 5", (1, 4, 3), "key", ("=",)),
        ("größe = 5", (1, 3, 1), "ö", ("=",)),
        ("= 5", (1, 1, 1), "=", ()),
        ("key =", (1, 6, 1), None, ()),
        ("key = # c", (1, 7, 1), "#", ()),
        ("key = 1 2", (1, 9, 1), "2", ()),
        ("key = True", (1, 7, 4), "True", ("true",)),
        ("key = 07", (1, 7, 2), "07", ()),
        ("key = 2024-02-30", (1, 7, 10), "2024-02-30", ()),
        ('key = "a', (1, 7, 1), None, ('"',)),
        ("key = 'it's'", (1, 11, 1), "s", ()),
        ('key = "a\\qb\\z"', (1, 9, 2), "\\q", ()),
        ('key = "\\\\\\x"', (1, 10, 2), "\\x", ()),
        ("key = [1 2]", (1, 10, 1), "2", (",", "]")),
        ("key = [1,,2]", (1, 10, 1), ",", ()),
        ("key = {a = 1 b = 2}", (1, 14, 1), "b", (",", "}")),
        ("key = {a = 1,}", (1, 13, 1), ",", ()),
        ("key = {a = 1", (1, 7, 1), "{", ("}",)),
        ("key = [1,\n2,\n", (1, 7, 1), "[", ("]",)),
        ('key = """a\nb = 1', (1, 7, 3), '"""', ('"""',)),
        ("[deploy", (1, 8, 1), None, ("]",)),
        ("[deploy me]", (1, 9, 2), "me", ("]",)),
        ("[[deploy]", (1, 9, 1), "]", ("]]",)),
        ("[]", (1, 2, 1), "]", ()),
        ("[a] b", (1, 5, 1), "b", ()),
        ("# a\x07b", (1, 4, 1), None, ()),
        ("a = 1 # b\rc", (1, 10, 1), None, ()),
        ('"""a""" = 1', (1, 1, 3), '"""', ()),
    ],
)
def test_a_mistake_is_one_fault_where_it_stands(
    text: str,
    place: tuple[int, int, int],
    received: str | None,
    expected: tuple[str, ...],
) -> None:
    fault = only_fault(text)
    assert fault.code == "toml-syntax"
    assert fault.detail
    assert place_of(fault) == place
    assert (fault.received, fault.expected) == (received, expected)


def test_reading_goes_on_at_the_next_line() -> None:
    document = parse_toml(
        lines("a = yes", "b = 1", "c 2", "d = 2", "= 3", "[e]", "f = ", "g = 3")
    )
    assert [place_of(fault)[0] for fault in document.faults] == [1, 3, 5, 7]
    assert document.tables == {"b": 1, "d": 2, "e": {"g": 3}}


def test_a_fault_belongs_to_the_first_name_of_its_header() -> None:
    text = lines("x", "[config.logging]", "x", "[deploy.args.a]", "x", "[[b.c]]", "x")
    found = [fault.runnable for fault in parse_toml(text).faults]
    assert found == [None, "config", "deploy", "b"]


def test_a_fault_of_one_table_leaves_the_others_whole() -> None:
    document = parse_toml(lines("[a]", "x = 1", "[b]", "y = nope", "[c]", "z = 3"))
    assert document.tables == {"a": {"x": 1}, "b": {}, "c": {"z": 3}}
    assert [fault.runnable for fault in document.faults] == ["b"]


@pytest.mark.parametrize("header", ["[b", "[b.args", "[b x]", "[[b]", "[b.]", "[b..c]"])
def test_keys_below_a_broken_header_do_not_leak_into_the_table_above(
    header: str,
) -> None:
    document = parse_toml(lines("[a]", "x = 1", header, "x = 2", "y = 3", "[c]"))
    assert document.tables == {"a": {"x": 1}, "c": {}}
    assert [fault.runnable for fault in document.faults] == ["b"]


@pytest.mark.parametrize("header", ["[", "[]", "[[]]", "[.b]", "[ö]", '["b'])
def test_a_header_without_a_readable_name_belongs_to_no_runnable(header: str) -> None:
    document = parse_toml(lines("[a]", "x = 1", header, "y = nope", "[c]"))
    assert document.tables == {"a": {"x": 1}, "c": {}}
    assert [fault.runnable for fault in document.faults] == [None, None]


@pytest.mark.parametrize(
    "value",
    [
        ["[", '  {cmd = "a" description = "b"},', '  {cmd = "c"},', "]"],
        ["[", '  "a,', '  "b",', "]"],
        ["[", "  'a', # don't ]", "  oops,", "  ['b', 'c'],", "]"],
        ["[[1, 2],", "[3 4],", "[5, 6]]"],
        ["{", "  default = 85,", "  range = [1, 100],", "}"],
        ["{default = 85,", "  range = [", "    1, 100]}"],
        ['"This text', "goes over", 'three lines"'],
        ["[nope, '''", "]", "''', 2]"],
        ["[{x = [1, 2}, 3,", "4]"],
    ],
    ids=lambda value: value[0],
)
def test_a_mistake_in_a_value_of_many_lines_is_one_fault(value: list[str]) -> None:
    text = lines("[a]", "key = " + "\n".join(value), "next = 1", "[b]", "x = 2")
    document = parse_toml(text)
    assert [fault.runnable for fault in document.faults] == ["a"]
    assert document.tables == {"a": {"next": 1}, "b": {"x": 2}}


@pytest.mark.parametrize(
    "value", ["[1, 2", "[1, 2,", "['a', # ]", "[[1], [2]", "[\n  1,", "[{a = 1},"]
)
def test_an_array_without_its_end_is_named_where_it_begins(value: str) -> None:
    text = lines("[a]", f"key = {value}", "next = 1", "[b]", "x = 2")
    fault = only_fault(text)
    assert place_of(fault) == (2, 7, 1)
    assert (fault.received, fault.expected) == ("[", ("]",))
    assert parse_toml(text).tables == {"a": {"next": 1}, "b": {"x": 2}}


def test_an_array_without_its_end_stops_at_the_next_header() -> None:
    document = parse_toml(lines("[a]", "key = [", "  1,", "[b]", "x = 2"))
    assert [place_of(fault) for fault in document.faults] == [(2, 7, 1)]
    assert document.tables == {"a": {}, "b": {"x": 2}}


def test_an_inline_table_without_its_end_spoils_its_own_line_only() -> None:
    document = parse_toml(
        lines("[a]", "key = {x = 1", "next = {y = 2}", "[b]", "z = 3")
    )
    assert [place_of(fault) for fault in document.faults] == [(2, 7, 1)]
    assert document.tables == {"a": {"next": {"y": 2}}, "b": {"z": 3}}


def test_a_text_that_is_never_closed_leaves_later_runnables_readable() -> None:
    document = parse_toml(lines("[a]", 'd = """Oops.', "More.", "[b]", "x = 1"))
    assert [place_of(fault) for fault in document.faults] == [(2, 5, 3)]
    assert document.tables == {"a": {}, "b": {"x": 1}}


def test_a_line_after_an_unclosed_text_is_still_checked() -> None:
    document = parse_toml(lines('a = "x', "b nope", 'c = "y"'))
    assert [place_of(fault)[0] for fault in document.faults] == [1, 2]
    assert document.tables == {"c": "y"}


def test_a_wrong_escape_is_reported_once_for_its_text() -> None:
    fault = only_fault(r'path = "C:\Users\me\query"' + "\n")
    assert (fault.received, place_of(fault)) == ("\\U", (1, 11, 2))


def test_a_key_defined_twice_names_the_place_of_the_first() -> None:
    fault = only_fault(lines("[a]", "x = 1", "y = 2", "  'x' = 3"))
    assert (fault.code, fault.subject, fault.runnable) == ("duplicate-key", "a.x", "a")
    assert place_of(fault) == (4, 3, 1)
    assert isinstance(fault.related, FilePlace)
    assert (fault.related.line, fault.related.column) == (2, 1)


@pytest.mark.parametrize(
    ("text", "place", "first"),
    [
        ("[a]\n[b]\n[a]", (3, 2), (1, 2)),
        ("[a.b]\n[a]\n[ a . b ]", (3, 7), (1, 4)),
        ("a = 1\n[a]", (2, 2), (1, 1)),
        ("a = {}\n[a.b]", (2, 2), (1, 1)),
        ("[[a]]\n[a]", (2, 2), (1, 3)),
        ("[a]\n[[a]]", (2, 3), (1, 2)),
        ("a.b = 1\n[a]", (2, 2), (1, 1)),
        ("a = 1\na.b = 2", (2, 1), (1, 1)),
        ("[a]\nb = {c = 1, d.e = 1, c = 2}", (2, 22), (2, 6)),
        ("[a.b]\n[a]\nb.c = 1", (3, 1), (1, 4)),
        ("[a.b.c]\n[a]\nb = 1", (3, 1), (1, 4)),
    ],
)
def test_any_second_definition_is_a_duplicate_key(
    text: str, place: tuple[int, int], first: tuple[int, int]
) -> None:
    fault = only_fault(text)
    assert fault.code == "duplicate-key"
    assert place_of(fault)[:2] == place
    assert isinstance(fault.related, FilePlace)
    assert (fault.related.line, fault.related.column) == first


def test_the_first_definition_holds() -> None:
    assert parse_toml("a = 1\na = 2\n").tables == {"a": 1}


def test_a_section_pasted_twice_is_one_fault() -> None:
    section = lines("[a]", "x = 1", "[a.args]", "y = 2", "[a.args.z]", "default = 3")
    fault = only_fault(section + section)
    assert (fault.code, fault.subject) == ("duplicate-key", "a")


def test_faults_come_in_the_order_of_their_places() -> None:
    text = lines(
        "a = [", "1", "b = 2", "c = '\x01' # \x02", "b = 3", "d", 'e = "\\q" x'
    )
    places = [place_of(fault)[:2] for fault in parse_toml(text).faults]
    assert places == sorted(places)
    assert len(places) == 7


def test_reading_stops_after_very_many_faults_and_says_so_for_the_whole_file() -> None:
    document = parse_toml("[a]\n" + "nope\n" * 5_000)
    assert len(document.faults) == MOST_FAULTS + 1
    assert [fault.runnable for fault in document.faults[-2:]] == ["a", None]
    assert "not read" in document.faults[-1].detail


@pytest.mark.parametrize(
    "text",
    [
        "a = {\n" * 20_000,
        "a = [x,\n" + '\\"\n' * 100_000,
        "a = [\n" * 20_000,
        'a = "\n' * 20_000,
        'a = ["""\n' * 20_000,
        'x = ["' + "'\"" * 100_000,
        "\x00" * 200_000,
        "\x00\n" * 100_000,
        "a=1\n" * 20_000,
        "[" * 200_000,
        '["' * 100_000,
        "a = " + "x" * 400_000,
        "a" * 400_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_a_large_broken_text_has_few_faults(text: str) -> None:
    assert 1 <= len(parse_toml(text).faults) <= MOST_FAULTS + 1


@given(st.text(st.sampled_from("ab=[]{},.\"'\\#\n\r\t \0é1-"), max_size=60))
def test_every_fault_of_any_text_stands_inside_it(text: str) -> None:
    count = text.replace("\r\n", "\n").count("\n") + 1
    for fault in parse_toml(text, "some.toml").faults:
        assert isinstance(fault.place, FilePlace)
        assert fault.place.path == "some.toml"
        assert 1 <= fault.place.line <= count
        assert 1 <= fault.place.column <= len(fault.place.text) + 1
        assert fault.place.length >= 1
