"""A call: what its command line says, the values it came to, what a program sees.

    argv    = { option | operand } [ "--" { token } ]
    option  = "--" name [ "=" text ] | "-" letters [ "=" text ]
    operand = "-" | negative number | a token that doesn't begin with "-"

The line is read in one pass, left to right (BIND, CMD); nothing is coerced here.
"""

from .model import attribute_of, autonomy_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any, NoReturn

    from .errors import Fault, Place, Word
    from .model import Arg, Config, Runnable
    from .model_more import Group
    from .resolve.envfile import EnvFile

    Given = tuple[str | bool, int, int]
    Origin = str | Place | None
    Where = tuple[Sequence[str], int] | Origin

DIGITS = "0123456789"


class Invocation:
    """A call: what stood on the line, then what it was resolved to.

    `chain` is the runnable and the commands chosen, `values` the resolved arguments
    by attribute, `warnings` what to tell the person. `asked` is "help" or "version"
    where that was asked for instead; then nothing is resolved.

    While it is resolved: `scope` is the arguments in force by attribute, `given`
    what stood on the line for each: the text (True: a switch), the token's index
    and where in it the text starts. `masked` holds the places (index, start) of
    secrets, `failed` the attributes that already have a fault. `lost` is set where
    the rest can't be understood, `unread` where a file of values can't be read.
    `configured` is None until the config files were looked for.
    """

    def __init__(
        self,
        runnable: "Runnable",
        config: "Config",
        argv: "Sequence[str]",
        environ: "Mapping[str, str]",
        spec_path: str,
    ) -> None:
        self.config = config
        self.argv = argv
        self.environ = environ
        self.spec_path = spec_path
        self.chain: list[Runnable] = []
        self.values: dict[str, Value] = {}
        self.scope: dict[str, Arg] = {}
        self.given: dict[str, list[Given]] = {}
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.masked: list[tuple[int, int]] = []
        self.failed: set[str] = set()
        self.lost = False
        self.unread = False
        self.asked = ""
        self.switches: tuple[str, ...] = ()
        self.env_file: EnvFile | None = None
        self.env_file_read = False
        self.configured: Mapping[str, Value] | None = None
        self._options: dict[str, Arg] = {}
        self._negations: dict[str, Arg] = {}
        self._places: list[Arg] = []
        self._positionals: list[Arg] = []
        self._operands: list[tuple[str, int]] = []
        self._rest: Arg | None = None
        self._next = 0
        self._enter(runnable)

    def __reduce__(self) -> "tuple[object, ...]":
        from .resolve.about import portable

        return portable(self)

    def bind(self) -> None:
        """Read the whole line, or up to where help or the version is asked for."""
        argv = self.argv
        while self._next < len(argv) and not (self.lost or self.asked):
            index = self._next
            token = argv[index]
            self._next += 1
            if token == "--":  # noqa: S105
                self._after_separator()
            elif token.startswith("--"):
                self._long(token, index)
            elif self._is_operand(token):
                self._operand(token, index)
            else:
                self._cluster(token, index)
        leaf = self.chain[-1]
        if leaf.require_command and leaf.commands and not (self.lost or self.asked):
            self.lost = True
            self._wrong("command-missing", leaf.name, len(argv), expected=leaf.commands)

    def _enter(self, runnable: "Runnable") -> None:
        self.chain.append(runnable)
        positionals: list[Arg] = []
        for key, arg in runnable.args.items():
            self.scope[attribute_of(key)] = arg
            if arg.type == "rest":
                self._rest = arg
            else:
                if arg.position is not None:
                    positionals.append(arg)
                name = key.replace("_", "-")
                self._options["--" + name] = arg
                if arg.short is not None:
                    self._options[arg.short] = arg
                if arg.type == "flag" and arg.default is True:
                    self._negations["--no-" + name] = arg
        positionals.sort(key=lambda arg: arg.position or 0)
        self._places = positionals
        self._positionals = positionals[:]
        self._operands = []

    def _is_operand(self, token: str) -> bool:
        if len(token) < 2 or token[0] != "-":
            return True
        digit = token[2:3] if token[1] == "." else token[1]
        return digit != "" and digit in DIGITS and "-" + token[1] not in self._options

    def _give(self, arg: "Arg", text: "str | bool", index: int, start: int = 0) -> None:
        attribute = attribute_of(arg.name)
        self.given.setdefault(attribute, []).append((text, index, start))

    def _long(self, token: str, index: int) -> None:
        name, equals, text = token.partition("=")
        spelled = name.replace("_", "-")
        arg = self._options.get(spelled)
        if arg is not None:
            self._option(arg, name, text if equals else None, index, len(name) + 1)
        elif spelled in self._negations:
            self._give(self._negations[spelled], "false", index)
            if equals:
                self._wrong("unexpected-value", name, index, received=text)
        elif name == "--help" or (name == "--version" and not self._has_version()):
            self.asked = name[2:]
        else:
            self._unknown(name, index, equals != "")

    def _option(
        self, arg: "Arg", name: str, text: "str | None", index: int, start: int
    ) -> None:
        """`text` is what is attached to the option, from `start` in its token."""
        if arg.position is not None:
            self._vacate(arg)
        if arg.type == "flag":
            self._give(arg, True if text is None else text, index, start)
            return
        if text is None:
            if not self._takes_next():
                if arg.type != "password":
                    self._wrong("value-missing", arg.name, index, received=name)
                    self.failed.add(attribute_of(arg.name))
                    return
                text = ""
            else:
                index, start = self._next, 0
                text = self.argv[index]
                self._next += 1
        if arg.type == "password":
            self.masked.append((index, start))
            self._wrong("secret-on-argv", arg.name, index, received=name)
            self.failed.add(attribute_of(arg.name))
            return
        self._give(arg, text, index, start)

    def _takes_next(self) -> bool:
        return self._next < len(self.argv) and self._is_operand(self.argv[self._next])

    def _cluster(self, token: str, index: int) -> None:
        for at in range(1, len(token)):
            name = "-" + token[at]
            arg = self._options.get(name)
            if arg is None:
                if name == "-h":
                    self.asked = "help"
                    return
                self._unknown(name, index, len(token) > 2, at)
                return
            after = token[at + 1 :]
            if after.startswith("="):
                self._option(arg, name, after[1:], index, at + 2)
                return
            if arg.type != "flag":
                self._option(arg, name, after or None, index, at + 1)
                return
            self._give(arg, True, index)

    def _operand(self, token: str, index: int) -> None:
        commands = self.chain[-1].commands
        if token in commands:
            self._enter(commands[token])
        elif self._positionals:
            self._positional(token, index)
        elif commands:
            self.lost = True
            self._wrong(
                "unknown-command", token, index, received=token, expected=commands
            )
        else:
            self._wrong("unexpected-argument", token, index, received=token)

    def _positional(self, token: str, index: int) -> None:
        arg = self._positionals[0]
        if not arg.multiple:
            del self._positionals[0]
        self._operands.append((token, index))
        self._give(arg, token, index)

    def _vacate(self, arg: "Arg") -> None:
        """Let the operands fill the places other than this one's (BIND-11)."""
        if arg.multiple or not any(each is arg for each in self._places):
            return
        operands, self._operands = self._operands, []
        indexes = [index for _, index in operands]
        for each in self._places:
            name = attribute_of(each.name)
            given = [g for g in self.given.pop(name, ()) if g[1] not in indexes]
            if given:
                self.given[name] = given
        self._places = [each for each in self._places if each is not arg]
        self._positionals = [
            each
            for each in self._places
            if each.multiple or attribute_of(each.name) not in self.given
        ]
        for token, index in operands:
            self._operand(token, index)

    def _has_version(self) -> bool:
        """Whether an argument or a command on the path has that name (BIND-12)."""
        return "version" in self.scope or any(
            "version" in e.commands for e in self.chain
        )

    def _after_separator(self) -> None:
        first, self._next = self._next, len(self.argv)
        if self._rest is not None:
            self.given[attribute_of(self._rest.name)] = [
                (self.argv[index], index, 0) for index in range(first, self._next)
            ]
            return
        for index in range(first, self._next):
            if self._positionals:
                self._positional(self.argv[index], index)
            else:
                token = self.argv[index]
                self._wrong("unexpected-argument", token, index, received=token)

    def _unknown(self, name: str, index: int, has_value: bool, at: int = 0) -> None:
        """`has_value` says that the token holds the value, if there is one."""
        if self.config.logging is not None and not has_value:
            from .spec.names import LOGGING_SWITCHES

            switch = name.replace("_", "-")
            if switch in LOGGING_SWITCHES:
                self.switches = (*self.switches, switch)
                return
        from .resolve.report import unknown_argument

        if not has_value and self._takes_next() and not self._positionals:
            commands = self.chain[-1].commands
            if self.argv[self._next] not in commands:
                self._next += 1
        known = (*self._options, *self._negations, "--help", "--version")
        self.faults.append(unknown_argument(self, name, index, at, known))

    def _wrong(
        self,
        code: str,
        subject: str,
        index: int,
        received: "Word | None" = None,
        expected: "Iterable[str]" = (),
    ) -> None:
        from .resolve.report import wrong_token

        self.faults.append(wrong_token(self, code, subject, index, received, expected))

    @property
    def runnable(self) -> "Runnable":
        """The top-level one."""
        return self.chain[0]

    @property
    def leaf(self) -> "Runnable":
        """The deepest command chosen, or the runnable itself."""
        return self.chain[-1]

    @property
    def command(self) -> "tuple[str, ...]":
        """The names of the commands chosen, outermost first."""
        return tuple(command.name for command in self.chain[1:])

    @property
    def agent(self) -> bool:
        """Whether an agent calls."""
        return self.environ.get("RUNSPEC_AGENT") == "1"

    @property
    def has_secrets(self) -> bool:
        """Whether it may have a value that nothing must show."""
        return any(arg.type == "password" for arg in self.scope.values())

    @property
    def autonomy(self) -> str:
        """The effective level: escalated by what the command line gave (AUT-03)."""
        own = autonomy_of(self.chain, self.config)
        escalated = [
            value.arg.autonomy
            for value in self.values.values()
            if value.source == "cli" and value.arg.autonomy is not None
        ]
        if not escalated:
            return own
        from .policy import strictest

        return strictest((own, *escalated))


