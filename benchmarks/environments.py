"""Virtual environments of the benchmarks, in `.bench/`, built once.

Each is made anew when what it was made from changes. They are what `python -m venv`
makes, with a current pip, and everything in them is installed from wheels, so that
its bytecode is there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".bench"
PUBLIC = "runspec==0.76.0"
"""The public package of the same name, on the same format; never opened, only run."""
FASTMCP = "fastmcp==4.1.2"
TOOLS = (ROOT / "examples" / "greet", ROOT / "benchmarks" / "pause")


REGRESSIONS = "--regressions"
"""The option of a benchmark that `make test` gives: nobody is compared with then."""


class UnavailableError(Exception):
    """An environment that can't be built; the message is the last line of pip."""


def ours() -> Path:
    """This project and its example, as wheels."""
    sources = (ROOT, ROOT / "examples" / "greet")
    return _built("ours", [_install(str(path)) for path in sources], sources)


def peers() -> Path:
    """greet written with argparse, click, typer and cyclopts."""
    require_peers()
    source = ROOT / "benchmarks" / "peers"
    return _built("peers", [_install(str(source))], (source,))


def public() -> Path:
    """The example with the public package instead of this project."""
    require_peers()
    source = ROOT / "examples" / "greet"
    steps = [_install(PUBLIC), _install("--no-deps", str(source))]
    return _built("public", steps, (source,))


def large() -> Path:
    """This project alone; `discovery.py` fills it with distributions."""
    return _built("large", [_install(str(ROOT))], (ROOT,))


def large_public() -> Path:
    """As `large`, with the public package."""
    require_peers()
    return _built("large-public", [_install(PUBLIC)], ())


def serving() -> Path:
    """This project and the tools that are called through a server."""
    steps = [_install(*map(str, (ROOT, *TOOLS)))]
    return _built("serving", steps, (ROOT, *TOOLS))


def serving_public() -> Path:
    """The same tools with the public package."""
    require_peers()
    steps = [_install(PUBLIC), _install("--no-deps", *map(str, TOOLS))]
    return _built("serving-public", steps, TOOLS)


def serving_fastmcp() -> Path:
    """The same tools behind a server that is written with FastMCP."""
    require_peers()
    server = ROOT / "benchmarks" / "peers" / "fastmcp"
    sources = (ROOT, *TOOLS, server)
    steps = [_install(FASTMCP, *map(str, sources))]
    return _built("serving-fastmcp", steps, sources)


def require_peers() -> None:
    """Raises UnavailableError where only our own figures are wanted."""
    if REGRESSIONS in sys.argv:
        raise UnavailableError("`make bench` compares with others")


def environ(home: Path) -> dict[str, str]:
    """What every measured process sees: enough to run, bytecode allowed."""
    home.mkdir(parents=True, exist_ok=True)
    return {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb"}


def _install(*what: str) -> list[str]:
    return ["install", "--quiet", "--no-warn-script-location", *what]


def _built(
    name: str, installs: Sequence[Sequence[str]], sources: Iterable[Path]
) -> Path:
    place = BENCH / name
    stamp = place / ".stamp"
    key = _key(installs, sources)
    if stamp.exists() and stamp.read_text("utf-8") == key:
        return place
    print(f"building {place.relative_to(ROOT)} …", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python")]
    for install in installs:
        done = subprocess.run([*pip, *install], capture_output=True, text=True)
        if done.returncode:
            raise UnavailableError((done.stderr.strip().split("\n") or [""])[-1])
    stamp.write_text(key, "utf-8")
    return place


def _key(installs: Sequence[Sequence[str]], sources: Iterable[Path]) -> str:
    total = hashlib.sha256(f"{sys.version} {installs}".encode())
    for source in sources:
        files = [source / "pyproject.toml", *sorted((source / "src").rglob("*"))]
        for path in files:
            if path.is_file() and path.suffix not in {".pyc", ".bin"}:
                total.update(str(path.relative_to(source)).encode())
                total.update(path.read_bytes())
    return total.hexdigest()
