"""Approvals are for one call, once, and worth nothing where they could be forged."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runspec.approvals.files import MOST_HELD
from runspec.approvals.store import LIFETIME, MOST_PENDING, QUOTA, Store
from runspec.approvals.ticket import ALPHABET, FIELDS, PlannedCall, Ticket, typed_id
from runspec.errors import RunspecError
from runspec.render.plan import Output

START = 1_800_000_000.0
DAY = 86_400.0

HEAD = """
import os, sys
from runspec.approvals.store import Store
from runspec.approvals.ticket import PlannedCall
from runspec.errors import RunspecError
call = PlannedCall(
    tool="deploy", runnable="deploy", spec_path="/srv/runspec.toml",
    argv=("prod", "--force"), host="web-01", user="ops", principal="uid 1000",
)
store = Store(sys.argv[1])
print("ready", flush=True)
os.read(0, 1)
"""
"""A program that waits until its stdin ends, so that many go on at once."""


class Clock:
    """Seconds since the epoch, as a test sets them."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "approvals"


@pytest.fixture
def store(folder: Path, clock: Clock) -> Store:
    return Store(str(folder), clock)


def planned(**changes: object) -> PlannedCall:
    fields: dict[str, object] = {
        "tool": "deploy",
        "runnable": "deploy",
        "spec_path": "/srv/runspec.toml",
        "argv": ("prod", "--force"),
        "host": "web-01",
        "user": "ops",
        "principal": "uid 1000",
        "environ": {"DEPLOY_TOKEN": "hunter2"},
    }
    return PlannedCall(**{**fields, **changes})  # type: ignore[arg-type]


CALL = planned()
OTHERS = {
    "tool": planned(tool="deploy_all"),
    "runnable": planned(runnable="deploy2"),
    "spec": planned(spec_path="/tmp/runspec.toml"),
    "argv": planned(argv=("prod", "--force", "-x")),
    "joined argv": planned(argv=("prod --force",)),
    "no argv": planned(argv=()),
    "host": planned(host="web-02"),
    "user": planned(user="root"),
    "principal": planned(principal="uid 1001"),
    "environment": planned(environ={"DEPLOY_TOKEN": "hunter3"}),
    "no environment": planned(environ=None),
    "client": planned(client="another"),
    "directory": planned(cwd="/srv"),
    "values": planned(values=[["force", "True", "spec_default"]]),
    "spec's content": planned(spec="1"),
    "program": planned(program="/srv/deploy"),
    "program's content": planned(content="1"),
}


def approved(store: Store, kind: str = "run", held: Output | None = None) -> Ticket:
    ticket = store.open(CALL, kind, "plan", held=held)
    assert store.decide(ticket, True, "terminal")
    return ticket


def sealed(store: Store, call: PlannedCall = CALL, lifetime: float = LIFETIME) -> str:
    """The state of a question about a call that waits."""
    return store.seal(call, Ticket(call, "run", "plan", START, START), lifetime)[0]


