"""Faults as text for people, as JSON, and as annotations of GitHub."""

from __future__ import annotations

from ..errors import ArgvPlace, EnvPlace, FilePlace
from .excerpt import Shown, of_argv, of_environment, of_file, source_of
from .messages import RELATED
from .text import BOLD, CYAN, RED, YELLOW, Style, escaped, flow, listed, words
from .words import WAYS, Names, Said, say, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..errors import CallError, Fault
    from ..errors import Word as Value
    from ..model import Runnable
    from ..spec.plain import Json
    from .text import Word

LOOKED_FOR = ("spec-not-found", "config-not-found")
"""Codes whose `expected` are the places looked in."""
MOST_PROBLEMS = 20
"""Of more problems in one call, the first ones are shown."""
MOST_ITEMS = 10
"""Of more wrong items in one list, the first ones are shown."""


def render_faults(faults: Iterable[Fault], *, style: Style | None = None) -> str:
    """Each fault with its code, place and line; a blank line between two.

    Without a style: no colours, and no lines are broken.
    """
    page = _Page(style or Style(), Names(), "")
    return "\n\n".join("\n".join(page.one(fault)) for fault in faults)


def call_error(
    error: CallError,
    *,
    program: str,
    usage: str,
    style: Style,
    chain: Sequence[Runnable] = (),
) -> str:
    """All problems of a wrong call, then its usage and where to read on (ERR-01).

    `chain` is the runnable and the commands chosen, by which arguments are spelled
    as they are typed.
    """
    page = _Page(style, Names(chain, error.runnable), program)
    together = _together(error.faults)
    parts = ["\n".join(page.several(each)) for each in together[:MOST_PROBLEMS]]
    if len(together) > MOST_PROBLEMS:
        parts.append(f"{len(together) - MOST_PROBLEMS} more problems aren't shown.")
    command = escaped(" ".join((program, *error.command)))
    lines = page.folded(("Usage:", BOLD), usage)
    parts.append("\n".join((*lines, f"Try `{command} --help`.")))
    return "\n\n".join(parts)


def call_error_json(
    error: CallError,
    *,
    chain: Sequence[Runnable] = (),
    usage: str,
    arguments: Mapping[str, Json] | None = None,
) -> str:
    """One JSON object on one line (ERR-04), all of it ASCII.

    `arguments` are those of a tool call (SRV); then it suggests others.
    """
    import json

    from .suggest import suggested_arguments, suggested_call

    names = Names(chain, error.runnable)
    body: dict[str, object] = {
        "runnable": error.runnable,
        "command": list(error.command),
        "exit_status": error.exit_status,
        "problems": [_problem(fault, names) for fault in error.faults],
        "usage": usage,
        "suggested_call": suggested_call(error, names),
    }
    if arguments is not None:
        body["suggested_arguments"] = suggested_arguments(error, names, arguments)
    return json.dumps({"error": body})


def _problem(fault: Fault, names: Names) -> dict[str, object]:
    said = say(fault, names)
    return {
        "code": fault.code,
        "argument": fault.subject.lstrip("-") or None,
        "item": fault.item,
        "message": said.message,
        "expected": _values(fault, said, names),
        "received": fault.received,
        "source": source_of(fault.place),
        "suggestion": said.candidates[0] if said.candidates else said.help or None,
    }


def _values(fault: Fault, said: Said, names: Names) -> list[Value]:
    """The expected values, or the expectation in words."""
    if fault.code in WAYS:
        arg = names.arg(fault.subject)
        return [] if arg is None else list(arg.options or (wanted(arg),))
    return list(fault.expected or said.expected)


def faults_json(faults: Iterable[Fault]) -> list[dict[str, object]]:
    """Each fault as plain data with its message; line and column from 1, or None."""
    return [_plain_fault(fault) for fault in faults]


def _plain_fault(fault: Fault) -> dict[str, object]:
    said = say(fault, Names())
    place = fault.place if isinstance(fault.place, FilePlace) else None
    in_file = place is not None and place.line > 0
    return {
        "code": fault.code,
        "severity": fault.severity,
        "runnable": fault.runnable,
        "subject": fault.subject,
        "message": said.message,
        "file": place.path if place else None,
        "line": place.line if place and in_file else None,
        "column": place.column if place and in_file else None,
        "received": fault.received,
        "expected": list(fault.expected) or list(said.expected),
        "candidates": list(said.candidates),
        "help": said.help,
    }


def github(faults: Iterable[Fault]) -> str:
    """One workflow command a line: `::error file=...,line=...,col=...::message`."""
    return "\n".join(map(_annotation, faults))


