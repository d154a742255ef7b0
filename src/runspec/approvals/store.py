"""Approvals of one user: asked for, answered, and used up once."""

from __future__ import annotations

import os
from time import time

from ..errors import Fault, FilePlace, RunspecError
from ..paths import state_dir
from ..source.folder import Folder
from ..source.key import made_key, read_key
from .files import Files, Name, names, purge
from .session import Session, is_open
from .state import code_of, is_code, opened, sealed
from .ticket import (
    APPROVED,
    DENIED,
    ELICITATION,
    PENDING,
    RUNNING,
    USED,
    Ticket,
    canonical,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..render.plan import Output
    from ..source.key import Key
    from .ticket import PlannedCall

LIFETIME = 900.0
"""Seconds that a person has to answer, and an agent to use the answer."""
LONGEST_RUN = 7 * 86_400.0
"""Seconds that a call may take whose output is withheld."""
QUOTA = 20
"""Calls of one who asks that may wait at once."""
MOST_PENDING = 200
SKEW = 5.0
"""Seconds that the clock may have been set back since something was made."""
TOO_FAST = 1.5
"""Seconds; nobody reads a question and answers it sooner."""
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

    def session(self) -> Session:
        """A new session of a server, which asks."""
        return Session(self._folder)

    def reserve(
        self, call: PlannedCall, kind: str, session: str = "", quota: int = QUOTA
    ) -> tuple[Ticket, bool]:
        """A running ticket for this call, and whether it is new.

        It isn't where the same call runs or waits already. Raises RunspecError
        (`approvals-full`), too.
        """
        with self._folder.lock():
            purge(self._folder, self._clock())
            files = Files(self._folder, made_key(self._folder))
            for ticket in self._same(files, call, kind, session):
                if ticket.status in (RUNNING, PENDING):
                    return ticket, False
            self._require_room(files, call.principal, session, quota)
            now = self._clock()
            ticket = Ticket(call, kind, "", now, now + LONGEST_RUN)
            ticket.status = RUNNING
            ticket.session = session
            ticket.binding = _binding(files.key, call, kind)
            ticket.parts = _parts(files.key, call)
            files.write(ticket)
        return ticket, True

    def present(
        self, ticket: Ticket, held: Output | None = None, lifetime: float = LIFETIME
    ) -> None:
        """Have a person decide a running ticket, from now on; `held` is the output.

        Raises RunspecError (`too-large`), too.
        """
        with self._folder.lock():
            files = Files(self._folder, made_key(self._folder))
            before = Name.of(ticket).file
            ticket.status = PENDING
            ticket.created = self._clock()
            ticket.expires = ticket.created + lifetime
            try:
                if held is not None:
                    files.hold(ticket, held)
                files.write(ticket)
            finally:
                self._folder.remove(before)

    def abandon(self, ticket: Ticket) -> None:
        """Forget a running ticket, whose call came to nothing."""
        with self._folder.lock():
            self._folder.remove(Name.of(ticket).file)

    def open(
        self,
        call: PlannedCall,
        kind: str,
        plan: str,
        lifetime: float = LIFETIME,
        held: Output | None = None,
        session: str = "",
    ) -> Ticket:
        """A pending ticket for this call: the one there is, or else a new one."""
        ticket, is_new = self.reserve(call, kind, session)
        if is_new:
            ticket.plan = plan
            self.present(ticket, held, lifetime)
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

    def decide(self, ticket: Ticket, approved: bool, channel: str) -> bool:
        """Record an answer that came by `channel`; False where it comes too late.

        At a terminal it is this process's user who says so, by elicitation whoever is
        at the client. What is approved can still be denied until it is used.
        """
        with self._folder.lock():
            files = self._files()
            current = files and self._current(files, ticket)
            before = (PENDING,) if approved else (PENDING, APPROVED)
            if not files or not current or current.status not in before:
                return False
            current.status = APPROVED if approved else DENIED
            current.channel = channel
            current.by = decider(current, channel)
            files.write(current)
            if not approved:
                files.drop(current)
        ticket.by, ticket.channel = current.by, current.channel
        return True

    def decision(
        self, call: PlannedCall, kind: str, session: str = ""
    ) -> Ticket | None:
        """The live ticket for exactly this call: an approved one, else the newest.

        It is one that this session asked for, or one that is over by now.
        """
        files = self._files()
        if files is None:
            return None
        unused = [
            ticket
            for ticket in self._same(files, call, kind, session)
            if ticket.status != USED
        ]
        approved = [ticket for ticket in unused if ticket.status == APPROVED]
        return max(approved or unused, key=lambda each: each.created, default=None)

    def changes(self, call: PlannedCall, kind: str, session: str = "") -> list[str]:
        """What is another than when a person was last asked about this call."""
        files = self._files()
        if files is None:
            return []
        found = self._asked(files, call, kind, session)
        newest = max(found, key=lambda each: each.created, default=None)
        if newest is None:
            return []
        now = _parts(files.key, call)
        return [name for name, mark in now.items() if newest.parts.get(name) != mark]

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

    def seal(
        self, call: PlannedCall, ticket: Ticket, lifetime: float = LIFETIME
    ) -> tuple[str, str]:
        """The `requestState` of a ticket's question, and the code in it."""
        with self._folder.lock():
            purge(self._folder, self._clock())
            key = made_key(self._folder)
        now = self._clock()
        mark = key.mark(BINDING, _exact(call, ticket.kind))
        state = sealed(key, ticket.id, mark, now, now + lifetime)
        found = opened(key, state)
        assert found is not None
        return state, code_of(key, found.nonce)

    def unseal(
        self, state: str, call: PlannedCall, kind: str, action: str, code: str = ""
    ) -> tuple[str, str] | None:
        """The id of the ticket that is answered: "accept", "decline" or "".

        "" is what no person answered: sooner than one reads, or an accept without the
        code. None where `state` isn't that of this call and kind, live, and used only
        now.
        """
        files = self._files()
        found = files and opened(files.key, state)
        if not files or not found:
            return None
        if not files.key.holds(BINDING, _exact(call, kind), found.binding):
            return None
        if not self._is_now(found.created, found.expires):
            return None
        if not files.spend(found.nonce, found.expires):
            return None
        meant = action if action in ("accept", "decline") else ""
        if self._clock() - found.created < TOO_FAST:
            meant = ""
        if meant == "accept" and not is_code(files.key, found.nonce, code):
            meant = ""
        return found.ticket, meant

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

    def _asked(
        self, files: Files, call: PlannedCall, kind: str, session: str
    ) -> list[Ticket]:
        """Live tickets for what is asked for, that this session may use.

        One that runs in a session which is over has come to nothing.
        """
        return [
            ticket
            for ticket in self._live(files, _binding(files.key, call, kind))
            if ticket.session == session
            or not (ticket.status == RUNNING or is_open(self._folder, ticket.session))
        ]

    def _same(
        self, files: Files, call: PlannedCall, kind: str, session: str
    ) -> list[Ticket]:
        """Of these, those for exactly this call."""
        parts = _parts(files.key, call)
        found = self._asked(files, call, kind, session)
        return [ticket for ticket in found if ticket.parts == parts]

    def _current(self, files: Files, ticket: Ticket) -> Ticket | None:
        """The ticket as it is kept now, where it is still live."""
        current = files.read(Name.of(ticket))
        return current if current and self.is_live(current) else None

    def _require_room(
        self, files: Files, principal: str, session: str, quota: int
    ) -> None:
        if len(names(self._folder)) < min(quota, MOST_PENDING):
            return
        waiting, own = 0, 0
        for ticket in filter(self.is_live, files.tickets()):
            mine = ticket.session == session
            over = not mine and not is_open(self._folder, ticket.session)
            if ticket.status == RUNNING and over:
                self._folder.remove(Name.of(ticket).file)
            elif ticket.status in (RUNNING, PENDING):
                waiting += 1
                own += ticket.principal == principal and (mine or over)
        for found, most in ((own, quota), (waiting, MOST_PENDING)):
            if found >= most:
                path = self._folder.path
                place = FilePlace(path, 0, 0)
                fault = Fault("approvals-full", path, place, expected=(most,))
                raise RunspecError(fault)


def decider(ticket: Ticket, channel: str) -> str:
    """Who says so, as the kernel knows them.

    The login user stays the same when a user becomes another (proc(5), loginuid).
    """
    if channel == ELICITATION:
        return f"whoever is at the client of {ticket.principal}"
    from pwd import getpwuid

    uid = os.getuid()
    try:
        name = getpwuid(uid).pw_name
    except KeyError:
        name = "a user without a name"
    found = [f"uid {uid}"]
    login = _login_uid()
    if login not in (None, uid):
        found.append(f"login uid {login}")
    for descriptor in (0, 2):
        try:
            return f"{name} ({', '.join(found)}, {os.ttyname(descriptor)})"
        except OSError:
            continue
    return f"{name} ({', '.join(found)})"


def _login_uid() -> int | None:
    try:
        with open("/proc/self/loginuid", encoding="ascii") as file:
            found = int(file.read())
    except (OSError, ValueError):
        return None
    return None if found == 0xFFFFFFFF else found


def _bound(call: PlannedCall, kind: str) -> bytes:
    return kind.encode() + b" " + call.request


def _binding(key: Key, call: PlannedCall, kind: str) -> str:
    """The digest of what is asked for, which tells nothing about its values."""
    return key.mark(BINDING, _bound(call, kind))


def _parts(key: Key, call: PlannedCall) -> dict[str, str]:
    return {name: key.mark(name, content) for name, content in call.parts.items()}


def _exact(call: PlannedCall, kind: str) -> bytes:
    """What is asked for, and what it comes to."""
    parts = {name: part.decode() for name, part in call.parts.items()}
    return _bound(call, kind) + canonical(parts)  # type: ignore[arg-type]


def _default_directory() -> str:
    """In the user's directory for state (XDG Base Directory Specification)."""
    state = state_dir(os.environ)
    if state:
        return os.path.join(state, "runspec", "approvals")
    detail = "this user has no home directory"
    raise RunspecError(Fault("unwritable", "XDG_STATE_HOME", detail=detail))
