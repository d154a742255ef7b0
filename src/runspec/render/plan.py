"""What a person reads before saying yes or no to a call of an agent.

Plain text for a terminal and for a dialog alike. What an agent gave stands at the
end of a line of its own, quoted, so that it can be taken for nothing else.
"""

from __future__ import annotations

from ..errors import MASK, EnvPlace, FilePlace
from ..model import attribute_of, autonomy_of, is_secret
from .text import display_width, escaped, paragraphs, shortened
from .usage import spelled
from .visible import quoted, shell_word, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..call import Invocation, Value
    from ..model import Arg
    from ..spec.plain import Json

MOST_VALUES = 30
MOST_ITEMS = 400
"""Characters of a list, or of all defaults, that are shown."""
MOST_COMMAND = 400
"""Characters of a command line that are shown."""
MOST_WHOLE = 200_000
"""Characters of a plan that leaves nothing out."""
MOST_OUTPUT = 4_000
"""Characters of output in a dialog."""
SHORTEST = 80
"""As many bytes count for a line of output that is shorter."""
LONGEST_TEXT = 2_000
WIDEST_COLUMN = 32
TAB = "\t"
CONTINUED = " " * 8
"""Deeper than any line that isn't the continuation of another."""

DEFAULT = "spec_default"
ORDER = ("cli", "prompt", "env", "runspec_env", "config", DEFAULT)
SOURCES = {"cli": "the agent", "prompt": "a prompt", DEFAULT: "the default"}


class Output:
    """What a program wrote, and its status: an exit code, or minus a signal."""

    __slots__ = ("status", "stderr", "stdout")

    def __init__(self, stdout: bytes, stderr: bytes, status: int) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.status = status


class Plan:
    """A resolved call, and how it runs.

    `command` are all tokens of the command line, the program first. `user` is as
    whom it runs on `host`, `principal` who asks. `level` is its effective autonomy,
    `reason` why its runnable has one. `given` are the arguments that the agent gave.
    `program` is what is started, in the directory `cwd`; `loose` says why its code
    could change nevertheless. `changes` are what is another than when a person was
    last asked.
    """

    __slots__ = (
        "call",
        "changes",
        "command",
        "cwd",
        "given",
        "host",
        "level",
        "loose",
        "principal",
        "program",
        "reason",
        "user",
    )

    def __init__(
        self,
        call: Invocation,
        command: Sequence[str],
        *,
        host: str,
        user: str,
        principal: str,
        reason: str | None = None,
        level: str | None = None,
        given: Iterable[Arg] | None = None,
        program: str = "",
        loose: str = "",
        cwd: str = "",
        changes: Sequence[str] = (),
    ) -> None:
        """`level` and `given` are by default what the command line alone says."""
        self.call = call
        self.command = command
        self.host = host
        self.user = user
        self.principal = principal
        self.reason = reason
        self.program = program
        self.loose = loose
        self.cwd = cwd
        self.changes = changes
        self.level = level or call.autonomy
        names = given if given is not None else _on_the_line(call)
        self.given = frozenset(attribute_of(arg.name) for arg in names)


def _on_the_line(call: Invocation) -> list[Arg]:
    return [value.arg for value in call.values.values() if value.source == "cli"]


def plan_text(plan: Plan, *, whole: bool = False) -> str:
    """The call that waits for a yes; `whole` leaves nothing out."""
    return _text(f"{_who(plan)} asks to run {_name(plan)}.", plan, whole)


def ran_text(plan: Plan, *, whole: bool = False) -> str:
    """The call that ran, whose output waits for a yes."""
    head = f"{_who(plan)} ran {_name(plan)}, and asks to see what it wrote."
    return _text(head, plan, whole)


def dry_run_text(output: Output) -> str:
    """What a dry run wrote, for the person who decides about the call."""
    head = f"What a dry run of it wrote ({_ending(output.status)}):"
    return "\n".join([head, *_written(output, MOST_OUTPUT)])


def _who(plan: Plan) -> str:
    """By the word of whoever calls; the level holds for both."""
    return "An agent" if plan.call.agent else "A person"