def codes(error: pytest.ExceptionInfo[RunspecError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


def test_what_a_person_approved_runs_once(store: Store) -> None:
    ticket = store.open(CALL, "run", "the plan")
    assert [each.id for each in store.pending()] == [ticket.id]
    assert not store.take(ticket)
    assert store.decide(ticket, True, "terminal")
    assert store.pending() == []
    found = store.decision(CALL, "run")
    assert found is not None
    assert (found.status, found.channel, found.plan) == (
        "approved",
        "terminal",
        "the plan",
    )
    assert f"uid {os.getuid()}" in found.by
    assert store.take(found)
    assert not store.take(found)
    assert store.decision(CALL, "run") is None
    used = store.find(ticket.id)
    assert used is not None
    assert used.status == "used"


def test_what_a_person_denied_does_not_run(store: Store) -> None:
    ticket = store.open(CALL, "run", "plan")
    assert store.decide(ticket, False, "terminal")
    found = store.decision(CALL, "run")
    assert found is not None
    assert found.status == "denied"
    assert not store.take(found)
    assert not store.decide(found, True, "terminal")
    assert not store.take(found)


def test_an_approval_can_be_withdrawn_until_it_is_used(store: Store) -> None:
    ticket = approved(store)
    assert store.decide(ticket, False, "terminal")
    assert not store.take(ticket)
    other = approved(store)
    assert store.take(other)
    assert not store.decide(other, False, "terminal")


def test_a_call_that_is_repeated_waits_as_one(store: Store) -> None:
    first = store.open(CALL, "run", "plan")
    assert store.open(planned(), "run", "plan").id == first.id
    assert store.open(CALL, "release", "plan").id != first.id
    assert len(store.pending()) == 2


def test_a_denied_call_can_be_asked_for_again(store: Store) -> None:
    ticket = store.open(CALL, "run", "plan")
    store.decide(ticket, False, "terminal")
    again = store.open(CALL, "run", "plan")
    assert again.id != ticket.id
    found = store.decision(CALL, "run")
    assert found is not None
    assert found.status in ("denied", "pending")


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_an_approval_is_for_exactly_one_call(store: Store, other: PlannedCall) -> None:
    ticket = approved(store)
    assert store.decision(other, "run") is None
    assert store.decision(CALL, "release") is None
    assert store.open(other, "run", "plan").id != ticket.id
    assert (other.request, other.parts) != (CALL.request, CALL.parts)


def test_servers_share_what_a_person_decided(folder: Path, clock: Clock) -> None:
    ticket = approved(Store(str(folder), clock))
    other = Store(str(folder), clock)
    found = other.decision(CALL, "run")
    assert found is not None
    assert found.id == ticket.id
    assert other.take(found)
    assert not Store(str(folder), clock).take(ticket)


def test_an_id_is_short_and_found_however_it_is_typed(store: Store) -> None:
    ticket = store.open(CALL, "run", "plan")
    assert len(ticket.id) == 8
    assert set(ticket.id) <= set(ALPHABET)
    typed = ticket.id.lower().replace("0", "o").replace("1", "l")
    assert typed_id(f" {typed[:4]}-{typed[4:]} ") == ticket.id
    assert [typed_id(text) for text in ("", "../../x", "1234567", "U2345678")] == [
        ""
    ] * 4
    assert store.find("00000000") is None


# Time


def test_an_approval_expires(store: Store, clock: Clock) -> None:
    ticket = approved(store)
    clock.now += LIFETIME - 0.01
    assert store.decision(CALL, "run") is not None
    clock.now += 0.01
    assert store.decision(CALL, "run") is None
    assert not store.take(ticket)


def test_a_question_expires(store: Store, clock: Clock) -> None:
    ticket = store.open(CALL, "run", "plan", lifetime=60)
    clock.now += 60
    assert store.pending() == []
    assert not store.decide(ticket, True, "terminal")
    found = store.find(ticket.id)
    assert found is not None
    assert not store.is_live(found)
    assert store.open(CALL, "run", "plan").id != ticket.id


@pytest.mark.parametrize("back", [10.0, DAY, 40 * 365 * DAY])
def test_a_clock_that_is_set_back_prolongs_no_approval(
    store: Store, clock: Clock, back: float
) -> None:
    approved(store)
    state = sealed(store)
    clock.now -= back
    assert store.decision(CALL, "run") is None
    assert not store.unseal(state, CALL, "run", "cancel")


def test_what_was_used_stays_used_when_the_clock_is_set_back(
    store: Store, clock: Clock
) -> None:
    ticket = approved(store)
    state = sealed(store)
    assert store.take(ticket)
    assert store.unseal(state, CALL, "run", "cancel")
    clock.now += DAY
    sealed(store)
    clock.now -= DAY
    assert not store.take(ticket)
    assert not store.unseal(state, CALL, "run", "cancel")


def test_what_has_expired_is_removed(store: Store, clock: Clock, folder: Path) -> None:
    store.open(CALL, "release", "plan", held=Output(b"x", b"", 0))
    store.take(approved(store))
    store.unseal(sealed(store), CALL, "run", "cancel")
    (folder / "1-2-3.ticket.new").touch()
    clock.now += 3 * DAY
    sealed(store)
    assert sorted(os.listdir(folder)) == ["key", "lock"]


# Files that somebody changed


def ticket_file(folder: Path) -> Path:
    (path,) = folder.glob("*.ticket")
    return path


@pytest.mark.parametrize("field", [*FIELDS, "binding"])
def test_a_changed_field_makes_a_ticket_worthless(
    store: Store, folder: Path, field: str
) -> None:
    ticket = approved(store)
    path = ticket_file(folder)
    mark, body = path.read_bytes().split(b"\n", 1)
    data = json.loads(body)
    old = data[field]
    data[field] = old + 1 if isinstance(old, float) else f"{old}x"
    path.write_bytes(mark + b"\n" + json.dumps(data).encode())
    assert store.find(ticket.id) is None
    assert store.decision(CALL, "run") is None
    assert not store.take(ticket)
    assert store.untrusted() == [str(path)]


def test_a_pending_ticket_cannot_be_edited_into_an_approved_one(
    store: Store, folder: Path
) -> None:
    ticket = store.open(CALL, "run", "plan")
    path = ticket_file(folder)
    path.write_bytes(path.read_bytes().replace(b'"pending"', b'"approved"'))
    assert not store.take(ticket)
    assert store.pending() == []


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "no mark": lambda content: content.split(b"\n", 1)[1],
    "other mark": lambda content: b"0" * 64 + content[64:],
    "mark not ASCII": lambda content: b"\xff" * 64 + content[64:],
    "longer": lambda content: content + b" ",
    "huge": lambda content: content + b" " * 3_000_000,
    "binary": lambda content: bytes(range(256)),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_ticket_counts_as_not_there(
    store: Store, folder: Path, how: str
) -> None:
    ticket = approved(store)
    path = ticket_file(folder)
    path.write_bytes(SPOILED[how](path.read_bytes()))
    assert store.find(ticket.id) is None
    assert store.decision(CALL, "run") is None
    assert store.untrusted() == [str(path)]
    assert store.open(CALL, "run", "plan").id != ticket.id


def test_a_ticket_under_another_name_counts_as_not_there(
    store: Store, folder: Path
) -> None:
    ticket = approved(store)
    path = ticket_file(folder)
    later = path.name.replace(path.stem.split("-")[2], "9999999999")
    path.rename(path.with_name(later))
    assert store.find(ticket.id) is None
    assert store.untrusted() == [str(folder / later)]


def test_a_ticket_that_is_put_back_stays_used(store: Store, folder: Path) -> None:
    ticket = approved(store)
    path = ticket_file(folder)
    kept = path.read_bytes()
    assert store.take(ticket)
    path.write_bytes(kept)
    assert not store.take(ticket)
    assert store.decision(CALL, "run") is None


def test_tickets_of_another_key_count_as_not_there(
    store: Store, folder: Path, clock: Clock, tmp_path: Path
) -> None:
    ticket = approved(store)
    other = Store(str(tmp_path / "other"), clock)
    sealed(other)
    shutil.copy(tmp_path / "other" / "key", folder / "key")
    assert store.find(ticket.id) is None
    (folder / "key").unlink()
    assert store.find(ticket.id) is None
    assert store.untrusted() == [str(ticket_file(folder))]


# Who else can read or write


PLACES = ("", "key", "lock")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o740, 0o704, 0o702])
def test_nothing_is_approved_where_others_could_read_or_write(
    store: Store, folder: Path, place: str, mode: int
) -> None:
    ticket = approved(store)
    path = folder / place
    path.chmod(mode)
    with pytest.raises(RunspecError) as error:
        store.take(ticket)
    assert codes(error) == ["approvals-untrusted"]
    fault = error.value.faults[0]
    assert (fault.subject, fault.received) == (
        str(path).rstrip("/"),
        f"mode {mode:04o}",
    )
    subprocess.run(fault.detail, shell=True, check=True)
    assert store.take(ticket)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_approved_by_what_another_user_owns(
    store: Store, folder: Path, place: str
) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    ticket = approved(store)
    os.chown(folder / place, 12345, -1)
    with pytest.raises(RunspecError) as error:
        store.take(ticket)
    os.chown(folder / place, os.getuid(), -1)
    assert codes(error) == ["approvals-untrusted"]
    assert error.value.faults[0].received == "owned by user 12345"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["link", "fifo", "file or directory"])
