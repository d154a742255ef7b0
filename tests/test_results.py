"""What an agent reads of a call: every kind of output and of ending."""

from __future__ import annotations

import base64
import json
import re
import signal
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from runspec.errors import CallError, Fault
from runspec.mcp.blocks import MEDIA, MOST_PARTS, PARSED
from runspec.mcp.capture import Capture
from runspec.mcp.results import BRIEF, EXIT_STATUS, SECONDS, STDERR, Outcome, result_of
from runspec.mcp.revisions import REVISIONS, Revision
from runspec.mcp.shapes import ABSENT, ToolResult
from runspec.mcp.shelf import Shelf
from runspec.mcp.values import DEEPEST
from runspec.render.fault import call_error_json

NEWEST = REVISIONS["2026-07-28"]
OBJECTS = REVISIONS["2025-11-25"]
OLDEST = REVISIONS["2024-11-05"]
INLINE = 1000
EVERY = pytest.mark.parametrize("revision", REVISIONS.values(), ids=REVISIONS)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


class Bench:
    """Makes results of programs that wrote these bytes."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.captures: list[Capture] = []

    def __call__(
        self,
        stdout: bytes | str = b"",
        output: str = "text",
        *,
        stderr: bytes | str = b"",
        status: int = 0,
        ending: str = "exit",
        detail: str = "",
        seconds: float = 0.25,
        schema: Any = None,
        revision: Revision = NEWEST,
        limit: int = 1 << 28,
    ) -> ToolResult:
        self.captures = [self._captured(each, limit) for each in (stdout, stderr)]
        outcome = Outcome(
            status, *self.captures, ending=ending, detail=detail, seconds=seconds
        )
        result = result_of(outcome, output, schema, revision, self.shelf)
        for block in result.content:
            assert_block(block, revision)
        json.dumps(result.content, ensure_ascii=False, allow_nan=False).encode()
        return result

    def _captured(self, data: bytes | str, limit: int) -> Capture:
        capture = Capture(INLINE, limit)
        capture.write(data.encode() if isinstance(data, str) else data)
        return capture

    def stored(self, uri: object) -> bytes:
        read = self.shelf.read(str(uri))
        assert read is not None
        if "text" in read:
            return str(read["text"]).encode()
        return base64.b64decode(str(read["blob"]))


FIELDS: dict[str, dict[str, type]] = {
    "text": {"text": str},
    "image": {"data": str, "mimeType": str},
    "audio": {"data": str, "mimeType": str},
    "resource": {"resource": dict},
    "resource_link": {
        "uri": str,
        "name": str,
        "description": str,
        "mimeType": str,
        "size": int,
    },
}
"""What the protocol's schema asks of each block, and nothing else is there."""


def assert_block(block: dict[str, Any], revision: Revision) -> None:
    kind = block["type"]
    fields = FIELDS[kind]
    assert set(block) == {"type", *fields}
    assert all(isinstance(block[name], of) for name, of in fields.items())
    assert kind != "audio" or revision.audio
    assert kind != "resource_link" or revision.links
    assert kind != "text" or block["text"]
    if kind == "resource":
        resource = block["resource"]
        assert set(resource) in (
            {"uri", "mimeType", "text"},
            {"uri", "mimeType", "blob"},
        )
        assert resource["uri"].startswith("runspec://output/")


@pytest.fixture
def bench() -> Iterator[Bench]:
    shelf = Shelf()
    yield Bench(shelf)
    shelf.close()


def texts(result: ToolResult) -> list[str]:
    return [str(each["text"]) for each in result.content if each["type"] == "text"]


def kinds(result: ToolResult) -> list[object]:
    return [each["type"] for each in result.content]


def only(result: ToolResult) -> dict[str, Any]:
    (block,) = result.content
    return block


# Text


@EVERY
def test_text_is_one_block_as_it_was_printed(bench: Bench, revision: Revision) -> None:
    result = bench("grüße red\n", revision=revision)
    assert only(result)["text"] == "grüße red\n"
    assert not result.is_error
    assert result.structured is ABSENT
    assert result.meta == {EXIT_STATUS: 0, SECONDS: 0.25}