class Value:
    """One argument of a call.

    `source` is one of `cli`, `env`, `runspec_env`, `config`, `spec_default`, `prompt`,
    `not_set` (SRC). Every field of the argument is an attribute, too (RES-01).
    """

    __slots__ = ("_origin", "arg", "plain", "source")

    def __init__(
        self, arg: "Arg", plain: object, source: str, origin: "Where" = None
    ) -> None:
        self.arg = arg
        self.plain = plain
        self.source = source
        self._origin = origin

    @property
    def value(self) -> "Any":
        """The typed value; None where there is none."""
        if self.arg.type != "path" or self.plain is None:
            return self.plain
        from pathlib import Path

        if isinstance(self.plain, list):
            return [Path(each) for each in self.plain]
        return Path(str(self.plain))

    @property
    def place(self) -> "Place | None":
        """Where the value stood: in argv, in a variable, in a file (SRC-10)."""
        from .resolve.about import place_of

        return place_of(self._origin)

    @property
    def given(self) -> bool:
        """Whether the command line or the environment gave it (GRP)."""
        if self.source not in ("cli", "env", "runspec_env"):
            return False
        return self.arg.type != "flag" or self.plain is True

    def __getattr__(self, name: str) -> "Any":
        if name in Value.__slots__ or name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.arg, name)
        return list(found) if name == "options" and found is not None else found

    def __repr__(self) -> str:
        from .resolve.about import shown

        return f"<{self.arg.name}={shown(self)} from {self.source}>"

    def __str__(self) -> str:
        """The value's text; a secret's is masked (RES-04)."""
        return self.__format__("")

    def __format__(self, form: str) -> str:
        from .resolve.about import format_value

        return format_value(self, form)

    def _refuse(self, *_: object) -> "NoReturn":
        # Where a conversion raises TypeError, Python has words of its own.
        from .resolve.about import misuse

        raise ValueError(str(misuse(self.arg)))

    def _misused(self, *_: object) -> "NoReturn":
        from .resolve.about import misuse

        raise misuse(self.arg)

    # RES-04: an argument is never taken for its value.
    __bool__ = __contains__ = __getitem__ = _misused
    __len__ = __iter__ = __int__ = __float__ = __index__ = __fspath__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _misused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _misused
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _misused
    __mod__ = __rmod__ = __pow__ = __rpow__ = __and__ = __or__ = __xor__ = _misused
    __neg__ = __pos__ = __abs__ = _misused
    __hash__ = object.__hash__