def test_links_and_pipes_are_not_followed(
    store: Store, folder: Path, tmp_path: Path, place: str, kind: str
) -> None:
    ticket = approved(store)
    path = folder / place
    moved = tmp_path / "moved"
    path.rename(moved)
    if kind == "link":
        path.symlink_to(moved)
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    elif place:
        path.mkdir(0o700)
    else:
        path.touch(0o600)
    with pytest.raises(RunspecError) as error:
        store.take(ticket)
    assert codes(error)[0] in ("approvals-untrusted", "unreadable", "unwritable")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(
    store: Store, folder: Path, length: int
) -> None:
    ticket = approved(store)
    (folder / "key").write_bytes(b"k" * length)
    with pytest.raises(RunspecError) as error:
        store.decision(CALL, "run")
    assert codes(error)[0] in ("approvals-untrusted", "too-large")
    with pytest.raises(RunspecError):
        store.take(ticket)


@pytest.mark.unprivileged
@pytest.mark.parametrize("act", ["open", "take", "decide", "seal"])
def test_a_directory_that_cannot_be_written_is_one_error(
    store: Store, folder: Path, act: str
) -> None:
    ticket = approved(store)
    pending = store.open(OTHERS["host"], "run", "plan")
    folder.chmod(0o500)
    acts: dict[str, Callable[[], object]] = {
        "open": lambda: store.open(OTHERS["user"], "run", "plan"),
        "take": lambda: store.take(ticket),
        "decide": lambda: store.decide(pending, True, "terminal"),
        "seal": lambda: store.unseal(sealed(store), CALL, "run", "cancel"),
    }
    with pytest.raises(RunspecError) as error:
        acts[act]()
    folder.chmod(0o700)
    assert codes(error) == ["unwritable"]
    assert store.take(ticket)


