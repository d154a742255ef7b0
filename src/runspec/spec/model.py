"""What a spec declares, as read-only records.

Written by `make generate` from `spec/fields.py`; change that table, not this file.
"""

from __future__ import annotations

from . import Named, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Config(Record):
    """One `config` table."""

    autonomy_default: str = "confirm"
    lang: str | None = None
    name: str | None = None
    version: str = "1"
    runspec_env: str | None = None
    types: tuple[str, ...] = ()
    enforce_run_as: str = "error"
    jump_hosts: Mapping[str, JumpHost] = {}
    logging: Logging | None = None


class JumpHost(Named):
    """One `jump-host` table."""

    host: str | None = None
    user: str | None = None
    port: int | None = None
    key: str | None = None
    proxy: str | None = None
    bin: str | None = None
    options: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Logging(Record):
    """One `logging` table."""

    rotate: str = "midnight"
    keep: int = 7


class Runnable(Named):
    """One `runnable` table."""

    description: str | None = None
    autonomy: str | None = None
    autonomy_reason: str | None = None
    output: str = "text"
    discoverable: tuple[str, ...] = ("operator",)
    serve: tuple[str, ...] = ("local", "remote")
    hosts: tuple[str, ...] | None = None
    run_as: str | RunAs | None = None
    become_method: str = "sudo"
    become_flags: str | None = None
    enforce_run_as: str | None = None
    examples: tuple[Example, ...] = ()
    runspec_env: str | None = None
    require_command: bool = False
    args: Mapping[str, Arg] = {}
    groups: Mapping[str, Group] = {}
    commands: Mapping[str, Runnable] = {}
    schema: str = "1"
    docs: str = ""
    recipe_name: str = ""
    image: str | None = None
    setup: str = ""
    run: Run | None = None
    config: RecipeConfig | None = None
    resources: Resources | None = None
    env: Mapping[str, str] = {}


class Arg(Named):
    """One `arg` table."""

    type: str = "str"
    default: object = None
    required: bool = False
    description: str | None = None
    options: tuple[str | int | float, ...] | None = None
    range: tuple[int | float, int | float] | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    multiple: bool = False
    delimiter: str | None = None
    short: str | None = None
    env: tuple[str, ...] = ()
    deprecated: str | None = None
    autonomy: str | None = None
    discoverable: tuple[str, ...] = ()
    ui: str | None = None
    hint: str | None = None
    meta: Mapping[str, object] = {}
    position: int | None = None
    matcher: tuple[object, ...] | None = None
    inferred: Mapping[str, str] = {}


class Group(Named):
    """One `group` table."""

    exclusive: bool = False
    inclusive: bool = False
    at_least_one: bool = False
    exactly_one: bool = False
    args: tuple[str, ...] = ()
    trigger: str | None = None
    requires: tuple[str, ...] = ()


class Example(Record):
    """One `example` table."""

    cmd: str
    description: str | None = None


class RunAs(Record):
    """One `run-as` table."""

    default: str | None = None
    hosts: Mapping[str, str] = {}
    patterns: Mapping[str, str] = {}


class Run(Record):
    """One `run` table."""

    launch: str = "torchrun"
    cmd: str = "python {script} --config {config}"
    workdir: str | None = None


class RecipeConfig(Record):
    """One `recipe-config` table."""

    dir: str = "./config"
    default: str = "default"
    format: str = "omegaconf"


class Resources(Record):
    """One `resources` table."""

    nodes: int = 1
    gpus_per_node: int | str = 8


RECORDS: dict[str, type[Record]] = {
    "Config": Config,
    "JumpHost": JumpHost,
    "Logging": Logging,
    "Runnable": Runnable,
    "Arg": Arg,
    "Group": Group,
    "Example": Example,
    "RunAs": RunAs,
    "Run": Run,
    "RecipeConfig": RecipeConfig,
    "Resources": Resources,
}
