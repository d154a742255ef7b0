"""How a job on this machine stands, in one small file of its run directory.

The file has its full size from the start and is written in place, so that the end of
a job can be told even where the disk is full.
"""

from __future__ import annotations

import os

from ..executor import PHASES, State

STATE = "state"
SIZE = 512
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
LONGEST = 200
"""Bytes of the detail."""


def write(folder: str, state: State) -> None:
    """Raises OSError."""
    status = "-" if state.status is None else str(state.status)
    detail = state.detail.encode("ascii", "backslashreplace")[:LONGEST]
    line = f"{state.phase} {status} ".encode() + detail
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(f"{folder}/{STATE}", flags, 0o600)
    try:
        os.pwrite(descriptor, line.replace(b"\n", b" ").ljust(SIZE - 1) + b"\n", 0)
    finally:
        os.close(descriptor)


def read(folder: str) -> State | None:
    """None where there is none, or it isn't one."""
    try:
        descriptor = os.open(f"{folder}/{STATE}", READ)
        try:
            text = os.read(descriptor, SIZE).decode("ascii", "replace")
        finally:
            os.close(descriptor)
        phase, status, detail = text.split(" ", 2)
        number = None if status == "-" else int(status)
    except (OSError, ValueError):
        return None
    return State(phase, number, detail.strip()) if phase in PHASES else None
