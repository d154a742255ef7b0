# Written by `make generate` from spec/fields.py.
from collections.abc import Mapping, Sequence
from typing import Any

from .model_more import (
    Example,
    Group,
    JumpHost,
    Logging,
    RecipeConfig,
    Resources,
    Run,
    RunAs,
)

class Record:
    table: str
    def __init__(self, table: str, values: Mapping[str, object]) -> None: ...
    def declares(self, attribute: str) -> bool: ...
    def declared(self) -> list[str]: ...

DEFAULTS: dict[str, dict[str, object]]
FINGERPRINT: str

def revive(data: Any) -> Any: ...
def attribute_of(name: str) -> str: ...
def autonomy_of(chain: Sequence[Runnable], config: Config) -> str: ...
def is_secret(arg: Arg, source: str) -> bool: ...
def failed_check(
    arg: Arg, value: object
) -> tuple[str, tuple[str | int | float, ...]] | None: ...

class Config(Record):
    autonomy_default: str
    lang: str | None
    name: str | None
    version: str
    runspec_env: str | None
    types: tuple[str, ...]
    enforce_run_as: str
    confirm: str
    help_autonomy: bool
    history: bool
    audit: str
    jump_hosts: Mapping[str, JumpHost]
    logging: Logging | None
    run_as: str | RunAs | None
    meta: Mapping[str, object]
    def __init__(self, **values: object) -> None: ...

class Runnable(Record):
    name: str
    description: str | None
    autonomy: str | None
    autonomy_reason: str | None
    effects: str | None
    idempotent: bool | None
    open_world: bool | None
    output: str
    output_schema: Mapping[str, object] | None
    timeout: int | float | None
    warm: bool | None
    discoverable: bool | tuple[str, ...]
    serve: tuple[str, ...]
    hosts: tuple[str, ...] | None
    run_as: str | RunAs | None
    become_method: str
    become_flags: str | None
    enforce_run_as: str | None
    audit: str | None
    examples: tuple[Example, ...]
    runspec_env: str | None
    program: str | None
    section: str | None
    require_command: bool
    meta: Mapping[str, object]
    args: Mapping[str, Arg]
    groups: Mapping[str, Group]
    commands: Mapping[str, Runnable]
    schema: str
    docs: str
    recipe_name: str
    image: str | None
    setup: str
    run: Run | None
    config: RecipeConfig | None
    resources: Resources | None
    env: Mapping[str, str]
    def __init__(self, **values: object) -> None: ...

class Arg(Record):
    name: str
    type: str
    default: object
    required: bool
    description: str | None
    options: tuple[str | int | float, ...] | None
    range: tuple[int | float, int | float] | None
    pattern: str | None
    min_length: int | None
    max_length: int | None
    multiple: bool
    delimiter: str | None
    short: str | None
    env: tuple[str, ...]
    deprecated: str | None
    autonomy: str | None
    discoverable: bool | tuple[str, ...]
    ui: str | None
    hint: str | None
    meta: Mapping[str, object]
    position: int | None
    matcher: tuple[object, ...] | None
    inferred: Mapping[str, str]
    def __init__(self, **values: object) -> None: ...
