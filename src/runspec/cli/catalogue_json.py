"""One installed runnable as `runspec local --format json` has it (LOC-06)."""

from __future__ import annotations

import os
import sys

from ..spec.plain import plain, plain_runnable, plain_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..model import Record, Runnable
    from ..source.installed import InstalledSpec
    from ..spec.build import Spec
    from ..spec.plain import Json

EFFECTIVE = ("autonomy", "enforce_run_as", "runspec_env")
DECLARED = ("autonomy", "discoverable", "run_as", "enforce_run_as", "serve", "hosts")
"""Fields that are null where the spec has none, for a default isn't a declaration."""
OF_ARGS = ("options", "env", "ui", "meta", "discoverable")


def record(runnable: Runnable, built: Spec, spec: InstalledSpec) -> Json:
    """The record of one runnable: `spec` has what was declared.

    Beside it stand the distribution, and the `effective` values of what `[config]`
    and defaults decide.
    """
    config = built.config
    filled = plain_runnable(runnable, config)
    return {
        "source": spec.path,
        "runnable": runnable.name,
        "spec": _level(runnable, config.run_as),
        "config_autonomy": config.autonomy_default,
        "config_run_as": plain_value(config.run_as),
        **about_here(),
        "distribution": spec.distribution,
        "version": spec.version,
        "effective": {key: filled[key] for key in EFFECTIVE},
    }


def _level(runnable: Runnable, run_as: object) -> dict[str, Json]:
    """One level; `run_as` is what [config] gives to levels without one."""
    found: dict[str, Any] = _declared(runnable, DECLARED)
    if runnable.run_as == run_as:
        found["run_as"] = None
    found["args"] = {key: _declared(arg, OF_ARGS) for key, arg in runnable.args.items()}
    for name, group in runnable.groups.items():
        found["groups"][name]["condition"] = group.trigger
    found["commands"] = {
        key: _level(command, None) for key, command in runnable.commands.items()
    }
    return found


def _declared(each: Record, fields: tuple[str, ...]) -> dict[str, Json]:
    found = plain(each)
    inferred = getattr(each, "inferred", {}) if each.table == "arg" else {}
    for field in fields:
        if not each.declares(field) or field in inferred:
            found[field] = None
    return found


def about_here() -> dict[str, str]:
    """What the records say of this environment and this user."""
    return {"env_owner": _owner(), "user": _name(os.geteuid())}


def _owner() -> str:
    """The user who owns the environment; "" for root."""
    uid = os.stat(sys.prefix).st_uid
    return _name(uid) if uid else ""


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