class Args:
    """The arguments by attribute, and what runspec knows of the call (RES)."""

    __slots__ = ("__weakref__", "_call")

    if TYPE_CHECKING:
        _call: Invocation
        runspec_runnable: str
        runspec_command: str | None
        runspec_command_path: list[str]
        runspec_autonomy: str
        runspec_agent: bool
        runspec_discoverable: bool | list[str]
        runspec_source: Path
        runspec_prefix: Path
        runspec_spec: dict[str, Any]
        runspec_groups: list[Group]

        def get_runspec_env(self) -> "dict[str, str]": ...

    def __init__(self, call: "Invocation") -> None:
        object.__setattr__(self, "_call", call)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"args.{name} can't be set: a call is read-only")

    def __getattr__(self, name: str) -> "Value":
        if name == "_call":
            raise AttributeError(name)
        value = self._call.values.get(name)
        if value is None:
            from .resolve.about import about

            return about(self._call, name)  # type: ignore[no-any-return]
        return value

    def get(self, name: str, default: "Any" = None) -> "Value":
        """The argument of that name, in either spelling; else one of value `default`.

        Its source is then `not_set` (RES-02).
        """
        found = self._call.values.get(attribute_of(name))
        if found is None:
            from .resolve.about import absent

            return absent(name, default)
        return found

    def as_dict(self) -> "dict[str, Any]":
        """The plain values by attribute."""
        return {name: value.value for name, value in self._call.values.items()}

    def __reduce__(self) -> "tuple[object, ...]":
        return (Args, (self._call,))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and attribute_of(name) in self._call.values

    def __iter__(self) -> "Iterator[str]":
        return iter(self._call.values)

    def __len__(self) -> int:
        return len(self._call.values)

    def __dir__(self) -> "list[str]":
        from .resolve.about import ABOUT

        return sorted({*self._call.values, *ABOUT, "as_dict", "get"})

    def __repr__(self) -> str:
        from .resolve.about import summary

        return summary(self._call)
