"""One record of the ledger, as a line.

line = {"seq":1,"at":"…","up":…,"kind":"…", … ,"prev":"64 hex","mac":"64 hex"}

`mac` is the mark of everything before it, `prev` the mac of the record before.
"""

from __future__ import annotations

import os

from ..compat import quoters
from ..record import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..record import Plain
    from ..source.key import Key

_, quoted = quoters()
PURPOSE = "audit-record"
FIRST = "0" * 64
"""What stands for the mac before the first record."""
TORN = "torn"
"""The kind of a record that seals what a killed writer left."""
WHO = ("run", "runnable", "principal", "uid", "login", "host")
OWN = ("seq", "at", "up", "kind", *WHO, "prev", "mac")
"""Members that only the ledger sets, or that stand in one place."""
MOST_TEXT = 1_000
"""Characters of one text that are kept."""
MOST_ITEMS = 200
"""Items of one list or table that are kept."""
MOST_BYTES = 65_536
"""Of a line; of a longer one the details are left out, and named."""
TAIL = len(',"mac":""}') + 64


class Entry:
    """A record whose mark is right; `members` are all of its line."""

    __slots__ = ("mac", "members", "prev", "seq")

    def __init__(self, members: dict[str, Plain], mac: str) -> None:
        self.members = members
        self.mac = mac
        self.seq = int(str(members["seq"]))
        self.prev = str(members["prev"])


def written(
    seq: int, prev: str, kind: str, fields: Mapping[str, Plain], key: Key
) -> tuple[bytes, str]:
    """The line of a record that is made now, and its mac."""
    from time import monotonic_ns

    up = monotonic_ns() // 1_000_000
    start: dict[str, Plain] = {"seq": seq, "at": moment(), "up": up, "kind": kind}
    who, details = _who(fields), _details(fields)
    line = _body({**start, **who, **details, "prev": prev})
    if len(line) > MOST_BYTES:
        names: list[Plain] = [*details]
        line = _body({**start, **who, "omitted": names[:MOST_ITEMS], "prev": prev})
    mac = key.mark(PURPOSE, line)
    return line + f',"mac":"{mac}"}}\n'.encode(), mac


def entry_of(line: bytes, key: Key) -> Entry | None:
    """The record of a line without its end; None where its mark isn't right."""
    if not _is_whole(line):
        return None
    body, mac = line[:-TAIL], line[8 - TAIL : -2].decode("ascii", "replace")
    if not key.holds(PURPOSE, body, mac):
        return None
    import json

    return Entry(json.loads(body + b"}"), mac)


def is_torn(region: bytes, seq: int) -> bool:
    """Whether killed writers of record `seq` can have left these bytes."""
    start = b'{"seq":%d,"at":"' % seq
    return len(region) < 4 * MOST_BYTES and all(
        line.startswith(start[: len(line)]) and not _is_json(line)
        for line in region.split(b"\n")
    )


def seals(entry: Entry, region: bytes, key: Key) -> bool:
    """Whether a record accounts for the bytes between it and the record before."""
    if not region:
        return True
    members = entry.members
    said = (members["kind"], members.get("bytes"), members.get("digest"))
    return said == (TORN, len(region), digest(region, key))


def digest(region: bytes, key: Key) -> str:
    """What a record of the kind `torn` says of the bytes that it seals."""
    return key.mark("audit-torn", region)


def _is_whole(line: bytes) -> bool:
    return line[-TAIL:].startswith(b',"mac":"') and line.endswith(b'"}')


def _is_json(line: bytes) -> bool:
    """Whether it is a whole object: then it isn't the beginning of one."""
    import json

    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def moment(now: float | None = None) -> str:
    """Seconds since the epoch, by default now, in UTC with microseconds (RFC 3339)."""
    from time import gmtime, strftime, time_ns

    micro = time_ns() // 1000 if now is None else int(now * 1_000_000)
    seconds, rest = divmod(micro, 1_000_000)
    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(seconds))}.{rest:06d}Z"


def _who(fields: Mapping[str, Plain]) -> dict[str, Plain]:
    """Whom the record is about; what isn't given is what the kernel says."""
    now = process(os.environ)
    known = {
        "run": "",
        "runnable": "",
        "principal": f"uid {now['uid']}",
        "uid": now["uid"],
        "login": now["login"],
        "host": now["host"],
    }
    return {name: _clipped(fields.get(name, known[name])) for name in WHO}


def _details(fields: Mapping[str, Plain]) -> dict[str, Plain]:
    return {name: _clipped(value) for name, value in fields.items() if name not in OWN}


def _clipped(value: Plain) -> Plain:
    if isinstance(value, str):
        return value if len(value) <= MOST_TEXT else f"{value[:MOST_TEXT]}…"
    if isinstance(value, list):
        return [_clipped(each) for each in value[:MOST_ITEMS]]
    if isinstance(value, dict):
        return {name: _clipped(value[name]) for name in list(value)[:MOST_ITEMS]}
    return value


def _body(members: dict[str, Plain]) -> bytes:
    """A line up to its mac. Importing json would cost as much as half of a start."""
    return "".join(_json(members))[:-1].encode()


def _json(value: Plain) -> Iterator[str]:
    """JSON in ASCII, without spaces (RFC 8259)."""
    if isinstance(value, str):
        yield quoted(value)
    elif isinstance(value, dict):
        for number, (name, item) in enumerate(value.items()):
            yield f"{',' if number else '{'}{quoted(name)}:"
            yield from _json(item)
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield "," if number else "["
            yield from _json(item)
        yield "]" if value else "[]"
    else:
        yield "null" if value is None else str(value).lower()
