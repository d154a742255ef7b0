"""A command line and its surroundings to a checked call (SRC)."""

import os
import sys

from .bind import Binder
from .coerce import BUILT_IN, Refused, coerce
from .result import Invocation, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..errors import Fault
    from ..model import Arg, Config, Runnable
    from .bind import Given
    from .envfile import EnvFile
    from .result import Origin

    Prompt = Callable[[str], str]


def resolve(
    runnable: "Runnable",
    config: "Config",
    argv: "Sequence[str]",
    environ: "Mapping[str, str]",
    *,
    spec_path: str,
) -> Invocation:
    """Bind `argv`, find every value, check them and the groups.

    Raises CallError with all faults, and Asked for help or the version.
    """
    binder = Binder(runnable, argv)
    binder.bind()
    resolver = Resolver(binder, config, environ, spec_path)
    values = {} if binder.lost else resolver.values()
    call = Invocation(
        binder.chain, config, values, spec_path, environ, resolver.warnings
    )
    faults = binder.faults + resolver.faults
    if not faults:
        for level in binder.chain:
            if level.groups:
                from .groups import broken_groups

                faults += broken_groups(level, values)
    if faults:
        from .report import call_error

        raise call_error(binder, faults)
    return call


def declared(runnable: "Runnable", config: "Config", *, spec_path: str) -> Invocation:
    """The runnable with its defaults only, as `load_spec()` gives it (CMD-04)."""
    resolver = Resolver(Binder(runnable, ()), config, {}, spec_path)
    values = resolver.defaults()
    return Invocation([runnable], config, values, spec_path, {}, resolver.warnings)


def upper(name: str) -> str:
    """A name as it stands in the name of a variable."""
    return name.replace("-", "_").replace(".", "_").upper()


def variable_of(runnable: str, arg: str) -> str:
    """The variable of SRC-02."""
    return f"RUNSPEC_{upper(runnable)}_ARG_{upper(arg)}"


