"""The surroundings of one vector: an environment, a directory, a program."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import runspec
from corpus_room import Room, Vector, text_of

Program = Callable[..., Any]

FIELD_TYPES: dict[str, object] = {
    "str": str,
    "int": int,
    "bool": bool,
    "int?": int | None,
    "list[str]": list[str],
}


class Outcome:
    """How a call ended. `exit` is None when it went on."""

    def __init__(self) -> None:
        self.args: Any = None
        self.exit: int | None = None
        self.stdout = ""
        self.stderr = ""
        self.merged = False
        self.problems: list[Vector] | None = None

    def __repr__(self) -> str:
        return (
            f"exit {self.exit}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}\n"
        )


class World:
    """Environment, current directory and program of one action."""

    def __init__(
        self,
        room: Room,
        act: Vector,
    ) -> None:
        self.room = room
        self.act = act

    def environment(self, agent: bool = False) -> dict[str, str]:
        home = self.room.path / "home"
        own = os.path.dirname(sys.executable)  # a script's Python has this package
        found = {
            "PATH": f"{own}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
        }
        for name, value in self.act.get("env", {}).items():
            found[name] = self.room.expand(text_of(value))
        if agent or self.act.get("agent"):
            found["RUNSPEC_AGENT"] = "1"
        return found

    @contextmanager
    def entered(self, agent: bool = False) -> Iterator[Outcome]:
        outcome = Outcome()
        out, err = _stream(), _stream()
        with self.surroundings(agent), redirect_stdout(out), redirect_stderr(err):
            try:
                yield outcome
            except SystemExit as end:
                outcome.exit = int(end.code or 0)
        outcome.stdout, outcome.stderr = _text(out), _text(err)

    @contextmanager
    def surroundings(self, agent: bool = False) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            self._patch(patch, agent)
            yield

    def _patch(self, patch: pytest.MonkeyPatch, agent: bool) -> None:
        environment = self.environment(agent)
        for name in list(os.environ):
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        directory = self.room.path / self.act.get("cwd", ".")
        directory.mkdir(parents=True, exist_ok=True)
        patch.chdir(directory)
        patch.setattr(sys, "prefix", str(self.room.path / "prefix"))
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setattr(sys, "argv", [self.act.get("program", "program")])
        if "distribution" in self.act:
            self._install(patch, {"distributions": [self._distribution()]})

    def program(self, act: Vector) -> Program:
        """`parse` as a module of its own calls it, in `package` where one is named."""
        names: dict[str, Any] = {"__name__": "__main__"}
        if "package" in act:
            names["__file__"] = str(self.room.path / act["package"] / "main.py")
        elif "distribution" in act:
            names["__file__"] = str(self.site / act["distribution"]["package"] / "m.py")
        exec("import runspec\ndef call(*a, **k): return runspec.parse(*a, **k)", names)
        program: Program = names["call"]
        return program

    def register(self, names: Iterable[str]) -> None:
        coercers: dict[str, Callable[[str, object], object]] = {
            "upper": lambda text, arg: text.upper(),
            "never": _never,
        }
        for name in names:
            runspec.register_type(name, coercers[name])

    def into(self, fields: dict[str, str]) -> type[object]:
        return dataclasses.make_dataclass(
            "Into", [(name, FIELD_TYPES[words]) for name, words in fields.items()]
        )

    @property
    def site(self) -> Path:
        return self.room.path / "env" / "lib" / "site-packages"

    def _distribution(self) -> Vector:
        given = self.act["distribution"]
        package, program = given["package"], self.act["runnable"]
        content = (self.room.path / "runspec.toml").read_bytes()
        spec = {"base64": base64.b64encode(content).decode("ascii")}
        return {
            "name": given["name"],
            "version": given["version"],
            "files": {f"{package}/__init__.py": [], f"{package}/runspec.toml": spec},
            "scripts": {program: f"{package}.cli:main"},
        }

    @contextmanager
    def installed(self, act: Vector) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            self._install(patch, act)
            yield

    def command(self, act: Vector, argv: list[str]) -> Outcome:
        """The `runspec` command in the environment of `act`."""
        from runspec.cli import main

        with self.entered() as outcome, self.installed(act):
            sys.argv = ["runspec", *argv]
            outcome.exit = main()
        return outcome

    def _install(self, patch: pytest.MonkeyPatch, act: Vector) -> None:
        self.lay_out(act)
        patch.setattr(sys, "prefix", str(self.room.path / "env"))
        patch.setattr(sys, "path", ["", str(self.site), *stdlib()])

    def lay_out(self, act: Vector) -> None:
        """The environment of an action, as installers leave it."""
        for given in act.get("distributions", ()):
            self._lay_distribution(given)
        programs = self.room.path / "env" / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        for name, target in act.get("programs", {}).items():
            module, function = target.split(":")
            (programs / name).write_text(
                f"#!/usr/bin/python3\nimport sys\nfrom {module} import {function}\n"
                f"if __name__ == '__main__':\n    sys.exit({function}())\n"
            )

    def _lay_distribution(self, given: Vector) -> None:
        name, version = given["name"], given["version"]
        editable = given.get("editable", False)
        base = self.room.path / "source" / name if editable else self.site
        for path, content in given["files"].items():
            self.room.write(str((base / path).relative_to(self.room.path)), content)
        info = self.site / f"{name}-{version}.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        records = [] if editable else [*given["files"]]
        if editable:
            (self.site / f"_{name}.pth").write_text(f"{base}\n")
            url = {"url": base.as_uri(), "dir_info": {"editable": True}}
            (info / "direct_url.json").write_text(json.dumps(url))
            records = [f"_{name}.pth"]
        scripts = given.get("scripts", {})
        entries = "".join(f"{n} = {target}\n" for n, target in scripts.items())
        (info / "entry_points.txt").write_text(f"[console_scripts]\n{entries}")
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        records += [f"{info.name}/{f}" for f in ("METADATA", "RECORD")]
        records += [f"../../bin/{program}" for program in scripts]
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in records))


def stdlib() -> list[str]:
    """What the interpreter itself needs, without this environment's packages."""
    return [p for p in sys.path if p and "site-packages" not in p and "tests" not in p]


def _never(text: str, arg: object) -> object:
    raise ValueError("never")


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BytesIO(), "utf-8", errors="surrogateescape", newline="", write_through=True
    )


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "surrogateescape")


def built(path: str) -> Any:
    from runspec.source.toml import read_toml
    from runspec.spec.build import build

    return build(read_toml(path))