@pytest.mark.parametrize("output", ["text", "html", "image/png"])
def test_a_success_without_output_says_so(bench: Bench, output: str) -> None:
    assert texts(bench("", output)) == ["(no output; exit status 0)"]


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x1b[31mred\x1b[0m\n", "red\n"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b", "ab"),
        ("10%\r20%\r\n", "10%\n20%\n"),
        ("a\0b\x08c\x7fd\x9be\tf", "abcd\tf"),
        ("\x1b(B\x1b=plain", "plain"),
    ],
)
def test_escapes_and_control_characters_dont_reach_a_model(
    bench: Bench, printed: str, shown: str
) -> None:
    assert texts(bench(printed)) == [shown]
    assert texts(bench(stderr=printed, status=1)) == [
        f"exit status 1\n{shown}".removesuffix("\n")
    ]


def test_the_whole_output_has_its_escapes(bench: Bench) -> None:
    printed = "\x1b[31m" + "x" * 2000
    shown, link = bench(printed).content
    assert "\x1b" not in str(shown["text"])
    assert bench.stored(link["uri"]) == printed.encode()


def test_stderr_of_a_success_is_a_second_block(bench: Bench) -> None:
    assert texts(bench("out", stderr="a warning\n")) == [
        "out",
        "[stderr]\na warning\n",
    ]


def test_much_stderr_of_a_success_is_cut_short(bench: Bench) -> None:
    _, shown = texts(bench("out", stderr="x" * 5000))
    assert (
        shown == "[stderr]\n" + "x" * BRIEF + f"\n[{5000 - BRIEF} more bytes of stderr]"
    )


def test_stderr_beside_json_is_in_meta(bench: Bench) -> None:
    result = bench('{"a": 1}', "json", stderr="a warning")
    assert texts(result) == ['{"a": 1}']
    assert result.meta[STDERR] == "[stderr]\na warning"


def test_text_up_to_the_cap_is_whole(bench: Bench) -> None:
    assert only(bench("x" * INLINE))["text"] == "x" * INLINE


def test_a_longer_text_says_first_how_long_it_is_and_where_the_whole_is(
    bench: Bench,
) -> None:
    text = "".join(f"{number:05d}\n" for number in range(2000))
    result = bench(text)
    shown, link = result.content
    uri = link["uri"]
    first = (
        "[12000 bytes: shown are the first 500 and the last 500; the whole is at "
        f"{uri} for 600 s, which the tool runspec_read_output reads]\n"
    )
    mark = "\n[11000 bytes left out]\n"
    assert shown["text"] == first + text[:500] + mark + text[-500:]
    assert bench.stored(uri) == text.encode()
    assert link == {
        "type": "resource_link",
        "uri": uri,
        "name": "stdout",
        "description": "The whole output, kept for 600 s.",
        "mimeType": "text/plain",
        "size": 12000,
    }


@pytest.mark.parametrize("shift", range(4))
def test_head_and_tail_have_whole_characters_only(bench: Bench, shift: int) -> None:
    text = "x" * shift + "😀" * 500
    (shown,) = texts(bench(text))
    assert "\ufffd" not in shown
    shown = shown.partition("]\n")[2]
    head, left_out, tail = re.split(r"\n\[(\d+) bytes left out\]\n", shown)
    assert len((head + tail).encode()) + int(left_out) == len(text.encode())
    assert text.startswith(head)
    assert text.endswith(tail)


def test_a_mark_follows_a_newline_without_a_blank_line(bench: Bench) -> None:
    (shown,) = texts(bench("x" * 499 + "\n" + "y" * 1000))
    assert "x\n[500 bytes left out]" in shown


def test_a_revision_without_links_has_the_uri_in_the_text(bench: Bench) -> None:
    (shown,) = texts(bench("x" * 5000, revision=OLDEST))
    found = re.search(r"at (runspec://output/\w+) for", shown)
    assert found
    assert bench.stored(found[1]) == b"x" * 5000


def test_text_that_isnt_utf8_is_shown_and_its_bytes_linked(bench: Bench) -> None:
    shown, link = bench(b"caf\xe9 au lait").content
    note, _, text = str(shown["text"]).partition("\n")
    assert text == "caf\ufffd au lait"
    assert "stdout isn't UTF-8" in note
    assert bench.stored(link["uri"]) == b"caf\xe9 au lait"