class Resolver:
    """Finds the value of each argument; the first place that has one wins.

    `faults` and `warnings` gather what is found on the way.
    """

    def __init__(
        self,
        binder: Binder,
        config: "Config",
        environ: "Mapping[str, str]",
        spec_path: str,
    ) -> None:
        self.binder = binder
        self.config = config
        self.environ = environ
        self.spec_path = spec_path
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._env_file: EnvFile | None = None
        self._env_file_read = False
        self._configured: Mapping[str, Value] | None = None

    def values(self) -> "dict[str, Value]":
        """The value of every argument in force, by attribute."""
        return {
            attribute: self._value(attribute, arg)
            for attribute, arg in self.binder.scope.items()
        }

    def defaults(self) -> "dict[str, Value]":
        """The default of every argument; nothing is required."""
        return {
            attribute: self._declared(arg)
            for attribute, arg in self.binder.scope.items()
        }

    def _value(self, attribute: str, arg: "Arg") -> Value:
        if attribute in self.binder.failed:
            return Value(arg, None, "not_set")
        given = self.binder.given.get(attribute)
        if given is not None:
            return self._from_cli(arg, given)
        if arg.type == "rest":
            return Value(arg, [], "spec_default")
        return (
            self._from_environment(arg)
            or self._from_env_file(arg)
            or self._from_config(attribute)
            or self._from_default(arg)
        )

    def _from_cli(self, arg: "Arg", given: "list[Given]") -> Value:
        last = given[-1]
        value: object
        if arg.type == "rest":
            value = [text for text, _, _ in given]
        elif arg.multiple:
            value = self._items(
                arg, ((text, each) for each in given for text in _split(arg, each[0]))
            )
        elif last[0] is True:
            value = True
        else:
            value = self._coerced(arg, str(last[0]), last)
        return self._given(Value(arg, value, "cli", (self.binder.argv, last[1])))

    def _from_environment(self, arg: "Arg") -> "Value | None":
        defaults = self.environ.get("RUNSPEC_DEFAULTS")
        name = variable_of(self.binder.chain[0].name, arg.name)
        text = self.environ.get(name)
        if text is None or (defaults and name in defaults.split()):
            for name in arg.env:
                text = self.environ.get(name)
                if text and not (defaults and name in defaults.split()):
                    break
            else:
                return None
        return self._from_text(arg, text, "env", name)

    def _from_env_file(self, arg: "Arg") -> "Value | None":
        if not self._env_file_read:
            self._env_file_read = True
            self._env_file = self._read_env_file()
        if self._env_file is None:
            return None
        for name in (variable_of(self.binder.chain[0].name, arg.name), *arg.env):
            text = self._env_file.variables.get(name)
            if text is not None:
                place = self._env_file.place(name)
                return self._from_text(arg, text, "env_file", place)
        return None

    def _read_env_file(self) -> "EnvFile | None":
        runnable = self.binder.chain[0]
        if (
            "RUNSPEC_ENV_FILE" not in self.environ
            and runnable.runspec_env is None
            and self.config.runspec_env is None
            and not os.path.lexists(f"{sys.prefix}/.runspec_env")
        ):
            return None
        from .envfile import env_file_or_faults

        return env_file_or_faults(
            runnable, self.config, self.spec_path, self.environ, self.faults
        )

    def _from_text(self, arg: "Arg", text: str, source: str, origin: "Origin") -> Value:
        value: object
        if arg.multiple:
            lines = text.split("\n") if text or arg.delimiter is None else ()
            value = self._items(
                arg, ((item, origin) for line in lines for item in _split(arg, line))
            )
        else:
            value = self._coerced(arg, text, origin)
        return self._given(Value(arg, value, source, origin))

    def _from_config(self, attribute: str) -> "Value | None":
        if self._configured is None:
            self._configured = {}
            home = self.environ.get("XDG_CONFIG_HOME") or (
                self.environ.get("HOME", "") + "/.config"
            )
            beside = os.path.dirname(self.spec_path)
            files = (
                f"{home}/runspec/runspec.config.toml",
                f"{beside}/runspec.config.toml",
            )
            if os.path.lexists(files[0]) or os.path.lexists(files[1]):
                from .configfile import config_values

                self._configured = config_values(files, self.binder, self.faults)
        return self._configured.get(attribute)

    def _from_default(self, arg: "Arg") -> Value:
        if not arg.required:
            return self._declared(arg)
        if arg.type == "password" and not self.binder.faults:
            from .prompt import prompted

            secret = prompted(arg.name, self.environ)
            if secret is not None:
                return Value(arg, self._coerced(arg, secret, None), "prompt")
        from .report import missing_argument

        self.faults.append(missing_argument(self.binder, arg))
        return Value(arg, None, "not_set")

    def _declared(self, arg: "Arg") -> Value:
        if arg.type == "rest":
            return Value(arg, [], "spec_default")
        if arg.type == "flag":
            return Value(arg, arg.default is True, "spec_default")
        if arg.default is None:
            return Value(arg, None, "not_set")
        return Value(arg, self._default(arg), "spec_default")

    def _default(self, arg: "Arg") -> object:
        """The default; a list is a new one, and paths and registered types are made."""
        default = arg.default
        native = arg.type in BUILT_IN and arg.type != "path"
        if isinstance(default, list | tuple):
            if native:
                return list(default)
            return self._items(arg, ((str(each), None) for each in default))
        if native or not isinstance(default, str):
            return default
        return self._coerced(arg, default, None)

    def _coerced(self, arg: "Arg", text: str, origin: "Given | Origin") -> object:
        try:
            return coerce(arg, text)
        except Refused as refused:
            self._refused(arg, text, refused, origin)
            return None

    def _items(
        self, arg: "Arg", texts: "Iterable[tuple[str, Given | Origin]]"
    ) -> list[object]:
        items: list[object] = []
        for number, (text, origin) in enumerate(texts, 1):
            try:
                items.append(coerce(arg, text))
            except Refused as refused:
                self._refused(arg, text, refused, origin, number)
        return items

    def _refused(
        self,
        arg: "Arg",
        text: str,
        refused: Refused,
        origin: "Given | Origin",
        item: "int | None" = None,
    ) -> None:
        from .report import refused_value

        self.faults.append(refused_value(self.binder, arg, text, refused, origin, item))

    def _given(self, value: Value) -> Value:
        if value.arg.deprecated is not None:
            from .report import deprecated

            self.warnings.append(deprecated(value.arg))
        return value


def _split(arg: "Arg", text: "str | bool") -> list[str]:
    text = str(text)
    if arg.delimiter is None:
        return [text]
    return text.split(arg.delimiter) if text else []
