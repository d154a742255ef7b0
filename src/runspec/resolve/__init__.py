"""A command line and its surroundings to a checked call.

What `bind` found on the line comes first, then the other places a value may come
from (SRC), each text made a value of its type (TYPE) and checked.
"""

import os
import sys

from ..call import Invocation, Value
from ..model import attribute_of, failed_check
from ..paths import config_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..call import Given, Origin
    from ..errors import Word
    from ..model import Arg, Config, Runnable
    from .envfile import EnvFile

    Coercer = Callable[[str, Arg], object]

LONGEST = 1_048_576
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")
INT_MAX = 2**63 - 1
INT_DIGITS = 19


def resolve(
    runnable: "Runnable",
    config: "Config",
    argv: "Sequence[str]",
    environ: "Mapping[str, str]",
    *,
    spec_path: str,
) -> Invocation:
    """Bind `argv`, find every value, check them and the groups.

    Raises CallError with all faults. Where help or the version was asked for, the
    call says so and has no values.
    """
    call = Invocation(runnable, config, argv, environ, spec_path)
    call.bind()
    if call.asked:
        return call
    if not call.lost:
        for attribute, arg in call.scope.items():
            call.values[attribute] = value_of(call, attribute, arg)
        env_file(call)
    for level in call.chain:
        if level.groups and not (call.lost or call.unread):
            from .groups import broken_groups

            call.faults += broken_groups(level, call)
    if call.faults:
        from .report import call_error

        raise call_error(call)
    return call


def declared(runnable: "Runnable", config: "Config", *, spec_path: str) -> Invocation:
    """The runnable with its defaults only, as `load_spec()` gives it (CMD-04)."""
    call = Invocation(runnable, config, (), {}, spec_path)
    for name, arg in call.scope.items():
        call.values[name] = _declared(call, arg)
    return call


def upper(name: str) -> str:
    """A name as it stands in the name of a variable."""
    return attribute_of(name).replace(".", "_").upper()


def variable_of(runnable: str, arg: str) -> str:
    """The variable of SRC-02."""
    return f"RUNSPEC_{upper(runnable)}_ARG_{upper(arg)}"


def value_of(call: Invocation, attribute: str, arg: "Arg") -> Value:
    """The value of one argument: the first place that has one wins."""
    if attribute in call.failed:
        return Value(arg, None, "not_set")
    given = call.given.get(attribute)
    if given:
        return _from_cli(call, arg, given)
    for place in (_from_environment, _from_env_file, _from_config):
        value = place(call, arg)
        if value is not None:
            return value
    return _from_default(call, arg)


def _from_cli(call: Invocation, arg: "Arg", given: "list[Given]") -> Value:
    text, index, _ = given[-1]
    value: object
    if arg.type == "rest":
        value = [text for text, _, _ in given]
    elif arg.multiple:
        texts = ((item, each) for each in given for item in _split(arg, each[0]))
        value = _items(call, arg, texts)
    elif text is True:
        value = True
    else:
        value = _coerced(call, arg, str(text), given[-1])
    return _warned(call, Value(arg, value, "cli", (call.argv, index)))


def _from_environment(call: Invocation, arg: "Arg") -> "Value | None":
    environ = call.environ
    name = variable_of(call.chain[0].name, arg.name)
    text = environ.get(name)
    if text is None or not _is_own(call, name) or _is_empty_secret(arg, text):
        for name in arg.env:
            text = environ.get(name)
            if text and _is_own(call, name):
                break
        else:
            return None
    if arg.type == "password" and text.startswith("keyring:"):
        file = env_file(call)
        if file is not None and file.variables.get(name) == text:
            return None  # merged from there by a parse() before (ENV-03)
    return _from_text(call, arg, text, "env", name)


def _is_empty_secret(arg: "Arg", text: str) -> bool:
    """An empty secret is none (SRC-07)."""
    return text == "" and arg.type == "password"


def _is_own(call: Invocation, name: str) -> bool:
    """Whether a variable is a value, not a default handed on (INJ-05)."""
    defaults = call.environ.get("RUNSPEC_DEFAULTS")
    return defaults is None or name not in defaults.split()


