"""One fault in words: message, what was expected, and what to do."""

from __future__ import annotations

from itertools import zip_longest

from ..errors import ArgvPlace, EnvPlace, FilePlace
from ..model import attribute_of
from .messages import MESSAGES, VARIANTS, filled
from .text import escaped, listed, shortened
from .usage import choices_fit, option, scope_of, spelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..errors import Fault
    from ..errors import Word as Value
    from ..model import Arg, Runnable

LONGEST = 48
"""Longer words are cut in the middle."""
LONGEST_EXPECTED = 120
MOST = 12
"""Of more words than these, the first ones are listed."""
MOST_NAMES = 40
"""The same of names that somebody looks for."""
OF_RUNSPEC = "RUNSPEC_RUNSPEC_ARG_"
"""Variables of the command itself, which nobody is meant to set."""
OF_NAMES = ("unknown-command", "command-missing", "unknown-runnable")

WAYS = ("missing-argument", "secret-on-argv")
"""Codes whose `expected` are variables that would have given the value."""
OPTION_CANDIDATES = ("unknown-argument", "config-unknown-argument")
EXPECTATIONS = ("expected", "first", "second", "members")
"""Words of a template that say what was expected."""
KINDS = {
    "str": "text",
    "password": "a secret",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "path": "a path",
}
NAMING = {
    "variable": "RUNSPEC_ENV_FILE",
    "runnable": "runspec_env of the runnable",
    "config": "runspec_env of [config]",
}


class Names:
    """How a call's arguments are written; `chain` is the runnable and its commands."""

    def __init__(self, chain: Sequence[Runnable] = (), runnable: str = "") -> None:
        self.runnable = chain[0].name if chain else runnable
        self.scope = scope_of(chain)

    @property
    def rest(self) -> str:
        """The argument that takes what is behind `--`, if there is one."""
        return next((a.name for a in self.scope.values() if a.type == "rest"), "")

    def arg(self, name: str) -> Arg | None:
        """The argument of that name, with dashes before it or without."""
        return self.scope.get(attribute_of(name.lstrip("-")))

    def spelled(self, name: str) -> str:
        """`--quality`, `<target>`; a path in a spec stays as it is."""
        if not name or name[0] == "-" or "." in name:
            return _plain(name)
        arg = self.arg(name)
        return f"--{_plain(name)}" if arg is None else spelled(arg)


class Said:
    """A fault in words, on one line each; `candidates` are spelled as they are typed.

    `help` is "" where there is nothing to say; `expected` are words or values, empty
    where the message or the help names them already. `coded` says that the message
    is about a file rather than a call, so that its code is of use.
    """

    __slots__ = ("candidates", "coded", "expected", "help", "message")

    def __init__(
        self,
        message: str,
        expected: tuple[str, ...],
        advice: str,
        candidates: tuple[str, ...],
        coded: bool,
    ) -> None:
        self.message = message
        self.expected = expected
        self.help = advice
        self.candidates = candidates
        self.coded = coded


def say(fault: Fault, names: Names, argument: str = "") -> Said:
    """The fault in words; `argument` stands in for the name of its argument."""
    message, advice, fallback = templates(fault)
    found = _words(fault, names, argument)
    text = filled(message, found)
    expected = _expected(fault, names, fallback, message + advice)
    if _told(expected, text):
        expected = ()
    spelling = names.spelled if _is_typed(fault) else _plain
    near = tuple(spelling(each) for each in fault.candidates)
    help_line = _help(fault, near, advice, found)
    coded = "{argument}" not in message or fault.code == "default-invalid"
    return Said(text, expected, help_line, near, coded)


def _is_typed(fault: Fault) -> bool:
    """Whether its candidates are options; a JSON object, without a place, has names."""
    return fault.code in OPTION_CANDIDATES and fault.place is not None


def templates(fault: Fault) -> tuple[str, str, str]:
    """Message, help and expectation; a check's own for a default that breaks it."""
    found = _variant(fault) or MESSAGES.get(fault.code)
    if fault.code == "default-invalid" and fault.detail in MESSAGES:
        found = MESSAGES[fault.detail]
    message, advice, expected = (*(found or ("{subject}: {code}",)), "", "")[:3]
    return message, advice, expected


def _variant(fault: Fault) -> tuple[str, ...] | None:
    first = str((*fault.expected, "")[0])
    for word in (fault.detail, fault.subject.rpartition(".")[2], first):
        found = VARIANTS.get((fault.code, word))
        if found is not None:
            return found
    return None