@pytest.mark.unprivileged
def test_a_directory_that_cannot_be_read_is_one_error(
    store: Store, folder: Path
) -> None:
    approved(store)
    folder.chmod(0o300)
    with pytest.raises(RunspecError) as error:
        store.pending()
    folder.chmod(0o700)
    assert codes(error) == ["unreadable"]


def test_a_place_where_no_directory_can_be_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store(str(tmp_path / "file" / "approvals"))
    with pytest.raises(RunspecError) as error:
        store.open(CALL, "run", "plan")
    assert codes(error)[0] in ("unreadable", "unwritable")


def test_all_files_are_the_owners_alone_whatever_the_umask(
    store: Store, folder: Path
) -> None:
    before = os.umask(0)
    try:
        approved(store)
        store.open(CALL, "release", "plan", held=Output(b"x", b"", 0))
        store.unseal(sealed(store), CALL, "run", "cancel")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {0o600}


def test_reading_makes_nothing(store: Store, folder: Path) -> None:
    assert store.pending() == []
    assert store.untrusted() == []
    assert store.find("00000000") is None
    assert store.decision(CALL, "run") is None
    assert not store.unseal("x.y", CALL, "run", "cancel")
    assert not folder.exists()


def test_values_of_the_environment_are_not_written_down(
    store: Store, folder: Path
) -> None:
    approved(store)
    store.open(CALL, "release", "plan", held=Output(b"x", b"", 0))
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    plain = (CALL.request, *CALL.parts.values())
    assert b"hunter2" not in kept
    assert not any(sha256(each).hexdigest().encode() in kept for each in plain)


def test_the_directory_is_that_of_the_users_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    Store().open(CALL, "run", "plan")
    assert (tmp_path / "home/.local/state/runspec/approvals/key").is_file()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Store().open(CALL, "run", "plan")
    assert (tmp_path / "state/runspec/approvals/key").is_file()


