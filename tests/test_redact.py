"""Secrets are masked by value and by shape; everything else stays."""

from __future__ import annotations

import base64
import html
import json
import shlex
import traceback
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runspec.errors import MASK
from runspec.redact import Redactor, Stream, names, shapes

ROWS = (*shapes.FOLLOWING, *shapes.SHAPES)
MASKED = [(row.name, *pair) for row in ROWS for pair in row.masked]
KEPT = [(row.name, text) for row in ROWS for text in row.kept]


def redactor(*values: str) -> Redactor:
    made = Redactor()
    for value in values:
        made.add(value)
    return made


def streamed(made: Redactor, data: bytes, *borders: int) -> bytes:
    """`data` through a Stream, cut at each of `borders`."""
    stream = Stream(made)
    places = [0, *sorted(place % (len(data) + 1) for place in borders), len(data)]
    pairs = zip(places, places[1:], strict=False)
    return b"".join([*(stream.feed(data[a:b]) for a, b in pairs), stream.end()])


# Shapes ---------------------------------------------------------------------


@pytest.mark.parametrize(("name", "text", "result"), MASKED)
def test_what_looks_like_a_secret_is_masked(name: str, text: str, result: str) -> None:
    assert Redactor().text(text) == result
    assert Redactor().text(result) == result
    assert Redactor().bytes(text.encode()) == result.encode()
    assert streamed(Redactor(), text.encode(), *range(len(text))) == result.encode()


@pytest.mark.parametrize(("name", "text", "result"), MASKED)
def test_it_is_masked_wherever_it_stands(name: str, text: str, result: str) -> None:
    for before, after in (("", "\nx"), ("a b\n", ""), ("2024-01-01 INFO [a] ", "\r\n")):
        assert Redactor().text(before + text + after) == before + result + after


@pytest.mark.parametrize(("name", "text", "_result"), MASKED)
def test_json_that_holds_it_is_still_json(name: str, text: str, _result: str) -> None:
    document: object = {"message": text, "more": ["a", 1]}
    for _ in range(3):
        document = {"log": json.dumps(document), "status": 0}
        result = json.loads(Redactor().text(json.dumps(document)))
        assert result["status"] == 0


@pytest.mark.parametrize(("name", "text"), KEPT)
def test_what_only_speaks_of_secrets_stays(name: str, text: str) -> None:
    assert Redactor().text(text) == text
    assert Redactor().text(f"a b\n{text}\nc d") == f"a b\n{text}\nc d"


def test_every_shape_has_examples_of_both_kinds() -> None:
    assert all(row.masked and row.kept for row in ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)


