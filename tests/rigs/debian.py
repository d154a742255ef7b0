"""Debian's packages for the rigs, installed by root where they aren't there yet."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .machine import POLICY, mark, require_consent
from .setup import UnavailableError

LOCK = Path("/run/lock/runspec-test-debian")
"""One process at a time installs, whichever checkout it is of."""


def require(program: str, *packages: str) -> str:
    """The path of a program, its packages installed if need be."""
    if found := _which(program):
        return found
    require_consent()
    if os.geteuid() != 0:
        raise UnavailableError(f"{program} isn't installed, and only root can")
    if not shutil.which("apt-get"):
        raise UnavailableError("there is no apt-get")
    with daemons_held_back():
        if not _which(program):
            _install(packages)
    if found := _which(program):
        return found
    raise UnavailableError(f"{program} isn't in {', '.join(packages)}")


def _which(program: str) -> str | None:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    return shutil.which(program, path=path)


@contextmanager
def daemons_held_back() -> Iterator[None]:
    """No package starts its daemon meanwhile; a policy of the machine's own stays."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_ours = not POLICY.exists()
        if is_ours:
            POLICY.write_text(f"#!/bin/sh\n# {mark()}\nexit 101\n", "utf-8")
            POLICY.chmod(0o755)
        try:
            yield
        finally:
            if is_ours:
                POLICY.unlink(missing_ok=True)


def _install(packages: tuple[str, ...]) -> None:
    install = ("install", "--yes", "--no-install-recommends")
    if _apt(*install, *packages):
        _run("dpkg", "--configure", "-a")  # an installation may have been killed
        _apt("update")
        if error := _apt(*install, *packages):
            raise UnavailableError(f"apt-get: {error}")


def _apt(*words: str) -> str:
    options = ("-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=600")
    return _run("apt-get", "-qq", *options, *words)


def _run(*argv: str) -> str:
    """Nothing, or the last line of what went wrong."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(argv, env=environ, capture_output=True, text=True)
    return (
        (done.stderr.strip().splitlines() or ["failed"])[-1] if done.returncode else ""
    )