def test_a_long_text_that_isnt_utf8_is_shown_in_part(bench: Bench) -> None:
    data = b"\xff\xfe" * 2000
    shown, link = bench(data).content
    assert "[4000 bytes: shown are the first 500" in str(shown["text"])
    assert str(shown["text"]).startswith("[stdout isn't UTF-8")
    assert bench.stored(link["uri"]) == data


def test_bytes_that_were_dropped_are_told(bench: Bench) -> None:
    shown, link = bench("x" * 5000 + "the end", limit=2000).content
    assert (
        "[5007 bytes: shown are the first 500 and the last 500; the first 2000 are"
        in (str(shown["text"]))
    )
    assert str(shown["text"]).endswith("the end")
    assert link["size"] == 2000
    assert link["description"] == "The first part of the output, kept for 600 s."
    assert bench.stored(link["uri"]) == b"x" * 2000


# JSON

STRUCTURED = [
    ('{"a": [1, 2.5, null]}\n', {"a": [1, 2.5, None]}, True),
    ("[1, 2]", [1, 2], False),
    ('"word"', "word", False),
    ("7", 7, False),
    ("null", None, False),
    ("\ufefftrue", True, False),
]


@EVERY
@pytest.mark.parametrize(("text", "value", "is_object"), STRUCTURED)
@pytest.mark.parametrize("declared", [False, True])
def test_json_is_text_and_with_a_schema_the_value_that_the_revision_takes(
    bench: Bench,
    revision: Revision,
    text: str,
    value: object,
    is_object: bool,
    declared: bool,
) -> None:
    schema = {"type": "object"} if is_object else {"title": "any value"}
    schema = schema if declared else None
    result = bench(text, "json", revision=revision, schema=schema)
    assert only(result)["text"] == text
    assert not result.is_error
    has = revision.structured == "any" or (revision.structured and is_object)
    assert result.structured == (value if has and schema else ABSENT)


DEEP = "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1)
NOT_JSON = [
    ("", "line 1, column 1: there is nothing"),
    ('{"a": 1,\n "b": }', "line 2, column 7: Expecting value"),
    ("{'a': 1}", "line 1, column 2: Expecting property name"),
    ('{"a": 1} trailing', "line 1, column 10: Extra data"),
    ('["NaN",\n  NaN]', "line 2, column 3: NaN is out of range"),
    ('{"a": -Infinity}', "line 1, column 7: -Infinity is out of range"),
    ("[1e308,1e309]", "line 1, column 8: 1e309 is out of range"),
    (f"[{'9' * 308},{'9' * 310}]", f"line 1, column 311: {'9' * 20} is out of range"),
    ("9" * 5000, f"line 1, column 1: {'9' * 20} is out of range"),
    (DEEP, "it has more than 100 levels"),
    ('{"a":' * 100_000, "it has more than 100 levels"),
    ("[" * 100_000 + "]" * 100_000, "it has more than 100 levels"),
    (b'"caf\xe9"', "it isn't UTF-8"),
    ('"' + "x" * PARSED + '"', f"it is longer than {PARSED} bytes"),
]


@pytest.mark.parametrize(("text", "reason"), NOT_JSON)
@pytest.mark.parametrize("schema", [None, {"type": "object"}], ids=["free", "schema"])
def test_what_isnt_json_is_text_with_a_word_why(
    bench: Bench, text: str | bytes, reason: str, schema: object
) -> None:
    result = bench(text, "json", schema=schema)
    note = texts(result)[0]
    assert note.startswith("[stdout isn't JSON, as the tool declares: ")
    assert reason in note.partition("\n")[0]
    assert result.structured is ABSENT
    assert result.is_error is (schema is not None)


@EVERY
def test_json_that_breaks_its_schema_is_an_error_with_the_text(
    bench: Bench, revision: Revision
) -> None:
    schema = {"type": "object", "required": ["a"]}
    result = bench('{"s": 5}', "json", schema=schema, revision=revision)
    assert result.is_error
    assert result.structured is ABSENT
    assert texts(result) == [
        '[stdout doesn\'t fit the tool\'s output-schema: "a" is missing]\n{"s": 5}'
    ]


