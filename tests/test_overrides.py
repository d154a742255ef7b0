"""Overrides of a configuration on the command line: `a.b=1`, `+a=1`, `~a`."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec.errors import CallError
from runspec.launch.config.flow import read, written
from runspec.launch.config.overrides import Override, split

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3)
    ),
    max_leaves=8,
)


def one(token: str) -> Override:
    ((override,), passed) = split([token])
    assert passed == ()
    return override


@pytest.mark.parametrize(
    ("token", "operation", "path", "value"),
    [
        ("a=1", "set", ("a",), 1),
        ("a.b-c.d_e=x", "set", ("a", "b-c", "d_e"), "x"),
        ("+a.b=1", "add", ("a", "b"), 1),
        ("++a=1", "force", ("a",), 1),
        ("~a.b", "drop", ("a", "b"), None),
        ("~a=1", "drop", ("a",), 1),
        ("a.0.b=1", "set", ("a", 0, "b"), 1),
        ("a[0].b[-1]=1", "set", ("a", 0, "b", -1), 1),
        ("a[x.y]=1", "set", ("a", "x.y"), 1),
        ("a=", "set", ("a",), ""),
        ("a=b=c", "set", ("a",), "b=c"),
        ("größe=1", "set", ("größe",), 1),
    ],
)
def test_an_override_has_an_operation_a_path_and_a_value(
    token: str, operation: str, path: tuple[str | int, ...], value: object
) -> None:
    found = one(token)
    assert (found.operation, found.path, found.value) == (operation, path, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-1_000", -1000),
        ("1e-3", 0.001),
        ("-.5", -0.5),
        ("0x1F", 31),
        ("0755", 493),
        ("true", True),
        ("off", False),
        ("null", None),
        ("~", None),
        ("12:30:00", "12:30:00"),
        ("2026-01-31", "2026-01-31"),
        ("1.2.3", "1.2.3"),
        ("'1'", "1"),
        ("'it''s'", "it's"),
        ('"a\\tb\\u00e9\\x21"', "a\tbé!"),
        ("  spaced  ", "spaced"),
        ("it's fine", "it's fine"),
        ("[]", []),
        ("[1, two, 'th,ree', [4]]", [1, "two", "th,ree", [4]]),
        ("[1, 2,]", [1, 2]),
        ("{a: 1, b: {c: x:y}}", {"a": 1, "b": {"c": "x:y"}}),
        ("{a:1}", {"a": 1}),
        ("${a.b}", "${a.b}"),
        ("[${a,b}, ${oc.env:X,{y}}]", ["${a,b}", "${oc.env:X,{y}}"]),
        ("x #y", "x #y"),
    ],
)
def test_a_value_is_typed_as_yaml_types_it(text: str, value: object) -> None:
    found = read(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "token",
    [
        *("--lr=3", "-x", "steps", "/a=1", "./a=b", "http://h/?q=1", "0=1", "a/b=1"),
        *("=1", "a..b=1", "a[=1", "a[]=1", "a.=1", "~/x", "+a", "a b=1"),
    ],
)
def test_what_is_no_override_goes_to_the_script(token: str) -> None:
    assert split([token]) == ((), (token,))


def test_everything_behind_two_dashes_goes_to_the_script() -> None:
    overrides, passed = split(["a=1", "--lr", "3", "--", "b=2", "--", "c"])
    assert [each.token for each in overrides] == ["a=1"]
    assert passed == ("--lr", "3", "b=2", "--", "c")


@pytest.mark.parametrize(
    "value",
    [
        *("[1, 2", "[1,,2]", "{a: 1", "{a}", "{: 1}", "{a: 1, a: 2}", "'x", '"x'),
        *('"\\q"', "'x'y", "[a] b", '"\\x1"', '"\\UFFFFFFFF"', "[" * 70 + "]" * 70),
    ],
)
def test_a_value_that_cannot_be_read_is_a_wrong_call(value: str) -> None:
    with pytest.raises(CallError) as caught:
        split(["ok=1", f"a.b={value}"])
    (fault,) = caught.value.faults
    assert (fault.code, fault.subject) == ("override-invalid", "a.b")
    assert fault.place is not None
    assert getattr(fault.place, "index", None) == 1


def test_all_wrong_overrides_are_told_at_once() -> None:
    with pytest.raises(CallError) as caught:
        split(["a=[", "b=1", "c='"])
    assert [fault.subject for fault in caught.value.faults] == ["a", "c"]


def test_a_wrong_override_does_not_show_a_secret() -> None:
    with pytest.raises(CallError) as caught:
        split(["db.password='hunter2hunter2", "run.env.secrets.A=[hunter2hunter2"])
    assert "hunter2" not in str(caught.value)


@given(VALUES)
def test_what_is_written_is_read_back_the_same(value: object) -> None:
    assert read(written(value)) == value  # type: ignore[arg-type]


def test_numbers_that_are_none_are_written_too() -> None:
    found = read(written([float("nan"), float("-inf")]))
    assert isinstance(found, list)
    assert math.isnan(float(str(found[0])))
    assert found[1] == float("-inf")


@given(st.lists(st.text(max_size=8) | st.from_regex(r"[+~]{0,2}[a-c.\[\]0]*=.{0,4}")))
def test_no_token_is_lost_or_moved(tokens: list[str]) -> None:
    try:
        overrides, passed = split(tokens)
    except CallError:
        return  # a value that can't be read
    left = list(passed)
    by_position = {each.position: each.token for each in overrides}
    end = tokens.index("--") if "--" in tokens else len(tokens)
    for position, token in enumerate(tokens):
        if position != end:
            assert token == (by_position.get(position) or left.pop(0))
    assert left == []


PLAIN = st.text("+-_.:eExob0123456789naifNItrueyson~", min_size=1, max_size=7)
UNLIKE = ("=", "<<")


@given(PLAIN)
def test_a_plain_word_is_what_the_yaml_reader_of_omegaconf_makes_of_it(
    word: str,
) -> None:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        config = OmegaConf.create(f"a: {word}\n")
    except (YAMLError, OmegaConfBaseException, ValueError):
        return
    if set(config) != {"a"} or ":" in word or word in UNLIKE or word[0] == "-" == word:
        return
    if "__" in word or "_." in word or "_e" in word.lower():
        return  # nobody's number
    found, theirs = read(word), config["a"]
    if isinstance(theirs, str) and isinstance(found, float) and word[1:2] == ".":
        assert word[0] in "+-"  # -.5 is a number in YAML 1.2
        return
    if isinstance(theirs, str) and word[0] == "." and isinstance(found, float):
        assert "e" in word.lower()  # as is .5e1
        return
    assert type(found) is type(theirs)
    assert found == theirs or (found != found and theirs != theirs)
