"""The usage line, and how each argument is written in a call."""

from ..model import attribute_of
from .text import WIDTH, display_width, escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..model import Arg, Runnable

METAVARS = {
    "str": "TEXT",
    "int": "INT",
    "float": "NUMBER",
    "bool": "{true,false}",
    "path": "PATH",
    "password": "SECRET",
    "choice": "CHOICE",
    "rest": "TEXT",
}
"""What stands for a value of each type; a registered type is its own name."""

LONGEST_CHOICES = 28
"""Options that take more columns than this aren't listed in the metavar."""


def scope_of(chain: "Sequence[Runnable]") -> "dict[str, Arg]":
    """The arguments in force at the last of `chain`, by attribute (ARG-21)."""
    scope: dict[str, Arg] = {}
    for level in chain:
        for name, arg in level.args.items():
            scope.pop(attribute_of(name), None)
            scope[attribute_of(name)] = arg
    return scope


def positionals(level: "Runnable") -> "list[Arg]":
    """The positional arguments of one level, in their order (BIND-11)."""
    found = [arg for arg in level.args.values() if arg.position is not None]
    return sorted(found, key=lambda arg: arg.position or 0)


def choices_fit(arg: "Arg") -> bool:
    """Whether the metavar of an argument names all its options."""
    return arg.options is not None and len(_choices(arg)) <= LONGEST_CHOICES


def metavar(arg: "Arg") -> str:
    """What stands for the value: INT, {json,csv}, TEXT,... and so on."""
    if choices_fit(arg):
        shown = _choices(arg)
    else:
        shown = METAVARS.get(arg.type) or escaped(arg.type).upper()
    return f"{shown}{arg.delimiter}..." if _plain_delimiter(arg) else shown


def _choices(arg: "Arg") -> str:
    return escaped("{" + ",".join(map(str, (arg.options or ())[:30])) + "}")


def _plain_delimiter(arg: "Arg") -> bool:
    return arg.delimiter is not None and arg.delimiter in ",:;+/|"


def takes_value(arg: "Arg") -> bool:
    """Whether the option is followed by a value."""
    return arg.type != "flag"


def on_by_default(arg: "Arg") -> bool:
    """Whether it is a flag that `--no-x` turns off (BIND-06)."""
    return arg.type == "flag" and arg.default is True


def spelled(arg: "Arg") -> str:
    """How a message names an argument: --quality, <target>, or a secret's name."""
    if arg.position is not None:
        return f"<{arg.name}>"
    return arg.name if arg.type in ("rest", "password") else f"--{arg.name}"


def option(arg: "Arg") -> str:
    """An option as it is typed: `--quality INT`, `--no-cache`."""
    if on_by_default(arg):
        return f"--no-{arg.name}"
    return f"--{arg.name} {metavar(arg)}" if takes_value(arg) else f"--{arg.name}"


def positional(arg: "Arg") -> str:
    """A positional as it is shown: `<target>`, `[release]`, `<file>...`."""
    shown = f"<{arg.name}>" if arg.required else f"[{arg.name}]"
    return shown + "..." if arg.multiple else shown


def usage_line(chain: "Sequence[Runnable]", *, program: str) -> str:
    """The usage on one line. `chain` is a runnable and the commands chosen."""
    return " ".join(usage_parts(chain, program=program))


def usage_parts(
    chain: "Sequence[Runnable]", *, program: str, width: int = WIDTH
) -> "list[str]":
    """The parts of the usage that no line break divides, first what is called.

    Optional arguments are one `[options]` where they don't fit into `width`.
    """
    called = " ".join(_called(chain, program))
    optional, required = _options(chain)
    tail = [*_tail(chain[-1], scope_of(chain))]
    parts = [called, *optional, *required, *tail]
    if optional and display_width(" ".join(parts)) > width:
        parts = [called, "[options]", *required, *tail]
    return parts


def _called(chain: "Sequence[Runnable]", program: str) -> "Iterator[str]":
    """The program and the commands, each level's positionals before the next."""
    yield escaped(program)
    for depth, level in enumerate(chain[1:]):
        yield from map(positional, positionals(chain[depth]))
        yield level.name


def _options(chain: "Sequence[Runnable]") -> "tuple[list[str], list[str]]":
    """What may be given and what must be, as options of a call."""
    scope = scope_of(chain)
    either = _exactly_one(chain, scope)
    optional: list[str] = []
    required: list[str] = []
    for attribute, arg in scope.items():
        if arg.position is not None or arg.type in ("rest", "password"):
            continue
        if attribute in either:
            continue
        shown = option(arg) + ("..." if arg.multiple and not arg.delimiter else "")
        if arg.required:
            required.append(shown)
        else:
            short = arg.short if arg.short and not takes_value(arg) else None
            optional.append(f"[{short or shown}]")
    return optional, [*required, *dict.fromkeys(either.values())]


def _exactly_one(
    chain: "Sequence[Runnable]", scope: "dict[str, Arg]"
) -> "dict[str, str]":
    """`(--fast | --slow)` by the attributes of each group of that kind (GRP-04)."""
    found: dict[str, str] = {}
    for level in chain:
        for group in level.groups.values():
            names = [n for n in map(attribute_of, group.args) if n in scope]
            options = [option(scope[name]) for name in names]
            plain = all(spelled(scope[name])[0] == "-" for name in names)
            if group.exactly_one and plain and len(names) > 1:
                shown = f"({' | '.join(options)})"
                found.update(dict.fromkeys(names, shown))
    return found


def _tail(level: "Runnable", scope: "dict[str, Arg]") -> "Iterator[str]":
    yield from map(positional, positionals(level))
    if level.commands:
        yield "<command>" if level.require_command else "[command]"
    for arg in scope.values():
        if arg.type == "rest":
            yield f"[-- {arg.name}...]"
