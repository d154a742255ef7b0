"""The one table of fields.

Model classes, checks, inference, help, the editor schema and the reference pages
all come from here. A new field is a new row, then `make generate`.
"""

from __future__ import annotations

from ..policy import AUDIENCES, AUTONOMY

TYPES = (
    "str",
    "password",
    "int",
    "float",
    "bool",
    "flag",
    "path",
    "choice",
    "rest",
)
CONTEXTS = ("local", "remote")
BECOME_METHODS = ("sudo", "su", "pbrun", "dzdo", "doas")
ENFORCE = ("error", "warn", "off")
AUDIT = ("off", "on", "required")
OUTPUTS = ("text", "json", "html")
EFFECTS = ("read", "write", "destructive")
CONFIRM = ("auto", "terminal", "host")
LAUNCHERS = ("torchrun", "ray", "direct")
LAUNCHER_ALIASES = {"python": "direct"}
CONFIG_FORMATS = ("omegaconf", "yaml", "json")
CONTAINER_RUNTIMES = ("none", "docker", "podman", "apptainer", "pyxis")
PACKAGERS = ("git", "pattern", "none")
TUNNELS = ("local", "ssh")
OVERRIDES = ("strict", "open")
KUBERNETES_KINDS = ("job", "jobset", "pytorchjob", "trainjob", "rayjob")
SECRET_SCHEMES = ("env", "file", "cmd")
UI = (
    "text",
    "textarea",
    "password",
    "number",
    "slider",
    "checkbox",
    "toggle",
    "select",
    "radio",
    "multiselect",
    "file",
    "path",
    "directory",
    "date",
    "month",
    "time",
    "datetime",
    "color",
    "email",
    "url",
    "code",
    "tags",
    "hidden",
)
STORES = ("shared", "per-run")
GROUP_KINDS = ("exclusive", "inclusive", "at-least-one", "exactly-one", "if")


class Kind:
    """What a field may hold.

    `annotation` is the attribute's type in the model, `words` what a message
    calls it, `schema` its JSON Schema (2020-12).
    """

    __slots__ = ("annotation", "name", "schema", "words")

    def __init__(
        self, name: str, annotation: str, words: str, schema: dict[str, object]
    ) -> None:
        self.name = name
        self.annotation = annotation
        self.words = words
        self.schema = schema


_STRING: dict[str, object] = {"type": "string"}
_STRINGS: dict[str, object] = {"type": "array", "items": _STRING}
_NUMBER: dict[str, object] = {"type": "number"}
_MEDIA_NAME = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"