# Bounds


def test_only_so_many_calls_of_one_wait(store: Store) -> None:
    calls = [planned(argv=(str(number),)) for number in range(QUOTA + 1)]
    tickets = [store.open(call, "run", "plan") for call in calls[:-1]]
    with pytest.raises(RunspecError) as error:
        store.open(calls[-1], "run", "plan")
    assert codes(error) == ["approvals-full"]
    assert store.open(calls[0], "run", "plan").id == tickets[0].id
    assert store.open(planned(principal="uid 1001"), "run", "plan")
    store.decide(tickets[0], False, "terminal")
    assert store.open(calls[-1], "run", "plan")


def test_only_so_many_calls_of_all_wait(store: Store) -> None:
    for number in range(MOST_PENDING):
        store.open(planned(principal=f"uid {number}"), "run", "plan")
    with pytest.raises(RunspecError) as error:
        store.open(CALL, "run", "plan")
    assert codes(error) == ["approvals-full"]


@pytest.mark.parametrize(
    ("plan", "held"),
    [("x" * 1_100_000, None), ("x", Output(b"x" * MOST_HELD, b"x", 0))],
    ids=["plan", "output"],
)
def test_what_is_too_large_is_refused_whole(
    store: Store, folder: Path, plan: str, held: Output | None
) -> None:
    with pytest.raises(RunspecError) as error:
        store.open(CALL, "release", plan, held=held)
    assert codes(error) == ["too-large"]
    assert store.pending() == []
    assert not list(folder.glob("*.held"))


# Withheld output

WRITTEN = Output(bytes(range(256)) + b"\n\n", b"\n\xff", -9)


def test_withheld_output_comes_back_as_it_was(store: Store) -> None:
    ticket = store.open(CALL, "release", "plan", held=WRITTEN)
    assert ticket.held is not None
    assert Path(ticket.held).is_file()
    found = store.find(ticket.id)
    assert found is not None
    assert found.held == ticket.held
    held = store.output(found)
    assert held is not None
    assert (held.stdout, held.stderr, held.status) == (
        WRITTEN.stdout,
        WRITTEN.stderr,
        WRITTEN.status,
    )


def test_the_same_call_runs_once_and_waits_once(store: Store) -> None:
    first, is_new = store.reserve(CALL, "release")
    assert is_new
    assert store.reserve(CALL, "release")[1] is False
    store.present(first, WRITTEN)
    again, is_new = store.reserve(CALL, "release")
    assert (again.id, is_new) == (first.id, False)


def test_what_came_to_nothing_is_asked_for_anew(store: Store) -> None:
    first, _ = store.reserve(CALL, "release")
    store.abandon(first)
    assert store.reserve(CALL, "release")[1]


def test_a_session_has_its_own_answers_until_it_is_over(store: Store) -> None:
    one, other = store.session(), store.session()
    ticket = store.open(CALL, "run", "plan", session=one.id)
    assert store.decide(ticket, True, "terminal")
    assert store.decision(CALL, "run", other.id) is None
    assert store.decision(CALL, "run", one.id)
    one.close()
    found = store.decision(CALL, "run", other.id)
    assert found is not None
    assert found.id == ticket.id


def test_what_ran_in_a_session_that_is_over_holds_nobody_up(store: Store) -> None:
    one, other = store.session(), store.session()
    store.reserve(CALL, "release", one.id)
    one.close()
    assert store.reserve(CALL, "release", other.id)[1]


def test_a_session_of_a_server_that_was_killed_is_over(
    store: Store, folder: Path
) -> None:
    code = "print(store.session().id, flush=True)\nos.kill(os.getpid(), 9)"
    with many(1, code, folder) as (killed,):
        assert killed.stdout is not None
        session = killed.stdout.readline().strip()
        killed.wait()
    assert session
    assert store.decide(
        store.open(CALL, "run", "plan", session=session), True, "terminal"
    )
    assert store.decision(CALL, "run", store.session().id)


