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
        "enabled": True,
        "summary": True,
        "store": "shared",
    },
    "history": {
        "db": True,
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
        "overrides": "strict",
    },
    "resources": {
        "nodes": 1,
        "gpus_per_node": 8,
    },
    "script": {
        "dependencies": (),
        "requires_python": None,
        "tool": {},
    },
    "profile": {
        "executor": "local",
        "extends": (),
        "nodes": None,
        "gpus_per_node": None,
        "ntasks_per_node": 1,
        "nproc_per_node": None,
        "cpus_per_task": None,
        "mem": None,
        "time": None,
        "exclusive": False,
        "launch": None,
        "workdir": None,
        "python": None,
        "container_image": None,
        "container": None,
        "cmd": None,
        "run_command": None,
        "nprocs_per_node": None,
        "overrides": None,
        "container_runtime": None,
        "container_args": (),
        "mounts": (),
        "startup_commands": (),
        "env_vars": {},
        "secrets": {},
        "pass_env": (),
        "requeue": False,
        "max_retries": 0,
        "checkpoint_signal": None,
        "rendezvous_port": None,
        "packager": "git",
        "packager_include_pattern": (),
        "packager_max_mb": 512,
        "account": None,
        "partition": None,
        "run_partition": None,
        "batch_partition": None,
        "qos": None,
        "constraint": None,
        "gres": None,
        "array": None,
        "dependency": None,
        "sbatch_args": (),
        "srun_args": (),
        "tunnel": "local",
        "host": None,
        "user": None,
        "port": None,
        "identity": None,
        "ssh_options": (),
        "remote_job_dir": None,
        "address": None,
        "kind": "job",
        "namespace": None,
        "context": None,
        "service_account": None,
        "image_pull_secrets": (),
        "node_selector": {},
        "tolerations": (),
        "gpu_resource": "nvidia.com/gpu",
        "shm_size": None,
        "runtime": "torch-distributed",
        "ttl": 86400,
        "patience": 600,
        "cloud": None,
        "region": None,
        "zone": None,
        "accelerators": None,
        "instance_type": None,
        "disk_size": None,
        "use_spot": False,
        "cluster": None,
        "down": True,
    },
    "pipeline": {
        "name": None,
        "on": None,
        "artifacts": None,
    },
    "stage": {
        "name": "",
        "config": None,
        "after": (),
        "overrides": (),
        "on": None,
        "produces": {},
    },
}

JumpHost = maker("jump-host")
Logging = maker("logging")
History = maker("history")
Group = maker("group")
Example = maker("example")
RunAs = maker("run-as")
Run = maker("run")
RecipeConfig = maker("recipe-config")
Resources = maker("resources")
Script = maker("script")
Profile = maker("profile")
Pipeline = maker("pipeline")
Stage = maker("stage")
