"""The runner of the far side, as one text that any Python from 3.9 on can run.

The other user may be unable to read where this package is installed, so its modules
go to the runner's process by the channel.
"""

from __future__ import annotations

import os
from functools import cache

PACKAGE = __package__
ABOVE = PACKAGE.rpartition(".")[0]
OWN = ("libc", "tree", "order", "handover", "execute", "keeper", "runner")
MODULES = (f"{ABOVE}.compat", *(f"{PACKAGE}.{name}" for name in OWN))
"""In the order of their imports; they need nothing but the standard library."""

SOURCE = """\
import sys
if sys.version_info < (3, 9):
    sys.exit("runspec needs Python 3.9 or newer to run something as another user")
def module(name, source, package):
    made = sys.modules[name] = type(sys)(name)
    made.__package__ = package
    if source is None:
        made.__path__ = []
    else:
        exec(compile(source, name, "exec"), made.__dict__)
for each in {modules!r}:
    module(*each)
sys.modules[{main!r}].main(n)
"""


@cache
def bundle() -> bytes:
    """The runner's text; it finds the number of its channel as `n`."""
    modules: list[tuple[str, str | None, str]] = [
        (name, None, name) for name in (ABOVE, PACKAGE)
    ]
    folders = {PACKAGE: os.path.dirname(__file__)}
    folders[ABOVE] = os.path.dirname(folders[PACKAGE])
    for module in MODULES:
        package, _, name = module.rpartition(".")
        with open(f"{folders[package]}/{name}.py", encoding="utf-8") as file:
            modules.append((module, file.read(), package))
    return SOURCE.format(modules=modules, main=f"{PACKAGE}.runner").encode()
