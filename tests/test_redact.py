"""Secrets are masked by value and by shape; everything else stays."""

from __future__ import annotations

import base64
import html
import itertools
import json
import shlex
import subprocess
import sys
import time
import traceback
import urllib.parse
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runspec.errors import MASK
from runspec.redact import LOST, Redactor, Stream, names, shapes

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
    pairs = itertools.pairwise(places)
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
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = Redactor().text(text)
    assert Redactor().text(once) == once


KNOWN = "hunter2hunter2"
CLOSE = st.sampled_from([*PARTS, *[KNOWN, "token: ", "password=", "}", "]"] * 12])


@given(st.lists(CLOSE, max_size=14).map("".join))
def test_masking_twice_gives_what_masking_once_gave(text: str) -> None:
    made = redactor(KNOWN)
    once = made.text(text)
    assert made.text(once) == once != LOST
    assert KNOWN not in once


def test_what_a_mask_makes_a_secret_of_is_masked_too() -> None:
    """The first mask makes a value of the brace; the rest belongs to it."""
    text = "token: }hunter2hunter2password="
    assert redactor(KNOWN).text(text) == "token: ***"
    assert redactor("hunter2").text(text) == "token: ***"


def test_a_text_that_is_not_shown_stays_as_it_is() -> None:
    assert Redactor().text(LOST) == LOST


@given(json_values, st.integers(0, 3), st.booleans())
def test_json_stays_json(value: object, nested: int, indented: bool) -> None:
    text = json.dumps(value, indent=2 if indented else None, ensure_ascii=indented)
    for _ in range(nested):
        text = json.dumps({"log": text})
    json.loads(Redactor().text(text))


@given(mixed, st.lists(st.integers(0, 500), max_size=6))
def test_a_stream_is_redacted_as_the_whole_is(text: str, borders: list[int]) -> None:
    made = redactor("x1\nuser", "user")
    data = text.encode()
    assert streamed(made, data, *borders) == made.bytes(data)


