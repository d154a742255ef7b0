"""The core on every Python that is found, strictly: `make pythons`.

`python tools/pythons.py [--only 3.13] [FILE ...]`. Each version from 3.11 on gets an
environment of its own in `.venv/pythons/`. There the tests below run with every
warning an error, in the programs that they start, too, and once more in development
mode (`-X dev`) on the newest. A version that isn't there is named. Exits 1 where a
test fails.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".venv" / "pythons"
VERSIONS = ("3.11", "3.12", "3.13", "3.14", "3.14t")
EXAMPLES = ("greet", "pipeline", "backup", "links")
TESTS = (
    *("corpus", "compat", "imports", "parse", "values", "pattern", "toml"),
    *("history", "processes", "serve", "installed", "elsewhere", "compile"),
)
"""Corpus, core, records, serve over stdio, console scripts."""
NOT_TWICE = ("tests/test_corpus.py", "tests/test_installed.py")
"""What development mode, which is slow, isn't for."""
VERSION = "import sys, sysconfig; free = sysconfig.get_config_var('Py_GIL_DISABLED'); \
print('{}.{}'.format(*sys.version_info) + ('t' if free else ''))"


def pythons() -> dict[str, str]:
    """The interpreters that are found, by version."""
    found: dict[str, str] = {}
    for candidate in (sys.executable, *_candidates()):
        version = _version(candidate)
        if version in VERSIONS:
            found.setdefault(version, candidate)
    return dict(sorted(found.items()))


def _candidates() -> Iterator[str]:
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    for version in VERSIONS:
        named = shutil.which(f"python{version}")
        if named:
            yield named
        yield from map(str, sorted(root.glob(f"versions/{version}*/bin/python")))


def _version(python: str) -> str:
    """What it says it is; "" where it can't be started, as a shim for nothing."""
    try:
        done = subprocess.run([python, "-c", VERSION], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def environment(version: str, python: str) -> Path:
    """The interpreter of an environment with this project, its examples and pytest."""
    place = PLACE / version
    examples = [ROOT / "examples" / name for name in EXAMPLES]
    files = [each / "pyproject.toml" for each in (ROOT, *examples)]
    content = b"".join(each.read_bytes() for each in files)
    key = hashlib.sha256(f"{python} {ROOT} ".encode() + content).hexdigest()
    stamp = place / ".stamp"
    own = place / "bin" / "python"
    if not stamp.exists() or stamp.read_text("utf-8") != key:
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([python, "-m", "venv", str(place)], check=True)
        pip = [str(own), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--upgrade", "pip>=25.1"], check=True)
        editable = [f"--editable={each}" for each in (ROOT, *examples)]
        subprocess.run([*pip, *editable, "--group", "test"], check=True, cwd=ROOT)
        stamp.write_text(key, "utf-8")
    return own


def passes(version: str, python: Path, files: Sequence[str], *, dev: bool) -> bool:
    """Whether the tests pass there; what they say goes to this process's output."""
    how = "-X dev" if dev else "-W error"
    if dev:
        files = [each for each in files if each not in NOT_TWICE]
    print(f"== Python {version}, {how}", flush=True)
    strict = {"PYTHONWARNINGS": "error", "RUNSPEC_TEST_MACHINE": ""}
    if dev:
        strict["PYTHONDEVMODE"] = "1"
    pytest = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    parallel = ["-n", "2", "--dist", "loadgroup"]
    done = subprocess.run(
        [*pytest, *parallel, *files], cwd=ROOT, env=os.environ | strict
    )
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", choices=VERSIONS)
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args()
    files = options.files or [f"tests/test_{name}.py" for name in TESTS]
    found = pythons()
    wanted = options.only or VERSIONS
    here = [version for version in wanted if version in found]
    results: dict[str, str] = dict.fromkeys(wanted, "is not on this machine: not run")
    for version in here:
        python = environment(version, found[version])
        modes = (False, True) if version == here[-1] else (False,)
        good = all([passes(version, python, files, dev=dev) for dev in modes])  # noqa: C419  each of them is run
        results[version] = "passed" if good else "FAILED"
    for version, result in results.items():
        print(f"Python {version:5} {result}")
    return "FAILED" in results.values() or not here


if __name__ == "__main__":
    sys.exit(main())
