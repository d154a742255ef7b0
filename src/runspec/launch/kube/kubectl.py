"""The kubectl program, and what it says when something goes wrong."""

from __future__ import annotations

from ...errors import Fault, RunspecError
from ..executor import Silent
from ..transport import NOT_FOUND, SILENT, Here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...spec.plain import Json
    from ..transport import Done

    Object = dict[str, Json]

PROGRAM = "kubectl"
UNREACHABLE = (
    "unable to connect",
    "connection to the server",
    "connection refused",
    "connection reset",
    "i/o timeout",
    "no such host",
    "tls handshake timeout",
    "client.timeout",
    "context deadline",
    "unexpected eof",
    "serviceunavailable",
    "network is unreachable",
)
"""What stands in its complaint where the server didn't answer."""
PATIENCE = 30
"""Seconds for one answer of the server."""


class Kubectl:
    """One cluster and namespace: kubectl's own ones where nothing is said."""

    __slots__ = ("_here", "_options")

    def __init__(self, context: str, namespace: str) -> None:
        self._here = Here()
        self._options = [f"--request-timeout={PATIENCE}s"]
        if context:
            self._options.append(f"--context={context}")
        if namespace:
            self._options.append(f"--namespace={namespace}")

    def argv(self, *words: str) -> tuple[str, ...]:
        return (PROGRAM, *self._options, *words)

    def run(self, *words: str, stdin: bytes = b"") -> bytes:
        """What it prints. Raises Silent where the server doesn't answer, else
        RunspecError (`kubectl-failed`, `program-missing`).
        """
        done = self._here.run(self.argv(*words), stdin)
        if done.status:
            raise _failure(done, words[0])
        return done.out

    def create(self, text: str) -> Object:
        """Create one object; it as the server has it."""
        return self._object("create", "-o", "json", "-f", "-", stdin=text.encode())

    def listed(self, kinds: str, selector: str) -> list[Object]:
        """The objects of some kinds with these labels."""
        found = self._object("get", kinds, "-l", selector, "-o", "json")
        items = found.get("items")
        return [each for each in _list(items) if isinstance(each, dict)]

    def delete(self, *words: str) -> None:
        """Delete what may be gone, without waiting for its end."""
        self.run("delete", *words, "--ignore-not-found", "--wait=false")

    def _object(self, *words: str, stdin: bytes = b"") -> Object:
        import json

        out = self.run(*words, stdin=stdin)
        try:
            found = json.loads(out)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise RunspecError(
                Fault("kubectl-failed", words[0], detail="it printed no JSON")
            )
        return found


def _failure(done: Done, verb: str) -> RunspecError:
    said = done.said
    if done.status == NOT_FOUND and not done.out:
        return RunspecError(Fault("program-missing", PROGRAM, received=PROGRAM))
    if any(phrase in said.lower() for phrase in UNREACHABLE):
        return Silent(Fault(SILENT, "kubernetes", detail=said))
    return RunspecError(Fault("kubectl-failed", verb, detail=said))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