def _from_env_file(call: Invocation, arg: "Arg") -> "Value | None":
    file = env_file(call)
    if file is None:
        return None
    own = variable_of(call.chain[0].name, arg.name)
    for name in (own, *arg.env):
        text = file.variables.get(name)
        if text or (text is not None and name == own and arg.type != "password"):
            place = file.place(name)
            if arg.type == "password" and text.startswith("keyring:"):
                from .keyring import from_keyring

                text = from_keyring(call, arg, text, place)
                if not text:
                    continue
            return _from_text(call, arg, text, "runspec_env", place)
    return None


def env_file(call: Invocation) -> "EnvFile | None":
    """The one in force, read once; what is wrong with it is a fault of the call."""
    if not call.env_file_read:
        call.env_file_read = True
        call.env_file = _read_env_file(call)
    return call.env_file


def _read_env_file(call: Invocation) -> "EnvFile | None":
    if (
        "RUNSPEC_ENV_FILE" not in call.environ
        and call.chain[0].runspec_env is None
        and call.config.runspec_env is None
        and not os.path.lexists(f"{sys.prefix}/.runspec_env")
    ):
        return None
    from .envfile import env_file_or_faults

    return env_file_or_faults(call)


def _from_text(
    call: Invocation, arg: "Arg", text: str, source: str, origin: "Origin"
) -> Value:
    value: object
    if not text and arg.type == "flag":
        value = False
    elif arg.multiple:
        whole = text.removesuffix("\n")  # which ends the last item
        lines = whole.split("\n") if text or arg.delimiter is None else ()
        texts = ((item, origin) for line in lines for item in _split(arg, line))
        value = _items(call, arg, texts)
    elif arg.type == "rest":
        value = _rest(call, arg, text, origin)
    else:
        value = _coerced(call, arg, text, origin)
    return _warned(call, Value(arg, value, source, origin))


def _rest(call: Invocation, arg: "Arg", text: str, origin: "Origin") -> object:
    from .restwords import rest_words

    try:
        words = rest_words(call, arg, text, origin)
    except Exception as error:  # noqa: BLE001  as below
        from .report import refused_value

        call.faults.append(refused_value(call, arg, text, error, origin))
        return None
    return _items(call, arg, ((each, origin) for each in words))


def _from_config(call: Invocation, arg: "Arg") -> "Value | None":
    if call.configured is None:
        call.configured = {}
        named = call.environ.get("RUNSPEC_CONFIG_FILE")
        home, beside = config_dir(call.environ), os.path.dirname(call.spec_path)
        files = (
            f"{home}/runspec/runspec.config.toml" if home else "",
            f"{beside}/runspec.config.toml",
        )
        if named or os.path.lexists(files[0]) or os.path.lexists(files[1]):
            from .configfile import config_values

            call.configured = config_values((named,) if named else files, call)
    return call.configured.get(attribute_of(arg.name))


def _from_default(call: Invocation, arg: "Arg") -> Value:
    if not arg.required or attribute_of(arg.name) in call.failed:
        return _declared(call, arg)
    if arg.type == "password" and not call.faults:
        from .prompt import prompted

        secret = prompted(arg, call)
        if secret is not None:
            return Value(arg, _coerced(call, arg, secret, None), "prompt")
    if not call.unread:
        from .report import missing_argument

        call.faults.append(missing_argument(call, arg))
    return Value(arg, None, "not_set")


def _declared(call: Invocation, arg: "Arg") -> Value:
    if arg.type == "rest":
        return Value(arg, [], "spec_default")
    if arg.type == "flag":
        return Value(arg, arg.default is True, "spec_default")
    if arg.default is None:
        return Value(arg, None, "not_set")
    return Value(arg, _default(call, arg), "spec_default")


