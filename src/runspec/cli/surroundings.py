"""What `runspec check` finds around a spec: its program, its examples, its values."""

from __future__ import annotations

import os

from ..call import Invocation
from ..errors import Fault, SpecError
from ..resolve.configfile import CONFIG_NAME, check_file
from ..run.program import find_program
from ..specfile import SPEC_NAME
from . import with_separator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..model import Runnable
    from ..source.document import Document
    from ..spec.build import Spec

    Keys = tuple[str | int, ...]

SHELL = frozenset(("|", "||", "&&", ";", "&", ">", ">>", "<", "2>&1"))
"""Words at which a command of a shell ends."""
STAND_INS = ("$", "`", "<", "*", "...", "…")
"""What a word has that isn't to be taken as it is."""
OF_NAMES = (
    "unknown-argument",
    "unknown-command",
    "unexpected-argument",
    "unexpected-value",
    "value-missing",
    "secret-on-argv",
)


def warnings_of(document: Document, spec: Spec) -> Iterator[Fault]:
    """The warnings about the programs and the examples of the usable runnables."""
    for name, runnable in spec.runnables.items():
        keys = document.section(name)
        levels = list(_levels(keys, (runnable,)))
        yield from _check_types(document, spec, levels)
        for at, chain in levels:
            yield from _examples(document, spec, at, chain)


def config_file(document: Document) -> str | None:
    """The config file beside a spec, if there is one."""
    folder, base = os.path.split(document.path)
    path = os.path.join(folder, CONFIG_NAME)
    return path if base == SPEC_NAME and os.path.lexists(path) else None


def check_config(path: str, spec: Spec) -> tuple[Fault, ...]:
    """What is wrong with the config file of a spec (SRC-05)."""
    return check_file(path, {name: spec.runnables.get(name) for name in spec.names})


def check_config_file(path: str) -> tuple[Fault, ...]:
    """A config file that was named: for the spec beside it, and what is installed."""
    from ..source.spec import read_spec
    from ..spec.build import build
    from ..spec.catalogue import Catalogue

    runnables: dict[str, Runnable | None] = {}
    beside = os.path.join(os.path.dirname(path), SPEC_NAME)
    specs = [build(read_spec(beside))] if os.path.lexists(beside) else []
    catalogue = Catalogue()
    specs += [catalogue.spec(each.spec.path) for each in catalogue.listed.values()]
    for spec in specs:
        for name in spec.names:
            runnables.setdefault(name, spec.runnables.get(name))
    return check_file(path, runnables)


def _levels(
    keys: Keys, chain: tuple[Runnable, ...]
) -> Iterator[tuple[Keys, tuple[Runnable, ...]]]:
    """The runnable and each command below it, with the keys of its table."""
    yield keys, chain
    for name, command in chain[-1].commands.items():
        yield from _levels((*keys, "commands", name), (*chain, command))


def _check_types(
    document: Document, spec: Spec, levels: Sequence[tuple[Keys, tuple[Runnable, ...]]]
) -> Iterator[Fault]:
    """Types that only a Python program can register, of one in another language."""
    found = [
        (chain, (*at, "args", name, "type"), arg.type)
        for at, chain in levels
        for name, arg in chain[-1].args.items()
        if arg.type in spec.config.types
    ]
    if not found or _is_python(found[0][0][0], spec):
        return
    for chain, keys, type in found:
        yield Fault(
            "type-unchecked",
            ".".join(map(str, keys)),
            document.place(keys, value=True),
            severity="warning",
            runnable=chain[0].name,
            received=type,
        )


def _is_python(runnable: Runnable, spec: Spec) -> bool:
    """Whether its program is Python's, or isn't known."""
    try:
        program = find_program(
            runnable.name, spec.path, installed=False, declared=runnable.program
        )
    except SpecError:
        return True
    return program.is_python


def _examples(
    document: Document, spec: Spec, at: Keys, chain: tuple[Runnable, ...]
) -> Iterator[Fault]:
    """Examples that the command line would refuse."""
    for index, example in enumerate(chain[-1].examples):
        reason = _refusal(example.cmd, chain[0], spec)
        if reason:
            keys = (*at, "examples", index)
            yield Fault(
                "example-refused",
                ".".join(map(str, (*at, "examples"))),
                document.place(keys, value=True),
                severity="warning",
                runnable=chain[0].name,
                received=example.cmd,
                detail=reason,
            )


def _refusal(cmd: str, runnable: Runnable, spec: Spec) -> str:
    """Why a command that begins with the runnable's name is refused; "" else."""
    from shlex import split

    from ..render.words import Names, say

    try:
        words = split(cmd)
    except ValueError:
        return ""
    end = next((at for at, word in enumerate(words) if word in SHELL), len(words))
    if not words or words[0] != runnable.name:
        return ""
    tokens = words[1:end]
    if runnable.name == "runspec":
        tokens = with_separator(tokens)
    call = Invocation(runnable, spec.config, tokens, {}, spec.path)
    call.bind()
    refused = [fault for fault in call.faults if fault.code in OF_NAMES]
    if not (refused or any(mark in cmd for mark in STAND_INS)):
        refused = _of_values(call, spec)
    return say(refused[0], Names(call.chain)).message if refused else ""


def _of_values(call: Invocation, spec: Spec) -> list[Fault]:
    """What is wrong with the values that stand on the line."""
    from ..resolve import value_of

    for attribute in call.given:
        arg = call.scope.get(attribute)
        if arg is not None and arg.type not in spec.config.types:
            value_of(call, attribute, arg)
    return call.faults