@pytest.mark.parametrize("number", [2**53, -(2**53), 1915883588174806058])
def test_an_integer_that_clients_change_is_never_structured(
    bench: Bench, number: int
) -> None:
    text = json.dumps({"rows": [{"id": number}]})
    assert texts(bench(text, "json")) == [text]
    assert not bench(text, "json").is_error
    result = bench(text, "json", schema={"type": "object"})
    assert result.is_error
    assert result.structured is ABSENT
    assert f"has the integer {number}" in texts(result)[0]
    assert texts(result)[0].endswith(text)


def test_an_integer_that_every_client_has_is_structured(bench: Bench) -> None:
    value = {"id": 2**53 - 1}
    result = bench(json.dumps(value), "json", schema={"type": "object"})
    assert result.structured == value


@pytest.mark.parametrize("schema", [None, {"type": "object"}])
def test_json_over_the_cap_is_linked_only(bench: Bench, schema: object) -> None:
    value = {"rows": list(range(5000))}
    result = bench(json.dumps(value), "json", schema=schema)
    assert kinds(result) == ["text", "resource_link"]
    assert result.structured is ABSENT
    assert result.is_error is (schema is not None)
    assert json.loads(bench.stored(result.content[1]["uri"])) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"\uDFFF\ud83d\ude00\ud83d"', "\ufffd😀\ufffd"),
        (r'"\ud83d\n\ude00"', "\ufffd\n\ufffd"),
        (r'"\ud800\ud83d\ude00"', "\ufffd😀"),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\\ufffd"),
        (r'{"\ud800": 1}', {"\ufffd": 1}),
    ],
)
def test_half_a_surrogate_pair_becomes_a_mark(
    bench: Bench, text: str, value: object
) -> None:
    assert bench(text, "json", schema={"title": "any"}).structured == value


# Other media types


@EVERY
@pytest.mark.parametrize(
    "output",
    [
        "html",
        "text/csv",
        "text/html; charset=utf-8",
        "image/svg+xml",
        "application/yaml",
        "Application/GEO+JSON",
    ],
)
def test_text_of_other_types_is_text(
    bench: Bench, revision: Revision, output: str
) -> None:
    assert texts(bench(SVG, output, revision=revision)) == [SVG]


def test_long_html_is_shown_in_part_and_linked(bench: Bench) -> None:
    shown, link = bench("<p>" * 1000, "html").content
    assert "[2000 bytes left out]" in str(shown["text"])
    assert link["mimeType"] == "text/html"


def test_html_that_isnt_utf8_is_shown_and_linked(bench: Bench) -> None:
    result = bench(b"<p>\xff", "html")
    assert kinds(result) == ["text", "resource_link"]


@EVERY
@pytest.mark.parametrize("media_type", ["image/png", "IMAGE/JPEG"])
def test_an_image_is_an_image(
    bench: Bench, revision: Revision, media_type: str
) -> None:
    data = bytes(range(256)) * 100
    block = only(bench(data, media_type, revision=revision))
    assert (block["type"], block["mimeType"]) == ("image", media_type)
    assert base64.b64decode(block["data"], validate=True) == data


@EVERY
def test_audio_is_audio_or_a_resource(bench: Bench, revision: Revision) -> None:
    *_, block = bench(b"RIFF\0", "audio/wav", revision=revision).content
    data = block["data"] if revision.audio else block["resource"]["blob"]
    assert base64.b64decode(data) == b"RIFF\0"


@EVERY
def test_other_types_are_embedded_blobs(bench: Bench, revision: Revision) -> None:
    said, block = bench(b"%PDF-1.7\xff", "application/pdf", revision=revision).content
    assert said["text"] == "[stdout is 9 bytes of application/pdf, embedded.]"
    resource = block["resource"]
    assert resource["mimeType"] == "application/pdf"
    assert base64.b64decode(resource["blob"], validate=True) == b"%PDF-1.7\xff"
    assert bench.stored(resource["uri"]) == b"%PDF-1.7\xff"


