"""`runspec env`: which `.runspec_env` file applies, and what it sets (ENV-01)."""

from __future__ import annotations

import os

from ..errors import MASK
from ..render.text import BOLD, DIM, escaped
from ..resolve.envfile import env_file_of, find_env_file
from . import output
from .lookup import locate, spec_from_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..call import Args
    from ..model import Config, Runnable
    from ..resolve.envfile import EnvFile
    from ..spec.plain import Json

RULES = {
    "variable": "RUNSPEC_ENV_FILE names it",
    "runnable": "the runnable's runspec_env names it",
    "config": "runspec_env of [config] names it",
    "prefix": "the environment's own, for nothing names another",
}


def run(args: Args) -> int:
    """Show the file in force; its values are never shown."""
    runnable, config, spec = _subject(args.name.value)
    found = env_file_of(runnable, config, spec, os.environ)
    if args.format.value == "json":
        output.show_json(_json(found))
    elif found is not None:
        output.show(_text(found))
    else:
        output.show(_nothing(*find_env_file(runnable, config, os.environ)))
    return 0


def _subject(name: str | None) -> tuple[Runnable, Config, str]:
    """The runnable asked about; else nothing but the [config] of the nearest spec."""
    if name is not None:
        path, runnable, config, _ = locate(name).load()
        return runnable, config, path
    from ..model import Config, Runnable
    from ..source.spec import read_spec
    from ..spec.build import build

    spec = spec_from_here()
    config = build(read_spec(spec)).config if spec else Config()
    return Runnable(), config, spec or ""


def _json(found: EnvFile | None) -> Json:
    if found is None:
        return {"path": None, "rule": None, "names": []}
    return {"path": found.path, "rule": found.rule, "names": list(found.variables)}


def _text(found: EnvFile) -> str:
    style = output.style()
    lines = [
        style.paint(escaped(found.path), BOLD),
        f"  {style.paint(RULES[found.rule], DIM)}",
    ]
    names = [(name, MASK) for name in found.variables]
    lines += ["", *output.rows(names)] if names else ["", "  It sets nothing."]
    return "\n".join(lines)


def _nothing(path: str, rule: str) -> str:
    if not path:
        return "No .runspec_env file applies: RUNSPEC_ENV_FILE is set to nothing."
    return (
        f"No .runspec_env file applies: {escaped(path)} doesn't exist ({RULES[rule]})."
    )