def _default(call: Invocation, arg: "Arg") -> object:
    """The default; a list is a new one, and paths and registered types are made."""
    default = arg.default
    native = arg.type in BUILT_IN and arg.type != "path"
    if isinstance(default, list | tuple):
        if native:
            return list(default)
        return _items(call, arg, ((str(each), None) for each in default))
    if native or not isinstance(default, str):
        return default
    return _coerced(call, arg, default, None)


def _coerced(
    call: Invocation, arg: "Arg", text: str, origin: "Given | Origin"
) -> object:
    try:
        return coerce(arg, text)
    except Exception as error:  # noqa: BLE001  a registered coercer raises anything
        from .report import refused_value

        call.faults.append(refused_value(call, arg, text, error, origin))
        return None


def _items(
    call: Invocation, arg: "Arg", texts: "Iterable[tuple[str, Given | Origin]]"
) -> "list[object]":
    items: list[object] = []
    for number, (text, origin) in enumerate(texts, 1):
        try:
            items.append(coerce(arg, text))
        except Exception as error:  # noqa: BLE001  as above
            from .report import refused_value

            call.faults.append(refused_value(call, arg, text, error, origin, number))
    return items


def _warned(call: Invocation, value: Value) -> Value:
    if value.arg.deprecated is not None:
        from .report import deprecated

        call.warnings.append(deprecated(value.arg))
    return value


def _split(arg: "Arg", text: "str | bool") -> "list[str]":
    text = str(text)
    if arg.delimiter is None:
        return [text]
    return text.split(arg.delimiter) if text else []


def coerce(arg: "Arg", text: str) -> object:
    """The typed and checked value of one text.

    Raises Refused, or whatever a registered coercer raises.
    """
    if len(text) > LONGEST:
        raise refused("too-long", LONGEST)
    coercer = COERCERS.get(arg.type)
    if coercer is None:
        raise refused("unknown-type", *COERCERS)
    value = coercer(text, arg)
    failed = failed_check(arg, value)
    if failed is not None:
        raise refused(failed[0], *failed[1])
    return value


def refused(code: str, *expected: "Word", detail: str = "") -> "Exception":
    """The error for a text that is no value of the type."""
    from ..errors import Refused

    return Refused(code, *expected, detail=detail)


def _str(text: str, _arg: "Arg") -> str:
    if "\0" in text:
        raise refused("not-text")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise refused("not-text") from None
    return text


def _int(text: str, _arg: "Arg") -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    digits = digits.lstrip("0") or digits[:1]
    if not (digits.isascii() and digits.isdigit()):
        raise refused("not-int")
    if len(digits) > INT_DIGITS or not -INT_MAX - 1 <= int(text) <= INT_MAX:
        raise refused("not-int", -INT_MAX - 1, INT_MAX)
    return int(text)


def _float(text: str, _arg: "Arg") -> float:
    if not text or text.strip("0123456789+-.eE") or text[-1] in "+-":
        raise refused("not-float")
    try:
        value = float(text)
    except ValueError:
        raise refused("not-float") from None
    if value - value != 0.0:  # infinite: too large for a double
        raise refused("not-float")
    return value


def _bool(text: str, _arg: "Arg") -> bool:
    word = text.lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise refused("not-bool", "true", "false")


def _choice(text: str, arg: "Arg") -> object:
    options = arg.options or ()
    for option in options:
        if text == str(option):
            return option
    raise refused("not-an-option", *options)


def absolute(text: str, _arg: "Arg") -> str:
    """The path's absolute text; made into a Path when it is read (TYPE-06).

    `..` stays, for behind a link it isn't the directory above; `-` stays what it is.
    """
    if not text or "\0" in text:
        raise refused("not-path")
    if text == "-":
        return text
    if text[0] == "~":
        text = os.path.expanduser(text)
    if os.sep != "/":
        return os.path.abspath(text)
    path = "/".join([part for part in text.split("/") if part not in ("", ".")])
    if text[0] == "/":
        return "/" + path
    try:
        here = os.getcwd().rstrip("/")
    except OSError as error:  # the current directory is gone
        raise refused("not-path", detail=error.strerror or "") from None
    return f"{here}/{path}" if path else here or "/"


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
