"""`runspec approve`: a person answers what an agent asked for (APV)."""

from __future__ import annotations

import os

from ..approvals.store import Store
from ..approvals.ticket import APPROVED, PENDING, RELEASE, TERMINAL, typed_id
from ..errors import Fault, FilePlace, RunspecError
from ..render.plan import output_text
from ..render.text import BOLD, escaped
from . import output
from .terminal import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..approvals.ticket import Ticket
    from ..call import Args
    from .terminal import Terminal

MOST_OUTPUT = 100_000
AGENTS = (
    "RUNSPEC_AGENT",
    "CLAUDECODE",
    "CODEX_SANDBOX",
    "CODEX_SANDBOX_NETWORK_DISABLED",
    "GEMINI_CLI",
    "CURSOR_AGENT",
    "OPENCODE",
    "GOOSE_TERMINAL",
    "AI_AGENT",
)
"""Variables that agents set for the commands they run: a courtesy, not a guard."""
MORE = "\nNot all is shown; the rest: runspec approve {id} --full"


def run(args: Args) -> int:
    """List what waits, or decide one; 0 when that was done, else 1 (130 for ^C)."""
    store = Store()
    if args.all.value != (args.deny.value and args.id.value is None):
        raise RunspecError(Fault("approval-unnamed", "--deny"))
    if args.all.value:
        return _deny_all(store, args.tool.value or "*", args.principal.value or "*")
    if args.id.value is None:
        return _list(store, args.format.value)
    ticket = _found(store, args.id.value, denying=args.deny.value)
    approved = False if args.deny.value else _answer(store, ticket, args.full.value)
    if approved is None:
        output.note("nothing was decided")
        return 1
    if not store.decide(ticket, approved, TERMINAL):
        current = store.find(ticket.id)
        raise _closed(ticket.id, _state(store, current) if current else "it expired")
    output.show(_decided(ticket, approved))
    return 0


def _deny_all(store: Store, tool: str, principal: str) -> int:
    from fnmatch import fnmatchcase

    denied = [
        ticket
        for ticket in store.pending()
        if fnmatchcase(ticket.tool, tool)
        and fnmatchcase(ticket.principal, principal)
        and store.decide(ticket, False, TERMINAL)
    ]
    for ticket in denied:
        output.show(_decided(ticket, False))
    if not denied:
        output.show("Nothing of that waits for a person.")
    return 0


def _list(store: Store, form: str) -> int:
    waiting = store.pending()
    distrusted = [_distrusted(path) for path in store.untrusted()]
    if distrusted:
        output.complain(distrusted)
    if form == "json":
        output.show_json([ticket.plain() for ticket in waiting])
    elif waiting:
        output.show(_listed(waiting))
    else:
        output.show("Nothing waits for a person.")
    return 0


def _distrusted(path: str) -> Fault:
    place = FilePlace(path, 0, 0)
    return Fault("approval-distrusted", path, place, severity="warning")


def _listed(waiting: list[Ticket]) -> str:
    style = output.style()
    head = ("id", "asks to", "runnable", "on", "as", "asked by", "until")
    cells = [
        (
            ticket.id,
            "show its output" if ticket.kind == RELEASE else "run",
            escaped(ticket.runnable),
            escaped(ticket.host),
            escaped(ticket.user),
            escaped(ticket.principal),
            _clock(ticket.expires),
        )
        for ticket in waiting
    ]
    title, *rows = output.rows([head, *cells], indent=0)
    lines = [style.paint(title, BOLD), *rows]
    return "\n".join([*lines, "", "To read and decide one: runspec approve ID"])


def _clock(seconds: float) -> str:
    from time import localtime, strftime

    return strftime("%H:%M:%S", localtime(seconds))


def _found(store: Store, text: str, *, denying: bool) -> Ticket:
    """The ticket that is meant, where it can still be decided."""
    ticket_id = typed_id(text)
    ticket = store.find(ticket_id) if ticket_id else None
    if ticket is None:
        raise RunspecError(Fault("approval-not-found", text, received=text))
    open_to = (PENDING, APPROVED) if denying else (PENDING,)
    if ticket.status not in open_to or not store.is_live(ticket):
        raise _closed(ticket_id, _state(store, ticket))
    return ticket


def _state(store: Store, ticket: Ticket) -> str:
    """Why a ticket can't be decided, in words."""
    if ticket.status == PENDING or not store.is_live(ticket):
        return "it has expired"
    by = f" by {ticket.by}" if ticket.by and ticket.status != "used" else ""
    return f"it was {ticket.status} already{by}"


def _closed(ticket_id: str, why: str) -> RunspecError:
    return RunspecError(Fault("approval-closed", ticket_id, detail=why))


def _answer(store: Store, ticket: Ticket, full: bool) -> bool | None:
    """What the person at the terminal says; None where that is neither yes nor no."""
    release = ticket.kind == RELEASE
    with _terminal(ticket.id) as terminal:
        try:
            terminal.say(ticket.whole if full else ticket.question)
            if not full and ticket.full not in ("", ticket.plan):
                terminal.say(MORE.format(id=ticket.id))
            _require_unchanged(ticket)
            if release:
                terminal.say(f"\n{_withheld(store, ticket)}")
            question = "Release it" if release else "Approve it"
            return terminal.agreed(f"\n{question}? Type yes or no: ")
        except OSError:  # the terminal was hung up
            return None


def _withheld(store: Store, ticket: Ticket) -> str:
    held = store.output(ticket)
    if held is None:
        raise _closed(ticket.id, "the output is gone, or was changed")
    return output_text(held, MOST_OUTPUT)


def _require_unchanged(ticket: Ticket) -> None:
    """A yes to what has changed since it was asked would be worth nothing."""
    from ..run.pinned import file_digest

    changed = [path for path, then in ticket.files.items() if file_digest(path) != then]
    if changed:
        names = ", ".join(map(escaped, changed))
        raise _closed(ticket.id, f"{names} has changed since it was asked")


def _decided(ticket: Ticket, approved: bool) -> str:
    style = output.style()
    if not approved:
        return f"{style.paint('Denied', BOLD)} {ticket.id}."
    until = f"when the agent makes the same call again before {_clock(ticket.expires)}"
    if ticket.kind == RELEASE:
        return f"{style.paint('Released', BOLD)} {ticket.id}: handed out {until}."
    return f"{style.paint('Approved', BOLD)} {ticket.id}: runs once, {until}."


def _terminal(ticket_id: str) -> Terminal:
    """The person's terminal; RunspecError without one."""
    for name in AGENTS:
        if os.environ.get(name, "0") not in ("", "0"):
            raise _nobody(ticket_id, f"an agent calls ({name} is set)")
    found = terminal()
    if found is None:
        raise _nobody(ticket_id, "there is no terminal")
    return found


def _nobody(ticket_id: str, why: str) -> RunspecError:
    return RunspecError(Fault("approval-needs-person", ticket_id, detail=why))
