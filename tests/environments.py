"""Real virtual environments, and wheels made on the spot, for tests of the command."""

from __future__ import annotations

import base64
import copy
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
STRICT = ("PYTHONWARNINGS", "PYTHONDEVMODE")
"""Variables with which `make pythons` makes each interpreter strict."""
DESCRIBED = 'description = "Does it"\nautonomy = "autonomous"\n'


class Environment:
    """One virtual environment with this project in it."""

    def __init__(self, place: Path, wheel: Path) -> None:
        self.place = place
        self.home = place.parent / f"{place.name}-home"
        self.home.mkdir()
        venv = [sys.executable, "-m", "venv", "--without-pip", str(place)]
        subprocess.run(venv, check=True)
        self.install("--no-index", str(wheel))

    def with_home(self, home: Path) -> Environment:
        """The same one for somebody else, with nothing of what others have done."""
        home.mkdir()
        other = copy.copy(self)
        other.home = home
        return other

    @property
    def bin(self) -> Path:
        return self.place / "bin"

    @property
    def site(self) -> Path:
        return next((self.place / "lib").glob("python*")) / "site-packages"

    @property
    def cache(self) -> Path:
        return self.home / ".cache" / "runspec"

    def install(self, *what: str) -> None:
        pip = [*PIP, "--python", str(self.bin / "python"), "install", "--quiet"]
        subprocess.run([*pip, "--no-deps", *what], check=True, env=_lenient())

    def uninstall(self, *names: str) -> None:
        pip = [*PIP, "--python", str(self.bin / "python"), "uninstall", "--quiet"]
        subprocess.run([*pip, "--yes", *names], check=True, env=_lenient())

    def run(
        self,
        *argv: str,
        cwd: Path | None = None,
        stdin: str = "",
        program: str = "runspec",
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, with nothing of this process's environment."""
        return subprocess.run(
            [str(self.bin / program), *argv],
            cwd=cwd or self.home,
            env=self.environ(**variables),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def environ(self, **variables: str) -> dict[str, str]:
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        own = {name: os.environ[name] for name in STRICT if name in os.environ}
        own |= {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8"}
        return own | variables


def wheel(
    folder: Path,
    name: str,
    files: Mapping[str, str],
    scripts: Mapping[str, str] | None = None,
    programs: Mapping[str, str] | None = None,
) -> str:
    """A wheel of version 1.0 with text files, console scripts and bare programs."""
    info, data = f"{name}-1.0.dist-info", f"{name}-1.0.data"
    entries = [f"{key} = {value}" for key, value in (scripts or {}).items()]
    content = {
        **files,
        **{f"{data}/scripts/{key}": text for key, text in (programs or {}).items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "\n".join(["[console_scripts]", *entries, ""]),
    }
    record = [f"{path},{_sum(text)},{len(text)}" for path, text in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in content.items():
            member = zipfile.ZipInfo(each)
            member.external_attr = 0o100755 << 16
            archive.writestr(member, text)
    return str(path)


def _sum(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Text files below `folder`, their directories made; gives `folder` back."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def _lenient() -> dict[str, str]:
    """For pip and what builds wheels, whose warnings are their own."""
    return {name: value for name, value in os.environ.items() if name not in STRICT}


def project_wheel(folder: Path) -> Path:
    """This project, built as its users get it."""
    build = [*PIP, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, env=_lenient())
    return next(folder.glob("*.whl"))


def names(done: subprocess.CompletedProcess[str]) -> Sequence[str]:
    """The names of the tools that `runspec local --format mcp` wrote."""
    import json

    return [tool["name"] for tool in json.loads(done.stdout)["tools"]]
