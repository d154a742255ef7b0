"""What can go wrong, as data.

A fault carries its code, its place and what was received and expected; the words
are in `render/fault.py`.
"""

from __future__ import annotations


class FilePlace:
    """A place in a file: `line` and `column` from 1, `text` the line itself.

    `length` is how many characters the caret underlines; line 0 is the whole file.
    """

    __slots__ = ("column", "length", "line", "path", "text")

    def __init__(
        self, path: str, line: int, column: int, text: str = "", length: int = 1
    ) -> None:
        self.path = path
        self.line = line
        self.column = column
        self.text = text
        self.length = length


class ArgvPlace:
    """A place on a command line: `argv` with secrets masked, `index` from 0.

    An `index` of len(argv) is the end of the line. `start` and `length` are
    characters within that token; a length of 0 is the whole token.
    """

    __slots__ = ("argv", "index", "length", "start")

    def __init__(
        self, argv: tuple[str, ...], index: int, start: int = 0, length: int = 0
    ) -> None:
        self.argv = argv
        self.index = index
        self.start = start
        self.length = length


class EnvPlace:
    """An environment variable."""

    __slots__ = ("variable",)

    def __init__(self, variable: str) -> None:
        self.variable = variable


Place = FilePlace | ArgvPlace | EnvPlace

Word = str | int | float

MASK = "***"
"""What stands for a secret wherever it would be shown."""


class Fault:
    """One thing that is wrong.

    `code` is stable (docs/spec/SPEC.md), `severity` is "error" or "warning",
    `subject` what it is about (a dotted path in a spec, an argument's name in a
    call), `runnable` whose section it stands in (None: the whole file).
    `received` is what stood there, `expected` the values or bounds that would have
    done, `candidates` the nearest known words, best first, `detail` a further
    fact, `item` the position in a list from 1, `related` a second place.
    A secret's value is in none of them.
    """

    __slots__ = (
        "candidates",
        "code",
        "detail",
        "expected",
        "item",
        "place",
        "received",
        "related",
        "runnable",
        "severity",
        "subject",
    )

    def __init__(
        self,
        code: str,
        subject: str = "",
        place: Place | None = None,
        *,
        severity: str = "error",
        runnable: str | None = None,
        received: Word | None = None,
        expected: tuple[Word, ...] = (),
        candidates: tuple[str, ...] = (),
        detail: str = "",
        item: int | None = None,
        related: Place | None = None,
    ) -> None:
        self.code = code
        self.subject = subject
        self.place = place
        self.severity = severity
        self.runnable = runnable
        self.received = received
        self.expected = expected
        self.candidates = candidates
        self.detail = detail
        self.item = item
        self.related = related

    def __repr__(self) -> str:
        return f"<{self.severity} {self.code} {self.subject}>"


class RunspecError(Exception):
    """Anything runspec reports to a person; `faults` says what."""

    exit_status = 1

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults

    def __str__(self) -> str:
        from .render.fault import render_faults

        return render_faults(self.faults)


class SpecError(RunspecError):
    """A spec that can't be used: not found, unreadable or faulty."""


class CallError(RunspecError):
    """A wrong call. `runnable` and `command` say of what."""

    exit_status = 2

    def __init__(
        self, *faults: Fault, runnable: str = "", command: tuple[str, ...] = ()
    ) -> None:
        super().__init__(*faults)
        self.runnable = runnable
        self.command = command


class Refused(Exception):  # noqa: N818
    """A text that is no value of its type: the code, what was expected, a detail."""

    def __init__(self, code: str, *expected: Word, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.detail = detail


def require_posix(subject: str) -> None:
    """Raises RunspecError (`needs-posix`) where the system has no such processes.

    `subject` is what needs them.
    """
    from .paths import IS_POSIX

    if not IS_POSIX:
        raise RunspecError(Fault("needs-posix", subject))


def require_directory() -> None:
    """Raises RunspecError (`unreadable`) where the working directory is gone."""
    import os

    try:
        os.getcwd()
    except FileNotFoundError:
        detail = "it is no longer there"
        fault = Fault("unreadable", "the working directory", detail=detail)
        raise RunspecError(fault) from None