KINDS = {
    kind.name: kind
    for kind in (
        Kind("str", "str", "a string", _STRING),
        Kind("bool", "bool", "true or false", {"type": "boolean"}),
        Kind(
            "count",
            "int",
            "an integer of at least 0",
            {"type": "integer", "minimum": 0},
        ),
        Kind(
            "positive",
            "int",
            "an integer of at least 1",
            {"type": "integer", "minimum": 1},
        ),
        Kind(
            "seconds",
            "int | float",
            "a number of seconds above 0",
            {"type": "number", "exclusiveMinimum": 0},
        ),
        Kind("any", "object", "any value", {}),
        Kind("table", "Mapping[str, object]", "a table", {"type": "object"}),
        Kind("strs", "tuple[str, ...]", "a list of strings", _STRINGS),
        Kind(
            "str-or-strs",
            "tuple[str, ...]",
            "a string or a list of strings",
            {"anyOf": [_STRING, _STRINGS]},
        ),
        Kind("enum", "str", "one of a list", _STRING),
        Kind(
            "output",
            "str",
            "text, json, html or a media type such as image/png",
            {
                "anyOf": [
                    {"enum": list(OUTPUTS)},
                    {**_STRING, "pattern": f"^{_MEDIA_NAME}/{_MEDIA_NAME}$"},
                    _STRING,
                ]
            },
        ),
        Kind(
            "audiences",
            "bool | tuple[str, ...]",
            "true, false or a list of audiences",
            {
                "anyOf": [
                    {"type": "boolean"},
                    {
                        "type": "array",
                        "items": {"anyOf": [{"enum": list(AUDIENCES)}, _STRING]},
                    },
                ]
            },
        ),
        Kind(
            "contexts",
            "tuple[str, ...]",
            "true, false or a list of contexts",
            {
                "anyOf": [
                    {"type": "boolean"},
                    {"type": "array", "items": {"enum": list(CONTEXTS)}},
                ]
            },
        ),
        Kind(
            "options",
            "tuple[str | int | float, ...]",
            "a list of strings or numbers",
            {
                "type": "array",
                "minItems": 1,
                "items": {"type": ["string", "number"]},
            },
        ),
        Kind(
            "range",
            "tuple[int | float, int | float]",
            "a list of two numbers, [min, max]",
            {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
        ),
        Kind("pattern", "str", "a regular expression", {**_STRING, "format": "regex"}),
        Kind(
            "short",
            "str",
            "a dash and one character, like '-v'",
            {**_STRING, "pattern": "^-[^-=\\s]$"},
        ),
        Kind(
            "delimiter",
            "str",
            "one character",
            {**_STRING, "minLength": 1, "maxLength": 1},
        ),
        Kind(
            "examples",
            "tuple[Example, ...]",
            "a list of strings or of tables with 'cmd'",
            {
                "type": "array",
                "items": {
                    "anyOf": [
                        _STRING,
                        {
                            "type": "object",
                            "properties": {"cmd": _STRING, "description": _STRING},
                            "required": ["cmd"],
                            "additionalProperties": False,
                        },
                    ]
                },
            },
        ),
        Kind(
            "history",
            "bool",
            "true, false or a table with 'db'",
            {
                "anyOf": [
                    {"type": "boolean"},
                    {"type": "object", "properties": {"db": {"type": "boolean"}}},
                ]
            },
        ),
        Kind("flags", "str", "a string of words, quoted as for a shell", _STRING),
        Kind(
            "run-as",
            "str | RunAs",
            "a string or a table of default, hosts and patterns",
            {"anyOf": [_STRING, {"$ref": "#/$defs/run-as"}]},
        ),
        Kind(
            "str-table",
            "Mapping[str, str]",
            "a table of strings",
            {"type": "object", "additionalProperties": _STRING},
        ),
        Kind(
            "env-table",
            "Mapping[str, str]",
            "a table of strings, numbers or booleans",
            {
                "type": "object",
                "additionalProperties": {"type": ["string", "number", "boolean"]},
            },
        ),
        Kind(
            "secrets",
            "Mapping[str, str]",
            "a table of references: env:NAME, file:PATH or cmd:COMMAND",
            {
                "type": "object",
                "additionalProperties": {
                    **_STRING,
                    "pattern": f"^({'|'.join(SECRET_SCHEMES)}):.",
                },
            },
        ),
        Kind(
            "gpus",
            "int | str",
            "an integer, or 'gpu', 'auto' or 'cpu'",
            {
                "anyOf": [
                    {"type": "integer", "minimum": 0},
                    {"enum": ["gpu", "auto", "cpu"]},
                ]
            },
        ),
        Kind(
            "rotate",
            "str",
            "daily, midnight, weekly or a size such as '10 MB'",
            _STRING,
        ),
    )
}
"""Every kind by name. `section:T` is one table T, `sections:T` a table of them."""


class Field:
    """One key of one table.

    `default` is what a reader sees when the key is absent; `choices` the words an
    enum may hold, which only advise where `advisory` is true (SEC-05); `types` the
    argument types a check applies to (ARG-08); `attribute` its name in the model
    class.
    """

    __slots__ = (
        "advisory",
        "attribute",
        "choices",
        "default",
        "doc",
        "key",
        "kind",
        "required",
        "rule",
        "types",
    )

    def __init__(
        self,
        key: str,
        kind: str,
        rule: str,
        doc: str,
        default: object = None,
        choices: tuple[str, ...] = (),
        types: tuple[str, ...] = (),
        required: bool = False,
        attribute: str = "",
        advisory: bool = False,
    ) -> None:
        self.key = key
        self.advisory = advisory
        self.attribute = attribute or key.replace("-", "_")
        self.kind = kind
        self.rule = rule
        self.doc = doc
        self.default = default
        self.choices = choices
        self.types = types
        self.required = required


_TEXT = ("str", "password")
_NUMBERS = ("int", "float")

TABLES: dict[str, tuple[Field, ...]] = {
    "config": (
        Field(
            "autonomy-default",
            "enum",
            "CFG-01",
            "Autonomy of runnables that declare none.",
            "confirm",
            AUTONOMY,
        ),
        Field(
            "lang", "str", "CFG-02", "Language of the stubs that `runspec init` writes."
        ),
        Field(
            "name", "str", "CFG-02", "Name of the server that `runspec serve` starts."
        ),
        Field("version", "str", "CFG-02", "Version of the format.", "1"),
        Field("runspec_env", "str", "CFG-02", "Path of the `.runspec_env` file."),
        Field("types", "strs", "TYPE-10", "Types the program registers.", ()),
        Field(
            "enforce_run_as",
            "enum",
            "CFG-03",
            "What `parse()` does when it runs as another user than `run_as`.",
            "error",
            ENFORCE,
        ),
        Field(
            "confirm",
            "enum",
            "CFG-06",
            "Where a person approves calls: at the client or a terminal, at a "
            "terminal only, or as the client (the host) has it.",
            "auto",
            CONFIRM,
        ),
        Field(
            "help-autonomy",
            "bool",
            "HELP-01",
            "Whether help pages tell the level of autonomy.",
            False,
        ),
        Field("history", "history", "CFG-07", "Whether runs are recorded.", True),
        Field(
            "audit",
            "enum",
            "AUD-01",
            "Whether runs are in the audit ledger.",
            "off",
            AUDIT,
        ),
        Field("jump-hosts", "sections:jump-host", "CFG-04", "Remote hosts by alias."),
        Field(
            "logging", "section:logging", "CFG-05", "Logging; its presence turns it on."
        ),
        Field(
            "run_as",
            "run-as",
            "CFG-08",
            "User that runnables run as which declare none.",
        ),
        Field("meta", "table", "CFG-09", "Your own data; passed through.", {}),
    ),
    "jump-host": (
        Field("host", "str", "CFG-04", "Host name or address; by default the alias."),
        Field("user", "str", "CFG-04", "Remote user."),
        Field("port", "positive", "CFG-04", "Remote port."),
        Field("key", "str", "CFG-04", "Path of the private key."),
        Field("proxy", "str", "CFG-04", "Host to go through."),
        Field("bin", "str", "CFG-04", "Path of `runspec` on that host."),
        Field("options", "strs", "CFG-04", "Further options of ssh.", ()),
        Field("groups", "strs", "CFG-04", "Groups the host belongs to.", ()),
    ),
    "logging": (
        Field("rotate", "rotate", "CFG-05", "When a new log file begins.", "midnight"),
        Field("keep", "count", "CFG-05", "How many old log files are kept.", 7),
        Field("enabled", "bool", "CFG-05", "Whether there is any logging.", True),
        Field(
            "summary",
            "bool",
            "CFG-05",
            "Whether a line on stderr says how a run went.",
            True,
        ),
        Field(
            "store",
            "enum",
            "CFG-05",
            "One log for all runs of a runnable, or a file for each.",
            "shared",
            STORES,
            advisory=True,
        ),
    ),
    "history": (Field("db", "bool", "CFG-07", "Whether runs are recorded.", True),),
    "runnable": (
        Field("description", "str", "RUN-01", "What it does, in one or two sentences."),
        Field(
            "autonomy",
            "enum",
            "RUN-02",
            "How much an agent may do without a person.",
            None,
            AUTONOMY,
        ),
        Field("autonomy-reason", "str", "RUN-02", "Why it has that level."),
        Field(
            "effects",
            "enum",
            "RUN-12",
            "What it does to the world: reads, writes, or destroys what can't be had "
            "back.",
            None,
            EFFECTS,
        ),
        Field("idempotent", "bool", "RUN-12", "A second equal call changes nothing."),
        Field("open-world", "bool", "RUN-12", "It reaches out to other systems."),
        Field(
            "output",
            "output",
            "RUN-03",
            "What it writes to stdout.",
            "text",
            OUTPUTS,
            advisory=True,
        ),
        Field("output-schema", "table", "RUN-13", "JSON Schema of that JSON."),
        Field("timeout", "seconds", "RUN-14", "Seconds after which a call is stopped."),
        Field(
            "warm",
            "bool",
            "RUN-15",
            "Whether `runspec serve` starts it in an interpreter that is ready.",
        ),
        Field(
            "discoverable",
            "audiences",
            "RUN-04",
            "Who may discover it.",
            True,
            AUDIENCES,
            advisory=True,
        ),
        Field("serve", "contexts", "RUN-05", "Where it is served.", CONTEXTS, CONTEXTS),
        Field(
            "hosts", "strs", "RUN-06", "Machines it runs on; absent means all.", None
        ),
        Field("run_as", "run-as", "RUN-07", "User it runs as."),
        Field(
            "become_method",
            "enum",
            "RUN-08",
            "How it becomes that user.",
            "sudo",
            BECOME_METHODS,
        ),
        Field("become_flags", "flags", "RUN-08", "Further flags of that method."),
        Field(
            "enforce_run_as",
            "enum",
            "RUN-08",
            "What `parse()` does as another user; by default as [config] says.",
            None,
            ENFORCE,
        ),
        Field(
            "audit",
            "enum",
            "AUD-01",
            "Whether its runs are in the audit ledger; by default that of [config].",
            None,
            AUDIT,
        ),
        Field("examples", "examples", "RUN-09", "Calls that help shows.", ()),
        Field("runspec_env", "str", "RUN-10", "Path of its `.runspec_env` file."),
        Field("program", "str", "INJ-06", "The file it starts, relative to the spec."),
        Field(
            "section", "str", "HELP-06", "Heading under which help lists the command."
        ),
        Field("require-command", "bool", "CMD-03", "A command must be chosen.", False),
        Field("meta", "table", "CFG-09", "Your own data; passed through.", {}),
        Field("args", "sections:arg", "ARG-01", "Its arguments by name."),
        Field("groups", "sections:group", "GRP-07", "Relations between arguments."),
        Field("commands", "sections:runnable", "CMD-01", "Its commands by name."),
        Field("schema", "str", "RUN-11", "Version of the recipe format.", "1"),
        Field("docs", "str", "RUN-11", "Address of the recipe format.", ""),
        Field(
            "name",
            "str",
            "RUN-11",
            "Identity of the recipe.",
            "",
            attribute="recipe_name",
        ),
        Field("image", "str", "RUN-11", "Default container image."),
        Field("setup", "str", "RUN-11", "What the image provides, in words.", ""),
        Field("run", "section:run", "RUN-11", "How it is started."),
        Field("config", "section:recipe-config", "RUN-11", "Where its configs are."),
        Field("resources", "section:resources", "RUN-11", "What it needs."),
        Field("env", "env-table", "RUN-11", "Environment variables to set.", {}),
    ),
    "arg": (
        Field("type", "enum", "INF-01", "Type of the value.", None, TYPES),
        Field("default", "any", "ARG-01", "Value when none is given."),
        Field(
            "required", "bool", "INF-08", "Overrides the inferred requirement.", False
        ),
        Field("description", "str", "ARG-22", "What it is for."),
        Field(
            "options",
            "options",
            "ARG-05",
            "The valid values.",
            None,
            types=("choice", "str", *_NUMBERS),
        ),
        Field(
            "range",
            "range",
            "ARG-06",
            "Lowest and highest value.",
            None,
            types=_NUMBERS,
        ),
        Field(
            "pattern",
            "pattern",
            "STR-01",
            "Regular expression the whole value matches.",
            None,
            types=_TEXT,
        ),
        Field("min-length", "count", "ARG-07", "Fewest characters.", None, types=_TEXT),
        Field("max-length", "count", "ARG-07", "Most characters.", None, types=_TEXT),
        Field("multiple", "bool", "ARG-09", "Collects several values.", False),
        Field("delimiter", "delimiter", "ARG-10", "Splits each value."),
        Field("short", "short", "ARG-11", "Short option, like `-v`."),
        Field(
            "env", "str-or-strs", "ARG-13", "Variables read when it isn't given.", ()
        ),
        Field("deprecated", "str", "ARG-14", "Shown when it is given."),
        Field(
            "autonomy",
            "enum",
            "ARG-15",
            "Level that giving it demands.",
            None,
            AUTONOMY,
        ),
        Field(
            "discoverable",
            "audiences",
            "ARG-16",
            "Who sees it on a self-service form.",
            False,
            AUDIENCES,
            advisory=True,
        ),
        Field(
            "ui",
            "enum",
            "ARG-17",
            "Form control; inferred by default.",
            None,
            UI,
            advisory=True,
        ),
        Field("hint", "str", "ARG-18", "Placeholder of the form control."),
        Field("meta", "table", "ARG-18", "Your own data; passed through.", {}),
        Field("position", "positive", "ARG-12", "Makes it positional, from 1."),
    ),
    "group": (
        Field("exclusive", "bool", "GRP-01", "At most one is given.", False),
        Field("inclusive", "bool", "GRP-02", "All or none are given.", False),
        Field("at-least-one", "bool", "GRP-03", "One or more are given.", False),
        Field("exactly-one", "bool", "GRP-04", "Exactly one is given.", False),
        Field("args", "strs", "GRP-07", "The arguments it is about.", ()),
        Field(
            "if", "str", "GRP-05", "When this argument is given …", attribute="trigger"
        ),
        Field("requires", "strs", "GRP-05", "… these are required.", ()),
    ),
    "example": (
        Field("cmd", "str", "RUN-09", "The call.", required=True),
        Field("description", "str", "RUN-09", "What it shows."),
    ),
    "run-as": (
        Field("default", "str", "RUN-07", "User on hosts that nothing else names."),
        Field("hosts", "str-table", "RUN-07", "User by host name.", {}),
        Field("patterns", "str-table", "RUN-07", "User by host pattern.", {}),
    ),
    "run": (
        Field(
            "launch",
            "enum",
            "RUN-11",
            "How the script is started.",
            "torchrun",
            LAUNCHERS,
        ),
        Field(
            "cmd",
            "str",
            "RUN-11",
            "Command, with {script} and {config}.",
            "python {script} --config {config}",
        ),
        Field("workdir", "str", "RUN-11", "Working directory in the container."),
    ),
    "recipe-config": (
        Field("dir", "str", "RUN-11", "Folder of the configs.", "./config"),
        Field("default", "str", "RUN-11", "Config used when none is named.", "default"),
        Field(
            "format",
            "enum",
            "RUN-11",
            "Format of the configs.",
            "omegaconf",
            CONFIG_FORMATS,
        ),
        Field(
            "overrides",
            "enum",
            "CNF-04",
            "Whether a=1 may set a key that no file has: open, or strict.",
            "strict",
            OVERRIDES,
        ),
    ),
    "resources": (
        Field("nodes", "positive", "RUN-11", "How many nodes.", 1),
        Field("gpus_per_node", "gpus", "RUN-11", "How many GPUs on each.", 8),
    ),
    "script": (
        Field("dependencies", "strs", "RCP-05", "What it imports (PEP 508).", ()),
        Field("requires-python", "str", "RCP-05", "Versions of Python it runs on."),
        Field("tool", "table", "RCP-04", "`[tool.runspec]` is the runnable.", {}),
    ),
    "profile": (
        Field(
            "executor",
            "str",
            "PRF-02",
            "Where it runs: local, slurm, ray, kubernetes, skypilot or an installed "
            "executor.",
            "local",
        ),
        Field("extends", "str-or-strs", "PRF-03", "Profiles it takes from.", ()),
        Field("nodes", "positive", "PRF-02", "How many nodes; the recipe's if absent."),
        Field(
            "gpus_per_node",
            "gpus",
            "PRF-02",
            "How many GPUs on each; the recipe's if absent.",
        ),
        Field("ntasks_per_node", "positive", "PRF-02", "Tasks on each node.", 1),
        Field(
            "nproc_per_node",
            "gpus",
            "PRF-02",
            "Processes that torchrun starts on each node.",
        ),
        Field("cpus_per_task", "positive", "PRF-02", "CPUs of each task."),
        Field("mem", "str", "PRF-02", 'Memory of a node, like "64G"; "0" is all.'),
        Field("time", "str", "PRF-02", 'How long it may run, like "04:00:00".'),
        Field("exclusive", "bool", "PRF-02", "Whole nodes, shared with nobody.", False),
        Field(
            "launch",
            "enum",
            "PRF-02",
            "How the script is started; as the recipe says if absent.",
            None,
            LAUNCHERS,
        ),
        Field("workdir", "str", "PRF-02", "Working directory in the container."),
        Field(
            "python",
            "str",
            "PRF-02",
            "Path or name of the Python here; that of the shell if absent.",
        ),
        Field("container_image", "str", "PRF-02", "Image; the recipe's if absent."),
        Field("container", "str", "PRF-02", "Another name of container_image."),
        Field(
            "cmd",
            "str",
            "PRF-02",
            "The command of the script, in place of the recipe's run.cmd.",
        ),
        Field("run_command", "str", "PRF-02", "Another name of cmd."),
        Field("nprocs_per_node", "gpus", "PRF-02", "Another name of nproc_per_node."),
        Field(
            "overrides",
            "enum",
            "CNF-04",
            "Whether a=1 may set a key that the configuration lacks; as the recipe "
            "says if absent.",
            None,
            OVERRIDES,
        ),
        Field(
            "container_runtime",
            "enum",
            "PRF-02",
            "What runs the container; the executor's own if absent.",
            None,
            CONTAINER_RUNTIMES,
        ),
        Field("container_args", "strs", "PRF-02", "Further options of that.", ()),
        Field("mounts", "strs", "PRF-02", "Mounts, each HOST:CONTAINER[:ro].", ()),
        Field("startup_commands", "strs", "PRF-02", "Shell lines run before.", ()),
        Field("env_vars", "env-table", "PRF-05", "Variables that are no secrets.", {}),
        Field("secrets", "secrets", "PRF-05", "Variables that are secrets.", {}),
        Field(
            "pass_env",
            "strs",
            "PRF-02",
            "Variables of this shell that a job elsewhere gets, too, by name.",
            (),
        ),
        Field(
            "requeue",
            "bool",
            "SLM-07",
            "Whether Slurm may put the job back into its queue; secrets stay for that.",
            False,
        ),
        Field(
            "max_retries",
            "count",
            "PRF-02",
            "How often it is run again after a failure, a timeout or a preemption.",
            0,
        ),
        Field(
            "checkpoint_signal",
            "str",
            "PRF-02",
            'Signal before the time limit, and how many seconds before: "USR1@120".',
        ),
        Field(
            "rendezvous_port",
            "positive",
            "PRF-02",
            "Port of the first node where processes meet; chosen if absent.",
        ),
        Field(
            "packager",
            "enum",
            "PRF-02",
            "What code goes along: all files of the git repository, those of a "
            "pattern, or none.",
            "git",
            PACKAGERS,
        ),
        Field(
            "packager_include_pattern",
            "str-or-strs",
            "PRF-02",
            "Patterns of the files, from the folder of the code.",
            (),
        ),
        Field(
            "packager_max_mb",
            "positive",
            "PRF-02",
            "The largest archive of code that is sent, in MB.",
            512,
        ),
        Field("account", "str", "PRF-02", "Slurm account that pays."),
        Field("partition", "str", "PRF-02", "Slurm partition."),
        Field("run_partition", "str", "PRF-02", "Partition of what is waited for."),
        Field("batch_partition", "str", "PRF-02", "Partition of what is detached."),
        Field("qos", "str", "PRF-02", "Slurm quality of service."),
        Field("constraint", "str", "PRF-02", "Features that Slurm's nodes must have."),
        Field("gres", "str", "PRF-02", "Slurm's --gres, in place of its GPU options."),
        Field("array", "str", "PRF-02", 'Slurm\'s --array, like "0-7%2".'),
        Field("dependency", "str", "PRF-02", 'Slurm\'s --dependency, "afterok:123".'),
        Field("sbatch_args", "strs", "PRF-02", "Further options of sbatch.", ()),
        Field("srun_args", "strs", "PRF-02", "Further options of srun.", ()),
        Field(
            "tunnel",
            "enum",
            "PRF-02",
            "How the cluster is reached: from here, or over SSH.",
            "local",
            TUNNELS,
        ),
        Field("host", "str", "PRF-02", "Host to reach over SSH."),
        Field("user", "str", "PRF-02", "User there."),
        Field("port", "positive", "PRF-02", "SSH port there."),
        Field("identity", "str", "PRF-02", "Path of the private key for it."),
        Field("ssh_options", "strs", "PRF-02", "Further options of ssh.", ()),
        Field("remote_job_dir", "str", "PRF-02", "Folder there for code and jobs."),
        Field("address", "str", "PRF-02", "Address of a Ray cluster's dashboard."),
        Field(
            "kind",
            "enum",
            "PRF-02",
            "What Kubernetes runs it as.",
            "job",
            KUBERNETES_KINDS,
        ),
        Field("namespace", "str", "PRF-02", "Kubernetes namespace."),
        Field("context", "str", "PRF-02", "Context of kubectl's configuration."),
        Field("service_account", "str", "PRF-02", "Service account of the pods."),
        Field(
            "image_pull_secrets",
            "strs",
            "PRF-02",
            "Kubernetes secrets for the image's registry, by name.",
            (),
        ),
        Field("labels", "str-table", "PRF-02", "Labels of Kubernetes' objects.", {}),
        Field(
            "annotations", "str-table", "PRF-02", "Annotations of these objects.", {}
        ),
        Field("priority_class", "str", "PRF-02", "Priority class of the pods."),
        Field("node_selector", "str-table", "PRF-02", "Labels a node must have.", {}),
        Field(
            "tolerations",
            "strs",
            "PRF-02",
            "Taints that are tolerated, each KEY[=VALUE][:EFFECT].",
            (),
        ),
        Field(
            "gpu_resource",
            "str",
            "PRF-02",
            "What a Kubernetes node calls its GPUs.",
            "nvidia.com/gpu",
        ),
        Field("shm_size", "str", "PRF-02", 'Size of /dev/shm in a pod, like "16Gi".'),
        Field(
            "runtime",
            "str",
            "PRF-02",
            "ClusterTrainingRuntime of a trainjob.",
            "torch-distributed",
        ),
        Field(
            "ttl",
            "count",
            "PRF-02",
            "Seconds after which Kubernetes removes an ended job.",
            86400,
        ),
        Field(
            "patience",
            "count",
            "PRF-02",
            "Seconds to wait for a pod, or a cluster that doesn't answer.",
            600,
        ),
        Field("cloud", "str", "PRF-02", "Cloud that SkyPilot takes."),
        Field("region", "str", "PRF-02", "Region of it."),
        Field("zone", "str", "PRF-02", "Zone of it."),
        Field("accelerators", "str", "PRF-02", 'What SkyPilot takes, like "H100:8".'),
        Field("instance_type", "str", "PRF-02", "Instance type of the cloud."),
        Field("disk_size", "positive", "PRF-02", "Size of the disk in GB."),
        Field("use_spot", "bool", "PRF-02", "Whether spot instances will do.", False),
        Field(
            "cluster", "str", "PRF-02", "SkyPilot cluster; one of its own if absent."
        ),
        Field(
            "down",
            "bool",
            "PRF-02",
            "Whether a cluster of its own is taken down at the end.",
            True,
        ),
    ),
    "pipeline": (
        Field("name", "str", "PIP-01", "What it is called; the file's name if absent."),
        Field("on", "str", "PIP-05", "Profile of stages that name none."),
        Field(
            "artifacts",
            "str",
            "PIP-03",
            "Folder of the artifacts of all runs; by default the run's own folder.",
        ),
        Field("stages", "sections:stage", "PIP-01", "Its stages.", required=True),
    ),
    "stage": (
        Field("recipe", "str", "PIP-01", "The recipe, from here.", required=True),
        Field("config", "str", "PIP-01", "Its config; the recipe's default if absent."),
        Field("after", "strs", "PIP-02", "Stages that must have ended well.", ()),
        Field("overrides", "strs", "PIP-01", "What follows a launch's options.", ()),
        Field(
            "max_retries",
            "count",
            "PIP-01",
            "How often its place runs it again; as its profile says if absent.",
        ),
        Field("on", "str", "PIP-05", "Profile of this stage."),
        Field(
            "produces",
            "str-table",
            "PIP-03",
            "Artifacts by name: files or folders below RUNSPEC_ARTIFACTS_DIR.",
            {},
        ),
    ),
}
"""Every table of the format by name, its fields in the order help shows them."""

CLASSES = {
    "config": "Config",
    "jump-host": "JumpHost",
    "logging": "Logging",
    "history": "History",
    "runnable": "Runnable",
    "arg": "Arg",
    "group": "Group",
    "example": "Example",
    "run-as": "RunAs",
    "run": "Run",
    "recipe-config": "RecipeConfig",
    "resources": "Resources",
    "script": "Script",
    "profile": "Profile",
    "pipeline": "Pipeline",
    "stage": "Stage",
}
"""The model class of each table."""
NAMED = ("arg", "group", "runnable", "jump-host", "stage")
"""Tables whose records are known by the key they stand under."""
EVERY_CALL = ("config", "runnable", "arg")
"""Tables that a program meets at every start; the others are in `model_more`."""
