"""The tables that few programs need; see `model`."""

from .model import maker

DEFAULTS = {
    "jump-host": {
        "name": "",
        "host": None,
        "user": None,
        "port": None,
        "key": None,
        "proxy": None,
        "bin": None,
        "options": (),
        "groups": (),
    },
    "logging": {
        "rotate": "midnight",
        "keep": 7,
    },
    "group": {
        "name": "",
        "exclusive": False,
        "inclusive": False,
        "at_least_one": False,
        "exactly_one": False,
        "args": (),
        "trigger": None,
        "requires": (),
    },
    "example": {
        "description": None,
    },
    "run-as": {
        "default": None,
        "hosts": {},
        "patterns": {},
    },
    "run": {
        "launch": "torchrun",
        "cmd": "python {script} --config {config}",
        "workdir": None,
    },
    "recipe-config": {
        "dir": "./config",
        "default": "default",
        "format": "omegaconf",
    },
    "resources": {
        "nodes": 1,
        "gpus_per_node": 8,
    },
}

JumpHost = maker("jump-host")
Logging = maker("logging")
Group = maker("group")
Example = maker("example")
RunAs = maker("run-as")
Run = maker("run")
RecipeConfig = maker("recipe-config")
Resources = maker("resources")
