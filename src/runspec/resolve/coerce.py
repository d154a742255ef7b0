"""Text to typed values (TYPE-01 to TYPE-12)."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..errors import Word
    from ..model import Arg

    Coercer = Callable[[str, Arg], object]

LONGEST = 1_048_576
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")
INT_MAX = 2**63 - 1
INT_DIGITS = 19
DIGITS = "0123456789"


class Refused(Exception):  # noqa: N818
    """A text that is no value of the type: the code, what was expected, a detail."""

    def __init__(self, code: str, *expected: "Word", detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.detail = detail


def coerce(arg: "Arg", text: str) -> object:
    """The typed and checked value of one text. Raises Refused."""
    if len(text) > LONGEST:
        raise Refused("too-long", LONGEST)
    coercer = COERCERS.get(arg.type)
    if coercer is None:
        raise Refused("unknown-type", *COERCERS)
    try:
        value = coercer(text, arg)
    except Refused:
        raise
    except Exception as error:
        raise Refused("not-valid", arg.type, detail=str(error)) from error
    check(arg, value)
    return value


def check(arg: "Arg", value: object) -> None:
    """Raise Refused where a typed value breaks a check of its argument."""
    if (
        arg.matcher is not None
        or arg.range is not None
        or arg.min_length is not None
        or arg.max_length is not None
        or (arg.options is not None and arg.type != "choice")
    ):
        from ..spec.checks import broken

        found = broken(arg, value)
        if found is not None:
            raise Refused(found.code, *found.expected)


def _str(text: str, _arg: "Arg") -> str:
    if "\0" in text:
        raise Refused("not-text")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Refused("not-text") from None
    return text


def _int(text: str, _arg: "Arg") -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    digits = digits.lstrip("0") or digits[:1]
    if not (digits.isascii() and digits.isdigit()):
        raise Refused("not-int")
    if len(digits) > INT_DIGITS or not -INT_MAX - 1 <= int(text) <= INT_MAX:
        raise Refused("not-int", -INT_MAX - 1, INT_MAX)
    return int(text)


def _float(text: str, _arg: "Arg") -> float:
    if not text or text.strip("0123456789+-.eE") or text[-1] in "+-":
        raise Refused("not-float")
    try:
        value = float(text)
    except ValueError:
        raise Refused("not-float") from None
    if value - value != 0.0:  # infinite: too large for a double
        raise Refused("not-float")
    return value


def _bool(text: str, _arg: "Arg") -> bool:
    word = text.lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise Refused("not-bool", "true", "false")


def _choice(text: str, arg: "Arg") -> object:
    options = arg.options or ()
    for option in options:
        if text == str(option):
            return option
    raise Refused("not-an-option", *options)


def absolute(text: str, _arg: "Arg") -> str:
    """The path's absolute text; made into a Path when it is read (TYPE-06)."""
    if not text or "\0" in text:
        raise Refused("not-path")
    if text[0] == "~":
        text = os.path.expanduser(text)
    try:
        return os.path.abspath(text)
    except OSError as error:  # the current directory is gone
        raise Refused("not-path", detail=error.strerror or "") from None


COERCERS: "dict[str, Coercer]" = {
    "str": _str,
    "password": _str,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "flag": _bool,
    "path": absolute,
    "choice": _choice,
    "rest": _str,
}
"""The coercer of each type; `register_type` adds to it."""
BUILT_IN = frozenset(COERCERS)
