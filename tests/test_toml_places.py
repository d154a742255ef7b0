"""Places of keys and values, and files that can or can't be read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from runspec.errors import Fault, FilePlace
from runspec.source.toml import parse_toml, read_toml

SPEC = """\
# a comment
[config]
name = "x"

[deploy.args]
  quality = {default = 85, range = [1, 100]} # c
'odd key'.deeper = 'v'
[deploy]
hosts = [
  "web-01",
  "web-02", # second
]
[[deploy.list]]
a = 1
[[deploy.list]]
a = \"\"\"
long\"\"\"
[other . "two words".x]
"""


def marked(place: FilePlace) -> tuple[int, str]:
    """The line and the text that is underlined."""
    start = place.column - 1
    return place.line, place.text[start : start + place.length]


@pytest.mark.parametrize(
    ("keys", "key", "value"),
    [
        (("config",), (2, "config"), (2, "config")),
        (("config", "name"), (3, "name"), (3, '"x"')),
        (("deploy",), (8, "deploy"), (8, "deploy")),
        (("deploy", "args"), (5, "args"), (5, "args")),
        (
            ("deploy", "args", "quality"),
            (6, "quality"),
            (6, "{default = 85, range = [1, 100]}"),
        ),
        (("deploy", "args", "quality", "default"), (6, "default"), (6, "85")),
        (("deploy", "args", "quality", "range", 1), (6, "100"), (6, "100")),
        (("deploy", "args", "odd key"), (7, "'odd key'"), (7, "'odd key'")),
        (("deploy", "args", "odd key", "deeper"), (7, "deeper"), (7, "'v'")),
        (("deploy", "hosts"), (9, "hosts"), (9, "[")),
        (("deploy", "hosts", 0), (10, '"web-01"'), (10, '"web-01"')),
        (("deploy", "hosts", 1), (11, '"web-02"'), (11, '"web-02"')),
        (("deploy", "list"), (13, "list"), (13, "list")),
        (("deploy", "list", 1), (15, "list"), (15, "list")),
        (("deploy", "list", 1, "a"), (16, "a"), (16, '"""')),
        (("other", "two words"), (18, '"two words"'), (18, '"two words"')),
        (("other", "two words", "x"), (18, "x"), (18, "x")),
    ],
)
def test_a_key_and_its_value_are_found(
    keys: tuple[str | int, ...], key: tuple[int, str], value: tuple[int, str]
) -> None:
    document = parse_toml(SPEC, "spec.toml")
    assert document.faults == []
    assert document.place(keys).path == "spec.toml"
    assert marked(document.place(keys)) == key
    assert marked(document.place(keys, value=True)) == value


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("deploy", "args", "absent"), (5, "args")),
        (("deploy", "args", "absent", "deeper", 3), (5, "args")),
        (("deploy", "hosts", 2), (9, "hosts")),
        (("deploy", "hosts", -1), (9, "hosts")),
        (("deploy", "hosts", "x"), (9, "hosts")),
        (("deploy", "hosts", 0, "x"), (10, '"web-01"')),
        (("config", "name", "x"), (3, "name")),
        (("config", 0), (2, "config")),
    ],
)
def test_what_is_not_there_is_placed_at_the_nearest_key_above_it(
    keys: tuple[str | int, ...], expected: tuple[int, str]
) -> None:
    document = parse_toml(SPEC)
    assert marked(document.place(keys)) == expected
    assert marked(document.place(keys, value=True)) == expected


@pytest.mark.parametrize("keys", [(), ("absent",), (0,), ("absent", "x")])
def test_what_has_nothing_above_it_is_placed_at_the_whole_file(
    keys: tuple[str | int, ...],
) -> None:
    assert parse_toml(SPEC).place(keys).line == 0


def test_a_table_is_placed_at_its_own_header_rather_than_at_a_deeper_one() -> None:
    document = parse_toml("[a.b]\nx = 1\n[a]\ny = 2\n")
    assert document.place(("a",)).line == 3
    assert document.place(("a", "b")).line == 1


def test_line_ends_of_windows_and_a_byte_order_mark_do_not_move_places() -> None:
    document = parse_toml("\ufeff[a]\r\nb = 1\r\n")
    assert marked(document.place(("a",))) == (1, "a")
    assert marked(document.place(("a", "b"))) == (2, "b")
    assert document.place(("a", "b")).text == "b = 1"


