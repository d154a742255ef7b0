"""The help page of a runnable or of one of its commands (HELP)."""

from ..model import attribute_of, autonomy_of
from ..policy import strictest
from ..resolve import variable_of
from .text import (
    BOLD,
    CYAN,
    DIM,
    YELLOW,
    display_width,
    escaped,
    flow,
    listed,
    paragraphs,
    shortened,
    words,
)
from .usage import (
    choices_fit,
    metavar,
    on_by_default,
    positional,
    positionals,
    scope_of,
    spelled,
    takes_value,
    usage_parts,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..model import Arg, Config, Runnable
    from ..model_more import Group
    from .text import Style, Word

STACKED = 60
"""Narrower pages have descriptions below what they describe."""
INDENT = 10
LONGEST_DEFAULT = 40
MOST_OPTIONS = 40
OWN = "runspec"
"""The command itself, whose variables and config file aren't offered."""
CONFIG = "~/.config/runspec/runspec.config.toml, or beside the spec"

LEVELS = {
    "autonomous": "agents may run this on their own",
    "supervised": "agents may run this, then show the result to a person",
    "confirm": "agents ask a person first",
    "manual": "agents can't run this, people can",
}
ARG_LEVELS = {
    "supervised": "supervised: agents show the result",
    "confirm": "confirm: agents ask first",
    "manual": "manual: agents can't set it",
}


class Row:
    """One line of a section: what is typed, what it is, and facts about it."""

    __slots__ = ("facts", "left", "text")

    def __init__(self, left: str, text: str, facts: "Iterable[Word]" = ()) -> None:
        self.left = left
        self.text = text
        self.facts = facts


class Section:
    """A heading, a note behind it, and rows."""

    __slots__ = ("note", "rows", "title")

    def __init__(self, title: str, rows: "list[Row]", note: str = "") -> None:
        self.title = title
        self.rows = rows
        self.note = note


def help_page(
    chain: "Sequence[Runnable]", config: "Config", *, program: str, style: "Style"
) -> str:
    """The page of the last of `chain`, without a newline at its end.

    `chain` is a runnable and the commands below it, outermost first; `program` is
    what is typed for the runnable.
    """
    blocks = [_usage(chain, program, style)]
    about = paragraphs(chain[-1].description or "")
    blocks += ["\n".join(_prose(line, style) for line in lines) for lines in about]
    blocks += _laid_out(_sections(chain, config), style)
    notes = _notes(chain, config, program)
    blocks.append("\n".join(_prose(text, style, label) for label, text in notes))
    return "\n\n".join(filter(None, blocks))


def _usage(chain: "Sequence[Runnable]", program: str, style: "Style") -> str:
    label = "Usage:"
    room = style.width - len(label) - 1
    called, *parts = usage_parts(chain, program=program, width=room)
    lead = f"{style.paint(label, BOLD)} {style.paint(called, BOLD)}"
    indent = len(label) + display_width(called) + 2
    fits = indent <= style.width // 2
    indent = indent if fits else len(label) + 1
    lines = flow([(part, "") for part in parts], style.width - indent)
    joint = "\n" + " " * indent
    body = joint.join(map(style.line, lines))
    return lead + (" " if fits else joint) + body if body else lead


def _prose(text: str, style: "Style", label: str = "") -> str:
    """Text in lines; those after the first are indented below a label.

    A line that is indented stays as it is.
    """
    if text[:1] == " ":
        return escaped(text)
    pieces = (words(label, BOLD) if label else []) + words(text)
    indent = "  " if label or text.startswith(("- ", "* ")) else ""
    lines = flow(pieces, style.width - len(indent))
    return f"\n{indent}".join(map(style.line, lines))


def _sections(chain: "Sequence[Runnable]", config: "Config") -> "Iterator[Section]":
    level = chain[-1]
    scope = scope_of(chain)
    facts = Facts(chain[0].name, autonomy_of(chain, config))
    own = {attribute_of(name) for name in level.args}
    ordered = [arg for each in chain for arg in positionals(each)]
    ordered += [arg for arg in scope.values() if arg.type == "rest"]
    shown = {attribute_of(arg.name) for arg in ordered}
    groups = [*_groups(chain, scope, facts, shown)]
    left = {name: arg for name, arg in scope.items() if name not in shown}
    secrets = [arg for arg in left.values() if arg.type == "password"]
    options = {name: arg for name, arg in left.items() if arg.type != "password"}
    yield from _commands(level)
    yield Section("Arguments", [facts.row(arg) for arg in ordered])
    rows = [facts.row(arg) for name, arg in options.items() if name in own]
    yield Section("Options", rows + _always("version" in scope, config))
    yield from groups
    above = [facts.row(arg) for name, arg in options.items() if name not in own]
    yield Section("Global options", above)
    note = "from the environment, never on the command line" if secrets else ""
    yield Section("Secrets", [facts.row(arg) for arg in secrets], note)
    yield Section("Examples", [Row(e.cmd, e.description or "") for e in level.examples])


def _commands(level: "Runnable") -> "Iterator[Section]":
    """The commands, below the heading that each has (HELP-06)."""
    sections: dict[str, Section] = {}
    for command in level.commands.values():
        title = " ".join(escaped(command.section or "Commands").split())
        section = sections.setdefault(title, Section(title, []))
        section.rows.append(_command(command))
    yield from sections.values()


def _command(command: "Runnable") -> Row:
    first = [lines[0] for lines in paragraphs(command.description or "")[:1]]
    return Row(command.name, "".join(first))


def _always(has_version: bool, config: "Config") -> "list[Row]":
    rows = []
    if config.logging is not None:
        rows.append(Row("    --debug", "Show debug messages, too"))
        rows.append(Row("    --no-summary", "Don't say at the end how it ended"))
    rows.append(Row("-h, --help", "Show this help"))
    if not has_version:
        rows.append(Row("    --version", "Show the version"))
    return rows


def _groups(
    chain: "Sequence[Runnable]",
    scope: "Mapping[str, Arg]",
    facts: "Facts",
    shown: "set[str]",
) -> "Iterator[Section]":
    """A section for each group; an argument stands in the first that names it."""
    for level in reversed(chain):
        for group in level.groups.values():
            trigger = (group.trigger,) if group.trigger else ()
            names = dict.fromkeys(map(attribute_of, (*trigger, *group.args)))
            needed = dict.fromkeys(map(attribute_of, group.requires))
            members = [scope[name] for name in names if name in scope]
            required = [scope[name] for name in needed if name in scope]
            new = [n for n in (*names, *needed) if n in scope and n not in shown]
            complete = len(new) == len(members)
            rule = _rule(group, members, required, complete)
            if rule:
                shown.update(new)
                rows = [facts.row(scope[name]) for name in dict.fromkeys(new)]
                yield Section(_title(group.name), rows, rule)


def _title(name: str) -> str:
    plain = name.replace("-", " ").replace("_", " ").strip()
    return escaped(plain[:1].upper() + plain[1:])


def _rule(
    group: "Group", members: "list[Arg]", required: "list[Arg]", complete: bool
) -> str:
    """The relation in words (HELP-05); empty where it says nothing (GRP-06)."""
    if group.trigger is not None:
        if not members or not required:
            return ""
        verb = "is" if len(required) == 1 else "are"
        needed = listed(map(spelled, required), "and")
        return f"with {spelled(members[0])}, {needed} {verb} required"
    least = 1 if group.at_least_one or group.exactly_one else 2
    if len(members) < least:
        return ""
    if complete and len(members) > 1:
        these = "these"
    else:
        these = listed(map(spelled, members), "and")
    if group.inclusive:
        return f"all or none of {these}"
    if len(members) == 1:
        return f"{these} is required"
    if group.exactly_one:
        return f"exactly one of {these}"
    return f"{'one or more' if group.at_least_one else 'at most one'} of {these}"


class Facts:
    """Says what is known of each argument of one page."""

    __slots__ = ("level", "runnable")

    def __init__(self, runnable: str, level: str) -> None:
        self.runnable = runnable
        self.level = level

    def row(self, arg: "Arg") -> Row:
        """The line of one argument (HELP-02)."""
        text = " ".join(escaped(" ".join((arg.description or "").split())).split(" "))
        return Row(_left(arg), text, self._all(arg))

    def _all(self, arg: "Arg") -> "Iterator[Word]":
        if arg.required:
            yield "[required]", BOLD
        if arg.type == "password":
            yield f"[{self._ways(arg)}]", DIM
        else:
            for fact in _of_value(arg):
                yield f"[{escaped(fact)}]", DIM
            if arg.env:
                yield f"[env: {', '.join(map(escaped, arg.env))}]", DIM
        level = arg.autonomy
        if level and (level == "manual" or self._raised(level)):
            yield f"[{ARG_LEVELS.get(level, level)}]", DIM
        if arg.deprecated is not None:
            note = " ".join(arg.deprecated.split())
            yield f"[deprecated{': ' if note else ''}{escaped(note)}]", YELLOW

    def _raised(self, level: str) -> bool:
        return strictest((level, self.level)) != self.level

    def _ways(self, arg: "Arg") -> str:
        names = [escaped(name) for name in arg.env]
        names.append(variable_of(self.runnable, arg.name))
        prompt = ", or be asked in a terminal" if arg.required else ""
        return f"secret: set {listed(names, 'or')}{prompt}"


def _left(arg: "Arg") -> str:
    if arg.position is not None:
        return positional(arg)
    if arg.type == "rest":
        return f"-- {arg.name}..."
    if arg.type == "password":
        return arg.name
    short = f"{arg.short}, " if arg.short else "    "
    if on_by_default(arg):
        return f"{short}--{arg.name}, --no-{arg.name}"
    return f"{short}--{arg.name}" + (f" {metavar(arg)}" if takes_value(arg) else "")


def _of_value(arg: "Arg") -> "Iterator[str]":
    """Facts about the value, in the order they are of use."""
    default = _default(arg)
    if default:
        yield f"default: {default}"
    if arg.options is not None and not (choices_fit(arg) and arg.position is None):
        more = len(arg.options) - MOST_OPTIONS
        known = [str(option) for option in arg.options[:MOST_OPTIONS]]
        yield f"one of: {', '.join(known)}" + (f" and {more} more" if more > 0 else "")
    elif arg.position is not None and arg.type not in ("str", "choice"):
        yield metavar(arg)
    if arg.range is not None:
        yield f"{arg.range[0]}..{arg.range[1]}"
    if arg.min_length is not None or arg.max_length is not None:
        yield _length(arg.min_length, arg.max_length)
    if arg.pattern is not None:
        yield f"pattern: {arg.pattern}"
    if arg.delimiter is not None:
        yield f'repeatable, split by "{arg.delimiter}"'
    elif arg.multiple:
        yield "repeatable"


def _default(arg: "Arg") -> str:
    value = arg.default
    if arg.required or value is None or arg.type == "rest":
        return ""
    if arg.type == "flag":
        return "on" if value is True else ""
    if isinstance(value, list | tuple):
        joint = arg.delimiter or ", "
        return shortened(joint.join(map(_word, value)), LONGEST_DEFAULT)
    return shortened(_word(value), LONGEST_DEFAULT) or '""'


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _length(low: "int | None", high: "int | None") -> str:
    if low is None:
        return f"at most {high} characters"
    if high is None:
        return f"at least {low} characters"
    return f"{low}..{high} characters"


def _laid_out(sections: "Iterable[Section]", style: "Style") -> "list[str]":
    """Each section that has something to say; one column for all descriptions.

    Examples have one of their own, as they are longer than names.
    """
    found = [section for section in sections if section.rows or section.note]
    calls = [section for section in found if section.title == "Examples"]
    names = [section for section in found if section.title != "Examples"]
    texts = ["\n".join(_section(s, _column(names, style), style)) for s in names]
    return texts + ["\n".join(_section(s, _column(calls, style), style)) for s in calls]


def _column(sections: "list[Section]", style: "Style") -> int:
    """Where descriptions begin."""
    if style.width < STACKED:
        return INDENT
    limit = style.width * 9 // 20
    lefts = [display_width(row.left) for section in sections for row in section.rows]
    return max((left + 4 for left in lefts if left + 4 <= limit), default=limit)


def _section(section: Section, column: int, style: "Style") -> "Iterator[str]":
    note = f" ({section.note})" if section.note else ""
    heading = f"{section.title}{note}:" if section.rows else f"{section.title}{note}"
    yield from (style.line(line) for line in flow(words(heading, BOLD), style.width))
    for row in section.rows:
        yield from _row(row, column, style)


def _row(row: Row, column: int, style: "Style") -> "Iterator[str]":
    left = escaped(row.left)
    lead = "  " + left
    pieces = words(row.text) if row.text else []
    for fact, look in row.facts:
        wide = display_width(fact) > style.width - column
        pieces += words(fact, look) if wide else [(fact, look)]
    lines = flow(pieces, style.width - column) if pieces else []
    painted = "  " + style.paint(left, CYAN)
    gap = column - display_width(lead)
    if lines and gap >= 2 and style.width >= STACKED:
        yield painted + " " * gap + style.line(lines.pop(0))
    else:
        yield painted
    for line in lines:
        yield " " * column + style.line(line)


def _notes(
    chain: "Sequence[Runnable]", config: "Config", program: str
) -> "Iterator[tuple[str, str]]":
    """What is said at the end, each a label and a text."""
    if config.help_autonomy:
        level = autonomy_of(chain, config)
        yield "Autonomy:", f"{level} ({LEVELS.get(level, level)}){_reason(chain)}"
    name = chain[0].name
    args = [arg for arg in scope_of(chain).values() if arg.type != "rest"]
    if args and name != OWN:
        every = variable_of(name, "") + "<NAME>"
        first = f"{variable_of(name, args[0].name)} for {spelled(args[0])}"
        yield "Environment:", f"{every} sets an argument, such as {first}"
        yield "Config file:", f"[{name}] in {CONFIG}"
    if chain[-1].commands:
        typed = " ".join((program, *(level.name for level in chain[1:])))
        yield "Commands:", f"`{typed} <command> --help` tells more about one"


def _reason(chain: "Sequence[Runnable]") -> str:
    """Why the level holds: the reason given where it is declared, or below."""
    for level in reversed(chain):
        if level.autonomy_reason:
            return ". " + " ".join(level.autonomy_reason.split())
        if level.autonomy is not None:
            break
    return ""
