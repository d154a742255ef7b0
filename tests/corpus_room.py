"""The fresh directory of one vector and the files that it lays out there."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runspec.specfile import environment_directory

Vector = dict[str, Any]

TICK_NS = 20_000_000
"""Longer than two stamps of a clock for files are apart."""
LONG_AGO = 1_600_000_000
"""Files are old, so that no cache takes them for files that are being written."""


def text_of(piece: object) -> str:
    """A piece of text: itself, `{"repeat": [text, times]}`, or a list of pieces."""
    if isinstance(piece, str):
        return piece
    if isinstance(piece, list):
        return "".join(map(text_of, piece))
    assert isinstance(piece, dict)
    if "base64" in piece:
        return os.fsdecode(base64.b64decode(piece["base64"]))
    text, times = piece["repeat"]
    return str(text) * int(times)


def bytes_of(content: object) -> bytes:
    """The content of a file: its lines, or `{"base64": …}`."""
    if isinstance(content, dict):
        return base64.b64decode(content["base64"])
    assert isinstance(content, list)
    return "".join(text_of(line) + "\n" for line in content).encode("utf-8")


def settle(folder: Path) -> None:
    """Wait until a change of what is below a folder shows in its status."""
    newest = max(path.lstat().st_ctime_ns for path in (folder, *folder.rglob("*")))
    probe = folder / "probe"
    probe.touch()
    while probe.stat().st_ctime_ns <= newest + TICK_NS:
        probe.touch()
    probe.unlink()


class Room:
    """The fresh directory that `{dir}` stands for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lay_out(self, vector: Vector) -> None:
        if "spec" in vector:
            self.write("runspec.toml", vector["spec"])
        for name, content in vector.get("files", {}).items():
            self.write(name, content)
        for name, content in vector.get("records", {}).items():
            self.write(str(self.records() / name), content)
        for name, mode in vector.get("modes", {}).items():
            (self.path / name).chmod(int(mode, 8))
        for name, owner in vector.get("owners", {}).items():
            os.chown(self.path / name, owner, owner)

    def records(self) -> Path:
        """The records of the environment that `{dir}/prefix` is, made when missing."""
        before, sys.prefix = sys.prefix, str(self.path / "prefix")
        try:
            home = {"HOME": str(self.path / "home")}
            directory = Path(environment_directory(home))
        finally:
            sys.prefix = before
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory

    def write(self, name: str, content: Any) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "link":
            path.symlink_to(content["to"])
        elif kind == "zeros":
            path.touch()
            os.truncate(path, content["size"])
        else:
            path.write_bytes(bytes_of(content))
            path.chmod(0o600)
            os.utime(path, (LONG_AGO, LONG_AGO))

    def expand(self, value: Any) -> Any:
        """The value with `{dir}` and repeated pieces filled in."""
        if isinstance(value, str):
            return value.replace("{dir}", str(self.path))
        if isinstance(value, list):
            return [self.expand(item) for item in value]
        if isinstance(value, dict) and value.keys() == {"repeat"}:
            return text_of(value)
        if isinstance(value, dict):
            return {key: self.expand(item) for key, item in value.items()}
        return value

    def tokens(self, act: Vector) -> list[str]:
        return [self.expand(text_of(token)) for token in act["argv"]]

    def files(self) -> set[Path]:
        return {path for path in self.path.rglob("*") if path.is_file()}

    def tamper(self, again: Vector, new: set[Path]) -> None:
        """Change the spec, or spoil what the first call left behind."""
        if "spec" in again:
            self.write("runspec.toml", again["spec"])
        if "spec" in again and again["compiled"] == "kept":
            os.utime(self.path / "runspec.toml", (LONG_AGO + 9, LONG_AGO + 9))
        if again["compiled"] == "kept":
            return
        assert new, "the first call compiled nothing"
        for path in new:
            SPOILERS[again["compiled"]](path)


def _corrupt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(byte ^ 0x55 for byte in data[len(data) // 2 :])
    path.write_bytes(data)


SPOILERS: dict[str, Callable[[Path], object]] = {
    "corrupt": _corrupt,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "of-another-user": lambda path: os.chown(path, 54321, 54321),
    "writable-by-others": lambda path: path.chmod(0o666),
}