def host_text(
    head: str,
    about: str,
    facts: Mapping[str, str],
    arguments: Mapping[str, Json],
    *,
    whole: bool,
) -> str:
    """A call of a tool of another host, whose spec isn't here."""
    lines = [escaped(head), ""]
    for paragraph in paragraphs(shortened(about, LONGEST_TEXT)):
        lines += [*(f"  {escaped(line)}" for line in paragraph), ""]
    lines += _columns((name, visible(text)) for name, text in facts.items())
    rows = [(visible(name), _argument(each, whole)) for name, each in arguments.items()]
    most = len(rows) if whole else MOST_VALUES
    if rows:
        lines += ["", "Arguments, all of the agent:", *_columns(rows[:most])]
    if len(rows) > most:
        lines.append(f"  ...and {len(rows) - most} more, which aren't shown")
    return _limit("\n".join(lines))


def _argument(value: Json, whole: bool) -> str:
    import json

    if isinstance(value, str):
        return quoted(value, whole=whole)
    return shell_word(json.dumps(value), whole=whole)


def _text(head: str, plan: Plan, whole: bool) -> str:
    return _limit("\n".join([head, *_about(plan, whole)]))


def _limit(text: str) -> str:
    if len(text) <= MOST_WHOLE:
        return text
    return f"{text[:MOST_WHOLE]}\n  ...and {len(text) - MOST_WHOLE:,} more characters"


def release_text(ran: str, output: Output) -> str:
    """The text of a call that ran, and the head of what it wrote."""
    return f"{ran}\n\n{output_text(output)}"


def output_text(output: Output, most: int = MOST_OUTPUT) -> str:
    """The first `most` characters of what a program wrote, each line marked."""
    head = f"What it wrote ({_ending(output.status)}):"
    return "\n".join([head, *_written(output, most)])


def _name(plan: Plan) -> str:
    return escaped(" ".join(level.name for level in plan.call.chain))


def _about(plan: Plan, whole: bool) -> Iterator[str]:
    call = plan.call
    text = call.leaf.description or ""
    for lines in paragraphs(text if whole else shortened(text, LONGEST_TEXT)):
        yield ""
        yield from (f"  {escaped(line)}" for line in lines)
    yield ""
    yield from _columns(_facts(plan))
    values, defaults = _rows(plan, whole)
    if values:
        most = len(values) if whole else MOST_VALUES
        yield from ("", "Values, and where each comes from:")
        yield from _columns(values[:most])
        if len(values) > most:
            yield f"  ...and {len(values) - most} more, which aren't shown"
    if defaults:
        yield from ("", "As by default:")
        yield f"  {_joined(defaults, ', ', MOST_WHOLE if whole else MOST_ITEMS)}"
    yield from ("", "Command line:", f"  {_command(plan.command, whole)}")


def _facts(plan: Plan) -> Iterator[tuple[str, ...]]:
    call = plan.call
    if plan.changes:
        yield "Changed", f"since a person was last asked: {', '.join(plan.changes)}"
    yield "Declared in", escaped(call.spec_path)
    if plan.program:
        yield "Starts", escaped(plan.program)
    if plan.loose:
        yield "Not fixed", escaped(plan.loose)
    if plan.cwd:
        yield "Directory", escaped(plan.cwd)
    yield "Runs on", escaped(plan.host)
    yield "As the user", escaped(plan.user)
    yield "Asked by", visible(plan.principal)
    reason = " ".join((plan.reason or "").split())
    level = f"{plan.level}{_raised(plan)}"
    yield "Autonomy", f"{level}: {escaped(reason)}" if reason else level


def _raised(plan: Plan) -> str:
    """Which arguments make the call stricter than its runnable (AUT-03)."""
    call = plan.call
    if plan.level == autonomy_of(call.chain, call.config):
        return ""
    given = (
        call.scope[attribute] for attribute in call.scope if attribute in plan.given
    )
    names = [spelled(arg) for arg in given if arg.autonomy == plan.level]
    return f", because of {' and '.join(names)}"