@given(st.lists(st.sampled_from([text for _, text in KEPT]), max_size=20))
def test_text_without_secrets_stays(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert Redactor().text(text) == text


# Values ---------------------------------------------------------------------


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
        int(f"no such account: {secret}")
    except ValueError:
        return traceback.format_exc()
    raise AssertionError


SINKS: dict[str, Callable[[str], str]] = {
    "a format": lambda value: f"logged in as {value} (ok)",
    "json": lambda value: json.dumps({"message": f"used {value}", "n": 1}),
    "json lines of json": lambda value: json.dumps({"m": json.dumps([value])}),
    "a query": lambda value: "/?" + urllib.parse.urlencode({"q": value, "x": 1}),
    "a URL": lambda value: f"ftp://u:{urllib.parse.quote(value, safe='')}@h/",
    "a command": lambda value: shlex.join(["curl", "-u", f"u:{value}", "x"]),
    "a repr": lambda value: repr({"k": [value, value.encode()]}),
    "an exception": failed,
    "markup": lambda value: f"<p title='{html.escape(value)}'>",
}


def spelled_out(secret: str) -> list[str]:
    """What must not be left of `secret` anywhere."""
    return [write(secret) for name, write in FORMS.items() if "base64" not in name]


@given(secrets, st.sampled_from(sorted(SINKS)), st.lists(st.integers(0, 300)))
def test_no_sink_shows_a_value(secret: str, sink: str, borders: list[int]) -> None:
    written = SINKS[sink](secret)
    made = redactor(secret)
    shown = made.text(written)
    assert not any(form in shown for form in spelled_out(secret))
    data = written.encode()
    assert streamed(made, data, *borders) == made.bytes(data) == shown.encode()


@given(secrets)
def test_json_that_holds_a_value_is_still_json(secret: str) -> None:
    made = redactor(secret)
    for value in ({"m": f"a {secret}", "n": [secret, {"k": secret}]}, [secret, 1]):
        text = json.dumps(value)
        assert isinstance(json.loads(made.text(text)), type(value))
        assert isinstance(json.loads(made.text(json.dumps(text))), str)


@given(secrets, st.binary(max_size=9), st.binary(max_size=9), st.booleans())
def test_base64_of_more_than_a_value_keeps_only_the_rest(
    secret: str, before: bytes, after: bytes, url: bool
) -> None:
    secret = secret.strip()
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    written = encode(before + secret.encode() + after).decode()
    first, found, last = redactor(secret).text(f" {written} ").partition(MASK)
    assert found
    assert len(first) - 1 <= -(-len(before) * 8 // 6)
    assert len(last.rstrip("= ")) <= -(-len(after) * 8 // 6)


def test_a_value_from_bytes_that_are_no_text_is_found() -> None:
    made = redactor("caf\udce9-x")
    assert made.bytes(b"a caf\xe9-x b\xff") == b"a *** b\xff"
    assert made.text(json.dumps("caf\udce9-x")) == '"***"'


def test_the_lines_of_a_value_are_masked_one_by_one() -> None:
    made = redactor("-----BEGIN X-----\nAbcdefgh12\nshort\n-----END X-----\n")
    text = "got Abcdefgh12, then short, then -----END X-----"
    assert made.text(text) == "got ***, then short, then -----END X-----"
    assert made.text(
        "a\n  -----BEGIN X-----\n  Abcdefgh12\n  short\n  -----END X-----"
    ) == ("a\n  ***")


def test_space_around_a_value_is_not_part_of_it() -> None:
    assert redactor(" hunter2\n").text("is hunter2.") == "is ***."


def test_overlapping_values_leave_nothing() -> None:
    assert redactor("abcdef", "defghi").text("xabcdefghiy") == "x***y"
    assert redactor("abcd", "abcdefgh").text("abcdefgh abcd") == "*** ***"


def test_a_number_in_json_is_masked_as_text() -> None:
    made = redactor("123456")
    for text in ('{"pin": 123456, "x": 1}', '{"m": "{\\"pin\\": 123456}"}'):
        assert json.loads(made.text(text))
        assert "123456" not in made.text(text)


def test_a_short_value_is_masked_only_as_the_value_of_its_names() -> None:
    made = Redactor()
    made.add("abc", "door-pin", "DOOR_PIN")
    assert made.text("abc is in abcess") == "abc is in abcess"
    for text in ("door-pin=abc", "DOOR_PIN: abc", "door_pin='abc'", "--door-pin abc"):
        assert "abc" not in made.text(text)
    assert json.loads(made.text('{"door_pin": "abc"}')) == {"door_pin": MASK}
    assert made.data({"door-pin": "abc", "x": "abc"}) == {"door-pin": MASK, "x": "abc"}
    assert made.text("indoor-pin=abc door-pins=abc") == "indoor-pin=abc door-pins=abc"


@pytest.mark.parametrize("value", ["", "   ", "***", "******", "a"])
def test_what_is_no_secret_masks_nothing(value: str) -> None:
    assert redactor(value).text("a b ****** c") == "a b ****** c"


def test_a_redactor_does_not_show_its_values() -> None:
    made = redactor("hunter2", "x")
    assert "hunter2" not in f"{made!r} {made.known!r}"


LONG = json.dumps(
    {f"key {n}": f"it's \\ {n} \"é😀\"\n%&'" * 3 for n in range(40)}, indent=2
)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "csv"])
@pytest.mark.parametrize("line_end", ["\n", " ", "\r\n"])
def test_a_long_value_is_found_in_every_form(form: str, line_end: str) -> None:
    value = LONG.replace("\n", line_end)
    written = FORMS[form](value)
    assert redactor(value).text(f"a {written} b").count(MASK) == 1
    assert len(redactor(value).text(f"a {written} b")) < 12


# Structured values ----------------------------------------------------------


def test_the_value_of_a_secret_name_is_masked_whole() -> None:
    data = {
        "password": {"a": [1]},
        "dbPassword": 5,
        "api_keys": ["a", "b"],
        "nested": [{"token": "x", "note": "token=x"}],
        "env": [{"name": "DB_PASSWORD", "value": "x"}, {"name": "HOME", "value": "x"}],
        "argv": ["run", "--password", "x", "--token-type", "y", "--secret", "--all"],
    }
    assert Redactor().data(data) == {
        "password": MASK,
        "dbPassword": MASK,
        "api_keys": MASK,
        "nested": [{"token": MASK, "note": "token=***"}],
        "env": [{"name": "DB_PASSWORD", "value": MASK}, {"name": "HOME", "value": "x"}],
        "argv": ["run", "--password", MASK, "--token-type", "y", "--secret", "--all"],
    }


def test_what_holds_no_secret_keeps_its_value() -> None:
    data = {
        "password": None,
        "secret": True,
        "token": "",
        "tokens": 128,
        "PWD": "/home/ann",
        "cookie_policy": {"strict": [1.5]},
        "secretary": "Ann",
    }
    assert Redactor().data(data) == data


ABOUT = (
    '"authorization_error": "self-signed certificate"',
    "net.ipv4.tcp_syncookies = 1",
    "secret_rotation_days: 30",
    "api_key_header = X-Api-Key",
    "token_refresh_interval=30s",
    '{"passwordChanged": "2030-01-31"}',
    "access_key_rotation: weekly",
)
"""Names whose last word isn't that of a secret."""
SECRETS = (
    ("PGPASSWORD=hunter2", "PGPASSWORD=***"),
    ("db_password_old=hunter2", "db_password_old=***"),
    ("password2: hunter2", "password2: ***"),
    ("SECRET_KEY_BASE=hunter2", "SECRET_KEY_BASE=***"),
    ("TOKEN_PROD=hunter2", "TOKEN_PROD=***"),
    ('{"credentials_json": "hunter2"}', '{"credentials_json": "***"}'),
    ('{"authToken": "hunter2"}', '{"authToken": "***"}'),
    ("private key: hunter2", "private key: ***"),
    ('{"newPasswordValue": "hunter2"}', '{"newPasswordValue": "***"}'),
)


@pytest.mark.parametrize("text", ABOUT)
def test_the_last_word_of_a_name_decides_that_it_is_none(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize(("text", "result"), SECRETS)
def test_the_last_word_of_a_name_decides_that_it_is_one(text: str, result: str) -> None:
    assert Redactor().text(text) == result


def test_a_number_is_a_secret_only_where_passwords_are_numbers() -> None:
    data = {"password": 1, "pin": 2, "token": 3, "api_key": 4, "pin_length": 5}
    masked = {"password": MASK, "pin": MASK, "token": 3, "api_key": 4, "pin_length": 5}
    assert Redactor().data(data) == masked


def test_data_about_secrets_is_handed_back_as_it_was() -> None:
    data = {
        "authorization_error": "self-signed certificate",
        "secret_rotation_days": 30,
        "api_key_header": "X-Api-Key",
        "net.ipv4.tcp_syncookies": "1",
    }
    assert Redactor().data(data) == data


def test_known_values_are_masked_in_keys_texts_and_numbers() -> None:
    made = redactor("hunter2", "123456")
    data = {"a hunter2": [123456, 1.5, "x hunter2", None], "n": 0}
    assert made.data(data) == {"a ***": [MASK, 1.5, "x ***", None], "n": 0}


def texts_of(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        for item in value.items():
            yield from texts_of(list(item))
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, str):
        yield value


@given(json_values, secrets)
def test_structured_values_show_no_value(value: object, secret: str) -> None:
    document = {"m": value, "k": [secret, {secret: f"a {secret}"}]}  # type: ignore[dict-item]
    shown = redactor(secret).data(document)  # type: ignore[arg-type]
    assert not any(secret in text for text in texts_of(shown))
    assert redactor(secret).data(shown) == shown


# Streams --------------------------------------------------------------------


@given(secrets, st.lists(st.integers(0, 400), max_size=8), st.binary(max_size=30))
def test_a_value_across_borders_is_found(
    secret: str, borders: list[int], noise: bytes
) -> None:
    made = redactor(secret)
    data = noise.join([b"a ", secret.encode(), b"\n", secret.encode(), b" b"])
    assert streamed(made, data, *borders) == made.bytes(data)


def test_bytes_that_are_not_utf8_pass() -> None:
    data = bytes(range(256)) * 3
    made = redactor("hunter2")
    assert made.bytes(data) == data
    assert streamed(made, data, *range(0, 700, 3)) == data
    assert made.bytes(b"\xffhunter2\xfe") == b"\xff***\xfe"


def test_a_line_is_passed_on_when_it_ends() -> None:
    stream = Stream(redactor("hunter2"))
    assert stream.feed(b"one\ntw") == b"one\n"
    assert stream.feed(b"o hunt") == b""
    assert stream.feed(b"er2\rthree") == b"two ***\r"
    assert stream.end() == b"three"
    assert stream.end() == b""


def test_a_key_is_held_until_its_end() -> None:
    key = b"-----BEGIN PRIVATE KEY-----\nMIIE\nabcd\n-----END PRIVATE KEY-----\nok\n"
    stream = Stream(Redactor())
    shown = [stream.feed(bytes([byte])) for byte in b"a\n" + key]
    assert b"".join(shown) == (
        b"a\n-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----\nok\n"
    )
    assert stream.end() == b""


@pytest.mark.parametrize(
    ("start", "unit"),
    [
        (b"a ", b"x"),
        (b"password=", b"x"),
        (b'{"token": "', b"x"),
        (b"-----BEGIN PRIVATE KEY-----\n", b"MIIEabcd" * 8 + b"\n"),
        (b"eyJhbGciOiJI.", b"x"),
        (b"a hunter2 ", b"x" * 70 + b"hunter2 y"),
    ],
)
def test_memory_is_bounded_on_any_stream(start: bytes, unit: bytes) -> None:
    made = redactor("hunter2", "line1\nline2")
    stream = Stream(made)
    data = start + unit * (600_000 // len(unit)) + b"\nthe end\n"
    shown = b""
    for at in range(0, len(data), 5000):
        shown += stream.feed(data[at : at + 5000])
        assert sum(map(len, stream._pieces)) < 90_000
    shown += stream.end()
    assert shown.endswith(b" end\n")
    assert b"hunter2" not in shown
    if start[:1] != b"a":
        assert len(shown) < 5000 or start[:3] == b"eyJ"


@given(st.integers(60_000, 80_000), st.integers(1, 9000), secrets)
@settings(max_examples=8)
def test_a_value_in_a_line_too_long_to_hold_is_found(
    length: int, step: int, secret: str
) -> None:
    made = redactor(secret)
    text = "z" * length + secret + "y" * 9000 + secret + "z" * length
    data = text.encode()
    assert streamed(made, data, *range(0, len(data), step)) == made.bytes(data)


# Failures -------------------------------------------------------------------


def test_a_shape_that_fails_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = shapes.Shape("broken", "(", (), (), ("token", "=", ":"))
    without = shapes.Shape("without its group", "token", (), (), ("token", "="))
    for rows in ((broken, *shapes.SHAPES), (without, *shapes.SHAPES)):
        monkeypatch.setattr(shapes, "SHAPES", rows)
        monkeypatch.setattr(shapes, "FOLLOWING", (broken, *shapes.FOLLOWING))
        assert "hunter2" not in redactor("hunter2").text("token=abc hunter2")
    monkeypatch.setattr(shapes, "SHAPES", (broken, *shapes.SHAPES[1:]))
    assert Redactor().text("password=a ghp_0123456789abcdefghijABCDEFGHIJ012345") == (
        "password=*** ***"
    )


def test_what_cannot_be_redacted_is_not_shown() -> None:
    made = redactor("hunter2")
    deep: list[object] = ["hunter2"]
    for _ in range(100_000):
        deep = [deep]
    assert made.text(None) == LOST  # type: ignore[arg-type]
    assert made.bytes("hunter2") == LOST.encode()  # type: ignore[arg-type]
    assert made.data(deep) == LOST  # type: ignore[arg-type]
    assert made.text("\ud83d hunter2") == "\ud83d ***"


def test_a_stream_that_cannot_be_redacted_is_not_shown() -> None:
    stream = Stream(redactor(None))  # type: ignore[arg-type]
    shown = stream.feed(b"hunter2\nmore") + stream.feed(b"x" * 200_000) + stream.end()
    assert shown.startswith(LOST.encode())
    assert b"hunter2" not in shown
    assert b"x" not in shown


def test_values_added_by_many_threads_are_all_masked() -> None:
    made = Redactor()
    values = [f"value-{n}-of-many" for n in range(200)]

    def add(some: list[str]) -> None:
        for value in some:
            made.add(value, value[:8])
            assert made.text(f"a {value} b") == "a *** b"

    threads = [Thread(target=add, args=(values[at::8],)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.text(" ".join(values)) == " ".join([MASK] * 200)


# Cost -----------------------------------------------------------------------

UNITS = [
    *("password", "password=", "password: ", "passwd=a,", "secret=a;b=", "token_"),
    *('"password": "', "'password': '", "password='", "password 'a", '\\"pwd\\": \\"'),
    *(
        "key",
        "api_key",
        "_pass",
        '"auth"',
        "--password ",
        "--password-",
        "--",
        "cookie: ",
    ),
    *('cookie: a="', "<password>", '"password": ["a",', "password=[", "password=\\"),
    *("://", "://a:b", "://a:b@", "://a:b/", "bearer ", "eyJ", "eyJaaaa.", "xoxb-"),
    *("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n", "-", "\\", '\\"'),
    *("S3cr3t", "S3cr3t\\", "%25", "&amp;", "line1\n", "\n", "a", "İ", "п", "\r"),
]


SIZE = 2**18


@pytest.mark.parametrize("unit", UNITS)
def test_much_of_anything_is_redacted_in_linear_time(unit: str) -> None:
    values = ['S3cr3t"x\\y', "aaaaaaab", "%25%25&amp; ", '"quoted"', "line1\nline2"]
    made = redactor(*values)
    made.text("x " + " ".join(values))
    for start in (
        "",
        'S3cr3t aaaaaaaab line1 25 amp quoted {"password": "a", password=',
    ):
        text = (start + unit * (SIZE // len(unit)))[:SIZE]
        before = time.process_time()
        made.text(text)
        assert time.process_time() - before < 300  # squared, it would be hours


def test_a_redactor_is_made_without_the_slow_modules() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; before = set(sys.modules);"
        "from runspec.redact import Redactor;"
        "Redactor(); print(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path[:0] = {sys.path!r}; {code}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"re", "json", "base64", "codecs", "typing"} & set(done.stdout.split())