def _words(fault: Fault, names: Names, argument: str) -> dict[str, str]:
    """The words that templates may name; empty where the fault doesn't say."""
    received = fault.received
    plain = "" if received is None else _plain(received)
    subject = _subject(fault)
    argument = argument or _item(fault) + names.spelled(fault.subject)
    first, second = (*map(_plain, fault.expected[:2]), "", "")[:2]
    return {
        "code": fault.code.replace("-", " "),
        "subject": _item(fault) + subject,
        "argument": argument,
        "plain": plain,
        "received": _text_received(fault),
        "quoted": _always_quoted(subject if received is None else plain),
        "typed": "" if received is None else _typed(received),
        "named": plain or names.spelled(fault.subject),
        "expected": listed(_some(fault.expected), "or"),
        "first": first,
        "location": _location(fault),
        "second": second,
        "detail": "" if fault.code == "default-invalid" else _plain(fault.detail, 200),
        "members": _members(fault, names),
        "given": _given(fault, names),
        "unset": _unset(fault),
        "mistyped": _plain(fault.detail or fault.received or ""),
        "naming": NAMING.get(fault.detail, _plain(fault.detail)),
        "ways": _ways(fault, names),
        "dashed": _dashed(fault, names),
        "rest": _plain(names.rest),
    }


def _text_received(fault: Fault) -> str:
    """What stood there; a text where its type is what is wrong with it is called so."""
    if fault.received is None:
        return ""
    code = fault.detail if fault.code == "default-invalid" else fault.code
    in_toml = isinstance(fault.place, FilePlace) and fault.place.path.endswith(".toml")
    wrong_type = code in ("not-int", "not-float", "not-bool", "not-a-list")
    return (_typed if wrong_type and in_toml else quoted)(fault.received)


def _subject(fault: Fault) -> str:
    if fault.subject:
        return _plain(fault.subject, 200)
    return (
        _plain(fault.place.path) if isinstance(fault.place, FilePlace) else "the file"
    )


def _location(fault: Fault) -> str:
    path = fault.place.path if isinstance(fault.place, FilePlace) else "the file"
    return _plain(path, 200)


def _item(fault: Fault) -> str:
    return "" if fault.item is None else f"item {fault.item} of "


def _members(fault: Fault, names: Names) -> str:
    return listed(map(names.spelled, map(str, fault.expected[:MOST])), "and")


def _given(fault: Fault, names: Names) -> str:
    """The given arguments of a group: a list with commas, or the one in `detail`."""
    if not fault.code.startswith("group-"):
        return ""
    given = str(fault.received or fault.detail).split(", ")[:MOST]
    if fault.code == "group-kind":
        return listed(map(_plain, given), "and")
    texts = map(names.spelled, given)
    if fault.received is None:
        origins = [_origin(fault.related)]
    else:
        origins = fault.detail.split("\n")
    shown = zip_longest(texts, origins[: len(given)], fillvalue="")
    return listed([f"{each} (from {o})" if o else each for each, o in shown], "and")


def _origin(place: object) -> str:
    """Where a value stands that isn't on the command line."""
    if isinstance(place, EnvPlace):
        return f"the variable {_plain(place.variable)}"
    if isinstance(place, FilePlace):
        return f"{_plain(place.path, 200)}:{place.line}"
    return ""


def _unset(fault: Fault) -> str:
    """How what is given elsewhere is taken back."""
    if not fault.code.startswith("group-"):
        return ""
    origins = fault.detail.split("\n") if fault.received else [_origin(fault.related)]
    ways = []
    for origin in filter(None, origins):
        variable = origin.removeprefix("the variable ")
        here = variable == origin
        ways.append(f"remove it from {origin}" if here else f"`unset {variable}`")
    return listed(ways, "and")


def _ways(fault: Fault, names: Names) -> str:
    """How a value can be given that is missing or stands in a wrong place."""
    arg = names.arg(fault.subject)
    asked = fault.detail == "password-asked"
    secret = fault.code != "missing-argument" or fault.detail == "password" or asked
    variables = [str(each) for each in fault.expected] or _variables(fault, names, arg)
    ways = []
    if not secret:
        typed = names.spelled(fault.subject) if arg is None else option(arg)
        positional = fault.detail == "positional" or not fault.subject
        ways.append("give it" if positional else f"give {typed}")
    variables = [each for each in variables if not each.startswith(OF_RUNSPEC)]
    if variables:
        ways.append(f"set {listed(map(_plain, variables), 'or')}")
    if secret and not asked and (arg is None or arg.required):
        ways.append("run it in a terminal to be asked")
    return ", or ".join(ways)