@pytest.mark.parametrize(
    ("media_type", "size"), [("application/pdf", INLINE + 1), ("image/png", MEDIA + 1)]
)
def test_a_large_binary_is_linked_beside_a_line_of_text(
    bench: Bench, media_type: str, size: int
) -> None:
    said, link = bench(b"\xff" * size, media_type).content
    assert f"[stdout is {size} bytes of {media_type}, at " in str(said["text"])
    assert (link["type"], link["size"], link["mimeType"]) == (
        "resource_link",
        size,
        media_type,
    )


def test_without_links_the_place_of_a_large_binary_is_said(bench: Bench) -> None:
    said = only(bench(b"\xff" * 2000, "application/pdf", revision=OLDEST))["text"]
    uri = re.search(r"runspec://\S+", said)
    assert said.startswith("[stdout is 2000 bytes of application/pdf, at ")
    assert uri
    assert bench.stored(uri[0]) == b"\xff" * 2000


def test_a_binary_that_was_cut_is_never_shown_as_if_whole(bench: Bench) -> None:
    result = bench(b"\xff" * 5000, "image/png", limit=2000)
    said, link = result.content
    assert "5000 bytes of image/png" in str(said["text"])
    assert "The first 2000 bytes were kept." in str(said["text"])
    assert link["size"] == 2000


# Several parts


def mixed(*parts: tuple[str, bytes]) -> bytes:
    document = EmailMessage()
    document["Subject"] = "ignored"
    document.make_mixed()
    for media_type, data in parts:
        kind, _, subtype = media_type.partition("/")
        document.add_attachment(data, maintype=kind, subtype=subtype)
    return document.as_bytes()


def test_each_part_of_a_multipart_document_is_a_block(bench: Bench) -> None:
    png = bytes(range(256))
    document = mixed(
        ("text/plain", "grüße".encode()),
        ("image/png", png),
        ("text/html", b"<p>"),
        ("application/json", b'{"a": 1}'),
        ("application/zip", b"PK\xff"),
    )
    result = bench(document, "multipart/mixed")
    assert kinds(result) == ["text", "image", "text", "text", "text", "resource"]
    text, image, html, value, _, archive = result.content
    assert text["text"] == "grüße"
    assert base64.b64decode(str(image["data"])) == png
    assert html["text"] == "<p>"
    assert value["text"] == '{"a": 1}'
    assert result.structured is ABSENT
    blob = archive["resource"]["blob"]
    assert base64.b64decode(blob) == b"PK\xff"


HEADER = b"Content-Type: multipart/mixed; boundary=B\n\n"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"just text",
        b"Content-Type: multipart/mixed\n\n--B\n\none\n--B--",
        b"Content-Type: text/plain; boundary=B\n\n--B\n\none\n--B--",
        HEADER,
        HEADER + b"--B--",
    ],
)
def test_what_is_no_multipart_document_is_text_with_a_word(
    bench: Bench, document: bytes
) -> None:
    result = bench(document, "multipart/mixed")
    *shown, note = texts(result)
    assert shown == ([document.decode()] if document else [])
    assert "isn't a multipart document" in note
    assert not result.is_error


def test_a_part_that_is_multipart_itself_is_text(bench: Bench) -> None:
    inner = mixed(("text/plain", b"inner"))
    part = b"--B\n%s\n--B--" % inner
    assert kinds(bench(HEADER + part, "multipart/mixed")) == ["text"]


def test_of_many_parts_the_first_are_shown(bench: Bench) -> None:
    result = bench(HEADER + b"--B\n\none\n" * 500 + b"--B--", "multipart/mixed")
    assert texts(result)[:MOST_PARTS] == ["one"] * MOST_PARTS
    more, place = texts(result)[MOST_PARTS:]
    assert more == f"[{500 - MOST_PARTS} more parts aren't shown.]"
    assert "multipart/mixed, at runspec://output/" in place
    assert kinds(result)[-1] == "resource_link"


def test_a_multipart_document_that_is_too_long_is_linked(bench: Bench) -> None:
    _, link = bench(HEADER + b"x" * PARSED, "multipart/mixed").content
    assert (link["type"], link["mimeType"]) == ("resource_link", "multipart/mixed")


