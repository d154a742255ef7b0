"""Tests of a program's interface: what its spec takes, without running the program."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile

import runspec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from .model import Arg, Runnable

STAND_INS = {"int": "1", "float": "1.5", "bool": "true", "path": "x"}
"""A value for a required argument of each type."""


class ParseHarness:
    """One runnable of a spec, by its path (`config_path`) or its text (`toml`)."""

    def __init__(
        self,
        *,
        script_name: str,
        config_path: str | os.PathLike[str] | None = None,
        toml: str | None = None,
    ) -> None:
        self._folder = None
        if toml is not None:
            self._folder = tempfile.TemporaryDirectory()
            config_path = os.path.join(self._folder.name, "runspec.toml")
            with open(config_path, "w", encoding="utf-8") as file:
                file.write(toml)
        self._name = script_name
        self._path = config_path
        loaded = runspec.load_runnable(script_name, config_path, None)
        self._runnable: Runnable = loaded[1]

    def close(self) -> None:
        """Remove the file that was made of `toml`."""
        if self._folder is not None:
            self._folder.cleanup()

    def parse(self, argv: Iterable[str]) -> runspec.Args:
        """As the program would get it. Raises SystemExit for a wrong call."""
        return runspec.parse(self._name, list(argv), self._path)

    def expect_ok(self, argv: Iterable[str]) -> runspec.Args:
        """The same; raises AssertionError for a wrong call, with its message."""
        words = list(argv)
        text = io.StringIO()
        try:
            with contextlib.redirect_stderr(text):
                return self.parse(words)
        except SystemExit as end:
            message = f"{words} ends with {end.code}:\n{text.getvalue()}"
            raise AssertionError(message) from None

    def expect_exit(
        self,
        argv: Iterable[str],
        *,
        code: int | None = None,
        contains: str | Iterable[str] | None = None,
    ) -> str:
        """What is written to stderr by a call that fails, or ends with `code`.

        Raises AssertionError where it doesn't, or where that lacks `contains`.
        """
        words = list(argv)
        text = io.StringIO()
        try:
            with contextlib.redirect_stderr(text), contextlib.redirect_stdout(text):
                self.parse(words)
        except SystemExit as end:
            right = end.code == code if code is not None else end.code not in (0, None)
            _require(right, f"{words} ends with {end.code}")
        else:
            raise AssertionError(f"{words} is a right call")
        wanted = [contains] if isinstance(contains, str) else contains or ()
        for each in wanted:
            _require(each in text.getvalue(), f"{each!r} isn't in {text.getvalue()}")
        return text.getvalue()

    def leaf_command_paths(self) -> list[list[str]]:
        """The commands without others below; one empty path where there are none."""
        return list(_leaves(self._runnable, []))

    def args_for(self, path: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
        """The arguments in force at a command, by name, each as plain data."""
        from .spec.plain import plain

        return {arg.name: plain(arg) for arg in self._args(path)}

    def required_args(self, path: Iterable[str] = ()) -> list[str]:
        """The names of those that must be given."""
        return [arg.name for arg in self._args(path) if arg.required]

    def smoke(self, *, values: Mapping[str, Any] | None = None) -> list[str]:
        """Call each command with what it requires; the calls that went wrong."""
        wrong = []
        for path in self.leaf_command_paths():
            argv = [*path, *self._words(path, values or {})]
            try:
                self.expect_ok(argv)
            except AssertionError as error:
                wrong.append(str(error))
        return wrong

    def _args(self, path: Iterable[str]) -> list[Arg]:
        level = self._runnable
        found = dict(level.args)
        for name in path:
            level = level.commands[name]
            found |= level.args
        return list(found.values())

    def _words(self, path: Iterable[str], values: Mapping[str, Any]) -> Iterator[str]:
        for arg in self._args(path):
            if arg.name in values:
                yield f"--{arg.name}={values[arg.name]}"
            elif arg.required and arg.type != "password":
                yield f"--{arg.name}={_stand_in(arg)}"


def _stand_in(arg: Arg) -> object:
    if arg.options:
        return arg.options[0]
    return arg.range[0] if arg.range else STAND_INS.get(arg.type, "x")


def _leaves(level: Runnable, path: list[str]) -> Iterator[list[str]]:
    if not level.commands:
        yield path
    for name, command in level.commands.items():
        yield from _leaves(command, [*path, name])


def _require(right: bool, message: str) -> None:
    if not right:
        raise AssertionError(message)
