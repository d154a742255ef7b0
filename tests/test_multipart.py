"""Documents of several parts: each part is exactly what stands between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec.mcp.multipart import NotMultipart, parts_of

HEADER = b"Content-Type: multipart/mixed; boundary=B\n\n"


@pytest.mark.parametrize(
    ("document", "parts"),
    [
        (b"--B\n\none\n--B\n\ntwo\n--B--\n", [b"one", b"two"]),
        (b"--B\r\n\r\none\r\n--B--", [b"one"]),
        (b"before\n--B\n\none\n--B--\nafter\n--B\n\nno", [b"one"]),
        (b"--B\n\n\n\none\n\n\n--B--", [b"\n\none\n\n"]),
        (b"--B\n\none\n--Bc\n--B--", [b"one\n--Bc"]),
        (b"--B  \n\nnot closed", [b"not closed"]),
        (b"--B\n--B\n--B--", [b"", b""]),
        (b"--B\n\n\x00\r\r\n\xff\n--B--", [b"\x00\r\r\n\xff"]),
        (b"--B\nContent-Transfer-Encoding: base64\n\nb25l\n--B--", [b"one"]),
        (b"--B\nContent-Transfer-Encoding: quoted-printable\n\n=41\n--B--", [b"A"]),
        (b"--B\nContent-Transfer-Encoding: base64\n\n!!!\n--B--", None),
    ],
)
def test_parts_are_exactly_what_stands_between(
    document: bytes, parts: list[bytes] | None
) -> None:
    found = parts_of(HEADER + document)
    assert len(found) == 1 if parts is None else [each for _, each in found] == parts


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("iso-8859-1", b"caf\xe9", "café"),
        ("windows-1252", b"\x80", "€"),
        ("utf-16", "é".encode("utf-16"), "é"),
        ("utf-8", "é".encode(), "é"),
        ("punycode", b"abc", "abc"),
        ("no-such", b"abc", "abc"),
    ],
)
def test_text_of_another_charset_is_read(charset: str, data: bytes, text: str) -> None:
    part = b"--B\nContent-Type: text/plain; charset=%s\n\n" % charset.encode()
    found = parts_of(HEADER + part + data + b"\n--B--")
    assert found == [("text/plain", text.encode())]


PIECES = st.sampled_from(
    [
        b"--B",
        b"--",
        b"\n",
        b"\r\n",
        b"\r",
        b"Content-Type: ",
        b"text/plain; charset=",
        b"utf-16\n",
        b"multipart/mixed; boundary=B\n",
        b"Content-Transfer-Encoding: ",
        b"base64\n",
        b"x-uuencode\n",
        b"quoted-printable\n",
        b"begin 6",
        b"\xff\x00",
        b"=\xe9",
        b";",
        b'"',
        b"charset*0=x; charset*=a''b",
    ]
)


@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_any_document_has_parts_or_is_none(document: bytes) -> None:
    for each in (document, HEADER + b"--B\n" + document):
        try:
            parts = parts_of(each)
        except NotMultipart:
            continue
        assert parts
        assert all(isinstance(data, bytes) for _, data in parts)
