"""What a cluster that is on this machine still has of a job that is over."""

from __future__ import annotations

import os
from time import time

from .job import SSH
from .paths import CODE, JOBS, SCRIPT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..executor import Handle

REST = 86_400
"""Seconds since its last use after which code goes that no job's script names."""


def remove(handle: Handle, id: str) -> None:
    """Remove a job's folder below `remote_job_dir`, and code that nobody uses."""
    from shutil import rmtree

    above, name = os.path.split(handle.get("folder", ""))
    base, kind = os.path.split(above)
    if handle.get("tunnel") == SSH or (kind, name) != (JOBS, id):
        return
    rmtree(f"{above}/{name}", ignore_errors=True)
    for digest in _unused(base):
        rmtree(f"{base}/{CODE}/{digest}", ignore_errors=True)


def _unused(base: str) -> list[str]:
    """The hashes of old code that no job's script names; none where one is unreadable.

    Others may use the same folder.
    """
    try:
        old = [each for each in os.listdir(f"{base}/{CODE}") if _is_old(base, each)]
        for job in os.listdir(f"{base}/{JOBS}") if old else ():
            with open(f"{base}/{JOBS}/{job}/{SCRIPT}", "rb") as file:
                script = file.read()
            old = [each for each in old if f"/{each}".encode() not in script]
    except OSError:
        return []
    return old


def _is_old(base: str, digest: str) -> bool:
    return os.stat(f"{base}/{CODE}/{digest}").st_mtime < time() - REST
