"""Approvals of one user: asked for, answered, and used up once."""

from __future__ import annotations

import os
from time import time

from ..errors import Fault, FilePlace, RunspecError
from ..paths import state_dir
from ..source.folder import Folder
from ..source.key import made_key, read_key
from .files import Files, Name, names, purge
from .state import opened, sealed
from .ticket import APPROVED, DENIED, PENDING, USED, Ticket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..render.plan import Output
    from ..source.key import Key
    from .ticket import PlannedCall

LIFETIME = 900.0
"""Seconds that a person has to answer, and an agent to use the answer."""
MOST_PENDING = 200
SKEW = 5.0
"""Seconds that the clock may have been set back since something was made."""
BINDING = "call"
UNTRUSTED = "approvals-untrusted"


class Store:
    """The tickets and states in one directory, which all servers of a user share.

    `directory` is by default `runspec/approvals` in `$XDG_STATE_HOME`, else in
    `~/.local/state`; it is made when something is first written. `clock` gives
    seconds since the epoch. Every method raises RunspecError (`approvals-untrusted`,
    `unreadable`, `unwritable`) where the directory or its key can't be relied on:
    then nothing is approved.
    """

    __slots__ = ("_clock", "_folder")

    def __init__(
        self, directory: str | None = None, clock: Callable[[], float] = time
    ) -> None:
        self._folder = Folder(directory or _default_directory(), UNTRUSTED)
        self._clock = clock

    def open(
        self,
        call: PlannedCall,
        kind: str,
        plan: str,
        lifetime: float = LIFETIME,
        held: Output | None = None,
    ) -> Ticket:
        """A pending ticket for this call: the one there is, or else a new one.

        With `held`, the output of a call that ran, it is always a new one. Raises
        RunspecError (`approvals-full`; `too-large` for plan or output), too.
        """
        with self._folder.lock():
            purge(self._folder, self._clock())
            files = Files(self._folder, made_key(self._folder))
            binding = _binding(files.key, call, kind)
            for ticket in [] if held else self._live(files, binding):
                if ticket.status == PENDING:
                    return ticket
            self._require_room(files)
            now = self._clock()
            ticket = Ticket(call, kind, plan, now, now + lifetime)
            ticket.binding = binding
            if held:
                files.hold(ticket, held)
            files.write(ticket)
        return ticket

    def find(self, ticket_id: str) -> Ticket | None:
        """The ticket of that id, also one that is used or expired a short time ago."""
        files = self._files()
        return next(files.tickets(ticket_id), None) if files else None

    def pending(self) -> list[Ticket]:
        """What waits for a person, oldest first."""
        files = self._files()
        return self._pending(files) if files else []

    def untrusted(self) -> list[str]:
        """Paths of tickets that this store's key didn't mark; they don't count."""
        files = self._files()
        found = [
            self._folder.place(name.file)
            for name in names(self._folder)
            if files is None or files.read(name) is None
        ]
        return [path for path in found if os.path.lexists(path)]

    def is_live(self, ticket: Ticket) -> bool:
        """Whether its time has come and isn't over."""
        return self._is_now(ticket.created, ticket.expires)

    def decide(self, ticket: Ticket, approved: bool, by: str) -> bool:
        """Record a person's answer, `by` being who; False where it comes too late.

        What is approved can still be denied until it is used.
        """
        with self._folder.lock():
            files = self._files()
            current = files and self._current(files, ticket)
            before = (PENDING,) if approved else (PENDING, APPROVED)
            if not files or not current or current.status not in before:
                return False
            current.status = APPROVED if approved else DENIED
            current.by = by
            files.write(current)
            if not approved:
                files.drop(current)
        return True

    def decision(self, call: PlannedCall, kind: str) -> Ticket | None:
        """The live ticket for exactly this call: an approved one, else the newest."""
        files = self._files()
        if files is None:
            return None
        found = self._live(files, _binding(files.key, call, kind))
        unused = [ticket for ticket in found if ticket.status != USED]
        approved = [ticket for ticket in unused if ticket.status == APPROVED]
        return max(approved or unused, key=lambda each: each.created, default=None)

    def take(self, ticket: Ticket) -> bool:
        """Use an approved ticket up; True for one caller of all servers, once.

        What it withheld is gone then: read it first.
        """
        with self._folder.lock():
            files = self._files()
            current = files and self._current(files, ticket)
            if not files or not current or current.status != APPROVED:
                return False
            if not files.spend(current.id, current.expires):
                return False
            files.drop(current)
        return True

    def output(self, ticket: Ticket) -> Output | None:
        """What a ticket withholds; None where it is gone or was changed."""
        files = self._files()
        return files.held(ticket) if files else None

    def seal(self, call: PlannedCall, kind: str, lifetime: float = LIFETIME) -> str:
        """The `requestState` of a question about this call."""
        with self._folder.lock():
            purge(self._folder, self._clock())
            key = made_key(self._folder)
        now = self._clock()
        return sealed(key, kind, _binding(key, call, kind), now, now + lifetime)

    def unseal(self, state: str, call: PlannedCall, kind: str) -> bool:
        """Whether `state` is that of this call and kind, live, and used only now."""
        files = self._files()
        found = files and opened(files.key, state)
        if not files or not found or found.kind != kind:
            return False
        if not files.key.holds(BINDING, _bound(call, kind), found.binding):
            return False
        if not self._is_now(found.created, found.expires):
            return False
        return files.spend(found.nonce, found.expires)

    def _files(self) -> Files | None:
        key = read_key(self._folder)
        return None if key is None else Files(self._folder, key)

    def _is_now(self, created: float, expires: float) -> bool:
        return created - SKEW <= self._clock() < expires

    def _pending(self, files: Files) -> list[Ticket]:
        found = (each for each in files.tickets() if each.status == PENDING)
        return sorted(filter(self.is_live, found), key=lambda each: each.created)

    def _live(self, files: Files, binding: str) -> list[Ticket]:
        return list(filter(self.is_live, files.tickets(binding=binding)))

    def _current(self, files: Files, ticket: Ticket) -> Ticket | None:
        """The ticket as it is kept now, where it is still live."""
        current = files.read(Name.of(ticket))
        return current if current and self.is_live(current) else None

    def _require_room(self, files: Files) -> None:
        if len(names(self._folder)) < MOST_PENDING:
            return
        if len(self._pending(files)) >= MOST_PENDING:
            path = self._folder.path
            place = FilePlace(path, 0, 0)
            fault = Fault("approvals-full", path, place, expected=(MOST_PENDING,))
            raise RunspecError(fault)


def _bound(call: PlannedCall, kind: str) -> bytes:
    return f"{kind} {call.digest}".encode()


def _binding(key: Key, call: PlannedCall, kind: str) -> str:
    """The digest of a call under the key, which tells nothing about its values."""
    return key.mark(BINDING, _bound(call, kind))


def _default_directory() -> str:
    """In the user's directory for state (XDG Base Directory Specification)."""
    state = state_dir(os.environ)
    if state:
        return os.path.join(state, "runspec", "approvals")
    detail = "this user has no home directory"
    raise RunspecError(Fault("unwritable", "XDG_STATE_HOME", detail=detail))
