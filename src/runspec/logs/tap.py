"""What a program prints, seen on its way to the descriptor.

The streams and their layers stay the objects they are: only `write` of the lowest
layer of each is another one, which costs once a buffer, not once a line.
"""

from io import BufferedWriter, FileIO, TextIOWrapper

KEPT = 64 * 1024
"""Bytes of a stream's beginning, and of its end, that are recorded."""
MOST = 4 * KEPT
"""Bytes that are held, beside those, before all but the end is dropped."""
PEM_END = b"-----END "
PEM_BEGIN = b"-----BEGIN "

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..redact import Redactor


class Output:
    """The beginning and the end of what was written, `size` bytes in all."""

    __slots__ = ("_dropped", "_head", "held")

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self._head = b""
        self._dropped = 0

    @property
    def size(self) -> int:
        """Bytes that were written."""
        return self._dropped + sum(map(len, self.held))

    def drop(self) -> None:
        """Keep of what is held the end, and the beginning if it is that of all."""
        held = b"".join(self.held)
        self._head = self._head or held[:KEPT]
        self._dropped += max(0, len(held) - KEPT)
        self.held[:] = [held[-KEPT:]]

    def shown(self, redactor: "Redactor", encoding: str) -> "tuple[str, int]":
        """The redacted text, with a mark of what was left out, and how many bytes.

        Whole lines, for half a secret can't be told from other text.
        """
        held = b"".join(self.held)
        if self.size <= 2 * KEPT:
            return redactor.text(held.decode(encoding, "replace")), 0
        head = self._head or held[:KEPT]
        head = head[: head.rfind(b"\n") + 1]
        tail = _without_key(held[-KEPT:].partition(b"\n")[2])
        left_out = self.size - len(head) - len(tail)
        mark = f"[… {left_out} bytes left out …]\n"
        both = [part.decode(encoding, "replace") for part in (head, tail)]
        return mark.join(map(redactor.text, both)), left_out


def _without_key(tail: bytes) -> bytes:
    """What follows the rest of a private key whose beginning was left out."""
    end = tail.find(PEM_END)
    if end < 0 or PEM_BEGIN in tail[:end]:
        return tail
    return tail[end:].partition(b"\n")[2]


class Tap:
    """Keeps in `output` what is written to the lowest layer of a stream.

    The layer's `write` is hidden by an attribute of that name, which the layers above
    look up at each write.
    """

    def __init__(self, beneath: FileIO) -> None:
        self._beneath = beneath
        self.output = Output()
        beneath.__dict__["write"] = _writer(beneath.write, self.output)

    def send(self, data: bytes) -> None:
        """Write what isn't the program's own; where the descriptor is full, not all."""
        while data and (done := FileIO.write(self._beneath, data)):
            data = data[done:]

    def release(self) -> None:
        """Keep no more: what is written so late may find no Python to run in."""
        self._beneath.__dict__.pop("write", None)


def _writer(
    write: "Callable[[Any], int | None]", output: Output
) -> "Callable[[Any], int | None]":
    """`write` that keeps as well. A function, for it runs at each line of `-u`."""
    keep = output.held.append
    room = MOST

    def write_and_keep(data: "Any") -> "int | None":
        nonlocal room
        done = write(data)
        if data.__class__ is not bytes:
            data = bytes(data)
        if done != len(data):
            data = data[: done or 0]
        keep(data)
        room -= done or 0
        if room < 0:
            output.drop()
            room = MOST
        return done

    return write_and_keep


def tapped(stream: "object") -> "Tap | None":
    """The tap put under a stream of the interpreter's own; None for any other."""
    if type(stream) is not TextIOWrapper:
        return None
    buffer = stream.buffer
    beneath = buffer.raw if type(buffer) is BufferedWriter else buffer
    if type(beneath) is not FileIO or beneath.closefd or beneath.closed:
        return None
    try:
        stream.flush()
        return Tap(beneath)
    except (OSError, ValueError):
        return None
