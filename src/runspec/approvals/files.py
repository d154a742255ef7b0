"""The files of a store, and which of them can be trusted.

    key                        32 random bytes; who can read it can approve
    lock                       held while a file is written
    ID-BINDING-UNTIL.ticket    a mark, then a ticket as JSON
    ID.held                    the withheld output of a "release", marked
    NAME-UNTIL.spent           the ticket or state of that name was used
    SESSION.session            locked while that session of a server lasts

A name holds what finding and purging need, so that neither opens every file. What
a ticket says counts only where its mark is right and agrees with its name.
"""

from __future__ import annotations

import os

from ..errors import Fault, FilePlace, RunspecError
from ..source.folder import NEW
from .held import packed, unpacked
from .session import ENDING as SESSION
from .session import is_open
from .ticket import USED, Ticket, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..render.plan import Output
    from ..source.folder import Folder
    from ..source.key import Key

PURPOSE = "ticket"
MOST_BYTES = 1 << 20
"""Of a ticket."""
MOST_HELD = 32 << 20
"""Bytes of withheld output."""
KNOWN_FOR = 900
"""Seconds after its expiry that a ticket can still be told from an unknown one."""
SPENT_FOR = 86_400
"""Seconds after its expiry that a used name stays used, should the clock go back."""


class Name:
    """The name of a ticket's file: an id, the first of its binding, its last second."""

    __slots__ = ("binding", "id", "until")

    def __init__(self, ticket_id: str, binding: str, until: int) -> None:
        self.id = ticket_id
        self.binding = binding
        self.until = until

    @classmethod
    def of(cls, ticket: Ticket) -> Name:
        return cls(ticket.id, ticket.binding[:16], last_second(ticket.expires))

    @property
    def file(self) -> str:
        return f"{self.id}-{self.binding}-{self.until}.ticket"


def last_second(expires: float) -> int:
    """The first whole second that an expiry doesn't come after."""
    return int(expires) + 1


def spent_name(name: str, expires: float) -> str:
    """The file that says a name was used."""
    return f"{name}-{last_second(expires)}.spent"


def held_name(ticket: Ticket) -> str:
    """The file of what a ticket withholds."""
    return f"{ticket.id}.held"


class Files:
    """A folder and the key that marks what is in it."""

    __slots__ = ("folder", "key")

    def __init__(self, folder: Folder, key: Key) -> None:
        self.folder = folder
        self.key = key

    def tickets(
        self, ticket_id: str | None = None, binding: str | None = None
    ) -> Iterator[Ticket]:
        """Those that can be trusted, of one id or one binding if that is given."""
        for name in names(self.folder):
            if ticket_id not in (None, name.id):
                continue
            if binding is not None and not binding.startswith(name.binding):
                continue
            ticket = self.read(name)
            if ticket is not None and binding in (None, ticket.binding):
                yield ticket

    def read(self, name: Name) -> Ticket | None:
        """The ticket of a name; None where it is gone or can't be trusted."""
        try:
            content = self.folder.read(name.file, MOST_BYTES)
        except RunspecError:
            return None
        mark, _, body = (content or b"").partition(b"\n")
        if not self.key.holds(PURPOSE, body, mark.decode("ascii", "replace")):
            return None
        import json

        ticket = Ticket.revive(json.loads(body))
        if Name.of(ticket).file != name.file:
            return None
        held = self.folder.place(held_name(ticket))
        ticket.held = held if os.path.lexists(held) else None
        spent = self.folder.place(spent_name(ticket.id, ticket.expires))
        if os.path.lexists(spent):
            ticket.status = USED
        return ticket

    def write(self, ticket: Ticket) -> None:
        """Keep a ticket as it is now. The lock must be held."""
        body = canonical(ticket.kept())
        file = Name.of(ticket).file
        content = self.key.mark(PURPOSE, body).encode() + b"\n" + body
        self._require_size(file, len(content), MOST_BYTES)
        self.folder.write(file, content)

    def spend(self, name: str, expires: float) -> bool:
        """Mark a name as used; False where it has been already."""
        return self.folder.claim(spent_name(name, expires))

    def hold(self, ticket: Ticket, output: Output) -> None:
        """Keep what a ticket withholds. The lock must be held."""
        file = held_name(ticket)
        self._require_size(file, len(output.stdout) + len(output.stderr), MOST_HELD)
        self.folder.write(file, packed(self.key, ticket.id, output))
        ticket.held = self.folder.place(file)

    def held(self, ticket: Ticket) -> Output | None:
        """What a ticket withholds; None where it is gone or was changed."""
        content = self.folder.read(held_name(ticket), MOST_HELD + 1024)
        return None if content is None else unpacked(self.key, ticket.id, content)

    def drop(self, ticket: Ticket) -> None:
        """Remove what a ticket withholds."""
        self.folder.remove(held_name(ticket))

    def _require_size(self, file: str, size: int, most: int) -> None:
        if size > most:
            path = self.folder.place(file)
            place = FilePlace(path, 0, 0)
            raise RunspecError(Fault("too-large", path, place, received=size))


def names(folder: Folder) -> list[Name]:
    """The names of all ticket files."""
    found = []
    for file in folder.names():
        stem, _, ending = file.rpartition(".")
        parts = stem.split("-")
        if ending == "ticket" and len(parts) == 3 and parts[2].isdecimal():
            found.append(Name(parts[0], parts[1], int(parts[2])))
    return found


def purge(folder: Folder, now: float) -> None:
    """Remove what has expired, and what a writer that died left behind.

    The lock must be held: without it, a file that is being written looks the same.
    """
    tickets = names(folder)
    live = {f"{name.id}.held" for name in tickets if now <= name.until}
    for name in tickets:
        if now > name.until + KNOWN_FOR:
            folder.remove(name.file)
    for file in folder.names():
        stem, _, ending = file.rpartition(".")
        if (
            (ending == "held" and file not in live)
            or (ending == "spent" and _is_over(stem, now - SPENT_FOR))
            or (ending == SESSION and not is_open(folder, stem))
            or ending == NEW
        ):
            folder.remove(file)


def _is_over(stem: str, then: float) -> bool:
    until = stem.rpartition("-")[2]
    return until.isdecimal() and int(until) < then
