"""A wrong call put right as far as its faults say how (ERR-04)."""

from __future__ import annotations

from ..errors import MASK, ArgvPlace
from ..model import attribute_of
from .schema_args import is_list
from .usage import metavar, takes_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..errors import CallError, Fault
    from ..model import Arg
    from ..spec.plain import Json
    from .words import Names

VALUES = (
    "not-an-option",
    "not-bool",
    "not-float",
    "not-int",
    "not-path",
    "not-text",
    "not-valid",
    "out-of-range",
    "pattern-mismatch",
    "too-long",
    "too-short",
)


UNKNOWN = ("unknown-argument", "mistyped-argument")


def suggested_call(error: CallError, names: Names) -> str | None:
    """The call as a shell takes it, the nearest words put in, `<...>` for values.

    None where some fault of the command line doesn't say what would be right.
    """
    places = [fault.place for fault in error.faults]
    argv = next((p.argv for p in places if isinstance(p, ArgvPlace)), None)
    if argv is None:
        return None
    draft = _Draft(argv, names)
    if not all(map(draft.mend, error.faults)):
        return None
    from shlex import join

    tokens = [_without_mask(token) for token in draft.tokens if token is not None]
    return join([names.runnable, *tokens, *draft.added])


def suggested_arguments(
    error: CallError, names: Names, arguments: Mapping[str, Json]
) -> dict[str, Json] | None:
    """The same for the JSON arguments of a tool call."""
    draft = dict(arguments)
    for fault in error.faults:
        named = {attribute_of(each): each for each in draft}
        key = named.get(attribute_of(fault.subject.lstrip("-")))
        if fault.code in ("missing-argument", "group-inclusive", "group-requires"):
            draft |= {name: _stand_in(name, names) for name in _wanting(fault)}
        elif key is None:
            return None
        elif fault.code in UNKNOWN:
            value = draft.pop(key)
            if fault.candidates:
                draft[fault.candidates[0].lstrip("-")] = value
        elif fault.code == "not-text" and isinstance(draft[key], bool):
            draft[key] = str(draft[key]).lower()
        else:
            draft[key] = _right_value(fault, draft[key], key, names)
    return draft


def _right_value(fault: Fault, value: Json, name: str, names: Names) -> Json:
    """What would do instead, a list where the argument takes one."""
    arg = names.arg(name)
    word = _candidate(fault, arg) if fault.candidates else _stand_in(name, names)
    if arg is None or not is_list(arg):
        return word
    if fault.code == "not-a-list" and isinstance(value, str):
        return list(value.split(arg.delimiter)) if arg.delimiter else [value]
    if fault.code == "not-a-list" and isinstance(value, int | float):
        return [value]
    item = word[0] if isinstance(word, list) else word
    if fault.item is not None and isinstance(value, list):
        return [item if n == fault.item else v for n, v in enumerate(value, 1)]
    return [item]


def _candidate(fault: Fault, arg: Arg | None) -> Json:
    """The nearest word, a number where the option is one."""
    word = fault.candidates[0]
    options = arg.options if arg is not None else None
    return next((each for each in options or () if str(each) == word), word)


def _wanting(fault: Fault) -> Iterable[str]:
    """The arguments that a fault says are missing."""
    return (
        (fault.subject,)
        if fault.code == "missing-argument"
        else map(str, fault.expected)
    )


def _stand_in(name: str, names: Names) -> Json:
    arg = names.arg(name)
    if arg is not None and not takes_value(arg):
        return True
    word = value_of(name, names)
    return [word] if arg is not None and is_list(arg) else word


def _without_mask(token: str) -> str:
    return token.removesuffix(MASK) + "<VALUE>" if token.endswith(MASK) else token


class _Draft:
    """The tokens of the call, None for those that go, and what is added."""

    def __init__(self, argv: tuple[str, ...], names: Names) -> None:
        self.tokens: list[str | None] = list(argv)
        self.added: list[str] = []
        self.names = names

    def mend(self, fault: Fault) -> bool:
        """Put one fault right; whether that could be done."""
        if fault.code == "missing-argument" or fault.code in (
            "group-inclusive",
            "group-requires",
        ):
            return self._add(fault)
        place = fault.place
        if not isinstance(place, ArgvPlace):
            return True
        if fault.code == "command-missing":
            self.added.insert(0, "<command>")
            return True
        if place.index >= len(self.tokens):
            return False
        return self._at(fault, place)

    def _at(self, fault: Fault, place: ArgvPlace) -> bool:
        if fault.code in ("unexpected-argument", "secret-on-argv"):
            self._remove(place.index, fault)
        elif fault.code == "unexpected-value":
            self.tokens[place.index] = fault.subject
        elif fault.code == "value-missing":
            token = self.tokens[place.index]
            self.tokens[place.index] = f"{token}={self._value(fault.subject)}"
        elif fault.candidates:
            self._replace(place, fault.candidates[0])
        elif fault.code in VALUES:
            self._replace(place, self._value(fault.subject))
        else:
            return False
        return True

    def _add(self, fault: Fault) -> bool:
        for name in _wanting(fault):
            arg = self.names.arg(name)
            if arg is None or arg.type == "password":
                continue
            if arg.position is None:
                self.added.append(f"--{arg.name}")
            if takes_value(arg):
                self.added.append(self._value(arg.name))
        return True

    def _remove(self, index: int, fault: Fault) -> None:
        """Drop a token, and the option before it if it is a secret's value."""
        secret = fault.code == "secret-on-argv"
        if secret and not (self.tokens[index] or "").startswith("-"):
            self.tokens[index - 1] = None
        self.tokens[index] = None

    def _replace(self, place: ArgvPlace, word: str) -> None:
        token = self.tokens[place.index] or ""
        end = place.start + place.length if place.length else len(token)
        self.tokens[place.index] = token[: place.start] + word + token[end:]

    def _value(self, name: str) -> str:
        return value_of(name, self.names)


def value_of(name: str, names: Names) -> str:
    """What stands for a value: `<INT 1..100>`, `<target>`."""
    arg = names.arg(name)
    if arg is None or arg.position is not None:
        return f"<{name.lstrip('-')}>"
    if arg.range is not None:
        return f"<{metavar(arg)} {arg.range[0]}..{arg.range[1]}>"
    return f"<{metavar(arg)}>"
