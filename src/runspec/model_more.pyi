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
    enabled: bool
    summary: bool
    store: str
    def __init__(self, **values: object) -> None: ...

class History(Record):
    db: bool
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
    overrides: str
    def __init__(self, **values: object) -> None: ...

class Resources(Record):
    nodes: int
    gpus_per_node: int | str
    def __init__(self, **values: object) -> None: ...

class Script(Record):
    dependencies: tuple[str, ...]
    requires_python: str | None
    tool: Mapping[str, object]
    def __init__(self, **values: object) -> None: ...

class Profile(Record):
    executor: str
    extends: tuple[str, ...]
    nodes: int | None
    gpus_per_node: int | str | None
    ntasks_per_node: int
    nproc_per_node: int | str | None
    cpus_per_task: int | None
    mem: str | None
    time: str | None
    exclusive: bool
    launch: str | None
    workdir: str | None
    python: str | None
    container_image: str | None
    container: str | None
    cmd: str | None
    run_command: str | None
    nprocs_per_node: int | str | None
    overrides: str | None
    container_runtime: str | None
    container_args: tuple[str, ...]
    mounts: tuple[str, ...]
    startup_commands: tuple[str, ...]
    env_vars: Mapping[str, str]
    secrets: Mapping[str, str]
    pass_env: tuple[str, ...]
    requeue: bool
    max_retries: int
    checkpoint_signal: str | None
    rendezvous_port: int | None
    packager: str
    packager_include_pattern: tuple[str, ...]
    packager_max_mb: int
    account: str | None
    partition: str | None
    run_partition: str | None
    batch_partition: str | None
    qos: str | None
    constraint: str | None
    gres: str | None
    array: str | None
    dependency: str | None
    sbatch_args: tuple[str, ...]
    srun_args: tuple[str, ...]
    tunnel: str
    host: str | None
    user: str | None
    port: int | None
    identity: str | None
    ssh_options: tuple[str, ...]
    remote_job_dir: str | None
    address: str | None
    kind: str
    namespace: str | None
    context: str | None
    service_account: str | None
    image_pull_secrets: tuple[str, ...]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    priority_class: str | None
    node_selector: Mapping[str, str]
    tolerations: tuple[str, ...]
    gpu_resource: str
    shm_size: str | None
    runtime: str
    ttl: int
    patience: int
    cloud: str | None
    region: str | None
    zone: str | None
    accelerators: str | None
    instance_type: str | None
    disk_size: int | None
    use_spot: bool
    cluster: str | None
    down: bool
    def __init__(self, **values: object) -> None: ...

class Pipeline(Record):
    name: str | None
    on: str | None
    artifacts: str | None
    stages: Mapping[str, Stage]
    def __init__(self, **values: object) -> None: ...

class Stage(Record):
    name: str
    recipe: str
    config: str | None
    after: tuple[str, ...]
    overrides: tuple[str, ...]
    max_retries: int | None
    on: str | None
    produces: Mapping[str, str]
    def __init__(self, **values: object) -> None: ...