def _variables(fault: Fault, names: Names, arg: Arg | None) -> list[str]:
    from ..resolve import variable_of

    if not names.runnable or not fault.subject:
        return []
    name = fault.subject.lstrip("-")
    return [*(arg.env if arg else ()), variable_of(names.runnable, name)]


def _dashed(fault: Fault, names: Names) -> str:
    """BIND-05, where the next token begins with a dash."""
    place = fault.place
    if isinstance(place, ArgvPlace) and place.index + 1 < len(place.argv):
        token = place.argv[place.index + 1]
        if token.startswith("-") and token != "--":  # noqa: S105
            given = f"{names.spelled(fault.subject)}={_plain(token)}"
            return f"if {_plain(token)} is the value, write {given}"
    return ""


def _expected(
    fault: Fault, names: Names, fallback: str, template: str
) -> tuple[str, ...]:
    """What else would have done; nothing where the template says it already."""
    if fault.code in WAYS:
        arg = names.arg(fault.subject)
        return (wanted(arg),) if arg is not None and _is_narrow(arg) else ()
    if any(f"{{{word}}}" in template for word in EXPECTATIONS):
        return ()
    if fault.candidates and len(fault.expected) > MOST:
        return ()
    if fallback and _variant(fault) is not None:
        return (fallback,)
    if fault.code == "length-invalid" and isinstance((*fault.expected, "")[0], int):
        return (f"at most {fault.expected[0]}",)
    if fault.code == "not-int" and len(fault.expected) == 2:
        return (f"between {fault.expected[0]} and {fault.expected[1]}",)
    most = MOST_NAMES if fault.code in OF_NAMES else MOST
    return tuple(_some(fault.expected, most)) or ((fallback,) if fallback else ())


def _told(expected: tuple[str, ...], message: str) -> bool:
    """Whether a message has all of these words already."""
    for mark in "\"',:":
        message = message.replace(mark, " ")
    return all(f" {word} " in f" {message} " for word in expected)


def _is_narrow(arg: Arg) -> bool:
    """Whether more is demanded of the value than its metavar says."""
    lengths = (arg.min_length, arg.max_length)
    long_list = arg.options is not None and not choices_fit(arg)
    return long_list or (arg.range, arg.pattern, *lengths) != (None,) * 4


def wanted(arg: Arg) -> str:
    """The values of an argument in words: `an integer between 1 and 100`."""
    if arg.options is not None:
        return listed(_some(arg.options), "or")
    text = KINDS.get(arg.type, f"a value of the type {_plain(arg.type)}")
    if arg.range is not None:
        text += f" between {arg.range[0]} and {arg.range[1]}"
    if arg.min_length is not None:
        text += f" of at least {arg.min_length} characters"
    if arg.max_length is not None:
        joint = " and" if arg.min_length is not None else " of"
        text += f"{joint} at most {arg.max_length} characters"
    return text if arg.pattern is None else f"{text} matching {_plain(arg.pattern)}"


def _help(
    fault: Fault, near: tuple[str, ...], advice: str, found: dict[str, str]
) -> str:
    told = fault.code == "mistyped-argument" or (
        fault.code == "unknown-argument" and _variant(fault) is not None
    )
    if near and not told:
        shown = near if _is_typed(fault) else tuple(map(_always_quoted, near))
        question = f"did you mean {listed(shown, 'or')}?"
        more = filled(advice, found) if fault.code == "unknown-argument" else ""
        return f"{question} {more[:1].upper()}{more[1:]}".rstrip()
    return filled(advice, found)


def _some(expected: Iterable[Value], most: int = MOST) -> list[str]:
    """The first words, and how many more there are."""
    texts = [
        _plain(word, LONGEST_EXPECTED) if word != "" else '""' for word in expected
    ]
    if len(texts) <= most:
        return texts
    return [*texts[:most], f"{len(texts) - most} more"]


def _plain(word: Value, limit: int = LONGEST) -> str:
    if isinstance(word, bool):
        return "true" if word else "false"
    return escaped(shortened(str(word), limit))


def _always_quoted(text: str) -> str:
    return f'"{text}"'


def _typed(word: Value) -> str:
    """What stood in a file: a text in quotes, anything else as it was."""
    shown = _plain(word)
    bare = shown == "a table" or shown[:1] == "[" or shown.startswith("the date ")
    text = isinstance(word, str) and not bare
    return f"{_always_quoted(shown)} (text)" if text else shown


def quoted(word: Value) -> str:
    """A received value: in quotes, unless it is a number or a list or table."""
    shown = _plain(word)
    if not isinstance(word, str) or word == "a table" or shown[:1] == "[":
        return shown
    number = word.isascii() and word.strip("+-").replace(".", "", 1).isdigit()
    return shown if number else _always_quoted(shown)
