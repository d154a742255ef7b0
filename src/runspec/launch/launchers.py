"""The words that start a recipe's script on one node.

A cmd whose first word is `python` gives way to torchrun where that is its launcher;
ray and direct run it as it is.
"""

from __future__ import annotations

from .plan import CONFIG, SCRIPT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .plan import Plan

TORCHRUN = "torchrun"
PYTHONS = ("python", "python3")
MODULE = "-m"
PORT = "29500"
"""Where torchrun's nodes meet, unless somebody says otherwise (torchrun's own)."""


class Shell(str):
    """A word that a shell expands: it stands in a script as it is, never quoted."""

    __slots__ = ()


class Rendezvous:
    """How torchrun on one of several nodes finds the others.

    `rank` is this node's number from 0, `address` the host name of node 0; each is a
    text, or a Shell word such as `Shell('"$SLURM_NODEID"')`.
    """

    __slots__ = ("address", "nodes", "port", "rank")

    def __init__(self, nodes: int, rank: str, address: str, port: str = PORT) -> None:
        self.nodes = nodes
        self.rank = rank
        self.address = address
        self.port = port

    def words(self) -> tuple[str, ...]:
        return (
            *("--nnodes", str(self.nodes), "--node-rank", self.rank),
            *("--master-addr", self.address, "--master-port", self.port),
        )


def processes(plan: Plan) -> str:
    """`--nproc-per-node`: the profile's, else one for each GPU; one without any.

    A number, or `gpu`, `auto` or `cpu`, which torchrun counts where it runs.
    """
    asked = plan.settings.nproc_per_node
    if asked is not None:
        return str(asked)
    return "1" if plan.gpus == 0 else str(plan.gpus)


def launch_words(
    plan: Plan,
    *,
    script: str,
    config: str | None,
    nproc: str | None = None,
    rendezvous: Rendezvous | None = None,
    python: str | None = None,
) -> tuple[str, ...]:
    """The command that runs on each node of `plan`, its launcher included.

    `script` and `config` are paths there (or Shell words), `nproc` in place of
    `processes(plan)`. Without a `rendezvous` torchrun stands alone, on one node.
    `python`, an absolute path, stands for a first word `python` or `python3`, and
    runs torchrun as its module.
    """
    words = (*filled(plan.command, script, config), *plan.passed)
    if plan.launcher == TORCHRUN and words[0] != TORCHRUN:
        start = (python, MODULE, "torch.distributed.run") if python else (TORCHRUN,)
        meeting = rendezvous.words() if rendezvous else ("--standalone", "--nnodes=1")
        nproc = processes(plan) if nproc is None else nproc
        again = (f"--max-restarts={plan.restarts}",) if plan.restarts else ()
        counted = (*meeting, *again, "--nproc-per-node", nproc)
        return (*start, *counted, *_under_torchrun(words, python))
    if python and words[0] in PYTHONS:
        return (python, *words[1:])
    return words


def filled(words: Sequence[str], script: str, config: str | None) -> tuple[str, ...]:
    """`words` with `{script}` and `{config}` replaced, also within a word."""
    paths = {SCRIPT: script, CONFIG: config or ""}
    return tuple(_filled(word, paths) for word in words)


def quoted(words: Sequence[str]) -> str:
    """The words as a POSIX shell reads them; Shell words as they are."""
    from shlex import quote

    return " ".join(word if isinstance(word, Shell) else quote(word) for word in words)


def started(startup: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """Words behind shell lines, in one shell; the first line to fail ends it."""
    if not startup:
        return tuple(words)
    lines = "\n".join((*startup, 'exec "$@"'))
    return ("sh", "-ec", lines, "sh", *words)


def _under_torchrun(words: tuple[str, ...], python: str | None) -> tuple[str, ...]:
    """What follows torchrun's options: a script, a module, or another program."""
    if words[0] not in PYTHONS:
        return ("--no-python", *words)
    first = words[1] if len(words) > 1 else ""
    if first.startswith("-") and first != MODULE:
        return ("--no-python", python or words[0], *words[1:])
    return words[1:]


def _filled(word: str, paths: Mapping[str, str]) -> str:
    """A Shell word where a path in it is one."""
    pieces: list[str] = []
    rest = word
    while (found := _first(rest, paths)) is not None:
        before, name, rest = rest.partition(found)
        pieces += [before, paths[name]]
    if not pieces:
        return word
    pieces = [piece for piece in (*pieces, rest) if piece]
    if any(isinstance(piece, Shell) for piece in pieces):
        return Shell("".join(quoted((piece,)) for piece in pieces))
    return "".join(pieces)


def _first(word: str, paths: Mapping[str, str]) -> str | None:
    """The placeholder that stands first in it."""
    there = [name for name in paths if name in word]
    return min(there, key=word.index) if there else None
