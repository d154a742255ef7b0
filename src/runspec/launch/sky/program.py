"""The sky program: what is asked of it, and what its answers mean."""

from __future__ import annotations

from ...errors import Fault, RunspecError
from ..executor import CANCELLED, ENDED, QUEUED, RUNNING, Silent, State
from ..transport import NOT_FOUND, SILENT, Here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...spec.plain import Json

    Object = dict[str, Json]

PROGRAM = "sky"
PATIENCE = 120.0
"""Seconds for an answer; its own start takes some."""
PHASES = {
    "INIT": QUEUED,
    "PENDING": QUEUED,
    "SETTING_UP": QUEUED,
    "RUNNING": RUNNING,
    "CANCELLED": CANCELLED,
}
GONE = ("does not exist", "not found", "no existing clusters")
"""What stands in its complaint where the cluster isn't there any more."""
FAILED = "FAILED"


class ClusterGoneError(Exception):
    """There is no cluster of that name."""


def launch(argv: Sequence[str], secrets: Mapping[str, str]) -> None:
    """Run it to its end, its output on stderr: it takes minutes.

    Secrets are in its environment alone. Raises RunspecError (`sky-failed`,
    `program-missing`).
    """
    import os
    import subprocess
    import sys

    environ = {**os.environ, **secrets}
    stderr = sys.stderr.fileno() if sys.stderr is not None else subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            env=environ,
            process_group=0,
        )
    except OSError as error:
        raise _missing(error.strerror or "") from None
    with process:
        try:
            status = process.wait()
        except BaseException:
            _end(process.pid)
            raise
    if status:
        raise RunspecError(Fault("sky-failed", "launch", received=status))


def ask(*words: str) -> str:
    """What it prints. Raises ClusterGoneError, Silent, or RunspecError
    (`program-missing`).
    """
    done = Here().run((PROGRAM, *words), patience=PATIENCE)
    if done.status == NOT_FOUND and not done.out:
        raise _missing("")
    said = done.said
    if any(phrase in said.lower() for phrase in GONE):
        raise ClusterGoneError
    if done.status:
        raise Silent(Fault(SILENT, PROGRAM, detail=said))
    return done.text


def job_named(name: str, cluster: str) -> Object | None:
    """The newest job of that name in a cluster's queue."""
    import json

    text = ask("queue", cluster, "--output", "json")
    try:
        found = json.loads(text[text.index("[") :])
    except ValueError:
        raise Silent(Fault(SILENT, PROGRAM, detail="it printed no JSON")) from None
    jobs = [each for each in found if each.get("job_name") == name]
    return max(jobs, key=lambda each: int(each["job_id"]), default=None)


def state_of(job: Object) -> State:
    """A failed one's exit status isn't known here: it is 1."""
    status = str(job.get("status")).rpartition(".")[2]
    if status == "SUCCEEDED":
        return State(ENDED, 0)
    if status.startswith(FAILED):
        detail = status if status != FAILED else ""
        return State(ENDED, 1, detail)
    return State(PHASES.get(status, QUEUED), detail=status.lower())


def status_in(log: str, mark: str) -> int | None:
    """The status of the first node that failed, as its log tells; None: it doesn't."""
    found = [
        int(number)
        for line in log.split("\n")
        for number in [line.partition(f"{mark} ")[2].strip()]
        if number.isascii() and number.isdigit()
    ]
    return next(filter(None, found), found[0] if found else None)


def _missing(why: str) -> RunspecError:
    return RunspecError(Fault("program-missing", PROGRAM, received=PROGRAM, detail=why))


def _end(group: int) -> None:
    import os
    from contextlib import suppress
    from signal import SIGKILL

    with suppress(ProcessLookupError):
        os.killpg(group, SIGKILL)
