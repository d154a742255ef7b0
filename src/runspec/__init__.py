"""One declaration for a command line, an agent tool, a remote command and a job.

This module is the only wiring of the layers for a running program. It imports
nothing of them before it is called, so that importing the package costs next to
nothing.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeVar, overload

    from .call import Args, Invocation, Value
    from .errors import CallError, RunspecError, SpecError
    from .model import Config, Runnable
    from .resolve import Coercer

    T = TypeVar("T")
    PathLike = str | os.PathLike[str]
    Loaded = tuple[str, Runnable, Config, object]

__version__ = "1.0.0"

ALIASES = {"Arg": "Value", "RunSpec": "Args"}
"""Other names of ours that the format documents."""

__all__ = [
    "Arg",
    "Args",
    "AuditError",
    "CallError",
    "Group",
    "RunSpec",
    "RunspecError",
    "SpecError",
    "Value",
    "__version__",
    "audit",
    "load_spec",
    "parse",
    "register_type",
]


if TYPE_CHECKING:

    @overload
    def parse(
        script_name: str | None = None,
        argv: Sequence[str] | None = None,
        config_path: PathLike | None = None,
        *,
        exit_on_error: bool = True,
    ) -> Args: ...
    @overload
    def parse(
        script_name: str | None = None,
        argv: Sequence[str] | None = None,
        config_path: PathLike | None = None,
        *,
        into: type[T] | Mapping[str, type[T]],
        exit_on_error: bool = True,
    ) -> T: ...
    def parse(*args: Any, **options: Any) -> Any: ...
else:

    def parse(
        script_name=None,
        argv=None,
        config_path=None,
        *,
        into=None,
        exit_on_error=True,
    ):
        """The arguments of this call, checked against the spec.

        `script_name` is the runnable, by default the program's name, `argv` the
        tokens after that, `config_path` the spec file or its directory. `into` is
        a dataclass to return instead of Args, or dataclasses by command path.
        Ends the program with a message on stderr and exit status 2 for a wrong
        call or 1 for a faulty spec, and with 0 after help or the version. With
        `exit_on_error=False` it raises CallError or SpecError instead.
        """
        caller = sys._getframe(1).f_globals
        return _parse(script_name, argv, config_path, into, caller, exit_on_error)


def _parse(
    script_name: "str | None",
    argv: "Sequence[str] | None",
    config_path: "PathLike | None",
    into: "type[T] | Mapping[str, type[T]] | None",
    caller: "dict[str, Any]",
    exits: bool,
) -> "Args | T":
    loaded = None
    own = argv is None or argv == sys.argv[1:]
    try:
        from .call import Args
        from .resolve import resolve

        main = caller.get("__name__") == "__main__"
        file = caller.get("__file__")
        environ = _environ()
        loaded = load_runnable(
            script_name, config_path, file, main=main, environ=environ
        )
        path, runnable, config, _ = loaded
        argv = sys.argv[1:] if argv is None else argv
        call = resolve(runnable, config, argv, environ, spec_path=path)
        if call.asked:
            from .answer import answer

            sys.exit(answer(call))
        if call.env_file is not None:
            from .resolve.envfile import further

            os.environ.update(further(call.env_file, os.environ))
        if call.warnings:
            from .stop import warn

            warn(call.warnings, os.environ)
        result = Args(call) if into is None else _made_into(into, call)
        if own:
            _begin(call, result)
    except Exception as error:
        if own:
            _record_refusal(error, script_name, loaded)
        if exits:
            _stop(error, loaded)
        raise
    return result


def load_spec(
    script_name: "str | None" = None, config_path: "PathLike | None" = None
) -> "Args":
    """The runnable with its defaults; the command line isn't read.

    Ends the program with exit status 1 where the spec is missing or faulty.
    """
    try:
        from .call import Args
        from .resolve import declared

        caller = sys._getframe(1).f_globals
        main = caller.get("__name__") == "__main__"
        file, environ = caller.get("__file__"), _environ()
        path, runnable, config, _ = load_runnable(
            script_name, config_path, file, main=main, environ=environ
        )
        return Args(declared(runnable, config, spec_path=path))
    except Exception as error:
        _stop(error, None)
        raise


def register_type(name: str, coercer: "Coercer") -> None:
    """Add a type: `coercer(text, arg)` returns the value or raises."""
    from .resolve import BUILT_IN, COERCERS

    if name in BUILT_IN:
        raise ValueError(f"{name!r} is a type of runspec's own")
    COERCERS[name] = coercer


def _environ() -> "Mapping[str, str]":
    """The variables that count for this process (INJ-07)."""
    environ = os.environ
    if "RUNSPEC_RUNNABLE" not in environ:
        return environ
    from .inheritance import own_environ

    return own_environ(environ)


def load_runnable(
    script_name: "str | None",
    config_path: "PathLike | None",
    caller: "str | None",
    *,
    main: bool = False,
    environ: "Mapping[str, str]" = os.environ,
) -> "Loaded":
    """The runnable that a program means; `caller` is the calling module's file.

    `main`: that module is the running program, and may declare itself (FIND-08).
    Returns the path of the spec, the runnable, `[config]` and the kept warnings
    about the runnable. Raises SpecError.
    """
    from .model import revive
    from .specfile import find_spec, has_own, read

    name = script_name or _program()
    own = os.path.abspath(caller) if main and caller and has_own(caller) else None
    try:
        path = find_spec(config_path, environ, caller, name, own)
    except Exception as error:
        _name_owner(error, caller)
        raise
    found = read(path, name, sole=script_name is None)
    if found is None:
        from .spec.load import is_declared, load

        if path == own and not is_declared(path, script_name):
            return load_runnable(script_name, config_path, caller, environ=environ)
        found = load(path, name, sole=script_name is None)
    return path, revive(found[0]), revive(found[1]), found[2]


def _name_owner(error: Exception, caller: "str | None") -> None:
    """Of a spec that isn't found: the distribution that was installed without it."""
    from .errors import SpecError
    from .source.distributions import owner_of

    owner = owner_of(caller) if caller else ""
    for fault in error.faults if owner and isinstance(error, SpecError) else ():
        if fault.detail != "named":
            fault.detail, fault.received = "unpackaged", owner