def test_what_has_changed_since_a_person_was_asked_is_named(store: Store) -> None:
    assert store.changes(CALL, "run") == []
    store.open(CALL, "run", "plan")
    assert store.changes(CALL, "run") == []
    other = planned(content="1", cwd="/srv")
    assert store.changes(other, "run") == ["the program", "the directory"]


@pytest.mark.parametrize(
    ("seconds", "action", "typed", "meant"),
    [
        (5, "accept", "{code}", "accept"),
        (5, "accept", " {code} ", "accept"),
        (5, "accept", "", ""),
        (5, "accept", "000000", ""),
        (5, "accept", "{code}0", ""),
        (1, "accept", "{code}", ""),
        (5, "decline", "", "decline"),
        (1, "decline", "", ""),
        (5, "cancel", "{code}", ""),
        (5, "yes", "{code}", ""),
    ],
)
def test_an_answer_counts_that_a_person_could_have_given(
    store: Store, clock: Clock, seconds: float, action: str, typed: str, meant: str
) -> None:
    ticket = store.open(CALL, "run", "plan")
    state, code = store.seal(CALL, ticket)
    clock.now += seconds
    found = store.unseal(state, CALL, "run", action, typed.format(code=code.lower()))
    assert found == (ticket.id, meant)


def test_the_code_of_a_question_is_not_in_what_the_client_carries(store: Store) -> None:
    from base64 import urlsafe_b64decode

    state, code = store.seal(CALL, store.open(CALL, "run", "plan"))
    assert len(code) == 6
    payload = urlsafe_b64decode(state.partition(".")[0])
    assert code not in state
    assert code.encode() not in payload


@pytest.mark.parametrize("end", ["take", "deny", "expire"])
def test_withheld_output_is_removed_when_nobody_can_have_it_any_more(
    store: Store, clock: Clock, end: str
) -> None:
    ticket = store.open(CALL, "release", "plan", held=WRITTEN)
    if end == "take":
        store.decide(ticket, True, "terminal")
        assert store.take(ticket)
    elif end == "deny":
        store.decide(ticket, False, "terminal")
    else:
        clock.now += LIFETIME + 2
        sealed(store)
    assert ticket.held is not None
    assert not Path(ticket.held).exists()
    assert store.output(ticket) is None


@pytest.mark.parametrize("how", [how for how in SPOILED if how != "huge"])
def test_withheld_output_that_was_changed_is_gone(store: Store, how: str) -> None:
    ticket = store.open(CALL, "release", "plan", held=WRITTEN)
    assert ticket.held is not None
    path = Path(ticket.held)
    path.write_bytes(SPOILED[how](path.read_bytes()))
    assert store.output(ticket) is None


def test_the_output_of_another_call_is_not_handed_out(store: Store) -> None:
    ticket = store.open(CALL, "release", "plan", held=WRITTEN)
    other = store.open(OTHERS["host"], "release", "plan", held=Output(b"2", b"", 0))
    assert ticket.held is not None
    assert other.held is not None
    shutil.copy(other.held, ticket.held)
    assert store.output(ticket) is None


# The state that a client carries


def test_a_state_is_good_once_for_its_call(store: Store, folder: Path) -> None:
    state = sealed(store)
    assert state.isascii()
    assert Store(str(folder), lambda: START + 1).unseal(state, CALL, "run", "cancel")
    assert not store.unseal(state, CALL, "run", "cancel")
    assert store.unseal(sealed(store), CALL, "run", "cancel")


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_state_is_for_exactly_one_call(store: Store, other: PlannedCall) -> None:
    state = sealed(store)
    assert not store.unseal(state, other, "run", "cancel")
    assert not store.unseal(state, CALL, "release", "cancel")
    assert store.unseal(state, CALL, "run", "cancel")


def test_a_state_expires(store: Store, clock: Clock) -> None:
    state = sealed(store, lifetime=60)
    clock.now += 60
    assert not store.unseal(state, CALL, "run", "cancel")


