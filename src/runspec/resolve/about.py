"""What `args.runspec_*`, reprs and misuse answer; only loaded when asked."""

from __future__ import annotations

from ..errors import MASK, ArgvPlace, EnvPlace
from ..model import attribute_of
from ..nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from ..call import Invocation, Value, Where
    from ..errors import Place
    from ..model import Arg
    from ..model_more import Group


UNPICKLED = ("environ", "env_file", "configured")
PICKLED = ("RUNSPEC_AGENT", "RUNSPEC_RUN_ID")


def about(call: Invocation, name: str) -> Any:
    """The attribute `name` of RES-03. Raises AttributeError with the nearest name."""
    found = ABOUT.get(name)
    if found is not None:
        return found(call)
    if name == "debug" and call.config.logging is not None:
        return _debug(call)
    near = nearest(name, (*call.values, *ABOUT))
    hint = f"; did you mean args.{near[0]}?" if near else ""
    raise AttributeError(f"{call.runnable.name} has no argument {name!r}{hint}")


def absent(name: str, default: object) -> Value:
    """An argument that isn't declared, with a value all the same (RES-02)."""
    from ..call import Value
    from ..model import Arg

    return Value(Arg(name=name, type="str"), default, "not_set")


def _debug(call: Invocation) -> Value:
    """`--debug`, which logging brings, as an argument (LOG-06)."""
    from ..call import Value
    from ..model import Arg

    arg = Arg(name="debug", type="flag", default=False)
    if "--debug" in call.switches:
        return Value(arg, True, "cli")
    asked = call.environ.get("RUNSPEC_DEBUG") == "1"
    return Value(arg, asked, "env" if asked else "spec_default")


def shown(value: Value) -> str:
    """The repr of a value, a secret's masked (RES-05)."""
    if value.arg.type == "password" and value.plain is not None:
        return repr(MASK)
    return repr(value.value)


def format_value(value: Value, form: str) -> str:
    """What `str()` and a format string show of an argument (RES-04)."""
    if value.arg.type == "password" and value.plain is not None:
        return format(MASK, form)
    return format(value.value, form)


def portable(call: Invocation) -> tuple[object, ...]:
    """A call as it is pickled: without the environment that it came from."""
    state = {name: each for name, each in vars(call).items() if name not in UNPICKLED}
    kept = {name: call.environ[name] for name in PICKLED if name in call.environ}
    return (_restore, (type(call), {**state, "argv": tuple(call.argv)}, kept))


def _restore(
    kind: type[Invocation], state: dict[str, Any], environ: dict[str, str]
) -> Invocation:
    call = kind.__new__(kind)
    vars(call).update(state, environ=environ, env_file=None, configured=None)
    return call


def summary(call: Invocation) -> str:
    """The repr of a whole call."""
    values = "".join(f", {name}={shown(value)}" for name, value in call.values.items())
    return f"Args(runnable={call.runnable.name!r}{values})"


def misuse(arg: Arg) -> TypeError:
    """The error for an argument that was taken for its value (RES-04)."""
    attribute = attribute_of(arg.name)
    return TypeError(
        f"args.{attribute} is the argument, not its value; write args.{attribute}.value"
    )


def place_of(origin: Where) -> Place | None:
    """Where a value came from, as a place."""
    if isinstance(origin, str):
        return EnvPlace(origin)
    if isinstance(origin, tuple):
        argv, index = origin
        return ArgvPlace(tuple(argv), index)
    return origin


def groups_of(call: Invocation) -> list[Group]:
    """The groups of every level chosen, outermost first."""
    return [group for level in call.chain for group in level.groups.values()]


def _discoverable(call: Invocation) -> bool | list[str]:
    """As the nearest level has it, true where none says anything (RUN-04)."""
    for level in reversed(call.chain):
        if level.declares("discoverable"):
            found = level.discoverable
            return found if isinstance(found, bool) else list(found)
    return True


def _source(call: Invocation) -> Path:
    from pathlib import Path

    return Path(call.spec_path)


def _spec(call: Invocation) -> dict[str, Any]:
    from ..spec.plain import plain

    return plain(call.leaf)


class Variables(dict[str, str]):
    """The variables of a file, as attributes too, in small letters where one likes."""

    def __getattr__(self, name: str) -> str:
        for spelling in (name, name.upper()):
            if spelling in self:
                return self[spelling]
        raise AttributeError(f"the .runspec_env file has no {name}")


def _runspec_env(call: Invocation) -> Callable[[], Variables]:
    def get_runspec_env() -> Variables:
        from . import env_file

        file = env_file(call)
        return Variables() if file is None else Variables(file.variables)

    return get_runspec_env


ABOUT: dict[str, Callable[[Invocation], object]] = {
    "runspec_runnable": lambda call: call.runnable.name,
    "runspec_command": lambda call: call.command[-1] if call.command else None,
    "runspec_command_path": lambda call: list(call.command),
    "runspec_autonomy": lambda call: call.autonomy,
    "runspec_agent": lambda call: call.agent,
    "runspec_discoverable": _discoverable,
    "runspec_source": _source,
    "runspec_prefix": lambda call: _source(call).parent,
    "runspec_spec": _spec,
    "runspec_groups": groups_of,
    "get_runspec_env": _runspec_env,
}
