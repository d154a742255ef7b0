"""What a started runnable finds in its environment (INJ)."""

from __future__ import annotations

from ..inheritance import EXPORTS, PID, RUNNABLE, list_exports
from ..resolve import upper, variable_of
from ..spec.names import OWN_VARIABLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..call import Invocation, Value
    from .account import Account

HANDED_OVER = frozenset(
    (
        *("RUNSPEC_AGENT", "RUNSPEC_DEBUG"),
        *("LANG", "LANGUAGE", "TZ", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR"),
    )
)
"""What of an environment another user's program gets, beside `LC_*` (BEC-06)."""
HANDED_ON = frozenset(("RUNSPEC_AGENT", "RUNSPEC_DEBUG", "RUNSPEC_ENV_FILE"))
STAYS = HANDED_ON | {"RUNSPEC_RUN_ID", "RUNSPEC_PROGRESS", PID, RUNNABLE, EXPORTS}
DEFAULT_SOURCES = ("spec_default", "config")


def exports(invocation: Invocation) -> dict[str, str]:
    """The variables that carry the call: arguments, and what was called."""
    runnable = invocation.runnable.name
    found: dict[str, str] = {}
    defaults: list[str] = []
    for value in invocation.values.values():
        if value.plain is None:
            continue
        names = [variable_of(runnable, value.arg.name)]
        short = "RUNSPEC_" + upper(value.arg.name)
        if short not in OWN_VARIABLES:
            names.append(short)
        found.update(dict.fromkeys(names, as_text(value)))
        if value.source in DEFAULT_SOURCES:
            defaults.extend(names)
    found["RUNSPEC_RUNNABLE"] = runnable
    found["RUNSPEC_COMMAND"] = " ".join(invocation.command)
    found["RUNSPEC_CONFIG"] = invocation.spec_path
    if defaults:
        found["RUNSPEC_DEFAULTS"] = " ".join(defaults)
    return found


def as_text(value: Value) -> str:
    """One value as a variable holds it (INJ-02)."""
    plain = value.plain
    if isinstance(plain, list):
        return "\n".join(_item(each) for each in plain)
    return _item(plain)


def _item(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def child_environment(
    environ: Mapping[str, str],
    invocation: Invocation,
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The child's whole environment (INJ-04); `more` is of this call, too.

    What the operator has set is hidden from the program, and found again by what
    the program calls (INJ-07).
    """
    own = list_exports(exports(invocation) | dict(more or {}))
    added = from_env_file(environ, invocation)
    return added | without_call(environ) | _hidden(environ) | own


def _hidden(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        "_" + name: text
        for name, text in environ.items()
        if name.startswith("RUNSPEC_") and name not in STAYS
    }


def from_env_file(environ: Mapping[str, str], invocation: Invocation) -> dict[str, str]:
    """What the `.runspec_env` file adds to the environment (ENV-03)."""
    if invocation.env_file is None:
        return {}
    from ..resolve.envfile import further

    return further(invocation.env_file, environ)


def without_call(
    environ: Mapping[str, str], handed_on: Collection[str] = HANDED_ON
) -> dict[str, str]:
    """All variables but those of a call, secrets included, that aren't handed on."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("RUNSPEC_") or name in handed_on
    }


def foreign_environment(
    environ: Mapping[str, str],
    invocation: Invocation,
    account: Account,
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The same for a program that runs as another user, but for its PATH (BEC-06).

    Nothing that belongs to this user's session, or that would choose which code runs,
    is in it unless the spec names it as the variable of an argument. This user's env
    file has been read, and isn't that user's to read.
    """
    declared = {name for value in invocation.values.values() for name in value.arg.env}
    kept = {
        name: value
        for name, value in environ.items()
        if name in HANDED_OVER or name.startswith("LC_") or name in declared
    }
    own = {"HOME": account.home, "SHELL": account.shell or "/bin/sh"}
    own |= {"USER": account.name, "LOGNAME": account.name}
    own["RUNSPEC_ENV_FILE"] = ""
    exported = list_exports(exports(invocation) | dict(more or {}))
    return from_env_file({}, invocation) | own | kept | exported
