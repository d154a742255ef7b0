# Written by `make generate` from spec/fields.py.
from collections.abc import Mapping

from .model import Record

class JumpHost(Record):
    name: str
    host: str | None
    user: str | None
    port: int | None
    key: str | None
    proxy: str | None
    bin: str | None
    options: tuple[str, ...]
    groups: tuple[str, ...]
    def __init__(self, **values: object) -> None: ...

class Logging(Record):
    rotate: str
    keep: int
    def __init__(self, **values: object) -> None: ...

class Group(Record):
    name: str
    exclusive: bool
    inclusive: bool
    at_least_one: bool
    exactly_one: bool
    args: tuple[str, ...]
    trigger: str | None
    requires: tuple[str, ...]
    def __init__(self, **values: object) -> None: ...

class Example(Record):
    cmd: str
    description: str | None
    def __init__(self, **values: object) -> None: ...

class RunAs(Record):
    default: str | None
    hosts: Mapping[str, str]
    patterns: Mapping[str, str]
    def __init__(self, **values: object) -> None: ...

class Run(Record):
    launch: str
    cmd: str
    workdir: str | None
    def __init__(self, **values: object) -> None: ...

class RecipeConfig(Record):
    dir: str
    default: str
    format: str
    def __init__(self, **values: object) -> None: ...

class Resources(Record):
    nodes: int
    gpus_per_node: int | str
    def __init__(self, **values: object) -> None: ...