# Failures


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ({"status": 3}, "exit status 3"),
        ({"status": -9}, "stopped by signal 9 (SIGKILL)"),
        ({"status": -signal.SIGSEGV}, "stopped by signal 11 (SIGSEGV)"),
        ({"status": -99}, "stopped by signal 99"),
        (
            {"status": -15, "ending": "timeout", "seconds": 30.02},
            "stopped after 30 s: its timeout",
        ),
        (
            {
                "status": 0,
                "ending": "timeout",
                "seconds": 2.5,
                "detail": "late",
            },
            "stopped after 2.5 s: its timeout; late",
        ),
        (
            {"status": -15, "ending": "cancelled"},
            "stopped because the call was cancelled",
        ),
        (
            {"status": 127, "ending": "not-started", "detail": "no such file"},
            "could not be started: no such file",
        ),
    ],
)
@EVERY
def test_a_failure_is_one_text_that_begins_with_what_happened(
    bench: Bench, revision: Revision, how: dict[str, Any], line: str
) -> None:
    result = bench("partial", stderr="it broke\n", revision=revision, **how)
    assert result.is_error
    assert texts(result) == [f"{line}\nit broke\n[stdout]\npartial"]
    assert texts(bench(**how)) == [line]
    if how.get("ending") == "not-started":
        assert EXIT_STATUS not in result.meta
    else:
        assert result.meta[EXIT_STATUS] == how["status"]


@pytest.mark.parametrize("output", ["json", "html", "image/png", "multipart/mixed"])
def test_what_a_failure_printed_is_text_whatever_was_declared(
    bench: Bench, output: str
) -> None:
    result = bench('{"a": 1}', output, status=1, schema={"type": "object"})
    assert texts(result) == ['exit status 1\n[stdout]\n{"a": 1}']
    assert result.structured is ABSENT


def test_binary_output_of_a_failure_is_only_linked(bench: Bench) -> None:
    result = bench(b"\x89PNG\xff", "image/png", status=1)
    assert kinds(result) == ["text", "text", "resource_link"]
    assert texts(result)[0] == "exit status 1"


def test_long_stderr_is_head_and_tail(bench: Bench) -> None:
    stderr = "Traceback\n" + "x" * 5000 + "\nValueError: last\n"
    result = bench(stderr=stderr, status=1)
    said, link = result.content
    reason, first, then, *_ = str(said["text"]).splitlines()
    assert (reason, then) == ("exit status 1", "Traceback")
    assert first.startswith(f"[{len(stderr)} bytes: ")
    assert str(said["text"]).endswith("ValueError: last")
    assert link["name"] == "stderr"
    assert bench.stored(link["uri"]) == stderr.encode()


def test_the_json_of_a_wrong_call_stays_json(bench: Bench) -> None:
    error = CallError(Fault("missing-required", "--name"), runnable="greet")
    line = call_error_json(error, usage="greet --name NAME")
    result = bench(stderr=line + "\n", status=2)
    assert result.is_error
    assert json.loads(only(result)["text"])["error"]["runnable"] == "greet"


@pytest.mark.parametrize(
    ("stderr", "status"),
    [
        ('{"error": {"problems": []}}', 3),
        ('{"error": "text"}', 2),
        ('[{"error": {"problems": []}}]', 2),
        ('warning\n{"error": {"problems": []}}', 2),
        ('{"error": {"problems": []', 2),
    ],
)
def test_any_other_stderr_follows_what_happened(
    bench: Bench, stderr: str, status: int
) -> None:
    assert texts(bench(stderr=stderr, status=status)) == [
        f"exit status {status}\n{stderr}"
    ]


# What becomes of the captures


@pytest.mark.parametrize("status", [0, 1])
def test_what_isnt_linked_is_freed_at_once(bench: Bench, status: int) -> None:
    bench("short", stderr="x" * 5000 * status, status=status)
    stdout, stderr = bench.captures
    assert stdout.read(0, 1) == b""
    assert stderr.read(0, 1) == b"x" * status
    bench.shelf.close()
    assert stderr.read(0, 1) == b""
