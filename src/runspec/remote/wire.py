"""What a client of the stream extension and its server say to each other (JMP-09).

    client                               server
    initialize, with the capability  ──▶
                                     ◀── the same capability
    runspec/describe  {name}         ──▶ the spec of a runnable
    runspec/run  {name, argv, ...}   ──▶
                                     ◀── runspec/output  {request, stream, data}
                                     ◀── runspec/room  {request, bytes}
    runspec/input  {request, data}   ──▶
    runspec/signal  {request, number} ─▶
    runspec/suspend, runspec/resume  ──▶
                                     ◀── the result: status, ending

Output waits for whoever reads it as any pipe does. Input has a window: a client sends
only what it was told that there is room for, so that the server always reads.
"""

from __future__ import annotations

from .codec import encoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..spec.plain import Json

AUTONOMY = "io.runspec/autonomy"
"""The key below `experimental` of a server that enforces levels of autonomy."""
CAPABILITY = "io.runspec/stream"
"""The key below `experimental` of both sides' capabilities."""
VERSION = 1
READ_OUTPUT = "runspec_read_output"
"""The tool of a server that reads a long output (SRV-41); people have a terminal."""
SEARCH_TOOLS = "runspec_search_tools"
CALL_TOOL = "runspec_call_tool"
"""What a server lists in place of very many tools (SRV-42)."""
NAME = "runspec"
"""What these clients call themselves; they are given every tool."""
DESCRIBE = "runspec/describe"
RUN = "runspec/run"
OUTPUT = "runspec/output"
INPUT = "runspec/input"
ROOM = "runspec/room"
SIGNAL = "runspec/signal"
SUSPEND = "runspec/suspend"
RESUME = "runspec/resume"
WINDOW = 1 << 20
CHUNK = 1 << 16
ALIVE = 15.0
"""Seconds between two signs of life of a client, which says so itself."""
MISSED = 4
"""Signs of life that may be missing before a side counts as gone."""
STOPPED = 600.0
"""Seconds that a client may be stopped, as by Ctrl-Z or a laptop's sleep."""
MOST_ALIVE = 3600.0
STDOUT, STDERR = 1, 2


def enforces_autonomy(capabilities: Json) -> bool:
    """Whether a server shows that it enforces levels of autonomy (SRV-19)."""
    found = capabilities
    for key in ("experimental", AUTONOMY):
        found = found.get(key) if isinstance(found, dict) else None
    return isinstance(found, dict) and found.get("enforced") is True


def has_streams(capabilities: Json) -> bool:
    """Whether these capabilities have the extension, in the version spoken here."""
    return _extension(capabilities).get("version") == VERSION


def silence(capabilities: Json) -> float:
    """Seconds without a sign of life after which a client counts as gone."""
    alive = _extension(capabilities).get("alive")
    if not isinstance(alive, int | float) or not 0 < alive <= MOST_ALIVE:
        alive = ALIVE
    return MISSED * alive


def _extension(capabilities: Json) -> dict[str, Json]:
    found = capabilities
    for key in ("experimental", CAPABILITY):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def offered() -> dict[str, Json]:
    """What stands below `experimental`."""
    return {CAPABILITY: {"version": VERSION, "alive": STOPPED / MISSED}}


def output_line(request: str | int, stream: int, data: bytes) -> str:
    """The message with a part of an output; written by hand, for it is most of all."""
    from binascii import b2a_base64

    text = b2a_base64(data, newline=False).decode("ascii")
    return (
        f'{{"jsonrpc":"2.0","method":"{OUTPUT}","params":{{"request":{encoded(request)},'
        f'"stream":{stream},"data":"{text}"}}}}'
    )


def bytes_of(data: Json) -> bytes | None:
    """The bytes of such a message; None where they can't be told."""
    from binascii import a2b_base64

    if not isinstance(data, str):
        return None
    try:
        return a2b_base64(data)
    except ValueError:
        return None


def text_of(data: bytes) -> str:
    """Bytes as a message has them."""
    from binascii import b2a_base64

    return b2a_base64(data, newline=False).decode("ascii")


class Lines:
    """Cuts what comes into lines, in bounded memory: at most `longest` bytes each."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self._size = 0
        self._passing_over = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that `data` completes; None for one that was too long."""
        *ends, rest = data.split(b"\n")
        lines: list[bytes | None] = []
        for end in ends:
            self._add(end)
            lines.append(None if self._passing_over else b"".join(self._parts))
            self._parts, self._size, self._passing_over = [], 0, False
        self._add(rest)
        return lines

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._longest:
            self._parts, self._passing_over = [], True
        elif part:
            self._parts.append(part)


def has_code(question: dict[str, Json]) -> bool:
    """Whether a question is answered by the code in its text (SRV-22)."""
    form = question.get("requestedSchema")
    fields = form.get("properties") if isinstance(form, dict) else None
    return isinstance(fields, dict) and "code" in fields
