"""The audit ledger: nothing is lost, and whatever is done to it is found (AUD)."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from runspec.audit import audited
from runspec.audit.entry import Entry
from runspec.audit.ledger import Ledger
from runspec.audit.verify import Report, examined
from runspec.errors import RunspecError
from runspec.record import environment_directory

FILES = ("audit.jsonl", "audit.head", "audit.key")
TIMEOUT = 300


class Room:
    """A ledger in a directory of its own, and hands that spoil it."""

    def __init__(self, place: Path) -> None:
        self.path = place
        self.file, self.head, self.key = (place / name for name in FILES)
        self.ledger = Ledger(str(place), journal="")

    def add(self, count: int = 1, kind: str = "start") -> None:
        for number in range(count):
            self.ledger.append(kind, {"runnable": "deploy", "run": f"r{number}"})

    @property
    def lines(self) -> list[bytes]:
        return self.file.read_bytes().splitlines(keepends=True)

    @lines.setter
    def lines(self, lines: list[bytes]) -> None:
        self.file.write_bytes(b"".join(lines))

    def report(self, anchor: bytes | None = None) -> Report:
        kept = None if anchor is None else ("anchor", anchor)
        return examined(str(self.path), kept)

    def codes(self, anchor: bytes | None = None) -> list[str]:
        return [fault.code for fault in self.report(anchor).faults]

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        examined(str(self.path), each=found.append)
        return found

    def state(self) -> dict[str, bytes]:
        return {name: (self.path / name).read_bytes() for name in FILES}

    def restore(self, state: dict[str, bytes]) -> None:
        for name, content in state.items():
            (self.path / name).write_bytes(content)

    def refusal(self) -> str:
        """The code with which nothing can be added."""
        with pytest.raises(RunspecError) as error:
            self.add()
        return error.value.faults[0].code


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "records")


# What is written


def test_a_record_says_who_what_when_and_where(room: Room):
    fields = {"runnable": "deploy", "run": "0193", "command": ["prod"], "status": None}
    room.ledger.append("start", fields)
    (line,) = room.lines
    members = json.loads(line)
    assert members.pop("mac") != members.pop("prev")
    assert members.pop("at").endswith("Z")
    assert members.pop("up") > 0
    assert members == {
        "seq": 1,
        "kind": "start",
        "run": "0193",
        "runnable": "deploy",
        "principal": f"uid {os.getuid()}",
        "uid": os.getuid(),
        "login": members["login"],
        "host": os.uname().nodename,
        "command": ["prod"],
        "status": None,
    }
    assert room.report().is_whole


def test_only_the_ledger_sets_what_proves_it(room: Room):
    room.ledger.append(
        "start", {"seq": 9, "mac": "x", "kind": "end", "prev": "", "at": 1}
    )
    (entry,) = room.entries()
    assert (entry.seq, entry.members["kind"]) == (1, "start")
    assert room.report().is_whole


@pytest.mark.parametrize(
    "text",
    ["", 'a"b\\', "line\nline\r\n", "\0\x1b[2J\x7f", "żółw \u202e", "\udc80", '"}\n{"'],
)
def test_any_text_is_kept_on_one_line(room: Room, text: str):
    room.ledger.append("start", {"runnable": text, "x": {text: [text, True, None, -1]}})
    room.add()
    first, _ = room.entries()
    assert first.members["runnable"] == text
    assert first.members["x"] == {text: [text, True, None, -1]}
    assert len(room.lines) == 2
    assert room.report().is_whole


def test_what_is_too_long_is_cut_and_never_refused(room: Room):
    room.ledger.append("start", {"one": "x" * 10_000_000})
    room.ledger.append("start", {f"k{n}": "\0" * 1000 for n in range(50)})
    first, second = room.entries()
    assert first.members["one"] == "x" * 1000 + "…"
    assert second.members["omitted"] == [f"k{n}" for n in range(50)]
    assert max(map(len, room.lines)) < 65_536
    assert room.report().is_whole


def test_the_files_are_their_owners_alone(room: Room):
    room.add()
    assert {name: os.stat(room.path / name).st_mode & 0o777 for name in FILES} == (
        dict.fromkeys(FILES, 0o600)
    )
    assert sorted(os.listdir(room.path)) == sorted(FILES)
    assert os.stat(room.path).st_mode & 0o777 == 0o700


def test_what_a_record_costs_does_not_grow_with_the_ledger(room: Room):
    def read() -> int:
        before = _bytes_read()
        room.add()
        return _bytes_read() - before

    room.add(2)
    small = read()
    room.add(300)
    assert abs(read() - small) < 100


def _bytes_read() -> int:
    first = Path("/proc/self/io").read_text().split("\n")[0]
    return int(first.partition(": ")[2])


# Many at once, and killed ones

WRITERS = """
import os, sys
from runspec.audit.ledger import Ledger
ledger = Ledger(sys.argv[1])
for number in range(40):
    if not os.fork():
        status = 1
        try:
            for at in range(15):
                ledger.append("start", {"writer": number, "at_it": at})
            status = 0
        finally:
            os._exit(status)
