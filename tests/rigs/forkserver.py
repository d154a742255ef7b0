"""Runs programs of this interpreter's environment, each in a fork of this process.

What they import of others is loaded once. A line on stdin is one call: `argv` (the
first is the program's path), `env`, `cwd`, `out` and `err` (files). A line on stdout
is the exit status it came to, as `subprocess` has it. Started as a script, with the
environment's Python.
"""

import importlib
import json
import os
import select
import sys
from contextlib import suppress

PRELOADED = (
    *("asyncio", "argparse", "email", "json", "logging", "ssl", "subprocess"),
    *("atlassian", "bs4", "certifi", "cryptography", "httpx", "jmespath", "markdown"),
    *("markdownify", "requests", "urllib3", "oauthlib", "deprecated"),
)


def ended(pid: int, limit: float) -> int:
    """The exit status of a child; it is killed after `limit` seconds."""
    watch = os.pidfd_open(pid)
    if not select.select([watch], [], [], limit)[0]:
        os.kill(pid, 9)
    os.close(watch)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def become(call: dict) -> None:
    """Make this process one that was started for `call`."""
    for name, descriptor in (("out", 1), ("err", 2)):
        made = os.open(call[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(made, descriptor)
        os.close(made)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.chdir(call["cwd"])
    os.environ.clear()
    os.environ.update(call["env"])
    sys.argv[:] = call["argv"]
    sys.path[0] = os.path.dirname(sys.argv[0])


for each in PRELOADED:
    with suppress(ImportError):
        importlib.import_module(each)
while line := sys.stdin.readline():
    call = json.loads(line)
    if not (child := os.fork()):
        break
    print(ended(child, call["limit"]), flush=True)
else:
    sys.exit()
become(call)
main = type(sys)("__main__")
main.__file__ = sys.argv[0]
sys.modules["__main__"] = main
with open(sys.argv[0], "rb") as file:
    code = compile(file.read(), sys.argv[0], "exec")
exec(code, main.__dict__)
