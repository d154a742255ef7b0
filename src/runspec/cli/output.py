"""Writing what a verb has to say."""

from __future__ import annotations

import os
import sys

from ..render.text import Style, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..errors import Fault
    from ..spec.plain import Json

BROKEN_PIPE = 141
"""128 and the number of SIGPIPE: what a reader that went away ends others with."""


def style() -> Style:
    """What suits stdout."""
    return Style.for_stream(sys.stdout, os.environ)


def show(text: str) -> None:
    """Write lines to stdout. Ends the program when nobody can read them."""
    stream = sys.stdout
    if stream is None:
        return
    try:
        write(text.rstrip("\n"), stream)
        stream.flush()
    except OSError as error:
        raise gone(error) from None


def show_json(value: Json) -> None:
    """Write a value as JSON."""
    import json

    show_utf8(json.dumps(value, indent=2, ensure_ascii=False))


def show_utf8(text: str) -> None:
    """Write JSON text in UTF-8, whatever the locale (RFC 8259, section 8.1)."""
    stream = sys.stdout
    if stream is None:
        return
    try:
        stream.flush()
        stream.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
        stream.flush()
    except OSError as error:
        raise gone(error) from None


def gone(error: OSError) -> SystemExit:
    """How this process ends where its stdout can't be written."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return SystemExit(BROKEN_PIPE)
    print(f"runspec: the output can't be written: {error.strerror}", file=sys.stderr)
    return SystemExit(1)


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def removed(number: int, left: int) -> str:
    """What was pruned."""
    are = "is" if left == 1 else "are"
    return f"Removed {counted(number, 'run')}; {left} {are} left."


def rows(cells: Sequence[tuple[str, ...]], indent: int = 2) -> list[str]:
    """Lines of cells in columns; the last cell of a row is as long as it is."""
    from ..render.text import display_width

    widths: dict[int, int] = {}
    for row in cells:
        for at, cell in enumerate(row[:-1]):
            widths[at] = max(widths.get(at, 0), display_width(cell))
    return [
        " " * indent
        + "".join(
            cell + " " * (widths[at] - display_width(cell) + 2)
            for at, cell in enumerate(row[:-1])
        )
        + row[-1]
        for row in cells
    ]


def faults(found: Sequence[Fault]) -> str:
    """Faults as they are shown on stdout."""
    from ..render.fault import render_faults

    return render_faults(found, style=style()).rstrip("\n")


def complain(found: Sequence[Fault]) -> None:
    """Show faults on stderr."""
    from ..stop import warn

    warn(found, os.environ)


def note(text: str) -> None:
    """Say something on stderr that is no part of the result."""
    if sys.stderr is not None:
        write(f"runspec: {text}", sys.stderr)


def tally(found: Sequence[Fault]) -> list[str]:
    """`1 error`, `2 warnings`, where there are any."""
    errors = sum(fault.severity == "error" for fault in found)
    counts = ((errors, "error"), (len(found) - errors, "warning"))
    return [counted(number, noun) for number, noun in counts if number]
