"""What a program gets: its arguments, each with value, source and place."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any, NoReturn

    from ..errors import Place
    from ..model import Arg
    from ..model_more import Group
    from .bind import Invocation

    Origin = str | Place | None
    Where = tuple[Sequence[str], int] | Origin


class Value:
    """One argument of a call.

    `source` is one of `cli`, `env`, `env_file`, `config`, `spec_default`, `prompt`,
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
        from .about import place_of

        return place_of(self._origin)

    @property
    def given(self) -> bool:
        """Whether the command line or the environment gave it (GRP)."""
        if self.source not in ("cli", "env", "env_file"):
            return False
        return self.arg.type != "flag" or self.plain is True

    def __getattr__(self, name: str) -> "Any":
        if name in Value.__slots__ or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.arg, name)

    def __repr__(self) -> str:
        from .about import shown

        return f"<{self.arg.name}={shown(self)} from {self.source}>"

    def _misused(self, *_: object) -> "NoReturn":
        from .about import misuse

        raise misuse(self.arg)

    # RES-04: an argument is never taken for its value.
    __bool__ = __len__ = __contains__ = __iter__ = __getitem__ = _misused
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _misused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _misused
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _misused
    __mod__ = __rmod__ = __pow__ = __rpow__ = __and__ = __or__ = __xor__ = _misused
    __neg__ = __pos__ = __abs__ = __int__ = __float__ = __index__ = _misused
    __fspath__ = _misused
    __hash__ = object.__hash__


class Args:
    """The arguments by attribute, and what runspec knows of the call (RES)."""

    __slots__ = ("_call",)

    if TYPE_CHECKING:
        _call: Invocation
        runspec_runnable: str
        runspec_command: str | None
        runspec_command_path: list[str]
        runspec_autonomy: str
        runspec_agent: bool
        runspec_discoverable: list[str]
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
            from .about import about

            return about(self._call, name)  # type: ignore[no-any-return]
        return value

    def get(self, name: str, default: "Any" = None) -> "Any":
        """The argument of that name, in either spelling, else `default`."""
        return self._call.values.get(name.replace("-", "_"), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.replace("-", "_") in self._call.values

    def __iter__(self) -> "Iterator[str]":
        return iter(self._call.values)

    def __len__(self) -> int:
        return len(self._call.values)

    def __dir__(self) -> "list[str]":
        from .about import ABOUT

        return sorted({*self._call.values, *ABOUT, "get"})

    def __repr__(self) -> str:
        from .about import summary

        return summary(self._call)
