"""Outputs kept as resources: read whole, in parts, until they expire."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest

from runspec.mcp.capture import Capture
from runspec.mcp.shelf import MOST, NEXT, PART, Shelf


class Clock:
    time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(clock: Clock) -> Iterator[Shelf]:
    shelf = Shelf(lifetime=60, room=100_000_000, now=clock)
    yield shelf
    shelf.close()


def capture(data: bytes, limit: int = 1 << 28) -> Capture:
    made = Capture(1000, limit)
    made.write(data)
    return made


def test_a_text_is_read_by_its_uri(shelf: Shelf) -> None:
    uri = shelf.put(capture("grüße\n".encode()), "text/plain")
    assert re.fullmatch(r"runspec://output/[0-9a-f]{32}", uri)
    assert shelf.read(uri) == {"uri": uri, "mimeType": "text/plain", "text": "grüße\n"}


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(b"\x89PNG\0", "image/png"), (b"\xff text", "text/plain"), (b"abc", "image/gif")],
)
def test_what_is_no_text_is_a_blob(shelf: Shelf, data: bytes, media_type: str) -> None:
    read = shelf.read(shelf.put(capture(data), media_type))
    assert read is not None
    assert read["mimeType"] == media_type
    assert base64.b64decode(str(read["blob"]), validate=True) == data
    assert "text" not in read


@pytest.mark.parametrize("media_type", ["image/svg+xml", "application/geo+json"])
def test_some_media_types_beside_text_are_text(shelf: Shelf, media_type: str) -> None:
    read = shelf.read(shelf.put(capture(b"<svg/>"), media_type))
    assert read is not None
    assert read["text"] == "<svg/>"


def parts(shelf: Shelf, uri: str) -> Iterator[dict[str, object]]:
    following: object = uri
    while following:
        read = shelf.read(str(following))
        assert read is not None
        assert read["uri"] == following
        yield dict(read)
        meta = read.get("_meta", {})
        assert isinstance(meta, dict)
        following = meta.get(NEXT)


@pytest.mark.parametrize("shift", range(3))
def test_parts_of_a_long_text_end_with_whole_characters(
    shelf: Shelf, shift: int
) -> None:
    text = "x" * shift + "€" * (PART // 2)
    found = list(parts(shelf, shelf.put(capture(text.encode()), "text/plain")))
    assert len(found) == 2
    assert "".join(str(each["text"]) for each in found) == text
    assert len(str(found[0]["text"]).encode()) <= PART


def test_parts_of_a_long_blob_are_its_bytes(shelf: Shelf) -> None:
    data = bytes(range(256)) * (PART // 256 * 2 + 3)
    found = list(parts(shelf, shelf.put(capture(data), "application/zip")))
    blobs = [base64.b64decode(str(each["blob"])) for each in found]
    assert [len(each) for each in blobs] == [PART, PART, 768]
    assert b"".join(blobs) == data


def test_a_text_that_was_cut_within_a_character_can_be_read(shelf: Shelf) -> None:
    uri = shelf.put(capture("€".encode() * 1000, limit=1001), "text/plain")
    read = shelf.read(uri)
    assert read is not None
    assert read["text"] == "€" * 333 + "\ufffd"


def test_an_offset_within_a_character_is_survived(shelf: Shelf) -> None:
    uri = shelf.put(capture("€uro".encode()), "text/plain")
    read = shelf.read(f"{uri}?offset=1")
    assert read is not None
    assert read["text"] == "\ufffd\ufffduro"


@pytest.mark.parametrize(
    "ending",
    [
        "?offset=4",
        "?offset=-1",
        "?offset=",
        "?offset=1e0",
        "?offset=٣",
        "?offset=" + "9" * 5000,
        "?size=1",
        "/",
        "?offset=1?offset=1",
    ],
)
def test_what_is_no_part_of_it_isnt_there(shelf: Shelf, ending: str) -> None:
    uri = shelf.put(capture(b"text"), "text/plain")
    assert shelf.read(uri) is not None
    assert shelf.read(uri + ending) is None


@pytest.mark.parametrize("uri", ["", "runspec://output/", "runspec://faults", "\ud800"])
def test_an_unknown_uri_isnt_there(shelf: Shelf, uri: str) -> None:
    shelf.put(capture(b"text"), "text/plain")
    assert shelf.read(uri) is None


def test_an_output_expires(shelf: Shelf, clock: Clock) -> None:
    first, second = capture(b"1" * 5000), capture(b"2")
    uri = shelf.put(first, "text/plain")
    clock.time += 59
    later = shelf.put(second, "text/plain")
    assert shelf.read(uri) is not None
    assert shelf.expire() == 1
    clock.time += 1
    assert shelf.expire() == 59
    assert shelf.read(uri) is None
    assert first.read(0, 10) == b""
    assert shelf.read(later) is not None
    clock.time += 59
    assert shelf.read(later) is None
    assert shelf.expire() is None


def test_the_oldest_gives_way_when_there_is_no_room(clock: Clock) -> None:
    shelf = Shelf(60, 10_000, clock)
    uris = [shelf.put(capture(b"x" * 4000), "text/plain") for _ in range(3)]
    assert [shelf.read(each) is None for each in uris] == [True, False, False]
    larger_than_all = shelf.put(capture(b"y" * 20_000), "text/plain")
    assert shelf.read(uris[2]) is None
    assert shelf.read(larger_than_all) is not None
    shelf.close()


def test_the_number_of_outputs_is_bounded(shelf: Shelf) -> None:
    uris = [shelf.put(capture(b"x"), "text/plain") for _ in range(MOST + 5)]
    assert len(set(uris)) == len(uris)
    assert [each for each in uris if shelf.read(each) is None] == uris[:5]


def test_a_closed_shelf_has_freed_everything(shelf: Shelf) -> None:
    kept = capture(b"x" * 5000)
    uri = shelf.put(kept, "text/plain")
    assert shelf.holds(kept)
    shelf.close()
    assert not shelf.holds(kept)
    assert shelf.read(uri) is None
    assert kept.read(0, 10) == b""
