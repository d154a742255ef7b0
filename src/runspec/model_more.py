"""The records that few programs need, written like those of `model`."""

from .model import Record


class JumpHost(Record):
    name = ""
    host = None
    user = None
    port = None
    key = None
    proxy = None
    bin = None
    options = ()
    groups = ()


class Logging(Record):
    rotate = "midnight"
    keep = 7


class Group(Record):
    name = ""
    exclusive = False
    inclusive = False
    at_least_one = False
    exactly_one = False
    args = ()
    trigger = None
    requires = ()


class Example(Record):
    description = None


class RunAs(Record):
    default = None
    hosts = {}
    patterns = {}


class Run(Record):
    launch = "torchrun"
    cmd = "python {script} --config {config}"
    workdir = None


class RecipeConfig(Record):
    dir = "./config"
    default = "default"
    format = "omegaconf"


class Resources(Record):
    nodes = 1
    gpus_per_node = 8


MORE = {
    "JumpHost": JumpHost,
    "Logging": Logging,
    "Group": Group,
    "Example": Example,
    "RunAs": RunAs,
    "Run": Run,
    "RecipeConfig": RecipeConfig,
    "Resources": Resources,
}