PARTS = [
    *names.STEMS,
    *"\"'\\=:,;& -_@/.\n\r[](){}<>$*\t",
    *('\\"', '\\\\\\"', "\\n", "--", "://", "Bearer ", "Basic ", "eyJ", "***", '": "'),
    *("password", "api_key", "x1", "AKIA", "12345", "user", "Cookie: ", "secret=", "é"),
    *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "value", "s", "None"),
    *(text for _, text, _ in MASKED),
]
mixed = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | mixed | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["password", "x", "tokens", "key"]), inner)
        | st.dictionaries(mixed, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(mixed | st.text())
@settings(max_examples=500)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = Redactor().text(text)
    assert Redactor().text(once) == once


@given(json_values, st.integers(0, 3), st.booleans())
@settings(max_examples=500)
def test_json_stays_json(value: object, nested: int, indented: bool) -> None:
    text = json.dumps(value, indent=2 if indented else None, ensure_ascii=indented)
    for _ in range(nested):
        text = json.dumps({"log": text})
    json.loads(Redactor().text(text))


@given(mixed, st.lists(st.integers(0, 500), max_size=6))
@settings(max_examples=500)
def test_a_stream_is_redacted_as_the_whole_is(text: str, borders: list[int]) -> None:
    made = redactor("x1\nuser", "user")
    data = text.encode()
    assert streamed(made, data, *borders) == made.bytes(data)


@given(st.lists(st.sampled_from([text for _, text in KEPT]), max_size=20))
def test_text_without_secrets_stays(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert Redactor().text(text) == text


# Values ---------------------------------------------------------------------


def lowered(quoted: str) -> str:
    return "".join(
        part[:2].lower() + part[2:] if index else part
        for index, part in enumerate(quoted.replace("%", "%\0").split("%"))
    ).replace("\0", "%")


def backslashed(value: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "\\" + c for c in value)


def encoded(value: str, before: str = "", after: str = "") -> str:
    return base64.b64encode(f"{before}{value}{after}".encode()).decode()


def url_safe(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def lower_percent(value: str) -> str:
    quoted = urllib.parse.quote(value, safe="")
    pieces = quoted.split("%")
    return pieces[0] + "".join(f"%{p[:2].lower()}{p[2:]}" for p in pieces[1:])


def json_ascii(value: str) -> str:
    return json.dumps(value)[1:-1]


def json_plain(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


FORMS: dict[str, Callable[[str], str]] = {
    "as is": str,
    "url": urllib.parse.quote,
    "url, all": lambda value: urllib.parse.quote(value, safe=""),
    "form": urllib.parse.quote_plus,
    "url, lower": lower_percent,
    "url twice": lambda value: urllib.parse.quote(urllib.parse.quote(value, safe="")),
    "base64": encoded,
    "base64, unpadded": lambda value: encoded(value).rstrip("="),
    "base64, url-safe": url_safe,
    "json": json_ascii,
    "json, not ascii": json_plain,
    "json twice": lambda value: json_ascii(json_ascii(value)),
    "shell": shlex.quote,
    "shell, backslashes": backslashed,
    "repr": lambda value: repr(value)[1:-1],
    "repr of bytes": lambda value: repr(value.encode())[2:-1],
    "repr in json": lambda value: json_ascii(repr(value)[1:-1]),
    "json in a url": lambda value: urllib.parse.quote(json_ascii(value)),
    "shell in json": lambda value: json_ascii(shlex.quote(value)),
    "html": html.escape,
    "csv": lambda value: value.replace('"', '""'),
    "sql": lambda value: value.replace("'", "''"),
}

ODD = "\"'%&+\\ \n\t\r;,:=@/#?<>(){}[]|$`!~^*_.-éпяß中😀\x00\x1b\x7f\x85\u2028aZ09nru"
secrets = st.one_of(
    st.text(st.sampled_from(ODD), min_size=4, max_size=20),
    st.text(min_size=4, max_size=20),
    st.from_regex(r"[A-Za-z0-9+/]{8,24}", fullmatch=True),
    st.from_regex(r"[a-z]{4,8}[^a-z]{1,3}[a-z]{2,8}", fullmatch=True),
).filter(lambda value: len(value.strip()) >= 4 and "*" not in value)


@given(
    secrets, st.sampled_from(sorted(FORMS)), st.text(max_size=5), st.text(max_size=5)
)
@settings(max_examples=1500)
def test_a_value_is_found_in_every_form(
    secret: str, form: str, before: str, after: str
) -> None:
    written = FORMS[form](secret)
    made = redactor(secret)
    shown = made.text(f"{before}{written}{after}")
    assert written not in shown
    assert MASK in shown
    assert made.text(shown) == shown


def failed(secret: str) -> str:
    try:
        raise ValueError(f"no such account: {secret!r}", secret)
    except ValueError:
        return traceback.format_exc()


SINKS: dict[str, Callable[[str], str]] = {
    "a format": lambda value: f"logged in as {value} (ok)",
    "json": lambda value: json.dumps({"message": f"used {value}", "n": 1}),
    "json lines of json": lambda value: json.dumps({"m": json.dumps([value])}),
    "a query": lambda value: "/?" + urllib.parse.urlencode({"q": value, "x": 1}),
    "a URL": lambda value: f"ftp://u:{urllib.parse.quote(value, safe='')}@h/",
    "a command": lambda value: shlex.join(["curl", "-u", f"u:{value}", "x"]),
    "a repr": lambda value: repr({"k": [value, value.encode()]}),
    "an exception": failed,
    "a header": lambda value: "X: Basic " + encoded(value, "ann:"),
    "base64 of more": lambda value: encoded(value, "user:", "\nmore"),
    "base64 of json": lambda value: encoded(value, '{"a":"', '"}'),
    "markup": lambda value: f"<p title='{html.escape(value)}'>",
}


def spelled_out(secret: str) -> list[str]:
    """What must not be left of `secret` anywhere."""
    return [write(secret) for name, write in FORMS.items() if "base64" not in name]


@given(secrets, st.sampled_from(sorted(SINKS)), st.lists(st.integers(0, 300)))
@settings(max_examples=1000)
def test_no_sink_shows_a_value(secret: str, sink: str, borders: list[int]) -> None:
    written = SINKS[sink](secret)
    made = redactor(secret)
    shown = made.text(written)
    assert not any(form in shown for form in spelled_out(secret))
    for length in range(3, 6):  # what is left of base64 text tells no more than edges
        for word in shown.replace("'", " ").split():
            if len(word) % 4 == 0 and MASK not in word and word.isascii():
                decoded = base64.b64decode(word, validate=False)
                assert secret.encode() not in decoded, length
    data = written.encode()
    assert streamed(made, data, *borders) == made.bytes(data) == shown.encode()


@given(secrets)
@settings(max_examples=300)
def test_json_that_holds_a_value_is_still_json(secret: str) -> None:
    made = redactor(secret)
    for value in ({"m": f"a {secret}", "n": [secret, {"k": secret}]}, [secret, 1]):
        text = json.dumps(value)
        assert isinstance(json.loads(made.text(text)), type(value))
        assert isinstance(json.loads(made.text(json.dumps(text))), str)
