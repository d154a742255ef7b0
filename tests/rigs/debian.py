"""Debian's packages for the rigs, installed by root where they aren't there yet."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from .setup import RIGS, UnavailableError

POLICY = Path("/usr/sbin/policy-rc.d")
"""Keeps packages from starting their daemons (exit status 101)."""


def require(program: str, *packages: str) -> str:
    """The path of a program, its packages installed if need be."""
    if found := _which(program):
        return found
    if os.geteuid() != 0:
        raise UnavailableError(f"{program} isn't installed, and only root can")
    RIGS.mkdir(parents=True, exist_ok=True)
    with (RIGS / "debian.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _which(program):
            _install(packages)
    if found := _which(program):
        return found
    raise UnavailableError(f"{program} isn't in {', '.join(packages)}")


def _which(program: str) -> str | None:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    return shutil.which(program, path=path)


def _install(packages: tuple[str, ...]) -> None:
    if not shutil.which("apt-get"):
        raise UnavailableError("there is no apt-get")
    if not POLICY.exists():
        POLICY.write_text("#!/bin/sh\nexit 101\n", "utf-8")
        POLICY.chmod(0o755)
    quiet = ("-qq", "-o", "Dpkg::Use-Pty=0")
    install = ("install", "--yes", "--no-install-recommends")
    if _apt(*quiet, *install, *packages):
        _apt(*quiet, "update")
        if said := _apt(*quiet, *install, *packages):
            raise UnavailableError(f"apt-get: {said}")


def _apt(*words: str) -> str:
    """Nothing, or the last line of what went wrong."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    argv = ("apt-get", *words)
    done = subprocess.run(argv, env=environ, capture_output=True, text=True)
    return (
        (done.stderr.strip().splitlines() or ["failed"])[-1] if done.returncode else ""
    )
