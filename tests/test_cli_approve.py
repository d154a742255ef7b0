"""`runspec approve`: a person at a terminal says yes or no (APV)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from runspec.approvals.store import Store
from runspec.approvals.ticket import PlannedCall, Ticket
from runspec.render.plan import Output

COMMAND = [sys.executable, "-m", "runspec", "approve"]
QUESTION = r"\? Type yes or no: "
CALL = PlannedCall(
    tool="deploy",
    runnable="deploy",
    spec_path="/srv/runspec.toml",
    argv=("prod",),
    host="web-01",
    user="ops",
    principal="uid 1000",
)
PLAN = "An agent asks to run deploy.\n\nCommand line:\n  deploy prod"
WITHHELD = Output(b"the result\n\x1b[2Jcleared\n", b"", 0)


class Desk:
    """A user's approvals, and the command that decides them."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "state" / "runspec" / "approvals"
        self.store = Store(str(self.folder))
        self.place = place
        self.started: list[pexpect.spawn] = []

    def ask(self, *, lifetime: float = 900.0, argv: tuple[str, ...] = ()) -> Ticket:
        call = CALL
        if argv:
            call = PlannedCall(
                tool="deploy",
                runnable="deploy",
                spec_path=CALL.spec_path,
                argv=argv,
                host=CALL.host,
                user=CALL.user,
                principal=CALL.principal,
            )
        return self.store.open(call, "run", PLAN, lifetime=lifetime)

    def withhold(self, output: Output = WITHHELD) -> Ticket:
        return self.store.open(CALL, "release", "An agent ran deploy.", held=output)

    def status(self, ticket: Ticket) -> str:
        found = self.store.find(ticket.id)
        assert found is not None
        return found.status

    def environ(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.place),
            "XDG_STATE_HOME": str(self.place / "state"),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TERM": "dumb",
            **more,
        }

    def run(self, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Without any terminal, in a session of its own."""
        return subprocess.run(
            [*COMMAND, *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            env=self.environ(**more),
            cwd=self.place,
            start_new_session=True,
        )

    def terminal(
        self, *argv: str, shell: str = "", columns: int = 80, **more: str
    ) -> pexpect.spawn:
        """In a terminal; with `shell`, as a line of it with `$@` for the command."""
        command = [*COMMAND, *argv]
        if shell:
            command = ["sh", "-c", shell, "sh", *command]
        child = pexpect.spawn(
            command[0],
            command[1:],
            env=self.environ(**more),
            cwd=str(self.place),
            dimensions=(24, columns),
            encoding="utf-8",
            timeout=300,
        )
        self.started.append(child)
        return child


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    for child in made.started:
        child.close(force=True)


def ended(child: pexpect.spawn) -> tuple[int | None, str]:
    """The exit status, -2 for SIGINT, and what was shown since the last question."""
    child.expect(pexpect.EOF)
    child.close()
    signal = child.signalstatus
    status = child.exitstatus if signal is None else -signal
    return status, child.before.replace("\r\n", "\n")


def test_a_person_reads_the_plan_and_says_yes(desk: Desk) -> None:
    ticket = desk.ask()
    child = desk.terminal(ticket.id)
    child.expect("Approve it" + QUESTION)
    assert child.before.replace("\r\n", "\n") == f"{PLAN}\n\n"
    assert desk.status(ticket) == "pending"
    child.sendline("yes")
    status, said = ended(child)
    assert status == 0
    assert f"Approved {ticket.id}: runs once" in said
    found = desk.store.decision(CALL, "run")
    assert found is not None
    assert found.status == "approved"
    assert found.by != ""
    assert desk.store.take(found)


@pytest.mark.parametrize("answer", ["no", " NO "])
def test_a_person_says_no(desk: Desk, answer: str) -> None:
    ticket = desk.ask()
    child = desk.terminal(ticket.id)
    child.expect(QUESTION)
    child.sendline(answer)
    status, said = ended(child)
    assert (status, desk.status(ticket)) == (0, "denied")
    assert f"Denied {ticket.id}." in said


def test_anything_else_is_asked_again_and_then_nothing_is_decided(desk: Desk) -> None:
    ticket = desk.ask()
    child = desk.terminal(ticket.id)
    for answer in ("y", "", "yes please"):
        child.expect(QUESTION)
        child.sendline(answer)
    status, said = ended(child)
    assert (status, desk.status(ticket)) == (1, "pending")
    assert "nothing was decided" in said


LEAVES: dict[str, tuple[Callable[[pexpect.spawn], object], int]] = {
    "Ctrl-C": (lambda child: child.sendintr(), -2),
    "Ctrl-D": (lambda child: child.sendeof(), 1),
}


@pytest.mark.parametrize("how", LEAVES)
def test_who_leaves_decides_nothing(desk: Desk, how: str) -> None:
    ticket = desk.ask()
    leave, expected = LEAVES[how]
    child = desk.terminal(ticket.id)
    child.expect(QUESTION)
    leave(child)
    status, said = ended(child)
    assert (status, desk.status(ticket)) == (expected, "pending")
    assert "Traceback" not in said


def test_a_terminal_that_is_hung_up_decides_nothing(desk: Desk) -> None:
    ticket = desk.ask()
    child = desk.terminal(ticket.id)
    child.expect(QUESTION)
    child.close(force=True)
    assert desk.status(ticket) == "pending"


def test_what_is_typed_before_the_question_is_no_answer(desk: Desk) -> None:
    ticket = desk.ask()
    os.mkfifo(desk.place / "gate")
    child = desk.terminal(ticket.id, shell='cat gate; "$@"')
    child.sendline("yes")
    (desk.place / "gate").write_text("")
    child.expect(QUESTION)
    child.sendline("no")
    status, _ = ended(child)
    assert (status, desk.status(ticket)) == (0, "denied")


def test_what_is_piped_in_is_no_answer(desk: Desk) -> None:
    ticket = desk.ask()
    child = desk.terminal(ticket.id, shell='yes yes | "$@" >/dev/null')
    child.expect("Command line:")
    child.expect(QUESTION)
    assert desk.status(ticket) == "pending"
    child.sendline("no")
    status, _ = ended(child)
    assert (status, desk.status(ticket)) == (0, "denied")


def test_without_a_terminal_nothing_is_approved(desk: Desk) -> None:
    ticket = desk.ask()
    done = desk.run(ticket.id)
    assert (done.returncode, done.stdout) == (1, "")
    assert "approval-needs-person" in done.stderr
    assert desk.status(ticket) == "pending"


def test_an_agent_approves_nothing_even_at_a_terminal(desk: Desk) -> None:
    ticket = desk.ask()
    child = desk.terminal(ticket.id, RUNSPEC_AGENT="1")
    status, said = ended(child)
    assert (status, desk.status(ticket)) == (1, "pending")
    problem = json.loads(said)["error"]["problems"][0]
    assert problem["code"] == "approval-needs-person"


def test_a_call_is_denied_without_a_terminal(desk: Desk) -> None:
    ticket = desk.ask()
    done = desk.run(ticket.id, "--deny")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Denied {ticket.id}.\n"
    assert desk.status(ticket) == "denied"


def test_an_approval_is_withdrawn(desk: Desk) -> None:
    ticket = desk.ask()
    desk.store.decide(ticket, True, "terminal")
    assert desk.run(ticket.id, "--deny").returncode == 0
    assert not desk.store.take(ticket)


def test_an_id_is_taken_as_people_type_it(desk: Desk) -> None:
    ticket = desk.ask()
    typed = f"{ticket.id[:4]}-{ticket.id[4:]}".lower().replace("0", "o")
    assert desk.run(typed, "--deny").returncode == 0
    assert desk.status(ticket) == "denied"


@pytest.mark.parametrize("name", ["00000000", "../../key", "x", "", "\x1b[2J"])
def test_an_unknown_id_is_one_error(desk: Desk, name: str) -> None:
    desk.ask()
    done = desk.run(name, "--deny")
    assert (done.returncode, done.stdout) == (1, "")
    assert "approval-not-found" in done.stderr
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_over_cannot_be_decided_and_the_message_says_why(desk: Desk) -> None:
    expired = desk.ask(lifetime=0)
    denied = desk.ask(argv=("denied",))
    desk.store.decide(denied, False, "terminal")
    approved = desk.ask(argv=("approved",))
    desk.store.decide(approved, True, "terminal")
    used = desk.ask(argv=("used",))
    desk.store.decide(used, True, "terminal")
    desk.store.take(used)
    for ticket in (expired, denied, approved, used):
        done = desk.run(ticket.id)
        assert (done.returncode, done.stdout) == (1, "")
        assert "approval-closed" in done.stderr
        assert ticket.id in done.stderr


def test_what_expires_while_it_is_read_is_not_approved(desk: Desk) -> None:
    ticket = desk.ask()
    child = desk.terminal(ticket.id)
    child.expect(QUESTION)
    desk.store.decide(ticket, False, "terminal")
    child.sendline("yes")
    status, said = ended(child)
    assert (status, desk.status(ticket)) == (1, "denied")
    assert "approval-closed" in said


def test_withheld_output_is_shown_before_it_is_released(desk: Desk) -> None:
    ticket = desk.withhold()
    child = desk.terminal(ticket.id)
    child.expect("Release it" + QUESTION)
    shown = child.before.replace("\r\n", "\n")
    assert shown == (
        "An agent ran deploy.\n\nWhat it wrote (exit status 0):\n"
        "  | the result\n  | \\x1b[2Jcleared\n\n"
    )
    child.sendline("yes")
    status, said = ended(child)
    assert status == 0
    assert f"Released {ticket.id}" in said
    held = desk.store.output(ticket)
    assert held is not None
    assert held.stdout == WITHHELD.stdout


def test_output_that_was_changed_is_not_released(desk: Desk) -> None:
    ticket = desk.withhold()
    assert ticket.held is not None
    Path(ticket.held).write_bytes(b"something else")
    child = desk.terminal(ticket.id)
    status, said = ended(child)
    assert (status, desk.status(ticket)) == (1, "pending")
    assert "approval-closed" in said


def test_a_plan_fits_a_narrow_terminal(desk: Desk) -> None:
    long = "  note  the agent  " + '"' + "word " * 40 + 'Runs on  here"'
    ticket = desk.store.open(CALL, "run", long)
    child = desk.terminal(ticket.id, columns=50)
    child.expect(QUESTION)
    lines = child.before.replace("\r\n", "\n").rstrip("\n").split("\n")
    assert len(lines) > 3
    assert all(len(line) <= 50 for line in lines)
    assert all(line.startswith(" " * 8) for line in lines[1:-2])


def test_what_waits_is_listed_oldest_first(desk: Desk) -> None:
    assert desk.run().stdout == "Nothing waits for a person.\n"
    first, second = desk.ask(), desk.withhold()
    desk.store.decide(desk.ask(argv=("x",)), False, "ada")
    done = desk.run()
    assert (done.returncode, done.stderr) == (0, "")
    head, *rows = done.stdout.splitlines()
    assert " ".join(head.split()) == "id asks to runnable on as asked by until"
    assert [row.split()[0] for row in rows[:2]] == [first.id, second.id]
    assert "run " in rows[0]
    assert "show its output" in rows[1]
    assert rows[2:] == ["", "To read and decide one: runspec approve ID"]


def test_what_waits_is_listed_as_json(desk: Desk) -> None:
    assert json.loads(desk.run("--format", "json").stdout) == []
    ticket = desk.ask()
    (found,) = json.loads(desk.run("--format", "json").stdout)
    assert found["id"] == ticket.id
    assert found["plan"] == PLAN
    assert (found["kind"], found["status"]) == ("run", "pending")
    assert "binding" not in found


def test_a_forged_ticket_is_not_listed_and_said_to_be_there(desk: Desk) -> None:
    desk.ask()
    (path,) = desk.folder.glob("*.ticket")
    path.write_bytes(path.read_bytes().replace(b"web-01", b"web-02"))
    done = desk.run()
    assert (done.returncode, done.stdout) == (0, "Nothing waits for a person.\n")
    assert "approval-distrusted" in done.stderr
    assert str(path) in done.stderr


def test_a_directory_that_others_could_read_is_refused(desk: Desk) -> None:
    ticket = desk.ask()
    desk.folder.chmod(0o755)
    for argv in ([], [ticket.id], [ticket.id, "--deny"]):
        done = desk.run(*argv)
        assert (done.returncode, done.stdout) == (1, "")
        assert "approvals-untrusted" in done.stderr


def test_to_deny_an_id_is_needed(desk: Desk) -> None:
    done = desk.run("--deny")
    assert done.returncode == 1
    assert "approval-unnamed" in done.stderr
    assert desk.run("--all").returncode == 1


def test_all_that_waits_is_denied_or_all_of_a_tool(desk: Desk) -> None:
    first, second = desk.ask(), desk.ask(argv=("second",))
    assert desk.run("--deny", "--all", "--tool", "x*").returncode == 0
    assert (desk.status(first), desk.status(second)) == ("pending", "pending")
    done = desk.run("--deny", "--all", "--principal", "uid *", "--tool", "dep*")
    assert done.stdout == f"Denied {first.id}.\nDenied {second.id}.\n"
    assert (desk.status(first), desk.status(second)) == ("denied", "denied")


@pytest.mark.parametrize("name", ["CLAUDECODE", "CODEX_SANDBOX", "GEMINI_CLI"])
def test_nothing_is_approved_where_an_agent_leaves_its_mark(
    desk: Desk, name: str
) -> None:
    ticket = desk.ask()
    child = desk.terminal(ticket.id, **{name: "1"})
    status, said = ended(child)
    assert (status, desk.status(ticket)) == (1, "pending")
    assert f"{name} is set" in said


def test_all_of_a_long_plan_is_shown_where_somebody_asks(desk: Desk) -> None:
    ticket, _ = desk.store.reserve(CALL, "run")
    ticket.plan, ticket.full, ticket.dry_run = "short", "the whole", "  | would do"
    desk.store.present(ticket)
    child = desk.terminal(ticket.id)
    child.expect(QUESTION)
    assert "short\r\n\r\n  | would do" in child.before
    assert f"runspec approve {ticket.id} --full" in child.before
    child = desk.terminal(ticket.id, "--full")
    child.expect(QUESTION)
    assert "the whole\r\n\r\n  | would do" in child.before


def test_what_has_changed_since_it_was_asked_is_not_approved(desk: Desk) -> None:
    from runspec.run.pinned import file_digest

    program = desk.place / "deploy.sh"
    program.write_text("echo one")
    ticket, _ = desk.store.reserve(CALL, "run")
    ticket.plan, ticket.files = "plan", {str(program): file_digest(str(program))}
    desk.store.present(ticket)
    program.write_text("echo two")
    status, said = ended(desk.terminal(ticket.id))
    assert (status, desk.status(ticket)) == (1, "pending")
    assert "has changed since it was asked" in " ".join(said.split())
