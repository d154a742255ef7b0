"""JSON that a program wrote, and whether it can be sent on."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from runspec.mcp.values import DEEPEST, NotJson, parse


def test_numbers_and_keys_are_what_they_are_everywhere() -> None:
    assert parse('{"a": 1, "a": 2}') == {"a": 2}
    assert parse("9" * 308) == 10**308 - 1
    assert parse("-" + "9" * 308) == 1 - 10**308
    assert parse("[-0, -0.0, 1E+2, 0.1]") == [0, 0.0, 100.0, 0.1]
    assert parse("[" * DEEPEST + "]" * DEEPEST)
    assert parse("[" + "[]," * 1000 + "[]]") == [[]] * 1001


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_is_read_can_be_sent(value: object, ascii_only: bool) -> None:
    try:
        read = parse(json.dumps(value, ensure_ascii=ascii_only))
    except NotJson as error:
        assert "out of range" in str(error)  # noqa: PT017  infinities are no JSON
    else:
        assert read == value
        json.dumps(read, ensure_ascii=False, allow_nan=False).encode()


@given(st.text(alphabet='[]{}":,\\u0d89feE+-1.Nan tr\n', max_size=40))
def test_any_text_is_json_or_told_why(text: str) -> None:
    try:
        read = parse(text)
    except NotJson as error:
        assert str(error)  # noqa: PT017
    else:
        json.dumps(read, ensure_ascii=False, allow_nan=False).encode()