def _annotation(fault: Fault) -> str:
    said = say(fault, Names())
    place = fault.place
    properties = {"title": fault.code}
    if isinstance(place, FilePlace):
        properties["file"] = place.path
        if place.line:
            properties["line"] = str(place.line)
            properties["col"] = str(place.column)
            properties["endColumn"] = str(place.column + max(place.length, 1))
    order = ("file", "line", "col", "endColumn", "title")
    shown = (
        f"{key}={_property(properties[key])}" for key in order if key in properties
    )
    message = ". ".join(filter(None, (said.message, _expectation(said), said.help)))
    return f"::{fault.severity} {','.join(shown)}::{_data(message)}"


def _data(text: str) -> str:
    text = escaped(text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _expectation(said: Said) -> str:
    if not said.expected:
        return ""
    last = "and" if said.expected[-1].endswith(" more") else "or"
    return f"expected: {listed(said.expected, last)}"


def _together(faults: Iterable[Fault]) -> list[list[Fault]]:
    """The wrong items of one argument are one problem (LST-02)."""
    found: list[list[Fault]] = []
    by_argument: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.item is None:
            found.append([fault])
        elif fault.subject in by_argument:
            by_argument[fault.subject].append(fault)
        else:
            by_argument[fault.subject] = [fault]
            found.append(by_argument[fault.subject])
    return found


class _Page:
    """Writes faults in one style; `program` stands before a command line."""

    def __init__(self, style: Style, names: Names, program: str) -> None:
        self.style = style
        self.names = names
        self.program = program

    def one(self, fault: Fault) -> Iterator[str]:
        """Headline, excerpt, expectation and help."""
        said = say(fault, self.names)
        in_call = self.program or isinstance(fault.place, ArgvPlace | EnvPlace)
        code = fault.code if said.coded and not in_call else ""
        yield from self._headline(fault, said.message, code)
        yield from self._place([fault])
        yield from self._hints(fault, said)

    def several(self, faults: list[Fault]) -> Iterator[str]:
        """One problem of a call: a fault, or the wrong items of one list."""
        if len(faults) == 1:
            yield from self.one(faults[0])
            return
        argument = self.names.spelled(faults[0].subject)
        yield from self._headline(
            faults[0], f"{argument}: {len(faults)} items are wrong", ""
        )
        yield from self._place(faults)
        for fault in faults[:MOST_ITEMS]:
            said = say(fault, self.names, f"item {fault.item}")
            near = f" ({said.help})" if said.candidates else ""
            yield from self.folded(("", ""), f"{said.message}{near}", indent=2)
        if len(faults) > MOST_ITEMS:
            yield f"  and {len(faults) - MOST_ITEMS} more"
        yield from self._expected(say(faults[0], self.names))

    def _headline(self, fault: Fault, message: str, code: str) -> Iterator[str]:
        look = RED if fault.severity == "error" else YELLOW
        label = f"{fault.severity}[{code}]:" if code else f"{fault.severity}:"
        yield from self.folded((label, look), message, BOLD)

    def folded(
        self, label: Word, text: str, look: str = "", indent: int = 0
    ) -> Iterator[str]:
        """A label and words; on a terminal in lines, the later ones set in by two."""
        pieces = ([label] if label[0] else []) + words(text, look)
        width = self.style.width - indent - 2 if self.style.terminal else 1 << 30
        lead = " " * indent
        for line in flow(pieces, width):
            yield lead + self.style.line(line)
            lead = " " * (indent + 2)

    def _place(self, faults: list[Fault]) -> Iterator[str]:
        place, related = faults[0].place, faults[0].related
        shown = Shown(self.style, faults[0].severity)
        if isinstance(place, FilePlace):
            second = related if isinstance(related, FilePlace) else None
            note = RELATED.get(faults[0].code, "the first one")
            yield from of_file(place, shown, second, note)
        elif isinstance(place, EnvPlace):
            yield f"  {of_environment(place)}"
        else:
            places = [f.place for f in faults if isinstance(f.place, ArgvPlace)]
            yield from of_argv(places, self.program, shown)

    def _hints(self, fault: Fault, said: Said) -> Iterator[str]:
        if fault.code in LOOKED_FOR and fault.expected:
            yield "  looked in:"
            yield from (f"    {each}" for each in said.expected)
        else:
            yield from self._expected(said)
        if said.help:
            yield from self.folded(("help:", CYAN), said.help, indent=2)

    def _expected(self, said: Said) -> Iterator[str]:
        text = _expectation(said).partition(" ")[2]
        if text:
            yield from self.folded(("expected:", CYAN), text, indent=2)