def _program() -> str:
    """The running program's name (FIND-07)."""
    directory, base = os.path.split(sys.argv[0] if sys.argv else "")
    if base == "__main__.py":
        base = os.path.basename(directory)
    return base.removesuffix(".py").removesuffix(".exe")


def _made_into(into: "type[T] | Mapping[str, type[T]]", call: "Invocation") -> "T":
    from .resolve.into import made_into

    return made_into(into, call)


def _begin(call: "Invocation", result: object) -> None:
    """What comes between a right call and the program's own code."""
    from .paths import IS_POSIX
    from .specfile import environment_directory, may_be_denied

    config = call.config
    audited = config.audit != "off" or any(level.audit for level in call.chain)
    if not IS_POSIX:
        _require_posix(call, audited=audited)
    if any(level.run_as is not None or level.hosts is not None for level in call.chain):
        _require_place_and_user(call)
    directory = environment_directory(os.environ)
    if may_be_denied(directory) or "RUNSPEC_MOCK" in os.environ:
        from .guard import require_allowed

        require_allowed(call)
    left = config.history or audited or config.logging is not None
    if left or call.has_secrets:
        from .record import begin

        begin(call, directory, result, audited=audited)


def _require_posix(call: "Invocation", *, audited: bool) -> None:
    """What a spec asks for and this system hasn't must not be left out silently."""
    from .errors import require_posix

    wanted = {
        "run_as": any(level.run_as is not None for level in call.chain),
        "hosts": any(level.hosts is not None for level in call.chain),
        "audit": audited,
        "[config.logging]": call.config.logging is not None,
    }
    for subject in (name for name, is_wanted in wanted.items() if is_wanted):
        require_posix(subject)


def _require_place_and_user(call: "Invocation") -> None:
    from .run.enforce import enforce

    warnings = enforce(call)
    if warnings:
        from .stop import warn

        warn(warnings, os.environ)


def _record_refusal(
    error: Exception, script_name: "str | None", loaded: "Loaded | None"
) -> None:
    """What didn't come to run is recorded, too."""
    from .errors import RunspecError
    from .paths import IS_POSIX

    if IS_POSIX and isinstance(error, RunspecError):
        from .record import refused

        refused(error, script_name or _program(), loaded, environ=_environ())


def _stop(error: Exception, loaded: "Loaded | None") -> None:
    """End the program for what a person caused; return for anything else."""
    from .errors import RunspecError

    if isinstance(error, RunspecError):
        from .stop import stop

        raise stop(error, loaded) from None


def __getattr__(name: str) -> object:
    name = ALIASES.get(name, name)
    if name in ("Args", "Value"):
        from . import call as home
    elif name == "Group":
        from . import model_more as home  # type: ignore[no-redef]
    elif name == "AuditError":
        from .audit import event as home  # type: ignore[no-redef]
    elif name == "audit":
        import importlib

        return importlib.import_module(f"{__name__}.audit")
    elif name in __all__:
        from . import errors as home  # type: ignore[no-redef]
    else:
        raise AttributeError(f"module 'runspec' has no attribute {name!r}")
    found: object = getattr(home, name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
