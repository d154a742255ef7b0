"""References to secrets, and their values at the last moment.

    env:NAME    a variable of this process
    file:PATH   a file's text, without the newline at its end
    cmd:WORDS   what a shell command prints, without the newline at its end

A value is in no plan, no argv, no job script and no log.
"""

from __future__ import annotations

import os

from ..errors import Fault, RunspecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNAVAILABLE = "secret-unavailable"
FORMS = ("env:NAME", "file:PATH", "cmd:COMMAND")
MOST_BYTES = 1 << 20


def faults(references: Mapping[str, str]) -> tuple[Fault, ...]:
    """What is no reference; it may be the secret itself, so it isn't shown."""
    return tuple(
        Fault("secret-reference", name, expected=FORMS)
        for name, reference in references.items()
        if _parts(reference) is None
    )


def values(references: Mapping[str, str]) -> dict[str, str]:
    """The values by the variable that the script reads.

    Raises RunspecError (`secret-unavailable`, `secret-reference`) for all that can't
    be had.
    """
    found: dict[str, str] = {}
    wrong = list(faults(references))
    for name, reference in references.items():
        parts = _parts(reference)
        if parts is None:
            continue
        try:
            found[name] = _text(READERS[parts[0]](parts[1]))
        except _UnavailableError as error:
            wrong.append(
                Fault(UNAVAILABLE, name, received=reference, detail=str(error))
            )
    if wrong:
        raise RunspecError(*wrong)
    return found


class _UnavailableError(Exception):
    """Why a secret can't be had."""


def _parts(reference: str) -> tuple[str, str] | None:
    kind, colon, rest = reference.partition(":")
    return (kind, rest) if colon and rest and kind in READERS else None


def _text(data: bytes) -> str:
    if b"\0" in data:
        raise _UnavailableError("it has a NUL, which no variable can hold")
    return os.fsdecode(data)


def _variable(name: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise _UnavailableError("that variable isn't set")
    return os.fsencode(value)


def _file(path: str) -> bytes:
    try:
        with open(os.path.expanduser(path), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _UnavailableError(error.strerror or "it can't be read") from None
    if len(data) > MOST_BYTES:
        raise _UnavailableError(f"it has more than {MOST_BYTES} bytes")
    return _without_newline(data)


def _command(command: str) -> bytes:
    """What it says on stderr is shown; what it prints is the secret."""
    import subprocess

    done = subprocess.run(
        ("/bin/sh", "-c", command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    if done.returncode:
        raise _UnavailableError(f"exit status {done.returncode}")
    return _without_newline(done.stdout)


def _without_newline(data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")


READERS: dict[str, Callable[[str], bytes]] = {
    "env": _variable,
    "file": _file,
    "cmd": _command,
}