sys.exit(sum(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(40)))
"""
KILLED = """
import os, random, select, signal, sys
from runspec.audit.ledger import Ledger
from runspec.audit.verify import examined
directory, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
said = []
for number in range(rounds):
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        ledger = Ledger(directory)
        at = 0
        while True:
            ledger.append("start", {"writer": number, "at_it": at, "x": "y" * 500})
            os.write(writer, b".")
            at += 1
    os.close(writer)
    os.read(reader, 1)
    select.select([], [], [], chance.random() / 300)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    done = 1
    while chunk := os.read(reader, 4096):
        done += len(chunk)
    os.close(reader)
    said.append(done)
    if number % 25 == 0:
        report = examined(directory)
        assert report.is_whole, report.faults
print(*said)
"""


def _script(source: str, *argv: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", source, *map(str, argv)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


@pytest.mark.slow
def test_forty_processes_write_at_once_and_nothing_is_lost(room: Room):
    done = _script(WRITERS, room.path)
    assert (done.returncode, done.stderr) == (0, "")
    entries = room.entries()
    assert room.codes() == []
    assert [entry.seq for entry in entries] == list(range(1, 601))
    for number in range(40):
        own = [e.members["at_it"] for e in entries if e.members["writer"] == number]
        assert own == list(range(15))


ONE = """
import os, sys
from runspec.audit.ledger import Ledger
ledger = Ledger(sys.argv[1])
print("ready", flush=True)
os.read(0, 1)
ledger.append("start", {"run": "1"}, sync=True)
"""


@pytest.mark.slow
def test_three_hundred_programs_that_start_at_once_lose_no_record(room: Room):
    gate, opener = os.pipe()
    argv = [sys.executable, "-c", ONE, str(room.path)]
    started = [
        subprocess.Popen(argv, stdin=gate, stdout=subprocess.PIPE) for _ in range(300)
    ]
    try:
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == b"ready\n"
        os.close(opener)
        assert [each.wait(TIMEOUT) for each in started] == [0] * 300
    finally:
        os.close(gate)
        for each in started:
            each.kill()
            each.communicate()
    assert room.codes() == []
    assert len(room.entries()) == 300


WAITS = """
import os, sys
from fcntl import LOCK_EX, flock
from runspec.audit.file import LEDGER
from runspec.audit.ledger import Ledger
ledger = Ledger(sys.argv[1])
ledger.append("start", {"run": "1"})
holder = os.open(f"{sys.argv[1]}/{LEDGER}", os.O_RDWR)
flock(holder, LOCK_EX)
print("waits", flush=True)
ledger.append("end", {"run": "1"})
"""


def test_ctrl_c_ends_a_program_that_waits_for_the_ledger(room: Room):
    argv = [sys.executable, "-c", WAITS, str(room.path)]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as waits:
        assert waits.stdout is not None
        assert waits.stdout.readline() == "waits\n"
        waits.send_signal(signal.SIGINT)
        _, said = waits.communicate(timeout=TIMEOUT)
    assert "KeyboardInterrupt" in said
    assert waits.returncode == -signal.SIGINT


@pytest.mark.slow
def test_writers_that_are_killed_lose_nothing_that_they_were_told_is_kept(room: Room):
    done = _script(KILLED, room.path, 500, random.randrange(1 << 30))
    assert (done.returncode, done.stderr) == (0, "")
    room.add()
    assert room.report().is_whole
    kept = Counter(e.members.get("writer") for e in room.entries())
    for number, count in enumerate(map(int, done.stdout.split())):
        assert count <= kept[number] <= count + 1
    assert set(os.listdir(room.path)) - set(FILES) <= {"audit.head.new"}


def test_a_writer_killed_at_any_byte_leaves_what_the_next_one_goes_on_from(room: Room):
    room.add(2)
    before = room.state()
    room.add()
    third = room.file.read_bytes()
    for cut in range(len(before["audit.jsonl"]), len(third) + 1):
        room.restore({**before, "audit.jsonl": third[:cut]})
        _goes_on(room, third[:cut], before["audit.jsonl"])


def _goes_on(room: Room, cut: bytes, signed: bytes) -> None:
    """The one line behind the head is whole, torn or not begun."""
    whole = cut.endswith((b'"}\n', b'"}'))
    behind, torn = whole and cut != signed, not whole
    report = room.report()
    codes = [fault.code for fault in report.faults]
    assert codes == ["audit-torn"] * torn + ["audit-uncounted"] * behind, cut
    assert (report.is_whole, report.torn, report.records) == (True, torn, 2 + behind)
    room.add(kind="after")
    report = room.report()
    assert room.file.read_bytes().startswith(cut)
    assert (report.is_whole, report.torn) == (True, torn)
    assert [fault.code for fault in report.faults] == ["audit-torn"] * torn
    kinds = ["start", "start", *["start"] * behind, *["torn"] * torn, "after"]
    assert [entry.members["kind"] for entry in room.entries()] == kinds


def test_a_writer_killed_while_it_seals_is_sealed_in_turn(room: Room):
    room.add(2)
    signed = room.state()
    torn = signed["audit.jsonl"] + b'{"seq":3,"at":"2030'
    room.restore({**signed, "audit.jsonl": torn})
    room.add()
    sealed = room.file.read_bytes()
    for cut in range(len(torn), len(sealed) + 1):
        room.restore({**signed, "audit.jsonl": sealed[:cut]})
        room.report()
        room.add(kind="after")
        report = room.report()
        assert report.is_whole, (sealed[:cut], report.faults)
        assert report.torn in (1, 2)
        assert room.file.read_bytes().startswith(sealed[:cut])
        assert room.entries()[-1].members["kind"] == "after"


def test_a_first_writer_killed_before_its_key_is_there_does_no_harm(room: Room):
    room.add()
    content = room.head.read_bytes().replace(b'"count":1', b'"count":0')
    room.key.unlink()
    room.file.write_bytes(b"")
    room.head.write_bytes(content)
    assert room.codes() == []
    room.add(2)
    assert room.codes() == []


# What is done to it


def test_a_ledger_cut_at_any_byte_is_found(room: Room):
    room.add(3)
    content = room.file.read_bytes()
    for cut in range(len(content)):
        room.file.write_bytes(content[:cut])
        report = room.report()
        assert not report.is_whole, cut
        assert report.faults[-1].code == "audit-cut"
        whole = content[: cut + 1].count(b"\n")  # a last line may lack its end
        assert report.sound == whole
        assert room.refusal() == "audit-broken"
        assert room.file.read_bytes() == content[:cut]


def test_a_change_of_any_byte_is_found(room: Room):
    room.add(3)
    content = room.file.read_bytes()
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1 << random.randrange(8)
        room.file.write_bytes(changed)
        report = room.report()
        assert not report.is_whole, (at, changed[at])
        assert report.sound == content[:at].count(b"\n")


def test_a_change_of_any_byte_of_the_head_is_found(room: Room):
    room.add(3)
    content = room.head.read_bytes().rstrip(b"\n")
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1 << random.randrange(7)
        room.head.write_bytes(changed)
        assert room.codes() == ["audit-unsigned"], (at, changed)
        assert room.refusal() == "audit-broken"


LINE = b'{"seq":7,"at":"x"}\n'
DONE = {
    "dropped": (lambda a: a[:2] + a[3:], ["audit-missing"], 2),
    "two-dropped": (lambda a: a[:1] + a[3:], ["audit-missing"], 1),
    "the-first-dropped": (lambda a: a[1:], ["audit-missing"], 0),
    "the-last-dropped": (lambda a: a[:-1], ["audit-cut"], 5),
    "all-dropped": (lambda a: [], ["audit-cut"], 0),
    "swapped": (
        lambda a: [*a[:2], a[3], a[2], *a[4:]],
        ["audit-missing", "audit-moved"],
        2,
    ),
    "moved-to-the-end": (
        lambda a: [*a[:2], *a[3:], a[2]],
        ["audit-missing", "audit-moved"],
        2,
    ),
    "repeated": (lambda a: [*a[:4], a[3], *a[4:]], ["audit-moved"], 4),
    "repeated-at-the-end": (lambda a: [*a, a[5]], ["audit-moved"], 6),
    "a-line-put-in": (lambda a: [*a[:3], b'{"seq":4}\n', *a[3:]], ["audit-changed"], 3),
    "an-empty-line-put-in": (lambda a: [*a[:3], b"\n", *a[3:]], ["audit-changed"], 3),
    "two-lines-added": (lambda a: [*a, LINE * 2], ["audit-changed"] * 2, 6),
    "a-line-added": (lambda a: [*a, LINE[:-1]], ["audit-changed"], 6),
    "a-member-changed": (
        lambda a: [*a[:3], a[3].replace(b"deploy", b"deploi"), *a[4:]],
        ["audit-changed"],
        3,
    ),
    "torn-inside": (
        lambda a: [*a[:3], a[3][:50] + b"\n", *a[4:]],
        ["audit-changed"],
        3,
    ),
    "line-ends-changed": (
        lambda a: [line.replace(b"\n", b"\r\n") for line in a],
        ["audit-changed"] * 6,
        0,
    ),
    "nuls": (lambda a: [*a, b"\0" * 100], ["audit-changed"], 6),
}  # fmt: skip


@pytest.mark.parametrize("how", DONE)
def test_what_is_done_to_records_is_found_and_said(room: Room, how: str):
    change, expected, sound = DONE[how]
    room.add(6)
    room.lines = change(room.lines)
    report = room.report()
    errors = [f.code for f in report.faults if f.severity == "error"]
    assert errors[: len(expected)] == expected
    assert set(errors[len(expected) :]) <= {"audit-cut"}
    assert report.sound == sound
    assert not report.is_whole


def test_a_fault_says_where_and_what(room: Room):
    room.add(6)
    room.lines = [*room.lines[:2], *room.lines[4:]]
    (fault,) = room.report().faults
    assert (fault.place.line, fault.expected, fault.received) == (3, (3,), 5)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_taken_away_is_found(room: Room, name: str):
    room.add(3)
    (room.path / name).unlink()
    assert not room.report().is_whole
    assert room.refusal() == "audit-broken"
    assert not room.report().is_whole


def test_records_of_another_ledger_do_not_count(room: Room, tmp_path: Path):
    other = Room(tmp_path / "other")
    for each in (room, other):
        each.add(3)
    room.file.write_bytes(other.file.read_bytes())
    assert not room.report().is_whole
    room.head.write_bytes(other.head.read_bytes())
    assert not room.report().is_whole


def test_thousands_of_odd_lines_are_told_and_stay_cheap(room: Room):
    room.add(2)
    with room.file.open("ab") as file:
        file.write(b"\n" * 300_000 + b"x" * 3_000_000)
    report = room.report()
    assert not report.is_whole
    assert len(report.faults) <= 1000
    assert report.sound == 2


# Against a head kept elsewhere


def test_an_older_head_is_a_part_of_the_ledger_that_grew(room: Room):
    anchors = []
    for _ in range(4):
        room.add(2)
        anchors.append(room.head.read_bytes())
    assert [room.codes(anchor) for anchor in anchors] == [[]] * 4


def test_an_older_state_put_back_is_found_by_a_newer_head(room: Room):
    room.add(3)
    older = room.state()
    room.add(2)
    anchor = room.head.read_bytes()
    room.restore(older)
    assert room.codes() == []
    assert room.codes(anchor) == ["audit-anchor-lost"]
    room.add(4)
    assert room.codes() == []
    assert room.codes(anchor) == ["audit-anchor-lost"]


def test_a_ledger_begun_anew_is_found_by_an_older_head(room: Room):
    room.add(3)
    anchor = room.head.read_bytes()
    shutil.rmtree(room.path)
    assert not room.report(anchor).is_whole
    room.add(5)
    assert room.codes() == []
    assert room.codes(anchor) == ["audit-anchor-invalid"]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff\0", b'{"audit":1}', b"x" * 9999]
)
def test_what_is_no_head_is_no_anchor(room: Room, content: bytes):
    room.add(3)
    assert room.codes(content) == ["audit-anchor-invalid"]


def test_the_systems_journal_gets_every_head(room: Room, tmp_path: Path):
    address = str(tmp_path / "journal.socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(address)
        journal.settimeout(30)
        told = Ledger(str(room.path), journal=address)
        told.append("start", {})
        first = _fields(journal.recv(65_536))
        told.append("end", {})
        second = _fields(journal.recv(65_536))
    assert second["RUNSPEC_AUDIT_HEAD"] == room.head.read_bytes().strip()
    assert second["RUNSPEC_AUDIT_LEDGER"] == os.fsencode(room.file)
    assert second["SYSLOG_IDENTIFIER"] == b"runspec-audit"
    assert room.codes(first["RUNSPEC_AUDIT_HEAD"]) == []


def _fields(datagram: bytes) -> dict[str, bytes]:
    """The native protocol: name, newline, length in 8 bytes, value, newline."""
    found = {}
    while datagram:
        name, _, rest = datagram.partition(b"\n")
        length = int.from_bytes(rest[:8], "little")
        found[name.decode()] = rest[8 : 8 + length]
        assert rest[8 + length : 9 + length] == b"\n"
        datagram = rest[9 + length :]
    return found


def test_a_journal_that_takes_nothing_holds_nobody_up(room: Room, tmp_path: Path):
    address = tmp_path / "journal.socket"
    address.write_text("")
    Ledger(str(room.path), journal=str(address)).append("start", {})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(address) + "2")
        full = Ledger(str(room.path), journal=str(address) + "2")
        for _ in range(100):  # more than the queue of a socket holds
            full.append("start", {})
    assert room.report().records == 101


# Where it can't be written


def _fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def _symlink(path: Path) -> None:
    target = path.with_name("elsewhere")
    target.touch(0o600)
    path.symlink_to(target)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


STANDS: dict[str, Callable[[Path], object]] = {
    "fifo": _fifo,
    "symlink": _symlink,
    "directory": Path.mkdir,
    "socket": _socket,
    "readable-by-others": lambda path: path.touch() or path.chmod(0o644),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", STANDS)
def test_what_stands_in_its_place_is_refused_at_once(room: Room, kind: str, name: str):
    room.add()
    (room.path / name).unlink()
    STANDS[kind](room.path / name)
    assert room.refusal() in (
        "audit-untrusted",
        "unwritable",
        "unreadable",
        "too-large",
    )
    if kind == "symlink":
        assert (room.path / "elsewhere").read_bytes() == b""
    with pytest.raises(RunspecError):
        room.report()


def test_a_directory_that_others_can_read_is_refused(room: Room):
    room.path.mkdir(mode=0o755)
    assert room.refusal() == "audit-untrusted"
    assert os.listdir(room.path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("name", [*FILES, "."])
def test_what_another_user_owns_is_refused(room: Room, name: str):
    room.add()
    os.chown(room.path / name, 54_321, -1)
    try:
        assert room.refusal() == "audit-untrusted"
    finally:
        os.chown(room.path / name, os.geteuid(), -1)


FULL = """
import resource, sys
from runspec.audit.ledger import Ledger
from runspec.errors import RunspecError
size = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
ledger = Ledger(sys.argv[1])
count = 0
try:
    while True:
        ledger.append("start", {"x": "y" * 300})
        count += 1