def test_a_state_of_another_key_is_refused(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    state = sealed(Store(str(tmp_path / "other"), clock))
    sealed(store)
    assert not store.unseal(state, CALL, "run", "cancel")


def test_no_character_of_a_state_can_be_changed(store: Store) -> None:
    state = sealed(store)
    for at, character in enumerate(state):
        other = "0" if character != "0" else "1"
        assert not store.unseal(
            state[:at] + other + state[at + 1 :], CALL, "run", "cancel"
        )
    for changed in (state[:-1], state + "0", state + "=", state.upper(), " " + state):
        assert not store.unseal(changed, CALL, "run", "cancel")
    assert store.unseal(state, CALL, "run", "cancel")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(str(tmp_path_factory.mktemp("shared") / "approvals"))
    sealed(store)
    return store


@given(state=st.text() | st.text(alphabet="aW9=.-_é\0", max_size=2_000))
def test_no_other_text_is_a_state(shared: Store, state: str) -> None:
    assert not shared.unseal(state, CALL, "run", "cancel")


# Many at once


@contextmanager
def many(number: int, code: str, folder: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that have all started and now go on at once."""
    gate, opener = os.pipe()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    started: list[subprocess.Popen[str]] = []
    try:
        for _ in range(number):
            argv = [sys.executable, "-c", HEAD + code, str(folder)]
            started.append(
                subprocess.Popen(
                    argv, stdin=gate, stdout=subprocess.PIPE, text=True, env=environ
                )
            )
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        os.close(gate)
        os.close(opener)
        gate = opener = -1
        yield started
    finally:
        for end in (gate, opener):
            if end >= 0:
                os.close(end)
        for each in started:
            each.kill()
            each.communicate()


def said_by(number: int, code: str, folder: Path) -> list[str]:
    with many(number, code, folder) as started:
        said = [each.communicate(timeout=300)[0].strip() for each in started]
        assert {each.returncode for each in started} == {0}
    return said


CALL_THERE = planned(environ=None)
"""The call of HEAD."""


def test_forty_servers_that_start_at_once_ask_one_question(folder: Path) -> None:
    said = said_by(40, "print(store.open(call, 'run', 'plan').id)", folder)
    assert len(said) == 40
    assert len(set(said)) == 1
    assert [ticket.id for ticket in Store(str(folder)).pending()] == [said[0]]
    assert not [name for name in os.listdir(folder) if name[-1].isdigit()]


def test_of_servers_that_race_for_an_approval_exactly_one_gets_it(
    folder: Path,
) -> None:
    store = Store(str(folder))
    for _ in range(3):
        ticket = store.open(CALL_THERE, "run", "plan")
        assert store.decide(ticket, True, "terminal")
        said = said_by(8, f"print(store.take(store.find('{ticket.id}')))", folder)
        assert sorted(said) == ["False"] * 7 + ["True"]


def test_of_servers_that_race_with_one_state_exactly_one_gets_it(
    folder: Path,
) -> None:
    state = sealed(Store(str(folder)), CALL_THERE)
    said = said_by(8, f"print(store.unseal({state!r}, call, 'run', 'cancel'))", folder)
    assert sorted(each == "None" for each in said) == [False] + [True] * 7


HOLDS = """
import signal
with store._folder.lock():
    print("held", flush=True)
    signal.pause()
"""


@contextmanager
def writer(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A server that has begun to write and never goes on."""
    with many(1, HOLDS, folder) as (holder,):
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder


def test_a_server_that_is_killed_while_it_writes_stops_no_other(folder: Path) -> None:
    with writer(folder) as holder:
        holder.kill()
        holder.wait()
        assert Store(str(folder)).open(CALL, "run", "plan")


@pytest.mark.slow
def test_a_server_that_hangs_while_it_writes_stops_no_other_for_long(
    folder: Path,
) -> None:
    with writer(folder), pytest.raises(RunspecError) as error:
        Store(str(folder)).open(CALL, "run", "plan")
    assert codes(error) == ["unwritable"]


def test_a_server_that_only_imports_it_pays_little() -> None:
    code = "import sys, runspec.approvals.store; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    slow = {"json", "hmac", "hashlib", "secrets", "re", "typing", "base64", "shlex"}
    assert not slow & set(done.stdout.split())