def _rows(plan: Plan, whole: bool) -> tuple[list[tuple[str, ...]], list[str]]:
    """What differs from the defaults, the agent's first; and the defaults."""
    found = []
    defaults = []
    for attribute, value in plan.call.values.items():
        if value.plain is None:
            continue
        source = "cli" if attribute in plan.given else value.source
        if source == DEFAULT:
            defaults.append(f"{escaped(value.arg.name)} {_shown(value, source, whole)}")
        else:
            found.append((ORDER.index(source), value, source))
    found.sort(key=lambda each: each[0])
    rows: list[tuple[str, ...]] = [
        (escaped(value.arg.name), _origin(value, source), _shown(value, source, whole))
        for _, value, source in found
    ]
    return rows, defaults


def _origin(value: Value, source: str) -> str:
    if source in SOURCES:
        return SOURCES[source]
    place = value.place
    if isinstance(place, EnvPlace):
        return f"the variable {escaped(place.variable)}"
    if isinstance(place, FilePlace):
        line = f":{place.line}" if place.line else ""
        return f"{escaped(place.path)}{line}"
    return source


def _shown(value: Value, source: str, whole: bool) -> str:
    """The value; `***` for a secret, for an agent may see this (TYPE-09)."""
    plain = value.plain
    if is_secret(value.arg, source):
        return MASK
    if not isinstance(plain, list):
        return _item(plain, whole)
    items = [_item(each, whole) for each in plain]
    most = MOST_WHOLE if whole else MOST_ITEMS
    return _joined(items, ", ", most) or "nothing"


def _joined(items: Sequence[str], mark: str, most: int) -> str:
    """As many items as `most` characters hold, at least one, and how many are left."""
    used = 0
    for at, each in enumerate(items):
        used += len(each) + len(mark)
        if used > most and 0 < at < len(items):
            left = len(items) - at
            return f"{mark.join(items[:at])} ...and {left:,} more of {len(items):,}"
    return mark.join(items)


def _item(value: object, whole: bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return quoted(str(value), whole=whole)


def _command(tokens: Sequence[str], whole: bool) -> str:
    words = [shell_word(token, whole=whole) for token in tokens]
    return _joined(words, " ", MOST_WHOLE if whole else MOST_COMMAND)


def _columns(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Cells side by side; the last one, which ends its line, may be an agent's."""
    found = list(rows)
    widths = [0] * max((len(row) for row in found), default=0)
    for row in found:
        for at, cell in enumerate(row[:-1]):
            widths[at] = min(max(widths[at], display_width(cell)), WIDEST_COLUMN)
    for row in found:
        cells = [
            cell + " " * (widths[at] - display_width(cell))
            for at, cell in enumerate(row[:-1])
        ]
        yield "  " + "  ".join([*cells, row[-1]])


def _ending(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"ended by signal {-status}"


def _written(output: Output, most: int) -> Iterator[str]:
    """Its two streams, stderr only where there is something on it."""
    yield from _lines(output.stdout, most)
    if output.stderr:
        yield "and on stderr:"
        yield from _lines(output.stderr, most)


def _lines(content: bytes, most: int) -> Iterator[str]:
    """At most `most` bytes of output, and not too many lines, each behind a bar."""
    if not content:
        yield "  (nothing)"
        return
    lines = content[:most].removesuffix(b"\n").split(b"\n", most // SHORTEST)
    del lines[most // SHORTEST :]
    for line in lines:
        text = line.decode("utf-8", "surrogateescape").removesuffix("\r")
        yield f"  | {visible(text.replace(TAB, '    '))}".rstrip()
    left = len(content.removesuffix(b"\n")) - len(b"\n".join(lines))
    if left > 0:
        yield f"  ...and {left:,} more bytes, which aren't shown"


def fitted(text: str, width: int) -> str:
    """The lines of a text in at most `width` columns.

    What goes on is set in deeper than any other line, so that no part of a value
    begins one.
    """
    return "\n".join(part for line in text.split("\n") for part in _parts(line, width))


def _parts(line: str, width: int) -> Iterator[str]:
    while display_width(line) > width:
        at = _break(line, width)
        yield line[:at].rstrip()
        line = CONTINUED + line[at:].lstrip(" ")
    yield line


def _break(line: str, width: int) -> int:
    """Where to divide a line: behind a space, or else where the width ends."""
    end = used = 0
    while used <= width:
        used += display_width(line[end])
        end += 1
    space = line.rfind(" ", 0, end)
    return space + 1 if space > end // 2 else max(end - 1, len(CONTINUED) + 1)