except RunspecError as error:
    fault = error.faults[0]
    print(count, fault.code, fault.detail)
"""


@pytest.mark.parametrize("size", [0, 10, 100, 230, 3000, 3100, 3200, 3300, 3400, 3500])
def test_a_full_disk_is_said_and_leaves_the_ledger_whole(room: Room, size: int):
    done = _script(FULL, room.path, size)
    count, code, detail = done.stdout.split(maxsplit=2)
    assert (code, detail.strip()) == ("unwritable", "File too large")
    assert room.codes() == []
    assert room.report().records == int(count)
    room.add()
    assert room.codes() == []
    assert room.report().records == int(count) + 1


@pytest.mark.unprivileged
def test_a_directory_that_cannot_be_written_is_said_and_nothing_is_half_there(
    room: Room,
):
    room.add(2)
    before = room.state()
    room.path.chmod(0o500)
    try:
        assert room.refusal() == "unwritable"
        assert room.state() == before
        assert room.codes() == []
    finally:
        room.path.chmod(0o700)


LEVELS = """
import sys
from runspec.audit import audited
for number in range(3):
    audited(sys.argv[1], sys.argv[2], "start", {"runnable": "a"})
print("ran")
"""


def test_required_refuses_before_anything_runs(tmp_path: Path):
    (tmp_path / "records").write_text("")
    with pytest.raises(RunspecError) as error:
        audited(str(tmp_path / "records"), "required", "start", {})
    assert [fault.code for fault in error.value.faults] == ["audit-untrusted"]
    with pytest.raises(RunspecError):
        audited("", "required", "start", {})


def test_on_says_once_what_is_not_recorded_and_goes_on(tmp_path: Path):
    (tmp_path / "records").write_text("")
    done = _script(LEVELS, tmp_path / "records", "on")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr.count("audit-skipped") == 1


@pytest.mark.parametrize("level", ["on", "required"])
def test_on_and_required_record(tmp_path: Path, level: str):
    done = _script(LEVELS, tmp_path / "records", level)
    assert (done.stdout, done.stderr) == ("ran\n", "")
    assert examined(str(tmp_path / "records")).records == 3


def test_off_leaves_no_trace(tmp_path: Path):
    audited(str(tmp_path / "records"), "off", "start", {})
    assert list(tmp_path.iterdir()) == []


# The clock


def test_a_clock_that_goes_back_is_seen_and_harms_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    room.add()
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 3600 * 10**9)
    room.add()
    monkeypatch.undo()
    room.add()
    (fault,) = room.report().faults
    assert (fault.code, fault.severity, fault.received) == ("audit-clock", "warning", 2)
    assert room.report().is_whole


# The command


class Desk:
    """The command, and the ledger that it finds."""

    def __init__(self, place: Path) -> None:
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "LANG": "C.UTF-8",
        }
        self.place = place
        self.room = Room(Path(environment_directory(self.environ)))

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runspec", "audit", *argv],
            env=self.environ,
            cwd=self.place,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )

    def shown(self, *argv: str) -> list[int]:
        """The numbers of the records that `show` finds."""
        done = self.run("show", "--format", "json", *argv)
        return [each["seq"] for each in json.loads(done.stdout)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_empty_ledger_is_no_fault(desk: Desk):
    for argv in ((), ("verify",)):
        done = desk.run(*argv)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Nothing is recorded here yet.")
    done = desk.run("head")
    assert (done.returncode, done.stdout) == (1, "")
    assert list(desk.place.iterdir()) == []


def test_a_script_records_what_it_has_done(desk: Desk):
    words = ("deploy", "-o", "ok", "-t", "host=web-1", "-d", "a=b=c", "-d", "n=")
    done = desk.run("record", *words, "--strict")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = desk.run("list", "--json")
    assert done.returncode == 0
    (record,) = json.loads(done.stdout)
    assert (record["kind"], record["event"], record["outcome"]) == (
        "event",
        "deploy",
        "ok",
    )
    assert record["target"] == {"host": "web-1"}
    assert record["detail"] == {"a": "b=c", "n": ""}
    assert desk.run("verify").returncode == 0
    assert desk.run("record", "deploy", "-t", "host").returncode == 2


@pytest.mark.unprivileged
def test_a_script_learns_that_a_record_is_not_kept(desk: Desk):
    directory = desk.room.path
    directory.mkdir(parents=True)
    directory.chmod(0o755)
    for more, status in (((), 0), (("--strict",), 1)):
        done = desk.run("record", "deploy", *more)
        assert (done.returncode, done.stdout) == (status, "")
        assert "can't be trusted" in done.stderr or "audit" in done.stderr


def test_show_filters_by_kind_runnable_and_time(desk: Desk):
    for number in range(4):
        fields = {"runnable": f"job-{number}", "run": "0193abcdef012345"}
        desk.room.ledger.append("refusal" if number % 2 else "start", fields)
    done = desk.run("show", "--kind", "refusal", "--since", "1h")
    assert done.returncode == 0
    head, *rows = done.stdout.splitlines()
    assert head.split() == [
        "no",
        "at",
        "(UTC)",
        "kind",
        "runnable",
        "by",
        "host",
        "what",
    ]
    assert [row.split()[4] for row in rows] == ["job-1", "job-3"]
    assert "run=ef012345" in rows[0]
    shown = json.loads(
        desk.run("show", "-f", "json", "-r", "job-[12]", "-n", "9").stdout
    )
    assert [each["seq"] for each in shown] == [2, 3]
    last = json.loads(desk.run("show", "-f", "json", "-n", "1").stdout)
    assert [each["seq"] for each in last] == [4]
    assert (
        json.loads(desk.run("show", "-f", "json", "--since", "2999-01-01").stdout) == []
    )
    assert desk.run("show", "--since", "soon").returncode == 2


def test_verify_ends_with_1_for_what_was_changed(desk: Desk):
    desk.room.add(3)
    done = desk.run("verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The ledger is whole: 3 records.\n")
    desk.room.lines = desk.room.lines[:2]
    done = desk.run("verify")
    assert done.returncode == 1
    assert "audit-cut" in done.stdout
    found = json.loads(desk.run("verify", "--format", "json").stdout)
    assert (found["whole"], found["records"], found["sound"]) == (False, 2, 2)
    assert [problem["code"] for problem in found["problems"]] == ["audit-cut"]
    shown = desk.run("show")
    assert shown.returncode == 1
    assert len(shown.stdout.splitlines()) == 3


def test_a_printed_head_is_an_anchor(desk: Desk):
    desk.room.add(2)
    (desk.place / "kept").write_text(desk.run("head").stdout)
    desk.room.add(2)
    done = desk.run("verify", "--anchor", "kept")
    assert done.returncode == 0
    assert "kept is a part of it" in done.stdout
    shutil.rmtree(desk.room.path)
    desk.room.add(9)
    assert desk.run("verify").returncode == 0
    done = desk.run("verify", "--anchor", "kept")
    assert (done.returncode, "audit-anchor-invalid" in done.stdout) == (1, True)
    assert desk.run("verify", "--anchor", "missing").returncode == 1