def test_a_text_that_stands_inside_another_has_the_places_of_that() -> None:
    text = "a = 1\nb = nope\n"
    document = parse_toml(text, "script.py", line_offset=10, margin="# ")
    place = document.place(("a",))
    assert (place.line, place.column) == (11, 3)
    assert marked(place) == (11, "a")
    assert place.text == "# a = 1"
    fault_place = document.faults[0].place
    assert isinstance(fault_place, FilePlace)
    assert (fault_place.line, fault_place.column) == (12, 7)


# Files


def only_fault(path: object) -> Fault:
    document = read_toml(os.fspath(path))  # type: ignore[call-overload]
    assert document.tables == {}
    assert len(document.faults) == 1
    return document.faults[0]


def test_a_file_is_read_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "runspec.toml"
    path.write_bytes("\ufeff[a]\r\nb = 'é'\r\n".encode())
    document = read_toml(str(path))
    assert document.tables == {"a": {"b": "é"}}
    assert document.faults == []
    assert document.place(("a",)).path == str(path)


def test_an_empty_file_has_no_tables(tmp_path: Path) -> None:
    (tmp_path / "runspec.toml").touch()
    document = read_toml(str(tmp_path / "runspec.toml"))
    assert (document.tables, document.faults) == ({}, [])


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    assert only_fault(tmp_path / "absent.toml").code == "spec-not-found"


def test_a_file_below_a_file_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert only_fault(tmp_path / "file" / "runspec.toml").code == "spec-not-found"


def test_a_directory_is_not_a_file(tmp_path: Path) -> None:
    fault = only_fault(tmp_path)
    assert (fault.code, fault.detail) == ("not-a-file", "a directory")


def test_a_fifo_is_not_a_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    fault = only_fault(tmp_path / "fifo")
    assert (fault.code, fault.detail) == ("not-a-file", "a FIFO")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full"])
def test_a_device_is_not_a_file(device: str) -> None:
    fault = only_fault(device)
    assert (fault.code, fault.detail) == ("not-a-file", "a device")


def test_a_socket_is_not_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert only_fault("socket").code == "not-a-file"


def test_a_link_to_itself_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    fault = only_fault(tmp_path / "loop")
    assert fault.code == "unreadable"
    assert fault.detail


@pytest.mark.unprivileged
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "runspec.toml"
    path.touch(mode=0o000)
    assert only_fault(path).code == "unreadable"


@pytest.mark.parametrize("path", ["a\0b", "x" * 5_000, "\ud800"])
def test_a_path_that_no_file_can_have_is_a_fault(path: str) -> None:
    assert only_fault(path).code == "unreadable"


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "runspec.toml"
    path.write_bytes(b"a = 1 #" + b"x" * (16 * 1024 * 1024 - 7))
    assert read_toml(str(path)).tables == {"a": 1}


def test_a_larger_file_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "runspec.toml"
    path.write_bytes(b"#" * (16 * 1024 * 1024 + 1))
    fault = only_fault(path)
    assert (fault.code, fault.expected) == ("too-large", (16 * 1024 * 1024,))


def test_a_huge_sparse_file_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "runspec.toml"
    path.touch()
    os.truncate(path, 1 << 40)
    assert only_fault(path).code == "too-large"


def test_a_byte_that_is_not_utf_8_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "runspec.toml"
    path.write_bytes('[a]\r\nb = "é'.encode() + b'caf\xe9"\r\nc = 1\n')
    fault = only_fault(path)
    assert (fault.code, fault.received) == ("encoding", "0xE9")
    assert isinstance(fault.place, FilePlace)
    assert (fault.place.line, fault.place.column) == (2, 10)
    assert fault.place.text == 'b = "écaf\N{REPLACEMENT CHARACTER}"'


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_is_recognised(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "runspec.toml"
    path.write_bytes(mark + b"a\0")
    fault = only_fault(path)
    assert (fault.code, fault.detail) == ("encoding", "the file looks like UTF-16")


def test_a_file_of_zeros_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "runspec.toml"
    path.write_bytes(bytes(1_000_000))
    assert {fault.code for fault in read_toml(str(path)).faults} == {"toml-syntax"}
